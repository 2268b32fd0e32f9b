// The servers that programs link: exceptions in both widths, alarms, notifications. Requests made by hand, right and with every field wrong in turn, and real ones of the library's. Rows G4, G11, T4, T7, T12, T13, T14, T18, I12.
#include "mig_service_support.h"

#include <mach/clock_reply.h>
#include <mach/exc.h>
#include <mach/exception_types.h>
#include <mach/mach_exc.h>
#include <mach/notify_server.h>
#include <mach/task.h>
#include <mach/thread_status.h>

enum { MOVE_RECEIVE = 16, MOVE_SEND = 17, MOVE_SEND_ONCE = 18, COPY_SEND = 19, MAKE_SEND = 20, MAKE_SEND_ONCE = 21 };

#define STATE_WORDS THREAD_STATE_MAX

// ---- The program's routines: they record what they are given

static struct {
    int calls, routine; // the routine's id
    mach_port_t port, thread, task;
    int exception, flavor;
    int64_t codes[2];
    uint32_t code_count, state_count, room;
    uint32_t first_word, last_word; // of the state
    uint32_t value;                 // a notification's name, right or count
    int alarm_code, alarm_type;
    mach_timespec_t alarm_time;
} seen;

static kern_return_t answer;  // what they return
static uint32_t answer_words; // and so many words of state, each its index
static bool answer_drops_rights;

static void see(int routine, mach_port_t port) {
    int calls = seen.calls;
    memset(&seen, 0, sizeof(seen));
    seen.calls = calls + 1;
    seen.routine = routine;
    seen.port = port;
}

static void see_identity(mach_port_t thread, mach_port_t task) {
    seen.thread = thread;
    seen.task = task;
    if (!answer_drops_rights) return;
    (void)mach_port_deallocate(SELF, thread);
    (void)mach_port_deallocate(SELF, task);
}

static void see_codes(const void *codes, uint32_t count, size_t size) {
    seen.code_count = count;
    for (uint32_t i = 0; i < count && i < 2; i++) {
        int32_t narrow;
        memcpy(&narrow, (const char *)codes + i * size, 4);
        seen.codes[i] = narrow;
        if (size == 8) memcpy(&seen.codes[i], (const char *)codes + i * size, 8);
    }
}

static void see_state(int *flavor, const natural_t *old_state, uint32_t count, natural_t *new_state, uint32_t *room) {
    seen.flavor = *flavor;
    seen.state_count = count;
    if (count > 0) {
        seen.first_word = old_state[0];
        seen.last_word = old_state[count - 1];
    }
    seen.room = *room;
    *flavor += 1;
    for (uint32_t i = 0; i < answer_words; i++) new_state[i] = i;
    *room = answer_words;
}

kern_return_t catch_exception_raise(mach_port_t exception_port, mach_port_t thread, mach_port_t task,
                                    exception_type_t exception, exception_data_t code, mach_msg_type_number_t codeCnt) {
    see(2401, exception_port);
    see_identity(thread, task);
    seen.exception = exception;
    see_codes(code, codeCnt, 4);
    return answer;
}

kern_return_t catch_exception_raise_state(mach_port_t exception_port, exception_type_t exception,
                                          const exception_data_t code, mach_msg_type_number_t codeCnt, int *flavor,
                                          const thread_state_t old_state, mach_msg_type_number_t old_stateCnt,
                                          thread_state_t new_state, mach_msg_type_number_t *new_stateCnt) {
    see(2402, exception_port);
    seen.exception = exception;
    see_codes(code, codeCnt, 4);
    see_state(flavor, old_state, old_stateCnt, new_state, new_stateCnt);
    return answer;
}

kern_return_t catch_exception_raise_state_identity(mach_port_t exception_port, mach_port_t thread, mach_port_t task,
                                                   exception_type_t exception, exception_data_t code,
                                                   mach_msg_type_number_t codeCnt, int *flavor,
                                                   thread_state_t old_state, mach_msg_type_number_t old_stateCnt,
                                                   thread_state_t new_state, mach_msg_type_number_t *new_stateCnt) {
    see(2403, exception_port);
    see_identity(thread, task);
    seen.exception = exception;
    see_codes(code, codeCnt, 4);
    see_state(flavor, old_state, old_stateCnt, new_state, new_stateCnt);
    return answer;
}

kern_return_t catch_mach_exception_raise(mach_port_t exception_port, mach_port_t thread, mach_port_t task,
                                         exception_type_t exception, mach_exception_data_t code,
                                         mach_msg_type_number_t codeCnt) {
    see(2405, exception_port);
    see_identity(thread, task);
    seen.exception = exception;
    see_codes(code, codeCnt, 8);
    return answer;
}

