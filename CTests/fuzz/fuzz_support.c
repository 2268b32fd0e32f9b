// Inputs, tasks, names, memory and messages for the fuzzers.
#include "fuzz_support.h"

#include <fcntl.h>
#include <mach/pthread_np.h>

#include <pthread.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, CHILDREN = 4, DESCRIPTORS = 8, FRESH = 24 };

const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1:detect_stack_use_after_return=1:quarantine_size_mb=32";
}

_Noreturn void must_fail(const char *condition, const char *file, int line) {
    fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, condition);
    abort();
}

// ---- Inputs

struct input begin_bytes(const uint8_t *bytes, size_t size) {
    static int file = -2;
    const char *name = getenv("FUZZ_INPUT");
    if (file == -2) file = name == NULL ? -1 : open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file >= 0) MUST(ftruncate(file, 0) == 0 && pwrite(file, bytes, size, 0) == (ssize_t)size);
    return (struct input){bytes, size};
}

uint8_t next_byte(struct input *input) {
    if (input->left == 0) return 0;
    input->left--;
    return *input->at++;
}

uint16_t next_half(struct input *input) {
    uint16_t low = next_byte(input);
    return (uint16_t)(low | next_byte(input) << 8);
}

uint32_t next_word(struct input *input) {
    uint32_t low = next_half(input);
    return low | (uint32_t)next_half(input) << 16;
}

uint64_t next_wide(struct input *input) {
    uint64_t low = next_word(input);
    return low | (uint64_t)next_word(input) << 32;
}

uint32_t next_number(struct input *input) {
    static const uint32_t edges[] = {
        0x7f,   0x80,   0xff,    0x100,      0x3ff,      0x400,      0x401,      0xfffd,
        0xfffe, 0xffff, 0x10000, 0x7ffffffe, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffe,
    };
    uint8_t selector = next_byte(input);
    if (selector < 0xc0) return selector & 0x3f;
    if (selector < 0xd0) return edges[selector & 15];
    if (selector < 0xf0) return (uint32_t) - (int32_t)(selector & 31);
    return next_word(input);
}

// ---- What disturbs calls

_Thread_local struct disturbance disturbance;
static unsigned waits_left;

// System calls that an input has let fail.

void disturb(uint8_t how) {
    // Few calls come to the later ones.
    static const uint8_t nth[] = {1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 8, 11, 16};
    calm();
    switch (how >> 6) {
    case 2:
        disturbance.nulls = how & 31 ? how & 31 : 1;
        break;
    case 3:
        disturbance.waits = true;
        break;
    default:
        disturbance.kinds = 1 + (how & 3) % 3;
        disturbance.all = how & 4;
        disturbance.n = nth[how >> 3 & 15];
        break;
    }
}

void calm(void) { disturbance = (struct disturbance){0}; }

void *out(unsigned index, void *pointer) {
    if (!(disturbance.nulls >> index & 1)) return pointer;
    disturbance.gave_null = true;
    return NULL;
}

mach_msg_timeout_t choose_timeout(void) {
    if (!disturbance.waits || waits_left == 0) return 0;
    waits_left--;
    return 1;
}

void begin_call(void) {
    if (disturbance.kinds != 0) (void)mach_linux_inject(disturbance.kinds, disturbance.n, disturbance.all);
}

void end_call(kern_return_t code) {
    if (disturbance.kinds != 0) {
        (void)mach_linux_inject(0, 0, false);
    }
    if (!disturbance.gave_null) return;
    disturbance.gave_null = false;
    MUST(code == KERN_INVALID_ARGUMENT || code == KERN_INVALID_TASK);
}

// ---- The tasks of an input

task_t tasks[TASKS];
mach_port_name_t names[TASKS][NAMES];
unsigned acting;
bool is_alone = true;

static unsigned task_count;
static unsigned next_name[TASKS];
static task_t children[CHILDREN];
static unsigned child_count;
static int descriptors[DESCRIPTORS];
static unsigned descriptor_count;
static mach_port_t host, threads[4]; // in the process's task
static unsigned thread_count = 1;    // this one is the first
static void (*join_threads)(void);
static mach_linux_statistics_data_t before;

static void release_pages(void);

static void take_statistics(mach_linux_statistics_data_t *statistics) {
    mach_linux_trim();
    mach_linux_statistics(statistics);
}

