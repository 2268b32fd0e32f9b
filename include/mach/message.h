/// Messages: their layout, and the call that sends and receives them.
///
/// A message is a header of 24 bytes and whatever the sender puts after it. A complex message (MACH_MSGH_BITS_COMPLEX)
/// has, right after the header, a count and that many descriptors, which carry port rights and memory; its data comes
/// after them. The library appends a trailer when it delivers a message. All these structures are packed to 4 bytes.
#ifndef _MACH_MESSAGE_H_
#define _MACH_MESSAGE_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/cdefs.h>

#include <mach/boolean.h>
#include <mach/kern_return.h>
#include <mach/machine/vm_types.h>
#include <mach/port.h>

/// A time-out in milliseconds.
typedef natural_t mach_msg_timeout_t;

#define MACH_MSG_TIMEOUT_NONE 0U /* what to pass where no time-out is asked for */

/* -- The header ---------------------------------------------------------------------------------------------------- */

typedef unsigned int mach_msg_bits_t;
typedef natural_t mach_msg_size_t; /* bytes */
typedef integer_t mach_msg_id_t;

#define MACH_MSG_SIZE_NULL ((mach_msg_size_t *)0)

/// The bits of a header: how its three ports are to be read (dispositions of 5 bits each), and whether descriptors
/// follow.
#define MACH_MSGH_BITS_ZERO          0x00000000U
#define MACH_MSGH_BITS_REMOTE_MASK   0x0000001fU
#define MACH_MSGH_BITS_LOCAL_MASK    0x00001f00U
#define MACH_MSGH_BITS_VOUCHER_MASK  0x001f0000U
#define MACH_MSGH_BITS_PORTS_MASK    0x001f1f1fU
#define MACH_MSGH_BITS_COMPLEX       0x80000000U /* descriptors follow the header */
#define MACH_MSGH_BITS_USER          0x801f1f1fU /* what a sender may set; other bits are dropped */
#define MACH_MSGH_BITS_RAISEIMP      0x20000000U
#define MACH_MSGH_BITS_DENAP         0x20000000U
#define MACH_MSGH_BITS_IMPHOLDASRT   0x10000000U
#define MACH_MSGH_BITS_DENAPHOLDASRT 0x10000000U
#define MACH_MSGH_BITS_CIRCULAR      0x10000000U /* inside the library: the message carries a right to its own queue */
#define MACH_MSGH_BITS_USED          0xb01f1f1fU

/* Make bits from dispositions. The first form has no voucher; the last takes all other bits in its fourth argument. */
#define MACH_MSGH_BITS(remote, local) ((remote) | ((local) << 8))
#define MACH_MSGH_BITS_SET_PORTS(remote, local, voucher)                                                               \
    ((MACH_MSGH_BITS_REMOTE_MASK & (remote)) | (MACH_MSGH_BITS_LOCAL_MASK & ((local) << 8)) |                          \
     (MACH_MSGH_BITS_VOUCHER_MASK & ((voucher) << 16)))
#define MACH_MSGH_BITS_SET(remote, local, voucher, other)                                                              \
    (MACH_MSGH_BITS_SET_PORTS((remote), (local), (voucher)) | (~MACH_MSGH_BITS_PORTS_MASK & (other)))

/* Take bits apart. */
#define MACH_MSGH_BITS_REMOTE(bits)  (MACH_MSGH_BITS_REMOTE_MASK & (bits))
#define MACH_MSGH_BITS_LOCAL(bits)   ((MACH_MSGH_BITS_LOCAL_MASK & (bits)) >> 8)
#define MACH_MSGH_BITS_VOUCHER(bits) ((MACH_MSGH_BITS_VOUCHER_MASK & (bits)) >> 16)
#define MACH_MSGH_BITS_PORTS(bits)   (MACH_MSGH_BITS_PORTS_MASK & (bits))
#define MACH_MSGH_BITS_OTHER(bits)   (~MACH_MSGH_BITS_PORTS_MASK & (bits))

/* Ask about bits. */
#define MACH_MSGH_BITS_HAS_REMOTE(bits)                 (MACH_MSGH_BITS_REMOTE(bits) != MACH_MSGH_BITS_ZERO)
#define MACH_MSGH_BITS_HAS_LOCAL(bits)                  (MACH_MSGH_BITS_LOCAL(bits) != MACH_MSGH_BITS_ZERO)
#define MACH_MSGH_BITS_HAS_VOUCHER(bits)                (MACH_MSGH_BITS_VOUCHER(bits) != MACH_MSGH_BITS_ZERO)
#define MACH_MSGH_BITS_IS_COMPLEX(bits)                 ((MACH_MSGH_BITS_COMPLEX & (bits)) != MACH_MSGH_BITS_ZERO)
#define MACH_MSGH_BITS_RAISED_IMPORTANCE(bits)          ((MACH_MSGH_BITS_RAISEIMP & (bits)) != MACH_MSGH_BITS_ZERO)
#define MACH_MSGH_BITS_HOLDS_IMPORTANCE_ASSERTION(bits) ((MACH_MSGH_BITS_IMPHOLDASRT & (bits)) != MACH_MSGH_BITS_ZERO)

