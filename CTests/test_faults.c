// System calls of the library that fail, one after another, in the flavours that can be told to: the documented code or success, nothing lost, and the same call then works.
#include "information_support.h"
#include "memory_support.h"

#include <mach/mach_host.h>
#include <mach/processor.h>
#include <mach/processor_set.h>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern __typeof__(mach_linux_check) mach_linux_check __attribute__((weak));
extern __typeof__(mach_linux_inject) mach_linux_inject __attribute__((weak));

enum { MOST_CODES = 3, LARGE = 1 << 20, HUGE = 3 << 20 };

// An operation that makes system calls. It is made in a task of its own.
struct operation {
    const char *what;
    int argument;
    int64_t (*call)(struct scene *scene);
    int64_t codes[MOST_CODES]; // besides success
    unsigned least;            // so many system calls it makes at least
};

static vm_address_t memory; // what the call has made
static int made_fd;
static bool has_failed; // before the operation put an end to it

static struct mach_linux_statistics counts(void) {
    struct mach_linux_statistics now;
    mach_linux_statistics(&now);
    return now;
}

static void complain(const struct operation *it, enum failing failing, unsigned n, int64_t code) {
    print_error("%s, system call %u%s: code 0x%llx\n", it->what, n, failing == ALL ? " and all after it" : "",
                (unsigned long long)code);
}

static bool is_allowed(const struct operation *it, int64_t code) {
    if (code == KERN_SUCCESS) return true;
    for (unsigned i = 0; i < MOST_CODES; i++) {
        if (it->codes[i] != 0 && it->codes[i] == code) return true;
    }
    return false;
}

// False when the call did not come to the n-th.
static bool attempt(const struct operation *it, enum failing failing, unsigned n) {
    mach_linux_trim();
    struct mach_linux_statistics before = counts();
    task_t task = make_task();
    enter(task);
    struct scene scene;
    memset(&scene, 0, sizeof(scene));
    scene.argument = it->argument;
    scene.port = port_with_send();
    scene.second = make_set();
    put_in_set(scene.port, scene.second);
    mach_linux_trim();
    has_failed = false;
    (void)mach_linux_inject(MACH_LINUX_FAULT_SYSTEM_CALL, n, failing == ALL);
    int64_t code = it->call(&scene);
    bool reached = mach_linux_inject(0, 0, false) > 0 || has_failed;
    if (!is_allowed(it, code) || mach_linux_check() != KERN_SUCCESS) {
        complain(it, failing, n, code);
        fail();
    }
    int64_t again = it->call(&scene);
    if (again != KERN_SUCCESS) {
        complain(it, failing, n, again);
        fail();
    }
    leave();
    end_task(task);
    mach_linux_trim();
    struct mach_linux_statistics after = counts();
    if (memcmp(&before, &after, sizeof(before)) != 0 || mach_linux_check() != KERN_SUCCESS) {
        complain(it, failing, n, code);
        print_error("something is left of it: regions %d, messages %d, ports %d\n",
                    (int)(after.memory_regions - before.memory_regions), (int)(after.messages - before.messages),
                    (int)(after.ports - before.ports));
        fail();
    }
    return reached;
}

static void run_operation(const struct operation *it) {
    for (enum failing failing = ONE; failing <= ALL; failing++) {
        unsigned n = 1;
        while (attempt(it, failing, n)) {
            if (++n > 200) fail_msg("%s makes system calls without end", it->what);
        }
        if (n - 1 < it->least) {
            print_error("%s: %u system calls, %u at least expected\n", it->what, n - 1, it->least);
            fail();
        }
    }
}

// ---- Operations

static int64_t give_back(vm_address_t address, vm_size_t size, int64_t code) {
    kern_return_t freed = vm_deallocate(SELF, address, size);
    if (freed == KERN_SUCCESS) return code;
    // What could not be given back is there, and goes at the next try.
    has_failed |= mach_linux_inject(0, 0, false) > 0;
    return vm_deallocate(SELF, address, size) == KERN_SUCCESS ? freed : -1;
}

static int64_t allocate_and_deallocate(struct scene *scene) {
    memory = 0;
    kern_return_t code = vm_allocate(SELF, &memory, (vm_size_t)scene->argument, VM_FLAGS_ANYWHERE);
    if (code != KERN_SUCCESS) return code;
    *(volatile char *)memory = 1;
    return give_back(memory, (vm_size_t)scene->argument, code);
}

