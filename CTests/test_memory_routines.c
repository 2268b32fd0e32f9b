// Each routine of the kernel, called and asked for by message, at each of its allocations and system calls: the documented code, or no answer (K12), or an answer without its right (D7); nothing else is lost, and the same call then works.
#include "memory_allocator.h"
#include "memory_support.h"

#include <mach/port_descriptions.h>
#include <mach/pthread_np.h>

#define UNSET       0x5a5a5a5au
#define FAR_NAME    NAME_AT(5000) // a name whose slot needs memory of its own
#define LOST_RIGHTS (MACH_RCV_BODY_ERROR | MACH_MSG_IPC_KERNEL)
#define LARGE       ((vm_size_t)1 << 20)

// The routines, as calls or by message.
static const struct routines *way;

// What a row's request carries, which the sending finds memory for.
enum carries { CARRIES_NOTHING, CARRIES_MEMORY, CARRIES_ARRAY };

// A routine both ways. By message the request comes first, which is refused, with what it carries; then the reply, without which nothing is done; then what the routine itself needs, which the reply tells; at last the name of a right in the reply.
struct row {
    struct trial trial; // by call
    enum carries carries;
    unsigned own;                      // how many allocations are the routine's, by message; more are those of names
    unsigned kept;                     // of these, memory of ports and sets, which only a checked library lets fail
    bool answers_rights;               // whose names may find no room
    void (*failed)(struct scene *);    // by message, where something is lost: in place of what the trial has
    int64_t (*ask)(struct scene *);    // by message, in place of the trial's call
    int64_t (*direct)(struct scene *); // by call, likewise
};

static const struct row *current;

static void prepare_row(struct scene *scene) {
    if (way->by_message) open_reply_port();
    if (current->trial.prepare != NULL) current->trial.prepare(scene);
}

// A request whose body was refused: its right to reply has told so, if there was memory for that (S8).
static void end_row(struct scene *scene) {
    bool is_refused = scene->code == MACH_SEND_NO_BUFFER || scene->code == MACH_MSG_VM_KERNEL;
    bool is_body = scene->fault == SYSTEM_CALL || (scene->n > 1 && scene->failing == ONE);
    if (way->by_message && is_refused && is_body) expect_send_once_notification(reply_port);
    if (way->by_message) expect_no_message(reply_port);
    if (current->trial.ended != NULL) current->trial.ended(scene);
}

static void run_row(const struct row *row) {
    current = row;
    way = &direct_calls;
    struct trial trial = row->trial;
    trial.prepare = prepare_row;
    trial.ended = end_row;
    if (row->direct != NULL) trial.call = row->direct;
    run_trial(&trial);

    way = &message_calls;
    trial.call = row->ask != NULL ? row->ask : row->trial.call;
    unsigned last = 0;
    memset(trial.codes, 0, sizeof(trial.codes));
    trial.codes[last++] = MACH_SEND_NO_BUFFER;
    for (unsigned i = 0; row->carries == CARRIES_MEMORY && i < 2; i++) trial.codes[last++] = MACH_MSG_VM_KERNEL;
    for (unsigned i = 0; row->carries == CARRIES_ARRAY && i < 3; i++) trial.codes[last++] = MACH_SEND_NO_BUFFER;
    trial.codes[last++] = NO_ANSWER;
    unsigned least = last + row->own + row->answers_rights;
    unsigned own = row->own - (library_injects() ? 0 : row->kept);
    for (unsigned i = 0; i < own; i++) trial.codes[last++] = KERN_RESOURCE_SHORTAGE;
    trial.codes[last++] = row->answers_rights ? LOST_RIGHTS : WORKS;
    assert_true(last <= COUNT_OF(trial.codes));
    trial.least = least;
    trial.failure = trial.second_failure = KERN_SUCCESS;
    trial.failed = row->failed;
    if (row->carries == CARRIES_MEMORY) trial.system_failures[2] = MACH_MSG_VM_KERNEL;
    if (row->carries == CARRIES_ARRAY) trial.system_failures[2] = MACH_SEND_NO_BUFFER;
    char what[100];
    (void)snprintf(what, sizeof(what), "%s by message", row->trial.what);
    trial.what = what;
    run_trial(&trial);
}

#define run_rows(rows)                                                                                                 \
    for (size_t row_ = 0; row_ < COUNT_OF(rows); row_++) run_row(&(rows)[row_])

// A routine whose arguments earn it this code, with memory and without.
static int64_t expecting(int64_t wanted, int64_t code) { return code == wanted ? KERN_SUCCESS : code; }

// ---- Scenes

static void with_port(struct scene *scene) { scene->port = make_port(); }

static void with_sends(struct scene *scene) { scene->port = port_with_sends(3); }

static void with_once(struct scene *scene) {
    scene->second = make_port();
    scene->port = make_send_once(scene->second);
}

static void with_sets(struct scene *scene) {
    scene->port = make_port();
    scene->second = make_set();
    scene->name = make_set();
    put_in_set(scene->port, scene->second);
}

static void with_guarded(struct scene *scene) {
    scene->port = make_port();
    assert_success(mach_port_guard(SELF, scene->port, 7, scene->argument));
}

static void with_queue(struct scene *scene) {
    scene->port = port_with_send();
    queue_messages(scene->port, 2);
}

// A port that holds messages with rights, is in a set and has requests on it.
static void with_busy(struct scene *scene) {
    scene->second = make_port();
    scene->notify = make_port();
    scene->port = port_with_sends(2);
    put_in_set(scene->port, make_set());
    struct test_message message = message_to(scene->port, MAKE_SEND, 1);
    set_reply(&message, scene->second, MAKE_SEND_ONCE);
    add_port(&message, make_port(), MOVE_RECEIVE);
    assert_code(send_now(&message), MACH_MSG_SUCCESS);
    request(SELF, scene->port, MACH_NOTIFY_DEAD_NAME, 0, scene->notify);
    request(SELF, scene->port, MACH_NOTIFY_NO_SENDERS, 0, scene->notify);
}

// ---- Names

static int64_t call_allocate(struct scene *scene) {
    return way->mach_port_allocate(SELF, (mach_port_right_t)scene->argument, &scene->out.name);
}
static int64_t call_allocate_name(struct scene *scene) {
    return way->mach_port_allocate_name(SELF, (mach_port_right_t)scene->argument, FAR_NAME);
}
static int64_t call_allocate_qos(struct scene *scene) {
    mach_port_qos_t qos = {.prealloc = TRUE, .len = 100};
    return way->mach_port_allocate_qos(SELF, MACH_PORT_RIGHT_RECEIVE, &qos, &scene->out.name);
}
static int64_t call_allocate_full(struct scene *scene) {
    mach_port_qos_t qos = {.name = TRUE, .prealloc = TRUE, .len = 100};
    mach_port_name_t name = FAR_NAME;
    kern_return_t code = way->mach_port_allocate_full(SELF, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_NULL, &qos, &name);
    if (code == KERN_SUCCESS) scene->out.name = name;
    return code;
}
static int64_t call_construct(struct scene *scene) {
    static mach_port_options_t options;
    options.flags = MPO_CONTEXT_AS_GUARD | MPO_STRICT | MPO_QLIMIT | MPO_INSERT_SEND_RIGHT;
    options.mpl.mpl_qlimit = 9;
    return way->mach_port_construct(SELF, &options, 77, &scene->out.name);
}
static int64_t call_set_space(struct scene *scene) {
    (void)scene;
    return way->task_set_port_space(SELF, 1000);
}
static int64_t call_rename(struct scene *scene) {
    return expecting(KERN_NOT_SUPPORTED, way->mach_port_rename(SELF, scene->port, FAR_NAME));
}

static void is_allocated(struct scene *scene) { assert_int_equal(type(scene->out.name), 1u << (16 + scene->argument)); }
static void is_far(struct scene *scene) { assert_int_equal(type(FAR_NAME), 1u << (16 + scene->argument)); }
static void is_constructed(struct scene *scene) {
    assert_int_equal(type(scene->out.name), MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_SEND);
    assert_int_equal(status(scene->out.name).mps_qlimit, 9);
    assert_success(mach_port_destruct(SELF, scene->out.name, -1, 77));
}