#pragma pack(push, 4)

/// The head of every message.
///
/// On its way out msgh_remote_port is the destination and msgh_local_port the port for the reply. On its way in they
/// have changed places: msgh_local_port is the port that received and msgh_remote_port the right to reply with.
typedef struct {
    mach_msg_bits_t msgh_bits;
    mach_msg_size_t msgh_size; /* received: bytes without the trailer; sent: not looked at */
    mach_port_t msgh_remote_port;
    mach_port_t msgh_local_port;
    mach_port_name_t msgh_voucher_port; /* counts only when the bits give it a disposition */
    mach_msg_id_t msgh_id;              /* the library carries it and does not look */
} mach_msg_header_t;

#define msgh_reserved msgh_voucher_port
#define MACH_MSG_NULL ((mach_msg_header_t *)0)

/* -- Dispositions -------------------------------------------------------------------------------------------------- */

/// What happens to a right on its way: which right the sender gives, and which one the receiver gets.
typedef unsigned int mach_msg_type_name_t;

#define MACH_MSG_TYPE_MOVE_RECEIVE      16U /* give up the receive right */
#define MACH_MSG_TYPE_MOVE_SEND         17U /* give up one user reference of a send right */
#define MACH_MSG_TYPE_MOVE_SEND_ONCE    18U /* give up a send-once right */
#define MACH_MSG_TYPE_COPY_SEND         19U /* keep the send right, give another */
#define MACH_MSG_TYPE_MAKE_SEND         20U /* make a send right from the receive right, raising the make-send count */
#define MACH_MSG_TYPE_MAKE_SEND_ONCE    21U /* make a send-once right from the receive right */
#define MACH_MSG_TYPE_COPY_RECEIVE      22U /* never valid */
#define MACH_MSG_TYPE_DISPOSE_RECEIVE   24U /* not valid in messages */
#define MACH_MSG_TYPE_DISPOSE_SEND      25U /* not valid in messages */
#define MACH_MSG_TYPE_DISPOSE_SEND_ONCE 26U /* not valid in messages */

/* What a receiver reads: the right that it got. */
#define MACH_MSG_TYPE_PORT_NONE      0U
#define MACH_MSG_TYPE_PORT_NAME      15U /* a name alone, carried as a number */
#define MACH_MSG_TYPE_PORT_RECEIVE   16U
#define MACH_MSG_TYPE_PORT_SEND      17U
#define MACH_MSG_TYPE_PORT_SEND_ONCE 18U
#define MACH_MSG_TYPE_LAST           22U

#define MACH_MSG_TYPE_POLYMORPHIC 0xffffffffU /* in interface definitions: known at run time only */

#define MACH_MSG_TYPE_PORT_ANY(x)                                                                                      \
    (((mach_msg_type_name_t)(x) >= MACH_MSG_TYPE_MOVE_RECEIVE) &&                                                      \
     ((mach_msg_type_name_t)(x) <= MACH_MSG_TYPE_MAKE_SEND_ONCE))
#define MACH_MSG_TYPE_PORT_ANY_SEND(x)                                                                                 \
    (((mach_msg_type_name_t)(x) >= MACH_MSG_TYPE_MOVE_SEND) &&                                                         \
     ((mach_msg_type_name_t)(x) <= MACH_MSG_TYPE_MAKE_SEND_ONCE))
#define MACH_MSG_TYPE_PORT_ANY_RIGHT(x)                                                                                \
    (((mach_msg_type_name_t)(x) >= MACH_MSG_TYPE_MOVE_RECEIVE) &&                                                      \
     ((mach_msg_type_name_t)(x) <= MACH_MSG_TYPE_MOVE_SEND_ONCE))

/* -- Descriptors --------------------------------------------------------------------------------------------------- */

typedef unsigned int mach_msg_descriptor_type_t;

#define MACH_MSG_PORT_DESCRIPTOR         0U /* one right */
#define MACH_MSG_OOL_DESCRIPTOR          1U /* memory */
#define MACH_MSG_OOL_PORTS_DESCRIPTOR    2U /* an array of rights */
#define MACH_MSG_OOL_VOLATILE_DESCRIPTOR 3U /* memory that mach_msg_destroy leaves alone */
#define MACH_MSG_GUARDED_PORT_DESCRIPTOR 4U /* a receive right and its guard */

typedef unsigned int mach_msg_copy_options_t;

#define MACH_MSG_PHYSICAL_COPY 0U
#define MACH_MSG_VIRTUAL_COPY  1U
#define MACH_MSG_ALLOCATE      2U
#define MACH_MSG_OVERWRITE     3U

typedef natural_t mach_msg_type_size_t;
typedef natural_t mach_msg_type_number_t;

/// Counts the descriptors that follow it.
typedef struct {
    mach_msg_size_t msgh_descriptor_count;
} mach_msg_body_t;

#define MACH_MSG_BODY_NULL ((mach_msg_body_t *)0)