static int64_t list_names(struct scene *scene) {
    (void)scene;
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    kern_return_t code = mach_port_names(SELF, &names, &count, &types, &type_count);
    if (code != KERN_SUCCESS) return code;
    int64_t first = give_back((vm_address_t)names, count * sizeof(*names), code);
    int64_t second = give_back((vm_address_t)types, type_count * sizeof(*types), code);
    return first != KERN_SUCCESS ? first : second;
}

// Sends memory and receives it; `deallocate` is in the lowest bit of the argument, the kind of memory above it.
enum { PROGRAMS, ALLOCATED, MAPPED };
#define CARRY(kind, size, deallocate) ((kind) << 28 | (size) | (deallocate))

static int64_t carry_memory(struct scene *scene) {
    static char own[LARGE];
    int kind = scene->argument >> 28, deallocate = scene->argument & 1;
    vm_size_t size = (vm_size_t)(scene->argument & 0xffffffe);
    vm_address_t source = (vm_address_t)own;
    if (kind == ALLOCATED) {
        kern_return_t code = vm_allocate(SELF, &source, size, VM_FLAGS_ANYWHERE);
        if (code != KERN_SUCCESS) return code;
    }
    if (kind == MAPPED) {
        void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) return -1;
        source = (vm_address_t)mapped;
    }
    *(volatile char *)source = 7;
    struct {
        mach_msg_header_t header;
        mach_msg_body_t body;
        mach_msg_ool_descriptor_t memory;
        mach_msg_max_trailer_t trailer;
    } message;
    memset(&message, 0, sizeof(message));
    message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    message.header.msgh_remote_port = scene->port;
    message.body.msgh_descriptor_count = 1;
    message.memory.address = (void *)source;
    message.memory.size = (mach_msg_size_t)size;
    message.memory.copy = MACH_MSG_VIRTUAL_COPY;
    message.memory.deallocate = deallocate != 0;
    message.memory.type = MACH_MSG_OOL_DESCRIPTOR;
    mach_msg_return_t code =
        mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, 28 + 16, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
    int64_t result = code;
    // Where the send failed, or made a copy, the program still has it.
    if (kind == MAPPED && (code != MACH_MSG_SUCCESS || !deallocate)) munmap((void *)source, size);
    if (kind == ALLOCATED && (code != MACH_MSG_SUCCESS || !deallocate)) result = give_back(source, size, code);
    if (code != MACH_MSG_SUCCESS) return result;
    code =
        mach_msg(&message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message), scene->port, 0, MACH_PORT_NULL);
    if (code != MACH_MSG_SUCCESS || message.memory.size != size || *(volatile char *)message.memory.address != 7)
        return -2;
    int64_t freed = give_back((vm_address_t)message.memory.address, size, KERN_SUCCESS);
    return result != KERN_SUCCESS ? result : freed;
}

static int64_t carry_ports(struct scene *scene) {
    mach_port_t ports[3] = {scene->port, MACH_PORT_NULL, scene->port};
    struct {
        mach_msg_header_t header;
        mach_msg_body_t body;
        mach_msg_ool_ports_descriptor_t ports;
        mach_msg_max_trailer_t trailer;
    } message;
    memset(&message, 0, sizeof(message));
    message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    message.header.msgh_remote_port = scene->port;
    message.body.msgh_descriptor_count = 1;
    message.ports.address = ports;
    message.ports.count = 3;
    message.ports.disposition = MACH_MSG_TYPE_COPY_SEND;
    message.ports.type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
    mach_msg_return_t code =
        mach_msg(&message.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, 28 + 16, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
    if (code != MACH_MSG_SUCCESS) return code;
    code =
        mach_msg(&message.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message), scene->port, 0, MACH_PORT_NULL);
    if (code != MACH_MSG_SUCCESS) return -2;
    mach_port_t first = *(mach_port_t *)message.ports.address;
    mach_msg_destroy(&message.header);
    return first == scene->port ? KERN_SUCCESS : -3;
}

static int64_t make_descriptor(struct scene *scene) {
    made_fd = -1;
    kern_return_t code = mach_linux_port_fd(SELF, scene->argument ? scene->second : scene->port, &made_fd);
    if (code == KERN_SUCCESS) close(made_fd);
    return code;
}

static int64_t make_a_task(struct scene *scene) {
    (void)scene;
    task_t child = MACH_PORT_NULL;
    kern_return_t code = task_create(SELF, NULL, 0, FALSE, &child);
    if (code != KERN_SUCCESS) return code;
    assert_success(task_terminate(child));
    return mach_port_deallocate(SELF, child);
}