static void names_are_allocated(void **state) {
    (void)state;
    need_failing_allocations();
#define SHORT .failure = KERN_RESOURCE_SHORTAGE
    const struct row rows[] = {
        {.trial = {"mach_port_allocate of a port", NULL, call_allocate, is_allocated, SHORT, .is_full = true,
                   .argument = MACH_PORT_RIGHT_RECEIVE, .least = 2},
         .own = 2,
         .kept = 1},
        {.trial = {"mach_port_allocate of a set", NULL, call_allocate, is_allocated, SHORT, .is_full = true,
                   .argument = MACH_PORT_RIGHT_PORT_SET, .least = 2},
         .own = 2,
         .kept = 1},
        {.trial = {"mach_port_allocate of a dead name", NULL, call_allocate, is_allocated, SHORT, .is_full = true,
                   .argument = MACH_PORT_RIGHT_DEAD_NAME},
         .own = 1},
        {.trial = {"mach_port_allocate_name of a port", NULL, call_allocate_name, is_far, SHORT,
                   .argument = MACH_PORT_RIGHT_RECEIVE, .least = 2},
         .own = 2,
         .kept = 1},
        {.trial = {"mach_port_allocate_name of a set", NULL, call_allocate_name, is_far, SHORT,
                   .argument = MACH_PORT_RIGHT_PORT_SET, .least = 2},
         .own = 2,
         .kept = 1},
        {.trial = {"mach_port_allocate_qos", NULL, call_allocate_qos, is_allocated, SHORT, .is_full = true,
                   .argument = MACH_PORT_RIGHT_RECEIVE, .least = 3},
         .own = 3,
         .kept = 1},
        {.trial = {"mach_port_allocate_full", NULL, call_allocate_full, is_far, SHORT, .is_full = true,
                   .argument = MACH_PORT_RIGHT_RECEIVE, .least = 3},
         .own = 3,
         .kept = 1},
        {.trial = {"mach_port_construct", NULL, call_construct, is_constructed, SHORT, .is_full = true, .least = 2},
         .carries = CARRIES_MEMORY,
         .own = 2,
         .kept = 1},
        {.trial = {"task_set_port_space", NULL, call_set_space, NULL, SHORT, .least = 5}, .own = 5},
        {.trial = {"mach_port_rename", with_port, call_rename, NULL, .failure = KERN_SUCCESS}},
    };
    run_rows(rows);
}

// ---- Arrays that come back

static void with_names(struct scene *scene) { with_sets(scene); }

// A space whose list fills several pages.
static void with_many_names(struct scene *scene) {
    with_sets(scene);
    for (unsigned i = 0; i < 1100; i++) put_in_set(make_port(), scene->second);
}

static void put_out(struct scene *scene, unsigned which, const void *memory, vm_size_t size) {
    scene->out.memory[which].address = (vm_address_t)memory;
    scene->out.memory[which].size = size;
}

// Frees what the call has returned, and shows that it is pages that can be written.
static void take_back(struct scene *scene, unsigned which) {
    memset((void *)scene->out.memory[which].address, 1, scene->out.memory[which].size);
    assert_success(vm_deallocate(SELF, scene->out.memory[which].address, scene->out.memory[which].size));
}

static int64_t call_names(struct scene *scene) {
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = UNSET, type_count = UNSET;
    kern_return_t code = way->mach_port_names(SELF, &names, &count, &types, &type_count);
    if (code != KERN_SUCCESS)
        return names == NULL && types == NULL && count == UNSET && type_count == UNSET ? code : -1;
    scene->out.count = count;
    put_out(scene, 0, names, count * 4);
    put_out(scene, 1, types, count * 4);
    return code;
}
static int64_t call_get_set_status(struct scene *scene) {
    mach_port_name_array_t members = NULL;
    mach_msg_type_number_t count = UNSET;
    kern_return_t code = way->mach_port_get_set_status(SELF, scene->second, &members, &count);
    if (code != KERN_SUCCESS) return members == NULL && count == UNSET ? code : -1;
    scene->out.count = count;
    put_out(scene, 0, members, count * 4);
    return code;
}
static int64_t call_space_info(struct scene *scene) {
    ipc_info_space_t info;
    ipc_info_name_array_t table = NULL;
    ipc_info_tree_name_array_t tree = NULL;
    mach_msg_type_number_t count = UNSET, tree_count = UNSET;
    kern_return_t code = way->mach_port_space_info(SELF, &info, &table, &count, &tree, &tree_count);
    if (code != KERN_SUCCESS) return table == NULL && count == UNSET && tree_count == UNSET ? code : -1;
    scene->out.count = count;
    put_out(scene, 0, table, count * sizeof(*table));
    return code;
}

static void names_were_listed(struct scene *scene) {
    assert_true(scene->out.count >= 4);
    take_back(scene, 0);
    take_back(scene, 1);
}
static void array_came_back(struct scene *scene) {
    assert_true(scene->out.count >= 1);
    take_back(scene, 0);
}

static void arrays_come_back(void **state) {
    (void)state;
    need_failing_allocations();
#define SHORT_OF_PAGES SHORT, .system_failures = {KERN_RESOURCE_SHORTAGE}, .least_system_calls = 1
    const struct row rows[] = {
        {.trial = {"mach_port_names", with_names, call_names, names_were_listed, SHORT_OF_PAGES, .least = 3}, .own = 3},
        {.trial = {"mach_port_get_set_status", with_sets, call_get_set_status, array_came_back, SHORT_OF_PAGES,
                   .least = 2},
         .own = 2},
        {.trial = {"mach_port_space_info", with_names, call_space_info, array_came_back, SHORT_OF_PAGES, .least = 2},
         .own = 2},
    };
    run_rows(rows);
}

// Arrays of more than a page each are mapped by themselves.
static void long_arrays_come_back(void **state) {
    (void)state;
    need_failing_allocations();
    const struct row rows[] = {
        {.trial = {"mach_port_names of many", with_many_names, call_names, names_were_listed, SHORT_OF_PAGES,
                   .least = 3},
         .own = 3},
        {.trial = {"mach_port_get_set_status of many", with_many_names, call_get_set_status, array_came_back,
                   SHORT_OF_PAGES, .least = 2},
         .own = 2},
        {.trial = {"mach_port_space_info of many", with_many_names, call_space_info, array_came_back, SHORT_OF_PAGES,
                   .least = 2},
         .own = 2},
    };
    run_rows(rows);
}

// ---- Routines that need no memory

static int64_t call_type(struct scene *scene) { return way->mach_port_type(SELF, scene->port, &scene->out.values[0]); }
static int64_t call_get_refs(struct scene *scene) {
    return way->mach_port_get_refs(SELF, scene->port, MACH_PORT_RIGHT_SEND, &scene->out.values[0]);
}
static int64_t call_mod_refs(struct scene *scene) {
    return way->mach_port_mod_refs(SELF, scene->port, MACH_PORT_RIGHT_SEND, -2);
}
static int64_t call_drop_receive(struct scene *scene) {
    return way->mach_port_mod_refs(SELF, scene->port, MACH_PORT_RIGHT_RECEIVE, -1);
}
static int64_t call_destroy(struct scene *scene) { return way->mach_port_destroy(SELF, scene->port); }
static int64_t call_deallocate(struct scene *scene) { return way->mach_port_deallocate(SELF, scene->port); }
static int64_t call_peek(struct scene *scene) {
    mach_port_seqno_t number = 0;
    mach_msg_size_t size = 0;
    mach_msg_id_t id = 0;
    mach_msg_type_number_t count = 68;
    return way->mach_port_peek(SELF, scene->port, MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT), &number, &size,
                               &id, (mach_msg_trailer_info_t)scene->out.values, &count);
}
static int64_t call_set_mscount(struct scene *scene) { return way->mach_port_set_mscount(SELF, scene->port, 77); }
static int64_t call_set_seqno(struct scene *scene) { return way->mach_port_set_seqno(SELF, scene->port, 77); }
static int64_t call_get_attributes(struct scene *scene) {
    mach_msg_type_number_t count = 17;
    return way->mach_port_get_attributes(SELF, scene->port, scene->argument, (mach_port_info_t)scene->out.values,
                                         &count);
}
static int64_t call_set_attributes(struct scene *scene) {
    mach_port_limits_t limits = {.mpl_qlimit = 8};
    return way->mach_port_set_attributes(SELF, scene->port, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
                                         MACH_PORT_LIMITS_INFO_COUNT);
}
static int64_t call_get_srights(struct scene *scene) {
    return way->mach_port_get_srights(SELF, scene->port, &scene->out.values[0]);
}
static int64_t call_dnrequest_info(struct scene *scene) {
    return way->mach_port_dnrequest_info(SELF, scene->port, &scene->out.values[0], &scene->out.values[1]);
}
static int64_t call_kernel_object(struct scene *scene) {
    return way->mach_port_kernel_object(SELF, scene->port, &scene->out.values[0], &scene->out.values[1]);
}
static int64_t call_kobject(struct scene *scene) {
    mach_vm_address_t address = 0;
    return way->mach_port_kobject(SELF, scene->port, &scene->out.values[0], &address);
}
static int64_t call_extract_member(struct scene *scene) {
    return way->mach_port_extract_member(SELF, scene->port, scene->second);
}
static int64_t call_leave_sets(struct scene *scene) {
    return way->mach_port_move_member(SELF, scene->port, MACH_PORT_NULL);
}
static int64_t call_get_context(struct scene *scene) {
    return way->mach_port_get_context(SELF, scene->port, (mach_port_context_t *)&scene->out.values[0]);
}
static int64_t call_set_context(struct scene *scene) { return way->mach_port_set_context(SELF, scene->port, 77); }
static int64_t call_destruct(struct scene *scene) { return way->mach_port_destruct(SELF, scene->port, -1, 0); }
static int64_t call_guard(struct scene *scene) { return way->mach_port_guard(SELF, scene->port, 77, TRUE); }
static int64_t call_guard_with_flags(struct scene *scene) {
    return way->mach_port_guard_with_flags(SELF, scene->port, 77, MPG_IMMOVABLE_RECEIVE);
}
static int64_t call_unguard(struct scene *scene) { return way->mach_port_unguard(SELF, scene->port, 7); }
static int64_t call_swap_guard(struct scene *scene) { return way->mach_port_swap_guard(SELF, scene->port, 7, 8); }
static int64_t call_space_basic_info(struct scene *scene) {
    return way->mach_port_space_basic_info(SELF, (ipc_info_space_basic_t *)scene->out.values);
}