/// The start of a complex message.
typedef struct {
    mach_msg_header_t header;
    mach_msg_body_t body;
} mach_msg_base_t;

/// What all descriptors have in common: the type, in byte 11. Descriptors differ in size: one is found by stepping over
/// those before it.
typedef struct {
    natural_t pad1;
    mach_msg_size_t pad2;
    unsigned int pad3 : 24;
    mach_msg_descriptor_type_t type : 8;
} mach_msg_type_descriptor_t;

/// One right.
typedef struct {
    mach_port_t name;
    mach_msg_size_t pad1;
    unsigned int pad2 : 16;
    mach_msg_type_name_t disposition : 8;
    mach_msg_descriptor_type_t type : 8;
} mach_msg_port_descriptor_t;

/// Memory outside the message.
typedef struct {
    void *address;
#if !defined(__LP64__)
    mach_msg_size_t size;
#endif
    boolean_t deallocate : 8; /* sent: take the memory from the sender */
    mach_msg_copy_options_t copy : 8;
    unsigned int pad1 : 8;
    mach_msg_descriptor_type_t type : 8;
#if defined(__LP64__)
    mach_msg_size_t size; /* bytes */
#endif
} mach_msg_ool_descriptor_t;

typedef struct {
    uint32_t address;
    mach_msg_size_t size;
    boolean_t deallocate : 8;
    mach_msg_copy_options_t copy : 8;
    unsigned int pad1 : 8;
    mach_msg_descriptor_type_t type : 8;
} mach_msg_ool_descriptor32_t;

typedef struct {
    uint64_t address;
    boolean_t deallocate : 8;
    mach_msg_copy_options_t copy : 8;
    unsigned int pad1 : 8;
    mach_msg_descriptor_type_t type : 8;
    mach_msg_size_t size;
} mach_msg_ool_descriptor64_t;

/// An array of rights outside the message, all with one disposition.
typedef struct {
    void *address;
#if !defined(__LP64__)
    mach_msg_size_t count;
#endif
    boolean_t deallocate : 8; /* sent: take the array's memory from the sender */
    mach_msg_copy_options_t copy : 8;
    mach_msg_type_name_t disposition : 8;
    mach_msg_descriptor_type_t type : 8;
#if defined(__LP64__)
    mach_msg_size_t count; /* names */
#endif
} mach_msg_ool_ports_descriptor_t;

typedef struct {
    uint32_t address;
    mach_msg_size_t count;
    boolean_t deallocate : 8;
    mach_msg_copy_options_t copy : 8;
    mach_msg_type_name_t disposition : 8;
    mach_msg_descriptor_type_t type : 8;
} mach_msg_ool_ports_descriptor32_t;

typedef struct {
    uint64_t address;
    boolean_t deallocate : 8;
    mach_msg_copy_options_t copy : 8;
    mach_msg_type_name_t disposition : 8;
    mach_msg_descriptor_type_t type : 8;
    mach_msg_size_t count;
} mach_msg_ool_ports_descriptor64_t;

typedef unsigned int mach_msg_guard_flags_t;

#define MACH_MSG_GUARD_FLAGS_NONE              0x0000U
#define MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE 0x0001U /* on arrival it is guarded, and stays in the receiver */
#define MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND 0x0002U /* the sender has no guard on it; received: it has none */
#define MACH_MSG_GUARD_FLAGS_MASK              0x0003U

/// A receive right (`disposition` is MACH_MSG_TYPE_MOVE_RECEIVE). The sender shows the port's guard in `context`, or
/// says in `flags` that there is none; one of the two flags is set at least. A receiver that gives
/// MACH_RCV_GUARDED_DESC finds the new guard in `context`; for others the right ends, and a port descriptor with
/// MACH_PORT_NULL stands in its place.
typedef struct {
    mach_port_context_t context;
    mach_msg_guard_flags_t flags : 16;
    mach_msg_type_name_t disposition : 8;
    mach_msg_descriptor_type_t type : 8;
    mach_port_name_t name;
} mach_msg_guarded_port_descriptor_t;

/// Any descriptor. Its size is that of the largest, so it does not serve as the element of an array of descriptors.
typedef union {
    mach_msg_port_descriptor_t port;
    mach_msg_ool_descriptor_t out_of_line;
    mach_msg_ool_ports_descriptor_t ool_ports;
    mach_msg_type_descriptor_t type;
    mach_msg_guarded_port_descriptor_t guarded_port;
} mach_msg_descriptor_t;

#define MACH_MSG_DESCRIPTOR_NULL ((mach_msg_descriptor_t *)0)

/* -- Trailers ------------------------------------------------------------------------------------------------------ */

typedef unsigned int mach_msg_trailer_type_t;
typedef unsigned int mach_msg_trailer_size_t;
typedef char *mach_msg_trailer_info_t;

#define MACH_MSG_TRAILER_FORMAT_0 0U /* the one format there is */