// mach_port_names by message, through the thread's reply port.
static int64_t list_names_by_message(struct scene *scene) {
    (void)scene;
    struct {
        mach_msg_header_t header;
        char rest[200];
    } message;
    memset(&message, 0, sizeof(message));
    message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    message.header.msgh_remote_port = SELF;
    message.header.msgh_local_port = mig_get_reply_port();
    message.header.msgh_id = 3200;
    mach_msg_return_t code =
        mach_msg(&message.header, MACH_SEND_MSG | MACH_RCV_MSG | MACH_RCV_TIMEOUT, sizeof(message.header),
                 sizeof(message), message.header.msgh_local_port, 0, MACH_PORT_NULL);
    if (code != MACH_MSG_SUCCESS) return code;
    if (message.header.msgh_size == 36) {
        memcpy(&code, message.rest + 8, sizeof(code));
        return code;
    }
    mach_msg_destroy(&message.header);
    return message.header.msgh_size == 76 ? KERN_SUCCESS : -2;
}

// ---- Information, which is read from /proc

static int64_t tell_task(struct scene *scene) {
    integer_t words[52];
    mach_msg_type_number_t count = COUNT_OF(words);
    return task_info(SELF, (task_flavor_t)scene->argument, words, &count);
}

static int64_t tell_thread(struct scene *scene) {
    integer_t words[32];
    mach_msg_type_number_t count = COUNT_OF(words);
    mach_port_t thread = mach_thread_self();
    kern_return_t code = thread_info(thread, (thread_flavor_t)scene->argument, words, &count);
    assert_success(mach_port_deallocate(SELF, thread));
    return code;
}

// The caller is no thread of the process's task now; the others have never called.
static int64_t list_threads(struct scene *scene) {
    thread_act_array_t list = NULL;
    mach_msg_type_number_t count = 0;
    task_t task = SELF;
    kern_return_t code = KERN_SUCCESS;
    if (scene->argument) code = task_for_pid(SELF, getpid(), &task);
    if (code == KERN_SUCCESS) code = task_threads(task, &list, &count);
    if (task != SELF) assert_success(mach_port_deallocate(SELF, task));
    if (code != KERN_SUCCESS) return code;
    for (mach_msg_type_number_t i = 0; i < count; i++) assert_success(mach_port_deallocate(SELF, list[i]));
    return count == 0 ? code : give_back((vm_address_t)list, count * sizeof(*list), code);
}

// What the host tells: a flavor of host_info, above it one of host_statistics64, above that one of host_processor_info.
static int64_t ask_the_host(struct scene *scene) {
    mach_port_t host = mach_host_self();
    integer_t words[68];
    mach_msg_type_number_t count = 68;
    natural_t processors;
    processor_info_array_t array = NULL;
    static kernel_boot_info_t text;
    kern_return_t code;
    int argument = scene->argument;
    if (argument < 16) {
        code = argument == 0 ? host_get_boot_info(host, text) : host_info(host, argument, words, &count);
    } else if (argument < 32) {
        code = host_statistics64(host, argument - 16, words, &count);
    } else {
        code = host_processor_info(host, argument - 32, &processors, &array, &count);
    }
    (void)mach_port_deallocate(SELF, host);
    if (code != KERN_SUCCESS || array == NULL) return code;
    return give_back((vm_address_t)array, count * sizeof(*array), code);
}

// Lists processors (0), tasks (1) or threads (2).
static int64_t list_ports(struct scene *scene) {
    mach_port_t host = mach_host_self(), set = MACH_PORT_NULL, control = MACH_PORT_NULL, *list = NULL;
    mach_msg_type_number_t count = 0;
    kern_return_t code = processor_set_default(host, &set);
    if (code == KERN_SUCCESS) code = host_processor_set_priv(host, set, &control);
    if (code == KERN_SUCCESS) {
        if (scene->argument == 0) code = host_processors(host, &list, &count);
        if (scene->argument == 1) code = processor_set_tasks(control, &list, &count);
        if (scene->argument == 2) code = processor_set_threads(control, &list, &count);
    }
    (void)mach_port_deallocate(SELF, host);
    if (set != MACH_PORT_NULL) (void)mach_port_deallocate(SELF, set);
    if (control != MACH_PORT_NULL) (void)mach_port_deallocate(SELF, control);
    if (code != KERN_SUCCESS) return code;
    for (mach_msg_type_number_t i = 0; i < count; i++) (void)mach_port_deallocate(SELF, list[i]);
    return give_back((vm_address_t)list, count * sizeof(*list), code);
}

