// Random operations on the library and on the naive model of model.h, side by side: every code, every output and, again
// and again, everything that a program can see must agree. The seed is printed; LIBMACH_TEST_SEED sets it.
#include "message_support.h"
#include "model.h"
#include "stress.h"

#include <mach/notify.h>

#include <time.h>

enum { EPOCHS = ROUNDS_OF(25, 8), OPERATIONS = ROUNDS_OF(20000, 13000), CHECK_EVERY = 40 };
// The task is kept from running dry and from flooding.
enum { FEW_NAMES = 25, MANY_NAMES = 120 };

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

static char notes[12][240];
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

// ---- Picking arguments

static mach_port_name_t baseline[64]; // names that were there before
static unsigned baseline_count;
static mach_port_name_t freed[64];

static bool is_baseline(mach_port_name_t name) {
    for (unsigned i = 0; i < baseline_count; i++) {
        if (baseline[i] == name) return true;
    }
    return false;
}

// Any name whose type has one of these bits, each as likely as the others; null if there is none.
static struct model_name *pick(mach_port_type_t types) {
    struct model_name *found[MODEL_NAMES];
    unsigned count = 0;
    for (unsigned i = 0; i < MODEL_NAMES; i++) {
        if (model_names[i].used && (model_names[i].type & types) != 0) found[count++] = &model_names[i];
    }
    return count == 0 ? NULL : found[below(count)];
}

// A name that has little chance to be in use: free slots, other generations of slots in use, freed names, anything.
static mach_port_name_t strange_name(void) {
    struct model_name *known = pick(MACH_PORT_TYPE_ALL_RIGHTS);
    mach_port_name_t name = MACH_PORT_NULL;
    switch (below(6)) {
    case 0:
        return MACH_PORT_NULL;
    case 1:
        return MACH_PORT_DEAD;
    case 2:
        name = freed[below(COUNT_OF(freed))];
        break;
    case 3:
        name = known == NULL ? MACH_PORT_DEAD : known->name + 4;
        break;
    case 4:
        name = MACH_PORT_MAKE(1 + below(300), 0x03000000u + (below(8) << 26));
        break;
    default:
        name = below(4096);
        break;
    }
    return is_baseline(name) ? MACH_PORT_NULL : name;
}

// Mostly a name of one of these types, now and then any other, seldom a strange one.
static mach_port_name_t pick_name(mach_port_type_t types) {
    unsigned dice = below(100);
    struct model_name *name = pick(dice < 86 ? types : MACH_PORT_TYPE_ALL_RIGHTS);
    return dice >= 94 || name == NULL ? strange_name() : name->name;
}

// Mostly a disposition that the name allows.
static mach_msg_type_name_t pick_disposition(mach_port_name_t name, bool may_move_receive) {
    const struct model_name *it = model_find(name);
    if (it == NULL || percent(6)) return 15 + below(8);
    mach_msg_type_name_t good[6];
    unsigned count = 0;
    for (mach_msg_type_name_t disposition = 16; disposition <= 21; disposition++) {
        if (disposition == MACH_MSG_TYPE_MOVE_RECEIVE && !may_move_receive) continue;
        if (model_can_copy_in(it, disposition, true)) good[count++] = disposition;
    }
    return count == 0 ? 15 + below(8) : good[below(count)];
}

static void remember_freed(mach_port_name_t name) { freed[below(COUNT_OF(freed))] = name; }

// A name that the library chose must be new.
static void expect_fresh(mach_port_name_t name) {
    if (!MACH_PORT_VALID(name) || MACH_PORT_INDEX(name) == 0 || (name & 3) != 3)
        disagree("0x%x is no name", name); // N2, N3
    if (is_baseline(name) || model_with_index(MACH_PORT_INDEX(name)) != NULL) disagree("0x%x was in use", name);
}

// The right has arrived under this name.
static void take_right(const char *what, const struct model_right *right, mach_port_name_t name) {
    mach_port_name_t known = model_known_name(right);
    if (known == 0 && right->port != NULL) {
        expect_fresh(name);
    } else {
        agree(what, name, known);
    }
    model_copy_out(right, name);
}

// ---- Comparing all that can be seen

static void compare_port(const struct model_name *name) {
    const struct model_port *port = name->port;
    mach_port_status_t it = status(name->name);
    bool in_any = false;
    for (unsigned i = 0; i < MODEL_NAMES; i++) in_any |= port->in_set[i];
    agree("mps_pset", it.mps_pset, in_any); // Q9
    agree("mps_seqno", it.mps_seqno, port->seqno);
    agree("mps_mscount", it.mps_mscount, port->mscount);
    agree("mps_qlimit", it.mps_qlimit, port->limit);
    agree("mps_msgcount", it.mps_msgcount, port->count);
    agree("mps_sorights", it.mps_sorights, model_send_once_rights(port));
    agree("mps_srights", it.mps_srights != 0, model_has_send_rights(port));
    agree("mps_pdrequest", it.mps_pdrequest, 0);
    agree("mps_nsrequest", it.mps_nsrequest, 0);
    mach_port_context_t context = 0;
    assert_success(mach_port_get_context(SELF, name->name, &context));
    agree("context", context, port->context);
}

static void compare_set(const struct model_name *set) {
    mach_port_name_array_t members = NULL;
    mach_msg_type_number_t count = 0;
    assert_success(mach_port_get_set_status(SELF, set->name, &members, &count));
    unsigned wanted = 0;
    for (unsigned i = 0; i < MODEL_NAMES; i++) {
        const struct model_name *it = &model_names[i];
        if (!it->used || (it->type & MACH_PORT_TYPE_RECEIVE) == 0 || !it->port->in_set[model_slot(set)]) continue;
        unsigned found = 0;
        for (unsigned j = 0; j < count; j++) found += members[j] == it->name;
        agree("times that a member is listed", found, 1);
        wanted += 1;
    }
    agree("members of a set", count, wanted);
    assert_success(vm_deallocate(SELF, (vm_address_t)members, count * sizeof(*members)));
}