/// The shortest trailer. A trailer starts where the message ends, at round_msg(msgh_size), and is not counted in
/// msgh_size. Each of the following structures begins as the one before it.
typedef struct {
    mach_msg_trailer_type_t msgh_trailer_type;
    mach_msg_trailer_size_t msgh_trailer_size; /* bytes */
} mach_msg_trailer_t;

typedef struct {
    mach_msg_trailer_type_t msgh_trailer_type;
    mach_msg_trailer_size_t msgh_trailer_size;
    mach_port_seqno_t msgh_seqno; /* counts the messages that were taken from the port, in that order */
} mach_msg_seqno_trailer_t;

/// Effective user and group id of the sender.
typedef struct {
    unsigned int val[2];
} security_token_t;

typedef struct {
    mach_msg_trailer_type_t msgh_trailer_type;
    mach_msg_trailer_size_t msgh_trailer_size;
    mach_port_seqno_t msgh_seqno;
    security_token_t msgh_sender;
} mach_msg_security_trailer_t;

/// Who the sender is: login uid, effective uid and gid, real uid and gid, process id, session id, version of the
/// process id.
typedef struct {
    unsigned int val[8];
} audit_token_t;

typedef struct {
    mach_msg_trailer_type_t msgh_trailer_type;
    mach_msg_trailer_size_t msgh_trailer_size;
    mach_port_seqno_t msgh_seqno;
    security_token_t msgh_sender;
    audit_token_t msgh_audit;
} mach_msg_audit_trailer_t;

typedef struct {
    mach_msg_trailer_type_t msgh_trailer_type;
    mach_msg_trailer_size_t msgh_trailer_size;
    mach_port_seqno_t msgh_seqno;
    security_token_t msgh_sender;
    audit_token_t msgh_audit;
    mach_port_context_t msgh_context; /* of the receiving port */
} mach_msg_context_trailer_t;

typedef struct {
    mach_port_name_t sender;
} msg_labels_t;

typedef struct {
    mach_msg_trailer_type_t msgh_trailer_type;
    mach_msg_trailer_size_t msgh_trailer_size;
    mach_port_seqno_t msgh_seqno;
    security_token_t msgh_sender;
    audit_token_t msgh_audit;
    mach_port_context_t msgh_context;
    int msgh_ad;              /* 0 */
    msg_labels_t msgh_labels; /* 0 */
} mach_msg_mac_trailer_t;

typedef mach_msg_mac_trailer_t mach_msg_max_trailer_t;           /* the longest one can ask for */
typedef mach_msg_security_trailer_t mach_msg_format_0_trailer_t; /* what old programs were given */

#define MACH_MSG_TRAILER_MINIMUM_SIZE  sizeof(mach_msg_trailer_t)
#define MACH_MSG_TRAILER_FORMAT_0_SIZE sizeof(mach_msg_format_0_trailer_t)
#define MAX_TRAILER_SIZE               68U /* of mach_msg_max_trailer_t */

/* Initial values of the tokens that notifications carry. */
/* clang-format off */
#define KERNEL_SECURITY_TOKEN_VALUE {{0, 1}}
#define KERNEL_AUDIT_TOKEN_VALUE {{0, 0, 0, 0, 0, 0, 0, 0}}
/* clang-format on */

/* -- Smallest messages --------------------------------------------------------------------------------------------- */

typedef struct {
    mach_msg_header_t header;
} mach_msg_empty_send_t;

typedef struct {
    mach_msg_header_t header;
    mach_msg_trailer_t trailer;
} mach_msg_empty_rcv_t;

typedef union {
    mach_msg_empty_send_t send;
    mach_msg_empty_rcv_t rcv;
} mach_msg_empty_t;

#pragma pack(pop)

/// A size in bytes rounded up to a multiple of 4.
#define round_msg(x) (((mach_msg_size_t)(x) + sizeof(natural_t) - 1) & ~(sizeof(natural_t) - 1))

#define MACH_MSG_SIZE_MAX      0xffffffffU
#define MACH_MSG_SIZE_RELIABLE 262144U /* a message up to this size is sure to pass on other systems too */

/* Names from when a message had a kind instead of a sequence number. */
#define MACH_MSGH_KIND_NORMAL       0x00000000
#define MACH_MSGH_KIND_NOTIFICATION 0x00000001
#define msgh_kind                   msgh_seqno
#define mach_msg_kind_t             mach_port_seqno_t

/* -- Options ------------------------------------------------------------------------------------------------------- */

typedef integer_t mach_msg_option_t;
typedef integer_t mach_msg_options_t;

#define MACH_MSG_OPTION_NONE 0x00000000

#define MACH_SEND_MSG 0x00000001
#define MACH_RCV_MSG  0x00000002

#define MACH_RCV_LARGE          0x00000004 /* leave a message that is too large in the queue and tell its size */
#define MACH_RCV_LARGE_IDENTITY 0x00000008 /* and tell the port that it waits on */

#define MACH_SEND_TIMEOUT   0x00000010 /* the time-out holds for sending */
#define MACH_SEND_OVERRIDE  0x00000020 /* no effect */
#define MACH_SEND_INTERRUPT 0x00000040 /* a signal ends the wait of a sender */
#define MACH_SEND_NOTIFY    0x00000080 /* a full queue arms the send-possible request of the destination's name */

