// Random operations on three tasks of the process and on the naive model of task_model.h, side by side: rights and
// receive rights move between the tasks, notifications are asked for, ports are guarded, tasks end. Every code, every
// output, every message and, again and again, everything that can be seen from outside must agree. The seed is printed;
// LIBMACH_TEST_SEED sets it.
#include "stress.h"
#include "task_model.h"
#include "task_support.h"

#include <time.h>

enum { EPOCHS = ROUNDS_OF(25, 4), OPERATIONS = ROUNDS_OF(20000, 10000), CHECK_EVERY = 50 };
// Each task is kept from running dry and from flooding.
enum { FEW_NAMES = 12, MANY_NAMES = 40 };

enum { MOVE_RECEIVE = 16, MOVE_SEND = 17, MOVE_SEND_ONCE = 18, COPY_SEND = 19, MAKE_SEND_ONCE = 21 };
enum { PORT_DELETED = 65, SEND_POSSIBLE = 66, PORT_DESTROYED = 69, NO_SENDERS = 70, DEAD_NAME = 72 };

// ---- Chance

static uint64_t seed, chance;

static uint32_t next_random(void) {
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (uint32_t)(chance >> 16);
}

static unsigned below(unsigned limit) { return next_random() % limit; }
static bool percent(unsigned share) { return below(100) < share; }

// ---- Disagreement

static char notes[16][240];
static unsigned operation;

// What the operation is, for the report.
__attribute__((format(printf, 1, 2))) static void note(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(notes[operation % COUNT_OF(notes)], sizeof(notes[0]), format, arguments);
    va_end(arguments);
}

__attribute__((format(printf, 1, 2), noreturn)) static void disagree(const char *format, ...) {
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    print_error("seed %llu, operation %u: %s\nThe last operations:\n", (unsigned long long)seed, operation, text);
    for (unsigned i = operation < COUNT_OF(notes) ? 0 : operation + 1 - COUNT_OF(notes); i <= operation; i++) {
        print_error("  %u: %s\n", i, notes[i % COUNT_OF(notes)]);
    }
    fail();
    abort();
}

static void agree_on_code(int64_t library, int64_t model) {
    if (library != model)
        disagree("the library returns 0x%llx, the model 0x%llx", (long long)library, (long long)model);
}

static void agree(const char *what, uint64_t library, uint64_t model) {
    if (library != model) {
        disagree("%s: the library says 0x%llx, the model 0x%llx", what, (unsigned long long)library,
                 (unsigned long long)model);
    }
}

// ---- Tasks

static task_t tasks[WORLD_TASKS];                   // as the process's task names them
static mach_port_t ports[WORLD_TASKS][WORLD_TASKS]; // as each task names them, itself included: not in the model
static unsigned actor;                              // whose names the thread uses
static bool acting;                                 // or the process's task

static void act_as_process(void) {
    if (acting) assert_success(mach_linux_task_adopt(MACH_PORT_NULL));
    acting = false;
}

static void act_as_task(unsigned task) {
    if (acting && actor == task) return;
    act_as_process();
    assert_success(mach_linux_task_adopt(tasks[task]));
    acting = true;
    actor = task;
}

// The process's task must act.
static void introduce(unsigned task, unsigned to) { ports[to][task] = give(tasks[to], tasks[task], COPY_SEND); }

static void begin_task(unsigned task) {
    tasks[task] = make_task();
    ports[task][task] = OWN_TASK;
}

static bool is_task_port(unsigned task, mach_port_name_t name) {
    for (unsigned i = 0; i < WORLD_TASKS; i++) {
        if (ports[task][i] == name) return true;
    }
    return false;
}

// ---- Picking arguments

// Any name whose type has one of these bits, each as likely as the others; null if there is none.
static struct world_name *pick(unsigned task, mach_port_type_t types) {
    struct world_name *found[WORLD_NAMES];
    unsigned count = 0;
    for (unsigned i = 0; i < WORLD_NAMES; i++) {
        struct world_name *it = &world_names[task][i];
        if (it->used && (it->type & types) != 0) found[count++] = it;
    }
    return count == 0 ? NULL : found[below(count)];
}

// A name that has little chance to be in use.
static mach_port_name_t strange_name(unsigned task) {
    const struct world_name *known = pick(task, MACH_PORT_TYPE_ALL_RIGHTS);
    mach_port_name_t name = MACH_PORT_NULL;
    switch (below(5)) {
    case 0:
        return MACH_PORT_NULL;
    case 1:
        return MACH_PORT_DEAD;
    case 2:
        name = known == NULL ? MACH_PORT_DEAD : known->name + 4;
        break;
    default:
        name = MACH_PORT_MAKE(1 + below(100), 0x03000000u + (below(8) << 26));
        break;
    }
    return is_task_port(task, name) ? MACH_PORT_NULL : name;
}

// Mostly a name of one of these types, now and then any other, seldom a strange one.
static mach_port_name_t pick_name(unsigned task, mach_port_type_t types) {
    unsigned dice = below(100);
    const struct world_name *name = pick(task, dice < 90 ? types : MACH_PORT_TYPE_ALL_RIGHTS);
    return dice >= 96 || name == NULL ? strange_name(task) : name->name;
}