static void compare_name(const struct model_name *name) {
    const mach_port_right_t counted[] = {MACH_PORT_RIGHT_SEND, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_SEND_ONCE,
                                         MACH_PORT_RIGHT_PORT_SET, MACH_PORT_RIGHT_DEAD_NAME};
    for (unsigned i = 0; i < COUNT_OF(counted); i++) {
        agree("references", refs(name->name, counted[i]), model_references(name, counted[i]));
    }
    if ((name->type & MACH_PORT_TYPE_RECEIVE) != 0) compare_port(name);
    if ((name->type & MACH_PORT_TYPE_PORT_SET) != 0) compare_set(name);
}

extern __typeof__(mach_linux_check) mach_linux_check __attribute__((weak));
static mach_linux_statistics_data_t before;

static void compare_everything(void) {
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    assert_success(mach_port_names(SELF, &names, &count, &types, &type_count));
    unsigned found = 0;
    for (unsigned i = 0; i < count; i++) {
        if (is_baseline(names[i])) continue;
        const struct model_name *it = model_find(names[i]);
        if (it == NULL) disagree("the library has a name 0x%x of type 0x%x, the model has not", names[i], types[i]);
        if (types[i] != it->type) {
            disagree("0x%x: the library says type 0x%x, the model 0x%x", names[i], types[i], it->type);
        }
        found += 1;
    }
    agree("names", found, model_count_names());
    assert_success(vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)));
    assert_success(vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types)));
    for (unsigned i = 0; i < MODEL_NAMES; i++) {
        if (model_names[i].used) compare_name(&model_names[i]);
    }
    mach_linux_statistics_data_t now;
    mach_linux_statistics(&now);
    agree("statistics: rights", now.rights, before.rights + model_count_names());
    agree("statistics: messages", now.messages, before.messages + model_count_messages());
    // A dead port may still be there as long as a name has not been found dead.
    if (now.ports < before.ports + model_count_ports()) {
        disagree("%llu ports, and %llu before, but the model has %u", (unsigned long long)now.ports,
                 (unsigned long long)before.ports, model_count_ports());
    }
    if (mach_linux_check != NULL) agree_on_code(mach_linux_check(), KERN_SUCCESS);
}

// ---- Operations on names

// The one name that the library has and the model has not.
static mach_port_name_t find_unreported_name(void) {
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    mach_port_name_t found = MACH_PORT_NULL;
    assert_success(mach_port_names(SELF, &names, &count, &types, &type_count));
    for (unsigned i = 0; i < count; i++) {
        if (!is_baseline(names[i]) && model_find(names[i]) == NULL) found = names[i];
    }
    assert_success(vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)));
    assert_success(vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types)));
    return found;
}

static mach_port_right_t pick_right_to_allocate(void) {
    const mach_port_right_t rights[] = {MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_RECEIVE,
                                        MACH_PORT_RIGHT_PORT_SET, MACH_PORT_RIGHT_DEAD_NAME};
    return percent(4) ? below(8) : rights[below(COUNT_OF(rights))];
}

static bool can_be_allocated(mach_port_right_t right) {
    return right == MACH_PORT_RIGHT_RECEIVE || right == MACH_PORT_RIGHT_PORT_SET || right == MACH_PORT_RIGHT_DEAD_NAME;
}

static void do_allocate(void) {
    mach_port_right_t right = pick_right_to_allocate();
    mach_port_name_t name = MACH_PORT_NULL;
    note("mach_port_allocate(%u)", right);
    kern_return_t code = mach_port_allocate(SELF, right, &name);
    agree_on_code(code, can_be_allocated(right) ? KERN_SUCCESS : KERN_INVALID_VALUE); // N6
    if (code != KERN_SUCCESS) return;
    expect_fresh(name);
    model_allocate(right, name);
}

static bool index_is_used(mach_port_name_t name, const struct model_name *except) {
    for (unsigned i = 0; i < baseline_count; i++) {
        if (MACH_PORT_INDEX(baseline[i]) == MACH_PORT_INDEX(name)) return true;
    }
    const struct model_name *it = model_with_index(MACH_PORT_INDEX(name));
    return it != NULL && it != except;
}

static void do_allocate_name(void) {
    mach_port_right_t right = pick_right_to_allocate();
    mach_port_name_t name = percent(70) ? strange_name() : pick_name(MACH_PORT_TYPE_ALL_RIGHTS);
    if (percent(2)) name = MACH_PORT_MAKE(INDEX_BEYOND + below(1000), 0x03000000u);
    if (right == MACH_PORT_RIGHT_DEAD_NAME && (!MACH_PORT_VALID(name) || (name & 3) != 3))
        return; // nothing says what wins
    note("mach_port_allocate_name(%u, 0x%x)", right, name);
    const struct model_name *it = model_find(name);
    kern_return_t wanted = KERN_SUCCESS; // N5, N6
    if (!MACH_PORT_VALID(name) || (name & 3) != 3 || !can_be_allocated(right)) {
        wanted = KERN_INVALID_VALUE;
    } else if (right == MACH_PORT_RIGHT_DEAD_NAME) {
        wanted = KERN_SUCCESS; // N11
    } else if (MACH_PORT_INDEX(name) >= INDEX_BEYOND) {
        wanted = KERN_NO_SPACE;
    } else if (MACH_PORT_INDEX(name) == 0 || index_is_used(name, it)) {
        wanted = KERN_FAILURE;
    } else if (it != NULL) {
        wanted = KERN_NAME_EXISTS;
    }
    agree_on_code(mach_port_allocate_name(SELF, right, name), wanted);
    if (wanted != KERN_SUCCESS) return;
    if (right == MACH_PORT_RIGHT_DEAD_NAME) {
        name = find_unreported_name();
        expect_fresh(name);
    }
    model_allocate(right, name);
}