// The routines of newer systems, whose stubs no others need.
static int64_t ask_with(mach_msg_id_t id, const uint32_t *words, unsigned count, size_t reply_size) {
    struct mig_message message;
    begin_request(&message, SELF, id, 32 + 4 * count);
    memcpy(message.bytes + 24, &NDR_record, sizeof(NDR_record));
    memcpy(message.bytes + 32, words, 4 * count);
    return exchange(&message, reply_size, reply_size, 0);
}
static int64_t call_reset_link(struct scene *scene) {
    if (!way->by_message) return KERN_SUCCESS;
    return expecting(KERN_NOT_SUPPORTED, ask_with(3236, &scene->port, 1, 40));
}
static int64_t call_kobject_description(struct scene *scene) {
    mach_vm_address_t address = 0;
    kobject_description_t text;
    if (way->by_message) return ask_with(3239, &scene->port, 1, 60);
    return mach_port_kobject_description(SELF, scene->port, &scene->out.values[0], &address, text);
}
static int64_t call_is_connection(struct scene *scene) {
    uint64_t policy = 0;
    const uint32_t words[] = {scene->port, scene->port};
    return expecting(KERN_NOT_SUPPORTED,
                     way->by_message ? ask_with(3240, words, 2, 44)
                                     : mach_port_is_connection_for_service(SELF, scene->port, scene->port, &policy));
}
static int64_t call_get_service(struct scene *scene) {
    mach_service_port_info_data_t info;
    return expecting(KERN_INVALID_CAPABILITY, way->by_message
                                                  ? ask_with(3241, &scene->port, 1, 292)
                                                  : mach_port_get_service_port_info(SELF, scene->port, &info));
}
static int64_t call_assert_attributes(struct scene *scene) {
    const uint32_t words[] = {scene->port, MACH_PORT_GUARD_INFO, 2, 7, 0};
    if (way->by_message) return ask_with(3242, words, 5, 36);
    return mach_port_assert_attributes(SELF, scene->port, MACH_PORT_GUARD_INFO, (mach_port_info_t)&words[3], 2);
}
static int64_t call_nothing(struct scene *scene) {
    return way->by_message ? expecting(MIG_BAD_ID, ask_with(3299, &scene->port, 1, 36)) : KERN_SUCCESS;
}

static void one_was_written(struct scene *scene) { assert_int_not_equal(scene->out.values[0], 0xa5a5a5a5); }
static void has_mscount(struct scene *scene) { assert_int_equal(status(scene->port).mps_mscount, 77); }
static void has_seqno(struct scene *scene) { assert_int_equal(status(scene->port).mps_seqno, 77); }
static void has_limit(struct scene *scene) { assert_int_equal(status(scene->port).mps_qlimit, 8); }
static void has_one_send(struct scene *scene) { assert_int_equal(refs(scene->port, MACH_PORT_RIGHT_SEND), 1); }
static void is_no_name(struct scene *scene) { assert_int_equal(type(scene->port), MACH_PORT_TYPE_NONE); }
static void is_no_member(struct scene *scene) { assert_false(is_member(scene->port, scene->second)); }
static void has_context(struct scene *scene) {
    mach_port_context_t context = 0;
    assert_success(mach_port_get_context(SELF, scene->port, &context));
    assert_int_equal(context, 77);
}
static void is_guarded(struct scene *scene) { assert_success(mach_port_unguard(SELF, scene->port, 77)); }
static void is_unguarded(struct scene *scene) { assert_success(mach_port_destroy(SELF, scene->port)); }
static void has_other_guard(struct scene *scene) { assert_success(mach_port_unguard(SELF, scene->port, 8)); }

static unsigned count_messages(mach_port_t port, mach_msg_id_t id) {
    unsigned count = 0;
    struct test_message message;
    while (receive_now(port, &message, 0) == MACH_MSG_SUCCESS) count += message.header.msgh_id == id;
    return count;
}

// The requests had their memory; the reply right in the queued message tells of its end if there is some.
static void busy_port_has_ended(struct scene *scene) {
    assert_int_equal(type(scene->port) & MACH_PORT_TYPE_RECEIVE, 0);
    assert_int_equal(status(scene->second).mps_sorights, status(scene->second).mps_msgcount);
    struct test_message message;
    unsigned told = 0;
    while (receive_now(scene->notify, &message, 0) == MACH_MSG_SUCCESS)
        told += message.header.msgh_id == MACH_NOTIFY_DEAD_NAME || message.header.msgh_id == MACH_NOTIFY_NO_SENDERS ||
                message.header.msgh_id == MACH_NOTIFY_PORT_DELETED;
    assert_true(told >= 1);
    assert_true(count_messages(scene->second, MACH_NOTIFY_SEND_ONCE) <= 1);
}

static void once_has_ended(struct scene *scene) {
    is_no_name(scene);
    mach_port_status_t now = status(scene->second);
    assert_int_equal(now.mps_sorights, now.mps_msgcount); // a notification may be lost, the count may not
    bool is_lost = scene->code == KERN_SUCCESS && scene->fault == ALLOCATION && scene->n == (way->by_message ? 3 : 1);
    assert_int_equal(now.mps_msgcount, !is_lost);
}

