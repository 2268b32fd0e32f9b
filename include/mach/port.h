/// Names of ports, the rights behind them, and what can be asked about a port.
///
/// A port is a queue of messages with one receiver and any number of senders. A task never holds a port itself but
/// rights to it, under names that mean something in that task alone. Receive and send rights to one port share one
/// name; each send-once right has a name of its own.
#ifndef _MACH_PORT_H_
#define _MACH_PORT_H_

#include <stdint.h>
#include <sys/cdefs.h>

#include <mach/boolean.h>
#include <mach/machine/vm_types.h>

/// A name, with nothing said about a right.
typedef natural_t mach_port_name_t;
typedef mach_port_name_t *mach_port_name_array_t;

/// A name that comes with a right.
typedef mach_port_name_t mach_port_t;
typedef mach_port_t *mach_port_array_t;

#define MACH_PORT_NULL 0U          /* no port */
#define MACH_PORT_DEAD 0xffffffffU /* there was a port, and it died */

#define MACH_PORT_VALID(name) (((name) != MACH_PORT_NULL) && ((name) != MACH_PORT_DEAD))

/* A name that the library chose is made of an index (24 bits) and a generation, which changes when the index is used
   anew. MACH_PORT_GEN and the second argument of MACH_PORT_MAKE hold the generation in the top 8 bits. */
#define MACH_PORT_INDEX(name)      ((name) >> 8)
#define MACH_PORT_GEN(name)        ((0xffU & (name)) << 24)
#define MACH_PORT_MAKE(index, gen) (((index) << 8) | ((gen) >> 24))

/// One kind of right.
typedef natural_t mach_port_right_t;

#define MACH_PORT_RIGHT_SEND      0U
#define MACH_PORT_RIGHT_RECEIVE   1U
#define MACH_PORT_RIGHT_SEND_ONCE 2U
#define MACH_PORT_RIGHT_PORT_SET  3U
#define MACH_PORT_RIGHT_DEAD_NAME 4U
#define MACH_PORT_RIGHT_LABELH    5U /* no name ever has this right */
#define MACH_PORT_RIGHT_NUMBER    6U

/// A set of rights, one bit each: what a name stands for.
typedef natural_t mach_port_type_t;
typedef mach_port_type_t *mach_port_type_array_t;

#define MACH_PORT_TYPE(right) ((mach_port_type_t)((mach_port_type_t)1 << ((right) + (mach_port_right_t)16)))

#define MACH_PORT_TYPE_NONE      0U
#define MACH_PORT_TYPE_SEND      0x00010000U
#define MACH_PORT_TYPE_RECEIVE   0x00020000U
#define MACH_PORT_TYPE_SEND_ONCE 0x00040000U
#define MACH_PORT_TYPE_PORT_SET  0x00080000U
#define MACH_PORT_TYPE_DEAD_NAME 0x00100000U
#define MACH_PORT_TYPE_LABELH    0x00200000U

#define MACH_PORT_TYPE_SEND_RECEIVE 0x00030000U /* send, receive */
#define MACH_PORT_TYPE_SEND_RIGHTS  0x00050000U /* send, send-once */
#define MACH_PORT_TYPE_PORT_RIGHTS  0x00070000U /* send, receive, send-once */
#define MACH_PORT_TYPE_PORT_OR_DEAD 0x00170000U /* those and dead name */
#define MACH_PORT_TYPE_ALL_RIGHTS   0x001f0000U /* those and port set */

/* Further bits that say which notification is requested for the name. mach_port_type shows the first only,
   mach_port_names all. */
#define MACH_PORT_TYPE_DNREQUEST         0x80000000U /* dead name, or send possible */
#define MACH_PORT_TYPE_SPREQUEST         0x40000000U /* send possible */
#define MACH_PORT_TYPE_SPREQUEST_DELAYED 0x20000000U /* send possible, and no sender has found the queue full yet */