kern_return_t catch_mach_exception_raise_state(mach_port_t exception_port, exception_type_t exception,
                                               const mach_exception_data_t code, mach_msg_type_number_t codeCnt,
                                               int *flavor, const thread_state_t old_state,
                                               mach_msg_type_number_t old_stateCnt, thread_state_t new_state,
                                               mach_msg_type_number_t *new_stateCnt) {
    see(2406, exception_port);
    seen.exception = exception;
    see_codes(code, codeCnt, 8);
    see_state(flavor, old_state, old_stateCnt, new_state, new_stateCnt);
    return answer;
}

kern_return_t catch_mach_exception_raise_state_identity(mach_port_t exception_port, mach_port_t thread,
                                                        mach_port_t task, exception_type_t exception,
                                                        mach_exception_data_t code, mach_msg_type_number_t codeCnt,
                                                        int *flavor, thread_state_t old_state,
                                                        mach_msg_type_number_t old_stateCnt, thread_state_t new_state,
                                                        mach_msg_type_number_t *new_stateCnt) {
    see(2407, exception_port);
    see_identity(thread, task);
    seen.exception = exception;
    see_codes(code, codeCnt, 8);
    see_state(flavor, old_state, old_stateCnt, new_state, new_stateCnt);
    return answer;
}

static kern_return_t see_notification(int id, mach_port_t notify, uint32_t value) {
    see(id, notify);
    seen.value = value;
    return answer;
}

kern_return_t do_mach_notify_port_deleted(mach_port_t notify, mach_port_name_t name) {
    return see_notification(65, notify, name);
}
kern_return_t do_mach_notify_send_possible(mach_port_t notify, mach_port_name_t name) {
    return see_notification(66, notify, name);
}
kern_return_t do_mach_notify_port_destroyed(mach_port_t notify, mach_port_t rights) {
    return see_notification(69, notify, rights);
}
kern_return_t do_mach_notify_no_senders(mach_port_t notify, mach_port_mscount_t mscount) {
    return see_notification(70, notify, mscount);
}
kern_return_t do_mach_notify_send_once(mach_port_t notify) { return see_notification(71, notify, 0); }
kern_return_t do_mach_notify_dead_name(mach_port_t notify, mach_port_name_t name) {
    return see_notification(72, notify, name);
}

kern_return_t clock_alarm_reply(clock_reply_t alarm_port, kern_return_t alarm_code, alarm_type_t alarm_type,
                                mach_timespec_t alarm_time) {
    see(3125107, alarm_port);
    seen.alarm_code = alarm_code;
    seen.alarm_type = alarm_type;
    seen.alarm_time = alarm_time;
    return answer;
}

// ---- The servers

struct server {
    const char *name;
    boolean_t (*demux)(mach_msg_header_t *request, mach_msg_header_t *reply);
    mig_routine_t (*routine)(mach_msg_header_t *request);
    mach_msg_id_t ids[8]; // that it knows, 0 behind the last
};

static const struct server servers[] = {
    {"exc_server", exc_server, exc_server_routine, {2401, 2402, 2403}},
    {"mach_exc_server", mach_exc_server, mach_exc_server_routine, {2405, 2406, 2407}},
    {"notify_server", notify_server, notify_server_routine, {65, 66, 69, 70, 71, 72}},
    {"clock_reply_server", clock_reply_server, clock_reply_server_routine, {3125107}},
};
enum { EXC, MACH_EXC, NOTIFY, CLOCK };

static bool knows(const struct server *server, mach_msg_id_t id) {
    for (unsigned i = 0; i < COUNT_OF(server->ids) && server->ids[i] != 0; i++)
        if (server->ids[i] == id) return true;
    return false;
}

// Room for the longest request and reply, with a margin that must stay as it was.
struct message {
    union {
        mach_msg_header_t header;
        mach_msg_base_t base;
        mig_reply_error_t error;
        char bytes[128 + 4 * STATE_WORDS + 128];
    };
};

static void put(struct message *message, size_t offset, uint32_t value) { memcpy(message->bytes + offset, &value, 4); }
static uint32_t get(const struct message *message, size_t offset) {
    uint32_t value;
    memcpy(&value, message->bytes + offset, 4);
    return value;
}

