/// What Darwin's programs expect of this header beside what libc and libbsd have in theirs.
///
/// Every header of libc includes this one. `__unused` and `__used` are marks here, but members' names in <linux/icmp.h>,
/// <linux/sysctl.h>, <asm/stat.h> and <spawn.h>: these stand in this folder too, and take the mark away while the real
/// ones are read.
#pragma GCC system_header
#include_next <sys/cdefs.h>

#ifndef _LIBMACH_DARWIN_SYS_CDEFS_H_
#define _LIBMACH_DARWIN_SYS_CDEFS_H_

#ifndef __has_attribute
#define __has_attribute(x) 0
#endif
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#ifndef __has_extension
#define __has_extension(x) 0
#endif
#ifndef __has_builtin
#define __has_builtin(x) 0
#endif

/* -- Of functions -------------------------------------------------------------------------------------------------- */

#ifndef __dead2
#define __dead2 __attribute__((__noreturn__))
#endif
#ifndef __pure2
#define __pure2 __attribute__((__const__))
#endif
#ifndef __dead
#define __dead
#define __pure
#endif
#define __stateful_pure __attribute__((__pure__))
#ifndef __cold
#define __cold __attribute__((__cold__))
#endif
#define __result_use_check __attribute__((__warn_unused_result__))
#if __has_attribute(disable_tail_calls)
#define __disable_tail_calls __attribute__((__disable_tail_calls__))
#else
#define __disable_tail_calls
#endif
#if __has_attribute(not_tail_called)
#define __not_tail_called __attribute__((__not_tail_called__))
#else
#define __not_tail_called
#endif
#define __abortlike __dead2 __cold __not_tail_called
#ifndef __alloc_size
#define __alloc_size(...) __attribute__((__alloc_size__(__VA_ARGS__)))
#endif
#ifndef __alloc_align
#define __alloc_align(n) __attribute__((__alloc_align__(n)))
#endif

/* Which arguments are a format and what it formats. */
#ifndef __printflike
#define __printflike(fmtarg, firstvararg) __attribute__((__format__(__printf__, fmtarg, firstvararg)))
#endif
#define __printf0like(fmtarg, firstvararg)
#ifndef __scanflike
#define __scanflike(fmtarg, firstvararg) __attribute__((__format__(__scanf__, fmtarg, firstvararg)))
#endif
#define __osloglike(fmtarg, firstvararg)

/* Defined in a header. */
#define __header_inline        __inline
#define __header_always_inline __header_inline __attribute__((__always_inline__))

/* -- Of anything --------------------------------------------------------------------------------------------------- */

#ifndef __unused
#define __unused __attribute__((__unused__))
#endif
#ifndef __used
#define __used __attribute__((__used__))
#endif
#ifndef __deprecated
#define __deprecated __attribute__((__deprecated__))
#endif
#define __deprecated_msg(_msg)      __attribute__((__deprecated__(_msg)))
#define __deprecated_enum_msg(_msg) __deprecated_msg(_msg)
#define __kpi_deprecated(_msg)
#if __has_attribute(unavailable)
#define __unavailable __attribute__((__unavailable__))
#else
#define __unavailable
#endif
#define __kpi_unavailable
#define __swift_unavailable(_msg)

/* Who sees it. The first is a word of the language to clang, which advises against it. */
#ifndef __private_extern__
#define __private_extern__ extern __attribute__((__visibility__("hidden")))
#endif
#define __exported      __attribute__((__visibility__("default")))
#define __exported_push _Pragma("GCC visibility push(default)")
#define __exported_pop  _Pragma("GCC visibility pop")

/* Whether a pointer may be null: only clang knows the words. */
#if !__has_feature(nullability)
#ifndef _Nullable
#define _Nullable
#endif
#ifndef _Nonnull
#define _Nonnull
#endif
#ifndef _Null_unspecified
#define _Null_unspecified
#endif
#endif
#ifndef __nullable
#define __nullable
#endif
#ifndef __null_unspecified
#define __null_unspecified
#endif

/* -- Texts in an object file --------------------------------------------------------------------------------------- */

#define __IDSTRING(name, string) static const char name[] __used = string
#ifndef __COPYRIGHT
#define __COPYRIGHT(s) __IDSTRING(copyright, s)
#endif
#ifndef __RCSID
#define __RCSID(s) __IDSTRING(rcsid, s)
#endif
#ifndef __SCCSID
#define __SCCSID(s) __IDSTRING(sccsid, s)
#endif
#ifndef __PROJECT_VERSION
#define __PROJECT_VERSION(s) __IDSTRING(project_version, s)
#endif
#ifndef __FBSDID
#define __FBSDID(s)
#endif

/* -- Without a qualifier ------------------------------------------------------------------------------------------- */

#ifndef __CAST_AWAY_QUALIFIER
#define __CAST_AWAY_QUALIFIER(variable, qualifier, type) ((type)(__UINTPTR_TYPE__)(variable))
#endif
#ifndef __DECONST
#define __DECONST(type, var) __CAST_AWAY_QUALIFIER(var, const, type)
#endif
#ifndef __DEVOLATILE
#define __DEVOLATILE(type, var) __CAST_AWAY_QUALIFIER(var, volatile, type)
#endif
#ifndef __DEQUALIFY
#define __DEQUALIFY(type, var) __CAST_AWAY_QUALIFIER(var, const volatile, type)
#endif

/* -- Which of several versions of a call: here is one ---------------------------------------------------------------- */

#define __DARWIN_ALIAS(sym)
#define __DARWIN_ALIAS_C(sym)
#define __DARWIN_ALIAS_I(sym)
#define __DARWIN_NOCANCEL(sym)
#define __DARWIN_INODE64(sym)
#define __DARWIN_1050(sym)
#define __DARWIN_1050ALIAS(sym)
#define __DARWIN_1050ALIAS_C(sym)
#define __DARWIN_1050ALIAS_I(sym)
#define __DARWIN_1050INODE64(sym)
#define __DARWIN_EXTSN(sym)
#define __DARWIN_EXTSN_C(sym)
#define __DARWIN_LDBL_COMPAT(sym)
#define __DARWIN_LDBL_COMPAT2(sym)

#define __DARWIN_ONLY_64_BIT_INO_T     1
#define __DARWIN_ONLY_UNIX_CONFORMANCE 1
#define __DARWIN_ONLY_VERS_1050        1
#define __DARWIN_UNIX03                1
#define __DARWIN_64_BIT_INO_T          1
#define __DARWIN_VERS_1050             1
#define __DARWIN_NON_CANCELABLE        0

#define __DARWIN_C_ANSI  010000L
#define __DARWIN_C_FULL  900000L
#define __DARWIN_C_LEVEL __DARWIN_C_FULL

#endif