static void other_routines_need_no_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const struct row rows[] = {
        {.trial = {"mach_port_type", with_sends, call_type, one_was_written, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_get_refs", with_sends, call_get_refs, one_was_written, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_mod_refs of sends", with_sends, call_mod_refs, has_one_send, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_mod_refs of a receive right", with_busy, call_drop_receive, busy_port_has_ended,
                   .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_destroy of a port", with_busy, call_destroy, busy_port_has_ended,
                   .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_destroy of a send-once right", with_once, call_destroy, once_has_ended,
                   .failure = KERN_SUCCESS, .least = 1}},
        {.trial = {"mach_port_deallocate of a send-once right", with_once, call_deallocate, once_has_ended,
                   .failure = KERN_SUCCESS, .least = 1}},
        {.trial = {"mach_port_peek", with_queue, call_peek, one_was_written, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_set_mscount", with_port, call_set_mscount, has_mscount, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_set_seqno", with_port, call_set_seqno, has_seqno, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_get_attributes, limits", with_port, call_get_attributes, one_was_written,
                   .failure = KERN_SUCCESS, .argument = MACH_PORT_LIMITS_INFO}},
        {.trial = {"mach_port_get_attributes, status", with_port, call_get_attributes, one_was_written,
                   .failure = KERN_SUCCESS, .argument = MACH_PORT_RECEIVE_STATUS}},
        {.trial = {"mach_port_get_attributes, requests", with_port, call_get_attributes, one_was_written,
                   .failure = KERN_SUCCESS, .argument = MACH_PORT_DNREQUESTS_SIZE}},
        {.trial = {"mach_port_get_attributes, all", with_port, call_get_attributes, one_was_written,
                   .failure = KERN_SUCCESS, .argument = MACH_PORT_INFO_EXT}},
        {.trial = {"mach_port_set_attributes", with_port, call_set_attributes, has_limit, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_get_srights", with_port, call_get_srights, one_was_written, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_dnrequest_info", with_port, call_dnrequest_info, one_was_written,
                   .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_kernel_object", with_port, call_kernel_object, one_was_written, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_kobject", with_port, call_kobject, one_was_written, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_extract_member", with_sets, call_extract_member, is_no_member, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_move_member out of all", with_sets, call_leave_sets, is_no_member,
                   .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_get_context", with_port, call_get_context, one_was_written, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_set_context", with_port, call_set_context, has_context, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_destruct", with_busy, call_destruct, busy_port_has_ended, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_guard", with_port, call_guard, is_guarded, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_guard_with_flags", with_port, call_guard_with_flags, is_guarded,
                   .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_unguard", with_guarded, call_unguard, is_unguarded, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_swap_guard", with_guarded, call_swap_guard, has_other_guard, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_space_basic_info", NULL, call_space_basic_info, one_was_written,
                   .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_special_reply_port_reset_link", with_port, call_reset_link, NULL,
                   .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_kobject_description", with_port, call_kobject_description, NULL,
                   .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_is_connection_for_service", with_port, call_is_connection, NULL,
                   .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_get_service_port_info", with_port, call_get_service, NULL, .failure = KERN_SUCCESS}},
        {.trial = {"mach_port_assert_attributes", with_guarded, call_assert_attributes, NULL, .failure = KERN_SUCCESS,
                   .argument = TRUE}},
        {.trial = {"no routine", with_port, call_nothing, NULL, .failure = KERN_SUCCESS}},
    };
    run_rows(rows);
}

// ---- Sets

static int64_t call_insert_member(struct scene *scene) {
    return way->mach_port_insert_member(SELF, scene->port, scene->name);
}
static int64_t call_move_member(struct scene *scene) {
    return way->mach_port_move_member(SELF, scene->port, scene->name);
}
static void is_new_member(struct scene *scene) { assert_true(is_member(scene->port, scene->name)); }
static void is_old_member(struct scene *scene) {
    assert_true(is_member(scene->port, scene->second));
    assert_false(is_member(scene->port, scene->name));
}

static void members_are_moved(void **state) {
    (void)state;
    need_failing_allocations();
    const struct row rows[] = {
        {.trial = {"mach_port_insert_member", with_sets, call_insert_member, is_new_member, SHORT,
                   .ended = is_old_member},
         .own = 1},
        {.trial = {"mach_port_move_member", with_sets, call_move_member, is_new_member, SHORT, .ended = is_old_member},
         .own = 1},
    };
    run_rows(rows);
}

// ---- Rights that move

static const int dispositions[] = {MOVE_RECEIVE, MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE};

static mach_port_type_t arrival(int disposition) {
    if (disposition == MOVE_RECEIVE) return MACH_PORT_TYPE_RECEIVE;
    return disposition == MOVE_SEND_ONCE || disposition == MAKE_SEND_ONCE ? MACH_PORT_TYPE_SEND_ONCE
                                                                          : MACH_PORT_TYPE_SEND;
}

// A right of the task's, as the disposition wants it, and another task. `second` is the port.
static void with_right_and_task(struct scene *scene) {
    scene->port = scene->second = port_with_sends(3);
    if (scene->argument == MOVE_SEND_ONCE) scene->port = make_send_once(scene->second);
    scene->other = make_task();
}

static int64_t call_insert_right(struct scene *scene) {
    return way->mach_port_insert_right(scene->other, FAR_NAME, scene->port, (mach_msg_type_name_t)scene->argument);
}

static void is_inserted(struct scene *scene) {
    assert_int_equal(type_in(scene->other, FAR_NAME), arrival(scene->argument));
}

// I12, K12: what the request carried has ended; where there is some left the same call then works.
static void inserted_right_has_ended(struct scene *scene) {
    assert_int_equal(type_in(scene->other, FAR_NAME), MACH_PORT_TYPE_NONE);
    expect_no_message(reply_port);
    if (scene->code == MACH_SEND_NO_BUFFER) { // nothing has been taken
        assert_int_equal(type(scene->port), scene->argument == MOVE_SEND_ONCE
                                                ? MACH_PORT_TYPE_SEND_ONCE
                                                : MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_SEND);
        assert_int_equal(refs(scene->second, MACH_PORT_RIGHT_SEND), 3);
        assert_int_equal(status(scene->second).mps_sorights, scene->argument == MOVE_SEND_ONCE);
        assert_success(call_insert_right(scene));
        return is_inserted(scene);
    }
    if (scene->argument == MOVE_RECEIVE) {
        assert_int_equal(type(scene->port), MACH_PORT_TYPE_DEAD_NAME);
        assert_int_equal(refs(scene->port, MACH_PORT_RIGHT_DEAD_NAME), 3);
        return;
    }
    bool is_once = arrival(scene->argument) == MACH_PORT_TYPE_SEND_ONCE;
    if (is_once && scene->failing == ONE) expect_send_once_notification(scene->second);
    expect_no_message(scene->second);
    assert_int_equal(status(scene->second).mps_sorights, 0);
    assert_int_equal(refs(scene->second, MACH_PORT_RIGHT_SEND), scene->argument == MOVE_SEND ? 2 : 3);
    mach_port_rights_t sends = 0;
    assert_success(mach_port_get_srights(SELF, scene->second, &sends));
    assert_int_equal(sends, 1); // a name's, whatever its references
    if (scene->argument == MOVE_SEND_ONCE) return assert_int_equal(type(scene->port), MACH_PORT_TYPE_NONE);
    assert_success(call_insert_right(scene));
    is_inserted(scene);
}

// A right of another task's, as the disposition wants it. `second` is the port.
static void with_right_elsewhere(struct scene *scene) {
    scene->other = make_task();
    scene->port = scene->second = make_port_in(scene->other);
    mach_port_t send = take(scene->other, scene->second, MAKE_SEND);
    assert_success(mach_port_insert_right(scene->other, scene->second, send, COPY_SEND));
    destroy(send);
    if (scene->argument != MOVE_SEND_ONCE) return;
    mach_port_t once = take(scene->other, scene->second, MAKE_SEND_ONCE);
    scene->port = give(scene->other, once, MOVE_SEND_ONCE);
}

static int64_t call_extract_right(struct scene *scene) {
    return way->mach_port_extract_right(scene->other, scene->port, (mach_msg_type_name_t)scene->argument,
                                        &scene->out.name, &scene->out.type);
}

static void is_extracted(struct scene *scene) {
    assert_int_equal(type(scene->out.name), arrival(scene->argument));
    assert_int_equal(scene->out.type, arrival(scene->argument) == MACH_PORT_TYPE_RECEIVE ? MOVE_RECEIVE
                                      : arrival(scene->argument) == MACH_PORT_TYPE_SEND  ? MOVE_SEND
                                                                                         : MOVE_SEND_ONCE);
}

// D7: the reply had the right, for which there was no name.
static void extracted_right_has_ended(struct scene *scene) {
    assert_untouched(&scene->out, 0, sizeof(scene->out));
    expect_no_message(reply_port);
    if (scene->code != LOST_RIGHTS) {
        mach_port_type_t is = type_in(scene->other, scene->port);
        assert_int_equal(is, scene->argument == MOVE_SEND_ONCE ? MACH_PORT_TYPE_SEND_ONCE
                                                               : MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_SEND);
        assert_int_equal(status_in(scene->other, scene->second).mps_sorights, scene->argument == MOVE_SEND_ONCE);
        assert_success(call_extract_right(scene));
        return is_extracted(scene);
    }
    if (scene->argument == MOVE_RECEIVE)
        return assert_int_equal(type_in(scene->other, scene->port), MACH_PORT_TYPE_DEAD_NAME);
    mach_port_status_t now = status_in(scene->other, scene->second);
    bool is_once = arrival(scene->argument) == MACH_PORT_TYPE_SEND_ONCE;
    // The right has ended, and its notification, if there was memory for that, stands for it in the queue.
    assert_int_equal(now.mps_msgcount, is_once && scene->failing == ONE);
    assert_int_equal(now.mps_sorights, now.mps_msgcount);
    assert_int_equal(now.mps_srights, scene->argument != MOVE_SEND);
    if (scene->argument == MOVE_SEND || scene->argument == MOVE_SEND_ONCE) return;
    assert_success(call_extract_right(scene));
    is_extracted(scene);
}

static void rights_move(void **state) {
    (void)state;
    need_failing_allocations();
    for (unsigned i = 0; i < COUNT_OF(dispositions); i++) {
        const struct row rows[] = {
            {.trial = {"mach_port_insert_right", with_right_and_task, call_insert_right, is_inserted, SHORT,
                       .argument = dispositions[i]},
             .own = 1,
             .failed = inserted_right_has_ended},
            {.trial = {"mach_port_extract_right", with_right_elsewhere, call_extract_right, is_extracted, SHORT,
                       .is_full = true, .argument = dispositions[i]},
             .answers_rights = true,
             .failed = extracted_right_has_ended},
        };
        run_rows(rows);
    }
}

// ---- Requests for notifications

static const int requests[] = {MACH_NOTIFY_PORT_DESTROYED, MACH_NOTIFY_NO_SENDERS, MACH_NOTIFY_DEAD_NAME,
                               MACH_NOTIFY_SEND_POSSIBLE};

static void with_notify(struct scene *scene) {
    scene->port = port_with_send();
    scene->notify = make_port();
    scene->name = scene->port;
}

// The port's table is full: there is a request on another of its names.
static void with_full_table(struct scene *scene) {
    with_notify(scene);
    request(SELF, make_send_once(scene->port), scene->argument, 0, scene->notify);
    scene->name = make_send_once(scene->port);
}

// A request stands that goes to `second`.
static void with_request(struct scene *scene) {
    with_notify(scene);
    scene->second = make_port();
    request(SELF, scene->name, scene->argument, 0, scene->second);
}

static int64_t call_request(struct scene *scene) {
    return way->mach_port_request_notification(SELF, scene->name, scene->argument, 0, scene->notify, MAKE_SEND_ONCE,
                                               &scene->out.previous);
}

static int64_t call_cancel(struct scene *scene) {
    return way->mach_port_request_notification(SELF, scene->name, scene->argument, 0, MACH_PORT_NULL, MAKE_SEND_ONCE,
                                               &scene->out.previous);
}

// Takes the request back, which must have this port to tell.
static void cancel_to(struct scene *scene, mach_port_t notify) {
    mach_port_t previous = UNSET;
    assert_success(mach_port_request_notification(SELF, scene->name, scene->argument, 0, MACH_PORT_NULL, MAKE_SEND_ONCE,
                                                  &previous));
    if (notify == MACH_PORT_NULL) return assert_int_equal(previous, MACH_PORT_NULL);
    assert_int_equal(type(previous), MACH_PORT_TYPE_SEND_ONCE);
    assert_success(mach_port_deallocate(SELF, previous));
    expect_send_once_notification(notify);
}

static void is_requested(struct scene *scene) {
    assert_int_equal(scene->out.previous, MACH_PORT_NULL);
    expect_no_message(scene->notify);
    cancel_to(scene, scene->notify);
}

static void old_right_is_back(struct scene *scene) {
    assert_int_equal(type(scene->out.previous), MACH_PORT_TYPE_SEND_ONCE);
    assert_int_equal(status(scene->second).mps_sorights, 1);
}

// T20, I12, K12: the right to notify was made, and has ended; with its notification, which the request has had memory for from its second allocation on.
static void expect_refused_right(struct scene *scene, bool is_made, bool has_memory) {
    assert_untouched(&scene->out, 0, sizeof(scene->out));
    if (is_made && has_memory) expect_send_once_notification(scene->notify);
    expect_no_message(scene->notify);
    assert_int_equal(status(scene->notify).mps_sorights, scene->name != scene->port); // another request's
    if (way->by_message) expect_no_message(reply_port);
}

static void is_not_requested(struct scene *scene) {
    unsigned before = way->by_message ? 2 : 0;
    expect_refused_right(scene, !way->by_message || scene->n > 1, scene->failing == ONE || scene->n > before + 1);
    assert_int_equal(status(scene->port).mps_nsrequest, 0);
    assert_int_equal(status(scene->port).mps_pdrequest, 0);
    assert_int_equal(type(scene->name) & MACH_PORT_TYPE_DNREQUEST, 0);
    cancel_to(scene, MACH_PORT_NULL);
    assert_success(call_request(scene));
    is_requested(scene);
}

static void expect_lost_old_right(struct scene *scene) {
    assert_untouched(&scene->out, 0, sizeof(scene->out));
    if (scene->failing == ONE) expect_send_once_notification(scene->second);
    expect_no_message(scene->second);
    assert_int_equal(status(scene->second).mps_sorights, 0);
}

// The old right found no name: the request is cancelled, or replaced, all the same.
static void is_cancelled_all_the_same(struct scene *scene) {
    if (way->by_message && scene->code != LOST_RIGHTS) {
        assert_success(call_cancel(scene));
        return old_right_is_back(scene);
    }
    expect_lost_old_right(scene);
    cancel_to(scene, MACH_PORT_NULL);
}

static void is_replaced_all_the_same(struct scene *scene) {
    if (way->by_message && scene->code != LOST_RIGHTS) {
        expect_refused_right(scene, scene->n > 1, scene->failing == ONE);
        assert_success(call_request(scene));
        return old_right_is_back(scene);
    }
    expect_lost_old_right(scene);
    cancel_to(scene, scene->notify);
}

static void is_not_replaced(struct scene *scene) {
    expect_refused_right(scene, true, scene->failing == ONE);
    cancel_to(scene, scene->second);
}

static void notifications_are_requested(void **state) {
    (void)state;
    need_failing_allocations();
    for (unsigned i = 0; i < COUNT_OF(requests); i++) {
        bool is_of_name = i >= 2, replaces = i < 2;
        const struct row rows[] = {
            {.trial = {"a request", with_notify, call_request, is_requested, SHORT, .argument = requests[i],
                       .least = is_of_name ? 2 : 1, .failed = is_not_requested},
             .own = is_of_name ? 2 : 1,
             .failed = is_not_requested},
            {.trial = {"cancelling", with_request, call_cancel, old_right_is_back, SHORT, .is_full = true,
                       .argument = requests[i], .failed = is_cancelled_all_the_same},
             .answers_rights = true,
             .failed = is_cancelled_all_the_same},
            {.trial = {"a request with a table to grow", with_full_table, call_request, is_requested, SHORT,
                       .argument = requests[i], .least = 2, .failed = is_not_requested},
             .own = 2,
             .failed = is_not_requested},
            {.trial = {"replacing", with_request, call_request, old_right_is_back, SHORT, .is_full = true,
                       .argument = requests[i], .least = 2, .failed = is_not_replaced,
                       .second_failure = KERN_RESOURCE_SHORTAGE, .second_failed = is_replaced_all_the_same},
             .own = 1,
             .answers_rights = true,
             .failed = is_replaced_all_the_same},
        };
        run_row(&rows[0]);
        run_row(&rows[1]);
        if (is_of_name) run_row(&rows[2]);
        if (replaces) run_row(&rows[3]);
    }
}

// ---- Tasks

static int64_t call_task_create(struct scene *scene) {
    return way->task_create(SELF, NULL, 0, FALSE, &scene->out.name);
}
static int64_t call_terminate(struct scene *scene) { return way->task_terminate(scene->name); }

static void has_child(struct scene *scene) {
    check_empty(scene->out.name, __FILE__, __LINE__);
    make_port_in(scene->out.name);
    end_task(scene->out.name);
}

// All that a child inherits.
static void with_heritage(struct scene *scene) {
    with_sends(scene);
    mach_port_t ports[] = {scene->port, MACH_PORT_NULL, MACH_PORT_DEAD};
    assert_success(mach_ports_register(SELF, ports, 3));
    assert_success(task_set_special_port(SELF, TASK_BOOTSTRAP_PORT, scene->port));
    assert_success(task_set_exception_ports(SELF, EXC_MASK_ALL, scene->port, EXCEPTION_DEFAULT, 0));
}

// A task with rights, whose end someone wants to know.
static void with_victim(struct scene *scene) {
    scene->notify = make_port();
    scene->name = make_task();
    make_port_in(scene->name);
    give(scene->name, port_with_send(), MAKE_SEND_ONCE);
    request(SELF, scene->name, MACH_NOTIFY_DEAD_NAME, 0, scene->notify);
}

static void victim_has_ended(struct scene *scene) {
    assert_int_equal(type(scene->name), MACH_PORT_TYPE_DEAD_NAME);
    expect_notified(scene->notify, MACH_NOTIFY_DEAD_NAME, scene->name);
}

static void tasks_are_made(void **state) {
    (void)state;
    need_failing_allocations();
    const struct row rows[] = {
        {.trial = {"task_create", with_heritage, call_task_create, has_child, SHORT, .least = 8}, .own = 8, .kept = 2},
        {.trial = {"task_terminate", with_victim, call_terminate, victim_has_ended, .failure = KERN_SUCCESS,
                   .least = 1}},
    };
    run_rows(rows);
}

static int64_t call_semaphore_create(struct scene *scene) {
    return way->semaphore_create(SELF, &scene->out.name, SYNC_POLICY_FIFO, 1);
}
static int64_t call_semaphore_destroy(struct scene *scene) { return way->semaphore_destroy(SELF, scene->name); }

static void has_semaphore(struct scene *scene) {
    assert_success(semaphore_wait(scene->out.name));
    assert_success(semaphore_destroy(SELF, scene->out.name));
}

static void with_semaphore(struct scene *scene) {
    assert_success(semaphore_create(SELF, &scene->name, SYNC_POLICY_FIFO, 1));
    assert_success(mach_port_mod_refs(SELF, scene->name, MACH_PORT_RIGHT_SEND, 2));
}

static void semaphore_is_destroyed(struct scene *scene) {
    assert_code(semaphore_wait(scene->name), KERN_TERMINATED);
    assert_int_equal(refs(scene->name, MACH_PORT_RIGHT_SEND), 2);
}

// The request may have taken its reference along.
static void semaphore_is_destroyed_later(struct scene *scene) {
    mach_port_urefs_t left = refs(scene->name, MACH_PORT_RIGHT_SEND);
    assert_true(left == 2 || left == 3);
    assert_success(call_semaphore_destroy(scene));
    assert_code(semaphore_wait(scene->name), KERN_TERMINATED);
    assert_int_equal(refs(scene->name, MACH_PORT_RIGHT_SEND), left - 1);
}

static void semaphores_are_made(void **state) {
    (void)state;
    need_failing_allocations();
    const struct row rows[] = {
        {.trial = {"semaphore_create", NULL, call_semaphore_create, has_semaphore, SHORT, .is_full = true, .least = 3},
         .own = 2,
         .kept = 2,
         .answers_rights = true},
        {.trial = {"semaphore_destroy", with_semaphore, call_semaphore_destroy, semaphore_is_destroyed,
                   .failure = KERN_SUCCESS},
         .failed = semaphore_is_destroyed_later},
    };
    run_rows(rows);
}

// In a forked child: a child task whose right finds no name is there, and no one can end it.
static int without_name_for_child(void *argument) {
    (void)argument;
    way = &message_calls;
    task_t task = MACH_PORT_NULL;
    STEP(1, task_create(SELF, NULL, 0, FALSE, &task) == KERN_SUCCESS);
    STEP(2, mach_linux_task_adopt(task) == KERN_SUCCESS);
    open_reply_port();
    mach_port_name_t name = 0;
    do STEP(3, mach_port_allocate(SELF, MACH_PORT_RIGHT_DEAD_NAME, &name) == KERN_SUCCESS);
    while (name >> 8 != 31);
    mach_linux_statistics_data_t before, after;
    unsigned lost = 0;
    for (unsigned n = 1;; n++) {
        mach_linux_statistics(&before);
        task_t child = UNSET;
        fail_allocation(ONE, n);
        kern_return_t code = way->task_create(SELF, NULL, 0, FALSE, &child);
        bool reached = stop_failing();
        mach_linux_statistics(&after);
        STEP(4, (code == KERN_SUCCESS) == !reached);
        if (!reached) break;
        bool is_lost = code == LOST_RIGHTS;
        lost += is_lost;
        STEP(5, child == UNSET);
        STEP(6, after.tasks == before.tasks + is_lost && after.rights == before.rights + is_lost);
        STEP(7, after.messages == before.messages && after.memory_regions == before.memory_regions);
    }
    STEP(8, lost == 1);
    return 0;
}

static void a_task_whose_right_is_lost_stays(void **state) {
    (void)state;
    need_failing_allocations();
    assert_int_equal(in_forked_child(without_name_for_child, NULL), 0);
}

// ---- Ports that tasks, threads and the host keep

static int64_t call_register(struct scene *scene) {
    mach_port_t ports[] = {scene->port, MACH_PORT_NULL};
    return way->mach_ports_register(SELF, ports, 2);
}

static int64_t call_lookup(struct scene *scene) {
    mach_port_array_t ports = NULL;
    mach_msg_type_number_t count = UNSET;
    kern_return_t code = way->mach_ports_lookup(SELF, &ports, &count);
    if (code != KERN_SUCCESS) return ports == NULL && count == UNSET ? code : -1;
    scene->out.count = count;
    put_out(scene, 0, ports, count * sizeof(*ports));
    scene->out.name = ports[0];
    return code;
}

// The same, where the reply may come without its rights: then its array is the caller's to free.
static int64_t ask_lookup(struct scene *scene) {
    struct mig_message message;
    begin_request(&message, SELF, 3404, 24);
    kern_return_t code = exchange(&message, 56, 56, 1);
    mach_msg_ool_ports_descriptor_t array;
    memcpy(&array, message.bytes + 28, sizeof(array));
    if (code == LOST_RIGHTS) {
        mach_port_t ports[3];
        if (array.count != 3 || array.type != MACH_MSG_OOL_PORTS_DESCRIPTOR) return -1;
        memcpy(ports, array.address, sizeof(ports));
        if (vm_deallocate(SELF, (vm_address_t)array.address, sizeof(ports)) != KERN_SUCCESS) return -2;
        return ports[0] == MACH_PORT_NULL && ports[1] == MACH_PORT_NULL && ports[2] == MACH_PORT_DEAD ? code : -3;
    }
    if (code != KERN_SUCCESS) return code;
    scene->out.count = array.count;
    put_out(scene, 0, array.address, array.count * sizeof(mach_port_t));
    scene->out.name = *(mach_port_t *)array.address;
    return code;
}

// The ports that the task, its thread and the host keep have no names here but in another task.
static void with_kept(struct scene *scene) {
    scene->other = make_task();
    mach_port_t theirs = make_port_in(scene->other);
    scene->second = mach_host_self();
    scene->notify = mach_thread_self();
    mach_port_t send = take(scene->other, theirs, MAKE_SEND);
    mach_port_t ports[] = {send, MACH_PORT_NULL, MACH_PORT_DEAD};
    assert_success(mach_ports_register(SELF, ports, 3));
    assert_success(task_set_special_port(SELF, TASK_BOOTSTRAP_PORT, send));
    assert_success(task_set_exception_ports(SELF, EXC_MASK_ALL, send, EXCEPTION_DEFAULT, 0));
    assert_success(thread_set_exception_ports(scene->notify, EXC_MASK_ALL, send, EXCEPTION_DEFAULT, 0));
    assert_success(host_set_exception_ports(scene->second, EXC_MASK_ALL, send, EXCEPTION_DEFAULT, 0));
    assert_success(host_set_special_port(scene->second, 9, send));
    destroy(send);
}

static void with_sends_and_names(struct scene *scene) {
    with_sends(scene);
    scene->second = mach_host_self();
    scene->notify = mach_thread_self();
}

// Thread and host outlast the task.
static void forget_kept(struct scene *scene) {
    (void)scene;
    mach_port_t host = mach_host_self(), thread = mach_thread_self();
    assert_success(thread_set_special_port(thread, THREAD_KERNEL_PORT, thread));
    assert_success(thread_set_exception_ports(thread, EXC_MASK_ALL, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0));
    assert_success(host_set_exception_ports(host, EXC_MASK_ALL, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0));
    assert_success(host_set_special_port(host, 9, MACH_PORT_NULL));
}

enum keeper { TASK, THREAD, HOST };

static int64_t call_get_special(struct scene *scene) {
    mach_port_t *port = &scene->out.name;
    if (scene->argument == THREAD) return way->thread_get_special_port(scene->notify, THREAD_KERNEL_PORT, port);
    if (scene->argument == HOST) return way->host_get_special_port(scene->second, HOST_LOCAL_NODE, 9, port);
    return way->task_get_special_port(SELF, TASK_BOOTSTRAP_PORT, port);
}

static int64_t call_set_special(struct scene *scene) {
    if (scene->argument == THREAD) return way->thread_set_special_port(scene->notify, THREAD_KERNEL_PORT, scene->port);
    if (scene->argument == HOST) return way->host_set_special_port(scene->second, 9, scene->port);
    return way->task_set_special_port(SELF, TASK_BOOTSTRAP_PORT, scene->port);
}

static int64_t call_set_exceptions(struct scene *scene) {
    if (scene->argument == THREAD)
        return way->thread_set_exception_ports(scene->notify, EXC_MASK_ALL, scene->port, EXCEPTION_DEFAULT, 0);
    if (scene->argument == HOST)
        return way->host_set_exception_ports(scene->second, EXC_MASK_ALL, scene->port, EXCEPTION_DEFAULT, 0);
    return way->task_set_exception_ports(SELF, EXC_MASK_ALL, scene->port, EXCEPTION_DEFAULT, 0);
}

static int64_t get_or_swap(struct scene *scene, bool swaps) {
    exception_mask_t masks[EXC_TYPES_COUNT];
    mach_port_t ports[EXC_TYPES_COUNT];
    exception_behavior_t behaviors[EXC_TYPES_COUNT];
    thread_state_flavor_t flavors[EXC_TYPES_COUNT];
    mach_msg_type_number_t count = EXC_TYPES_COUNT;
    kern_return_t code;
    if (swaps) {
        __typeof__(&task_swap_exception_ports) swap = scene->argument == THREAD ? way->thread_swap_exception_ports
                                                      : scene->argument == HOST ? way->host_swap_exception_ports
                                                                                : way->task_swap_exception_ports;
        mach_port_t of = scene->argument == THREAD ? scene->notify : scene->argument == HOST ? scene->second : SELF;
        code =
            swap(of, EXC_MASK_BREAKPOINT, scene->other, EXCEPTION_DEFAULT, 0, masks, &count, ports, behaviors, flavors);
    } else {
        __typeof__(&task_get_exception_ports) get = scene->argument == THREAD ? way->thread_get_exception_ports
                                                    : scene->argument == HOST ? way->host_get_exception_ports
                                                                              : way->task_get_exception_ports;
        mach_port_t of = scene->argument == THREAD ? scene->notify : scene->argument == HOST ? scene->second : SELF;
        code = get(of, EXC_MASK_ALL, masks, &count, ports, behaviors, flavors);
    }
    if (code != KERN_SUCCESS) return code;
    scene->out.count = count;
    scene->out.name = ports[0];
    return code;
}

static int64_t call_get_exceptions(struct scene *scene) { return get_or_swap(scene, false); }
static int64_t call_swap_exceptions(struct scene *scene) { return get_or_swap(scene, true); }

static void is_a_send_right(struct scene *scene) {
    assert_int_equal(type(scene->out.name), MACH_PORT_TYPE_SEND);
    assert_int_equal(refs(scene->out.name, MACH_PORT_RIGHT_SEND), scene->argument == THREAD ? 2 : 1);
}

static void is_registered(struct scene *scene) {
    mach_port_array_t ports = NULL;
    mach_msg_type_number_t count = 0;
    assert_success(mach_ports_lookup(SELF, &ports, &count));
    assert_int_equal(count, 3);
    assert_int_equal(ports[0], scene->port);
    assert_int_equal(ports[1], MACH_PORT_NULL);
    assert_success(vm_deallocate(SELF, (vm_address_t)ports, count * sizeof(*ports)));
    assert_int_equal(refs(scene->port, MACH_PORT_RIGHT_SEND), 4);
}

static void is_special(struct scene *scene) {
    const struct routines *its = way;
    way = &direct_calls;
    assert_success(call_get_special(scene));
    way = its;
    assert_int_equal(scene->out.name, scene->port);
    assert_int_equal(refs(scene->port, MACH_PORT_RIGHT_SEND), 4);
}

static void is_handler(struct scene *scene) {
    const struct routines *its = way;
    way = &direct_calls;
    assert_success(call_get_exceptions(scene));
    way = its;
    assert_int_equal(scene->out.count, 1);
    assert_int_equal(scene->out.name, scene->port);
    assert_int_equal(refs(scene->port, MACH_PORT_RIGHT_SEND), 4);
}

// By call a port without a name is NULL (X9 and its kin).
static void has_looked_up(struct scene *scene) {
    bool had_room = way->by_message || scene->fault == SYSTEM_CALL || scene->code != KERN_SUCCESS || scene->n != 3;
    assert_int_equal(scene->out.count, 3);
    assert_int_equal(scene->out.name != MACH_PORT_NULL, had_room);
    if (had_room) assert_int_equal(type(scene->out.name), MACH_PORT_TYPE_SEND);
    take_back(scene, 0);
}

static void has_handler(struct scene *scene) {
    bool had_room = way->by_message || scene->fault == SYSTEM_CALL || scene->n != 1;
    assert_int_equal(scene->out.count, 1);
    assert_int_equal(scene->out.name != MACH_PORT_NULL, had_room);
    if (had_room) assert_int_equal(type(scene->out.name), MACH_PORT_TYPE_SEND);
}

// The reply came without the old handler: the new one is there.
static void is_swapped_all_the_same(struct scene *scene) {
    assert_untouched(&scene->out, 0, sizeof(scene->out));
    expect_no_message(reply_port);
    assert_success(call_swap_exceptions(scene));
    assert_int_equal(scene->out.count, 1);
    // What was there before is back now, unless it was lost: then it is the new one, which came twice.
    assert_int_equal(scene->out.name == scene->other, scene->code == LOST_RIGHTS);
}

static void kept_ports_are_set_and_read(void **state) {
    (void)state;
    need_failing_allocations();
    // What the thread keeps its handlers in outlasts each trial.
    mach_port_t thread = mach_thread_self();
    assert_success(thread_set_exception_ports(thread, EXC_MASK_ALL, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0));
    assert_success(mach_port_deallocate(SELF, thread));
    const struct row registered[] = {
        {.trial = {"mach_ports_register", with_sends, call_register, is_registered, .failure = KERN_SUCCESS},
         .carries = CARRIES_ARRAY},
        {.trial = {"mach_ports_lookup", with_kept, call_lookup, has_looked_up, SHORT_OF_PAGES, .is_full = true,
                   .codes = {KERN_RESOURCE_SHORTAGE, KERN_RESOURCE_SHORTAGE, WORKS}, .finish = forget_kept},
         .own = 3,
         .answers_rights = true,
         .ask = ask_lookup},
    };
    run_rows(registered);
    for (int keeper = TASK; keeper <= HOST; keeper++) {
        const struct row rows[] = {
            {.trial = {"set_special_port", with_sends_and_names, call_set_special, is_special, .failure = KERN_SUCCESS,
                       .argument = keeper, .finish = forget_kept}},
            {.trial = {"set_exception_ports", with_sends_and_names, call_set_exceptions, is_handler,
                       .failure = KERN_SUCCESS, .argument = keeper, .finish = forget_kept}},
            {.trial = {"get_exception_ports", with_kept, call_get_exceptions, has_handler, .failure = KERN_SUCCESS,
                       .is_full = true, .argument = keeper, .least = 1, .finish = forget_kept},
             .answers_rights = true},
            {.trial = {"swap_exception_ports", with_kept, call_swap_exceptions, has_handler, .failure = KERN_SUCCESS,
                       .is_full = true, .argument = keeper, .least = 1, .finish = forget_kept},
             .answers_rights = true,
             .failed = is_swapped_all_the_same},
            {.trial = {"get_special_port", with_kept, call_get_special, is_a_send_right, SHORT, .is_full = true,
                       .argument = keeper, .finish = forget_kept},
             .answers_rights = true},
        };
        run_row(&rows[0]);
        run_row(&rows[1]);
        run_row(&rows[2]);
        run_row(&rows[3]);
        if (keeper != THREAD) run_row(&rows[4]); // its name is there
    }
}

// A thread of its own keeps no handlers yet.
struct first_handlers {
    unsigned n;
    bool reached;
    int64_t code, again;
};

static int64_t set_first_handlers(void *argument) {
    struct first_handlers *it = argument;
    way = &message_calls;
    open_reply_port();
    mach_port_t self = mach_thread_self();
    fail_allocation(ONE, it->n);
    it->code = way->thread_set_exception_ports(self, EXC_MASK_ALL, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0);
    it->reached = stop_failing();
    it->again = way->thread_set_exception_ports(self, EXC_MASK_ALL, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0);
    close_reply_port();
    return mach_port_deallocate(SELF, self);
}

static void handlers_of_a_thread_are_set_by_message(void **state) {
    (void)state;
    need_failing_allocations();
    const int64_t codes[] = {MACH_SEND_NO_BUFFER, MIG_SERVER_DIED, KERN_RESOURCE_SHORTAGE, KERN_SUCCESS};
    for (unsigned n = 1; n <= COUNT_OF(codes); n++) {
        struct first_handlers it = {n, false, -1, -1};
        struct test_thread thread;
        start_thread(&thread, set_first_handlers, &it);
        assert_success(join_thread(&thread));
        assert_int_equal(it.reached, n < COUNT_OF(codes));
        assert_code(it.code, codes[n - 1]);
        assert_code(it.again, KERN_SUCCESS);
    }
}

// ---- Memory

enum place { ANYWHERE, FIXED, OVER };
#define PAGES(place, count) ((int)(place) << 16 | (count))

static void with_place(struct scene *scene) {
    scene->size = (vm_size_t)(scene->argument & 0xffff) * PAGE;
    if (scene->argument >> 16 == FIXED) scene->memory = (vm_address_t)far_place(scene->size);
    if (scene->argument >> 16 == OVER) {
        scene->memory = (vm_address_t)allocate(scene->size);
        fill_pattern((void *)scene->memory, scene->size, 3);
    }
}

static int64_t allocate_by(struct scene *scene, bool is_wide) {
    int flags = scene->argument >> 16 == ANYWHERE ? VM_FLAGS_ANYWHERE
                : scene->argument >> 16 == FIXED  ? VM_FLAGS_FIXED
                                                  : VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE;
    vm_address_t address = scene->memory;
    mach_vm_address_t wide = address;
    kern_return_t code = is_wide ? way->mach_vm_allocate(SELF, &wide, scene->size, flags)
                                 : way->vm_allocate(SELF, &address, scene->size, flags);
    if (code != KERN_SUCCESS) return address == scene->memory && wide == scene->memory ? code : -1;
    put_out(scene, 0, (void *)(is_wide ? wide : address), scene->size);
    return code;
}
static int64_t call_vm_allocate(struct scene *scene) { return allocate_by(scene, false); }
static int64_t call_mach_vm_allocate(struct scene *scene) { return allocate_by(scene, true); }

static void has_zeros(struct scene *scene) {
    assert_all((void *)scene->out.memory[0].address, scene->size, 0);
    take_back(scene, 0);
    if (scene->size > PAGE) assert_int_equal(mapped_pages((void *)scene->out.memory[0].address, scene->size), 0);
}

// What was there before a call that failed.
static void is_mapped_as_before(struct scene *scene) {
    if (scene->argument >> 16 == OVER) {
        assert_int_equal(mapped_pages((void *)scene->memory, scene->size), scene->size / PAGE);
        assert_pattern((void *)scene->memory, scene->size, 3);
    }
    if (scene->argument >> 16 == FIXED) assert_int_equal(mapped_pages((void *)scene->memory, scene->size), 0);
}

// Pages of vm_allocate; of what the argument says, `first` and `count` are given back.
#define GIVEN(all, first, count) ((all) << 16 | (first) << 8 | (count))

static void with_pages(struct scene *scene) {
    scene->size = (vm_size_t)(scene->argument >> 16) * PAGE;
    scene->memory = (vm_address_t)allocate(scene->size);
    fill_pattern((void *)scene->memory, scene->size, 3);
}

static vm_address_t first_given(struct scene *scene) {
    return scene->memory + (vm_size_t)(scene->argument >> 8 & 0xff) * PAGE;
}
static vm_size_t size_given(struct scene *scene) { return (vm_size_t)(scene->argument & 0xff) * PAGE; }

static int64_t call_vm_deallocate(struct scene *scene) {
    return way->vm_deallocate(SELF, first_given(scene), size_given(scene));
}
static int64_t call_mach_vm_deallocate(struct scene *scene) {
    return way->mach_vm_deallocate(SELF, first_given(scene), size_given(scene));
}

static void all_is_there(struct scene *scene) { assert_pattern((void *)scene->memory, scene->size, 3); }

static void some_is_gone(struct scene *scene) {
    vm_size_t given = size_given(scene);
    if (scene->size > PAGE)
        assert_int_equal(mapped_pages((void *)scene->memory, scene->size), (scene->size - given) / PAGE);
    if (given < scene->size) {
        assert_pattern((void *)scene->memory, first_given(scene) - scene->memory, 3);
        deallocate((void *)scene->memory, scene->size);
    }
}

static void allocate_at(const int *places, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        const struct row rows[] = {
            {.trial = {"vm_allocate", with_place, call_vm_allocate, has_zeros, SHORT_OF_PAGES, .argument = places[i],
                       .least = 2, .ended = is_mapped_as_before},
             .own = 2},
            {.trial = {"mach_vm_allocate", with_place, call_mach_vm_allocate, has_zeros, SHORT_OF_PAGES,
                       .argument = places[i], .least = 2, .ended = is_mapped_as_before},
             .own = 2},
        };
        run_rows(rows);
    }
}

