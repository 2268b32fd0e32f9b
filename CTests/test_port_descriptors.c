// mach_linux_port_fd: a file descriptor that polls readable exactly while a message waits on its port or set, that makes each queued
// message an event, and that stays readable when the right has gone.
#define _GNU_SOURCE // pipe2, dup3, memfd_create
#include "stress.h"
#include "task_support.h"

#include <mach/task.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifdef __has_include
#if __has_include(<linux/io_uring.h>)
#include <linux/io_uring.h>
#endif
#endif

enum { MAKE_SEND = MACH_MSG_TYPE_MAKE_SEND, MAKE_SEND_ONCE = MACH_MSG_TYPE_MAKE_SEND_ONCE };

#define UNWRITTEN 0x5a5a5a5a

// ---- The frame around each test: as many descriptors are open after it as before

static unsigned count_descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;
    if (directory == NULL) return 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) count += entry->d_name[0] != '.';
    closedir(directory);
    return count - 1; // without the directory's own
}

static unsigned descriptors_before;

static int descriptor_setup(void **state) {
    descriptors_before = count_descriptors();
    return support_setup(state);
}

static int descriptor_teardown(void **state) {
    unsigned now = count_descriptors();
    int failures = task_teardown(state) != 0;
    if (now != descriptors_before) {
        print_error("descriptors: %u at the start of the test, %u at its end\n", descriptors_before, now);
        failures++;
    }
    return failures == 0 ? 0 : -1;
}

#define FD_TEST(function) cmocka_unit_test_setup_teardown(function, descriptor_setup, descriptor_teardown)

// ---- Looking at descriptors

static int fd_of(mach_port_t name) {
    int fd = UNWRITTEN;
    assert_success(mach_linux_port_fd(SELF, name, &fd));
    assert_true(fd >= 0 && fd != UNWRITTEN);
    return fd;
}

static int poll_one(int fd, int timeout) {
    struct pollfd it = {.fd = fd, .events = POLLIN};
    int count;
    do count = poll(&it, 1, timeout);
    while (count == -1 && errno == EINTR);
    return count == 1 && it.revents != POLLIN ? -2 : count;
}

static int select_one(int fd, struct timeval *timeout) {
    fd_set set;
    int count;
    do {
        FD_ZERO(&set);
        FD_SET(fd, &set);
        count = select(fd + 1, &set, NULL, NULL, timeout);
    } while (count == -1 && errno == EINTR);
    return count;
}

// An epoll instance that watches the descriptor.
static int watch(int fd, uint32_t flags) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN | flags};
    if (epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        close(epoll);
        return -1;
    }
    return epoll;
}

static int events_of(int epoll, int timeout) {
    struct epoll_event event;
    int count;
    do count = epoll_wait(epoll, &event, 1, timeout);
    while (count == -1 && errno == EINTR);
    return count == 1 && event.events != EPOLLIN ? -2 : count;
}

static int epoll_one(int fd, int timeout) {
    int epoll = watch(fd, 0);
    int count = epoll < 0 ? -3 : events_of(epoll, timeout);
    close(epoll);
    return count;
}

// poll, select and epoll must all say so.
#define assert_readable(fd)   check_readable(fd, 1, __FILE__, __LINE__)
#define assert_unreadable(fd) check_readable(fd, 0, __FILE__, __LINE__)
static void check_readable(int fd, int wanted, const char *file, int line) {
    struct timeval now = {0, 0};
    int polled = poll_one(fd, 0), waited = epoll_one(fd, 0);
    int selected = fd < FD_SETSIZE ? select_one(fd, &now) : polled;
    if (polled == wanted && selected == wanted && waited == wanted) return;
    print_error("descriptor %d should %sbe readable: poll %d, select %d, epoll %d\n", fd, wanted ? "" : "not ", polled,
                selected, waited);
    _fail(file, line);
}

// A port that is a member of a set, each with a descriptor and an edge-triggered watcher of it.
struct place {
    mach_port_t port, set;
    int port_fd, set_fd, port_edges, set_edges;
};

static struct place make_place(void) {
    struct place it = {.port = port_with_send(), .set = make_set()};
    put_in_set(it.port, it.set);
    it.port_fd = fd_of(it.port);
    it.set_fd = fd_of(it.set);
    it.port_edges = watch(it.port_fd, EPOLLET);
    it.set_edges = watch(it.set_fd, EPOLLET);
    assert_true(it.port_edges >= 0 && it.set_edges >= 0);
    return it;
}

static void close_place(struct place *it) {
    close(it->port_edges);
    close(it->set_edges);
    close(it->port_fd);
    close(it->set_fd);
}

static void destroy_place(struct place *it) {
    if (type(it->port) != MACH_PORT_TYPE_NONE) destroy(it->port);
    destroy(it->set);
    close_place(it);
}

// So many messages wait, and both descriptors agree.
#define assert_waiting(place, count) check_waiting(place, count, __FILE__, __LINE__)
static void check_waiting(const struct place *it, unsigned count, const char *file, int line) {
    _assert_int_equal(status(it->port).mps_msgcount, count, file, line);
    check_readable(it->port_fd, count > 0, file, line);
    check_readable(it->set_fd, count > 0, file, line);
}

// Both edge-triggered watchers have an event, and then none.
#define assert_event(place) check_event(place, __FILE__, __LINE__)
static void check_event(const struct place *it, const char *file, int line) {
    _assert_int_equal(events_of(it->port_edges, 0), 1, file, line);
    _assert_int_equal(events_of(it->set_edges, 0), 1, file, line);
    _assert_int_equal(events_of(it->port_edges, 0), 0, file, line);
    _assert_int_equal(events_of(it->set_edges, 0), 0, file, line);
}

#define assert_no_event(place)                                                                                         \
    do {                                                                                                               \
        assert_int_equal(events_of((place)->port_edges, 0), 0);                                                        \
        assert_int_equal(events_of((place)->set_edges, 0), 0);                                                         \
    } while (0)

static kern_return_t try_limit(mach_port_t port, mach_port_msgcount_t limit) {
    mach_port_limits_t limits = {.mpl_qlimit = limit};
    return mach_port_set_attributes(SELF, port, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
                                    MACH_PORT_LIMITS_INFO_COUNT);
}

// ---- Codes

#define assert_no_fd(task, name, code)                                                                                 \
    do {                                                                                                               \
        int fd_ = UNWRITTEN;                                                                                           \
        assert_code(mach_linux_port_fd(task, name, &fd_), code);                                                       \
        assert_int_equal(fd_, UNWRITTEN);                                                                              \
    } while (0)

static void only_a_receive_right_or_a_set_has_a_descriptor(void **state) {
    (void)state;
    mach_port_t carrier, port = make_port(), unknown = unknown_name();
    mach_port_t send = make_send_only(2, &carrier), once = make_send_once(port), dead = make_dead_name(2);
    struct picture picture = take_picture();
    unsigned descriptors = count_descriptors();
    assert_no_fd(SELF, MACH_PORT_NULL, KERN_INVALID_NAME);
    assert_no_fd(SELF, MACH_PORT_DEAD, KERN_INVALID_NAME);
    assert_no_fd(SELF, unknown, KERN_INVALID_NAME);
    assert_no_fd(SELF, send, KERN_INVALID_RIGHT);
    assert_no_fd(SELF, once, KERN_INVALID_RIGHT);
    assert_no_fd(SELF, dead, KERN_INVALID_RIGHT);
    assert_no_fd(SELF, SELF, KERN_INVALID_RIGHT);
    assert_int_equal(count_descriptors(), descriptors);
    assert_unchanged(picture);
    destroy(once);
    expect_send_once_notification(port);
    destroy(carrier);
    destroy(send);
    destroy(dead);
    destroy(port);
}

static void the_null_pointer_is_seen_before_the_task_and_the_task_before_the_name(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), dead = make_dead_name(1), unknown = unknown_name();
    mach_port_t tasks[] = {MACH_PORT_NULL, MACH_PORT_DEAD, unknown, port, dead};
    mach_port_t names[] = {MACH_PORT_NULL, MACH_PORT_DEAD, unknown, port, dead, SELF};
    struct picture picture = take_picture();
    unsigned descriptors = count_descriptors();
    for (size_t n = 0; n < COUNT_OF(names); n++) {
        assert_code(mach_linux_port_fd(SELF, names[n], NULL), KERN_INVALID_ARGUMENT);
        for (size_t t = 0; t < COUNT_OF(tasks); t++) {
            assert_code(mach_linux_port_fd(tasks[t], names[n], NULL), KERN_INVALID_ARGUMENT);
            assert_no_fd(tasks[t], names[n], KERN_INVALID_TASK);
        }
    }
    assert_int_equal(count_descriptors(), descriptors);
    assert_unchanged(picture);
    destroy(dead);
    destroy(port);
}

static void a_descriptor_of_any_value_for_a_name_is_refused(void **state) {
    (void)state;
    mach_port_t port = make_port(), unknown = unknown_name();
    unsigned descriptors = count_descriptors();
    for (size_t i = 0; i < edge_value_count; i++) {
        mach_port_t value = edge_values[i];
        if (value == port || value == SELF) continue;
        mach_port_type_t it = type(value == MACH_PORT_DEAD ? unknown : value);
        if (it == MACH_PORT_TYPE_NONE) assert_no_fd(SELF, value, KERN_INVALID_NAME);
        assert_no_fd(value, port, KERN_INVALID_TASK);
    }
    assert_int_equal(count_descriptors(), descriptors);
    destroy(port);
}

static void asking_changes_no_right(void **state) {
    (void)state;
    mach_port_t port = port_with_sends(3), set = make_set();
    put_in_set(port, set);
    queue_messages(port, 2);
    struct picture picture = take_picture();
    mach_linux_statistics_data_t before, after;
    mach_linux_statistics(&before);
    int fds[] = {fd_of(port), fd_of(set), fd_of(port)};
    mach_linux_statistics(&after);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_unchanged(picture);
    for (size_t i = 0; i < COUNT_OF(fds); i++) close(fds[i]);
    destroy(set);
    destroy(port);
}

// ---- Whose descriptors they are

static void descriptors_are_opened_only_when_asked_for_and_closed_when_the_right_goes(void **state) {
    (void)state;
    unsigned start = count_descriptors();
    mach_port_t port = port_with_send(), set = make_set();
    put_in_set(port, set);
    queue_messages(port, 3);
    drain(set);
    assert_int_equal(count_descriptors(), start);
    int first = fd_of(port);
    assert_int_equal(count_descriptors(), start + 2); // the library's own
    int second = fd_of(port);
    assert_int_equal(count_descriptors(), start + 3);
    int of_set = fd_of(set);
    assert_int_equal(count_descriptors(), start + 5);
    close(first);
    close(second);
    assert_int_equal(count_descriptors(), start + 3);
    destroy(port);
    assert_int_equal(count_descriptors(), start + 2);
    destroy(set);
    assert_int_equal(count_descriptors(), start + 1);
    close(of_set);
}

static void every_new_descriptor_is_close_on_exec(void **state) {
    (void)state;
    enum { NUMBERS = 4096 };
    static bool was_open[NUMBERS];
    for (int fd = 0; fd < NUMBERS; fd++) was_open[fd] = fcntl(fd, F_GETFD) != -1;
    mach_port_t port = make_port(), set = make_set();
    int fds[] = {fd_of(port), fd_of(port), fd_of(set), fd_of(set)};
    unsigned found = 0;
    for (int fd = 0; fd < NUMBERS; fd++) {
        int flags = fcntl(fd, F_GETFD);
        if (was_open[fd] || flags == -1) continue;
        found++;
        assert_true(flags & FD_CLOEXEC);
    }
    assert_int_equal(found, 6);
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        assert_int_equal(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
        close(fds[i]);
    }
    destroy(port);
    destroy(set);
}

static void each_call_gives_another_descriptor_and_closing_one_leaves_the_others(void **state) {
    (void)state;
    mach_port_t port = make_port();
    int first = fd_of(port), second = fd_of(port), third = fd_of(port);
    assert_true(first != second && second != third && first != third);
    close(first);
    queue_messages(port, 1);
    assert_readable(second);
    assert_readable(third);
    close(third);
    assert_readable(second);
    expect_message(port, 0);
    assert_unreadable(second);
    close(second);
    queue_messages(port, 2); // nobody watches
    int fourth = fd_of(port);
    assert_readable(fourth);
    drain(port);
    assert_unreadable(fourth);
    destroy(port);
    assert_readable(fourth);
    close(fourth);
}

