// Clocks, alarms and timers without memory, and without a thread: the documented code, nothing lost, and the same call then works. What is set has all it needs. Rows Z5, Z9, Z12, Z15, Z19.
#include "memory_allocator.h"
#include "memory_support.h"

#include <mach/clock.h>
#include <mach/mach_host.h>
#include <mach/mach_linux.h>
#include <mach/mk_timer.h>

#define HOUR (3600 * NSEC_PER_SEC)

extern __typeof__(mach_linux_inject) mach_linux_inject __attribute__((weak));

static void with_timer(struct scene *scene) {
    scene->port = mk_timer_create();
    assert_int_not_equal(scene->port, MACH_PORT_NULL);
}

static void with_clock(struct scene *scene) {
    scene->port = make_port();
    mach_port_t host = mach_host_self();
    assert_success(host_get_clock_service(host, SYSTEM_CLOCK, &scene->second));
    assert_success(mach_port_deallocate(SELF, host));
}

static void with_host(struct scene *scene) { scene->port = mach_host_self(); }

// ---- Timers

static int64_t create(struct scene *scene) {
    mach_port_t timer = mk_timer_create();
    if (timer == MACH_PORT_NULL) return KERN_RESOURCE_SHORTAGE;
    scene->out.name = timer;
    return KERN_SUCCESS;
}

static int64_t take_timer(mach_port_t timer) {
    struct {
        mk_timer_expire_msg_t message;
        mach_msg_max_trailer_t trailer;
    } received;
    return mach_msg(&received.message.header, MACH_RCV_MSG, 0, sizeof(received), timer, 0, MACH_PORT_NULL);
}

static void is_a_timer(struct scene *scene) {
    assert_success(mk_timer_arm(scene->out.name, mach_absolute_time() + 10000));
    assert_int_equal(take_timer(scene->out.name), MACH_MSG_SUCCESS);
    assert_success(mk_timer_destroy(scene->out.name));
}

static int64_t arm_at_once(struct scene *scene) {
    kern_return_t code = mk_timer_arm(scene->port, 0);
    return code == KERN_SUCCESS ? take_timer(scene->port) : code;
}

static int64_t arm_for_later(struct scene *scene) {
    kern_return_t code = mk_timer_arm(scene->port, mach_absolute_time() + 50000);
    return code == KERN_SUCCESS ? take_timer(scene->port) : code;
}

static int64_t arm_and_cancel(struct scene *scene) {
    uint64_t time = 0;
    kern_return_t code = mk_timer_arm(scene->port, HOUR + mach_absolute_time());
    if (code == KERN_SUCCESS) code = mk_timer_cancel(scene->port, &time);
    return code != KERN_SUCCESS || time > HOUR ? code : -1;
}

static int64_t arm_and_destroy(struct scene *scene) {
    kern_return_t code = mk_timer_arm(scene->port, HOUR + mach_absolute_time());
    return code == KERN_SUCCESS ? mk_timer_destroy(scene->port) : code;
}

// Z12: making one needs memory; Z15: what is made has it all.
static void timers_need_memory_once(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {"create", NULL, create, .succeeded = is_a_timer, .failure = KERN_RESOURCE_SHORTAGE, .is_full = true,
         .least = 3},
        {"arm for now", with_timer, arm_at_once, .failure = KERN_SUCCESS},
        {"arm for later", with_timer, arm_for_later, .failure = KERN_SUCCESS},
        {"arm and cancel", with_timer, arm_and_cancel, .failure = KERN_SUCCESS},
        {"arm and destroy", with_timer, arm_and_destroy, .failure = KERN_SUCCESS},
    };
    run_trials(trials);
}

// ---- Clocks

static int64_t take_alarm(mach_port_t port) {
    struct {
        mach_msg_header_t header;
        char rest[48];
        mach_msg_max_trailer_t trailer;
    } received;
    mach_msg_return_t code = mach_msg(&received.header, MACH_RCV_MSG, 0, sizeof(received), port, 0, MACH_PORT_NULL);
    return code == MACH_MSG_SUCCESS && received.header.msgh_id != 3125107 ? -1 : code;
}

static int64_t alarm_at_once(struct scene *scene) {
    kern_return_t code = clock_alarm(scene->second, TIME_ABSOLUTE, (mach_timespec_t){0, 0}, scene->port);
    return code == KERN_SUCCESS ? take_alarm(scene->port) : code;
}