// Mostly a disposition that the name allows.
static mach_msg_type_name_t pick_disposition(unsigned task, mach_port_name_t name, bool may_move_receive) {
    const struct world_name *it = MACH_PORT_VALID(name) ? world_find(task, name) : NULL;
    if (it == NULL || percent(4)) return 15 + below(8);
    mach_msg_type_name_t good[6];
    unsigned count = 0;
    for (mach_msg_type_name_t disposition = MOVE_RECEIVE; disposition <= MAKE_SEND_ONCE; disposition++) {
        if (disposition == MOVE_RECEIVE && !may_move_receive) continue;
        if (world_can_copy_in(it, disposition, true)) good[count++] = disposition;
    }
    return count == 0 ? 15 + below(8) : good[below(count)];
}

static unsigned other_or_same(unsigned task) { return percent(40) ? task : below(WORLD_TASKS); }

// A name that the library chose must be new.
static void expect_fresh(unsigned task, mach_port_name_t name) {
    if (!MACH_PORT_VALID(name) || MACH_PORT_INDEX(name) == 0 || (name & 3) != 3)
        disagree("0x%x is no name", name); // N2, N3
    if (is_task_port(task, name) || world_with_index(task, MACH_PORT_INDEX(name)) != NULL)
        disagree("0x%x was in use", name);
}

// The right has arrived under this name.
static void take_right(unsigned task, const char *what, const struct world_right *right, mach_port_name_t name) {
    mach_port_name_t known = world_known_name(task, right);
    if (known == 0 && right->port != NULL) {
        expect_fresh(task, name);
    } else {
        agree(what, name, known);
    }
    world_copy_out(task, right, name);
}

// ---- Comparing all that can be seen

extern __typeof__(mach_linux_check) mach_linux_check __attribute__((weak));
static mach_linux_statistics_data_t before;

static void compare_queue(task_t task, const struct world_name *name) {
    const struct world_message *message = name->port->first;
    for (mach_port_seqno_t seqno = name->port->seqno;; seqno++, message = message->next) {
        mach_port_seqno_t place = seqno; // 0 asks for the first, and only that can have it
        mach_msg_size_t size = 0;
        mach_msg_id_t id = 0;
        char trailer[sizeof(mach_msg_max_trailer_t)];
        mach_msg_type_number_t trailer_size = sizeof(trailer);
        kern_return_t code = mach_port_peek(task, name->name, 0, &place, &size, &id, trailer, &trailer_size);
        agree_on_code(code, message == NULL ? KERN_FAILURE : KERN_SUCCESS); // X4
        if (message == NULL) return;
        if (message->batch == 0) agree("id of a queued message", (uint32_t)id, (uint32_t)message->id);
        agree("size of a queued message", size, world_size(message) + 8 + 4 * message->count);
    }
}

static void compare_port(task_t task, const struct world_name *name) {
    const struct world_port *port = name->port;
    mach_port_status_t it = status_in(task, name->name);
    agree("mps_pset", it.mps_pset, false);
    agree("mps_seqno", it.mps_seqno, port->seqno);
    agree("mps_mscount", it.mps_mscount, port->mscount);
    agree("mps_qlimit", it.mps_qlimit, port->limit);
    agree("mps_msgcount", it.mps_msgcount, port->count);
    agree("mps_sorights", it.mps_sorights, world_send_once_rights(port));
    agree("mps_srights", it.mps_srights != 0, world_has_send_rights(port));
    agree("mps_pdrequest", it.mps_pdrequest != 0, port->port_destroyed != NULL);
    agree("mps_nsrequest", it.mps_nsrequest != 0, port->no_senders != NULL);
    agree("mps_flags", it.mps_flags & 6, (port->guarded ? 2 : 0) | (port->strict ? 4 : 0)); // G7
    mach_port_context_t context = 1;
    assert_success(mach_port_get_context(task, name->name, &context));
    agree("context", context, port->strict ? 0 : port->context); // G1
    compare_queue(task, name);
}

static void compare_task(unsigned task) {
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    assert_success(mach_port_names(tasks[task], &names, &count, &types, &type_count));
    agree("names", count, WORLD_TASKS + world_count_names(task));
    for (unsigned i = 0; i < count; i++) {
        mach_port_name_t name = names[i];
        if (is_task_port(task, name)) continue;
        const struct world_name *it = world_find(task, name);
        if (it == NULL) disagree("task %u has a name 0x%x, the model has not", task, name);
        if (types[i] != world_type(it)) {
            disagree("task %u, 0x%x: the library says type 0x%x, the model 0x%x", task, name, types[i],
                     world_type(it)); // N8
        }
        mach_port_type_t seen = world_type(it) & ~(MACH_PORT_TYPE_SPREQUEST | MACH_PORT_TYPE_SPREQUEST_DELAYED);
        agree("type", type_in(tasks[task], name), seen); // R13
        agree("send references", refs_in(tasks[task], name, MACH_PORT_RIGHT_SEND),
              (it->type & MACH_PORT_TYPE_SEND) != 0 ? it->urefs : 0);
        agree("dead-name references", refs_in(tasks[task], name, MACH_PORT_RIGHT_DEAD_NAME),
              it->type == MACH_PORT_TYPE_DEAD_NAME ? it->urefs : 0);
        if ((it->type & MACH_PORT_TYPE_RECEIVE) != 0) compare_port(tasks[task], it);
    }
    assert_success(vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)));
    assert_success(vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types)));
}

static void compare_everything(void) {
    act_as_process();
    unsigned names = 0;
    for (unsigned i = 0; i < WORLD_TASKS; i++) {
        compare_task(i);
        names += world_count_names(i);
    }
    mach_linux_statistics_data_t now;
    mach_linux_statistics(&now);
    agree("statistics: tasks", now.tasks, before.tasks);
    agree("statistics: rights", now.rights, before.rights + names);
    agree("statistics: messages", now.messages, before.messages + world_count_messages());
    // A dead port may still be there as long as a right to it has not been found dead.
    if (now.ports < before.ports + world_count_ports()) disagree("fewer ports than the model has");
    if (mach_linux_check != NULL) agree_on_code(mach_linux_check(), KERN_SUCCESS);
}