// Messages come and go while the closed descriptor's number means something else, to the end of the port.
static void use_and_destroy(mach_port_t port, mach_port_t set) {
    for (unsigned round = 0; round < 3; round++) {
        queue_messages(port, 3);
        expect_message(port, 0);
        expect_message(set, 1);
        expect_message(port, 2);
        int further = fd_of(port);
        close(further);
    }
    queue_messages(port, 2);
    destroy(port);
    destroy(set);
}

static void a_number_that_was_closed_and_means_something_else_is_left_alone(void **state) {
    (void)state;
    enum { EVENT, PIPE_READ, PIPE_WRITE, MEMORY, KINDS };
    for (int kind = 0; kind < KINDS; kind++) {
        mach_port_t port = make_port(), set = make_set();
        put_in_set(port, set);
        int numbers[] = {fd_of(port), fd_of(set)}, pipes[2], other = fd_of(port);
        assert_int_equal(pipe2(pipes, O_CLOEXEC | O_NONBLOCK), 0);
        int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), memory = memfd_create("test", MFD_CLOEXEC);
        int things[KINDS] = {event, pipes[0], pipes[1], memory};
        for (size_t i = 0; i < COUNT_OF(numbers); i++) {
            assert_int_equal(dup3(things[kind], numbers[i], O_CLOEXEC), numbers[i]);
        }
        use_and_destroy(port, set);
        char byte[8];
        assert_true(read(event, byte, sizeof(byte)) == -1 && errno == EAGAIN);
        assert_true(read(pipes[0], byte, 1) == -1 && errno == EAGAIN);
        assert_int_equal(lseek(memory, 0, SEEK_CUR), 0);
        assert_int_equal(lseek(memory, 0, SEEK_END), 0);
        assert_readable(other);
        for (size_t i = 0; i < COUNT_OF(numbers); i++) assert_int_equal(close(numbers[i]), 0); // open until now
        close(other);
        for (int i = 0; i < KINDS; i++) close(things[i]);
    }
}

// ---- Messages come

static void a_message_that_is_sent_makes_it_readable_until_the_last_is_received(void **state) {
    (void)state;
    struct place it = make_place();
    assert_waiting(&it, 0);
    assert_no_event(&it);
    assert_code(send_simple(it.port, MACH_MSG_TYPE_COPY_SEND, 1), MACH_MSG_SUCCESS);
    assert_waiting(&it, 1);
    assert_event(&it);
    assert_code(send_simple(it.port, MAKE_SEND, 2), MACH_MSG_SUCCESS);
    assert_waiting(&it, 2);
    assert_event(&it);
    expect_message(it.port, 1);
    assert_waiting(&it, 1);
    expect_message(it.port, 2);
    assert_waiting(&it, 0);
    assert_no_event(&it);
    expect_no_message(it.port);
    expect_no_message(it.set);
    assert_waiting(&it, 0);
    destroy_place(&it);
}

static void a_message_to_a_send_once_right_makes_it_readable(void **state) {
    (void)state;
    struct place it = make_place();
    set_limit(it.port, 0); // Q2: which such messages pass
    for (mach_msg_id_t id = 1; id <= 3; id++) {
        assert_code(send_simple(make_send_once(it.port), MACH_MSG_TYPE_MOVE_SEND_ONCE, id), MACH_MSG_SUCCESS);
        assert_waiting(&it, (unsigned)id);
        assert_event(&it);
    }
    for (mach_msg_id_t id = 1; id <= 3; id++) {
        expect_message(it.port, id);
        assert_waiting(&it, 3u - (unsigned)id);
    }
    destroy_place(&it);
}

static void a_send_that_fails_leaves_it_as_it_was(void **state) {
    (void)state;
    struct place it = make_place();
    struct test_message message = message_to(it.port, MACH_MSG_TYPE_COPY_SEND, 1);
    add_port(&message, unknown_name(), MACH_MSG_TYPE_COPY_SEND);
    assert_code(send_now(&message), MACH_SEND_INVALID_RIGHT);
    assert_waiting(&it, 0);
    assert_no_event(&it);
    set_limit(it.port, 0);
    assert_code(send_simple(it.port, MACH_MSG_TYPE_COPY_SEND, 1), MACH_SEND_TIMED_OUT);
    assert_waiting(&it, 0);
    assert_no_event(&it);
    destroy_place(&it);
}

static void every_kind_of_notification_makes_it_readable(void **state) {
    (void)state;
    struct place it = make_place();
    destroy(make_send_once(it.port)); // facts: T18
    assert_waiting(&it, 1);
    assert_event(&it);
    expect_notification(it.port, MACH_NOTIFY_SEND_ONCE);
    assert_waiting(&it, 0);

    mach_port_t watched = port_with_send();
    request(SELF, watched, MACH_NOTIFY_DEAD_NAME, 0, it.port);
    request(SELF, watched, MACH_NOTIFY_NO_SENDERS, 2, it.port);
    assert_waiting(&it, 0);
    assert_no_event(&it);
    kill_port(watched); // its no-senders request ends as SEND_ONCE
    assert_waiting(&it, 2);
    assert_event(&it);
    drain(it.set);
    assert_waiting(&it, 0);
    destroy(watched);

    watched = port_with_send();
    request(SELF, watched, MACH_NOTIFY_NO_SENDERS, 1, it.port);
    assert_success(mach_port_deallocate(SELF, watched));
    assert_waiting(&it, 1);
    assert_event(&it);
    expect_notification(it.set, MACH_NOTIFY_NO_SENDERS);
    assert_waiting(&it, 0);

    request(SELF, watched, MACH_NOTIFY_PORT_DESTROYED, 0, it.port);
    destroy(watched);
    assert_waiting(&it, 1);
    assert_event(&it);
    struct notification destroyed = expect_notification(it.port, MACH_NOTIFY_PORT_DESTROYED);
    assert_waiting(&it, 0);
    destroy(destroyed.right.name);
    destroy_place(&it);
}

static void a_blocked_sender_that_gets_a_free_slot_makes_an_event(void **state) {
    (void)state;
    for (int through_set = 0; through_set < 2; through_set++) {
        struct place it = make_place();
        struct caller sender;
        set_limit(it.port, 1);
        queue_messages(it.port, 1);
        assert_event(&it);
        block_sender(&sender, it.port, 7);
        assert_waiting(&it, 1);
        assert_no_event(&it);
        expect_message(through_set ? it.set : it.port, 0); // facts: Q3
        assert_waiting(&it, 1);
        assert_event(&it);
        assert_code(finish(&sender), MACH_MSG_SUCCESS);
        expect_message(through_set ? it.set : it.port, 7);
        assert_waiting(&it, 0);
        destroy_place(&it);
    }
}

static void blocked_senders_that_a_higher_limit_admits_make_it_readable(void **state) {
    (void)state;
    struct place it = make_place();
    struct caller senders[3];
    set_limit(it.port, 0);
    for (int i = 0; i < 3; i++) block_sender(&senders[i], it.port, i);
    assert_waiting(&it, 0);
    assert_no_event(&it);
    set_limit(it.port, 2); // facts: Q2
    assert_waiting(&it, 2);
    assert_event(&it);
    set_limit(it.port, 3);
    assert_waiting(&it, 3);
    assert_event(&it);
    for (int i = 0; i < 3; i++) assert_code(finish(&senders[i]), MACH_MSG_SUCCESS);
    for (int i = 0; i < 3; i++) expect_message(it.port, i);
    assert_waiting(&it, 0);
    destroy_place(&it);
}

static void a_blocked_sender_that_gives_up_leaves_it_unreadable(void **state) {
    (void)state;
    struct place it = make_place();
    struct caller sender;
    struct test_message message = message_to(it.port, MAKE_SEND, 1);
    set_limit(it.port, 0);
    prepare_sender(&sender, &message);
    sender.option |= MACH_SEND_TIMEOUT;
    sender.timeout = 20;
    begin(&sender);
    assert_code(finish(&sender), MACH_SEND_TIMED_OUT);
    assert_waiting(&it, 0);
    assert_no_event(&it);
    destroy_place(&it);
}

static void a_message_for_a_thread_that_waits_is_not_queued(void **state) {
    (void)state;
    struct place it = make_place();
    for (int through_set = 0; through_set < 2; through_set++) {
        struct caller receiver;
        block_receiver(&receiver, through_set ? it.set : it.port);
        assert_waiting(&it, 0);
        assert_code(send_simple(it.port, MACH_MSG_TYPE_COPY_SEND, 1), MACH_MSG_SUCCESS);
        assert_waiting(&it, 0);
        assert_no_event(&it);
        assert_code(send_simple(it.port, MACH_MSG_TYPE_COPY_SEND, 2), MACH_MSG_SUCCESS);
        assert_waiting(&it, 1);
        assert_event(&it);
        assert_code(finish(&receiver), MACH_MSG_SUCCESS);
        assert_int_equal(receiver.message.header.msgh_id, 1);
        expect_message(it.set, 2);
        assert_waiting(&it, 0);
    }
    destroy_place(&it);
}

// Looks at both descriptors all the time; whether one was ever readable.
struct spinner {
    struct test_thread thread;
    const struct place *place;
    atomic_bool stop;
};

static int64_t look_all_the_time(void *argument) {
    struct spinner *it = argument;
    struct pollfd both[] = {{.fd = it->place->port_fd, .events = POLLIN}, {.fd = it->place->set_fd, .events = POLLIN}};
    int64_t seen = 0;
    while (!atomic_load(&it->stop)) {
        seen += poll(both, 2, 0) != 0;
        sched_yield();
    }
    return seen;
}

static void a_message_for_a_thread_that_waits_makes_it_readable_not_even_for_a_moment(void **state) {
    (void)state;
    struct place it = make_place();
    struct spinner spinner = {.place = &it};
    start_thread(&spinner.thread, look_all_the_time, &spinner);
    for (int round = 0; round < ROUNDS_OF(300, 60); round++) {
        struct caller receiver;
        block_receiver(&receiver, round % 2 ? it.set : it.port);
        assert_code(send_simple(it.port, MACH_MSG_TYPE_COPY_SEND, round), MACH_MSG_SUCCESS);
        assert_code(finish(&receiver), MACH_MSG_SUCCESS);
    }
    atomic_store(&spinner.stop, true);
    assert_int_equal(join_thread(&spinner.thread), 0);
    destroy_place(&it);
}

// ---- Messages go

static void every_way_to_receive_takes_the_readability_with_the_last_message(void **state) {
    (void)state;
    enum { PLAIN, OVERWRITE, BOTH_HALVES, LARGE, WAYS };
    struct place it = make_place();
    mach_port_t elsewhere = port_with_send();
    for (int way = 0; way < WAYS; way++) {
        for (int through_set = 0; through_set < 2; through_set++) {
            mach_port_t from = through_set ? it.set : it.port;
            queue_messages(it.port, 2);
            assert_waiting(&it, 2);
            assert_event(&it);
            for (unsigned left = 2; left-- > 0;) {
                struct test_message message, other = message_to(elsewhere, MACH_MSG_TYPE_COPY_SEND, 0);
                mach_msg_option_t option = MACH_RCV_MSG | MACH_RCV_TIMEOUT;
                mach_msg_return_t code;
                switch (way) {
                case OVERWRITE: // facts: V11
                    code = mach_msg_overwrite(&other.header, option, 0, sizeof(message), from, 0, MACH_PORT_NULL,
                                              &message.header, 0);
                    break;
                case BOTH_HALVES:
                    code = mach_msg(&other.header, option | MACH_SEND_MSG, 24, sizeof(other), from, 0, MACH_PORT_NULL);
                    break;
                default:
                    code = receive_now(from, &message, way == LARGE ? MACH_RCV_LARGE : 0);
                    break;
                }
                assert_code(code, MACH_MSG_SUCCESS);
                assert_waiting(&it, left);
            }
            drain(elsewhere);
        }
    }
    destroy(elsewhere);
    destroy_place(&it);
}

static void a_message_too_large_goes_without_large_and_stays_with_it(void **state) {
    (void)state;
    struct place it = make_place();
    for (int through_set = 0; through_set < 2; through_set++) {
        mach_port_t from = through_set ? it.set : it.port;
        struct test_message message = message_to(it.port, MACH_MSG_TYPE_COPY_SEND, 1);
        set_inline_size(&message, 400);
        for (int i = 0; i < 2; i++) assert_code(send_now(&message), MACH_MSG_SUCCESS);
        assert_event(&it);
        for (int i = 0; i < 3; i++) { // facts: V5
            assert_code(receive_limited(from, &message, MACH_RCV_LARGE, 100), MACH_RCV_TOO_LARGE);
            assert_waiting(&it, 2);
        }
        mach_msg_option_t option = MACH_RCV_MSG | MACH_RCV_TIMEOUT | MACH_RCV_LARGE;
        assert_code(mach_msg(NULL, option, 0, 0, from, 0, MACH_PORT_NULL), MACH_RCV_INVALID_DATA); // facts: V14
        assert_waiting(&it, 2);
        assert_code(receive_limited(from, &message, 0, 100), MACH_RCV_TOO_LARGE); // facts: V6
        assert_waiting(&it, 1);
        assert_code(receive_limited(from, &message, 0, 100), MACH_RCV_TOO_LARGE);
        assert_waiting(&it, 0);
        assert_code(receive_limited(from, &message, 0, 100), MACH_RCV_TIMED_OUT);
    }
    destroy_place(&it);
}