static void every_system_call_may_fail(void **state) {
    (void)state;
    if (mach_linux_inject == NULL) skip();
    const struct operation operations[] = {
        {"one page", 1, allocate_and_deallocate, {KERN_RESOURCE_SHORTAGE}, 1},
        {"many pages", LARGE, allocate_and_deallocate, {KERN_RESOURCE_SHORTAGE}, 2},
        {"mach_port_names", 0, list_names, {KERN_RESOURCE_SHORTAGE}, 1},
        {"copy of a page", CARRY(PROGRAMS, 100, 0), carry_memory, {MACH_MSG_VM_KERNEL, KERN_RESOURCE_SHORTAGE}, 2},
        {"copy of many pages",
         CARRY(PROGRAMS, LARGE, 0),
         carry_memory,
         {MACH_MSG_VM_KERNEL, KERN_RESOURCE_SHORTAGE},
         3},
        {"copy of huge pages", CARRY(MAPPED, HUGE, 0), carry_memory, {MACH_MSG_VM_KERNEL, KERN_RESOURCE_SHORTAGE}, 3},
        {"hand-over", CARRY(ALLOCATED, LARGE, 1), carry_memory, {KERN_RESOURCE_SHORTAGE}, 2},
        {"move", CARRY(MAPPED, LARGE, 1), carry_memory, {MACH_MSG_VM_KERNEL, KERN_RESOURCE_SHORTAGE}, 4},
        {"port array", 0, carry_ports, {MACH_SEND_NO_BUFFER}, 2},
        {"a port's descriptor", 0, make_descriptor, {KERN_RESOURCE_SHORTAGE}, 2},
        {"a set's descriptor", 1, make_descriptor, {KERN_RESOURCE_SHORTAGE}, 2},
        {"task_create", 0, make_a_task, {KERN_RESOURCE_SHORTAGE}, 0},
        {"task_info, basic", MACH_TASK_BASIC_INFO, tell_task, {KERN_RESOURCE_SHORTAGE}, 3},
        {"task_info, times", TASK_THREAD_TIMES_INFO, tell_task, {KERN_RESOURCE_SHORTAGE}, 1},
        {"task_info, memory", TASK_VM_INFO, tell_task, {KERN_RESOURCE_SHORTAGE}, 3},
        {"task_info, token", TASK_AUDIT_TOKEN, tell_task, {0}, 1},
        {"thread_info", THREAD_EXTENDED_INFO, tell_thread, {KERN_RESOURCE_SHORTAGE}, 1},
        {"task_threads of the caller's task", 0, list_threads, {KERN_RESOURCE_SHORTAGE}, 2},
        {"task_threads of the process's task", 1, list_threads, {KERN_RESOURCE_SHORTAGE}, 1},
        {"mach_port_names by message", 0, list_names_by_message, {KERN_RESOURCE_SHORTAGE}, 1},
        {"host_get_boot_info", 0, ask_the_host, {KERN_RESOURCE_SHORTAGE}, 2},
        {"HOST_BASIC_INFO", HOST_BASIC_INFO, ask_the_host, {KERN_RESOURCE_SHORTAGE}, 8},
        {"HOST_SCHED_INFO", HOST_SCHED_INFO, ask_the_host, {KERN_FAILURE}, 1},
        {"HOST_LOAD_INFO", 16 + HOST_LOAD_INFO, ask_the_host, {KERN_RESOURCE_SHORTAGE}, 4},
        {"HOST_VM_INFO", 16 + HOST_VM_INFO, ask_the_host, {KERN_RESOURCE_SHORTAGE}, 4},
        {"HOST_CPU_LOAD_INFO", 16 + HOST_CPU_LOAD_INFO, ask_the_host, {KERN_RESOURCE_SHORTAGE}, 2},
        {"HOST_VM_INFO64", 16 + HOST_VM_INFO64, ask_the_host, {KERN_RESOURCE_SHORTAGE}, 4},
        {"PROCESSOR_BASIC_INFO", 32 + PROCESSOR_BASIC_INFO, ask_the_host, {KERN_RESOURCE_SHORTAGE}, 5},
        {"PROCESSOR_CPU_LOAD_INFO", 32 + PROCESSOR_CPU_LOAD_INFO, ask_the_host, {KERN_RESOURCE_SHORTAGE}, 5},
        {"host_processors", 0, list_ports, {KERN_RESOURCE_SHORTAGE}, 3},
        {"processor_set_tasks", 1, list_ports, {KERN_RESOURCE_SHORTAGE}, 1},
        {"processor_set_threads", 2, list_ports, {KERN_RESOURCE_SHORTAGE}, 1},
    };
    for (size_t i = 0; i < COUNT_OF(operations); i++) run_operation(&operations[i]);
}