static struct message begin_message(mach_msg_id_t id, mach_msg_size_t size, bool complex) {
    struct message it;
    memset(&it, 0, sizeof(it));
    it.header.msgh_bits = MACH_MSGH_BITS(MOVE_SEND_ONCE, MOVE_SEND) | (complex ? MACH_MSGH_BITS_COMPLEX : 0);
    it.header.msgh_size = size;
    it.header.msgh_remote_port = 0x1003;
    it.header.msgh_local_port = 0x2003;
    it.header.msgh_voucher_port = 0x3003; // nothing's: its bits say so
    it.header.msgh_id = id;
    return it;
}

// Serves a request that a test made by hand. Its answer is as every server's; *reply may be looked at further. What the demultiplexer returns.
static boolean_t serve(const struct server *server, const struct message *request, struct message *reply) {
    struct message copy = *request;
    fill_untouched(reply, sizeof(*reply));
    seen.calls = 0;
    boolean_t result = server->demux(&copy.header, &reply->header);
    assert_int_equal(reply->header.msgh_bits & ~MACH_MSGH_BITS_COMPLEX, MACH_MSGH_BITS(MOVE_SEND_ONCE, 0));
    assert_int_equal(reply->header.msgh_remote_port, 0x1003);
    assert_int_equal(reply->header.msgh_local_port, MACH_PORT_NULL);
    assert_int_equal(reply->header.msgh_voucher_port, 0);
    assert_int_equal(reply->header.msgh_id, request->header.msgh_id + 100);
    assert_int_equal(reply->header.msgh_bits & MACH_MSGH_BITS_COMPLEX, 0);
    assert_memory_equal(&reply->error.NDR, &NDR_record, 8);
    return result;
}

// The request is the server's, but wrong: no routine is called.
static void refuse(const struct server *server, const struct message *request, kern_return_t code, int line) {
    struct message reply;
    boolean_t known = serve(server, request, &reply);
    if (known != TRUE || reply.error.RetCode != code || seen.calls != 0) {
        print_error("%s, id %d, line %d: %d, code %d, %d calls\n", server->name, request->header.msgh_id, line, known,
                    reply.error.RetCode, seen.calls);
        fail();
    }
    assert_int_equal(reply.header.msgh_size, 36);
    assert_untouched(&reply, 36, sizeof(reply));
}
#define assert_refused_by(server, request, code) refuse(server, request, code, __LINE__)

static void ids_that_are_not_known_are_told(void **state) {
    (void)state;
    static const mach_msg_id_t ids[] = {0,    1,    -1,   64,   65,   66,       67,      68,      69,      70,     71,
                                        72,   73,   100,  165,  2400, 2401,     2403,    2404,    2405,    2407,   2408,
                                        2409, 2501, 2505, 3200, 3400, -1000000, 3125106, 3125107, 3125108, 3125207};
    answer = 0;
    for (unsigned i = 0; i < COUNT_OF(servers); i++) {
        for (unsigned j = 0; j < COUNT_OF(ids); j++) {
            struct message request = begin_message(ids[j], 24, false), reply;
            bool known = knows(&servers[i], ids[j]);
            assert_int_equal(servers[i].routine(&request.header) != NULL, known);
            boolean_t result = serve(&servers[i], &request, &reply);
            assert_int_equal(result, known);
            if (known) continue;
            assert_int_equal(reply.error.RetCode, MIG_BAD_ID);
            assert_int_equal(reply.header.msgh_size, 36);
            assert_int_equal(seen.calls, 0);
        }
    }
}

// ---- Exceptions

// A form of exception message, and where its fields are.
struct form {
    mach_msg_id_t id;
    bool wide, identity, with_state;
};

static const struct form forms[] = {
    {2401, false, true, false}, {2402, false, false, true}, {2403, false, true, true},
    {2405, true, true, false},  {2406, true, false, true},  {2407, true, true, true},
};

static const struct server *server_of(const struct form *form) { return &servers[form->wide ? MACH_EXC : EXC]; }
static size_t code_size(const struct form *form) { return form->wide ? 8 : 4; }
static size_t exception_at(const struct form *form) { return form->identity ? 60 : 32; }
static size_t codes_at(const struct form *form) { return exception_at(form) + 8; }

#define CODE_0 0x1122334455667788
#define CODE_1 (-0x0807060504030201)