// ---- Operations on names

static void do_allocate(unsigned a) {
    unsigned t = other_or_same(a);
    bool dead = percent(8);
    mach_port_name_t name = MACH_PORT_NULL;
    note("task %u: mach_port_allocate in %u", a, t);
    mach_port_right_t right = dead ? MACH_PORT_RIGHT_DEAD_NAME : MACH_PORT_RIGHT_RECEIVE;
    agree_on_code(mach_port_allocate(ports[a][t], right, &name), KERN_SUCCESS);
    expect_fresh(t, name);
    world_allocate(t, right, name);
}

static mach_port_context_t pick_guard(void) { return below(4); }

static void do_construct(unsigned a) {
    unsigned t = other_or_same(a), limit = percent(90) ? below(8) : 1020 + below(10);
    mach_port_options_t options = {.flags = below(16) == 0 ? 0xfffffff8 : below(64)};
    options.flags &= ~(MPO_TEMPOWNER | MPO_IMPORTANCE_RECEIVER); // only flags of the status
    options.mpl.mpl_qlimit = limit;
    mach_port_context_t context = pick_guard();
    mach_port_name_t name = 0x5a5a5a5a;
    note("task %u: mach_port_construct in %u, flags 0x%x, limit %u, context %u", a, t, options.flags, limit,
         (unsigned)context);
    bool bad = (options.flags & MPO_QLIMIT) != 0 && limit > MACH_PORT_QLIMIT_MAX;
    agree_on_code(mach_port_construct(ports[a][t], &options, context, &name),
                  bad ? KERN_INVALID_VALUE : KERN_SUCCESS); // G6, G10
    if (bad) return;
    expect_fresh(t, name);
    struct world_name *it = world_allocate(t, MACH_PORT_RIGHT_RECEIVE, name);
    it->port->context = context;
    it->port->guarded = (options.flags & MPO_CONTEXT_AS_GUARD) != 0;
    it->port->strict = it->port->guarded && (options.flags & MPO_STRICT) != 0;
    if ((options.flags & MPO_QLIMIT) != 0) it->port->limit = limit;
    if ((options.flags & MPO_INSERT_SEND_RIGHT) == 0) return;
    it->type |= MACH_PORT_TYPE_SEND;
    it->urefs = 1;
    it->port->mscount = 1;
}

static void do_destroy(unsigned a) {
    unsigned t = other_or_same(a);
    mach_port_name_t name = pick_name(t, MACH_PORT_TYPE_ALL_RIGHTS);
    note("task %u: mach_port_destroy(%u, 0x%x)", a, t, name);
    struct world_name *it = world_find(t, name);
    kern_return_t wanted = KERN_SUCCESS; // R10, R18
    if (MACH_PORT_VALID(name) && it == NULL) wanted = KERN_INVALID_NAME;
    if (it != NULL && (it->type & MACH_PORT_TYPE_RECEIVE) != 0 && it->port->guarded && it->port->context != 0) {
        wanted = KERN_INVALID_RIGHT;
    }
    agree_on_code(mach_port_destroy(ports[a][t], name), wanted);
    if (wanted == KERN_SUCCESS && it != NULL) world_destroy(it);
}

static void do_deallocate(unsigned a) {
    unsigned t = other_or_same(a);
    const mach_port_type_t counted = MACH_PORT_TYPE_SEND_RIGHTS | MACH_PORT_TYPE_DEAD_NAME;
    mach_port_name_t name = pick_name(t, counted);
    note("task %u: mach_port_deallocate(%u, 0x%x)", a, t, name);
    struct world_name *it = world_find(t, name);
    kern_return_t wanted = KERN_SUCCESS; // R9
    if (MACH_PORT_VALID(name)) {
        wanted = it == NULL ? KERN_INVALID_NAME : (it->type & counted) == 0 ? KERN_INVALID_RIGHT : KERN_SUCCESS;
    }
    agree_on_code(mach_port_deallocate(ports[a][t], name), wanted);
    if (wanted != KERN_SUCCESS || it == NULL) return;
    mach_port_right_t right = (it->type & MACH_PORT_TYPE_SEND) != 0  ? MACH_PORT_RIGHT_SEND
                              : it->type == MACH_PORT_TYPE_SEND_ONCE ? MACH_PORT_RIGHT_SEND_ONCE
                                                                     : MACH_PORT_RIGHT_DEAD_NAME;
    world_change_references(it, right, -1);
}

