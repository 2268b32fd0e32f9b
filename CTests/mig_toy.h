// An interface of every kind of argument, as the Mach Interface Generator would make it of a definition file: message layouts, the stubs of both sides in their historic variants, and the routines behind them. Used by the tests of stubs.
#ifndef CTESTS_MIG_TOY_H
#define CTESTS_MIG_TOY_H

#include <mach/mach.h>
#include <mach/mig_errors.h>
#include <mach/ndr.h>
#include <mach/notify.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// What headers of before special reply ports do not have.
#ifndef MACH_RCV_SYNC_WAIT
#define MACH_RCV_SYNC_WAIT 0x00004000
#endif
#ifndef MACH_SEND_SYNC_OVERRIDE
#define MACH_SEND_SYNC_OVERRIDE 0x00100000
#endif

#define TOY_BASE     810000
#define TOY_FIXED    8  // elements of the fixed array
#define TOY_VARIABLE 64 // most elements of the variable ones
#define TOY_STRING   64 // most bytes of strings
#define TOY_RIGHTS   6  // ports that one message carries

enum toy_id {
    TOY_INTS = TOY_BASE,
    TOY_STRUCTS,
    TOY_FIXED_ARRAY,
    TOY_VARIABLE_ARRAY,
    TOY_TWO_ARRAYS,
    TOY_STRINGS,
    TOY_MEMORY,
    TOY_MEMORY_GIVEN,
    TOY_GIVE_PORTS,
    TOY_TAKE_PORTS,
    TOY_POLYMORPHIC,
    TOY_PORT_ARRAY,
    TOY_NOTICE,
    TOY_TIMED_NOTICE,
    TOY_LATER,
    TOY_SKIPPED, // "skip" in the definition file
    TOY_SECURITY,
    TOY_AUDIT,
    TOY_FAIL,
    TOY_END,
};

typedef struct {
    int32_t x;
    float y;
    char tag[12];
} toy_pair_t;

typedef int32_t toy_fixed_t[TOY_FIXED];
typedef int32_t toy_variable_t[TOY_VARIABLE];
typedef char toy_string_t[TOY_STRING];

// ---- Messages

#pragma pack(push, 4)

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    int32_t number;
    uint64_t wide;
} __Request__toy_ints_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    int32_t next;
    uint64_t triple;
} __Reply__toy_ints_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    toy_pair_t pair;
} __Request__toy_structs_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    toy_pair_t turned;
} __Reply__toy_structs_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    toy_fixed_t array;
} __Request__toy_fixed_array_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    toy_fixed_t turned;
} __Reply__toy_fixed_array_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_msg_type_number_t arrayCnt;
    toy_variable_t array;
} __Request__toy_variable_array_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    mach_msg_type_number_t doubledCnt;
    toy_variable_t doubled;
} __Reply__toy_variable_array_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_msg_type_number_t firstCnt;
    toy_variable_t first;
    mach_msg_type_number_t secondCnt;
    char second[TOY_STRING]; // padded to 4
    int32_t last;
} __Request__toy_two_arrays_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    int32_t sum;
} __Reply__toy_two_arrays_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    mach_msg_type_number_t nameOffset; // 0
    mach_msg_type_number_t nameCnt;
    toy_string_t name;
} __Request__toy_strings_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    mach_msg_type_number_t greetingOffset; // 0
    mach_msg_type_number_t greetingCnt;
    toy_string_t greeting;
} __Reply__toy_strings_t;

typedef struct {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_ool_descriptor_t data;
    NDR_record_t NDR;
    mach_msg_type_number_t dataCnt;
} __Request__toy_memory_t;

typedef struct {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_ool_descriptor_t turned;
    NDR_record_t NDR;
    mach_msg_type_number_t turnedCnt;
} __Reply__toy_memory_t;

typedef __Request__toy_memory_t __Request__toy_memory_given_t;
typedef __Reply__toy_memory_t __Reply__toy_memory_given_t;

typedef struct {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t ports[TOY_RIGHTS];
} __Request__toy_give_ports_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
} __Reply__toy_give_ports_t;

typedef struct {
    mach_msg_header_t Head;
} __Request__toy_take_ports_t;