static void a_message_too_large_for_the_thread_that_waits_stays_only_with_large(void **state) {
    (void)state;
    struct place it = make_place();
    for (int way = 0; way < 4; way++) {
        bool through_set = way & 1, large = way & 2;
        struct caller receiver;
        prepare_receiver(&receiver, through_set ? it.set : it.port);
        receiver.receive_size = 100;
        if (large) receiver.option |= MACH_RCV_LARGE;
        begin_blocked(&receiver);
        struct test_message message = message_to(it.port, MACH_MSG_TYPE_COPY_SEND, 9);
        set_inline_size(&message, 400);
        assert_code(send_now(&message), MACH_MSG_SUCCESS);
        assert_code(finish(&receiver), MACH_RCV_TOO_LARGE);
        assert_waiting(&it, large ? 1 : 0);
        if (!large) continue;
        assert_event(&it);
        expect_message(it.set, 9);
        assert_waiting(&it, 0);
    }
    destroy_place(&it);
}

static int64_t receive_all(void *argument) {
    int64_t count = 0;
    while (receive_simple(*(mach_port_t *)argument, NULL) == MACH_MSG_SUCCESS) count++;
    return count;
}

static void another_thread_receives_the_last_message(void **state) {
    (void)state;
    struct place it = make_place();
    for (int through_set = 0; through_set < 2; through_set++) {
        struct test_thread thread;
        queue_messages(it.port, 4);
        start_thread(&thread, receive_all, through_set ? &it.set : &it.port);
        assert_int_equal(join_thread(&thread), 4);
        assert_waiting(&it, 0);
    }
    destroy_place(&it);
}

static void looking_at_the_queue_changes_nothing(void **state) {
    (void)state;
    struct place it = make_place();
    queue_messages(it.port, 2);
    assert_event(&it);
    mach_port_seqno_t seqno = 0;
    mach_msg_size_t size = 0;
    mach_msg_id_t id = 0;
    mach_msg_max_trailer_t trailer;
    mach_msg_type_number_t count = sizeof(trailer);
    assert_success(mach_port_peek(SELF, it.port, 0, &seqno, &size, &id, (mach_msg_trailer_info_t)&trailer, &count));
    set_limit(it.port, 1); // facts: Q12, lowering keeps what is queued
    assert_success(mach_port_set_seqno(SELF, it.port, 50));
    assert_waiting(&it, 2);
    assert_no_event(&it);
    drain(it.port);
    assert_waiting(&it, 0);
    destroy_place(&it);
}

// A thread that jumps out of a blocked receive from a signal handler; then it waits, or ends.
struct jumper {
    struct test_thread thread;
    mach_port_t name, elsewhere;
    bool calls_again;
    struct test_message message;
    sigjmp_buf out;
    atomic_bool in_handler, go, left, proceed;
};

static _Thread_local struct jumper *jumper_here;

static void wait_until(atomic_bool *it) {
    while (!atomic_load(it)) sched_yield();
}

static void jump(int signal) {
    (void)signal;
    atomic_store(&jumper_here->in_handler, true);
    wait_until(&jumper_here->go);
    siglongjmp(jumper_here->out, 1);
}

static int64_t jump_out_of_a_receive(void *argument) {
    struct jumper *it = argument;
    jumper_here = it;
    if (sigsetjmp(it->out, 1) == 0) {
        mach_msg(&it->message.header, MACH_RCV_MSG, 0, sizeof(it->message), it->name, 0, MACH_PORT_NULL);
        return 1;
    }
    atomic_store(&it->left, true);
    wait_until(&it->proceed);
    return it->calls_again ? receive_simple(it->elsewhere, NULL) : MACH_RCV_TIMED_OUT;
}

static void a_message_that_an_abandoned_receive_puts_back_makes_it_readable(void **state) {
    (void)state;
    if (UNDER_TSAN) skip(); // it does not run handlers at once
    struct sigaction action = {.sa_handler = jump}, old;
    sigaction(SIGUSR2, &action, &old);
    struct place it = make_place();
    for (int way = 0; way < 4; way++) {
        static struct jumper jumper;
        memset(&jumper, 0, sizeof(jumper));
        jumper.name = way & 1 ? it.set : it.port;
        jumper.calls_again = way & 2;
        jumper.elsewhere = make_port();
        start_thread(&jumper.thread, jump_out_of_a_receive, &jumper);
        wait_until_blocked(&jumper.thread);
        pthread_kill(jumper.thread.thread, SIGUSR2);
        wait_until(&jumper.in_handler);
        assert_code(send_simple(it.port, MACH_MSG_TYPE_COPY_SEND, 1), MACH_MSG_SUCCESS);
        assert_waiting(&it, 0); // handed over
        atomic_store(&jumper.go, true);
        wait_until(&jumper.left);
        atomic_store(&jumper.proceed, true);
        assert_code(join_thread(&jumper.thread), MACH_RCV_TIMED_OUT);
        assert_waiting(&it, 1);
        assert_event(&it);
        expect_message(jumper.name, 1);
        assert_waiting(&it, 0);
        destroy(jumper.elsewhere);
    }
    destroy_place(&it);
    sigaction(SIGUSR2, &old, NULL);
}

// ---- Descriptors made late

static void a_descriptor_made_while_messages_wait_is_readable_at_once(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set(), quiet = make_set();
    put_in_set(port, set);
    queue_messages(port, 2);
    int of_port = fd_of(port), of_set = fd_of(set), of_quiet = fd_of(quiet);
    assert_readable(of_port);
    assert_readable(of_set);
    assert_unreadable(of_quiet);
    int edges = watch(of_set, EPOLLET);
    assert_int_equal(events_of(edges, 0), 1);
    assert_int_equal(events_of(edges, 0), 0);
    expect_message(port, 0);
    int later = fd_of(port);
    assert_readable(later);
    expect_message(set, 1);
    assert_unreadable(of_port);
    assert_unreadable(of_set);
    assert_unreadable(later);
    int fds[] = {of_port, of_set, of_quiet, later, edges};
    for (size_t i = 0; i < COUNT_OF(fds); i++) close(fds[i]);
    destroy(port);
    destroy(set);
    destroy(quiet);
}

// ---- Sets

static void members_with_messages_that_join_and_leave_turn_a_set_on_and_off(void **state) {
    (void)state;
    mach_port_t busy = make_port(), second = make_port(), idle = make_port(), set = make_set(), other = make_set();
    int fd = fd_of(set), of_other = fd_of(other), edges = watch(fd, EPOLLET);
    queue_messages(busy, 2);
    queue_messages(second, 1);
    put_in_set(idle, set);
    assert_unreadable(fd);
    put_in_set(busy, set); // facts: P3
    assert_readable(fd);
    assert_int_equal(events_of(edges, 0), 1);
    put_in_set(second, set);
    assert_success(mach_port_extract_member(SELF, busy, set));
    assert_readable(fd);
    assert_success(mach_port_move_member(SELF, second, other)); // facts: P2
    assert_unreadable(fd);
    assert_readable(of_other);
    assert_success(mach_port_move_member(SELF, second, set));
    assert_readable(fd);
    assert_unreadable(of_other);
    assert_int_equal(events_of(edges, 0), 1);
    assert_success(mach_port_move_member(SELF, second, set)); // out and in again
    assert_readable(fd);
    assert_success(mach_port_move_member(SELF, second, MACH_PORT_NULL));
    assert_unreadable(fd);
    assert_success(mach_port_extract_member(SELF, idle, set));
    queue_messages(idle, 1);
    assert_unreadable(fd);
    assert_int_equal(events_of(edges, 0), 0);
    close(edges);
    close(fd);
    close(of_other);
    mach_port_t names[] = {busy, second, idle, set, other};
    for (size_t i = 0; i < COUNT_OF(names); i++) destroy(names[i]);
}

static void a_member_of_two_sets_shows_on_both(void **state) {
    (void)state;
    mach_port_t port = make_port(), first = make_set(), second = make_set();
    int fds[] = {fd_of(port), fd_of(first), fd_of(second)};
    mach_port_t names[] = {port, first, second};
    put_in_set(port, first);
    put_in_set(port, second);
    for (size_t through = 0; through < COUNT_OF(names); through++) {
        queue_messages(port, 2);
        for (size_t i = 0; i < COUNT_OF(fds); i++) assert_readable(fds[i]);
        expect_message(names[through], 0);
        for (size_t i = 0; i < COUNT_OF(fds); i++) assert_readable(fds[i]);
        expect_message(names[through], 1);
        for (size_t i = 0; i < COUNT_OF(fds); i++) assert_unreadable(fds[i]);
    }
    queue_messages(port, 1);
    assert_success(mach_port_extract_member(SELF, port, first));
    assert_readable(fds[0]);
    assert_unreadable(fds[1]);
    assert_readable(fds[2]);
    for (size_t i = 0; i < COUNT_OF(fds); i++) close(fds[i]);
    for (size_t i = 0; i < COUNT_OF(names); i++) destroy(names[i]);
}

static void a_message_for_a_receiver_of_another_set_leaves_no_trace(void **state) {
    (void)state;
    for (int watched = 0; watched < 2; watched++) {
        mach_port_t port = make_port(), second = make_port(), sets[] = {make_set(), make_set()};
        mach_port_t set = sets[watched], elsewhere = sets[!watched];
        put_in_set(port, sets[0]);
        put_in_set(port, sets[1]);
        put_in_set(second, set);
        int fd = fd_of(set), of_port = fd_of(port);
        struct caller receiver;
        block_receiver(&receiver, elsewhere);
        assert_code(send_simple(port, MAKE_SEND, 1), MACH_MSG_SUCCESS);
        assert_code(finish(&receiver), MACH_MSG_SUCCESS);
        assert_unreadable(fd);
        assert_unreadable(of_port);
        queue_messages(second, 1); // of the same set: its end is the end of all
        assert_readable(fd);
        expect_message(second, 0);
        assert_unreadable(fd);
        assert_unreadable(of_port);
        destroy(port);
        destroy(second);
        destroy(set);
        destroy(elsewhere);
        close(fd);
        close(of_port);
    }
}

static void a_set_is_readable_until_its_last_member_is_drained(void **state) {
    (void)state;
    enum { MEMBERS = 5 };
    mach_port_t set = make_set(), members[MEMBERS];
    int fd = fd_of(set), fds[MEMBERS];
    for (int i = 0; i < MEMBERS; i++) {
        put_in_set(members[i] = make_port(), set);
        fds[i] = i % 2 ? fd_of(members[i]) : -1; // some have none of their own
    }
    for (int directly = 0; directly < 2; directly++) {
        for (int i = 0; i < MEMBERS; i++) queue_messages(members[i], 2);
        for (int i = 0; i < MEMBERS; i++) {
            if (i % 2) assert_readable(fds[i]);
        }
        for (int left = 2 * MEMBERS; left > 0; left--) {
            assert_readable(fd);
            assert_code(receive_simple(directly ? members[(left - 1) / 2] : set, NULL), MACH_MSG_SUCCESS);
        }
        assert_unreadable(fd);
        for (int i = 1; i < MEMBERS; i += 2) assert_unreadable(fds[i]);
    }
    for (int i = 0; i < MEMBERS; i++) {
        destroy(members[i]);
        if (fds[i] != -1) close(fds[i]);
    }
    assert_unreadable(fd);
    destroy(set);
    close(fd);
}

static void a_member_that_goes_takes_its_messages_from_the_set(void **state) {
    (void)state;
    enum { DESTROY, DIE, MOVE, WAYS };
    mach_port_t carrier = make_port();
    for (int way = 0; way < WAYS; way++) {
        mach_port_t port = port_with_send(), second = make_port(), set = make_set();
        put_in_set(port, set);
        put_in_set(second, set);
        int fd = fd_of(set);
        queue_messages(port, 2);
        queue_messages(second, 1);
        switch (way) {
        case DESTROY:
            destroy(port);
            break;
        case DIE:
            kill_port(port);
            break;
        default:
            put_in_transit(port, carrier);
            break; // facts: P7
        }
        assert_readable(fd);
        expect_message(set, 0);
        assert_unreadable(fd);
        if (way == MOVE) assert_int_equal(take_from_transit(carrier), port);
        assert_unreadable(fd);
        if (way == MOVE) { // with what it had
            put_in_set(port, set);
            assert_readable(fd);
        }
        if (way != DESTROY) destroy(port);
        assert_unreadable(fd);
        destroy(second);
        destroy(set);
        assert_readable(fd);
        close(fd);
    }
    destroy(carrier);
}