typedef natural_t mach_port_urefs_t; /* user references of a name, 0 to 65535 */
typedef integer_t mach_port_delta_t; /* a change in user references */

typedef natural_t mach_port_seqno_t;    /* sequence number of a message */
typedef natural_t mach_port_mscount_t;  /* make-send count */
typedef natural_t mach_port_msgcount_t; /* messages in a queue */
typedef natural_t mach_port_rights_t;   /* rights to a port */

typedef unsigned int mach_port_srights_t; /* whether there are send rights */

#define MACH_PORT_SRIGHTS_NONE    0
#define MACH_PORT_SRIGHTS_PRESENT 1

/// What MACH_PORT_RECEIVE_STATUS tells about a port.
typedef struct mach_port_status {
    mach_port_rights_t mps_pset;       /* not 0: a member of a port set */
    mach_port_seqno_t mps_seqno;       /* sequence number of the next message received */
    mach_port_mscount_t mps_mscount;   /* make-send count */
    mach_port_msgcount_t mps_qlimit;   /* queue limit */
    mach_port_msgcount_t mps_msgcount; /* messages in the queue */
    mach_port_rights_t mps_sorights;   /* number of send-once rights */
    boolean_t mps_srights;             /* are there send rights? */
    boolean_t mps_pdrequest;           /* port-destroyed notification requested? */
    boolean_t mps_nsrequest;           /* no-senders notification requested? */
    natural_t mps_flags;               /* MACH_PORT_STATUS_FLAG_ bits */
} mach_port_status_t;

#define MACH_PORT_STATUS_FLAG_TEMPOWNER               0x01U
#define MACH_PORT_STATUS_FLAG_GUARDED                 0x02U
#define MACH_PORT_STATUS_FLAG_STRICT_GUARD            0x04U
#define MACH_PORT_STATUS_FLAG_IMP_DONATION            0x08U
#define MACH_PORT_STATUS_FLAG_REVIVE                  0x10U
#define MACH_PORT_STATUS_FLAG_TASKPTR                 0x20U
#define MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE 0x40U /* guarded, and bound to its task */
#define MACH_PORT_STATUS_FLAG_NO_GRANT                0x80U /* newer systems only, never set here */

/// What MACH_PORT_LIMITS_INFO tells and sets: how many messages may be queued before a sender has to wait.
typedef struct mach_port_limits {
    mach_port_msgcount_t mpl_qlimit;
} mach_port_limits_t;

#define MACH_PORT_QLIMIT_ZERO    0
#define MACH_PORT_QLIMIT_BASIC   5
#define MACH_PORT_QLIMIT_SMALL   16
#define MACH_PORT_QLIMIT_LARGE   1024
#define MACH_PORT_QLIMIT_KERNEL  65534 /* messages that no limit holds back stop here */
#define MACH_PORT_QLIMIT_MIN     0
#define MACH_PORT_QLIMIT_DEFAULT 5
#define MACH_PORT_QLIMIT_MAX     1024

/// What MACH_PORT_INFO_EXT tells about a port.
typedef struct mach_port_info_ext {
    mach_port_status_t mpie_status;
    mach_port_msgcount_t mpie_boost_cnt; /* messages that raised importance: 0 */
    uint32_t reserved[6];
} mach_port_info_ext_t;

/// What MACH_PORT_GUARD_INFO asserts.
typedef struct mach_port_guard_info {
    uint64_t mpgi_guard; /* the strict guard of the port */
} mach_port_guard_info_t;

/// Where mach_port_get_attributes and mach_port_set_attributes find their structure, counted in words of 4 bytes.
typedef integer_t *mach_port_info_t;

typedef int mach_port_flavor_t;

