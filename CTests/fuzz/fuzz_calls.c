// An input is a sequence of calls, of every routine, by and about three tasks; two more threads send, receive and block
// as these tasks meanwhile.
#include "fuzz_support.h"

#include <mach/clock.h>
#include <mach/mach_host.h>
#include <mach/mach_sync_ipc.h>
#include <mach/mach_time.h>
#include <mach/mk_timer.h>
#include <mach/pthread_np.h>
#include <mach/semaphore.h>
#include <mach/task.h>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerInitialize(int *count, char ***arguments);

enum { STEPS = 80, WORKERS = 2 };

// ---- Threads

enum job { MESSAGE, CHURN };

static struct worker {
    pthread_t thread;
    sem_t start;
    _Atomic bool is_busy;
    _Atomic int id;
    int status; // a file that tells whether it sleeps
    // The job.
    enum job job;
    unsigned task;
    mach_msg_option_t option;
    mach_msg_size_t send_size;
    mach_port_name_t name;
    bool destroys;
    uint8_t seed;
    bool is_disturbed;
    uint8_t disturbance;
    union {
        mach_msg_header_t header;
        unsigned char bytes[LARGEST_MESSAGE + 128];
    } message;
} workers[WORKERS];

static void exchange(struct worker *worker) {
    // Whoever waits without end is woken when the tasks end.
    static const mach_msg_timeout_t timeouts[] = {0, 1, 0x7fffffff, 0xffffffff};
    mach_msg_timeout_t timeout = 0;
    if (disturbance.waits) {
        worker->option |= MACH_SEND_TIMEOUT | MACH_RCV_TIMEOUT;
        timeout = timeouts[worker->disturbance & 3];
    }
    mach_msg_return_t code = TRY(mach_msg(&worker->message.header, worker->option, worker->send_size,
                                          sizeof(worker->message), worker->name, timeout, MACH_PORT_NULL));
    bool is_received =
        worker->option & MACH_RCV_MSG && (code == MACH_MSG_SUCCESS || (code & ~MACH_MSG_MASK) == MACH_RCV_BODY_ERROR);
    if (!is_received && !(worker->option & MACH_SEND_MSG && has_message(code))) return;
    if (worker->message.header.msgh_size < sizeof(mach_msg_base_t)) return;
    if (worker->destroys) mach_msg_destroy(&worker->message.header);
    MUST(mach_linux_task_adopt(MACH_PORT_NULL) == KERN_SUCCESS);
    end_memory(&worker->message.header, worker->destroys);
}

// Changes one name again and again while others use it.
static void churn(struct worker *worker) {
    mach_port_name_t name = worker->name;
    mach_msg_header_t message;
    for (unsigned i = 0; i < 12; i++) {
        switch ((worker->seed + i * (worker->seed >> 4 | 1)) & 7) {
        case 0:
            (void)mach_port_mod_refs(SELF, name, MACH_PORT_RIGHT_SEND, 1);
            break;
        case 1:
            (void)mach_port_deallocate(SELF, name);
            break;
        case 2:
            (void)mach_port_insert_right(SELF, name, name, MACH_MSG_TYPE_MAKE_SEND);
            break;
        case 3:
            (void)mach_port_move_member(SELF, name, names[worker->task][SET]);
            break;
        case 4:
            (void)mach_port_destroy(SELF, name);
            break;
        case 5:
            (void)mach_port_allocate_name(SELF, MACH_PORT_RIGHT_RECEIVE, name);
            break;
        case 6:
            message = (mach_msg_header_t){.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND_ONCE, 0),
                                          .msgh_remote_port = name};
            (void)mach_msg(&message, MACH_SEND_MSG | MACH_SEND_TIMEOUT, sizeof(message), 0, MACH_PORT_NULL, 0,
                           MACH_PORT_NULL);
            break;
        default:
            (void)mach_port_move_member(SELF, name, MACH_PORT_NULL);
            break;
        }
    }
}

static void *work(void *argument) {
    struct worker *worker = argument;
    worker->id = (int)syscall(SYS_gettid);
    (void)mach_thread_self();
    for (;;) {
        worker->is_busy = false;
        while (sem_wait(&worker->start) != 0) {}
        if (mach_linux_task_adopt(tasks[worker->task]) == KERN_SUCCESS) {
            if (worker->is_disturbed) disturb(worker->disturbance);
            if (worker->job == MESSAGE) {
                exchange(worker);
            } else {
                begin_call();
                churn(worker);
                end_call(KERN_SUCCESS);
            }
            calm();
        }
        MUST(mach_linux_task_adopt(MACH_PORT_NULL) == KERN_SUCCESS);
    }
    return NULL;
}