static struct message exception(const struct form *form, uint32_t codes, uint32_t words) {
    size_t size = codes_at(form) + codes * code_size(form), state_at = size;
    if (form->with_state) size += 8 + 4 * words;
    struct message it = begin_message(form->id, (mach_msg_size_t)size, form->identity);
    if (form->identity) {
        it.base.body.msgh_descriptor_count = 2;
        for (unsigned i = 0; i < 2; i++) {
            mach_msg_port_descriptor_t port = {
                .name = 0x5003 + 256 * i, .disposition = MOVE_SEND, .type = MACH_MSG_PORT_DESCRIPTOR};
            memcpy(it.bytes + 28 + 12 * i, &port, sizeof(port));
        }
    }
    memcpy(it.bytes + exception_at(form) - 8, &NDR_record, 8);
    put(&it, exception_at(form), EXC_GUARD);
    put(&it, exception_at(form) + 4, codes);
    const int64_t values[] = {CODE_0, CODE_1};
    for (uint32_t i = 0; i < codes; i++) {
        if (form->wide)
            memcpy(it.bytes + codes_at(form) + 8 * i, &values[i], 8);
        else
            put(&it, codes_at(form) + 4 * i, (uint32_t)values[i]);
    }
    if (form->with_state) {
        put(&it, state_at, 9); // no count that would fit if it were taken for one
        put(&it, state_at + 4, words);
        for (uint32_t i = 0; i < words; i++) put(&it, state_at + 8 + 4 * i, 1000 + i);
    }
    // A trailer, which no size counts.
    mach_msg_trailer_t trailer = {.msgh_trailer_size = 8};
    memcpy(it.bytes + size, &trailer, sizeof(trailer));
    return it;
}

static void check_seen(const struct form *form, uint32_t codes, uint32_t words) {
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.routine, form->id);
    assert_int_equal(seen.port, 0x2003);
    assert_int_equal(seen.thread, form->identity ? 0x5003 : 0);
    assert_int_equal(seen.task, form->identity ? 0x5103 : 0);
    assert_int_equal(seen.exception, EXC_GUARD);
    assert_int_equal(seen.code_count, codes);
    if (codes > 0) assert_int_equal(seen.codes[0], form->wide ? CODE_0 : (int32_t)CODE_0);
    if (codes > 1) assert_int_equal(seen.codes[1], form->wide ? CODE_1 : (int32_t)CODE_1);
    if (!form->with_state) return;
    assert_int_equal(seen.flavor, 9);
    assert_int_equal(seen.state_count, words);
    assert_int_equal(seen.room, STATE_WORDS);
    if (words > 0) assert_int_equal(seen.first_word, 1000);
    if (words > 0) assert_int_equal(seen.last_word, 999 + words);
}

static void exceptions_come_with_all_their_values(void **state) {
    (void)state;
    static const uint32_t counts[] = {0, 1, 44, STATE_WORDS};
    answer_drops_rights = false;
    for (unsigned i = 0; i < COUNT_OF(forms); i++) {
        for (uint32_t codes = 0; codes <= 2; codes++) {
            for (unsigned j = 0; j < COUNT_OF(counts); j++) {
                const struct form *form = &forms[i];
                struct message request = exception(form, codes, counts[j]), reply;
                answer = KERN_SUCCESS;
                answer_words = counts[COUNT_OF(counts) - 1 - j];
                assert_true(serve(server_of(form), &request, &reply));
                check_seen(form, codes, counts[j]);
                assert_int_equal(reply.error.RetCode, KERN_SUCCESS);
                if (!form->with_state) {
                    assert_int_equal(reply.header.msgh_size, 36);
                    continue;
                }
                assert_int_equal(reply.header.msgh_size, 44 + 4 * answer_words);
                assert_int_equal(get(&reply, 36), 10); // the flavor that the routine chose
                assert_int_equal(get(&reply, 40), answer_words);
                for (uint32_t k = 0; k < answer_words; k++) assert_int_equal(get(&reply, 44 + 4 * k), k);
                assert_untouched(&reply, 44 + 4 * STATE_WORDS, sizeof(reply));
            }
        }
    }
}

static void a_routine_that_fails_makes_an_error_reply(void **state) {
    (void)state;
    static const kern_return_t codes[] = {KERN_FAILURE, MIG_NO_REPLY, MIG_BAD_ID, -1, KERN_INVALID_ARGUMENT};
    answer_words = 3;
    for (unsigned i = 0; i < COUNT_OF(forms); i++) {
        for (unsigned j = 0; j < COUNT_OF(codes); j++) {
            struct message request = exception(&forms[i], 2, 5), reply;
            answer = codes[j];
            assert_true(serve(server_of(&forms[i]), &request, &reply));
            check_seen(&forms[i], 2, 5);
            assert_int_equal(reply.error.RetCode, codes[j]);
            assert_int_equal(reply.header.msgh_size, 36);
        }
    }
    answer = KERN_SUCCESS;
}