// What could not be unmapped is there, in pieces perhaps, and goes at the next try.
static void is_given_back_later(struct scene *scene) {
    all_is_there(scene);
    if (way->by_message) expect_no_message(reply_port);
    assert_success(current->trial.call(scene));
    some_is_gone(scene);
}

static void memory_is_allocated(void **state) {
    (void)state;
    need_failing_allocations();
    const int places[] = {PAGES(ANYWHERE, 1), PAGES(ANYWHERE, 100), PAGES(ANYWHERE, 1000), PAGES(FIXED, 1),
                          PAGES(FIXED, 100)};
    allocate_at(places, COUNT_OF(places));
}

static void memory_is_allocated_over_other_memory(void **state) {
    (void)state;
    need_failing_allocations();
    const int places[] = {PAGES(OVER, 1), PAGES(OVER, 100)};
    allocate_at(places, COUNT_OF(places));
}

static void memory_is_given_back(void **state) {
    (void)state;
    need_failing_allocations();
    const struct {
        int argument;
        bool splits;
    } given[] = {
        {GIVEN(1, 0, 1), false}, {GIVEN(8, 0, 8), false}, {GIVEN(8, 0, 3), false},
        {GIVEN(8, 5, 3), false}, {GIVEN(8, 2, 3), true},
    };
    for (unsigned i = 0; i < COUNT_OF(given); i++) {
        int64_t code = given[i].splits ? KERN_RESOURCE_SHORTAGE : KERN_SUCCESS;
        bool is_pooled = given[i].argument >> 16 == 1;
        const struct row rows[] = {
            {.trial = {"vm_deallocate", with_pages, call_vm_deallocate, some_is_gone, .failure = code,
                       .argument = given[i].argument, .ended = all_is_there, .shorted = is_given_back_later,
                       .system_failures = {is_pooled ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE},
                       .least = given[i].splits ? 2 : 0, .least_system_calls = 1},
             .own = given[i].splits ? 2 : 0},
            {.trial = {"mach_vm_deallocate", with_pages, call_mach_vm_deallocate, some_is_gone, .failure = code,
                       .argument = given[i].argument, .ended = all_is_there, .shorted = is_given_back_later,
                       .system_failures = {is_pooled ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE},
                       .least = given[i].splits ? 2 : 0, .least_system_calls = 1},
             .own = given[i].splits ? 2 : 0},
        };
        run_rows(rows);
    }
}

