// Memory and arrays of ports that go around rings of tasks while others allocate, give back and lose memory of their own: every page holds what its first
// sender wrote until its last receiver has read it, and all of it is given back.
#include "soak_support.h"

#include <sys/mman.h>
#include <unistd.h>

enum { TASKS = 5, INJECTORS = 2, RIGHTS = 12, PARTS = 3, HOPS = 40 };
enum { FLYING = 4 }; // messages of each injector that may be on their way

struct part {
    uint32_t pattern, bytes;
};
struct parcel {
    mach_msg_header_t header;
    mach_msg_body_t body;
    mach_msg_ool_descriptor_t memory[PARTS];
    mach_msg_ool_ports_descriptor_t rights;
    struct part parts[PARTS];
    uint32_t hops;
    unsigned char trailer[128];
};
enum { PARCEL_SIZE = offsetof(struct parcel, trailer), STOP = 1 };

static mach_port_t inboxes[TASKS];      // the process's send rights
static mach_port_name_t nexts[TASKS];   // each task's send right to the next one
static mach_port_name_t insides[TASKS]; // each task's receive right
static mach_port_t done[INJECTORS];     // where a parcel that has come around is told of
static atomic_ullong injected, arrived;
static size_t page;

// The bytes of a pattern: each tells where it is.
static void fill(unsigned char *memory, size_t size, uint32_t pattern) {
    for (size_t i = 0; i < size; i += i % page + 64 < page ? 64 : 1) memory[i] = (unsigned char)soak_mix(pattern, i);
}

static void check(const unsigned char *memory, size_t size, uint32_t pattern) {
    for (size_t i = 0; i < size; i += i % page + 64 < page ? 64 : 1)
        MUST(memory[i] == (unsigned char)soak_mix(pattern, i));
}

static mach_msg_size_t any_size(void) {
    switch (chance(8)) {
    case 0:
        return 1 + chance(64);
    case 1:
        return (mach_msg_size_t)page * (1 + chance(80));
    case 2:
        return chance(400000);
    default:
        return chance((uint32_t)(3 * page));
    }
}

static void give_back(const void *address, size_t size) {
    if (size > 0) MUST_DO(vm_deallocate(SELF, (vm_address_t)address, size));
}

// ---- Parcels

static void begin(struct parcel *parcel, mach_port_t destination) {
    memset(parcel, 0, sizeof(*parcel));
    parcel->header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX;
    parcel->header.msgh_remote_port = destination;
    parcel->body.msgh_descriptor_count = PARTS + 1;
    for (unsigned i = 0; i < PARTS; i++) {
        parcel->memory[i].type = MACH_MSG_OOL_DESCRIPTOR;
        parcel->memory[i].copy = chance(2);
    }
    parcel->rights.type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
    parcel->rights.copy = MACH_MSG_VIRTUAL_COPY;
}