static void the_routine_found_by_id_serves_alike(void **state) {
    (void)state;
    answer_words = 2;
    for (unsigned i = 0; i < COUNT_OF(forms); i++) {
        struct message request = exception(&forms[i], 2, 5), reply;
        memset(&reply, 0, sizeof(reply));
        reply.header.msgh_size = 36; // as a demultiplexer leaves it
        seen.calls = 0;
        server_of(&forms[i])->routine (&request.header)(&request.header, &reply.header);
        check_seen(&forms[i], 2, 5);
        assert_int_equal(reply.error.RetCode, KERN_SUCCESS);
        assert_int_equal(reply.header.msgh_size, forms[i].with_state ? 52 : 36);
    }
}

static void exceptions_of_the_wrong_shape_are_refused(void **state) {
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(forms); i++) {
        const struct form *form = &forms[i];
        const struct server *server = server_of(form);
        for (uint32_t codes = 0; codes <= 2; codes++) {
            struct message right = exception(form, codes, 5), request;
            for (mach_msg_size_t size = 24; size < right.header.msgh_size + 24; size++) {
                request = right;
                request.header.msgh_size = size;
                if (size != right.header.msgh_size) assert_refused_by(server, &request, MIG_BAD_ARGUMENTS);
            }
            static const uint32_t sizes[] = {0, 4, 5000, 0x7ffffffc, 0xfffffffc};
            for (unsigned j = 0; j < COUNT_OF(sizes); j++) {
                request = right;
                request.header.msgh_size = sizes[j];
                assert_refused_by(server, &request, MIG_BAD_ARGUMENTS);
            }
            request = right;
            request.header.msgh_bits ^= MACH_MSGH_BITS_COMPLEX;
            assert_refused_by(server, &request, MIG_BAD_ARGUMENTS);
            static const uint32_t counts[] = {3, 4, 0x40000002, 0x80000002, 0xffffffff};
            for (unsigned j = 0; j < COUNT_OF(counts); j++) {
                request = right;
                put(&request, exception_at(form) + 4, counts[j]);
                assert_refused_by(server, &request, MIG_BAD_ARGUMENTS);
            }
            for (uint32_t other = 0; other <= 2; other++) { // another count than there are
                request = right;
                put(&request, exception_at(form) + 4, other);
                // With a state behind them, other codes may be taken for it: what follows then does not fit.
                if (other != codes) assert_refused_by(server, &request, MIG_BAD_ARGUMENTS);
            }
        }
        struct message right = exception(form, 2, 5), request;
        static const uint32_t descriptors[] = {0, 1, 3, 0xffffffff};
        for (unsigned j = 0; form->identity && j < COUNT_OF(descriptors); j++) {
            request = right;
            request.base.body.msgh_descriptor_count = descriptors[j];
            assert_refused_by(server, &request, MIG_BAD_ARGUMENTS);
        }
        for (unsigned j = 0; form->identity && j < 2; j++) {
            static const unsigned char types[] = {1, 2, 3, 4, 255}, dispositions[] = {0, 16, 18, 19, 20, 21, 255};
            for (unsigned k = 0; k < COUNT_OF(types); k++) {
                request = right;
                request.bytes[28 + 12 * j + 11] = (char)types[k];
                assert_refused_by(server, &request, MIG_TYPE_ERROR);
            }
            for (unsigned k = 0; k < COUNT_OF(dispositions); k++) {
                request = right;
                request.bytes[28 + 12 * j + 10] = (char)dispositions[k];
                assert_refused_by(server, &request, MIG_TYPE_ERROR);
            }
        }
        size_t words_at = codes_at(form) + 2 * code_size(form) + 4;
        static const uint32_t words[] = {0, 4, 6, STATE_WORDS, STATE_WORDS + 1, 0x40000005, 0xffffffff};
        for (unsigned j = 0; form->with_state && j < COUNT_OF(words); j++) {
            request = right;
            put(&request, words_at, words[j]);
            assert_refused_by(server, &request, MIG_BAD_ARGUMENTS);
        }
        // What does not matter: the data's representation, and everything in the header that is not shape.
        request = right;
        memset(request.bytes + exception_at(form) - 8, 0xff, 8);
        struct message reply;
        answer_words = 0;
        assert_true(serve(server, &request, &reply));
        check_seen(form, 2, 5);
    }
}

// ---- Real exceptions

static void raise_a_guard_exception(mach_port_t *port) {
    *port = make_port();
    assert_success(mach_port_guard(SELF, *port, 0x1234567890, FALSE));
    assert_code(mach_port_mod_refs(SELF, *port, MACH_PORT_RIGHT_RECEIVE, -1), KERN_INVALID_RIGHT);
}