#define MACH_PORT_LIMITS_INFO         1 /* mach_port_limits_t */
#define MACH_PORT_RECEIVE_STATUS      2 /* mach_port_status_t */
#define MACH_PORT_DNREQUESTS_SIZE     3 /* an int: size of the port's table of notification requests */
#define MACH_PORT_TEMPOWNER           4 /* set only, no data: the right will move to another task */
#define MACH_PORT_IMPORTANCE_RECEIVER 5 /* set only, no data: accepts importance */
#define MACH_PORT_DENAP_RECEIVER      6 /* set only, no data: accepts importance */
#define MACH_PORT_INFO_EXT            7 /* mach_port_info_ext_t */
#define MACH_PORT_GUARD_INFO          8 /* mach_port_assert_attributes only: mach_port_guard_info_t */

#define MACH_PORT_LIMITS_INFO_COUNT     1U
#define MACH_PORT_RECEIVE_STATUS_COUNT  10U
#define MACH_PORT_DNREQUESTS_SIZE_COUNT 1U
#define MACH_PORT_INFO_EXT_COUNT        17U
#define MACH_PORT_GUARD_INFO_COUNT      2U

/// Wishes for a new port; see mach_port_allocate_full.
typedef struct mach_port_qos {
    unsigned int name : 1;     /* under the name that the caller gives */
    unsigned int prealloc : 1; /* with memory set aside for one message */
    boolean_t pad1 : 30;
    natural_t len; /* size in bytes of that message */
} mach_port_qos_t;

/// Wishes for a port that is made with its first rights and its guard.
typedef struct mach_port_options {
    uint32_t flags; /* MPO_ bits */
    mach_port_limits_t mpl;
    uint64_t reserved[2];
} mach_port_options_t;

typedef mach_port_options_t *mach_port_options_ptr_t;

#define MPO_CONTEXT_AS_GUARD    0x01U /* the context is a guard */
#define MPO_QLIMIT              0x02U /* take the queue limit from mpl */
#define MPO_TEMPOWNER           0x04U /* as MACH_PORT_TEMPOWNER */
#define MPO_IMPORTANCE_RECEIVER 0x08U /* as MACH_PORT_IMPORTANCE_RECEIVER */
#define MPO_INSERT_SEND_RIGHT   0x10U /* the name also has a send right */
#define MPO_STRICT              0x20U /* the guard is strict */
#define MPO_DENAP_RECEIVER      0x40U /* as MACH_PORT_DENAP_RECEIVER */
#define MPO_IMMOVABLE_RECEIVE   0x80U /* guarded, the receive right is bound to its task */

/// What is known of a port that other systems make for a service. No port is one here.
typedef struct mach_service_port_info {
    char mspi_string_name[255];
    uint8_t mspi_domain_type;
} mach_service_port_info_data_t;

typedef struct mach_service_port_info *mach_service_port_info_t;

#define MACH_SERVICE_PORT_INFO_STRING_NAME_MAX_BUF_LEN 255 /* bytes of the name, with its NUL */

/* What mach_port_guard_with_flags adds to a guard. */
#define MPG_FLAGS_NONE        0x00ULL
#define MPG_STRICT            0x01ULL /* the context reads as 0 and cannot be set */
#define MPG_IMMOVABLE_RECEIVE 0x02ULL /* the receive right is bound to its task */

/// Kind of guard exception that speaks of ports.
#define GUARD_TYPE_MACH_PORT 0x1

/// What was attempted on a guarded port.
enum mach_port_guard_exception_codes {
    kGUARD_EXC_DESTROY = 1,          /* destroying it */
    kGUARD_EXC_MOD_REFS = 2,         /* dropping the receive right */
    kGUARD_EXC_SET_CONTEXT = 4,      /* changing the context behind a strict guard */
    kGUARD_EXC_UNGUARDED = 8,        /* unguarding a port that has no guard */
    kGUARD_EXC_INCORRECT_GUARD = 16, /* unguarding with the wrong guard */
    kGUARD_EXC_IMMOVABLE = 32        /* moving a receive right that is bound to its task */
};

#endif