static void prepare_once(void) {
    static bool is_prepared;
    if (is_prepared) return;
    is_prepared = true;
    host = mach_host_self();
    threads[0] = mach_thread_self();
    MUST(host != MACH_PORT_NULL && threads[0] != MACH_PORT_NULL);
    take_statistics(&before);
}

void add_thread(mach_port_t port, void (*join)(void)) {
    MUST(port != MACH_PORT_NULL && thread_count < COUNT_OF(threads));
    threads[thread_count++] = port;
    join_threads = join;
    is_alone = false;
}

static mach_port_name_t name_at(unsigned index) { return index << 8 | 3; }

static mach_port_name_t make_port(mach_port_msgcount_t limit, bool sends) {
    mach_port_options_t options = {.flags = MPO_QLIMIT | (sends ? MPO_INSERT_SEND_RIGHT : 0), .mpl = {limit}};
    mach_port_name_t name = MACH_PORT_NULL;
    MUST(mach_port_construct(SELF, &options, 0, &name) == KERN_SUCCESS);
    return name;
}

static void prepare_task(unsigned task) {
    mach_port_name_t *mine = names[task];
    memset(mine, 0, sizeof(names[task]));
    next_name[task] = FIRST_NEW_NAME;
    mine[NEXT_TASK] = mine[LAST_TASK] = name_at(1);
    mach_port_options_t options = {.flags = MPO_CONTEXT_AS_GUARD | MPO_INSERT_SEND_RIGHT};
    MUST(act_as(task));
    mine[PORT] = make_port(5, true);
    mine[RECEIVER] = make_port(5, false);
    mine[FULL] = make_port(1, true);
    MUST(mach_port_allocate(SELF, MACH_PORT_RIGHT_PORT_SET, &mine[SET]) == KERN_SUCCESS);
    MUST(mach_port_insert_member(SELF, mine[RECEIVER], mine[SET]) == KERN_SUCCESS);
    MUST(mach_port_construct(SELF, &options, GUARD, &mine[GUARDED]) == KERN_SUCCESS);
    MUST(mach_port_allocate(SELF, MACH_PORT_RIGHT_DEAD_NAME, &mine[DEAD]) == KERN_SUCCESS);
    mach_msg_type_name_t type;
    MUST(mach_port_extract_right(SELF, mine[PORT], MACH_MSG_TYPE_MAKE_SEND_ONCE, &mine[ONCE], &type) == KERN_SUCCESS);
    mine[THREAD] = mach_thread_self();
    mine[HOST] = mach_host_self();
    MUST(task_get_special_port(SELF, TASK_NAME_PORT, &mine[TASK_NAME]) == KERN_SUCCESS);
    // Services that an input created would outlast it.
    MUST(task_set_bootstrap_port(SELF, MACH_PORT_NULL) == KERN_SUCCESS);
    mach_msg_header_t message = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
                                 .msgh_remote_port = mine[FULL]};
    MUST(mach_msg(&message, MACH_SEND_MSG, sizeof(message), 0, MACH_PORT_NULL, 0, MACH_PORT_NULL) == KERN_SUCCESS);
}

// What the task has of the next one.
static void join_task(unsigned task) {
    unsigned next = (task + 1) % task_count, last = (task + task_count - 1) % task_count;
    mach_port_name_t *mine = names[task];
    mach_msg_type_name_t type;
    MUST(mach_linux_task_adopt(MACH_PORT_NULL) == KERN_SUCCESS);
    mine[NEXT_TASK] = name_at(30);
    MUST(mach_port_insert_right(tasks[task], mine[NEXT_TASK], tasks[next], MACH_MSG_TYPE_COPY_SEND) == KERN_SUCCESS);
    mine[LAST_TASK] = mine[NEXT_TASK];
    if (last != next) {
        mine[LAST_TASK] = name_at(31);
        MUST(mach_port_insert_right(tasks[task], mine[LAST_TASK], tasks[last], MACH_MSG_TYPE_COPY_SEND) ==
             KERN_SUCCESS);
    }
    MUST(act_as(task));
    MUST(mach_port_extract_right(mine[NEXT_TASK], names[next][PORT], MACH_MSG_TYPE_MAKE_SEND, &mine[OTHER_PORT],
                                 &type) == KERN_SUCCESS);
    MUST(mach_port_extract_right(mine[NEXT_TASK], names[next][RECEIVER], MACH_MSG_TYPE_MAKE_SEND, &mine[OTHER_RECEIVE],
                                 &type) == KERN_SUCCESS);
}