static void exceptions_of_the_library_reach_the_routines(void **state) {
    (void)state;
    mach_port_t handler = port_with_send(), thread = mach_thread_self();
    for (unsigned i = 0; i < COUNT_OF(forms); i++) {
        const struct form *form = &forms[i];
        uint32_t behavior = (uint32_t)(form->id - (form->wide ? 2404 : 2400)) | (form->wide ? MACH_EXCEPTION_CODES : 0);
        assert_success(task_set_exception_ports(SELF, EXC_MASK_GUARD, handler, (exception_behavior_t)behavior,
                                                MACHINE_THREAD_STATE));
        for (int failing = 0; failing < 2; failing++) {
            mach_port_t port;
            mach_port_urefs_t threads = refs(thread, MACH_PORT_RIGHT_SEND), tasks = refs(SELF, MACH_PORT_RIGHT_SEND);
            raise_a_guard_exception(&port);
            answer = failing ? KERN_FAILURE : KERN_SUCCESS;
            answer_drops_rights = !failing; // the server's loop drops them when a routine fails: I12
            answer_words = 0;
            seen.calls = 0;
            assert_code(mach_msg_server(server_of(form)->demux, sizeof(struct message), handler, MACH_RCV_TIMEOUT),
                        MACH_RCV_TIMED_OUT);
            assert_int_equal(seen.calls, 1);
            assert_int_equal(seen.routine, form->id);
            assert_int_equal(seen.port, handler);
            assert_int_equal(seen.thread, form->identity ? thread : 0); // G11
            assert_int_equal(seen.task, form->identity ? SELF : 0);
            assert_int_equal(seen.exception, EXC_GUARD);
            assert_int_equal(seen.code_count, 2);
            int64_t code = (int64_t)((uint64_t)1 << 61 | (uint64_t)2 << 32 | port); // G4
            assert_int_equal(seen.codes[0], form->wide ? code : (int32_t)code);
            assert_int_equal(seen.codes[1], form->wide ? 0x1234567890 : 0x34567890);
            if (form->with_state) assert_int_equal(seen.flavor, MACHINE_THREAD_STATE);
            assert_int_equal(refs(thread, MACH_PORT_RIGHT_SEND), threads);
            assert_int_equal(refs(SELF, MACH_PORT_RIGHT_SEND), tasks);
            assert_success(mach_port_unguard(SELF, port, 0x1234567890));
            destroy(port);
        }
    }
    assert_success(task_set_exception_ports(SELF, EXC_MASK_GUARD, MACH_PORT_NULL, EXCEPTION_DEFAULT, 0));
    assert_success(mach_port_deallocate(SELF, thread));
    destroy(handler);
    answer = KERN_SUCCESS;
    answer_drops_rights = false;
}

// ---- Notifications

static const struct {
    mach_msg_id_t id;
    mach_msg_size_t size;
} notifications[] = {{65, 36}, {66, 36}, {69, 40}, {70, 36}, {71, 24}, {72, 36}};

static struct message notification(unsigned index) {
    struct message it =
        begin_message(notifications[index].id, notifications[index].size, notifications[index].id == 69);
    if (notifications[index].id == 69) {
        it.base.body.msgh_descriptor_count = 1;
        mach_msg_port_descriptor_t right = {
            .name = 0x7703, .disposition = MOVE_RECEIVE, .type = MACH_MSG_PORT_DESCRIPTOR};
        memcpy(it.bytes + 28, &right, sizeof(right));
    } else if (notifications[index].size == 36) {
        memcpy(it.bytes + 24, &NDR_record, 8);
        put(&it, 32, 0x7703);
    }
    return it;
}

static void notifications_come_with_their_values(void **state) {
    (void)state;
    static const kern_return_t codes[] = {KERN_SUCCESS, KERN_FAILURE, -1};
    for (unsigned i = 0; i < COUNT_OF(notifications); i++) {
        for (unsigned j = 0; j < COUNT_OF(codes); j++) {
            struct message request = notification(i), reply;
            answer = codes[j];
            assert_true(serve(&servers[NOTIFY], &request, &reply));
            assert_int_equal(seen.calls, 1);
            assert_int_equal(seen.routine, notifications[i].id);
            assert_int_equal(seen.port, 0x2003);
            assert_int_equal(seen.value, notifications[i].id == 71 ? 0 : 0x7703);
            assert_int_equal(reply.header.msgh_size, 36);
            // There is no answer to a notification; which of the two codes says so does not matter.
            if (answer == KERN_SUCCESS)
                assert_true(reply.error.RetCode == 0 || reply.error.RetCode == MIG_NO_REPLY);
            else
                assert_int_equal(reply.error.RetCode, answer);
        }
    }
    answer = KERN_SUCCESS;
}