static void do_mod_refs(unsigned a) {
    unsigned t = other_or_same(a);
    const mach_port_right_t rights[] = {MACH_PORT_RIGHT_SEND, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_SEND_ONCE,
                                        MACH_PORT_RIGHT_DEAD_NAME};
    mach_port_right_t right = rights[below(COUNT_OF(rights))];
    mach_port_name_t name = pick_name(t, MACH_PORT_TYPE(right));
    mach_port_delta_t delta = percent(60) ? -1 : 2 - (mach_port_delta_t)below(6);
    note("task %u: mach_port_mod_refs(%u, 0x%x, %u, %d)", a, t, name, right, delta);
    struct world_name *it = world_find(t, name);
    bool counts = right == MACH_PORT_RIGHT_SEND || right == MACH_PORT_RIGHT_DEAD_NAME;
    kern_return_t wanted = KERN_SUCCESS;
    if (!MACH_PORT_VALID(name)) {
        if (right != MACH_PORT_RIGHT_SEND && right != MACH_PORT_RIGHT_SEND_ONCE) wanted = KERN_INVALID_NAME; // R2
    } else if (it == NULL) {
        wanted = KERN_INVALID_NAME;
    } else if ((it->type & MACH_PORT_TYPE(right)) == 0) {
        wanted = KERN_INVALID_RIGHT; // R7
    } else if (counts ? (int64_t)it->urefs + delta < 0 : delta != 0 && delta != -1) {
        wanted = KERN_INVALID_VALUE; // R3, R4, R5
    } else if (right == MACH_PORT_RIGHT_RECEIVE && delta == -1 && it->port->guarded) {
        wanted = KERN_INVALID_RIGHT; // R12, R18
    }
    agree_on_code(mach_port_mod_refs(ports[a][t], name, right, delta), wanted);
    if (wanted == KERN_SUCCESS && it != NULL) world_change_references(it, right, delta);
}

// ---- Operations on receive rights

// The code of a call that needs a receive right; `invalid` is what NULL and DEAD get.
static kern_return_t code_for_receive(unsigned t, mach_port_name_t name, kern_return_t invalid) {
    if (!MACH_PORT_VALID(name)) return invalid; // R14
    const struct world_name *it = world_find(t, name);
    if (it == NULL) return KERN_INVALID_NAME;
    return (it->type & MACH_PORT_TYPE_RECEIVE) != 0 ? KERN_SUCCESS : KERN_INVALID_RIGHT;
}

static void do_guard(unsigned a) {
    unsigned t = other_or_same(a);
    mach_port_name_t name = pick_name(t, MACH_PORT_TYPE_RECEIVE);
    mach_port_context_t value = pick_guard();
    bool strict = percent(50);
    note("task %u: mach_port_guard(%u, 0x%x, %u, %d)", a, t, name, (unsigned)value, strict);
    kern_return_t wanted = code_for_receive(t, name, KERN_INVALID_NAME);
    struct world_port *port = wanted == KERN_SUCCESS ? world_find(t, name)->port : NULL;
    if (port != NULL && port->context != 0) wanted = KERN_INVALID_ARGUMENT; // G1
    agree_on_code(mach_port_guard(ports[a][t], name, value, strict), wanted);
    if (wanted != KERN_SUCCESS) return;
    port->context = value;
    port->guarded = true;
    port->strict = strict;
}

static void do_unguard(unsigned a) {
    unsigned t = other_or_same(a);
    mach_port_name_t name = pick_name(t, MACH_PORT_TYPE_RECEIVE);
    kern_return_t wanted = code_for_receive(t, name, KERN_INVALID_NAME);
    struct world_port *port = wanted == KERN_SUCCESS ? world_find(t, name)->port : NULL;
    mach_port_context_t value = port != NULL && percent(70) ? port->context : pick_guard();
    note("task %u: mach_port_unguard(%u, 0x%x, %u)", a, t, name, (unsigned)value);
    if (port != NULL && (!port->guarded || port->context != value)) wanted = KERN_INVALID_ARGUMENT; // G2
    agree_on_code(mach_port_unguard(ports[a][t], name, value), wanted);
    if (wanted != KERN_SUCCESS) return;
    port->context = 0;
    port->guarded = port->strict = false;
}

static void do_set_context(unsigned a) {
    unsigned t = other_or_same(a);
    mach_port_name_t name = pick_name(t, MACH_PORT_TYPE_RECEIVE);
    mach_port_context_t value = pick_guard();
    note("task %u: mach_port_set_context(%u, 0x%x, %u)", a, t, name, (unsigned)value);
    kern_return_t wanted = code_for_receive(t, name, KERN_INVALID_RIGHT);
    struct world_port *port = wanted == KERN_SUCCESS ? world_find(t, name)->port : NULL;
    if (port != NULL && port->strict) wanted = KERN_INVALID_ARGUMENT; // G1
    agree_on_code(mach_port_set_context(ports[a][t], name, value), wanted);
    if (wanted == KERN_SUCCESS) port->context = value;
}

static void do_set_limit(unsigned a) {
    unsigned t = other_or_same(a);
    mach_port_name_t name = pick_name(t, MACH_PORT_TYPE_RECEIVE);
    mach_port_limits_t limits = {.mpl_qlimit = below(5)};
    note("task %u: limit of %u's 0x%x to %u", a, t, name, limits.mpl_qlimit);
    kern_return_t wanted = code_for_receive(t, name, KERN_INVALID_RIGHT);
    agree_on_code(mach_port_set_attributes(ports[a][t], name, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits, 1),
                  wanted);
    if (wanted == KERN_SUCCESS) world_find(t, name)->port->limit = limits.mpl_qlimit;
}

static void do_destruct(unsigned a) {
    unsigned t = other_or_same(a);
    mach_port_name_t name = pick_name(t, MACH_PORT_TYPE_RECEIVE);
    struct world_name *it = world_find(t, name);
    kern_return_t wanted = code_for_receive(t, name, KERN_INVALID_NAME); // G3
    bool receives = wanted == KERN_SUCCESS;
    mach_port_context_t value = receives && percent(80) ? it->port->context : pick_guard();
    mach_port_delta_t delta = receives && percent(40) ? -(mach_port_delta_t)it->urefs : 1 - (mach_port_delta_t)below(4);
    note("task %u: mach_port_destruct(%u, 0x%x, %d, %u)", a, t, name, delta, (unsigned)value);
    if (receives) {
        if (delta != 0 && (it->type & MACH_PORT_TYPE_SEND) == 0) {
            wanted = KERN_INVALID_RIGHT;
        } else if (delta > 0) {
            wanted = KERN_INVALID_VALUE;
        } else if (it->port->guarded && it->port->context != value) {
            wanted = KERN_INVALID_ARGUMENT;
        } else if ((int64_t)it->urefs + delta < 0) {
            wanted = KERN_INVALID_VALUE;
        }
    }
    agree_on_code(mach_port_destruct(ports[a][t], name, delta, value), wanted);
    if (wanted == KERN_SUCCESS) world_destruct(it, delta);
}