static void do_destroy(void) {
    mach_port_name_t name = pick_name(MACH_PORT_TYPE_ALL_RIGHTS);
    note("mach_port_destroy(0x%x)", name);
    struct model_name *it = model_find(name);
    kern_return_t wanted = !MACH_PORT_VALID(name) || it != NULL ? KERN_SUCCESS : KERN_INVALID_NAME; // R10
    agree_on_code(mach_port_destroy(SELF, name), wanted);
    if (it == NULL) return;
    remember_freed(name);
    model_destroy(it);
}

static void do_deallocate(void) {
    const mach_port_type_t counted = MACH_PORT_TYPE_SEND_RIGHTS | MACH_PORT_TYPE_DEAD_NAME;
    mach_port_name_t name = pick_name(counted);
    note("mach_port_deallocate(0x%x)", name);
    struct model_name *it = model_find(name);
    kern_return_t wanted = KERN_SUCCESS; // R9
    if (MACH_PORT_VALID(name)) {
        wanted = it == NULL ? KERN_INVALID_NAME : (it->type & counted) == 0 ? KERN_INVALID_RIGHT : KERN_SUCCESS;
    }
    agree_on_code(mach_port_deallocate(SELF, name), wanted);
    if (wanted != KERN_SUCCESS || it == NULL) return;
    mach_port_right_t right = (it->type & MACH_PORT_TYPE_SEND) != 0        ? MACH_PORT_RIGHT_SEND
                              : (it->type & MACH_PORT_TYPE_SEND_ONCE) != 0 ? MACH_PORT_RIGHT_SEND_ONCE
                                                                           : MACH_PORT_RIGHT_DEAD_NAME;
    model_change_references(it, right, -1);
}

static kern_return_t code_of_mod_refs(mach_port_name_t name, mach_port_right_t right, mach_port_delta_t delta) {
    if (right >= MACH_PORT_RIGHT_NUMBER) return KERN_INVALID_VALUE;
    if (!MACH_PORT_VALID(name)) {
        return right == MACH_PORT_RIGHT_SEND || right == MACH_PORT_RIGHT_SEND_ONCE ? KERN_SUCCESS
                                                                                   : KERN_INVALID_NAME; // R2
    }
    const struct model_name *it = model_find(name);
    if (it == NULL) return KERN_INVALID_NAME;
    if ((it->type & MACH_PORT_TYPE(right)) == 0) return KERN_INVALID_RIGHT; // R7
    if (right != MACH_PORT_RIGHT_SEND && right != MACH_PORT_RIGHT_DEAD_NAME) {
        return delta == 0 || delta == -1 ? KERN_SUCCESS : KERN_INVALID_VALUE; // R3, R4
    }
    int64_t sum = (int64_t)it->urefs + delta;
    if (sum < 0) return KERN_INVALID_VALUE;
    return sum > (right == MACH_PORT_RIGHT_SEND ? MODEL_UREFS : MODEL_UREFS + 1) ? KERN_UREFS_OVERFLOW
                                                                                 : KERN_SUCCESS; // R5
}

static mach_port_delta_t pick_delta(void) {
    switch (below(12)) {
    case 0:
        return 65534 - (mach_port_delta_t)below(4);
    case 1:
        return -65534 + (mach_port_delta_t)below(4);
    case 2:
        return (mach_port_delta_t)next_random();
    case 3:
        return 0;
    case 4:
    case 5:
    case 6:
        return -1;
    default:
        return 3 - (mach_port_delta_t)below(6);
    }
}

static void do_mod_refs(void) {
    mach_port_right_t right = percent(92) ? below(5) : below(9);
    mach_port_name_t name = pick_name(right < 5 ? MACH_PORT_TYPE(right) : MACH_PORT_TYPE_ALL_RIGHTS);
    mach_port_delta_t delta = pick_delta();
    note("mach_port_mod_refs(0x%x, %u, %d)", name, right, delta);
    kern_return_t wanted = code_of_mod_refs(name, right, delta);
    agree_on_code(mach_port_mod_refs(SELF, name, right, delta), wanted);
    struct model_name *it = model_find(name);
    if (wanted == KERN_SUCCESS && it != NULL) model_change_references(it, right, delta);
}

static void do_get_refs(void) {
    mach_port_name_t name = pick_name(MACH_PORT_TYPE_ALL_RIGHTS);
    mach_port_right_t right = below(8);
    note("mach_port_get_refs(0x%x, %u)", name, right);
    const struct model_name *it = model_find(name);
    mach_port_urefs_t count = 0x5a5a, wanted_count = 0x5a5a;
    kern_return_t wanted = KERN_SUCCESS; // R1
    if (right >= MACH_PORT_RIGHT_NUMBER) {
        wanted = KERN_INVALID_VALUE;
    } else if (!MACH_PORT_VALID(name) && (right == MACH_PORT_RIGHT_SEND || right == MACH_PORT_RIGHT_SEND_ONCE)) {
        wanted_count = 1;
    } else if (it == NULL) {
        wanted = KERN_INVALID_NAME;
    } else {
        wanted_count = model_references(it, right);
    }
    agree_on_code(mach_port_get_refs(SELF, name, right, &count), wanted);
    agree("references", count, wanted_count);
}

static void do_type(void) {
    mach_port_name_t name = pick_name(MACH_PORT_TYPE_ALL_RIGHTS);
    note("mach_port_type(0x%x)", name);
    const struct model_name *it = model_find(name);
    mach_port_type_t found = 0, wanted = name == MACH_PORT_DEAD ? MACH_PORT_TYPE_DEAD_NAME : it == NULL ? 0 : it->type;
    agree_on_code(mach_port_type(SELF, name, &found), wanted == 0 ? KERN_INVALID_NAME : KERN_SUCCESS); // R13
    agree("type", found, wanted);
}

static void do_rename(void) {
    mach_port_name_t name = pick_name(MACH_PORT_TYPE_ALL_RIGHTS), other = strange_name();
    note("mach_port_rename(0x%x, 0x%x)", name, other);
    agree_on_code(mach_port_rename(SELF, name, other), KERN_NOT_SUPPORTED); // N7
}

// ---- Operations that move rights

