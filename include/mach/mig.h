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

/* Marks, before the program's routines in the headers of newer servers, what the server calls. */
#ifndef MIG_SERVER_ROUTINE
#define MIG_SERVER_ROUTINE
#endif

/* Stubs made with annotations of array bounds say these before pointers. They tell other compilers what these cannot
   use. */
#ifndef __counted_by
#define __counted_by(count)
#endif
#ifndef __unsafe_indexable
#define __unsafe_indexable
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

__BEGIN_DECLS

/// Gives the reply port that the library keeps for the calling thread, in the task as which it acts: a receive right,
/// without a send right. It is made when it is first asked for, or when the last one was given back with
/// mig_dealloc_reply_port. It ends with the thread, and with the task. A forked child makes its own. Gives
/// MACH_PORT_NULL when no name or no memory is left. The caller must not give it up but by mig_dealloc_reply_port.
mach_port_t mig_get_reply_port(void);

/// Says that the reply port is not needed now. The library keeps it for the next call. Does nothing.
void mig_put_reply_port(mach_port_t reply_port);

/// Gives the thread's reply port up: for a call that failed in a way after which a late reply may come. The receive
/// right ends; the next mig_get_reply_port makes another. When `reply_port` is another name than that of the thread's
/// reply port, it loses a user reference besides. Without a reply port of the thread nothing happens.
void mig_dealloc_reply_port(mach_port_t reply_port);

/// Copies the string `src`, with its NUL, to `dest`, which has room for `len` bytes. A longer string is cut to len - 1
/// bytes and a NUL. The bytes behind the NUL stay as they were. Gives the bytes written, NUL included: 0 when `len` is
/// 0 or less.
int mig_strncpy(char *dest, const char *src, int len);

/// The same, and fills the rest of the `len` bytes with NULs. Gives the length of what was copied, NUL included; 0 when
/// `len` is 0 or less, or one of the two is a null pointer. A null `src` leaves `dest` filled with NULs.
int mig_strncpy_zerofill(char *dest, const char *src, int len);

/// Makes memory for `size` bytes as vm_allocate does, anywhere, and writes its address to `*address`: 0 when there is
/// none. mig_deallocate gives it back.
void mig_allocate(vm_address_t *address, vm_size_t size);

/// Gives memory back as vm_deallocate does. Stubs do that with arrays without a bound.
void mig_deallocate(vm_address_t address, vm_size_t size);

__END_DECLS

#endif
