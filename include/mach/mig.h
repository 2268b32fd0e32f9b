/// What stubs of the Mach Interface Generator are built on: types and switches.
#ifndef _MACH_MIG_H_
#define _MACH_MIG_H_

#include <stdint.h>
#include <sys/cdefs.h>

#include <mach/message.h>
#include <mach/port.h>
#include <mach/vm_types.h>

/* Stubs check what they receive, unless the program says otherwise. */
#ifndef __MigTypeCheck
#ifdef TypeCheck
#define __MigTypeCheck TypeCheck
#else
#define __MigTypeCheck 1
#endif
#endif

/* Stubs pack their messages to 4 bytes. */
#define __MigPackStructs 1

/* Programs compile stubs with -Dmig_external=__private_extern__. To clang that is a keyword. */
#if !defined(__clang__) && !defined(__private_extern__)
#define __private_extern__ extern __attribute__((visibility("hidden")))
#endif

/// Takes a request apart, calls the routine and makes the reply.
typedef void (*mig_stub_routine_t)(mach_msg_header_t *InHeadP, mach_msg_header_t *OutHeadP);
typedef mig_stub_routine_t mig_routine_t;

/// Finds the stub that answers a request; null when there is none.
typedef mig_routine_t (*mig_server_routine_t)(mach_msg_header_t *InHeadP);

/// Stands for any routine that a server implements.
typedef kern_return_t (*mig_impl_routine_t)(void);

typedef mach_msg_type_descriptor_t routine_arg_descriptor;
typedef mach_msg_type_descriptor_t *routine_arg_descriptor_t;
typedef mach_msg_type_descriptor_t *mig_routine_arg_descriptor_t;

#define MIG_ROUTINE_ARG_DESCRIPTOR_NULL ((mig_routine_arg_descriptor_t)0)

/// One routine of a subsystem.
struct routine_descriptor {
    mig_impl_routine_t impl_routine;
    mig_stub_routine_t stub_routine;
    unsigned int argc;
    unsigned int descr_count;
    routine_arg_descriptor_t arg_descr;
    unsigned int max_reply_msg; /* bytes */
};

typedef struct routine_descriptor *routine_descriptor_t;
typedef struct routine_descriptor mig_routine_descriptor;
typedef mig_routine_descriptor *mig_routine_descriptor_t;

#define MIG_ROUTINE_DESCRIPTOR_NULL ((mig_routine_descriptor_t)0)

/// A subsystem: routines whose message ids follow one another.
typedef struct mig_subsystem {
    mig_server_routine_t server;
    mach_msg_id_t start;     /* first id */
    mach_msg_id_t end;       /* last id + 1 */
    mach_msg_size_t maxsize; /* bytes of the longest reply */
    vm_address_t reserved;
    mig_routine_descriptor routine[1]; /* end - start of them */
} * mig_subsystem_t;

#define MIG_SUBSYSTEM_NULL ((mig_subsystem_t)0)

/// Name and number of a routine, for tools that print them.
typedef struct mig_symtab {
    char *ms_routine_name;
    int ms_routine_number;
    void (*ms_routine)(void);
} mig_symtab_t;

#endif