static int64_t alarm_for_later(struct scene *scene) {
    kern_return_t code = clock_alarm(scene->second, TIME_RELATIVE, (mach_timespec_t){0, 50000}, scene->port);
    return code == KERN_SUCCESS ? take_alarm(scene->port) : code;
}

static int64_t get_service(struct scene *scene) {
    return host_get_clock_service(scene->port, SYSTEM_CLOCK, &scene->out.name);
}

static void service_tells_time(struct scene *scene) {
    mach_timespec_t time;
    assert_success(clock_get_time(scene->out.name, &time));
    assert_success(mach_port_deallocate(SELF, scene->out.name));
}

// Z5, Z9
static void clocks_need_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trials[] = {
        {"alarm for now", with_clock, alarm_at_once, .failure = KERN_RESOURCE_SHORTAGE},
        {"alarm for later", with_clock, alarm_for_later, .failure = KERN_RESOURCE_SHORTAGE},
        {"host_get_clock_service", with_host, get_service, .succeeded = service_tells_time,
         .failure = KERN_RESOURCE_SHORTAGE, .is_full = true},
    };
    run_trials(trials);
}

// ---- The thread

static int thread_fails(void *argument) {
    (void)argument;
    mach_port_t host = mach_host_self(), clock, port;
    STEP(1, host_get_clock_service(host, SYSTEM_CLOCK, &clock) == KERN_SUCCESS);
    STEP(2, mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) == KERN_SUCCESS);
    mach_linux_statistics_data_t before = {0}, after = {0};
    mach_linux_statistics(&before);
    for (unsigned i = 0; i < 3; i++) {
        (void)mach_linux_inject(MACH_LINUX_FAULT_SYSTEM_CALL, 1, true);
        STEP(3, mk_timer_create() == MACH_PORT_NULL);
        STEP(4, mach_linux_inject(MACH_LINUX_FAULT_SYSTEM_CALL, 1, true) == 1);
        STEP(5, clock_alarm(clock, TIME_RELATIVE, (mach_timespec_t){1, 0}, port) == KERN_RESOURCE_SHORTAGE);
        STEP(6, mach_linux_inject(0, 0, false) == 1);
        STEP(7, receive_simple(port, NULL) == MACH_RCV_TIMED_OUT); // no right was made
        mach_linux_statistics(&after);
        STEP(8, memcmp(&before, &after, sizeof(before)) == 0);
    }
    STEP(9, clock_alarm(clock, TIME_RELATIVE, (mach_timespec_t){0, 1000}, port) == KERN_SUCCESS);
    STEP(10, take_alarm(port) == MACH_MSG_SUCCESS);
    // From here on there is a thread, and nothing that could fail.
    (void)mach_linux_inject(MACH_LINUX_FAULT_SYSTEM_CALL, 1, true);
    mach_port_t timer = mk_timer_create();
    STEP(11, timer != MACH_PORT_NULL && mach_linux_inject(0, 0, false) == 0);
    STEP(12, mk_timer_arm(timer, mach_absolute_time() + 1000) == KERN_SUCCESS);
    STEP(13, take_timer(timer) == MACH_MSG_SUCCESS);
    STEP(14, mk_timer_destroy(timer) == KERN_SUCCESS);
    return 0;
}

// Z9, Z12, Z19: in a child, which has no thread yet.
static void without_a_thread_there_are_no_timers(void **state) {
    (void)state;
    if (!library_injects()) skip();
    assert_int_equal(in_forked_child(thread_fails, NULL), 0);
}

// What the thread needs of the C library's is there before the trials count.
static void the_thread_is_there(void **state) {
    (void)state;
    mach_port_t timer = mk_timer_create();
    assert_int_not_equal(timer, MACH_PORT_NULL);
    assert_success(mk_timer_arm(timer, mach_absolute_time() + 1000));
    assert_int_equal(take_timer(timer), MACH_MSG_SUCCESS);
    assert_success(mk_timer_destroy(timer));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(without_a_thread_there_are_no_timers),
        TASK_TEST(the_thread_is_there),
        TASK_TEST(timers_need_memory_once),
        TASK_TEST(clocks_need_memory),
    };
    return TASK_RUN(tests);
}