static bool is_asleep(struct worker *worker) {
    char text[128];
    ssize_t length = pread(worker->status, text, sizeof(text) - 1, 0);
    MUST(length > 0);
    text[length] = 0;
    const char *state = strrchr(text, ')');
    MUST(state != NULL);
    return state[2] == 'S';
}

// The others have done their work, or sleep in it.
static void settle(void) {
    // One that sleeps for a lock goes on when another gives it up, so all must be found asleep twice.
    for (unsigned calm = 0; calm < 2;) {
        bool is_calm = true;
        for (unsigned i = 0; i < WORKERS; i++) is_calm = is_calm && (!workers[i].is_busy || is_asleep(&workers[i]));
        calm = is_calm ? calm + 1 : 0;
        if (!is_calm) sched_yield();
    }
}

static void join_workers(void) {
    for (unsigned i = 0; i < WORKERS; i++)
        while (workers[i].is_busy) sched_yield();
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count, (void)arguments;
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i].is_busy = true;
        MUST(sem_init(&workers[i].start, 0, 0) == 0);
        MUST(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    join_workers();
    for (unsigned i = 0; i < WORKERS; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/proc/self/task/%d/stat", workers[i].id);
        workers[i].status = open(path, O_RDONLY | O_CLOEXEC);
        MUST(workers[i].status >= 0);
        add_thread(pthread_mach_thread_np(workers[i].thread), join_workers);
    }
    return 0;
}

static void give_work(struct input *input, uint8_t how, bool is_disturbed, uint8_t disturbed) {
    struct worker *worker = &workers[how & 1];
    unsigned task = (how >> 1) % TASKS;
    settle();
    if (worker->is_busy) return;
    worker->task = task;
    worker->job = how & 0x80 ? CHURN : MESSAGE;
    worker->name = choose_name(task, next_byte(input));
    worker->seed = worker->job == CHURN ? next_byte(input) : 0;
    worker->destroys = (how & 8) != 0;
    worker->is_disturbed = is_disturbed;
    worker->disturbance = disturbed;
    worker->option = MACH_RCV_MSG;
    worker->send_size = 0;
    if (worker->job == MESSAGE && how & 16) {
        worker->option = MACH_SEND_MSG | (how & 32 ? MACH_RCV_MSG : 0) | (how & 64 ? MACH_SEND_NOTIFY : 0);
        worker->send_size = build_message(input, task, worker->message.bytes);
    } else if (how & 32) {
        worker->option |= MACH_RCV_GUARDED_DESC;
    }
    worker->is_busy = true;
    MUST(sem_post(&worker->start) == 0);
}

// ---- Calls

// Whose names a call speaks of.
struct target {
    ipc_space_t task;
    unsigned owner;
};

static struct target choose_target(uint8_t selector) {
    switch (selector & 7) {
    case 0:
        return (struct target){names[acting][NEXT_TASK], (acting + 1) % TASKS};
    case 1:
        return (struct target){names[acting][LAST_TASK], (acting + TASKS - 1) % TASKS};
    case 2:
        return (struct target){choose_name(acting, selector >> 3), acting};
    default:
        return (struct target){SELF, acting};
    }
}

static mach_port_name_t next_name_of(struct input *input, unsigned task) { return choose_name(task, next_byte(input)); }

// An array that a call returned.
static void give_back_array(void *memory, mach_msg_type_number_t count, size_t size) {
    give_back(memory, count * size);
}