static void a_set_that_is_destroyed_stays_readable_and_its_members_go_on(void **state) {
    (void)state;
    for (int way = 0; way < 2; way++) {
        struct place it = make_place();
        if (way == 0) {
            destroy(it.set);
        } else {
            assert_success(mach_port_mod_refs(SELF, it.set, MACH_PORT_RIGHT_PORT_SET, -1));
        }
        assert_readable(it.set_fd);
        assert_int_equal(events_of(it.set_edges, 0), 1);
        assert_code(receive_simple(it.set, NULL), MACH_RCV_INVALID_NAME);
        assert_no_fd(SELF, it.set, KERN_INVALID_NAME);
        assert_unreadable(it.port_fd); // facts: P5
        queue_messages(it.port, 1);
        assert_readable(it.port_fd);
        expect_message(it.port, 0);
        assert_unreadable(it.port_fd);
        assert_readable(it.set_fd);
        destroy(it.port);
        close_place(&it);
    }
}

// ---- Rights that go

enum gone {
    BY_DESTROY,
    BY_MOD_REFS,
    BY_DESTRUCT,
    IN_A_MESSAGE,
    TO_A_TASK,
    OUT_BY_A_TASK,
    IN_A_NOTIFICATION,
    GONE_WAYS
};

// Makes the port's receive right leave the task; `notify` takes it, or the task.
static void make_gone(enum gone way, mach_port_t port, mach_port_t notify, task_t task) {
    mach_port_t right = MACH_PORT_NULL;
    mach_msg_type_name_t disposition = 0;
    switch (way) {
    case BY_DESTROY:
        destroy(port);
        break;
    case BY_MOD_REFS:
        kill_port(port);
        break;
    case BY_DESTRUCT:
        assert_success(mach_port_destruct(SELF, port, 0, 0));
        break;
    case IN_A_MESSAGE:
        put_in_transit(port, notify);
        break;
    case TO_A_TASK:
        (void)give(task, port, MACH_MSG_TYPE_MOVE_RECEIVE);
        break;
    case OUT_BY_A_TASK:
        // Extracted for this task itself: it leaves and comes back in one call.
        assert_success(mach_port_extract_right(SELF, port, MACH_MSG_TYPE_MOVE_RECEIVE, &right, &disposition));
        (void)give(task, right, MACH_MSG_TYPE_MOVE_RECEIVE);
        break;
    default:
        request(SELF, port, MACH_NOTIFY_PORT_DESTROYED, 0, notify);
        kill_port(port);
        break;
    }
}

static void a_port_whose_right_has_gone_is_readable_for_ever(void **state) {
    (void)state;
    for (int way = 0; way < GONE_WAYS; way++) {
        for (unsigned messages = 0; messages <= 2; messages += 2) {
            mach_port_t notify = make_port();
            task_t task = make_task();
            struct place it = make_place();
            int second = fd_of(it.port);
            unsigned descriptors = count_descriptors();
            queue_messages(it.port, messages);
            if (messages > 0) assert_event(&it);
            make_gone((enum gone)way, it.port, notify, task);
            assert_int_equal(count_descriptors(), descriptors - 1); // the library's own
            assert_unreadable(it.set_fd);
            assert_readable(it.port_fd);
            assert_readable(second);
            assert_int_equal(events_of(it.port_edges, 0), 1);
            assert_code(receive_simple(it.port, NULL), MACH_RCV_INVALID_NAME);
            bool is_known = type(it.port) != MACH_PORT_TYPE_NONE;
            assert_no_fd(SELF, it.port, is_known ? KERN_INVALID_RIGHT : KERN_INVALID_NAME);
            if (type(it.port) & MACH_PORT_TYPE_SEND) {
                assert_code(send_simple(it.port, MACH_MSG_TYPE_COPY_SEND, 5), MACH_MSG_SUCCESS);
            }
            assert_unreadable(it.set_fd);
            drain(notify);
            end_task(task);
            destroy(notify);
            assert_readable(it.port_fd);
            assert_readable(second);
            close(second);
            if (is_known) destroy(it.port);
            destroy(it.set);
            close_place(&it);
        }
    }
}

static void a_right_that_comes_back_needs_a_new_descriptor(void **state) {
    (void)state;
    mach_port_t carrier = make_port();
    for (unsigned messages = 0; messages <= 2; messages += 2) {
        mach_port_t port = port_with_send(); // keeps the name
        int old = fd_of(port);
        queue_messages(port, messages);
        put_in_transit(port, carrier);
        assert_code(send_simple(port, MACH_MSG_TYPE_COPY_SEND, (mach_msg_id_t)messages), MACH_MSG_SUCCESS); // Q13
        assert_int_equal(take_from_transit(carrier), port);
        assert_readable(old);
        int new = fd_of(port);
        assert_readable(new);
        for (unsigned i = 0; i <= messages; i++) {
            assert_readable(new);
            expect_message(port, (mach_msg_id_t)i);
        }
        assert_unreadable(new);
        assert_readable(old);
        queue_messages(port, 1);
        assert_readable(new);
        expect_message(port, 0);
        assert_unreadable(new);
        destroy(port);
        assert_readable(new);
        assert_readable(old);
        close(new);
        close(old);
    }
    destroy(carrier);
}

static void a_new_port_under_an_old_name_has_nothing_to_do_with_its_descriptors(void **state) {
    (void)state;
    mach_port_t port = make_port();
    int old = fd_of(port);
    destroy(port);
    assert_success(mach_port_allocate_name(SELF, MACH_PORT_RIGHT_RECEIVE, port));
    int new = fd_of(port);
    assert_readable(old);
    assert_unreadable(new);
    queue_messages(port, 1);
    assert_readable(new);
    expect_message(port, 0);
    assert_unreadable(new);
    assert_readable(old);
    destroy(port);
    assert_success(mach_port_allocate_name(SELF, MACH_PORT_RIGHT_PORT_SET, port));
    int of_set = fd_of(port);
    assert_unreadable(of_set);
    assert_readable(old);
    assert_readable(new);
    destroy(port);
    close(old);
    close(new);
    close(of_set);
}

// ---- Other tasks

static void a_port_of_another_task_has_a_descriptor(void **state) {
    (void)state;
    task_t task = make_task();
    mach_port_name_t name = make_port_in(task);
    mach_port_t send = take(task, name, MAKE_SEND), set = MACH_PORT_NULL;
    assert_success(mach_port_allocate(task, MACH_PORT_RIGHT_PORT_SET, &set));
    assert_success(mach_port_insert_member(task, name, set));
    int fd = UNWRITTEN, of_set = UNWRITTEN;
    assert_success(mach_linux_port_fd(task, name, &fd));
    assert_success(mach_linux_port_fd(task, set, &of_set));
    assert_unreadable(fd);
    for (int i = 0; i < 3; i++) assert_code(send_simple(send, MACH_MSG_TYPE_COPY_SEND, i), MACH_MSG_SUCCESS);
    assert_readable(fd);
    assert_readable(of_set);
    assert_int_equal(act_as(task, receive_all, &name), 3);
    assert_unreadable(fd);
    assert_unreadable(of_set);
    assert_code(send_simple(send, MACH_MSG_TYPE_COPY_SEND, 4), MACH_MSG_SUCCESS);
    enter(task);
    int own = fd_of(name); // as the task itself
    leave();
    assert_readable(own);
    assert_no_fd(task, send == name ? unknown_name() : send, KERN_INVALID_NAME);
    terminate(task);
    assert_readable(fd);
    assert_readable(own);
    assert_readable(of_set);
    assert_no_fd(task, name, KERN_INVALID_TASK);
    destroy(task);
    destroy(send);
    close(fd);
    close(own);
    close(of_set);
}

static void the_descriptors_of_a_task_that_ends_are_readable_for_ever(void **state) {
    (void)state;
    task_t task = make_task();
    unsigned descriptors = count_descriptors();
    enter(task);
    struct place it = make_place();
    int empty = fd_of(make_port());
    assert_unreadable(empty);
    leave();
    terminate(task);
    assert_int_equal(count_descriptors(), descriptors + 5); // none of the library's own
    assert_readable(it.port_fd);
    assert_readable(it.set_fd);
    assert_readable(empty);
    assert_event(&it);
    destroy(task);
    close_place(&it);
    close(empty);
}

static int64_t end_own_task_and_receive(void *argument) {
    mach_port_t port = MACH_PORT_NULL;
    int *fd = argument;
    if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) != KERN_SUCCESS) return 1;
    if (mach_linux_port_fd(SELF, port, fd) != KERN_SUCCESS || poll_one(*fd, 0) != 0) return 2;
    if (task_terminate(SELF) != KERN_SUCCESS) return 3;
    return poll_one(*fd, 0) == 1 ? receive_simple(port, NULL) : 4;
}

static void a_thread_of_a_task_that_ended_learns_why_from_the_receive(void **state) {
    (void)state;
    int fd = -1;
    task_t task = make_task();
    assert_code(act_as(task, end_own_task_and_receive, &fd), MACH_RCV_INVALID_NAME);
    assert_readable(fd);
    close(fd);
    destroy(task);
}

// ---- Watchers

static void each_queued_message_is_an_event_when_earlier_ones_were_left_behind(void **state) {
    (void)state;
    struct place it = make_place();
    set_limit(it.port, 100);
    for (mach_msg_id_t id = 0; id < 50; id++) {
        assert_code(send_simple(it.port, MAKE_SEND, id), MACH_MSG_SUCCESS);
        assert_event(&it);
    }
    for (mach_msg_id_t id = 0; id < 20; id++) expect_message(id % 2 ? it.port : it.set, id); // leaves 30 behind
    (void)events_of(it.port_edges, 0);
    (void)events_of(it.set_edges, 0);
    assert_code(send_simple(it.port, MAKE_SEND, 50), MACH_MSG_SUCCESS);
    assert_event(&it);
    for (mach_msg_id_t id = 20; id <= 50; id++) expect_message(it.set, id);
    assert_no_event(&it);
    assert_waiting(&it, 0);
    assert_code(send_simple(it.port, MAKE_SEND, 51), MACH_MSG_SUCCESS);
    assert_event(&it);
    assert_waiting(&it, 1);
    destroy_place(&it);
}

static void a_message_on_any_member_is_an_event_of_the_set(void **state) {
    (void)state;
    mach_port_t set = make_set(), members[4];
    int fd = fd_of(set), edges = watch(fd, EPOLLET), second = watch(fd, EPOLLET);
    for (size_t i = 0; i < COUNT_OF(members); i++) put_in_set(members[i] = make_port(), set);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT_OF(members); i++) {
            queue_messages(members[i], 1); // none is received in between
            assert_int_equal(events_of(edges, 0), 1);
            assert_int_equal(events_of(edges, 0), 0);
            assert_int_equal(events_of(second, 0), 1); // each watcher has its own
        }
    }
    close(edges);
    close(second);
    for (size_t i = 0; i < COUNT_OF(members); i++) destroy(members[i]);
    destroy(set);
    close(fd);
}

static void a_one_shot_watcher_fires_again_when_rearmed(void **state) {
    (void)state;
    mach_port_t port = make_port();
    int fd = fd_of(port), epoll = watch(fd, EPOLLONESHOT);
    struct epoll_event again = {.events = EPOLLIN | EPOLLONESHOT};
    assert_int_equal(events_of(epoll, 0), 0);
    queue_messages(port, 2);
    assert_int_equal(events_of(epoll, 0), 1);
    assert_int_equal(events_of(epoll, 0), 0);
    queue_messages(port, 1);
    assert_int_equal(events_of(epoll, 0), 0);
    for (int left = 3; left > 0; left--) {
        assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &again), 0);
        assert_int_equal(events_of(epoll, 0), 1);
        assert_code(receive_simple(port, NULL), MACH_MSG_SUCCESS);
    }
    assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &again), 0);
    assert_int_equal(events_of(epoll, 0), 0);
    queue_messages(port, 1);
    assert_int_equal(events_of(epoll, 0), 1);
    close(epoll);
    destroy(port);
    close(fd);
}

struct sleeper {
    struct test_thread thread;
    int way, fd;
};