// ---- Requests without an answer

// K12: without memory for a reply nothing is done, also where none is wanted.
static int64_t ask_without_reply(struct scene *scene) {
    struct mig_message message;
    begin_request(&message, SELF, 3210, 40);
    message.header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, 0);
    message.header.msgh_local_port = MACH_PORT_NULL;
    set_word(&message, 32, scene->port);
    set_word(&message, 36, 77);
    return send_request(&message);
}

static void was_served_with_memory(struct scene *scene) {
    bool had_memory = scene->fault == SYSTEM_CALL || scene->code != KERN_SUCCESS || scene->n != 2;
    assert_int_equal(status(scene->port).mps_mscount, had_memory ? 77 : 0);
    assert_success(ask_without_reply(scene));
    has_mscount(scene);
}

static void a_request_without_reply_is_served_or_not(void **state) {
    (void)state;
    need_failing_allocations();
    const struct trial trial = {"a request without reply",
                                with_port,
                                ask_without_reply,
                                was_served_with_memory,
                                .codes = {MACH_SEND_NO_BUFFER, WORKS},
                                .least = 2};
    run_trial(&trial);
}

// ---- The whole

// So that whoever adds a routine to the kernel's tables adds its row.
static void there_are_as_many_routines_as_have_rows(void **state) {
    (void)state;
    assert_int_equal(shape_count, 157); // 41 of them in test_vm_faults.c, 45 in test_host_faults.c
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(there_are_as_many_routines_as_have_rows),
        TASK_TEST(names_are_allocated),
        TASK_TEST(arrays_come_back),
        TASK_TEST(long_arrays_come_back),
        TASK_TEST(other_routines_need_no_memory),
        TASK_TEST(members_are_moved),
        TASK_TEST(rights_move),
        TASK_TEST(notifications_are_requested),
        TASK_TEST(tasks_are_made),
        TASK_TEST(semaphores_are_made),
        TASK_TEST(a_task_whose_right_is_lost_stays),
        TASK_TEST(kept_ports_are_set_and_read),
        TASK_TEST(handlers_of_a_thread_are_set_by_message),
        TASK_TEST(memory_is_allocated),
        TASK_TEST(memory_is_allocated_over_other_memory),
        TASK_TEST(memory_is_given_back),
        TASK_TEST(a_request_without_reply_is_served_or_not),
    };
    return TASK_RUN(tests);
}