// ---- Operations that move rights

// Copying the right in takes all that the name has, so that its slot is free for another.
static bool empties(const struct world_name *name, mach_msg_type_name_t disposition) {
    switch (disposition) {
    case MOVE_RECEIVE:
        return (name->type & MACH_PORT_TYPE_SEND) == 0;
    case MOVE_SEND:
        return name->urefs == 1 && (name->type & MACH_PORT_TYPE_RECEIVE) == 0;
    default:
        return disposition == MOVE_SEND_ONCE;
    }
}

static kern_return_t code_of_insert_right(unsigned a, unsigned t, mach_port_name_t name, mach_port_name_t poly,
                                          mach_msg_type_name_t disposition) {
    if (!MACH_PORT_VALID(name) || disposition < 16 || disposition > 21) return KERN_INVALID_VALUE; // I1
    if (!MACH_PORT_VALID(poly)) return KERN_INVALID_CAPABILITY;                                    // I2
    const struct world_name *source = world_find(a, poly);
    if (source == NULL) return KERN_INVALID_NAME;
    if (!world_can_copy_in(source, disposition, true)) return KERN_INVALID_RIGHT;
    if (source->type == MACH_PORT_TYPE_DEAD_NAME) return KERN_INVALID_CAPABILITY;
    const struct world_name *gone = a == t && empties(source, disposition) ? source : NULL;
    const struct world_name *target = world_find(t, name), *home = world_name_of(t, source->port);
    if (target == gone) target = NULL;
    if (home == gone) home = NULL;
    const struct world_name *slot = world_with_index(t, MACH_PORT_INDEX(name));
    bool slot_is_used = slot != NULL && slot != gone;
    for (unsigned i = 0; i < WORLD_TASKS; i++) slot_is_used |= MACH_PORT_INDEX(ports[t][i]) == MACH_PORT_INDEX(name);
    if (target == NULL && slot_is_used) return KERN_FAILURE;
    mach_msg_type_name_t kind = world_kind(disposition);
    if (kind != MOVE_SEND_ONCE && home != NULL && home->name != name) return KERN_RIGHT_EXISTS; // I3, I4
    if (target == NULL) return KERN_SUCCESS;
    return kind == MOVE_SEND_ONCE || target != home ? KERN_NAME_EXISTS : KERN_SUCCESS; // I4, I5
}

static void do_insert_right(unsigned a) {
    unsigned t = other_or_same(a);
    mach_port_name_t poly = pick_name(a, MACH_PORT_TYPE_PORT_RIGHTS);
    mach_msg_type_name_t disposition = pick_disposition(a, poly, percent(40));
    const struct world_name *source = world_find(a, poly);
    const struct world_name *home = source == NULL || source->port == NULL ? NULL : world_name_of(t, source->port);
    mach_port_name_t name = home != NULL && percent(60) ? home->name
                            : percent(85)               ? strange_name(t)
                                                        : pick_name(t, MACH_PORT_TYPE_ALL_RIGHTS);
    note("task %u: mach_port_insert_right(%u, 0x%x, 0x%x, %u)", a, t, name, poly, disposition);
    kern_return_t wanted = code_of_insert_right(a, t, name, poly, disposition);
    agree_on_code(mach_port_insert_right(ports[a][t], name, poly, disposition), wanted);
    if (wanted != KERN_SUCCESS) return;
    struct world_right right = world_copy_in(world_find(a, poly), disposition);
    world_copy_out(t, &right, name);
    world_flush();
}

static void do_extract_right(unsigned a) {
    unsigned t = other_or_same(a);
    mach_port_name_t name = pick_name(t, MACH_PORT_TYPE_PORT_OR_DEAD);
    mach_msg_type_name_t disposition = pick_disposition(t, name, percent(40)), got_disposition = 99;
    mach_port_t got = 0x5a5a5a5a;
    note("task %u: mach_port_extract_right(%u, 0x%x, %u)", a, t, name, disposition);
    struct world_name *it = world_find(t, name);
    kern_return_t wanted = KERN_SUCCESS; // I7, I8, I11
    if (disposition < 16 || disposition > 21) {
        wanted = KERN_INVALID_VALUE;
    } else if (!MACH_PORT_VALID(name)) {
        wanted = KERN_INVALID_RIGHT;
    } else if (it == NULL) {
        wanted = KERN_INVALID_NAME;
    } else if (!world_can_copy_in(it, disposition, true)) {
        wanted = KERN_INVALID_RIGHT;
    }
    agree_on_code(mach_port_extract_right(ports[a][t], name, disposition, &got, &got_disposition), wanted);
    if (wanted != KERN_SUCCESS) return;
    struct world_right right = world_copy_in(it, disposition);
    agree("disposition", got_disposition, right.kind);
    take_right(a, "extracted name", &right, got);
    world_flush();
}

// ---- Requests