// Copying the right in takes all that the name has, so that its slot is free for another.
static bool empties(const struct model_name *name, mach_msg_type_name_t disposition) {
    switch (disposition) {
    case MACH_MSG_TYPE_MOVE_RECEIVE:
        return (name->type & MACH_PORT_TYPE_SEND) == 0;
    case MACH_MSG_TYPE_MOVE_SEND:
        return name->urefs == 1 && (name->type & MACH_PORT_TYPE_RECEIVE) == 0;
    case MACH_MSG_TYPE_MOVE_SEND_ONCE:
        return true;
    default:
        return false;
    }
}

static kern_return_t code_of_insert_right(mach_port_name_t name, mach_port_name_t poly,
                                          mach_msg_type_name_t disposition) {
    if (!MACH_PORT_VALID(name) || disposition < 16 || disposition > 21) return KERN_INVALID_VALUE; // I1
    if (!MACH_PORT_VALID(poly)) return KERN_INVALID_CAPABILITY;                                    // I2
    const struct model_name *source = model_find(poly);
    if (source == NULL) return KERN_INVALID_NAME;
    if (!model_can_copy_in(source, disposition, true)) return KERN_INVALID_RIGHT;
    if ((source->type & MACH_PORT_TYPE_DEAD_NAME) != 0) return KERN_INVALID_CAPABILITY;
    if ((name & 3) != 3) return KERN_INVALID_VALUE;
    const struct model_name *gone = empties(source, disposition) ? source : NULL;
    const struct model_name *target = model_find(name), *home = model_name_of(source->port);
    if (target == gone) target = NULL;
    if (home == gone) home = NULL;
    if (MACH_PORT_INDEX(name) >= INDEX_BEYOND) return KERN_NO_SPACE;
    if (MACH_PORT_INDEX(name) == 0) return KERN_FAILURE;
    if (target == NULL && index_is_used(name, gone)) return KERN_FAILURE;
    mach_msg_type_name_t kind = model_kind(disposition);
    if (kind != MACH_MSG_TYPE_PORT_SEND_ONCE && home != NULL && home->name != name) return KERN_RIGHT_EXISTS; // I3, I4
    if (target == NULL) return KERN_SUCCESS;
    if (kind == MACH_MSG_TYPE_PORT_SEND_ONCE || target != home) return KERN_NAME_EXISTS; // I4
    bool raises = disposition == MACH_MSG_TYPE_COPY_SEND || disposition == MACH_MSG_TYPE_MAKE_SEND;
    return raises && target->urefs == MODEL_UREFS ? KERN_UREFS_OVERFLOW : KERN_SUCCESS; // I5
}

static void do_insert_right(void) {
    mach_port_name_t poly = pick_name(MACH_PORT_TYPE_PORT_RIGHTS);
    mach_msg_type_name_t disposition = pick_disposition(poly, true);
    mach_port_name_t name = percent(60) ? poly : percent(60) ? strange_name() : pick_name(MACH_PORT_TYPE_ALL_RIGHTS);
    note("mach_port_insert_right(0x%x, 0x%x, %u)", name, poly, disposition);
    kern_return_t wanted = code_of_insert_right(name, poly, disposition);
    agree_on_code(mach_port_insert_right(SELF, name, poly, disposition), wanted);
    if (wanted != KERN_SUCCESS) return;
    struct model_right right = model_copy_in(model_find(poly), disposition);
    model_copy_out(&right, name);
}

static void do_extract_right(void) {
    mach_port_name_t name = pick_name(MACH_PORT_TYPE_PORT_OR_DEAD);
    mach_msg_type_name_t disposition = pick_disposition(name, true), got_disposition = 99;
    mach_port_t got = 0x5a5a5a5a;
    note("mach_port_extract_right(0x%x, %u)", name, disposition);
    struct model_name *it = model_find(name);
    kern_return_t wanted = KERN_SUCCESS; // I7, I8, I11
    if (disposition < 16 || disposition > 21) {
        wanted = KERN_INVALID_VALUE;
    } else if (!MACH_PORT_VALID(name)) {
        wanted = KERN_INVALID_RIGHT;
    } else if (it == NULL) {
        wanted = KERN_INVALID_NAME;
    } else if (!model_can_copy_in(it, disposition, true)) {
        wanted = KERN_INVALID_RIGHT;
    }
    agree_on_code(mach_port_extract_right(SELF, name, disposition, &got, &got_disposition), wanted);
    if (wanted != KERN_SUCCESS) {
        agree("output of a failed call", got, 0x5a5a5a5a);
        return;
    }
    struct model_right right = model_copy_in(it, disposition);
    agree("disposition", got_disposition, right.kind);
    take_right("extracted name", &right, got);
}

// ---- Operations on receive rights and sets

// The code of a call that needs a receive right.
static kern_return_t code_for_receive_right(mach_port_name_t name) {
    if (!MACH_PORT_VALID(name)) return KERN_INVALID_RIGHT; // R14
    const struct model_name *it = model_find(name);
    if (it == NULL) return KERN_INVALID_NAME;
    return (it->type & MACH_PORT_TYPE_RECEIVE) != 0 ? KERN_SUCCESS : KERN_INVALID_RIGHT;
}

static void do_set_limit(void) {
    mach_port_name_t name = pick_name(MACH_PORT_TYPE_RECEIVE);
    mach_port_limits_t limits = {.mpl_qlimit = percent(90) ? below(8) : 1020 + below(8)};
    note("mach_port_set_attributes(0x%x, limit %u)", name, limits.mpl_qlimit);
    kern_return_t wanted =
        limits.mpl_qlimit > MACH_PORT_QLIMIT_MAX ? KERN_INVALID_VALUE : code_for_receive_right(name); // Q12
    agree_on_code(mach_port_set_attributes(SELF, name, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits, 1), wanted);
    if (wanted == KERN_SUCCESS) model_find(name)->port->limit = limits.mpl_qlimit;
}