typedef struct {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t ports[TOY_RIGHTS];
} __Reply__toy_take_ports_t;

typedef struct {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t port;
} __Request__toy_polymorphic_t;

typedef __Request__toy_polymorphic_t __Reply__toy_polymorphic_t;

typedef struct {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_ool_ports_descriptor_t ports;
    NDR_record_t NDR;
    mach_msg_type_number_t portsCnt;
} __Request__toy_port_array_t;

typedef __Request__toy_port_array_t __Reply__toy_port_array_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    int32_t number;
} __Request__toy_notice_t;

typedef mig_reply_error_t __Reply__toy_notice_t;
typedef __Request__toy_notice_t __Request__toy_timed_notice_t;
typedef mig_reply_error_t __Reply__toy_timed_notice_t;
typedef __Request__toy_notice_t __Request__toy_later_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    int32_t next;
} __Reply__toy_later_t;

typedef struct {
    mach_msg_header_t Head;
} __Request__toy_security_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    security_token_t token;
} __Reply__toy_security_t;

typedef struct {
    mach_msg_header_t Head;
} __Request__toy_audit_t;

typedef struct {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
    audit_token_t token;
} __Reply__toy_audit_t;

typedef struct {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t port;
    mach_msg_ool_descriptor_t data;
    NDR_record_t NDR;
    kern_return_t code;
    mach_msg_type_number_t dataCnt;
} __Request__toy_fail_t;

typedef mig_reply_error_t __Reply__toy_fail_t;

#pragma pack(pop)

// What a server needs room for: the longest message of either direction.
union toy_message {
    __Request__toy_two_arrays_t two_arrays;
    __Reply__toy_variable_array_t variable_array;
    __Reply__toy_take_ports_t take_ports;
    __Request__toy_fail_t fail;
};
#define TOY_MAX_SIZE ((mach_msg_size_t)sizeof(union toy_message))

// ---- The client's side

// One variant of the client's stubs.
struct toy_user {
    const char *name;
    bool special; // its replies come to the special reply port
    bool modern;  // it looks at the reply's remote port and destroys replies that it does not take
    kern_return_t (*ints)(mach_port_t server, int32_t number, uint64_t wide, int32_t *next, uint64_t *triple);
    kern_return_t (*structs)(mach_port_t server, toy_pair_t pair, toy_pair_t *turned);
    kern_return_t (*fixed_array)(mach_port_t server, const int32_t *array, int32_t *turned);
    // *doubled_count is the room on entry
    kern_return_t (*variable_array)(mach_port_t server, const int32_t *array, mach_msg_type_number_t count,
                                    int32_t *doubled, mach_msg_type_number_t *doubled_count);
    kern_return_t (*two_arrays)(mach_port_t server, const int32_t *first, mach_msg_type_number_t first_count,
                                const char *second, mach_msg_type_number_t second_count, int32_t last, int32_t *sum);
    kern_return_t (*strings)(mach_port_t server, const char *name, char *greeting);
    kern_return_t (*memory)(mach_port_t server, vm_offset_t data, mach_msg_type_number_t count, vm_offset_t *turned,
                            mach_msg_type_number_t *turned_count);
    kern_return_t (*memory_given)(mach_port_t server, vm_offset_t data, mach_msg_type_number_t count,
                                  vm_offset_t *turned, mach_msg_type_number_t *turned_count);
    // in the order of dispositions: MOVE_RECEIVE, MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE
    kern_return_t (*give_ports)(mach_port_t server, const mach_port_t *ports);
    kern_return_t (*take_ports)(mach_port_t server, mach_port_t *ports);
    kern_return_t (*polymorphic)(mach_port_t server, mach_port_t port, mach_msg_type_name_t disposition,
                                 mach_port_t *back, mach_msg_type_name_t *back_disposition);
    kern_return_t (*port_array)(mach_port_t server, const mach_port_t *ports, mach_msg_type_number_t count,
                                mach_port_t **turned, mach_msg_type_number_t *turned_count);
    kern_return_t (*notice)(mach_port_t server, int32_t number);
    kern_return_t (*timed_notice)(mach_port_t server, int32_t number, mach_msg_timeout_t timeout);
    kern_return_t (*later)(mach_port_t server, int32_t number, mach_msg_timeout_t timeout, int32_t *next);
    kern_return_t (*skipped)(mach_port_t server); // no server knows it
    kern_return_t (*security)(mach_port_t server, security_token_t *token);
    kern_return_t (*audit)(mach_port_t server, audit_token_t *token);
    kern_return_t (*failing)(mach_port_t server, kern_return_t code, mach_port_t port, vm_offset_t data,
                             mach_msg_type_number_t count);
};