void begin_input(unsigned count) {
    prepare_once();
    task_count = count;
    child_count = descriptor_count = 0;
    waits_left = 2;
    calm();
    for (unsigned i = 0; i < count; i++) MUST(task_create(SELF, NULL, 0, FALSE, &tasks[i]) == KERN_SUCCESS);
    for (unsigned i = 0; i < count; i++) prepare_task(i);
    for (unsigned i = 0; count > 1 && i < count; i++) join_task(i);
    MUST(act_as(0));
}

bool act_as(unsigned task) {
    MUST(mach_linux_task_adopt(MACH_PORT_NULL) == KERN_SUCCESS);
    acting = task;
    return mach_linux_task_adopt(tasks[task]) == KERN_SUCCESS;
}

bool is_alive(void) { return vm_deallocate(SELF, 0, 0) == KERN_SUCCESS; }

void make_child(unsigned parent, bool inherits) {
    if (child_count == CHILDREN) return;
    MUST(mach_linux_task_adopt(MACH_PORT_NULL) == KERN_SUCCESS);
    task_t child;
    if (TRY(task_create(tasks[parent], NULL, 0, inherits, out(0, &child))) == KERN_SUCCESS) {
        mach_port_name_t name = name_at(40 + child_count);
        children[child_count++] = child;
        for (unsigned task = 0; task < task_count; task++) {
            if (mach_port_insert_right(tasks[task], name, child, MACH_MSG_TYPE_COPY_SEND) == KERN_SUCCESS)
                record_name(task, name);
        }
    }
    (void)act_as(acting);
}

void keep_task(mach_port_name_t child) {
    mach_msg_type_name_t type;
    MUST(child_count < CHILDREN);
    MUST(mach_linux_task_adopt(MACH_PORT_NULL) == KERN_SUCCESS);
    MUST(mach_port_extract_right(tasks[acting], child, MACH_MSG_TYPE_COPY_SEND, &children[child_count], &type) ==
         KERN_SUCCESS);
    child_count++;
    MUST(act_as(acting));
}

void keep_descriptor(int descriptor) {
    if (descriptor_count < DESCRIPTORS) {
        descriptors[descriptor_count++] = descriptor;
    } else {
        close(descriptor);
    }
}

static void end_tasks(task_t *list, unsigned count) {
    for (unsigned i = 0; i < count; i++) (void)task_terminate(list[i]);
    for (unsigned i = 0; i < count; i++) MUST(mach_port_deallocate(SELF, list[i]) == KERN_SUCCESS);
}

static void same(const char *what, uint64_t start, uint64_t end, bool *differs) {
    if (start == end) return;
    fprintf(stderr, "%s: %llu before the input, %llu after it\n", what, (unsigned long long)start,
            (unsigned long long)end);
    *differs = true;
}

void end_input(void) {
    calm();
    MUST(mach_linux_task_adopt(MACH_PORT_NULL) == KERN_SUCCESS);
    end_tasks(tasks, task_count);
    end_tasks(children, child_count);
    if (join_threads != NULL) join_threads();
    for (int which = 8; which <= 25; which++) MUST(host_set_special_port(host, which, MACH_PORT_NULL) == KERN_SUCCESS);
    MUST(host_set_exception_ports(host, EXC_MASK_VALID, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0) == KERN_SUCCESS);
    for (unsigned i = 0; i < thread_count; i++) {
        mach_port_t thread = threads[i];
        MUST(thread_set_special_port(thread, THREAD_KERNEL_PORT, thread) == KERN_SUCCESS);
        MUST(thread_set_exception_ports(thread, EXC_MASK_VALID, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0) == KERN_SUCCESS);
    }
    for (unsigned i = 0; i < descriptor_count; i++) close(descriptors[i]);
    release_pages();

    mach_linux_statistics_data_t after;
    take_statistics(&after);
    bool differs = false;
    same("tasks", before.tasks, after.tasks, &differs);
    same("ports", before.ports, after.ports, &differs);
    same("sets", before.sets, after.sets, &differs);
    same("rights", before.rights, after.rights, &differs);
    same("messages", before.messages, after.messages, &differs);
    same("memory regions", before.memory_regions, after.memory_regions, &differs);
    if (mach_linux_check() != KERN_SUCCESS) {
        fprintf(stderr, "mach_linux_check() found a broken invariant\n");
        differs = true;
    }
    MUST(!differs);
}