// Memory of all kinds: vm_allocate's, whole or from the middle; the program's own, which is copied or moved; none.
static void inject(struct soak_thread *thread) {
    struct parcel parcel;
    mach_port_t rights[RIGHTS];
    unsigned char *own[PARTS] = {NULL};
    vm_address_t pages[PARTS] = {0};
    begin(&parcel, inboxes[chance(TASKS)]);
    parcel.hops = chance(HOPS);
    for (unsigned i = 0; i < PARTS; i++) {
        mach_msg_size_t size = any_size();
        uint32_t pattern = chance(UINT32_MAX);
        parcel.parts[i] = (struct part){pattern, size};
        parcel.memory[i].size = size;
        if (size == 0) continue;
        switch (chance(3)) {
        case 0:
            MUST_DO(vm_allocate(SELF, &pages[i], size, VM_FLAGS_ANYWHERE));
            parcel.memory[i].address = (void *)pages[i];
            parcel.memory[i].deallocate = TRUE;
            break;
        case 1:
            parcel.memory[i].address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            MUST(parcel.memory[i].address != MAP_FAILED);
            parcel.memory[i].deallocate = TRUE;
            break;
        default:
            own[i] = malloc(size);
            MUST(own[i] != NULL);
            parcel.memory[i].address = own[i];
            break;
        }
        fill(parcel.memory[i].address, size, pattern);
    }
    unsigned count = chance(RIGHTS + 1);
    for (unsigned i = 0; i < count; i++) rights[i] = chance(8) == 0 ? MACH_PORT_NULL : done[thread->index];
    parcel.rights.address = rights;
    parcel.rights.count = count;
    parcel.rights.disposition = MACH_MSG_TYPE_MAKE_SEND;
    parcel.header.msgh_local_port = done[thread->index];
    parcel.header.msgh_bits |= MACH_MSGH_BITS(0, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    MUST_DO(soak_send(&parcel.header, PARCEL_SIZE, 0, 0));
    atomic_fetch_add(&injected, 1);
    for (unsigned i = 0; i < PARTS; i++) free(own[i]);
    soak_did(1);
}

// Looks at all of a received parcel.
static void examine(const struct parcel *parcel) {
    MUST_BE(parcel->header.msgh_size, PARCEL_SIZE);
    for (unsigned i = 0; i < PARTS; i++) {
        MUST_BE(parcel->memory[i].size, parcel->parts[i].bytes);
        check(parcel->memory[i].address, parcel->memory[i].size, parcel->parts[i].pattern);
    }
    const mach_port_t *rights = parcel->rights.address;
    mach_port_t right = MACH_PORT_NULL;
    for (unsigned i = 0; i < parcel->rights.count; i++) {
        // All of one port, so they have one name.
        if (rights[i] == MACH_PORT_NULL) continue;
        MUST(right == MACH_PORT_NULL || rights[i] == right);
        right = rights[i];
    }
}

// What was copied eagerly is not said to be the receiver's to give back, and is.
static void drop(struct parcel *parcel) {
    for (unsigned i = 0; i < parcel->body.msgh_descriptor_count && i < PARTS; i++) parcel->memory[i].deallocate = TRUE;
    mach_msg_destroy(&parcel->header);
}

// As a task: takes what comes, and sends it on or ends it.
static void carry(struct soak_thread *thread) {
    for (;;) {
        struct parcel parcel;
        MUST_DO(soak_receive(&parcel.header, sizeof(parcel), insides[thread->index], 0, 0));
        if (parcel.header.msgh_id == STOP) return;
        examine(&parcel);
        soak_did(1);
        if (parcel.hops == 0) {
            atomic_fetch_add(&arrived, 1);
            drop(&parcel);
            continue;
        }
        void *kept[PARTS] = {NULL};
        struct parcel next;
        begin(&next, nexts[thread->index]);
        next.hops = parcel.hops - 1;
        memcpy(next.parts, parcel.parts, sizeof(next.parts));
        for (unsigned i = 0; i < PARTS; i++) {
            next.memory[i].address = parcel.memory[i].address;
            next.memory[i].size = parcel.memory[i].size;
            next.memory[i].deallocate = chance(3) != 0;
            if (!next.memory[i].deallocate) kept[i] = parcel.memory[i].address;
        }
        next.rights.address = parcel.rights.address;
        next.rights.count = parcel.rights.count;
        next.rights.disposition = MACH_MSG_TYPE_MOVE_SEND;
        next.rights.deallocate = chance(2) == 0;
        bool keeps_array = !next.rights.deallocate;
        next.header.msgh_local_port = parcel.header.msgh_remote_port;
        next.header.msgh_bits |= MACH_MSGH_BITS(0, MACH_MSG_TYPE_MOVE_SEND_ONCE);
        // Never more parcels than an inbox has room for.
        MUST_DO(soak_send(&next.header, PARCEL_SIZE, MACH_SEND_TIMEOUT, 0));
        for (unsigned i = 0; i < PARTS; i++) {
            if (kept[i] == NULL) continue;
            memset(kept[i], 0xee, parcel.memory[i].size); // what was sent is not this any more
            give_back(kept[i], parcel.memory[i].size);
        }
        if (keeps_array) give_back(parcel.rights.address, parcel.rights.count * sizeof(mach_port_t));
    }
}

static void keep_injecting(struct soak_thread *thread) {
    unsigned flying = 0;
    while (!soak_over() || flying > 0) {
        bool more = !soak_over() && flying < FLYING;
        if (more) {
            inject(thread);
            flying += 1;
        }
        struct {
            mach_msg_header_t header;
            unsigned char trailer[128];
        } message;
        mach_msg_return_t code =
            soak_receive(&message.header, sizeof(message), done[thread->index], more ? MACH_RCV_TIMEOUT : 0, 0);
        if (code == MACH_RCV_TIMED_OUT) continue;
        MUST_DO(code);
        MUST_BE(message.header.msgh_id, MACH_NOTIFY_SEND_ONCE);
        flying -= 1;
    }
}

// ---- Others

// Allocates and gives back, wholly, in parts and twice as long as it was; and sends memory to itself, gives it back meanwhile, and receives it whole.
static void allocate_and_give_back(struct soak_thread *thread) {
    mach_port_t port = soak_port_with_send();
    (void)thread;
    while (!soak_over()) {
        size_t pages = 1 + chance(20);
        vm_address_t address = 0;
        uint32_t pattern = chance(UINT32_MAX);
        MUST_DO(vm_allocate(SELF, &address, pages * page, VM_FLAGS_ANYWHERE));
        fill((unsigned char *)address, pages * page, pattern);
        if (chance(2) == 0) {
            struct parcel parcel;
            begin(&parcel, port);
            parcel.body.msgh_descriptor_count = 1;
            parcel.memory[0].address = (void *)address;
            parcel.memory[0].size = (mach_msg_size_t)(pages * page);
            parcel.memory[0].deallocate = TRUE;
            MUST_DO(soak_send(&parcel.header, PARCEL_SIZE, MACH_SEND_TIMEOUT, 0));
            if (chance(2) == 0) {
                MUST_DO(vm_deallocate(SELF, address, pages * page)); // the message's by now: this does nothing
                MUST_DO(soak_receive(&parcel.header, sizeof(parcel), port, MACH_RCV_TIMEOUT, 0));
                check(parcel.memory[0].address, pages * page, pattern);
                drop(&parcel);
            } else {
                MUST_DO(mach_port_destroy(SELF, port)); // it ends with the port
                port = soak_port_with_send();
            }
        } else {
            size_t first = chance((uint32_t)pages) * page;
            check((unsigned char *)address, pages * page, pattern);
            MUST_DO(vm_deallocate(SELF, address + first, pages * page - first));
            if (first > 0) MUST_DO(vm_deallocate(SELF, address, first));
        }
        if (chance(200) == 0) mach_linux_trim();
        soak_did(1);
    }
    MUST_DO(mach_port_destroy(SELF, port));
}

static void one_round(void) {
    struct soak_thread carriers[TASKS] = {0}, injectors[INJECTORS] = {0}, other = {.body = allocate_and_give_back};
    task_t tasks[TASKS];
    page = (size_t)sysconf(_SC_PAGESIZE);
    atomic_store(&injected, 0);
    atomic_store(&arrived, 0);
    for (unsigned i = 0; i < TASKS; i++) {
        tasks[i] = soak_task();
        inboxes[i] = soak_port_with_send();
        soak_limit(inboxes[i], INJECTORS * FLYING + 1);
    }
    for (unsigned i = 0; i < TASKS; i++)
        nexts[i] = soak_give(tasks[i], inboxes[(i + 1) % TASKS], MACH_MSG_TYPE_COPY_SEND);
    for (unsigned i = 0; i < TASKS; i++) {
        insides[i] = soak_give(tasks[i], inboxes[i], MACH_MSG_TYPE_MOVE_RECEIVE);
        carriers[i] = (struct soak_thread){.body = carry, .task = tasks[i], .index = i};
        soak_start(&carriers[i]);
    }
    for (unsigned i = 0; i < INJECTORS; i++) {
        done[i] = soak_port();
        injectors[i] = (struct soak_thread){.body = keep_injecting, .index = i};
        soak_start(&injectors[i]);
    }
    soak_start(&other);
    soak_join(&other);
    for (unsigned i = 0; i < INJECTORS; i++) soak_join(&injectors[i]);
    for (unsigned i = 0; i < TASKS; i++) {
        mach_msg_header_t stop = {
            .msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0), .msgh_remote_port = inboxes[i], .msgh_id = STOP};
        MUST_DO(soak_send(&stop, sizeof(stop), 0, 0));
    }
    for (unsigned i = 0; i < TASKS; i++) {
        soak_join(&carriers[i]);
        MUST_DO(task_terminate(tasks[i]));
        MUST_DO(mach_port_destroy(SELF, tasks[i]));
        MUST_DO(mach_port_destroy(SELF, inboxes[i]));
    }
    MUST_BE(atomic_load(&arrived), atomic_load(&injected));
    for (unsigned i = 0; i < INJECTORS; i++) MUST_DO(mach_port_destroy(SELF, done[i]));
}

int main(void) { return soak("out_of_line", one_round); }