static void call_about_names(struct input *input, struct target target, uint8_t code) {
    mach_port_name_t name = next_name_of(input, target.owner);
    mach_port_name_t new_name = MACH_PORT_NULL;
    kern_return_t result = KERN_FAILURE;
    switch (code % 12) {
    case 0: {
        mach_port_name_array_t list;
        mach_port_type_array_t types;
        mach_msg_type_number_t count, type_count;
        if (TRY(mach_port_names(target.task, out(0, &list), out(1, &count), out(2, &types), out(3, &type_count))) ==
            KERN_SUCCESS) {
            MUST(count == type_count);
            give_back_array(list, count, sizeof(*list));
            give_back_array(types, count, sizeof(*types));
        }
        break;
    }
    case 1: {
        mach_port_type_t type;
        (void)TRY(mach_port_type(target.task, name, out(0, &type)));
        (void)TRY(mach_port_rename(target.task, name, 0x2003));
        break;
    }
    case 2:
        result = TRY(mach_port_allocate(target.task, next_byte(input) & 7, out(0, &new_name)));
        break;
    case 3:
        new_name = name;
        result = TRY(mach_port_allocate_name(target.task, next_byte(input) & 7, new_name));
        break;
    case 4: {
        mach_port_qos_t qos = {.name = next_byte(input) & 1, .prealloc = next_byte(input) & 1};
        qos.len = tame_length(next_number(input));
        new_name = name;
        result = TRY(mach_port_allocate_qos(target.task, next_byte(input) & 7, out(0, &qos), out(1, &new_name)));
        break;
    }
    case 5: {
        mach_port_qos_t qos = {.name = next_byte(input) & 1, .prealloc = next_byte(input) & 1};
        new_name = name;
        result = TRY(mach_port_allocate_full(target.task, next_byte(input) & 7, next_byte(input) & 1, out(0, &qos),
                                             out(1, &new_name)));
        break;
    }
    case 6:
        (void)TRY(mach_port_destroy(target.task, name));
        break;
    case 7:
        (void)TRY(mach_port_deallocate(target.task, name));
        break;
    case 8: {
        mach_port_urefs_t references;
        (void)TRY(mach_port_get_refs(target.task, name, next_byte(input) & 7, out(0, &references)));
        break;
    }
    case 9: {
        uint8_t right = next_byte(input) & 7;
        (void)TRY(mach_port_mod_refs(target.task, name, right, (mach_port_delta_t)next_number(input)));
        break;
    }
    case 10: {
        mach_port_name_t mine = next_name_of(input, acting);
        (void)TRY(mach_port_insert_right(target.task, name, mine, choose_disposition(next_byte(input))));
        break;
    }
    default: {
        mach_msg_type_name_t kind;
        mach_port_t right = MACH_PORT_NULL;
        if (TRY(mach_port_extract_right(target.task, name, choose_disposition(next_byte(input)), out(0, &right),
                                        out(1, &kind))) == KERN_SUCCESS)
            record_name(acting, right);
    }
    }
    if (result == KERN_SUCCESS) record_name(target.owner, new_name);
}

// Not every flavor looks at them, so that null pointers may be good enough.
static integer_t *choose_words(integer_t *words) { return disturbance.nulls & 1 ? NULL : words; }