mach_port_name_t choose_name(unsigned task, uint8_t selector) {
    selector &= 31;
    if (selector < NAMES) return names[task][selector];
    switch (selector) {
    case NAMES:
        return MACH_PORT_NULL;
    case NAMES + 1:
        return MACH_PORT_DEAD;
    case NAMES + 2:
        return name_at(1);
    case NAMES + 3:
        return names[task][RECEIVER] + 4; // of another generation
    case NAMES + 4:
        return 3; // the slot that is never used
    case NAMES + 5:
        return name_at(200);
    case NAMES + 6:
        return name_at(4194304); // beyond the last
    default:
        return name_at(20);
    }
}

void record_name(unsigned task, mach_port_name_t name) {
    if (!MACH_PORT_VALID(name)) return;
    for (unsigned i = 0; i < NAMES; i++)
        if (names[task][i] == name) return;
    names[task][next_name[task]] = name;
    if (++next_name[task] == NAMES) next_name[task] = FIRST_NEW_NAME;
}

uint32_t tame_name(uint32_t number) { return number >> 8 > 4096 && number >> 8 < 4194304 ? number & 0xfffff : number; }

uint32_t tame_length(uint32_t length) { return length < 0xffffffc0 ? length & 0xffff : length; }

mach_msg_type_name_t choose_disposition(uint8_t selector) {
    static const uint8_t dispositions[] = {
        MACH_MSG_TYPE_COPY_SEND,    MACH_MSG_TYPE_MAKE_SEND,      MACH_MSG_TYPE_MAKE_SEND_ONCE, MACH_MSG_TYPE_MOVE_SEND,
        MACH_MSG_TYPE_MOVE_RECEIVE, MACH_MSG_TYPE_MOVE_SEND_ONCE, MACH_MSG_TYPE_COPY_SEND,      0,
    };
    return selector & 0x40 ? selector & 31 : dispositions[selector & 7];
}

// ---- Memory

// Pages that may leave the process, or be given back, in the midst of an input. Each ends with a mark that says whose
// it is: another's page may be at the same place in the end.
static struct {
    unsigned char *address;
    unsigned count;
    bool from_library;
} fresh[FRESH];
static unsigned fresh_count;

static uint64_t mark_of(const unsigned char *page) { return (uint64_t)(uintptr_t)page ^ 0x9e3779b97f4a7c15; }

enum { MARK = PAGE - sizeof(uint64_t) };

static bool is_marked(const unsigned char *page) {
    uint64_t mark = 0;
    struct iovec here = {&mark, sizeof(mark)}, there = {(void *)(uintptr_t)(page + MARK), sizeof(mark)};
    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == (ssize_t)sizeof(mark) && mark == mark_of(page);
}

static void mark_pages(unsigned char *address, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        uint64_t mark = mark_of(address + i * PAGE);
        memcpy(address + i * PAGE + MARK, &mark, sizeof(mark));
    }
}