static int64_t sleep_until_readable(void *argument) {
    struct sleeper *it = argument;
    switch (it->way) {
    case 0:
        return poll_one(it->fd, -1);
    case 1:
        return select_one(it->fd, NULL);
    default:
        return epoll_one(it->fd, -1);
    }
}

static void a_thread_asleep_in_poll_select_or_epoll_wakes(void **state) {
    (void)state;
    enum { SENT, ADMITTED, DESTROYED, JOINED, CAUSES };
    for (int cause = 0; cause < CAUSES; cause++) {
        for (int way = 0; way < 3; way++) {
            struct place it = make_place();
            struct caller sender;
            mach_port_t busy = make_port();
            if (cause == ADMITTED) set_limit(it.port, 0);
            if (cause == ADMITTED) block_sender(&sender, it.port, 0);
            queue_messages(busy, 1);
            struct sleeper sleepers[] = {{.way = way, .fd = it.port_fd}, {.way = way, .fd = it.set_fd}};
            for (int i = 0; i < 2; i++) {
                start_thread(&sleepers[i].thread, sleep_until_readable, &sleepers[i]);
                wait_until_blocked(&sleepers[i].thread);
            }
            if (cause == SENT || cause == JOINED) queue_messages(it.port, cause == SENT);
            if (cause == ADMITTED) set_limit(it.port, 1);
            if (cause == JOINED) put_in_set(busy, it.set);
            if (cause == DESTROYED || cause == JOINED) destroy(it.port);
            if (cause == DESTROYED) destroy(it.set);
            for (int i = 0; i < 2; i++) assert_int_equal(join_thread(&sleepers[i].thread), 1);
            if (cause == ADMITTED) assert_code(finish(&sender), MACH_MSG_SUCCESS);
            destroy(busy);
            if (cause == SENT || cause == ADMITTED) destroy(it.port);
            if (cause != DESTROYED) destroy(it.set);
            close_place(&it);
        }
    }
}

// ---- io_uring

#if defined(SYS_io_uring_setup) && defined(IORING_POLL_ADD_MULTI) && defined(IORING_CQE_F_MORE)
struct ring {
    int fd;
    struct io_uring_params params;
    char *rings;
    size_t size;
    struct io_uring_sqe *entries;
};

static unsigned *ring_word(struct ring *ring, unsigned offset) { return (unsigned *)(void *)(ring->rings + offset); }

static bool open_ring(struct ring *ring) {
    memset(ring, 0, sizeof(*ring));
    ring->fd = (int)syscall(SYS_io_uring_setup, 8, &ring->params);
    if (ring->fd < 0) return false;
    struct io_uring_params *params = &ring->params;
    size_t submissions = params->sq_off.array + params->sq_entries * sizeof(unsigned);
    size_t completions = params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
    ring->size = submissions > completions ? submissions : completions;
    int protection = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_POPULATE;
    ring->rings = mmap(NULL, ring->size, protection, flags, ring->fd, IORING_OFF_SQ_RING);
    ring->entries =
        mmap(NULL, params->sq_entries * sizeof(struct io_uring_sqe), protection, flags, ring->fd, IORING_OFF_SQES);
    bool is_open =
        params->features & IORING_FEAT_SINGLE_MMAP && ring->rings != MAP_FAILED && ring->entries != MAP_FAILED;
    if (!is_open) close(ring->fd);
    return is_open;
}

static void close_ring(struct ring *ring) {
    munmap(ring->entries, ring->params.sq_entries * sizeof(struct io_uring_sqe));
    munmap(ring->rings, ring->size);
    close(ring->fd);
}

static void ring_poll(struct ring *ring, int fd, unsigned flags) {
    unsigned *tail = ring_word(ring, ring->params.sq_off.tail);
    unsigned index = *tail & *ring_word(ring, ring->params.sq_off.ring_mask);
    memset(&ring->entries[index], 0, sizeof(ring->entries[index]));
    ring->entries[index].opcode = IORING_OP_POLL_ADD;
    ring->entries[index].fd = fd;
    ring->entries[index].poll_events = POLLIN;
    ring->entries[index].len = flags;
    ring->entries[index].user_data = (uint64_t)fd;
    ring_word(ring, ring->params.sq_off.array)[index] = index;
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    assert_int_equal(syscall(SYS_io_uring_enter, ring->fd, 1, 0, 0, NULL, 0), 1);
}

// Takes a completion, waiting for it if told to; whether there was one.
static bool ring_take(struct ring *ring, unsigned wait, struct io_uring_cqe *completion) {
    assert_int_equal(syscall(SYS_io_uring_enter, ring->fd, 0, wait, IORING_ENTER_GETEVENTS, NULL, 0), 0);
    unsigned *head = ring_word(ring, ring->params.cq_off.head);
    if (*head == __atomic_load_n(ring_word(ring, ring->params.cq_off.tail), __ATOMIC_ACQUIRE)) return false;
    struct io_uring_cqe *all = (struct io_uring_cqe *)(void *)(ring->rings + ring->params.cq_off.cqes);
    *completion = all[*head & *ring_word(ring, ring->params.cq_off.ring_mask)];
    __atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
    return true;
}

static void io_uring_polls_a_port_and_a_set(void **state) {
    (void)state;
    struct ring ring;
    struct io_uring_cqe completion;
    if (!open_ring(&ring)) skip();
    struct place it = make_place();
    int fds[] = {it.port_fd, it.set_fd};
    for (int i = 0; i < 2; i++) {
        ring_poll(&ring, fds[i], 0);
        assert_false(ring_take(&ring, 0, &completion));
        queue_messages(it.port, 2);
        assert_true(ring_take(&ring, 1, &completion));
        assert_int_equal(completion.user_data, fds[i]);
        assert_int_equal(completion.res, POLLIN);
        assert_false(ring_take(&ring, 0, &completion)); // it was for one
        expect_message(it.set, 0);
        ring_poll(&ring, fds[i], 0);
        assert_true(ring_take(&ring, 1, &completion));
        expect_message(it.port, 1);
        ring_poll(&ring, fds[i], 0);
        assert_false(ring_take(&ring, 0, &completion));
        queue_messages(it.port, 1);
        assert_true(ring_take(&ring, 1, &completion));
        drain(it.set);
    }
    ring_poll(&ring, it.port_fd, 0);
    assert_false(ring_take(&ring, 0, &completion));
    destroy(it.port);
    assert_true(ring_take(&ring, 1, &completion));
    assert_int_equal(completion.res, POLLIN);
    close_ring(&ring);
    destroy_place(&it);
}

static void each_queued_message_completes_a_multishot_poll(void **state) {
    (void)state;
    struct ring ring;
    struct io_uring_cqe completion;
    if (!open_ring(&ring)) skip();
    struct place it = make_place();
    ring_poll(&ring, it.set_fd, IORING_POLL_ADD_MULTI);
    bool is_supported = !ring_take(&ring, 0, &completion); // an older kernel answers EINVAL
    for (int i = 0; is_supported && i < 5; i++) {
        queue_messages(it.port, 1); // none is received in between
        assert_true(ring_take(&ring, 1, &completion));
        assert_int_equal(completion.res, POLLIN);
        assert_true(completion.flags & IORING_CQE_F_MORE);
    }
    close_ring(&ring);
    destroy_place(&it);
    if (!is_supported) skip();
}
#else
static void io_uring_polls_a_port_and_a_set(void **state) {
    (void)state;
    skip();
}
static void each_queued_message_completes_a_multishot_poll(void **state) {
    (void)state;
    skip();
}
#endif

// ---- Several readers

enum reading { LEVEL_POLL, LEVEL_EPOLL, EDGE_EPOLL, ONE_SHOT_EPOLL, READINGS };
enum { READERS = 4, SENDERS = 3, SHARE = ROUNDS_OF(3000, 400), ALL_MESSAGES = SENDERS * SHARE };

static struct hall {
    enum reading reading;
    mach_port_t source, ports[2];
    int fd, stop, epoll;
    atomic_uint next, left, wrong;
    atomic_uint received[ALL_MESSAGES];
    sem_t all;
} hall;

static mach_msg_return_t read_one(void) {
    mach_msg_id_t id = -1;
    mach_msg_return_t code = receive_simple(hall.source, &id);
    if (code == MACH_RCV_TIMED_OUT) return code;
    if (code != MACH_MSG_SUCCESS || id < 0 || id >= ALL_MESSAGES || atomic_fetch_add(&hall.received[id], 1) != 0) {
        atomic_fetch_add(&hall.wrong, 1);
    }
    if (atomic_fetch_sub(&hall.left, 1) == 1) sem_post(&hall.all);
    return code;
}

static int64_t read_until_stopped(void *unused) {
    (void)unused;
    for (;;) {
        if (hall.reading == LEVEL_POLL) {
            struct pollfd both[] = {{.fd = hall.fd, .events = POLLIN}, {.fd = hall.stop, .events = POLLIN}};
            if (poll(both, 2, -1) < 1) return 1;
            if (both[0].revents != 0) (void)read_one();
            if (both[1].revents != 0) return 0;
            continue;
        }
        struct epoll_event event;
        if (epoll_wait(hall.epoll, &event, 1, -1) != 1) return 2;
        if (event.data.fd == hall.stop) return 0;
        while (read_one() == MACH_MSG_SUCCESS && hall.reading == EDGE_EPOLL) {}
        struct epoll_event again = {.events = EPOLLIN | EPOLLONESHOT, .data.fd = hall.fd};
        if (hall.reading == ONE_SHOT_EPOLL && epoll_ctl(hall.epoll, EPOLL_CTL_MOD, hall.fd, &again) != 0) return 3;
    }
}

static mach_msg_return_t send_and_wait(mach_port_t port, mach_msg_id_t id) {
    mach_msg_header_t header = {.msgh_bits = MACH_MSGH_BITS(MAKE_SEND, 0), .msgh_remote_port = port, .msgh_id = id};
    return mach_msg(&header, MACH_SEND_MSG, sizeof(header), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static int64_t send_a_share(void *unused) {
    (void)unused;
    for (int i = 0; i < SHARE; i++) {
        mach_msg_id_t id = (mach_msg_id_t)atomic_fetch_add(&hall.next, 1);
        mach_msg_return_t code = send_and_wait(hall.ports[id % 2], id);
        if (code != MACH_MSG_SUCCESS) return code;
    }
    return 0;
}

// The semaphore must be posted in good time.
static void wait_for(sem_t *semaphore) {
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 100;
    int result;
    do result = sem_timedwait(semaphore, &end);
    while (result == -1 && errno == EINTR);
    if (result != 0) fail_msg("a message was never received: every reader sleeps");
}

static void run_readers(enum reading reading, bool of_set) {
    memset(&hall, 0, sizeof(hall));
    hall.reading = reading;
    atomic_init(&hall.left, ALL_MESSAGES);
    sem_init(&hall.all, 0, 0);
    hall.ports[0] = make_port();
    hall.ports[1] = of_set ? make_port() : hall.ports[0];
    hall.source = of_set ? make_set() : hall.ports[0];
    if (of_set) put_in_set(hall.ports[0], hall.source);
    if (of_set) put_in_set(hall.ports[1], hall.source);
    hall.fd = fd_of(hall.source);
    hall.stop = eventfd(0, EFD_CLOEXEC);
    hall.epoll = epoll_create1(EPOLL_CLOEXEC);
    uint32_t flags = reading == EDGE_EPOLL ? EPOLLET : reading == ONE_SHOT_EPOLL ? EPOLLONESHOT : 0;
    struct epoll_event event = {.events = EPOLLIN | flags, .data.fd = hall.fd};
    struct epoll_event stop = {.events = EPOLLIN, .data.fd = hall.stop};
    assert_int_equal(epoll_ctl(hall.epoll, EPOLL_CTL_ADD, hall.fd, &event), 0);
    assert_int_equal(epoll_ctl(hall.epoll, EPOLL_CTL_ADD, hall.stop, &stop), 0);
    struct test_thread readers[READERS], senders[SENDERS];
    for (int i = 0; i < READERS; i++) start_thread(&readers[i], read_until_stopped, NULL);
    for (int i = 0; i < SENDERS; i++) start_thread(&senders[i], send_a_share, NULL);
    wait_for(&hall.all);
    for (int i = 0; i < SENDERS; i++) assert_code(join_thread(&senders[i]), 0);
    uint64_t one = 1;
    assert_int_equal(write(hall.stop, &one, sizeof(one)), sizeof(one));
    for (int i = 0; i < READERS; i++) assert_code(join_thread(&readers[i]), 0);
    assert_int_equal(atomic_load(&hall.wrong), 0);
    for (int i = 0; i < ALL_MESSAGES; i++) assert_int_equal(atomic_load(&hall.received[i]), 1);
    assert_unreadable(hall.fd);
    expect_no_message(hall.source);
    close(hall.epoll);
    close(hall.stop);
    if (of_set) destroy(hall.source);
    if (of_set) destroy(hall.ports[1]);
    destroy(hall.ports[0]);
    close(hall.fd);
    sem_destroy(&hall.all);
}

static void several_readers_of_a_port_get_each_message_once(void **state) {
    (void)state;
    for (int reading = 0; reading < READINGS; reading++) run_readers((enum reading)reading, false);
}

static void several_readers_of_a_set_get_each_message_once(void **state) {
    (void)state;
    for (int reading = 0; reading < READINGS; reading++) run_readers((enum reading)reading, true);
}

// A loop that serves a socket and a port, and a client that asks at either.
struct client {
    struct test_thread thread;
    mach_port_t service, reply;
    int socket;
};
enum { REQUESTS = ROUNDS_OF(3000, 500), LAST_REQUEST = 1000000 };

static int64_t ask_at_either(void *argument) {
    struct client *it = argument;
    for (mach_msg_id_t id = 0; id < REQUESTS; id++) {
        if (id % 3 == 0) {
            char byte = (char)id, answer = 0;
            if (write(it->socket, &byte, 1) != 1 || read(it->socket, &answer, 1) != 1) return 1;
            if (answer != byte) return 2;
            continue;
        }
        struct test_message message;
        memset(&message, 0, sizeof(mach_msg_header_t));
        message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MAKE_SEND_ONCE);
        message.header.msgh_remote_port = it->service;
        message.header.msgh_local_port = it->reply;
        message.header.msgh_id = id;
        if (mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG, 24, sizeof(message), it->reply, 0,
                     MACH_PORT_NULL) != MACH_MSG_SUCCESS)
            return 3;
        if (message.header.msgh_id != id + 100) return 4;
    }
    return send_and_wait(it->service, LAST_REQUEST);
}