static void call_about_ports(struct input *input, struct target target, uint8_t code) {
    mach_port_name_t name = next_name_of(input, target.owner);
    integer_t words[17] = {0};
    switch (code % 12) {
    case 0: {
        char trailer[MAX_TRAILER_SIZE];
        mach_msg_type_number_t count = next_byte(input) % (MAX_TRAILER_SIZE + 1);
        mach_port_seqno_t number = next_byte(input) & 7;
        mach_msg_size_t size;
        mach_msg_id_t id;
        (void)TRY(mach_port_peek(target.task, name, MACH_RCV_TRAILER_ELEMENTS(next_byte(input) & 15), out(0, &number),
                                 out(1, &size), out(2, &id), out(3, trailer), out(4, &count)));
        break;
    }
    case 1:
        (void)TRY(mach_port_set_mscount(target.task, name, next_number(input)));
        break;
    case 2:
        (void)TRY(mach_port_set_seqno(target.task, name, next_number(input)));
        break;
    case 3: {
        mach_port_context_t context;
        (void)TRY(mach_port_get_context(target.task, name, out(0, &context)));
        break;
    }
    case 4:
        (void)TRY(mach_port_set_context(target.task, name, next_number(input)));
        break;
    case 5: {
        mach_port_flavor_t flavor = next_byte(input) % 10;
        mach_msg_type_number_t count = next_byte(input) % 18;
        (void)TRY(mach_port_get_attributes(target.task, name, flavor, out(0, words), out(1, &count)));
        break;
    }
    case 6:
    case 7: {
        mach_port_flavor_t flavor = code & 0x80 ? next_byte(input) % 10 : MACH_PORT_LIMITS_INFO;
        mach_msg_type_number_t count = code & 0x80 ? next_byte(input) % 18 : MACH_PORT_LIMITS_INFO_COUNT;
        words[0] = (integer_t)next_number(input);
        words[1] = (integer_t)next_number(input);
        if (code & 0x40) {
            (void)TRY(mach_port_assert_attributes(target.task, name, flavor, choose_words(words), count));
        } else {
            (void)TRY(mach_port_set_attributes(target.task, name, flavor, choose_words(words), count));
        }
        break;
    }
    case 8: {
        mach_port_rights_t rights;
        (void)TRY(mach_port_get_srights(target.task, name, out(0, &rights)));
        unsigned total, used;
        (void)TRY(mach_port_dnrequest_info(target.task, name, out(0, &total), out(1, &used)));
        break;
    }
    case 9: {
        natural_t type;
        mach_vm_address_t address;
        unsigned kind, object;
        kobject_description_t description;
        (void)TRY(mach_port_kobject(target.task, name, out(0, &type), out(1, &address)));
        (void)TRY(mach_port_kernel_object(target.task, name, out(0, &kind), out(1, &object)));
        (void)TRY(
            mach_port_kobject_description(target.task, name, out(0, &type), out(1, &address), out(2, description)));
        break;
    }
    case 10: {
        ipc_info_space_t space;
        ipc_info_name_array_t table;
        ipc_info_tree_name_array_t tree;
        mach_msg_type_number_t count, tree_count;
        ipc_info_space_basic_t basic;
        if (TRY(mach_port_space_info(target.task, out(0, &space), out(1, &table), out(2, &count), out(3, &tree),
                                     out(4, &tree_count))) == KERN_SUCCESS) {
            give_back_array(table, count, sizeof(*table));
            give_back_array(tree, tree_count, sizeof(*tree));
        }
        (void)TRY(mach_port_space_basic_info(target.task, out(0, &basic)));
        break;
    }
    default:
        (void)TRY(task_set_port_space(target.task, (int)(next_number(input) % 5000)));
        break;
    }
}

static void call_about_sets_and_guards(struct input *input, struct target target, uint8_t code) {
    mach_port_name_t name = next_name_of(input, target.owner), set;
    uint8_t how = next_byte(input);
    mach_port_context_t value = how & 1 ? GUARD : how >> 1 & 3;
    switch (code % 12) {
    case 0: {
        mach_port_name_array_t members;
        mach_msg_type_number_t count;
        if (TRY(mach_port_get_set_status(target.task, name, out(0, &members), out(1, &count))) == KERN_SUCCESS)
            give_back_array(members, count, sizeof(*members));
        break;
    }
    case 1:
        set = next_name_of(input, target.owner);
        (void)TRY(mach_port_move_member(target.task, name, set));
        break;
    case 2:
        set = next_name_of(input, target.owner);
        (void)TRY(mach_port_insert_member(target.task, name, set));
        break;
    case 3:
        set = next_name_of(input, target.owner);
        (void)TRY(mach_port_extract_member(target.task, name, set));
        break;
    case 4:
        (void)TRY(mach_port_guard(target.task, name, value, how >> 3 & 1));
        break;
    case 5:
        (void)TRY(mach_port_guard_with_flags(target.task, name, value, how >> 3 & 3));
        break;
    case 6:
        (void)TRY(mach_port_swap_guard(target.task, name, value, how >> 3 & 7));
        break;
    case 7:
        (void)TRY(mach_port_unguard(target.task, name, value));
        break;
    case 8: {
        mach_port_options_t options = {.flags = how};
        options.mpl.mpl_qlimit = next_byte(input) & 15;
        mach_port_name_t port = MACH_PORT_NULL;
        if (TRY(mach_port_construct(target.task, out(0, &options), next_byte(input) & 7, out(1, &port))) ==
            KERN_SUCCESS)
            record_name(target.owner, port);
        break;
    }
    case 9:
        (void)TRY(mach_port_destruct(target.task, name, -(mach_port_delta_t)(how >> 3 & 3), value));
        break;
    case 10: {
        int descriptor;
        if (TRY(mach_linux_port_fd(target.task, name, out(0, &descriptor))) == KERN_SUCCESS)
            keep_descriptor(descriptor);
        break;
    }
    default: {
        static const mach_msg_id_t ids[] = {MACH_NOTIFY_DEAD_NAME, MACH_NOTIFY_NO_SENDERS, MACH_NOTIFY_PORT_DESTROYED,
                                            MACH_NOTIFY_SEND_POSSIBLE};
        mach_port_name_t notify = next_name_of(input, acting);
        mach_port_t previous = MACH_PORT_NULL;
        if (TRY(mach_port_request_notification(target.task, name, ids[how & 3], how >> 2 & 1, notify,
                                               how & 8 ? choose_disposition(how >> 4) : MACH_MSG_TYPE_MAKE_SEND_ONCE,
                                               out(0, &previous))) == KERN_SUCCESS)
            record_name(acting, previous);
    }
    }
}

