/// How an error code is made up: system in bits 26 to 31, subsystem in bits 14 to 25, code in bits 0 to 13.
#ifndef _MACH_ERROR_H_
#define _MACH_ERROR_H_

#include <mach/kern_return.h>

typedef kern_return_t mach_error_t;
typedef mach_error_t (*mach_error_fn_t)(void);

#define err_none        ((mach_error_t)0)
#define ERR_SUCCESS     ((mach_error_t)0)
#define ERR_ROUTINE_NIL ((mach_error_fn_t)0)

#define err_system(x) ((int)((0x3fU & (unsigned int)(x)) << 26))
#define err_sub(x)    ((int)((0xfffU & (unsigned int)(x)) << 14))

#define err_get_system(err) ((int)(((unsigned int)(err) >> 26) & 0x3fU))
#define err_get_sub(err)    ((int)(((unsigned int)(err) >> 14) & 0xfffU))
#define err_get_code(err)   (0x3fff & (err))

#define system_emask (err_system(0x3f))
#define sub_emask    (err_sub(0xfff))
#define code_emask   (0x3fff)

#define err_kern       err_system(0x0)  /* the kernel */
#define err_us         err_system(0x1)  /* libraries of the program */
#define err_server     err_system(0x2)  /* servers */
#define err_ipc        err_system(0x3)  /* messages, before Mach 3 */
#define err_mach_ipc   err_system(0x4)  /* messages */
#define err_dipc       err_system(0x7)  /* messages between machines */
#define err_local      err_system(0x3e) /* free for the program's own errors */
#define err_ipc_compat err_system(0x3f) /* message errors of old, -1 and below */

#define err_max_system 0x3f

/// An errno value as a Mach error: subsystem 3 of the kernel.
#define unix_err(errno) (err_kern | err_sub(3) | (errno))

#endif