// Ports of processors stay once they are made: a child has none yet.
static void ports_of_processors_may_find_no_memory(void **state) {
    (void)state;
    if (mach_linux_inject == NULL) skip();
    fflush(NULL);
    pid_t child = fork();
    assert_true(child != -1);
    if (child == 0) {
        mach_port_t host = mach_host_self();
        unsigned n = 1;
        for (; n < 200; n++) {
            mach_port_t *list = NULL;
            mach_msg_type_number_t count = 0;
            (void)mach_linux_inject(MACH_LINUX_FAULT_ALLOCATION, n, false);
            kern_return_t code = host_processors(host, &list, &count);
            bool reached = mach_linux_inject(0, 0, false) > 0;
            if (!reached) break;
            if (code != KERN_RESOURCE_SHORTAGE && code != KERN_SUCCESS) _exit(1);
            if (code == KERN_SUCCESS && count == 0) _exit(2);
            if (mach_linux_check() != KERN_SUCCESS) _exit(3);
        }
        // The array of rights, the table and a port.
        _exit(n > 3 && n < 200 ? 0 : 4);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

// In a child, whose threads' records would outlast the test: J10, J18.
static int list_with_little_memory(void *argument) {
    (void)argument;
    enum { THREADS = 4 };
    static struct standing_thread threads[THREADS];
    unsigned longest = 0;
    for (unsigned round = 0; round < 2; round++) {
        bool reached = true;
        for (unsigned n = 1; n < 200 && reached; n++) {
            // New ones each time: what has a record needs no other.
            for (size_t i = 0; i < THREADS; i++) start_standing(&threads[i]);
            thread_act_array_t list = NULL;
            mach_msg_type_number_t count = 0;
            mach_port_t token = MACH_PORT_NULL;
            (void)mach_linux_inject(MACH_LINUX_FAULT_ALLOCATION, n, round == 1);
            kern_return_t code = task_threads(SELF, &list, &count);
            kern_return_t token_code = task_create_identity_token(SELF, &token);
            reached = mach_linux_inject(0, 0, false) > 0;
            longest = n > longest ? n : longest;
            STEP(1, code == KERN_SUCCESS || code == KERN_RESOURCE_SHORTAGE);
            STEP(2, token_code == KERN_SUCCESS || token_code == KERN_RESOURCE_SHORTAGE);
            STEP(3, reached || (code == KERN_SUCCESS && token_code == KERN_SUCCESS));
            STEP(4, mach_linux_check() == KERN_SUCCESS);
            if (token_code == KERN_SUCCESS) STEP(5, mach_port_deallocate(SELF, token) == KERN_SUCCESS);
            STEP(6, code != KERN_SUCCESS || count > THREADS);
            for (mach_msg_type_number_t i = 0; i < count; i++) (void)mach_port_deallocate(SELF, list[i]);
            if (count > 0) STEP(7, vm_deallocate(SELF, (vm_address_t)list, count * sizeof(*list)) == KERN_SUCCESS);
            for (size_t i = 0; i < THREADS; i++) end_standing(&threads[i]);
        }
        STEP(8, !reached);
    }
    // A record for each thread, the list, and more.
    STEP(9, longest > THREADS);
    return 0;
}

static void lists_of_threads_may_find_no_memory(void **state) {
    (void)state;
    if (mach_linux_inject == NULL) skip();
    assert_int_equal(in_forked_child(list_with_little_memory, NULL), 0);
}

static void only_a_library_for_checking_lets_calls_fail(void **state) {
    (void)state;
    assert_true((mach_linux_inject != NULL) == (mach_linux_check != NULL));
    assert_true(library_injects() == (mach_linux_inject != NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(only_a_library_for_checking_lets_calls_fail),
        TASK_TEST(every_system_call_may_fail),
        TASK_TEST(ports_of_processors_may_find_no_memory),
        TASK_TEST(lists_of_threads_may_find_no_memory),
    };
    return INFORMATION_RUN(tests);
}