struct handlers {
    exception_mask_t masks[EXC_TYPES_COUNT];
    mach_port_t ports[EXC_TYPES_COUNT];
    exception_behavior_t behaviors[EXC_TYPES_COUNT];
    thread_state_flavor_t flavors[EXC_TYPES_COUNT];
    mach_msg_type_number_t count;
};

static void call_about_exceptions(struct input *input, uint8_t code) {
    struct handlers old = {.count = EXC_TYPES_COUNT};
    mach_port_name_t of = next_name_of(input, acting), handler = next_name_of(input, acting);
    uint8_t how = next_byte(input);
    exception_mask_t mask = how & 1 ? EXC_MASK_GUARD : next_half(input);
    exception_behavior_t behavior = (exception_behavior_t)((how >> 1 & 3) | (how & 8 ? MACH_EXCEPTION_CODES : 0));
    thread_state_flavor_t flavor = how >> 4 & 7;
    switch (code % 9) {
    case 0:
        (void)TRY(task_set_exception_ports(SELF, mask, handler, behavior, flavor));
        break;
    case 1:
        (void)TRY(thread_set_exception_ports(of, mask, handler, behavior, flavor));
        break;
    case 2:
        (void)TRY(host_set_exception_ports(of, mask, handler, behavior, flavor));
        break;
    case 3:
        (void)TRY(task_swap_exception_ports(of, mask, handler, behavior, flavor, out(0, old.masks), out(1, &old.count),
                                            out(2, old.ports), out(3, old.behaviors), out(4, old.flavors)));
        break;
    case 4:
        (void)TRY(thread_swap_exception_ports(names[acting][THREAD], mask, handler, behavior, flavor, out(0, old.masks),
                                              out(1, &old.count), out(2, old.ports), out(3, old.behaviors),
                                              out(4, old.flavors)));
        break;
    case 5:
        (void)TRY(host_swap_exception_ports(names[acting][HOST], mask, handler, behavior, flavor, out(0, old.masks),
                                            out(1, &old.count), out(2, old.ports), out(3, old.behaviors),
                                            out(4, old.flavors)));
        break;
    case 6:
        (void)TRY(task_get_exception_ports(of, mask, out(0, old.masks), out(1, &old.count), out(2, old.ports),
                                           out(3, old.behaviors), out(4, old.flavors)));
        break;
    case 7:
        (void)TRY(thread_get_exception_ports(names[acting][THREAD], mask, out(0, old.masks), out(1, &old.count),
                                             out(2, old.ports), out(3, old.behaviors), out(4, old.flavors)));
        break;
    default:
        (void)TRY(host_get_exception_ports(names[acting][HOST], mask, out(0, old.masks), out(1, &old.count),
                                           out(2, old.ports), out(3, old.behaviors), out(4, old.flavors)));
        break;
    }
}