#define TOY_USERS 3
extern const struct toy_user *const toy_users[TOY_USERS];

// ---- The server's side

// One variant of the server's stubs.
struct toy_server {
    const char *name;
    boolean_t (*demux)(mach_msg_header_t *request, mach_msg_header_t *reply);
    mig_routine_t (*routine)(mach_msg_header_t *request);
};

#define TOY_SERVERS 2
extern const struct toy_server *const toy_servers[TOY_SERVERS];

// ---- The routines

// Notices that came, and the sum of their numbers.
extern atomic_int toy_notices, toy_notice_sum;
// The reply right of the request TOY_LATER that came last, and its disposition; MACH_PORT_NULL when there is none.
extern _Atomic mach_port_t toy_later_reply;
extern _Atomic mach_msg_type_name_t toy_later_disposition;
extern atomic_int toy_later_number;

// Answers such a request.
mach_msg_return_t toy_answer_later(mach_port_t reply, mach_msg_type_name_t disposition, kern_return_t code,
                                   int32_t next);

// What the client's ports get from the server that was given rights to them: this id, and the place among the six.
#define TOY_GIVEN_ID 9000

kern_return_t do_toy_ints(mach_port_t server, int32_t number, uint64_t wide, int32_t *next, uint64_t *triple);
kern_return_t do_toy_structs(mach_port_t server, toy_pair_t pair, toy_pair_t *turned);
kern_return_t do_toy_fixed_array(mach_port_t server, const int32_t *array, int32_t *turned);
kern_return_t do_toy_variable_array(mach_port_t server, const int32_t *array, mach_msg_type_number_t count,
                                    int32_t *doubled, mach_msg_type_number_t *doubled_count);
kern_return_t do_toy_two_arrays(mach_port_t server, const int32_t *first, mach_msg_type_number_t first_count,
                                const char *second, mach_msg_type_number_t second_count, int32_t last, int32_t *sum);
kern_return_t do_toy_strings(mach_port_t server, const char *name, char *greeting);
kern_return_t do_toy_memory(mach_port_t server, vm_offset_t data, mach_msg_type_number_t count, vm_offset_t *turned,
                            mach_msg_type_number_t *turned_count);
kern_return_t do_toy_memory_given(mach_port_t server, vm_offset_t data, mach_msg_type_number_t count,
                                  vm_offset_t *turned, mach_msg_type_number_t *turned_count);
kern_return_t do_toy_give_ports(mach_port_t server, const mach_port_t *ports);
kern_return_t do_toy_take_ports(mach_port_t server, mach_port_t *ports);
kern_return_t do_toy_polymorphic(mach_port_t server, mach_port_t port, mach_msg_type_name_t disposition,
                                 mach_port_t *back, mach_msg_type_name_t *back_disposition);
kern_return_t do_toy_port_array(mach_port_t server, mach_port_t *ports, mach_msg_type_number_t count,
                                mach_port_t **turned, mach_msg_type_number_t *turned_count);
kern_return_t do_toy_notice(mach_port_t server, int32_t number);
kern_return_t do_toy_timed_notice(mach_port_t server, int32_t number);
kern_return_t do_toy_later(mach_port_t server, mach_port_t reply, mach_msg_type_name_t disposition, int32_t number,
                           int32_t *next);
kern_return_t do_toy_security(mach_port_t server, security_token_t *token, security_token_t sender);
kern_return_t do_toy_audit(mach_port_t server, audit_token_t *token, audit_token_t sender);
kern_return_t do_toy_fail(mach_port_t server, kern_return_t code, mach_port_t port, vm_offset_t data,
                          mach_msg_type_number_t count);

#endif