static void a_loop_serves_a_socket_and_a_port(void **state) {
    (void)state;
    for (int edge = 0; edge < 2; edge++) {
        int sockets[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
        struct client client = {.service = port_with_send(), .reply = make_port(), .socket = sockets[1]};
        int fd = fd_of(client.service), epoll = watch(sockets[0], 0);
        struct epoll_event event = {.events = EPOLLIN | (edge ? EPOLLET : 0), .data.fd = fd};
        assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
        start_thread(&client.thread, ask_at_either, &client);
        unsigned from_socket = 0, from_port = 0;
        for (bool is_done = false; !is_done;) {
            assert_int_equal(epoll_wait(epoll, &event, 1, 60000), 1);
            if (event.data.fd != fd) {
                char byte;
                assert_int_equal(read(sockets[0], &byte, 1), 1);
                assert_int_equal(write(sockets[0], &byte, 1), 1);
                from_socket++;
                continue;
            }
            struct test_message message;
            while (receive_now(client.service, &message, 0) == MACH_MSG_SUCCESS) {
                mach_msg_id_t id = message.header.msgh_id;
                is_done = id == LAST_REQUEST;
                if (is_done) break;
                assert_code(send_simple(message.header.msgh_remote_port, MACH_MSG_TYPE_MOVE_SEND_ONCE, id + 100),
                            MACH_MSG_SUCCESS);
                from_port++;
            }
        }
        assert_code(join_thread(&client.thread), MACH_MSG_SUCCESS);
        assert_int_equal(from_socket, (REQUESTS + 2) / 3);
        assert_int_equal(from_socket + from_port, REQUESTS);
        assert_unreadable(fd);
        close(epoll);
        close(sockets[0]);
        close(sockets[1]);
        destroy(client.service);
        destroy(client.reply);
        close(fd);
    }
}

// ---- Races

enum { HANDS = 4, PORTS = 3, SETS = 2, NAMES = PORTS + SETS, OWN_FDS = 6 };

static struct arena {
    mach_port_t names[NAMES]; // the ports, then the sets
    pthread_barrier_t begin, end;
    bool stop;
    struct hand {
        struct test_thread thread;
        uint64_t seed;
        unsigned count;
        struct {
            unsigned name;
            int fd;
        } fds[OWN_FDS];
        int64_t failure;
    } hands[HANDS];
} arena;

static unsigned next_random(uint64_t *seed, unsigned below) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (unsigned)((*seed >> 20) % below);
}

static mach_msg_return_t send_within(mach_port_t port, mach_msg_type_name_t disposition, mach_msg_timeout_t timeout) {
    struct test_message message;
    memset(&message, 0, 100);
    message.header.msgh_bits = MACH_MSGH_BITS(disposition, 0);
    message.header.msgh_remote_port = port;
    mach_msg_return_t code =
        mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, 100, 0, MACH_PORT_NULL, timeout, MACH_PORT_NULL);
    return code == MACH_SEND_TIMED_OUT ? MACH_MSG_SUCCESS : code; // the port's name keeps the right that came back
}

static mach_msg_return_t receive_within(mach_port_t name, mach_msg_option_t option, mach_msg_size_t size,
                                        mach_msg_timeout_t timeout) {
    struct test_message message;
    option |= MACH_RCV_MSG | MACH_RCV_TIMEOUT;
    mach_msg_return_t code = mach_msg(&message.header, option, 0, size, name, timeout, MACH_PORT_NULL);
    bool is_fine = code == MACH_RCV_TIMED_OUT || (code == MACH_RCV_TOO_LARGE && size < sizeof(message));
    return is_fine ? MACH_MSG_SUCCESS : code;
}

// One call, drawn by lot; 0 unless its code is none that it may have.
static int64_t do_something(struct hand *hand) {
    enum { ALL_OF_IT = sizeof(struct test_message) };
    unsigned name = next_random(&hand->seed, NAMES);
    mach_port_t port = arena.names[next_random(&hand->seed, PORTS)];
    mach_port_t set = arena.names[PORTS + next_random(&hand->seed, SETS)];
    kern_return_t code;
    switch (next_random(&hand->seed, 20)) {
    case 0:
        return receive_within(arena.names[name], 0, ALL_OF_IT, 1);
    case 1:
        return send_within(port, MAKE_SEND, 1);
    case 2:
        return send_within(port, MAKE_SEND_ONCE, 0);
    case 3:
        return receive_within(arena.names[name], 0, 60, 0); // destroys what is there
    case 4:
        return receive_within(arena.names[name], MACH_RCV_LARGE, 60, 0);
    case 5:
    case 6:
        code = mach_port_insert_member(SELF, port, set);
        return code == KERN_ALREADY_IN_SET ? 0 : code;
    case 7:
        code = mach_port_extract_member(SELF, port, set);
        return code == KERN_NOT_IN_SET ? 0 : code;
    case 8:
        return mach_port_move_member(SELF, port, set);
    case 9:
        return try_limit(port, next_random(&hand->seed, 4));
    case 10:
        if (hand->count == OWN_FDS) return 0;
        hand->fds[hand->count].name = name;
        return mach_linux_port_fd(SELF, arena.names[name], &hand->fds[hand->count++].fd);
    case 11:
    case 12:
    case 13:
    case 14:
        return receive_within(arena.names[name], 0, ALL_OF_IT, 0);
    default:
        return send_within(port, MAKE_SEND, 0);
    }
}

static int64_t play(void *argument) {
    struct hand *hand = argument;
    for (;;) {
        pthread_barrier_wait(&arena.begin);
        if (arena.stop) return hand->failure;
        for (int i = 0; i < 40; i++) {
            int64_t failure = do_something(hand);
            if (failure != 0) hand->failure = failure;
        }
        pthread_barrier_wait(&arena.end);
    }
}

static bool has_message(unsigned name) {
    if (name < PORTS) return status(arena.names[name]).mps_msgcount > 0;
    for (unsigned port = 0; port < PORTS; port++) {
        if (is_member(arena.names[port], arena.names[name]) && has_message(port)) return true;
    }
    return false;
}

static void after_a_race_every_descriptor_agrees_with_its_queue(void **state) {
    (void)state;
    memset(&arena, 0, sizeof(arena));
    pthread_barrier_init(&arena.begin, NULL, HANDS + 1);
    pthread_barrier_init(&arena.end, NULL, HANDS + 1);
    for (int i = 0; i < HANDS; i++) {
        arena.hands[i].seed = 88172645463325252u + (uint64_t)i * 7919;
        start_thread(&arena.hands[i].thread, play, &arena.hands[i]);
    }
    for (int round = 0; round < ROUNDS_OF(600, 120); round++) {
        int fds[NAMES];
        for (unsigned name = 0; name < NAMES; name++) arena.names[name] = name < PORTS ? make_port() : make_set();
        // In every other round descriptors are made during the race only.
        for (unsigned name = 0; name < NAMES; name++) fds[name] = round % 2 ? fd_of(arena.names[name]) : -1;
        pthread_barrier_wait(&arena.begin);
        pthread_barrier_wait(&arena.end);
        bool wanted[NAMES];
        for (unsigned name = 0; name < NAMES; name++) {
            wanted[name] = has_message(name);
            if (fds[name] == -1) fds[name] = fd_of(arena.names[name]);
            check_readable(fds[name], wanted[name], __FILE__, __LINE__);
        }
        for (int i = 0; i < HANDS; i++) {
            for (unsigned j = 0; j < arena.hands[i].count; j++) {
                check_readable(arena.hands[i].fds[j].fd, wanted[arena.hands[i].fds[j].name], __FILE__, __LINE__);
                close(arena.hands[i].fds[j].fd);
            }
            arena.hands[i].count = 0;
        }
        for (unsigned port = 0; port < PORTS; port++) drain(arena.names[port]);
        for (unsigned name = 0; name < NAMES; name++) assert_unreadable(fds[name]);
        for (unsigned name = 0; name < NAMES; name++) {
            destroy(arena.names[name]);
            assert_readable(fds[name]);
            close(fds[name]);
        }
    }
    arena.stop = true;
    pthread_barrier_wait(&arena.begin);
    for (int i = 0; i < HANDS; i++) assert_code(join_thread(&arena.hands[i].thread), 0);
    pthread_barrier_destroy(&arena.begin);
    pthread_barrier_destroy(&arena.end);
}

// Threads that use a port and a set until they find both gone.
struct mourner {
    struct test_thread thread;
    mach_port_t port, set;
    pthread_barrier_t *begin;
    int of_port, of_set;
};

static int64_t use_until_gone(void *argument) {
    struct mourner *it = argument;
    pthread_barrier_wait(it->begin);
    if (mach_linux_port_fd(SELF, it->port, &it->of_port) != KERN_SUCCESS) it->of_port = -1;
    if (mach_linux_port_fd(SELF, it->set, &it->of_set) != KERN_SUCCESS) it->of_set = -1;
    for (bool has_port = true, has_set = true; has_port || has_set;) {
        (void)send_simple(it->port, MAKE_SEND, 1);
        (void)mach_port_insert_member(SELF, it->port, it->set);
        has_port = receive_simple(it->port, NULL) != MACH_RCV_INVALID_NAME;
        (void)send_simple(it->port, MAKE_SEND, 2);
        has_set = receive_simple(it->set, NULL) != MACH_RCV_INVALID_NAME;
        (void)mach_port_extract_member(SELF, it->port, it->set);
        // A descriptor must not come from a name whose right has been seen to go.
        int fd = -1;
        if (!has_port && mach_linux_port_fd(SELF, it->port, &fd) == KERN_SUCCESS) return 1;
    }
    return 0;
}

static void a_right_that_goes_amid_a_race_leaves_every_descriptor_readable(void **state) {
    (void)state;
    for (int round = 0; round < ROUNDS_OF(1000, 150); round++) {
        pthread_barrier_t begin;
        struct mourner mourners[3];
        mach_port_t port = make_port(), set = make_set();
        int of_port = round % 2 ? fd_of(port) : -1, of_set = round % 2 ? fd_of(set) : -1;
        pthread_barrier_init(&begin, NULL, COUNT_OF(mourners) + 1);
        for (size_t i = 0; i < COUNT_OF(mourners); i++) {
            mourners[i] = (struct mourner){.port = port, .set = set, .begin = &begin};
            start_thread(&mourners[i].thread, use_until_gone, &mourners[i]);
        }
        pthread_barrier_wait(&begin);
        for (int i = 0; i < round % 8; i++) sched_yield();
        destroy(round % 3 ? set : port);
        destroy(round % 3 ? port : set);
        for (size_t i = 0; i < COUNT_OF(mourners); i++) {
            assert_code(join_thread(&mourners[i].thread), 0);
            int fds[] = {mourners[i].of_port, mourners[i].of_set};
            for (int j = 0; j < 2; j++) {
                if (fds[j] == -1) continue;
                assert_readable(fds[j]);
                close(fds[j]);
            }
        }
        pthread_barrier_destroy(&begin);
        if (of_port == -1) continue;
        assert_readable(of_port);
        assert_readable(of_set);
        close(of_port);
        close(of_set);
    }
}