static void call_about_tasks(struct input *input, uint8_t code) {
    mach_port_name_t name = next_name_of(input, acting), right = next_name_of(input, acting);
    mach_port_t got = MACH_PORT_NULL;
    uint8_t how = next_byte(input);
    switch (code % 12) {
    case 0:
        make_child(acting, how & 1);
        break;
    case 1:
        (void)TRY(task_terminate(how & 1 ? name : right));
        break;
    case 2: {
        mach_port_t list[4] = {name, right, name, right};
        (void)TRY(mach_ports_register(how & 8 ? name : SELF, how & 7 ? out(0, list) : NULL, how & 7));
        break;
    }
    case 3: {
        mach_port_array_t list;
        mach_msg_type_number_t count;
        if (TRY(mach_ports_lookup(how & 1 ? SELF : name, out(0, &list), out(1, &count))) == KERN_SUCCESS) {
            for (unsigned i = 0; i < count; i++) record_name(acting, list[i]);
            give_back_array(list, count, sizeof(*list));
        }
        break;
    }
    case 4:
        if (TRY(task_get_special_port(how & 0x80 ? SELF : name, how & 15, out(0, &got))) == KERN_SUCCESS)
            record_name(acting, got);
        break;
    case 5:
        (void)TRY(task_set_special_port(how & 0x80 ? SELF : name, how & 15, right));
        break;
    case 6:
        if (TRY(thread_get_special_port(name, how & 3, out(0, &got))) == KERN_SUCCESS) record_name(acting, got);
        break;
    case 7:
        (void)TRY(thread_set_special_port(how & 0x80 ? names[acting][THREAD] : name, how & 3, right));
        break;
    case 8:
        if (TRY(host_get_special_port(names[acting][HOST], -1, how & 31, out(0, &got))) == KERN_SUCCESS)
            record_name(acting, got);
        break;
    case 9:
        (void)TRY(host_set_special_port(names[acting][HOST], how & 31, right));
        break;
    case 10:
        (void)TRY(pthread_mach_thread_np(workers[how & 1].thread));
        break;
    default:
        record_name(acting, TRY(pthread_mach_thread_np(workers[how & 1].thread)));
        break;
    }
}

// A server that keeps the rights of a request, and answers or does not.
static boolean_t answer(mach_msg_header_t *request, mach_msg_header_t *reply) {
    mig_reply_setup(request, reply);
    if (request->msgh_size >= sizeof(mach_msg_base_t)) end_memory(request, false);
    request->msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
    ((mig_reply_error_t *)reply)->RetCode = request->msgh_id & 1 ? MIG_NO_REPLY : KERN_SUCCESS;
    return (request->msgh_id & 2) == 0;
}

static void call_about_threads(struct input *input, uint8_t code) {
    uint8_t how = next_byte(input);
    switch (code % 9) {
    case 0:
        record_name(acting, TRY(mach_reply_port()));
        break;
    case 1:
        record_name(acting, TRY(mig_get_reply_port()));
        break;
    case 2:
        begin_call();
        mig_dealloc_reply_port(choose_name(acting, how));
        end_call(KERN_SUCCESS);
        break;
    case 3:
        record_name(acting, TRY(mig_get_special_reply_port()));
        break;
    case 4:
        begin_call();
        mig_dealloc_special_reply_port(choose_name(acting, how));
        end_call(KERN_SUCCESS);
        break;
    case 5:
        record_name(acting, how & 1 ? TRY(mach_thread_self()) : how & 2 ? TRY(mach_host_self()) : (mach_task_self)());
        break;
    case 6:
        mig_put_reply_port(choose_name(acting, how));
        break;
    case 7: {
        unsigned char *pages = fresh_pages(6, how & 1);
        if (pages == NULL) break;
        vm_address_t address = (vm_address_t)pages + (how & 2) * 2048 + (how & 4);
        vm_size_t size = (how >> 3) % 9 * 1024;
        int flags = how & 0x80 ? VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE : VM_FLAGS_ANYWHERE;
        if (how & 0x40) {
            (void)TRY(vm_deallocate(choose_name(acting, next_byte(input)), address, size));
        } else if (TRY(vm_allocate(SELF, out(0, &address), size, flags)) == KERN_SUCCESS) {
            if (flags & VM_FLAGS_ANYWHERE) {
                give_back((void *)address, size); // NOLINT
            } else {
                renew_pages((void *)address, size); // NOLINT
            }
        }
        break;
    }
    default: {
        mach_msg_options_t options = MACH_RCV_TIMEOUT | MACH_SEND_TIMEOUT | (how & 0x40 ? MACH_RCV_LARGE : 0);
        (void)mach_msg_server_once(answer, how & 0x80 ? 64 : LARGEST_MESSAGE, choose_name(acting, how), options);
        break;
    }
    }
}