#define MACH_RCV_TIMEOUT   0x00000100 /* the time-out holds for receiving */
#define MACH_RCV_NOTIFY    0x00000200 /* no effect */
#define MACH_RCV_INTERRUPT 0x00000400 /* a signal ends the wait of a receiver */
#define MACH_RCV_VOUCHER   0x00000800 /* take the message's voucher too */
#define MACH_RCV_OVERWRITE 0x00001000 /* the former meaning of the following */

#define MACH_RCV_GUARDED_DESC 0x00001000 /* the receiver knows guarded descriptors */
#define MACH_RCV_SYNC_WAIT    0x00004000 /* no effect */
#define MACH_RCV_SYNC_PEEK    0x00008000 /* no effect */

#define MACH_MSG_STRICT_REPLY 0x00000200 /* no effect: a newer name of MACH_RCV_NOTIFY's bit */

#define MACH_SEND_ALWAYS                 0x00010000 /* no effect for programs: notifications ignore the queue limit */
#define MACH_SEND_FILTER_NONFATAL        0x00010000 /* no effect */
#define MACH_SEND_TRAILER                0x00020000 /* no effect */
#define MACH_SEND_NOIMPORTANCE           0x00040000 /* no effect */
#define MACH_SEND_NODENAP                0x00040000 /* no effect */
#define MACH_SEND_IMPORTANCE             0x00080000 /* no effect */
#define MACH_SEND_SYNC_OVERRIDE          0x00100000 /* no effect */
#define MACH_SEND_PROPAGATE_QOS          0x00200000 /* no effect */
#define MACH_SEND_SYNC_USE_THRPRI        0x00200000 /* no effect */
#define MACH_SEND_SYNC_BOOTSTRAP_CHECKIN 0x00800000 /* no effect */

/// The options of mach_msg2: the lower half is a mach_msg_option_t.
typedef uint64_t mach_msg_option64_t;

#define MACH64_MSG_OPTION_NONE 0x0ULL

#define MACH64_SEND_MSG                    0x00000001ULL
#define MACH64_RCV_MSG                     0x00000002ULL
#define MACH64_RCV_LARGE                   0x00000004ULL
#define MACH64_RCV_LARGE_IDENTITY          0x00000008ULL
#define MACH64_SEND_TIMEOUT                0x00000010ULL
#define MACH64_SEND_OVERRIDE               0x00000020ULL
#define MACH64_SEND_INTERRUPT              0x00000040ULL
#define MACH64_SEND_NOTIFY                 0x00000080ULL
#define MACH64_SEND_FILTER_NONFATAL        0x00010000ULL
#define MACH64_SEND_TRAILER                0x00020000ULL
#define MACH64_SEND_NOIMPORTANCE           0x00040000ULL
#define MACH64_SEND_NODENAP                0x00040000ULL
#define MACH64_SEND_SYNC_OVERRIDE          0x00100000ULL
#define MACH64_SEND_PROPAGATE_QOS          0x00200000ULL
#define MACH64_SEND_SYNC_BOOTSTRAP_CHECKIN 0x00800000ULL
#define MACH64_RCV_TIMEOUT                 0x00000100ULL
#define MACH64_RCV_INTERRUPT               0x00000400ULL
#define MACH64_RCV_VOUCHER                 0x00000800ULL
#define MACH64_RCV_GUARDED_DESC            0x00001000ULL
#define MACH64_RCV_SYNC_WAIT               0x00004000ULL
#define MACH64_RCV_SYNC_PEEK               0x00008000ULL
#define MACH64_MSG_STRICT_REPLY            0x00000200ULL

/* The upper half. What the destination is said to be is not checked: any of the four, or none, will do. */
#define MACH64_MSG_VECTOR        0x0000000100000000ULL /* `data` is a vector: refused */
#define MACH64_SEND_KOBJECT_CALL 0x0000000200000000ULL /* the destination is a port of the library's */
#define MACH64_SEND_MQ_CALL      0x0000000400000000ULL /* the destination is a program's port */
#define MACH64_SEND_USER_CALL    0x0000000400000000ULL
#define MACH64_SEND_ANY          0x0000000800000000ULL /* the destination may be either */
#define MACH64_SEND_DK_CALL      0x0000001000000000ULL

/* The trailer that the receiver wants: MACH_RCV_TRAILER_ELEMENTS of one of these, or-ed into the options. */
#define MACH_RCV_TRAILER_NULL   0 /* mach_msg_trailer_t */
#define MACH_RCV_TRAILER_SEQNO  1 /* mach_msg_seqno_trailer_t */
#define MACH_RCV_TRAILER_SENDER 2 /* mach_msg_security_trailer_t */
#define MACH_RCV_TRAILER_AUDIT  3 /* mach_msg_audit_trailer_t */
#define MACH_RCV_TRAILER_CTX    4 /* mach_msg_context_trailer_t */
#define MACH_RCV_TRAILER_AV     7 /* mach_msg_mac_trailer_t */
#define MACH_RCV_TRAILER_LABELS 8 /* mach_msg_mac_trailer_t */