static void notifications_of_the_wrong_shape_are_refused(void **state) {
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(notifications); i++) {
        struct message right = notification(i), request;
        for (mach_msg_size_t size = 0; size < 80; size++) {
            request = right;
            request.header.msgh_size = size;
            if (size != notifications[i].size) assert_refused_by(&servers[NOTIFY], &request, MIG_BAD_ARGUMENTS);
        }
        request = right;
        request.header.msgh_bits ^= MACH_MSGH_BITS_COMPLEX;
        assert_refused_by(&servers[NOTIFY], &request, MIG_BAD_ARGUMENTS);
    }
    struct message right = notification(2), request;
    static const uint32_t counts[] = {0, 2, 0xffffffff};
    for (unsigned i = 0; i < COUNT_OF(counts); i++) {
        request = right;
        request.base.body.msgh_descriptor_count = counts[i];
        assert_refused_by(&servers[NOTIFY], &request, MIG_BAD_ARGUMENTS);
    }
    static const unsigned char types[] = {1, 2, 3, 4, 255}, dispositions[] = {0, 17, 18, 19, 20, 21, 255};
    for (unsigned i = 0; i < COUNT_OF(types); i++) {
        request = right;
        request.bytes[39] = (char)types[i];
        assert_refused_by(&servers[NOTIFY], &request, MIG_TYPE_ERROR);
    }
    for (unsigned i = 0; i < COUNT_OF(dispositions); i++) {
        request = right;
        request.bytes[38] = (char)dispositions[i];
        assert_refused_by(&servers[NOTIFY], &request, MIG_TYPE_ERROR);
    }
}

// Serves the one notification that must wait on the port.
static void serve_notification(mach_port_t notify, mach_msg_id_t id, uint32_t value) {
    seen.calls = 0;
    assert_code(mach_msg_server(notify_server, 64, notify, MACH_RCV_TIMEOUT), MACH_RCV_TIMED_OUT);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.routine, id);
    assert_int_equal(seen.port, notify);
    assert_int_equal(seen.value, value);
}

static void notifications_of_the_library_reach_the_routines(void **state) {
    (void)state;
    static const kern_return_t codes[] = {KERN_SUCCESS, KERN_FAILURE};
    for (unsigned i = 0; i < COUNT_OF(codes); i++) {
        answer = codes[i];
        mach_port_t notify = make_port(), port = port_with_send();
        request(SELF, port, MACH_NOTIFY_DEAD_NAME, 0, notify);
        kill_port(port);
        serve_notification(notify, 72, port);
        assert_int_equal(refs(port, MACH_PORT_RIGHT_DEAD_NAME), 2); // T13
        destroy(port);

        port = port_with_send();
        request(SELF, port, MACH_NOTIFY_DEAD_NAME, 0, notify);
        destroy(port);
        serve_notification(notify, 65, port); // T12

        port = port_with_send();
        request(SELF, port, MACH_NOTIFY_NO_SENDERS, 1, notify);
        assert_success(mach_port_deallocate(SELF, port));
        serve_notification(notify, 70, 1); // T1
        destroy(port);

        port = port_with_send();
        request(SELF, port, MACH_NOTIFY_SEND_POSSIBLE, 1, notify); // T9: there is room
        serve_notification(notify, 66, port);
        destroy(port);

        assert_success(mach_port_deallocate(SELF, make_send_once(notify)));
        serve_notification(notify, 71, 0); // T18

        port = make_port();
        request(SELF, port, MACH_NOTIFY_PORT_DESTROYED, 0, notify);
        uint64_t ports = live_ports();
        destroy(port);
        assert_int_equal(live_ports(), ports); // T14: it is on its way
        seen.calls = 0;
        assert_code(mach_msg_server_once(notify_server, 64, notify, 0), MACH_MSG_SUCCESS);
        assert_int_equal(seen.routine, 69);
        if (answer == KERN_SUCCESS) {
            assert_int_equal(type(seen.value), MACH_PORT_TYPE_RECEIVE);
            destroy(seen.value);
        }
        assert_int_equal(live_ports(), ports - 1); // I12: a routine that fails leaves it to the server's loop
        expect_no_message(notify);
        destroy(notify);
    }
    answer = KERN_SUCCESS;
}

// ---- Alarms