// ---- Limits. Bodies of forked children: each step has a number, which is the exit status.

enum { MANY = 3000, CANNOT_RAISE = 254 };

static int ready_of(struct pollfd *all, unsigned count) {
    int ready;
    do ready = poll(all, count, 0);
    while (ready == -1 && errno == EINTR);
    return ready;
}

static int have_thousands(void *unused) {
    (void)unused;
    static mach_port_t ports[MANY];
    static struct pollfd all[MANY];
    struct rlimit limit, after;
    STEP(1, getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur < 2 * MANY + 200) limit.rlim_cur = 2 * MANY + 200;
    if (limit.rlim_cur > limit.rlim_max || setrlimit(RLIMIT_NOFILE, &limit) != 0) return CANNOT_RAISE;
    unsigned start = count_descriptors();
    mach_port_t set = MACH_PORT_NULL;
    int of_set = -1;
    STEP(2, mach_port_allocate(SELF, MACH_PORT_RIGHT_PORT_SET, &set) == KERN_SUCCESS);
    STEP(3, mach_linux_port_fd(SELF, set, &of_set) == KERN_SUCCESS);
    for (int i = 0; i < MANY; i++) {
        all[i].events = POLLIN;
        STEP(4, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &ports[i]) == KERN_SUCCESS);
        STEP(5, mach_port_insert_member(SELF, ports[i], set) == KERN_SUCCESS);
        STEP(6, mach_linux_port_fd(SELF, ports[i], &all[i].fd) == KERN_SUCCESS);
    }
    STEP(7, count_descriptors() == start + 2 * MANY + 2);
    STEP(8, ready_of(all, MANY) == 0 && poll_one(of_set, 0) == 0);
    for (int i = 0; i < MANY; i += 3) STEP(9, send_simple(ports[i], MAKE_SEND, i) == MACH_MSG_SUCCESS);
    STEP(10, ready_of(all, MANY) == MANY / 3 && poll_one(of_set, 0) == 1);
    for (int i = 0; i < MANY; i++) STEP(11, all[i].revents == (i % 3 == 0 ? POLLIN : 0));
    for (int left = MANY / 3; left > 0; left--) {
        STEP(12, poll_one(of_set, 0) == 1);
        STEP(13, receive_simple(set, NULL) == MACH_MSG_SUCCESS);
    }
    STEP(14, ready_of(all, MANY) == 0 && poll_one(of_set, 0) == 0);
    for (int i = 0; i < MANY; i++) STEP(15, mach_port_destroy(SELF, ports[i]) == KERN_SUCCESS);
    STEP(16, ready_of(all, MANY) == MANY && poll_one(of_set, 0) == 0);
    STEP(17, mach_port_destroy(SELF, set) == KERN_SUCCESS);
    STEP(18, count_descriptors() == start + MANY + 1);
    for (int i = 0; i < MANY; i++) close(all[i].fd);
    close(of_set);
    STEP(19, count_descriptors() == start);
    STEP(20, getrlimit(RLIMIT_NOFILE, &after) == 0 && memcmp(&limit, &after, sizeof(limit)) == 0);
    return 0;
}

static int have_thousands_of_one(void *unused) {
    (void)unused;
    static struct pollfd all[MANY];
    struct rlimit limit, after;
    STEP(1, getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur < MANY + 200) limit.rlim_cur = MANY + 200;
    if (limit.rlim_cur > limit.rlim_max || setrlimit(RLIMIT_NOFILE, &limit) != 0) return CANNOT_RAISE;
    unsigned start = count_descriptors();
    mach_port_t port = MACH_PORT_NULL;
    STEP(2, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS);
    for (int i = 0; i < MANY; i++) {
        all[i].events = POLLIN;
        STEP(3, mach_linux_port_fd(SELF, port, &all[i].fd) == KERN_SUCCESS);
    }
    STEP(4, count_descriptors() == start + MANY + 1);
    STEP(5, ready_of(all, MANY) == 0);
    STEP(6, send_simple(port, MAKE_SEND, 1) == MACH_MSG_SUCCESS && ready_of(all, MANY) == MANY);
    STEP(7, receive_simple(port, NULL) == MACH_MSG_SUCCESS && ready_of(all, MANY) == 0);
    STEP(8, mach_port_destroy(SELF, port) == KERN_SUCCESS && ready_of(all, MANY) == MANY);
    for (int i = 0; i < MANY; i++) close(all[i].fd);
    STEP(9, count_descriptors() == start);
    STEP(10, getrlimit(RLIMIT_NOFILE, &after) == 0 && memcmp(&limit, &after, sizeof(limit)) == 0);
    return 0;
}

static void thousands_of_ports_have_descriptors_at_once(void **state) {
    (void)state;
    int step = in_forked_child(have_thousands, NULL);
    if (step == CANNOT_RAISE) skip();
    assert_int_equal(step, 0);
}

static void a_port_has_thousands_of_descriptors_at_once(void **state) {
    (void)state;
    int step = in_forked_child(have_thousands_of_one, NULL);
    if (step == CANNOT_RAISE) skip();
    assert_int_equal(step, 0);
}

static bool set_open_limit(rlim_t limit, rlim_t maximum) {
    struct rlimit it = {.rlim_cur = limit, .rlim_max = maximum};
    return setrlimit(RLIMIT_NOFILE, &it) == 0;
}

// With room for 4, 5, 6 and 7 descriptors: a port that has none needs two.
static int run_out_of_descriptors(void *unused) {
    (void)unused;
    enum { SPARE = 8 };
    struct rlimit limit, now;
    STEP(1, getrlimit(RLIMIT_NOFILE, &limit) == 0);
    unsigned start = count_descriptors();
    mach_port_t first = MACH_PORT_NULL, ports[SPARE];
    int fds[SPARE], old = -1, further[SPARE];
    STEP(2, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &first) == KERN_SUCCESS);
    STEP(3, mach_linux_port_fd(SELF, first, &old) == KERN_SUCCESS);
    for (unsigned room = 4; room < 8; room++) {
        rlim_t low = 0;
        for (unsigned free = 0; free < room; low++) free += fcntl((int)low, F_GETFD) == -1;
        for (; fcntl((int)low, F_GETFD) != -1;) low++;
        for (int i = 0; i < SPARE; i++) {
            mach_port_right_t right = i % 2 ? MACH_PORT_RIGHT_PORT_SET : MACH_PORT_RIGHT_RECEIVE;
            STEP(4, mach_port_allocate(SELF, right, &ports[i]) == KERN_SUCCESS);
        }
        STEP(5, set_open_limit(low, limit.rlim_max));
        for (unsigned i = 0; i < SPARE; i++) {
            fds[i] = UNWRITTEN;
            kern_return_t code = mach_linux_port_fd(SELF, ports[i], &fds[i]);
            STEP(6, code == (i < room / 2 ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE));
            STEP(7, (fds[i] == UNWRITTEN) == (code != KERN_SUCCESS));
        }
        for (int i = 0; i < 50; i++) { // a failure takes nothing
            int fd = UNWRITTEN;
            STEP(8, mach_linux_port_fd(SELF, ports[SPARE - 1], &fd) == KERN_RESOURCE_SHORTAGE && fd == UNWRITTEN);
        }
        for (unsigned i = 0; i < SPARE;
             i++) { // the last one, if there is one, is for a port that has the library's own
            further[i] = UNWRITTEN;
            kern_return_t code = mach_linux_port_fd(SELF, first, &further[i]);
            STEP(9, code == (i < room % 2 ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE));
            STEP(10, (further[i] == UNWRITTEN) == (code != KERN_SUCCESS));
        }
        STEP(11, getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur == low && now.rlim_max == limit.rlim_max);
        // What there is works on, and so does the port that got none.
        STEP(12, send_simple(first, MAKE_SEND, 1) == MACH_MSG_SUCCESS && poll_one(old, 0) == 1);
        STEP(13, receive_simple(first, NULL) == MACH_MSG_SUCCESS && poll_one(old, 0) == 0);
        STEP(14, send_simple(ports[6], MAKE_SEND, 2) == MACH_MSG_SUCCESS);
        STEP(15, mach_port_insert_member(SELF, ports[6], ports[7]) == KERN_SUCCESS);
        STEP(16, set_open_limit(limit.rlim_cur, limit.rlim_max));
        STEP(17, count_descriptors() == start + 2 + room);
        STEP(18, mach_linux_port_fd(SELF, ports[6], &fds[6]) == KERN_SUCCESS && poll_one(fds[6], 0) == 1);
        STEP(19, mach_linux_port_fd(SELF, ports[7], &fds[7]) == KERN_SUCCESS && poll_one(fds[7], 0) == 1);
        for (int i = 0; i < SPARE; i++) {
            if (fds[i] != UNWRITTEN) close(fds[i]);
            if (further[i] != UNWRITTEN) close(further[i]);
            STEP(20, mach_port_destroy(SELF, ports[i]) == KERN_SUCCESS);
        }
        STEP(21, count_descriptors() == start + 2);
    }
    STEP(22, mach_port_destroy(SELF, first) == KERN_SUCCESS && close(old) == 0);
    STEP(23, count_descriptors() == start);
    return 0;
}

static void without_descriptors_it_is_a_shortage_and_nothing_leaks(void **state) {
    (void)state;
    assert_int_equal(in_forked_child(run_out_of_descriptors, NULL), 0);
}

// ---- fork

// Descriptors of ports and sets of its own, from nothing to nothing.
static int use_descriptors(void *unused) {
    (void)unused;
    unsigned start = count_descriptors();
    mach_port_t port = MACH_PORT_NULL, set = MACH_PORT_NULL;
    int fd = -1, second = -1, of_set = -1;
    STEP(100, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS);
    STEP(101, mach_port_allocate(SELF, MACH_PORT_RIGHT_PORT_SET, &set) == KERN_SUCCESS);
    STEP(102, mach_linux_port_fd(SELF, port, &fd) == KERN_SUCCESS && poll_one(fd, 0) == 0);
    STEP(103, mach_linux_port_fd(SELF, set, &of_set) == KERN_SUCCESS && poll_one(of_set, 0) == 0);
    STEP(104, mach_port_insert_member(SELF, port, set) == KERN_SUCCESS);
    for (int i = 0; i < 3; i++) {
        STEP(105, send_simple(port, MAKE_SEND, i) == MACH_MSG_SUCCESS);
        STEP(106, poll_one(fd, 0) == 1 && poll_one(of_set, 0) == 1);
    }
    STEP(107, mach_linux_port_fd(SELF, port, &second) == KERN_SUCCESS && poll_one(second, 0) == 1);
    for (int i = 0; i < 3; i++) {
        STEP(108, poll_one(fd, 0) == 1 && poll_one(of_set, 0) == 1 && poll_one(second, 0) == 1);
        STEP(109, receive_simple(i % 2 ? set : port, NULL) == MACH_MSG_SUCCESS);
    }
    STEP(110, poll_one(fd, 0) == 0 && poll_one(of_set, 0) == 0 && poll_one(second, 0) == 0);
    STEP(111, send_simple(port, MAKE_SEND, 4) == MACH_MSG_SUCCESS);
    STEP(112, mach_port_destroy(SELF, port) == KERN_SUCCESS);
    STEP(113, poll_one(fd, 0) == 1 && poll_one(of_set, 0) == 0 && poll_one(second, 0) == 1);
    STEP(114, mach_port_destroy(SELF, set) == KERN_SUCCESS && poll_one(of_set, 0) == 1);
    STEP(115, close(fd) == 0 && close(second) == 0 && close(of_set) == 0);
    STEP(116, count_descriptors() == start);
    return 0;
}

static void what_a_child_does_with_its_own_ports_disturbs_no_parent(void **state) {
    (void)state;
    struct place quiet = make_place(), busy = make_place();
    queue_messages(busy.port, 2);
    assert_event(&busy);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(in_forked_child(use_descriptors, NULL), 0);
        assert_waiting(&quiet, 0);
        assert_no_event(&quiet);
        assert_waiting(&busy, 2);
        assert_no_event(&busy);
    }
    assert_code(send_simple(quiet.port, MAKE_SEND, 1), MACH_MSG_SUCCESS);
    assert_waiting(&quiet, 1);
    assert_event(&quiet);
    drain(quiet.set);
    drain(busy.port);
    assert_waiting(&quiet, 0);
    assert_waiting(&busy, 0);
    destroy_place(&quiet);
    destroy_place(&busy);
}