#define MACH_RCV_TRAILER_TYPE(x)     ((0xf & (x)) << 28)
#define MACH_RCV_TRAILER_ELEMENTS(x) ((0xf & (x)) << 24)
#define MACH_RCV_TRAILER_MASK        0x0f000000

#define GET_RCV_ELEMENTS(y) (((y) >> 24) & 0xf)

/* The size in bytes of the trailer that options ask for. */
#define REQUESTED_TRAILER_SIZE_NATIVE(y)                                                                               \
    ((mach_msg_trailer_size_t)(GET_RCV_ELEMENTS(y) == MACH_RCV_TRAILER_NULL     ? sizeof(mach_msg_trailer_t)           \
                               : GET_RCV_ELEMENTS(y) == MACH_RCV_TRAILER_SEQNO  ? sizeof(mach_msg_seqno_trailer_t)     \
                               : GET_RCV_ELEMENTS(y) == MACH_RCV_TRAILER_SENDER ? sizeof(mach_msg_security_trailer_t)  \
                               : GET_RCV_ELEMENTS(y) == MACH_RCV_TRAILER_AUDIT  ? sizeof(mach_msg_audit_trailer_t)     \
                               : GET_RCV_ELEMENTS(y) == MACH_RCV_TRAILER_CTX    ? sizeof(mach_msg_context_trailer_t)   \
                                                                                : sizeof(mach_msg_max_trailer_t)))
#define REQUESTED_TRAILER_SIZE(y) REQUESTED_TRAILER_SIZE_NATIVE(y)

/* -- Codes --------------------------------------------------------------------------------------------------------- */

/// A code of mach_msg. Some codes come with extra bits, which MACH_MSG_MASK covers and which say what else went wrong.
typedef kern_return_t mach_msg_return_t;

#define MACH_MSG_SUCCESS 0x00000000

#define MACH_MSG_MASK       0x00003e00
#define MACH_MSG_IPC_SPACE  0x00002000 /* no name was left for a right */
#define MACH_MSG_VM_SPACE   0x00001000 /* no address was left for memory */
#define MACH_MSG_IPC_KERNEL 0x00000800 /* the library had no memory to handle a right */
#define MACH_MSG_VM_KERNEL  0x00000400 /* the library had no memory to handle memory */

#define MACH_SEND_IN_PROGRESS         0x10000001 /* never returned */
#define MACH_SEND_INVALID_DATA        0x10000002 /* the message cannot be read */
#define MACH_SEND_INVALID_DEST        0x10000003 /* no right to send to the destination */
#define MACH_SEND_TIMED_OUT           0x10000004 /* time ran out while the queue was full */
#define MACH_SEND_INVALID_VOUCHER     0x10000005 /* the voucher is none */
#define MACH_SEND_INTERRUPTED         0x10000007 /* a signal came while the queue was full */
#define MACH_SEND_MSG_TOO_SMALL       0x10000008 /* shorter than header and descriptors, or no multiple of 4 */
#define MACH_SEND_INVALID_REPLY       0x10000009 /* no such right to the reply port */
#define MACH_SEND_INVALID_RIGHT       0x1000000a /* no such right to a port in the body */
#define MACH_SEND_INVALID_NOTIFY      0x1000000b /* never returned */
#define MACH_SEND_INVALID_MEMORY      0x1000000c /* out-of-line memory cannot be read */
#define MACH_SEND_NO_BUFFER           0x1000000d /* no memory for the message */
#define MACH_SEND_TOO_LARGE           0x1000000e /* larger than any message may be */
#define MACH_SEND_INVALID_TYPE        0x1000000f /* an unknown descriptor, or a wrong copy option in one */
#define MACH_SEND_INVALID_HEADER      0x10000010 /* the bits name no disposition that fits its port */
#define MACH_SEND_INVALID_TRAILER     0x10000011 /* never returned */
#define MACH_SEND_INVALID_OPTIONS     0x10000013 /* mach_msg2 cannot do this with a send: a vector */
#define MACH_SEND_INVALID_RT_OOL_SIZE 0x10000015 /* never returned */