static void do_set_number(void) {
    mach_port_name_t name = pick_name(MACH_PORT_TYPE_RECEIVE);
    unsigned which = below(3), value = below(1000);
    note("mach_port_set_%s(0x%x, %u)", which == 0 ? "mscount" : which == 1 ? "seqno" : "context", name, value);
    kern_return_t wanted = code_for_receive_right(name);
    struct model_port *port = wanted == KERN_SUCCESS ? model_find(name)->port : NULL;
    switch (which) {
    case 0:
        agree_on_code(mach_port_set_mscount(SELF, name, value), wanted);
        if (port != NULL) port->mscount = value;
        break;
    case 1:
        agree_on_code(mach_port_set_seqno(SELF, name, value), wanted);
        if (port != NULL) port->seqno = value;
        break;
    default:
        agree_on_code(mach_port_set_context(SELF, name, value), wanted);
        if (port != NULL) port->context = value;
        break;
    }
}

static void do_peek(void) {
    mach_port_name_t name = pick_name(MACH_PORT_TYPE_RECEIVE);
    const struct model_name *it = model_find(name);
    kern_return_t wanted = code_for_receive_right(name);
    const struct model_message *message = wanted == KERN_SUCCESS ? it->port->first : NULL;
    mach_port_seqno_t seqno = 0, place = 0;
    if (wanted == KERN_SUCCESS && percent(50)) {
        place = below(4);
        seqno = it->port->seqno + place;
        if (seqno == 0) place = 0; // 0 asks for the first
        for (unsigned i = 0; i < place && message != NULL; i++) message = message->next;
    }
    if (wanted == KERN_SUCCESS && message == NULL) wanted = KERN_FAILURE; // X4
    note("mach_port_peek(0x%x, seqno %u)", name, seqno);
    mach_msg_size_t size = 0;
    mach_msg_id_t id = 0;
    char trailer[sizeof(mach_msg_max_trailer_t)];
    mach_msg_type_number_t trailer_size = sizeof(trailer);
    agree_on_code(mach_port_peek(SELF, name, 0, &seqno, &size, &id, trailer, &trailer_size), wanted);
    if (wanted != KERN_SUCCESS) return;
    agree("id", (uint32_t)id, (uint32_t)message->id);
    agree("seqno", seqno, it->port->seqno + place);
    agree("size", size, model_size(message) + 8 + 4 * message->count);
}

static void do_insert_member(void) {
    mach_port_name_t member = pick_name(MACH_PORT_TYPE_RECEIVE), set = pick_name(MACH_PORT_TYPE_PORT_SET);
    bool inserts = percent(65);
    note("mach_port_%s_member(0x%x, 0x%x)", inserts ? "insert" : "extract", member, set);
    const struct model_name *port = model_find(member), *home = model_find(set);
    kern_return_t wanted = KERN_SUCCESS; // P1, P8
    bool *is_in = NULL;
    if (!MACH_PORT_VALID(member) || !MACH_PORT_VALID(set)) {
        wanted = KERN_INVALID_RIGHT;
    } else if (port == NULL || home == NULL) {
        wanted = KERN_INVALID_NAME;
    } else if ((port->type & MACH_PORT_TYPE_RECEIVE) == 0 || (home->type & MACH_PORT_TYPE_PORT_SET) == 0) {
        wanted = KERN_INVALID_RIGHT;
    } else {
        is_in = &port->port->in_set[model_slot(home)];
        if (*is_in == inserts) wanted = inserts ? KERN_ALREADY_IN_SET : KERN_NOT_IN_SET;
    }
    if (inserts) {
        agree_on_code(mach_port_insert_member(SELF, member, set), wanted);
    } else {
        agree_on_code(mach_port_extract_member(SELF, member, set), wanted);
    }
    if (wanted == KERN_SUCCESS) *is_in = inserts;
}

static void do_move_member(void) {
    mach_port_name_t member = pick_name(MACH_PORT_TYPE_RECEIVE);
    mach_port_name_t after = percent(15) ? MACH_PORT_NULL : pick_name(MACH_PORT_TYPE_PORT_SET);
    kern_return_t wanted = code_for_receive_right(member); // P2, P8
    // Which of two wrong names wins is open here: the reference tests for MACH_PORT_DEAD before it looks the member up.
    if (wanted == KERN_INVALID_NAME && after == MACH_PORT_DEAD) after = MACH_PORT_NULL;
    note("mach_port_move_member(0x%x, 0x%x)", member, after);
    const struct model_name *set = model_find(after);
    if (wanted == KERN_SUCCESS && after != MACH_PORT_NULL) {
        if (after == MACH_PORT_DEAD) {
            wanted = KERN_INVALID_RIGHT;
        } else if (set == NULL) {
            wanted = KERN_INVALID_NAME;
        } else if ((set->type & MACH_PORT_TYPE_PORT_SET) == 0) {
            wanted = KERN_INVALID_RIGHT;
        }
    }
    agree_on_code(mach_port_move_member(SELF, member, after), wanted);
    if (wanted != KERN_SUCCESS) return;
    struct model_port *port = model_find(member)->port;
    memset(port->in_set, 0, sizeof(port->in_set));
    if (set != NULL) port->in_set[model_slot(set)] = true;
}

static void do_get_set_status(void) {
    mach_port_name_t name = pick_name(MACH_PORT_TYPE_PORT_SET);
    note("mach_port_get_set_status(0x%x)", name);
    const struct model_name *it = model_find(name);
    if (it != NULL && (it->type & MACH_PORT_TYPE_PORT_SET) != 0) {
        compare_set(it);
        return;
    }
    mach_port_name_array_t members = NULL;
    mach_msg_type_number_t count = 0;
    bool unknown = MACH_PORT_VALID(name) && it == NULL;
    agree_on_code(mach_port_get_set_status(SELF, name, &members, &count),
                  unknown ? KERN_INVALID_NAME : KERN_INVALID_RIGHT); // P6
}

// ---- Sending

static uint32_t word_of(mach_msg_id_t id, unsigned i) { return (uint32_t)id * 2654435761u + i; }

static mach_port_name_t *first_word(struct test_message *message, const struct model_message *model) {
    return (mach_port_name_t *)((char *)message + model_size(model) - 4 * model->words);
}