// What the call answers, once it has the right; *previous is the port whose right it gives back.
static kern_return_t request_in_model(unsigned t, mach_port_name_t name, mach_msg_id_t id, mach_port_mscount_t sync,
                                      struct world_port *to, struct world_port **previous) {
    struct world_name *it = MACH_PORT_VALID(name) ? world_find(t, name) : NULL;
    if (id == PORT_DESTROYED || id == NO_SENDERS) {
        if (id == PORT_DESTROYED && sync != 0) return KERN_INVALID_VALUE; // T14
        kern_return_t code = code_for_receive(t, name, KERN_INVALID_RIGHT);
        if (code != KERN_SUCCESS) return code;
        struct world_port *port = it->port, **place = id == NO_SENDERS ? &port->no_senders : &port->port_destroyed;
        *previous = *place;
        *place = to;
        if (id == PORT_DESTROYED || to == NULL || world_has_send_rights(port) || sync > port->mscount)
            return KERN_SUCCESS;
        *place = NULL;
        world_notify(to, NO_SENDERS, port->mscount); // T1
        return KERN_SUCCESS;
    }
    if (id != DEAD_NAME && id != SEND_POSSIBLE) return KERN_INVALID_VALUE; // T16
    if (!MACH_PORT_VALID(name)) return KERN_INVALID_ARGUMENT;              // T6
    if (it == NULL) return KERN_INVALID_NAME;
    if (it->type == MACH_PORT_TYPE_DEAD_NAME) {
        if (to == NULL) return KERN_SUCCESS;                            // T22
        if (id == DEAD_NAME && sync == 0) return KERN_INVALID_ARGUMENT; // T7
        it->urefs += 1;
        world_notify(to, DEAD_NAME, name);
        return KERN_SUCCESS;
    }
    *previous = it->notify; // T8
    it->notify = NULL;
    it->possible = it->armed = it->asked = false;
    if (to == NULL) return KERN_SUCCESS;
    if (id == SEND_POSSIBLE && sync != 0 && (it->type == MACH_PORT_TYPE_SEND_ONCE || !world_is_full(it->port))) {
        world_notify(to, SEND_POSSIBLE, name); // T9
        return KERN_SUCCESS;
    }
    it->notify = to;
    it->asked = true;
    it->possible = id == SEND_POSSIBLE;
    it->armed = it->possible && sync != 0;
    return KERN_SUCCESS;
}

static void do_request(unsigned a) {
    const mach_msg_id_t ids[] = {DEAD_NAME,  DEAD_NAME,  SEND_POSSIBLE, SEND_POSSIBLE,
                                 NO_SENDERS, NO_SENDERS, PORT_DESTROYED};
    unsigned t = other_or_same(a);
    mach_msg_id_t id = percent(2) ? PORT_DELETED + (mach_msg_id_t)below(10) : ids[below(COUNT_OF(ids))];
    bool of_receive = id == PORT_DESTROYED || id == NO_SENDERS;
    mach_port_name_t name = pick_name(t, of_receive ? MACH_PORT_TYPE_RECEIVE : MACH_PORT_TYPE_PORT_OR_DEAD);
    mach_port_mscount_t sync = percent(50) && id != PORT_DESTROYED ? below(4) : percent(5);
    // Whose right it shall go to: a fresh one of a port, or one that has a name. Null cancels.
    const mach_port_type_t types[] = {MACH_PORT_TYPE_RECEIVE, MACH_PORT_TYPE_RECEIVE, MACH_PORT_TYPE_SEND_ONCE};
    struct world_name *notify = percent(15) ? NULL : pick(a, types[below(COUNT_OF(types))]);
    bool moves = notify != NULL && notify->type == MACH_PORT_TYPE_SEND_ONCE;
    mach_port_t notify_name = notify == NULL ? MACH_PORT_NULL : notify->name, previous_name = 0x5a5a5a5a;
    note("task %u: mach_port_request_notification(%u, 0x%x, %d, %u, 0x%x%s)", a, t, name, id, sync, notify_name,
         moves ? " moves" : "");
    struct world_right right = {0};
    if (notify != NULL) right = world_copy_in(notify, moves ? MOVE_SEND_ONCE : MAKE_SEND_ONCE);
    world_flush();
    // A name that nobody has looked at since its port died is another matter (T22).
    mach_port_type_t ignored = 0;
    if (notify == NULL) (void)mach_port_type(ports[a][t], name, &ignored);
    struct world_port *previous = NULL;
    kern_return_t wanted = request_in_model(t, name, id, sync, right.port, &previous);
    agree_on_code(mach_port_request_notification(ports[a][t], name, id, sync, notify_name,
                                                 moves ? MOVE_SEND_ONCE : MAKE_SEND_ONCE, &previous_name),
                  wanted);
    if (wanted != KERN_SUCCESS) {
        world_drop(&right); // T20
        if (right.port != NULL && !right.port->alive) right.port->onces -= 1;
        return;
    }
    take_right(a, "previous", &(struct world_right){MOVE_SEND_ONCE, previous, MACH_PORT_NULL}, previous_name); // T3
}

// ---- Messages