#define MACH_RCV_IN_PROGRESS       0x10004001 /* never returned */
#define MACH_RCV_INVALID_NAME      0x10004002 /* the name stands for no receive right and no port set */
#define MACH_RCV_TIMED_OUT         0x10004003 /* time ran out before a message came */
#define MACH_RCV_TOO_LARGE         0x10004004 /* message and trailer do not fit the buffer */
#define MACH_RCV_INTERRUPTED       0x10004005 /* a signal came before a message */
#define MACH_RCV_PORT_CHANGED      0x10004006 /* the port or set died, or the right was moved away, during the wait */
#define MACH_RCV_INVALID_NOTIFY    0x10004007 /* never returned */
#define MACH_RCV_INVALID_DATA      0x10004008 /* the buffer cannot be written */
#define MACH_RCV_PORT_DIED         0x10004009 /* never returned */
#define MACH_RCV_IN_SET            0x1000400a /* never returned */
#define MACH_RCV_HEADER_ERROR      0x1000400b /* a right of the header could not be taken; extra bits say why */
#define MACH_RCV_BODY_ERROR        0x1000400c /* received, but not all of the body could be taken; extra bits say why */
#define MACH_RCV_INVALID_TYPE      0x1000400d /* never returned */
#define MACH_RCV_SCATTER_SMALL     0x1000400e /* never returned */
#define MACH_RCV_INVALID_TRAILER   0x1000400f /* never returned */
#define MACH_RCV_IN_PROGRESS_TIMED 0x10004011 /* never returned */
#define MACH_RCV_INVALID_ARGUMENTS 0x10004013 /* mach_msg2 cannot do this with a receive: a vector */

__BEGIN_DECLS

/// Sends a message, receives one, or does both in this order, as MACH_SEND_MSG and MACH_RCV_MSG in `option` say; with
/// neither it does nothing and succeeds.
///
/// `msg` is the message to send and the buffer for the one received. `send_size` is the size in bytes of the first, a
/// multiple of 4, without a trailer; `rcv_size` is the size of the buffer, and has to hold the message and its trailer.
/// `rcv_name` is a receive right or a port set of the calling task. `timeout` is in milliseconds, counts only with
/// MACH_SEND_TIMEOUT or MACH_RCV_TIMEOUT, and each of the two halves has all of it; 0 then means not to wait at all.
/// `notify` is not used: pass MACH_PORT_NULL.
///
/// Sending takes the rights that the message moves: destination, reply port and port descriptors, each by its
/// disposition. The destination needs one of the five dispositions that yield a send or send-once right, the reply port
/// too, or 0 with MACH_PORT_NULL. A dead name may be moved or copied as reply port or in the body and arrives as
/// MACH_PORT_DEAD. A full queue makes the sender wait, unless the destination is a send-once right.
///
/// Out-of-line memory is read when it is sent. The receiver gets pages of its own, which vm_deallocate gives back whole
/// or in parts. With `deallocate` the pages that the memory touches leave the sender: whole pages from vm_allocate
/// arrive at their own address, others elsewhere. The names of an array of ports arrive in such pages too.
///
/// A receiver gets the rights under names of its own task and owns them. The trailer that it asked for follows the
/// message at round_msg(msgh_size).
///
/// An interrupted wait goes on by itself, with the time that is left, unless MACH_SEND_INTERRUPT or MACH_RCV_INTERRUPT
/// asks otherwise. An error while sending ends the call before it receives.
///
/// Sending gives:
///   MACH_MSG_SUCCESS           sent; also when the destination died after the message had been read, or when the
///                              message was destroyed because it carried a receive right into its own queue, straight
///                              or by way of others
///   MACH_SEND_MSG_TOO_SMALL    `send_size` is below 24, no multiple of 4, or cuts off a descriptor
///   MACH_SEND_TOO_LARGE        `send_size` exceeds 50,331,580 bytes
///   MACH_SEND_INVALID_DATA     `msg` is a null pointer
///   MACH_SEND_INVALID_HEADER   the disposition of the destination or of the reply port is out of range, or 0 with a
///                              reply port
///   MACH_SEND_INVALID_DEST     the destination is null, dead or unknown, the task lacks the right, or destination and
///                              reply port are one name that cannot give both rights
///   MACH_SEND_INVALID_VOUCHER  the bits ask for a voucher and the name is none
///   MACH_SEND_INVALID_REPLY    the reply port is unknown, or the task lacks the right
///   MACH_SEND_INVALID_RIGHT    the disposition of a descriptor or of an array is out of range, a name unknown, or the
///                              task lacks the right; or a guard is wrong, or keeps the receive right from moving
///   MACH_SEND_INVALID_MEMORY   out-of-line memory or an array cannot be read as a whole
///   MACH_SEND_INVALID_TYPE     a descriptor's type or copy option is none that there is, or a guarded one's flags
///   MACH_MSG_VM_KERNEL         no memory for out-of-line memory
///   MACH_SEND_NO_BUFFER        no memory, also for an array, or 65,534 messages are queued already
///   MACH_SEND_TIMED_OUT        the queue stayed full for all of `timeout`
///   MACH_SEND_INTERRUPTED      a signal was handled during the wait, and MACH_SEND_INTERRUPT was set
/// When size, address or header are at fault (the codes down to MACH_SEND_INVALID_REPLY), nothing has changed. When the
/// body is (INVALID_RIGHT, INVALID_MEMORY, INVALID_TYPE, VM_KERNEL, NO_BUFFER for an array, or MSG_TOO_SMALL for a
/// descriptor), the rights of the header and what the descriptors before the bad one hold are gone and destroyed, and
/// the buffer is as it was. After TIMED_OUT, INTERRUPTED and NO_BUFFER for a full queue the sender has all rights
/// again, and `msg` can be sent once more or given to mach_msg_destroy: it may have been rewritten as if received, but
/// with its ports not swapped. Every disposition in it is then a MOVE of the right under the name that it has now; what
/// was copied or made has become one more user reference or a right of its own.
///
/// Receiving gives:
///   MACH_MSG_SUCCESS           received
///   MACH_RCV_INVALID_NAME      `rcv_name` is neither a receive right nor a port set
///   MACH_RCV_TIMED_OUT         nothing came within `timeout`
///   MACH_RCV_TOO_LARGE         `rcv_size` is too small. With MACH_RCV_LARGE the message stays in the queue, msgh_size
///                              is the size it needs without the trailer, and with MACH_RCV_LARGE_IDENTITY
///                              msgh_local_port is the port that it waits on. Otherwise the message was destroyed, and
///                              the buffer holds a header of size 24 and a trailer, or as much of the two as is wholly
///                              within `rcv_size`
///   MACH_RCV_INTERRUPTED       a signal was handled during the wait, and MACH_RCV_INTERRUPT was set
///   MACH_RCV_PORT_CHANGED      the port or set was destroyed, or the receive right moved away, during the wait
///   MACH_RCV_INVALID_DATA      the buffer is a null pointer; the message stays in the queue
///   MACH_RCV_HEADER_ERROR      with MACH_MSG_IPC_SPACE or MACH_MSG_IPC_KERNEL: there was no name or no memory for the
///                              reply port; the message was destroyed, and the buffer holds a header of size 24 and a
///                              trailer
///   MACH_RCV_BODY_ERROR        with extra bits: received, but what found no name reads as MACH_PORT_NULL
mach_msg_return_t mach_msg(mach_msg_header_t *msg, mach_msg_option_t option, mach_msg_size_t send_size,
                           mach_msg_size_t rcv_size, mach_port_name_t rcv_name, mach_msg_timeout_t timeout,
                           mach_port_name_t notify);