// A random message: names and dispositions are in the buffer, its shape in the model's message.
static void compose(struct test_message *message, struct model_message *model) {
    static mach_msg_id_t last_id = 1000;
    memset(message, 0, sizeof(*message));
    model->id = ++last_id;
    model->count = percent(45) ? 0 : 1 + below(MODEL_RIGHTS);
    model->complex = model->count > 0 || percent(5);
    model->words = percent(80) ? below(8) : below(60);

    mach_port_name_t destination = pick_name(MACH_PORT_TYPE_PORT_RIGHTS);
    mach_port_name_t reply = percent(50)   ? MACH_PORT_NULL
                             : percent(10) ? destination
                                           : pick_name(MACH_PORT_TYPE_PORT_OR_DEAD);
    mach_msg_type_name_t reply_type = reply == MACH_PORT_NULL && percent(90) ? 0 : pick_disposition(reply, false);
    message->header.msgh_bits = MACH_MSGH_BITS(pick_disposition(destination, false), reply_type);
    if (model->complex) message->header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
    message->header.msgh_size = model_size(model);
    message->header.msgh_remote_port = destination;
    message->header.msgh_local_port = reply;
    message->header.msgh_id = model->id;
    if (model->complex) message->body.msgh_descriptor_count = model->count;
    for (unsigned i = 0; i < model->count; i++) {
        mach_msg_port_descriptor_t *port = &message->ports[i];
        port->name = percent(4) ? destination : pick_name(MACH_PORT_TYPE_PORT_OR_DEAD);
        port->disposition = pick_disposition(port->name, percent(40));
        port->type = MACH_MSG_PORT_DESCRIPTOR;
    }
    for (unsigned i = 0; i < model->words; i++) first_word(message, model)[i] = word_of(model->id, i);
}

// Destination and reply port under one name (S6).
static mach_msg_return_t copy_in_twice(struct model_message *model, struct model_name *name, mach_msg_type_name_t one,
                                       mach_msg_type_name_t two) {
    if (!model_can_copy_in(name, two, true)) return MACH_SEND_INVALID_REPLY;
    if (one == MACH_MSG_TYPE_MOVE_SEND_ONCE || two == MACH_MSG_TYPE_MOVE_SEND_ONCE) return MACH_SEND_INVALID_DEST;
    if (!model_can_copy_in(name, one, false)) return MACH_SEND_INVALID_DEST;
    bool both_move = one == MACH_MSG_TYPE_MOVE_SEND && two == MACH_MSG_TYPE_MOVE_SEND;
    if (both_move && name->urefs < 2) return MACH_SEND_INVALID_DEST;
    // A copy comes before the move that may take the last reference.
    if (one == MACH_MSG_TYPE_MOVE_SEND) {
        model->reply = model_copy_in(name, two);
        model->destination = model_copy_in(name, one);
    } else {
        model->destination = model_copy_in(name, one);
        model->reply = model_copy_in(name, two);
    }
    return MACH_MSG_SUCCESS;
}

static bool sends(mach_msg_type_name_t disposition) { return disposition >= 17 && disposition <= 21; }

static mach_msg_return_t copy_in_header(const mach_msg_header_t *header, struct model_message *model) {
    mach_msg_type_name_t one = MACH_MSGH_BITS_REMOTE(header->msgh_bits), two = MACH_MSGH_BITS_LOCAL(header->msgh_bits);
    mach_port_name_t destination = header->msgh_remote_port, reply = header->msgh_local_port;
    if (!sends(one)) return MACH_SEND_INVALID_HEADER; // S3, S11
    if (two == 0 ? reply != MACH_PORT_NULL : !sends(two)) return MACH_SEND_INVALID_HEADER;
    struct model_name *to = MACH_PORT_VALID(destination) ? model_find(destination) : NULL;
    if (to == NULL) return MACH_SEND_INVALID_DEST; // S4
    if (destination == reply) return copy_in_twice(model, to, one, two);
    struct model_name *from = NULL;
    if (MACH_PORT_VALID(reply)) {
        from = model_find(reply);
        if (from == NULL || !model_can_copy_in(from, two, true)) return MACH_SEND_INVALID_REPLY;
    }
    if (!model_can_copy_in(to, one, false)) return MACH_SEND_INVALID_DEST; // S7
    model->destination = model_copy_in(to, one);
    model->reply = from != NULL ? model_copy_in(from, two) : (struct model_right){model_kind(two), NULL, reply}; // V16
    return MACH_MSG_SUCCESS;
}

// Copies the body's rights in; those before a bad one are in the model's message when it returns.
static mach_msg_return_t copy_in_body(const struct test_message *message, struct model_message *model, bool *circular) {
    unsigned count = model->count;
    for (model->count = 0; model->count < count; model->count++) {
        const mach_msg_port_descriptor_t *port = &message->ports[model->count];
        struct model_right *right = &model->rights[model->count];
        if (!MACH_PORT_VALID(port->name)) {
            *right = (struct model_right){model_kind(port->disposition), NULL, port->name}; // D1
            continue;
        }
        struct model_name *name = model_find(port->name);
        if (name == NULL || !model_can_copy_in(name, port->disposition, true)) return MACH_SEND_INVALID_RIGHT; // S8
        *right = model_copy_in(name, port->disposition);
        if (right->kind != MACH_MSG_TYPE_PORT_RECEIVE) continue;
        if (model_is_circular(right->port, model->destination.port)) {
            *circular = true; // C1
        } else {
            right->port->inside = model->destination.port;
        }
    }
    return MACH_MSG_SUCCESS;
}