static void do_send(unsigned a) {
    static mach_msg_id_t last_id = 1000;
    struct world_message *model = calloc(1, sizeof(*model));
    if (model == NULL) abort();
    model->id = ++last_id;
    unsigned count = percent(35) ? 0 : 1 + below(WORLD_RIGHTS);
    model->complex = count > 0;
    struct world_name *to = pick(a, MACH_PORT_TYPE_PORT_RIGHTS);
    struct world_name *reply = percent(60) ? NULL : pick(a, MACH_PORT_TYPE_PORT_RIGHTS);
    if (reply == to) reply = NULL; // test_model.c has these
    if (to == NULL) {
        free(model);
        return;
    }
    mach_msg_type_name_t one = pick_disposition(a, to->name, false);
    mach_msg_type_name_t two = reply == NULL ? 0 : pick_disposition(a, reply->name, false);
    if (one < MOVE_SEND || one > MAKE_SEND_ONCE || !world_can_copy_in(to, one, false)) {
        free(model);
        return;
    }
    if (two < MOVE_SEND || two > MAKE_SEND_ONCE || !world_can_copy_in(reply, two, true)) {
        reply = NULL;
        two = 0;
    }
    bool asks = percent(50);
    struct test_message message = message_to(to->name, one, model->id);
    if (reply != NULL) set_reply(&message, reply->name, two);
    for (unsigned i = 0; i < count; i++) {
        mach_port_name_t name = pick_name(a, MACH_PORT_TYPE_PORT_OR_DEAD);
        add_port(&message, name, pick_disposition(a, name, percent(50)));
    }
    note("task %u: send %d to 0x%x by %u, reply 0x%x by %u, %u rights%s", a, model->id, to->name, one,
         reply == NULL ? 0 : reply->name, two, count, asks ? ", notify" : "");

    model->destination = world_copy_in(to, one);
    if (reply != NULL) model->reply = world_copy_in(reply, two);
    struct world_port *port = model->destination.port;
    bool forced = false;
    if (asks && to->used && to->asked && model->destination.kind == MOVE_SEND) { // T10
        if (!world_is_full(port)) {
            forced = true;
        } else if (to->possible && to->notify != NULL) {
            to->armed = true;
        }
    }
    mach_msg_return_t wanted = MACH_MSG_SUCCESS;
    bool circular = false;
    for (; model->count < count && wanted == MACH_MSG_SUCCESS; model->count++) {
        const mach_msg_port_descriptor_t *descriptor = &message.ports[model->count];
        struct world_right *right = &model->rights[model->count];
        mach_msg_type_name_t disposition = descriptor->disposition;
        if (!MACH_PORT_VALID(descriptor->name)) {
            *right = (struct world_right){world_kind(disposition), NULL, descriptor->name}; // D1
            continue;
        }
        struct world_name *name = world_find(a, descriptor->name);
        if (name == NULL || !world_can_copy_in(name, disposition, true)) {
            wanted = MACH_SEND_INVALID_RIGHT; // S8
            break;
        }
        *right = world_copy_in(name, disposition);
        if (right->kind != MOVE_RECEIVE) continue;
        if (world_is_circular(right->port, port)) {
            circular = true; // C1
        } else {
            right->port->inside = port;
        }
    }
    world_flush(); // T12: before what else the body's failure sends
    if (wanted == MACH_SEND_INVALID_RIGHT) {
        world_destroy_partial(model); // S8, S12
        model = NULL;
    }
    if (model != NULL && circular) {
        world_destroy_message(model);
    } else if (model != NULL && model->destination.kind == MOVE_SEND && !forced && world_is_full(port)) {
        wanted = MACH_SEND_TIMED_OUT; // Q3
    } else if (model != NULL) {
        world_enqueue(model);
    }
    mach_msg_option_t option = MACH_SEND_MSG | MACH_SEND_TIMEOUT | (asks ? MACH_SEND_NOTIFY : 0);
    agree_on_code(mach_msg(&message.header, option, message.header.msgh_size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL),
                  wanted);
    if (wanted != MACH_SEND_TIMED_OUT) return;
    take_right(a, "destination", &model->destination, message.header.msgh_remote_port); // S9
    take_right(a, "reply port", &model->reply, message.header.msgh_local_port);
    for (unsigned i = 0; i < model->count; i++) {
        take_right(a, "port in the body", &model->rights[i], message.ports[i].name);
    }
    free(model);
}

// The library was free to send this one first.
static void choose_from_batch(struct world_message *first, mach_msg_id_t id, uint32_t value) {
    if (first->batch == 0) return;
    for (struct world_message *it = first; it != NULL && it->batch == first->batch; it = it->next) {
        if (it->id != id || it->value != value) continue;
        it->id = first->id;
        it->value = first->value;
        first->id = id;
        first->value = value;
        return;
    }
}

static void receive_from(unsigned a, struct world_name *name, mach_msg_size_t limit) {
    struct world_port *port = name->port;
    mach_port_name_t local = name->name;
    union {
        struct test_message message;
        struct notification notification;
    } it;
    memset(&it, 0, sizeof(it));
    mach_msg_option_t option = MACH_RCV_MSG | MACH_RCV_TIMEOUT | MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SEQNO);
    mach_msg_return_t code =
        mach_msg(&it.message.header, option, 0, limit == 0 ? sizeof(it) : limit, local, 0, MACH_PORT_NULL);
    if (port->first == NULL) {
        agree_on_code(code, MACH_RCV_TIMED_OUT);
        return;
    }
    bool too_large = limit != 0 && world_size(port->first) + 12 > limit;
    agree_on_code(code, too_large ? MACH_RCV_TOO_LARGE : MACH_MSG_SUCCESS); // V10
    struct world_message *model = world_dequeue(port);
    const mach_msg_header_t *header = &it.message.header;
    agree("local port", header->msgh_local_port, local);
    agree("kind of the port's right", MACH_MSGH_BITS_LOCAL(header->msgh_bits), model->destination.kind); // V8
    agree("size", header->msgh_size, too_large ? sizeof(*header) : world_size(model));
    const mach_msg_seqno_trailer_t *trailer = (const void *)((const char *)&it + header->msgh_size);
    agree("seqno", trailer->msgh_seqno, port->seqno++); // Q6
    if (too_large) {
        world_delivered(model, false); // V6
        world_destroy_message(model);
        return;
    }
    if (model->batch != 0) {
        model->next = port->first;
        choose_from_batch(model, header->msgh_id, it.notification.value);
    }
    agree("id", (uint32_t)header->msgh_id, (uint32_t)model->id);
    agree("COMPLEX", (header->msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0, model->complex);
    if (model->has_value) agree("value", it.notification.value, model->value); // T3, T12, T13
    take_right(a, "reply port", &model->reply, header->msgh_remote_port);
    world_delivered(model, true);
    if (model->complex) agree("rights", it.message.body.msgh_descriptor_count, model->count);
    for (unsigned i = 0; i < model->count; i++) {
        agree("kind of a right", it.message.ports[i].disposition, model->rights[i].kind);
        take_right(a, "port in the body", &model->rights[i], it.message.ports[i].name);
    }
    free(model);
}