static bool told(int socket) {
    char byte;
    return read(socket, &byte, 1) == 1;
}

static void tell(int socket) {
    char byte = 0;
    if (write(socket, &byte, 1) != 1) abort();
}

// In step with the parent: after each turn of its, the inherited descriptors must show what it did.
static int look_at_the_parents_port(int socket, const struct place *it) {
    static const int wanted[][2] = {{0, 0}, {1, 1}, {1, 1}, {0, 0}, {1, 0}, {1, 1}};
    for (size_t turn = 0; turn < COUNT_OF(wanted); turn++) {
        STEP(1 + 10 * (int)turn, told(socket));
        STEP(2 + 10 * (int)turn, poll_one(it->port_fd, 0) == wanted[turn][0]);
        STEP(3 + 10 * (int)turn, poll_one(it->set_fd, 0) == wanted[turn][1]);
        int step = use_descriptors(NULL); // meanwhile it has its own
        if (step != 0) return step;
        tell(socket);
    }
    return 0;
}

static void an_inherited_descriptor_goes_on_to_show_the_parents_port(void **state) {
    (void)state;
    struct place it = make_place();
    int sockets[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        close(sockets[0]);
        _exit(look_at_the_parents_port(sockets[1], &it));
    }
    close(sockets[1]);
    bool answered = true;
    for (int turn = 0; answered && turn < 6; turn++) {
        switch (turn) {
        case 0:
            break;
        case 1:
            queue_messages(it.port, 2);
            break;
        case 2:
            expect_message(it.port, 0);
            break;
        case 3:
            expect_message(it.set, 1);
            break;
        case 4:
            destroy(it.port);
            break;
        default:
            destroy(it.set);
            break;
        }
        tell(sockets[0]);
        answered = told(sockets[0]);
    }
    assert_int_equal(wait_for_child(child), 0);
    assert_true(answered);
    close(sockets[0]);
    close_place(&it);
}

// A daemon's child: it closes whatever it inherited, and opens something else in its place.
static int close_everything_and_begin_anew(void *unused) {
    (void)unused;
    enum { NUMBERS = 256 };
    bool was_open[NUMBERS];
    int highest = 3;
    for (int fd = 3; fd < NUMBERS; fd++) {
        was_open[fd] = close(fd) == 0;
        if (was_open[fd]) highest = fd;
    }
    int pipes[NUMBERS / 2][2], count = 0;
    do STEP(1, count < NUMBERS / 2 && pipe2(pipes[count], O_CLOEXEC | O_NONBLOCK) == 0);
    while (pipes[count++][1] <= highest);
    int step = use_descriptors(NULL);
    if (step != 0) return step;
    for (int i = 0; i < count; i++) {
        int waiting = -1;
        STEP(2, ioctl(pipes[i][0], FIONREAD, &waiting) == 0 && waiting == 0);
        STEP(3, poll_one(pipes[i][0], 0) == 0); // nobody closed the other end
        STEP(4, fcntl(pipes[i][1], F_GETFD) == FD_CLOEXEC);
    }
    return 0;
}

static void a_child_may_close_everything_and_use_the_numbers_again(void **state) {
    (void)state;
    struct place it = make_place();
    queue_messages(it.port, 1);
    assert_int_equal(in_forked_child(close_everything_and_begin_anew, NULL), 0);
    assert_waiting(&it, 1);
    assert_event(&it);
    expect_message(it.port, 0);
    assert_waiting(&it, 0);
    destroy_place(&it);
}

static atomic_bool storm_ends;

static int64_t make_and_drop_descriptors(void *unused) {
    (void)unused;
    while (!atomic_load(&storm_ends)) {
        mach_port_t port = MACH_PORT_NULL;
        int fd = -1;
        if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) != KERN_SUCCESS) return 1;
        if (mach_linux_port_fd(SELF, port, &fd) != KERN_SUCCESS) return 2;
        if (send_simple(port, MAKE_SEND, 1) != MACH_MSG_SUCCESS || poll_one(fd, 0) != 1) return 3;
        if (receive_simple(port, NULL) != MACH_MSG_SUCCESS || poll_one(fd, 0) != 0) return 4;
        if (mach_port_destroy(SELF, port) != KERN_SUCCESS || poll_one(fd, 0) != 1) return 5;
        close(fd);
    }
    return 0;
}

static void a_child_forked_while_threads_make_descriptors_has_its_own(void **state) {
    (void)state;
    struct test_thread threads[3];
    atomic_store(&storm_ends, false);
    for (size_t i = 0; i < COUNT_OF(threads); i++) start_thread(&threads[i], make_and_drop_descriptors, NULL);
    int steps = 0;
    for (int i = 0; i < ROUNDS_OF(60, 15); i++) steps += in_forked_child(use_descriptors, NULL);
    atomic_store(&storm_ends, true);
    for (size_t i = 0; i < COUNT_OF(threads); i++) assert_code(join_thread(&threads[i]), 0);
    assert_int_equal(steps, 0);
}

// ---- Threads that end, signals

struct maker {
    struct test_thread thread;
    mach_port_t port;
    int fd;
};

static int64_t make_send_and_end(void *argument) {
    struct maker *it = argument;
    kern_return_t code = mach_linux_port_fd(SELF, it->port, &it->fd);
    return code == KERN_SUCCESS ? send_simple(it->port, MAKE_SEND, 6) : code;
}

static void a_descriptor_outlives_the_thread_that_made_it(void **state) {
    (void)state;
    struct maker maker = {.port = make_port(), .fd = -1};
    start_thread(&maker.thread, make_send_and_end, &maker);
    assert_code(join_thread(&maker.thread), MACH_MSG_SUCCESS);
    assert_readable(maker.fd);
    expect_message(maker.port, 6);
    assert_unreadable(maker.fd);
    queue_messages(maker.port, 1);
    assert_readable(maker.fd);
    destroy(maker.port);
    assert_readable(maker.fd);
    close(maker.fd);
}

static atomic_uint ticks;

static void tick(int signal) {
    (void)signal;
    atomic_fetch_add(&ticks, 1);
}

static void a_hail_of_signals_changes_nothing(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = tick}, old;
    struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    atomic_store(&ticks, 0);
    sigaction(SIGALRM, &action, &old);
    setitimer(ITIMER_REAL, &often, NULL);
    struct place it = make_place();
    // Codes are collected: a failed assertion would leave the timer running.
    unsigned wrong = 0;
    while (atomic_load(&ticks) < 300) {
        int fd = -1;
        wrong += mach_linux_port_fd(SELF, it.port, &fd) != KERN_SUCCESS;
        for (int i = 0; i < 3; i++) {
            wrong += send_simple(it.port, MAKE_SEND, i) != MACH_MSG_SUCCESS;
            wrong += poll_one(it.port_fd, 0) != 1 || poll_one(it.set_fd, 0) != 1 || poll_one(fd, 0) != 1;
            wrong += events_of(it.port_edges, 0) != 1 || events_of(it.set_edges, 0) != 1;
        }
        for (int i = 0; i < 3; i++) wrong += receive_simple(i % 2 ? it.port : it.set, NULL) != MACH_MSG_SUCCESS;
        wrong += poll_one(it.port_fd, 0) != 0 || poll_one(it.set_fd, 0) != 0 || poll_one(fd, 0) != 0;
        close(fd);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &old, NULL);
    assert_int_equal(wrong, 0);
    assert_waiting(&it, 0);
    destroy_place(&it);
}

static void no_call_changes_errno(void **state) {
    (void)state;
    mach_port_t port = make_port(), set = make_set();
    put_in_set(port, set);
    errno = 4711;
    int fd = fd_of(port), of_set = fd_of(set);
    queue_messages(port, 2);
    expect_message(port, 0);
    expect_message(set, 1);
    destroy(port);
    destroy(set);
    assert_int_equal(errno, 4711);
    close(fd);
    close(of_set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FD_TEST(only_a_receive_right_or_a_set_has_a_descriptor),
        FD_TEST(the_null_pointer_is_seen_before_the_task_and_the_task_before_the_name),
        FD_TEST(a_descriptor_of_any_value_for_a_name_is_refused),
        FD_TEST(asking_changes_no_right),
        FD_TEST(descriptors_are_opened_only_when_asked_for_and_closed_when_the_right_goes),
        FD_TEST(every_new_descriptor_is_close_on_exec),
        FD_TEST(each_call_gives_another_descriptor_and_closing_one_leaves_the_others),
        FD_TEST(a_number_that_was_closed_and_means_something_else_is_left_alone),
        FD_TEST(a_message_that_is_sent_makes_it_readable_until_the_last_is_received),
        FD_TEST(a_message_to_a_send_once_right_makes_it_readable),
        FD_TEST(a_send_that_fails_leaves_it_as_it_was),
        FD_TEST(every_kind_of_notification_makes_it_readable),
        FD_TEST(a_blocked_sender_that_gets_a_free_slot_makes_an_event),
        FD_TEST(blocked_senders_that_a_higher_limit_admits_make_it_readable),
        FD_TEST(a_blocked_sender_that_gives_up_leaves_it_unreadable),
        FD_TEST(a_message_for_a_thread_that_waits_is_not_queued),
        FD_TEST(a_message_for_a_thread_that_waits_makes_it_readable_not_even_for_a_moment),
        FD_TEST(every_way_to_receive_takes_the_readability_with_the_last_message),
        FD_TEST(a_message_too_large_goes_without_large_and_stays_with_it),
        FD_TEST(a_message_too_large_for_the_thread_that_waits_stays_only_with_large),
        FD_TEST(another_thread_receives_the_last_message),
        FD_TEST(looking_at_the_queue_changes_nothing),
        FD_TEST(a_message_that_an_abandoned_receive_puts_back_makes_it_readable),
        FD_TEST(a_descriptor_made_while_messages_wait_is_readable_at_once),
        FD_TEST(members_with_messages_that_join_and_leave_turn_a_set_on_and_off),
        FD_TEST(a_member_of_two_sets_shows_on_both),
        FD_TEST(a_message_for_a_receiver_of_another_set_leaves_no_trace),
        FD_TEST(a_set_is_readable_until_its_last_member_is_drained),
        FD_TEST(a_member_that_goes_takes_its_messages_from_the_set),
        FD_TEST(a_set_that_is_destroyed_stays_readable_and_its_members_go_on),
        FD_TEST(a_port_whose_right_has_gone_is_readable_for_ever),
        FD_TEST(a_right_that_comes_back_needs_a_new_descriptor),
        FD_TEST(a_new_port_under_an_old_name_has_nothing_to_do_with_its_descriptors),
        FD_TEST(a_port_of_another_task_has_a_descriptor),
        FD_TEST(the_descriptors_of_a_task_that_ends_are_readable_for_ever),
        FD_TEST(a_thread_of_a_task_that_ended_learns_why_from_the_receive),
        FD_TEST(each_queued_message_is_an_event_when_earlier_ones_were_left_behind),
        FD_TEST(a_message_on_any_member_is_an_event_of_the_set),
        FD_TEST(a_one_shot_watcher_fires_again_when_rearmed),
        FD_TEST(a_thread_asleep_in_poll_select_or_epoll_wakes),
        FD_TEST(io_uring_polls_a_port_and_a_set),
        FD_TEST(each_queued_message_completes_a_multishot_poll),
        FD_TEST(several_readers_of_a_port_get_each_message_once),
        FD_TEST(several_readers_of_a_set_get_each_message_once),
        FD_TEST(a_loop_serves_a_socket_and_a_port),
        FD_TEST(after_a_race_every_descriptor_agrees_with_its_queue),
        FD_TEST(a_right_that_goes_amid_a_race_leaves_every_descriptor_readable),
        FD_TEST(thousands_of_ports_have_descriptors_at_once),
        FD_TEST(a_port_has_thousands_of_descriptors_at_once),
        FD_TEST(without_descriptors_it_is_a_shortage_and_nothing_leaks),
        FD_TEST(what_a_child_does_with_its_own_ports_disturbs_no_parent),
        FD_TEST(an_inherited_descriptor_goes_on_to_show_the_parents_port),
        FD_TEST(a_child_may_close_everything_and_use_the_numbers_again),
        FD_TEST(a_child_forked_while_threads_make_descriptors_has_its_own),
        FD_TEST(a_descriptor_outlives_the_thread_that_made_it),
        FD_TEST(a_hail_of_signals_changes_nothing),
        FD_TEST(no_call_changes_errno),
    };
    return TASK_RUN(tests);
}