// Waits are short, and alarms are left out: their messages may outlast the input.
static void call_about_semaphores_and_time(struct input *input, uint8_t code) {
    mach_port_name_t name = next_name_of(input, acting), other = next_name_of(input, acting);
    uint8_t how = next_byte(input);
    task_t task = how & 0x80 ? other : SELF;
    mach_timespec_t time = {0, how & 0x40 ? (int)next_word(input) : how & 3};
    if (time.tv_nsec >= 0 && time.tv_nsec < 1000000000) time.tv_nsec %= 50000;
    mach_port_t made = MACH_PORT_NULL;
    switch (code % 12) {
    case 0:
        if (TRY(semaphore_create(task, out(0, &made), how & 15, (how >> 4 & 7) - 1)) == KERN_SUCCESS)
            record_name(acting, made);
        break;
    case 1:
        (void)TRY(semaphore_destroy(task, name));
        break;
    case 2:
        (void)TRY(semaphore_signal(name));
        break;
    case 3:
        (void)TRY(semaphore_signal_all(name));
        break;
    case 4:
        (void)TRY(semaphore_signal_thread(name, how & 1 ? other : how & 2 ? names[acting][THREAD] : MACH_PORT_NULL));
        break;
    case 5:
        (void)TRY(semaphore_timedwait(name, time));
        break;
    case 6:
        (void)TRY(semaphore_timedwait_signal(name, other, time));
        break;
    case 7:
        record_name(acting, TRY(mk_timer_create()));
        break;
    case 8: {
        uint64_t when = how & 1 ? mach_absolute_time() + next_half(input) : how & 2 ? UINT64_MAX - how : how;
        (void)(how & 4 ? TRY(mk_timer_arm_leeway(name, how >> 3, when, how)) : TRY(mk_timer_arm(name, when)));
        break;
    }
    case 9: {
        uint64_t when;
        (void)TRY(mk_timer_cancel(name, how & 1 ? NULL : &when));
        break;
    }
    case 10:
        (void)TRY(mk_timer_destroy(name));
        break;
    default: {
        mach_timespec_t now;
        int attribute[1];
        mach_msg_type_number_t count = how >> 3 & 3;
        if (TRY(host_get_clock_service(names[acting][HOST], how & 3, out(0, &made))) == KERN_SUCCESS)
            record_name(acting, made);
        (void)TRY(clock_get_time(how & 4 ? name : made, out(0, &now)));
        (void)TRY(clock_get_attributes(how & 4 ? name : made, how >> 5, out(0, attribute), out(1, &count)));
    }
    }
}

static void exchange_message(struct input *input, uint8_t how) {
    unsigned char message[LARGEST_MESSAGE] __attribute__((aligned(8)));
    mach_msg_option_t option = (how & 8 ? MACH_SEND_NOTIFY : 0) | (how & 16 ? MACH_RCV_GUARDED_DESC : 0);
    mach_msg_size_t size = 0;
    mach_port_name_t receiver = MACH_PORT_NULL;
    if (!(how & 32)) {
        option |= MACH_SEND_MSG;
        size = build_message(input, acting, message);
    }
    if (how & 0x60) {
        option |= MACH_RCV_MSG;
        receiver = choose_name(acting, next_byte(input));
    }
    (void)call(message, option, size, how & 0x60 ? LARGEST_MESSAGE : 0, receiver, how & 7);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input input = begin_bytes(bytes, size);
    if (size > 1024) return -1;
    begin_input(TASKS);
    for (unsigned i = 0; i < STEPS && input.left > 0; i++) {
        uint8_t where = next_byte(&input), code = next_byte(&input);
        unsigned task = where >> 6 == 3 ? acting : where >> 6;
        // With this bit the threads go on meanwhile.
        if (!(where & 32)) settle();
        if (!act_as(task)) continue;
        bool is_disturbed = where & 16;
        uint8_t disturbed = is_disturbed ? next_byte(&input) : 0;
        if (is_disturbed) disturb(disturbed);
        switch (where & 15) {
        case 0:
        case 1:
            call_about_names(&input, choose_target(next_byte(&input)), code);
            break;
        case 2:
        case 3:
            call_about_ports(&input, choose_target(next_byte(&input)), code);
            break;
        case 4:
        case 5:
            call_about_sets_and_guards(&input, choose_target(next_byte(&input)), code);
            break;
        case 6:
            call_about_exceptions(&input, code);
            break;
        case 7:
            call_about_tasks(&input, code);
            break;
        case 8:
            call_about_threads(&input, code);
            break;
        case 9:
        case 10:
            give_work(&input, code, is_disturbed, disturbed);
            break;
        case 11:
            settle();
            MUST(mach_linux_check() == KERN_SUCCESS);
            break;
        case 12:
            call_about_semaphores_and_time(&input, code);
            break;
        default:
            exchange_message(&input, code);
            break;
        }
        calm();
    }
    end_input();
    return 0;
}