static void do_receive(unsigned a) {
    // Mostly from a port that has a message.
    struct world_name *name = NULL;
    for (unsigned tries = 0; tries < 5; tries++) {
        name = pick(a, MACH_PORT_TYPE_RECEIVE);
        if (name == NULL || name->port->count > 0) break;
    }
    mach_msg_size_t limit = percent(10) ? sizeof(mach_msg_header_t) + 12 + 4 * below(6) : 0;
    note("task %u: receive from 0x%x, limit %u", a, name == NULL ? 0 : name->name, limit);
    if (name != NULL) receive_from(a, name, limit);
}

// ---- Tasks come and go

static void do_replace_task(unsigned a) {
    note("task %u ends", a);
    act_as_process();
    end_task(tasks[a]);
    world_end_task(a);
    begin_task(a);
    for (unsigned i = 0; i < WORLD_TASKS; i++) {
        if (i == a) continue;
        agree("type of the port of a task that has ended", type_in(tasks[i], ports[i][a]), MACH_PORT_TYPE_DEAD_NAME);
        assert_success(mach_port_destroy(tasks[i], ports[i][a]));
        introduce(a, i);
        introduce(i, a);
    }
}

// ---- Many of them

static const struct {
    void (*run)(unsigned actor);
    unsigned weight;
} operations[] = {
    {do_send, 300},          {do_receive, 280},    {do_request, 220},  {do_insert_right, 140},
    {do_extract_right, 100}, {do_allocate, 60},    {do_construct, 40}, {do_destroy, 30},
    {do_deallocate, 100},    {do_mod_refs, 80},    {do_guard, 25},     {do_unguard, 35},
    {do_destruct, 30},       {do_set_context, 20}, {do_set_limit, 50}, {do_replace_task, 8},
};

static void do_something(void) {
    unsigned a = below(WORLD_TASKS);
    act_as_task(a);
    unsigned names = world_count_names(a);
    if (names > MANY_NAMES && percent(60)) return do_destroy(a);
    if (names < FEW_NAMES && percent(40)) return do_allocate(a);
    unsigned total = 0;
    for (unsigned i = 0; i < COUNT_OF(operations); i++) total += operations[i].weight;
    unsigned dice = below(total), i = 0;
    for (; dice >= operations[i].weight; i++) dice -= operations[i].weight;
    operations[i].run(a);
}

static void run_epoch(void) {
    chance = seed * 0x9e3779b97f4a7c15u + 1;
    world_reset();
    memset(ports, 0, sizeof(ports));
    for (unsigned i = 0; i < WORLD_TASKS; i++) begin_task(i);
    for (unsigned i = 0; i < WORLD_TASKS; i++) {
        for (unsigned j = 0; j < WORLD_TASKS; j++) {
            if (i != j) introduce(i, j);
        }
    }
    mach_linux_statistics(&before);
    for (operation = 0; operation < OPERATIONS; operation++) {
        do_something();
        if (operation % CHECK_EVERY == 0) compare_everything();
    }
    // All that still waits is looked at, some of it only once a right has come out.
    for (bool found = true; found;) {
        found = false;
        for (unsigned i = 0; i < WORLD_TASKS * WORLD_NAMES; i++) {
            unsigned task = i / WORLD_NAMES;
            struct world_name *it = &world_names[task][i % WORLD_NAMES];
            if (!it->used || (it->type & MACH_PORT_TYPE_RECEIVE) == 0 || it->port->count == 0) continue;
            // Room for what comes out of the message.
            if (world_count_names(task) > WORLD_NAMES - 10) continue;
            act_as_task(task);
            note("the end: task %u receives from 0x%x", task, it->name);
            receive_from(task, it, 0);
            operation += 1;
            found = true;
        }
    }
    compare_everything();
    for (unsigned i = 0; i < WORLD_TASKS; i++) {
        note("the end of task %u", i);
        act_as_process();
        end_task(tasks[i]);
        world_end_task(i);
    }
    agree("ports left in the model", world_count_ports(), 0);
    world_reset();
}

static void library_and_model_agree_on_three_tasks(void **state) {
    (void)state;
    const char *wanted = getenv("LIBMACH_TEST_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    seed = wanted != NULL ? strtoull(wanted, NULL, 0) : (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    print_message("LIBMACH_TEST_SEED=%llu, %d times %d operations\n", (unsigned long long)seed, EPOCHS, OPERATIONS);
    for (unsigned epoch = 0; epoch < EPOCHS; epoch++, seed++) run_epoch();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(library_and_model_agree_on_three_tasks),
    };
    return TASK_RUN(tests);
}