void *fresh_pages(unsigned count, bool from_library) {
    if (fresh_count == FRESH) return NULL;
    unsigned char *address;
    if (from_library) {
        vm_address_t place = 0;
        MUST(mach_linux_task_adopt(MACH_PORT_NULL) == KERN_SUCCESS);
        MUST(vm_allocate(SELF, &place, count * PAGE, VM_FLAGS_ANYWHERE) == KERN_SUCCESS);
        (void)act_as(acting);
        address = (unsigned char *)place; // NOLINT
    } else {
        // What is behind them cannot be read.
        address = mmap(NULL, (count + 1) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        MUST(address != MAP_FAILED && mprotect(address, count * PAGE, PROT_READ | PROT_WRITE) == 0);
    }
    mark_pages(address, count);
    fresh[fresh_count].address = address;
    fresh[fresh_count].count = count;
    fresh[fresh_count++].from_library = from_library;
    return address;
}

void renew_pages(void *address, size_t size) { mark_pages(address, (unsigned)((size + PAGE - 1) / PAGE)); }

static void release_pages(void) {
    for (unsigned i = 0; i < fresh_count; i++) {
        for (unsigned j = 0; j < fresh[i].count; j++) {
            unsigned char *page = fresh[i].address + j * PAGE;
            if (is_marked(page)) MUST(vm_deallocate(SELF, (vm_address_t)page, PAGE) == KERN_SUCCESS);
        }
        if (!fresh[i].from_library) munmap(fresh[i].address + fresh[i].count * PAGE, PAGE);
    }
    fresh_count = 0;
}

void *choose_memory(uint8_t selector, bool leaves, mach_msg_size_t *size) {
    static unsigned char pages[17 * PAGE] __attribute__((aligned(4096)));
    static const uint32_t sizes[] = {0, 1, 4, 100, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE - 2, 16 * PAGE};
    *size = selector < 0xe0 ? sizes[selector % 10] : sizes[selector % 5];
    unsigned offset = selector & 16 ? selector & 15 : 0;
    if (!leaves) {
        if (selector >= 0xf0) return (void *)(uintptr_t)(selector & 1 ? 1 : -(intptr_t)(selector & 15) * 2);
        return pages + offset;
    }
    unsigned count = (*size + offset + PAGE - 1) / PAGE;
    // Large enough for the library to move them.
    if (selector == 0xe0) *size = (count = 70) * PAGE, offset = 0;
    unsigned char *address = fresh_pages(count == 0 ? 1 : count, selector & 32);
    if (address == NULL) *size = 0;
    // Too much, from a place that has a page behind it that cannot be read.
    if (selector >= 0xf0 && !(selector & 32)) *size += 2 * PAGE;
    return address == NULL ? NULL : address + offset;
}

void give_back(void *address, size_t size) {
    if (size == 0 || vm_deallocate(SELF, (vm_address_t)address, size) == KERN_SUCCESS) return;
    // Who acts as a task that has ended cannot.
    MUST(mach_linux_task_adopt(MACH_PORT_NULL) == KERN_SUCCESS);
    MUST(vm_deallocate(SELF, (vm_address_t)address, size) == KERN_SUCCESS);
    (void)act_as(acting);
}

// ---- Messages

static mach_msg_size_t add_descriptor(struct input *input, unsigned task, unsigned char *at) {
    uint8_t kind = next_byte(input);
    mach_msg_type_name_t disposition = choose_disposition(next_byte(input));
    uint8_t selector = next_byte(input);
    switch (kind & 7) {
    default: {
        mach_msg_port_descriptor_t port = {.name = choose_name(task, selector), .disposition = disposition};
        memcpy(at, &port, sizeof(port));
        return sizeof(port);
    }
    case 3: {
        mach_msg_guarded_port_descriptor_t port = {.context = kind & 8 ? 0 : GUARD,
                                                   .flags = kind & 16 ? MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE
                                                                      : MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND,
                                                   .disposition = kind & 32 ? disposition : MACH_MSG_TYPE_MOVE_RECEIVE,
                                                   .type = MACH_MSG_GUARDED_PORT_DESCRIPTOR,
                                                   .name = choose_name(task, selector)};
        if (kind & 64) port.flags = selector >> 5;
        memcpy(at, &port, sizeof(port));
        return sizeof(port);
    }
    case 4:
    case 5: {
        mach_msg_ool_descriptor_t memory = {.deallocate = (kind & 8) != 0,
                                            .copy = kind & 16 ? kind >> 6 : MACH_MSG_VIRTUAL_COPY,
                                            .type =
                                                kind & 1 ? MACH_MSG_OOL_VOLATILE_DESCRIPTOR : MACH_MSG_OOL_DESCRIPTOR};
        memory.address = choose_memory(selector, memory.deallocate, &memory.size);
        memcpy(at, &memory, sizeof(memory));
        return sizeof(memory);
    }
    case 6:
    case 7: {
        mach_msg_ool_ports_descriptor_t ports = {.deallocate = (kind & 8) != 0,
                                                 .disposition = disposition,
                                                 .type = MACH_MSG_OOL_PORTS_DESCRIPTOR,
                                                 .count = selector % 6};
        static mach_port_name_t array[8];
        mach_port_name_t *list = ports.deallocate ? fresh_pages(1, kind & 16) : array;
        if (list == NULL) ports.count = 0;
        for (unsigned i = 0; i < ports.count; i++) list[i] = choose_name(task, next_byte(input));
        ports.address = list;
        memcpy(at, &ports, sizeof(ports));
        return sizeof(ports);
    }
    }
}

mach_msg_size_t build_message(struct input *input, unsigned task, void *buffer) {
    uint8_t shape = next_byte(input), remote = next_byte(input), local = next_byte(input);
    mach_msg_base_t *base = buffer;
    memset(buffer, 0, LARGEST_MESSAGE);
    base->header.msgh_remote_port = choose_name(task, next_byte(input));
    base->header.msgh_bits = MACH_MSGH_BITS(choose_disposition(remote), 0);
    if (shape & 4) {
        base->header.msgh_local_port = choose_name(task, next_byte(input));
        base->header.msgh_bits |= MACH_MSGH_BITS(0, choose_disposition(local));
    }
    // Requests for which nothing but messages answers, or other messages.
    base->header.msgh_id = shape & 8 ? 3200 + next_byte(input) % 44 : 0x1000 + shape;
    if (base->header.msgh_id == 3221) base->header.msgh_id = 3222;
    mach_msg_size_t size = sizeof(mach_msg_header_t);
    unsigned count = shape & 3;
    if (count != 0 || shape & 16) {
        base->header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
        base->body.msgh_descriptor_count = count;
        size = sizeof(*base);
        for (unsigned i = 0; i < count; i++) size += add_descriptor(input, task, (unsigned char *)buffer + size);
    }
    unsigned words = shape >> 5;
    for (unsigned i = 0; i < words; i++, size += 4) {
        uint32_t word = i < 2 ? 0 : tame_name(choose_name(task, next_byte(input)));
        memcpy((unsigned char *)buffer + size, &word, sizeof(word));
    }
    base->header.msgh_size = size;
    return size;
}

static mach_msg_size_t descriptor_size(const unsigned char *descriptor) {
    unsigned type = descriptor[11];
    return type >= MACH_MSG_OOL_DESCRIPTOR && type <= MACH_MSG_GUARDED_PORT_DESCRIPTOR ? 16 : 12;
}

void tame_message(unsigned task, void *message, mach_msg_size_t size) {
    mach_msg_base_t *base = message;
    if (size < sizeof(base->header)) return;
    base->header.msgh_remote_port = choose_name(task, (uint8_t)base->header.msgh_remote_port);
    base->header.msgh_local_port = choose_name(task, (uint8_t)base->header.msgh_local_port);
    if (!(base->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) || size < sizeof(*base)) return;
    unsigned char *at = (unsigned char *)(base + 1), *end = (unsigned char *)message + size;
    unsigned count = base->body.msgh_descriptor_count;
    for (unsigned i = 0; i < count && end - at >= 12 && (size_t)(end - at) >= descriptor_size(at); i++) {
        switch (at[11]) {
        case MACH_MSG_PORT_DESCRIPTOR: {
            mach_msg_port_descriptor_t port;
            memcpy(&port, at, sizeof(port));
            port.name = choose_name(task, (uint8_t)port.name);
            memcpy(at, &port, sizeof(port));
            break;
        }
        case MACH_MSG_GUARDED_PORT_DESCRIPTOR: {
            mach_msg_guarded_port_descriptor_t port;
            memcpy(&port, at, sizeof(port));
            port.name = choose_name(task, (uint8_t)port.name);
            memcpy(at, &port, sizeof(port));
            break;
        }
        case MACH_MSG_OOL_PORTS_DESCRIPTOR: {
            mach_msg_ool_ports_descriptor_t ports;
            memcpy(&ports, at, sizeof(ports));
            mach_msg_size_t length;
            uint8_t selector = (uint8_t)(uintptr_t)ports.address;
            unsigned char *memory = choose_memory(selector, ports.deallocate, &length);
            // A count that no memory has stays: it must be refused.
            if (ports.count < 1 << 20) ports.count = ports.count * 4 <= length ? ports.count : length / 4;
            if (selector < 0xf0) {
                for (unsigned j = 0; j < ports.count && j < 1000 && memory != NULL; j++) {
                    mach_port_name_t name = choose_name(task, (uint8_t)(selector + j));
                    memcpy(memory + 4 * j, &name, sizeof(name));
                }
            }
            if (ports.count >= 1 << 20 && selector < 0xf0) ports.count = length / 4;
            ports.address = memory;
            memcpy(at, &ports, sizeof(ports));
            break;
        }
        case MACH_MSG_OOL_DESCRIPTOR:
        case MACH_MSG_OOL_VOLATILE_DESCRIPTOR: {
            mach_msg_ool_descriptor_t memory;
            memcpy(&memory, at, sizeof(memory));
            mach_msg_size_t length;
            memory.address = choose_memory((uint8_t)(uintptr_t)memory.address, memory.deallocate, &length);
            if (memory.size > length) memory.size = length;
            memcpy(at, &memory, sizeof(memory));
            break;
        }
        default:
            break;
        }
        at += descriptor_size(at);
    }
}

void end_memory(mach_msg_header_t *message, bool is_destroyed) {
    if (!(message->msgh_bits & MACH_MSGH_BITS_COMPLEX)) return;
    mach_msg_base_t *base = (mach_msg_base_t *)message;
    unsigned char *at = (unsigned char *)(base + 1);
    for (unsigned i = 0; i < base->body.msgh_descriptor_count; i++) {
        unsigned type = at[11];
        if (type >= MACH_MSG_OOL_DESCRIPTOR && type <= MACH_MSG_OOL_VOLATILE_DESCRIPTOR) {
            mach_msg_ool_descriptor_t memory;
            memcpy(&memory, at, sizeof(memory));
            bool is_gone = is_destroyed && type != MACH_MSG_OOL_VOLATILE_DESCRIPTOR && memory.deallocate;
            if (!is_gone)
                give_back(memory.address, type == MACH_MSG_OOL_PORTS_DESCRIPTOR ? memory.size * 4u : memory.size);
        }
        at += descriptor_size(at);
    }
}

static void record_rights(mach_msg_header_t *message) {
    record_name(acting, message->msgh_remote_port);
    if (!(message->msgh_bits & MACH_MSGH_BITS_COMPLEX)) return;
    mach_msg_base_t *base = (mach_msg_base_t *)message;
    unsigned char *at = (unsigned char *)(base + 1);
    for (unsigned i = 0; i < base->body.msgh_descriptor_count; i++) {
        mach_msg_ool_ports_descriptor_t ports;
        memcpy(&ports, at, descriptor_size(at));
        if (at[11] == MACH_MSG_PORT_DESCRIPTOR) {
            mach_port_name_t name;
            memcpy(&name, at, sizeof(name));
            record_name(acting, name);
        } else if (at[11] == MACH_MSG_GUARDED_PORT_DESCRIPTOR) {
            mach_port_name_t name;
            memcpy(&name, at + 12, sizeof(name));
            record_name(acting, name);
        } else if (at[11] == MACH_MSG_OOL_PORTS_DESCRIPTOR) {
            for (unsigned j = 0; j < ports.count && j < 8; j++)
                record_name(acting, ((mach_port_name_t *)ports.address)[j]);
        }
        at += descriptor_size(at);
    }
}

void end_message(mach_msg_header_t *message, bool keep_rights) {
    // A message without a body can be called complex.
    if (message->msgh_size < sizeof(mach_msg_base_t)) message->msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
    if (keep_rights) record_rights(message);
    if (!keep_rights) mach_msg_destroy(message);
    end_memory(message, !keep_rights);
}

bool has_message(mach_msg_return_t code) {
    switch (code & ~MACH_MSG_MASK) {
    case MACH_SEND_TIMED_OUT:
    case MACH_SEND_INTERRUPTED:
    case MACH_RCV_BODY_ERROR:
        return true;
    default:
        return false;
    }
}

// A message whose size, address or header is at fault costs nothing (behaviour.md, S5).
static bool is_refused(mach_msg_return_t code, mach_msg_size_t size) {
    switch (code) {
    case MACH_SEND_MSG_TOO_SMALL:
        return size < sizeof(mach_msg_header_t) || size % 4 != 0;
    case MACH_SEND_TOO_LARGE:
    case MACH_SEND_INVALID_DATA:
    case MACH_SEND_INVALID_HEADER:
    case MACH_SEND_INVALID_DEST:
    case MACH_SEND_INVALID_VOUCHER:
    case MACH_SEND_INVALID_REPLY:
        return true;
    default:
        return false;
    }
}

static void check_unchanged(const mach_linux_statistics_data_t *start) {
    mach_linux_statistics_data_t end;
    mach_linux_statistics(&end);
    MUST(end.tasks == start->tasks && end.sets == start->sets && end.rights == start->rights);
    MUST(end.messages == start->messages && end.memory_regions == start->memory_regions);
}

static bool is_arrived(mach_msg_type_name_t type) {
    return type == 0 || (type >= MACH_MSG_TYPE_PORT_RECEIVE && type <= MACH_MSG_TYPE_PORT_SEND_ONCE);
}

// What every received message has in common (V7, V8, V10, V13).
static void check_received(const mach_msg_header_t *message, mach_msg_option_t option, mach_msg_size_t room) {
    MUST(is_arrived(MACH_MSGH_BITS_REMOTE(message->msgh_bits)) && is_arrived(MACH_MSGH_BITS_LOCAL(message->msgh_bits)));
    MUST(option & MACH_RCV_VOUCHER || MACH_MSGH_BITS_VOUCHER(message->msgh_bits) == 0);
    MUST(message->msgh_size >= sizeof(*message));
    MUST(round_msg(message->msgh_size) + REQUESTED_TRAILER_SIZE(option) <= room);
    const mach_msg_trailer_t *trailer =
        (const mach_msg_trailer_t *)((const unsigned char *)message + round_msg(message->msgh_size));
    MUST(trailer->msgh_trailer_type == MACH_MSG_TRAILER_FORMAT_0);
    MUST(trailer->msgh_trailer_size == REQUESTED_TRAILER_SIZE(option));
}

mach_msg_return_t call(const void *message, mach_msg_option_t option, mach_msg_size_t send_size,
                       mach_msg_size_t receive_size, mach_port_name_t receive_name, uint8_t how) {
    // One buffer for both, or one for each; none where these are null.
    bool is_null = disturbance.nulls & 1, apart = how & 1, has_other = apart && !(disturbance.nulls & 2);
    // MACH_RCV_LARGE writes into the header whatever the buffer's size is said to be.
    mach_msg_size_t least = option & MACH_RCV_LARGE ? sizeof(mach_msg_header_t) : 1;
    mach_msg_size_t room = receive_size > least ? receive_size : least;
    mach_msg_size_t larger = send_size > room || (has_other && send_size > 0) ? send_size : room;
    mach_msg_header_t *buffer = malloc(larger), *other = has_other ? malloc(room) : NULL;
    MUST(buffer != NULL && (other != NULL || !has_other));
    if (send_size != 0) memcpy(buffer, message, send_size);
    option |= (option & MACH_SEND_MSG ? MACH_SEND_TIMEOUT : 0) | (option & MACH_RCV_MSG ? MACH_RCV_TIMEOUT : 0);
    mach_msg_header_t *given = is_null ? NULL : buffer, *arrived = has_other ? other : buffer;
    mach_msg_timeout_t timeout = choose_timeout();
    mach_linux_statistics_data_t start;
    mach_linux_statistics(&start);
    mach_msg_return_t code;
    bool is_second = how & 4 && !apart && send_size >= sizeof(*buffer) && option & MACH_SEND_MSG;
    if (is_second) {
        mach_msg_header_t header = *buffer;
        memset(buffer, 0xa5, sizeof(header));
        code = TRY(mach_msg2(given, (uint32_t)option, header, send_size, receive_size, receive_name, timeout, 0));
    } else if (apart) {
        code = TRY(mach_msg_overwrite(given, option, send_size, receive_size, receive_name, timeout, MACH_PORT_NULL,
                                      other, 0));
    } else {
        code = TRY(mach_msg(given, option, send_size, receive_size, receive_name, timeout, MACH_PORT_NULL));
    }
    bool is_received =
        option & MACH_RCV_MSG && (code == MACH_MSG_SUCCESS || (code & ~MACH_MSG_MASK) == MACH_RCV_BODY_ERROR);
    if (is_alone && option & MACH_SEND_MSG && is_refused(code, send_size)) {
        check_unchanged(&start);
        MUST(is_second || send_size == 0 || memcmp(buffer, message, send_size) == 0);
    }
    if (is_null && option & MACH_SEND_MSG) {
        // S11: the size is looked at first.
        bool is_size = send_size >= sizeof(*buffer) && send_size % 4 == 0;
        MUST(code == (is_size ? MACH_SEND_INVALID_DATA : MACH_SEND_MSG_TOO_SMALL));
    }
    if (is_null && !has_other) MUST(!is_received);
    if (is_received) {
        check_received(arrived, option, receive_size);
        end_message(arrived, how & 2);
    } else if (option & MACH_SEND_MSG && has_message(code)) {
        MUST(buffer->msgh_size == send_size);
        end_message(buffer, how & 2);
    }
    free(buffer);
    free(other);
    return code;
}