/// As mach_msg, with a buffer of its own for receiving: `rcv_msg`, of `rcv_size` bytes. When that is a null pointer,
/// `msg` serves for both. A message that could not be sent comes back in `msg`. `rcv_limit` is not used. Gives the
/// codes of mach_msg.
mach_msg_return_t mach_msg_overwrite(mach_msg_header_t *msg, mach_msg_option_t option, mach_msg_size_t send_size,
                                     mach_msg_size_t rcv_size, mach_port_name_t rcv_name, mach_msg_timeout_t timeout,
                                     mach_port_name_t notify, mach_msg_header_t *rcv_msg, mach_msg_size_t rcv_limit);

/// What mach_msg2 calls: its arguments, two to a word, the one named first in the lower half. `data` is the message to
/// send and the buffer for the one received. Programs call mach_msg2.
///
/// The header that is sent is made of the arguments, and replaces what the first 24 bytes of `data` held. `desc_count`
/// is not looked at: the number of descriptors is read from the message, as is everything behind the header. `priority`
/// is not used. Vectors and auxiliary data, which other systems know, are not supported.
///
///   MACH_SEND_INVALID_OPTIONS   MACH64_MSG_VECTOR, when the call is to send
///   MACH_RCV_INVALID_ARGUMENTS  MACH64_MSG_VECTOR, when the call is to receive only
/// and the codes of mach_msg.
mach_msg_return_t mach_msg2_internal(void *data, mach_msg_option64_t option64, uint64_t msgh_bits_and_send_size,
                                     uint64_t msgh_remote_and_local_port, uint64_t msgh_voucher_and_id,
                                     uint64_t desc_count_and_rcv_name, uint64_t rcv_size_and_priority,
                                     uint64_t timeout);

/// As mach_msg, with options of 64 bits and the header as an argument: `header` replaces the first 24 bytes of `data`.
/// `rcv_size`, `rcv_name` and `timeout` (milliseconds) are those of mach_msg; `priority` is not used: pass 0. Gives the
/// codes of mach_msg2_internal.
static __inline__ mach_msg_return_t mach_msg2(void *data, mach_msg_option64_t option64, mach_msg_header_t header,
                                              mach_msg_size_t send_size, mach_msg_size_t rcv_size, mach_port_t rcv_name,
                                              uint64_t timeout, uint32_t priority) {
    uint64_t descriptors = 0;
    if (data && (option64 & (MACH64_SEND_MSG | MACH64_MSG_VECTOR)) == MACH64_SEND_MSG &&
        (header.msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0 && send_size >= sizeof(mach_msg_base_t))
        descriptors = ((const mach_msg_base_t *)data)->body.msgh_descriptor_count;
    return mach_msg2_internal(data, option64, (uint64_t)send_size << 32 | header.msgh_bits,
                              (uint64_t)header.msgh_local_port << 32 | header.msgh_remote_port,
                              (uint64_t)(uint32_t)header.msgh_id << 32 | header.msgh_voucher_port,
                              (uint64_t)rcv_name << 32 | descriptors, (uint64_t)priority << 32 | rcv_size, timeout);
}

__END_DECLS

#endif