// The dispositions and the data of a message that arrived or came back.
static void agree_on_body(struct test_message *message, const struct model_message *model) {
    agree("COMPLEX", (message->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0, model->complex); // D5
    agree("id", (uint32_t)message->header.msgh_id, (uint32_t)model->id);
    if (model->complex) agree("descriptors", message->body.msgh_descriptor_count, model->count);
    for (unsigned i = 0; i < model->count; i++) {
        agree("type of a descriptor", message->ports[i].type, MACH_MSG_PORT_DESCRIPTOR);
        agree("disposition of a descriptor", message->ports[i].disposition, model->rights[i].kind); // D1, S9
    }
    for (unsigned i = 0; i < model->words; i++) {
        agree("data", first_word(message, model)[i], word_of(model->id, i));
    }
}

// The message has come back: its rights stand in the buffer under the names that they have now (S9).
static void take_back(struct test_message *message, struct model_message *model) {
    agree_on_body(message, model);
    agree("disposition of the destination", MACH_MSGH_BITS_REMOTE(message->header.msgh_bits), model->destination.kind);
    agree("disposition of the reply port", MACH_MSGH_BITS_LOCAL(message->header.msgh_bits), model->reply.kind);
    take_right("destination", &model->destination, message->header.msgh_remote_port);
    take_right("reply port", &model->reply, message->header.msgh_local_port);
    for (unsigned i = 0; i < model->count; i++) {
        take_right("port in the body", &model->rights[i], message->ports[i].name);
    }
    free(model);
}

static void do_send(void) {
    struct test_message message;
    struct model_message *model = calloc(1, sizeof(*model));
    assert_non_null(model);
    compose(&message, model);
    note("send from 0x%x (%u) to 0x%x (%u), rights: %u: 0x%x %u, 0x%x %u, 0x%x %u, 0x%x %u",
         message.header.msgh_local_port, MACH_MSGH_BITS_LOCAL(message.header.msgh_bits),
         message.header.msgh_remote_port, MACH_MSGH_BITS_REMOTE(message.header.msgh_bits), model->count,
         message.ports[0].name, message.ports[0].disposition, message.ports[1].name, message.ports[1].disposition,
         message.ports[2].name, message.ports[2].disposition, message.ports[3].name, message.ports[3].disposition);
    struct test_message sent = message;
    bool circular = false;
    mach_msg_return_t wanted = copy_in_header(&message.header, model);
    if (wanted != MACH_MSG_SUCCESS) {
        free(model); // S5: nothing was taken
    } else {
        wanted = copy_in_body(&message, model, &circular);
        if (wanted == MACH_MSG_SUCCESS && !circular && model->destination.kind == MACH_MSG_TYPE_PORT_SEND &&
            model->destination.port->count >= model->destination.port->limit) {
            wanted = MACH_SEND_TIMED_OUT; // Q1, Q3
        }
        if (wanted == MACH_SEND_INVALID_RIGHT || circular) {
            model_destroy_message(model); // S8, S12, C1
        } else if (wanted == MACH_MSG_SUCCESS) {
            model_enqueue(model);
        }
    }
    agree_on_code(send_now(&message), wanted);
    if (wanted == MACH_SEND_TIMED_OUT) {
        take_back(&message, model);
    } else if (memcmp(&message, &sent, sizeof(sent)) != 0) {
        disagree("the buffer has changed");
    }
}

// ---- Receiving

struct receive {
    mach_msg_option_t option;
    mach_msg_size_t trailer, limit;
    struct test_message buffer;
};

static void choose_receive(struct receive *receive) {
    const struct {
        unsigned elements;
        mach_msg_size_t size;
    } trailers[] = {{MACH_RCV_TRAILER_NULL, 8},   {MACH_RCV_TRAILER_SEQNO, 12}, {MACH_RCV_TRAILER_SENDER, 20},
                    {MACH_RCV_TRAILER_AUDIT, 52}, {MACH_RCV_TRAILER_CTX, 60},   {MACH_RCV_TRAILER_AV, 68}};
    unsigned which = below(COUNT_OF(trailers));
    receive->option = MACH_RCV_TRAILER_ELEMENTS(trailers[which].elements);
    receive->trailer = trailers[which].size; // V13
    receive->limit = sizeof(receive->buffer);
    if (percent(25)) receive->limit = sizeof(mach_msg_header_t) + receive->trailer + 4 * below(30);
    if (percent(30)) receive->option |= MACH_RCV_LARGE;
    if (percent(50)) receive->option |= MACH_RCV_LARGE_IDENTITY;
}

static bool is_too_large(const struct receive *receive, const struct model_message *message) {
    return model_size(message) + receive->trailer > receive->limit; // V10
}

static void agree_on_trailer(struct receive *receive, const struct model_port *port, mach_msg_size_t offset) {
    const mach_msg_max_trailer_t *trailer = (const void *)((char *)&receive->buffer + offset);
    agree("size of the trailer", trailer->msgh_trailer_size, receive->trailer);   // V7
    if (receive->trailer >= 12) agree("seqno", trailer->msgh_seqno, port->seqno); // Q6
    if (receive->trailer >= 60) agree("context", trailer->msgh_context, port->context);
}

// The message at the head of the port's queue was received, or destroyed for being too large.
static void take_message(struct receive *receive, mach_port_name_t name, struct model_port *port) {
    const mach_msg_header_t *header = &receive->buffer.header;
    bool too_large = is_too_large(receive, port->first);
    struct model_message *model = model_dequeue(port);
    agree("disposition of the port", MACH_MSGH_BITS_LOCAL(header->msgh_bits), model->destination.kind); // V8
    agree("disposition of the reply port", MACH_MSGH_BITS_REMOTE(header->msgh_bits), model->reply.kind);
    agree("local port", header->msgh_local_port, name);
    agree("size", header->msgh_size, too_large ? sizeof(*header) : model_size(model));
    agree_on_trailer(receive, port, header->msgh_size);
    port->seqno += 1;
    if (too_large) {
        // What was no right to begin with stands there still.
        agree("remote port", header->msgh_remote_port,
              model->reply.port == NULL ? model->reply.literal : MACH_PORT_NULL); // V6, V15
        model_destroy_message(model);
        return;
    }
    agree_on_body(&receive->buffer, model);
    take_right("remote port", &model->reply, header->msgh_remote_port);
    for (unsigned i = 0; i < model->count; i++) {
        take_right("port in the body", &model->rights[i], receive->buffer.ports[i].name); // D6, D7
    }
    free(model);
}

// The member that a receive from a set must have met: named in the buffer or, when a message is left where it is and
// nobody asked, any whose first message is that large. Null when all are empty.
static struct model_name *member_met(const struct receive *receive, const struct model_name *set,
                                     mach_msg_return_t code) {
    struct model_name *any = NULL;
    for (unsigned i = 0; i < MODEL_NAMES; i++) {
        struct model_name *it = &model_names[i];
        if (!it->used || (it->type & MACH_PORT_TYPE_RECEIVE) == 0 || !it->port->in_set[model_slot(set)]) continue;
        if (it->port->count == 0) continue;
        any = it;
        const mach_msg_header_t *header = &receive->buffer.header;
        if (code == MACH_RCV_TIMED_OUT || header->msgh_local_port == it->name) break;
        bool stays = code == MACH_RCV_TOO_LARGE && (receive->option & MACH_RCV_LARGE) != 0;
        if (stays && (receive->option & MACH_RCV_LARGE_IDENTITY) == 0 && is_too_large(receive, it->port->first) &&
            header->msgh_size == model_size(it->port->first)) {
            break;
        }
    }
    return any;
}

static void do_receive(void) {
    mach_port_name_t name = pick_name(MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_PORT_SET);
    struct receive receive;
    choose_receive(&receive);
    note("receive from 0x%x, option 0x%x, limit %u", name, receive.option, receive.limit);
    struct model_name *it = model_find(name);
    mach_msg_return_t code = receive_limited(name, &receive.buffer, receive.option, receive.limit);
    bool can_receive = it != NULL && (it->type & (MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_PORT_SET)) != 0;
    if (!can_receive) {
        agree_on_code(code, MACH_RCV_INVALID_NAME); // V1
        return;
    }
    if ((it->type & MACH_PORT_TYPE_PORT_SET) != 0) it = member_met(&receive, it, code);
    if (it == NULL || it->port->count == 0) {
        agree_on_code(code, MACH_RCV_TIMED_OUT); // V4
        return;
    }
    bool too_large = is_too_large(&receive, it->port->first);
    agree_on_code(code, too_large ? MACH_RCV_TOO_LARGE : MACH_MSG_SUCCESS);
    if (too_large && (receive.option & MACH_RCV_LARGE) != 0) {
        agree("size needed", receive.buffer.header.msgh_size, model_size(it->port->first)); // V5
        if ((receive.option & MACH_RCV_LARGE_IDENTITY) != 0) {
            agree("port of the large message", receive.buffer.header.msgh_local_port, it->name);
        }
        return;
    }
    take_message(&receive, it->name, it->port);
}

// ---- Many of them

static const struct {
    void (*run)(void);
    unsigned weight;
} operations[] = {
    {do_send, 30},         {do_receive, 30}, {do_allocate, 9},       {do_allocate_name, 3}, {do_insert_right, 14},
    {do_extract_right, 7}, {do_mod_refs, 9}, {do_deallocate, 7},     {do_destroy, 4},       {do_insert_member, 8},
    {do_move_member, 5},   {do_get_refs, 4}, {do_type, 3},           {do_rename, 1},        {do_set_limit, 3},
    {do_set_number, 4},    {do_peek, 4},     {do_get_set_status, 2},
};

static void do_something(void) {
    unsigned names = model_count_names();
    if (names > MANY_NAMES && percent(50)) return do_destroy();
    if (names < FEW_NAMES && percent(30)) return do_allocate();
    unsigned total = 0;
    for (unsigned i = 0; i < COUNT_OF(operations); i++) total += operations[i].weight;
    unsigned dice = below(total);
    for (unsigned i = 0; i < COUNT_OF(operations); i++) {
        if (dice < operations[i].weight) {
            operations[i].run();
            return;
        }
        dice -= operations[i].weight;
    }
}

static void remember_baseline(void) {
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    assert_success(mach_port_names(SELF, &names, &count, &types, &type_count));
    assert_in_range(count, 1, COUNT_OF(baseline));
    memcpy(baseline, names, count * sizeof(*names));
    baseline_count = count;
    assert_success(vm_deallocate(SELF, (vm_address_t)names, count * sizeof(*names)));
    assert_success(vm_deallocate(SELF, (vm_address_t)types, count * sizeof(*types)));
}

static void run_epoch(void) {
    chance = seed * 0x9e3779b97f4a7c15u + 1;
    model_reset();
    memset(freed, 0, sizeof(freed));
    mach_linux_trim();
    mach_linux_statistics(&before);
    for (operation = 0; operation < OPERATIONS; operation++) {
        do_something();
        if (operation % CHECK_EVERY == 0) compare_everything();
    }
    for (struct model_name *it; (it = pick(MACH_PORT_TYPE_ALL_RIGHTS)) != NULL; operation++) {
        note("the end: mach_port_destroy(0x%x)", it->name);
        agree_on_code(mach_port_destroy(SELF, it->name), KERN_SUCCESS);
        model_destroy(it);
        if (operation % CHECK_EVERY == 0) compare_everything();
    }
    compare_everything();
    agree("ports left in the model", model_count_ports(), 0);
    mach_linux_statistics_data_t after;
    mach_linux_trim();
    mach_linux_statistics(&after);
    agree("statistics: ports left", after.ports, before.ports);
    agree("statistics: sets left", after.sets, before.sets);
    agree("statistics: memory regions left", after.memory_regions, before.memory_regions);
    model_reset();
}

static void library_and_model_agree(void **state) {
    (void)state;
    const char *wanted = getenv("LIBMACH_TEST_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    seed = wanted != NULL ? strtoull(wanted, NULL, 0) : (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    print_message("LIBMACH_TEST_SEED=%llu, %d times %d operations\n", (unsigned long long)seed, EPOCHS, OPERATIONS);
    remember_baseline();
    for (unsigned epoch = 0; epoch < EPOCHS; epoch++, seed++) run_epoch();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(library_and_model_agree),
    };
    return RUN(tests);
}
