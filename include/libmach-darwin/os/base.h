/// Marks on declarations under names of their own.
#ifndef __OS_BASE__
#define __OS_BASE__

#include <sys/cdefs.h>

#define OS_NORETURN            __attribute__((__noreturn__))
#define OS_NOTHROW             __attribute__((__nothrow__))
#define OS_NONNULL1            __attribute__((__nonnull__(1)))
#define OS_NONNULL2            __attribute__((__nonnull__(2)))
#define OS_NONNULL3            __attribute__((__nonnull__(3)))
#define OS_NONNULL4            __attribute__((__nonnull__(4)))
#define OS_NONNULL5            __attribute__((__nonnull__(5)))
#define OS_NONNULL6            __attribute__((__nonnull__(6)))
#define OS_NONNULL7            __attribute__((__nonnull__(7)))
#define OS_NONNULL8            __attribute__((__nonnull__(8)))
#define OS_NONNULL_ALL         __attribute__((__nonnull__))
#define OS_SENTINEL            __attribute__((__sentinel__))
#define OS_PURE                __attribute__((__pure__))
#define OS_CONST               __attribute__((__const__))
#define OS_WARN_RESULT         __attribute__((__warn_unused_result__))
#define OS_MALLOC              __attribute__((__malloc__))
#define OS_USED                __attribute__((__used__))
#define OS_UNUSED              __attribute__((__unused__))
#define OS_COLD                __attribute__((__cold__))
#define OS_WEAK                __attribute__((__weak__))
#define OS_WEAK_IMPORT         __attribute__((__weak__))
#define OS_NOINLINE            __attribute__((__noinline__))
#define OS_ALWAYS_INLINE       __attribute__((__always_inline__))
#define OS_TRANSPARENT_UNION   __attribute__((__transparent_union__))
#define OS_ALIGNED(n)          __attribute__((__aligned__((n))))
#define OS_FORMAT_PRINTF(x, y) __attribute__((__format__(__printf__, x, y)))
#define OS_EXPORT              extern __attribute__((__visibility__("default")))
#define OS_INLINE              static __inline__
#define OS_EXPECT(x, v)        __builtin_expect((x), (v))
#define OS_NOESCAPE
#define OS_NOT_TAIL_CALLED __not_tail_called

#if defined(__cplusplus)
#define OS_FALLTHROUGH [[fallthrough]]
#else
#define OS_FALLTHROUGH __attribute__((__fallthrough__))
#endif

#define OS_ASSUME_NONNULL_BEGIN
#define OS_ASSUME_NONNULL_END

/// An enumeration, or a set of bits, kept in a certain type: OS_ENUM(color, uint32_t, RED, BLUE) makes color_t.
#if defined(__cplusplus)
#define OS_ENUM(_name, _type, ...) typedef enum : _type { __VA_ARGS__ } _name##_t
#else
#define OS_ENUM(_name, _type, ...)                                                                                     \
    typedef _type _name##_t;                                                                                           \
    enum { __VA_ARGS__ }
#endif
#define OS_CLOSED_ENUM(_name, _type, ...)    OS_ENUM(_name, _type, __VA_ARGS__)
#define OS_OPTIONS(_name, _type, ...)        OS_ENUM(_name, _type, __VA_ARGS__)
#define OS_CLOSED_OPTIONS(_name, _type, ...) OS_ENUM(_name, _type, __VA_ARGS__)

/* Of other languages. */
#define OS_SWIFT_UNAVAILABLE(_msg)
#define OS_SWIFT_NAME(_name)
#define OS_REFINED_FOR_SWIFT

#define __OS_STRINGIFY(s) #s
#define OS_STRINGIFY(s)   __OS_STRINGIFY(s)
#define __OS_CONCAT(x, y) x##y
#define OS_CONCAT(x, y)   __OS_CONCAT(x, y)

#define os_is_compile_time_constant(expr) __builtin_constant_p(expr)
#define os_compiler_barrier()             __asm__ __volatile__("" ::: "memory")

/// A function for an object of the caller's.
typedef void (*os_function_t)(void *);

#endif