static struct message alarm_message(void) {
    struct message it = begin_message(3125107, 48, false);
    memcpy(it.bytes + 24, &NDR_record, 8);
    put(&it, 32, (uint32_t)-17);
    put(&it, 36, 1);
    put(&it, 40, 4000000000u);
    put(&it, 44, 999999999);
    return it;
}

static void alarms_come_with_their_values(void **state) {
    (void)state;
    static const kern_return_t codes[] = {KERN_SUCCESS, KERN_FAILURE};
    for (unsigned i = 0; i < COUNT_OF(codes); i++) {
        struct message request = alarm_message(), reply;
        answer = codes[i];
        assert_true(serve(&servers[CLOCK], &request, &reply));
        assert_int_equal(seen.calls, 1);
        assert_int_equal(seen.port, 0x2003);
        assert_int_equal(seen.alarm_code, -17);
        assert_int_equal(seen.alarm_type, 1);
        assert_int_equal(seen.alarm_time.tv_sec, 4000000000u);
        assert_int_equal(seen.alarm_time.tv_nsec, 999999999);
        if (answer == KERN_SUCCESS)
            assert_true(reply.error.RetCode == 0 || reply.error.RetCode == MIG_NO_REPLY);
        else
            assert_int_equal(reply.error.RetCode, answer);
    }
    answer = KERN_SUCCESS;
    struct message right = alarm_message(), request;
    for (mach_msg_size_t size = 0; size < 80; size++) {
        request = right;
        request.header.msgh_size = size;
        if (size != 48) assert_refused_by(&servers[CLOCK], &request, MIG_BAD_ARGUMENTS);
    }
    request = right;
    request.header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
    assert_refused_by(&servers[CLOCK], &request, MIG_BAD_ARGUMENTS);
}

// ---- Through the queue

static boolean_t all_servers(mach_msg_header_t *request, mach_msg_header_t *reply) {
    for (unsigned i = 0; i < COUNT_OF(servers); i++)
        if (servers[i].demux(request, reply)) return TRUE;
    return FALSE;
}

static void several_servers_share_a_port(void **state) {
    (void)state;
    mach_port_t port = port_with_send(), reply = make_port();
    answer = KERN_SUCCESS;
    answer_words = 4;
    struct message requests[] = {
        exception(&forms[1], 2, 5),    exception(&forms[4], 2, 5), alarm_message(), notification(0), notification(4),
        begin_message(4711, 24, false)};
    static const mach_msg_size_t sizes[] = {60, 60, 0, 0, 0, 36};
    for (unsigned i = 0; i < COUNT_OF(requests); i++) {
        bool answered = sizes[i] != 0;
        requests[i].header.msgh_bits = MACH_MSGH_BITS(COPY_SEND, answered ? MAKE_SEND_ONCE : 0);
        requests[i].header.msgh_remote_port = port;
        requests[i].header.msgh_local_port = answered ? reply : MACH_PORT_NULL;
        requests[i].header.msgh_voucher_port = 0;
        assert_code(mach_msg(&requests[i].header, MACH_SEND_MSG, requests[i].header.msgh_size, 0, MACH_PORT_NULL, 0,
                             MACH_PORT_NULL),
                    MACH_MSG_SUCCESS);
        seen.calls = 0;
        assert_code(mach_msg_server_once(all_servers, sizeof(struct message), port, 0), MACH_MSG_SUCCESS);
        assert_int_equal(seen.calls, requests[i].header.msgh_id != 4711);
        if (seen.calls == 1) assert_int_equal(seen.port, port);
        if (answered) {
            struct test_message it;
            assert_code(receive_now(reply, &it, 0), MACH_MSG_SUCCESS);
            assert_int_equal(it.header.msgh_size, sizes[i]);
            assert_int_equal(it.header.msgh_id, requests[i].header.msgh_id + 100);
        }
        expect_no_message(reply);
    }
    destroy(port);
    destroy(reply);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        MIG_TEST(ids_that_are_not_known_are_told),
        MIG_TEST(exceptions_come_with_all_their_values),
        MIG_TEST(a_routine_that_fails_makes_an_error_reply),
        MIG_TEST(the_routine_found_by_id_serves_alike),
        MIG_TEST(exceptions_of_the_wrong_shape_are_refused),
        MIG_TEST(exceptions_of_the_library_reach_the_routines),
        MIG_TEST(notifications_come_with_their_values),
        MIG_TEST(notifications_of_the_wrong_shape_are_refused),
        MIG_TEST(notifications_of_the_library_reach_the_routines),
        MIG_TEST(alarms_come_with_their_values),
        MIG_TEST(several_servers_share_a_port),
    };
    return TASK_RUN(tests);
}
