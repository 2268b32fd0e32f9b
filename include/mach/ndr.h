/// How the data of a message is represented: byte order, characters, floating point.
#ifndef _MACH_NDR_H_
#define _MACH_NDR_H_

#include <stdint.h>
#include <string.h>
#include <sys/cdefs.h>

#include <mach/machine/vm_types.h>

typedef struct {
    unsigned char mig_vers;
    unsigned char if_vers;
    unsigned char reserved1;
    unsigned char mig_encoding;
    unsigned char int_rep;
    unsigned char char_rep;
    unsigned char float_rep;
    unsigned char reserved2;
} NDR_record_t;

#define NDR_PROTOCOL_2_0 0

#define NDR_INT_BIG_ENDIAN    0
#define NDR_INT_LITTLE_ENDIAN 1
#define NDR_FLOAT_IEEE        0
#define NDR_FLOAT_VAX         1
#define NDR_FLOAT_CRAY        2
#define NDR_FLOAT_IBM         3
#define NDR_CHAR_ASCII        0
#define NDR_CHAR_EBCDIC       1

__BEGIN_DECLS

/// The representation of this machine. Stubs copy it into every message.
extern NDR_record_t NDR_record;

__END_DECLS

/* Stubs contain code that converts integers from another byte order. It is compiled only where a program defines
   __NDR_convert__ as 1. */
#ifndef __NDR_convert__
#define __NDR_convert__ 0
#endif
#ifndef __NDR_convert__int_rep__
#define __NDR_convert__int_rep__ __NDR_convert__
#endif
#ifndef __NDR_convert__char_rep__
#define __NDR_convert__char_rep__ 0
#endif
#ifndef __NDR_convert__float_rep__
#define __NDR_convert__float_rep__ 0
#endif

#if __NDR_convert__

#define __NDR_convert__NOOP                                                                                            \
    do {                                                                                                               \
    } while (0)
#define __NDR_convert__UNKNOWN(s) __NDR_convert__NOOP
#define __NDR_convert__SINGLE(a, f, r)                                                                                 \
    do {                                                                                                               \
        r((a), (f));                                                                                                   \
    } while (0)
#define __NDR_convert__ARRAY(a, f, c, r)                                                                               \
    do {                                                                                                               \
        int __left = (c);                                                                                              \
        while (__left-- > 0) r(&(a)[__left], (f));                                                                     \
    } while (0)
#define __NDR_convert__2DARRAY(a, f, s, c, r)                                                                          \
    do {                                                                                                               \
        int __left = (c);                                                                                              \
        while (__left-- > 0) r(&(a)[__left * (s)], (f), (s));                                                          \
    } while (0)

#if __NDR_convert__int_rep__

__BEGIN_DECLS

/* Turn the bytes of an object round. The object may lie at any address. */
static __inline__ void __NDR_swap16(void *p) {
    uint16_t v;
    memcpy(&v, p, sizeof v);
    v = __builtin_bswap16(v);
    memcpy(p, &v, sizeof v);
}
static __inline__ void __NDR_swap32(void *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    v = __builtin_bswap32(v);
    memcpy(p, &v, sizeof v);
}
static __inline__ void __NDR_swap64(void *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    v = __builtin_bswap64(v);
    memcpy(p, &v, sizeof v);
}

__END_DECLS

/* The __defined names are what stubs test before they use the macro. */
#define __NDR_convert__int_rep__int16_t__defined
#define __NDR_convert__int_rep__int16_t(v, f) __NDR_swap16(v)
#define __NDR_convert__int_rep__uint16_t__defined
#define __NDR_convert__int_rep__uint16_t(v, f) __NDR_swap16(v)
#define __NDR_convert__int_rep__int32_t__defined
#define __NDR_convert__int_rep__int32_t(v, f) __NDR_swap32(v)
#define __NDR_convert__int_rep__uint32_t__defined
#define __NDR_convert__int_rep__uint32_t(v, f) __NDR_swap32(v)
#define __NDR_convert__int_rep__int64_t__defined
#define __NDR_convert__int_rep__int64_t(v, f) __NDR_swap64(v)
#define __NDR_convert__int_rep__uint64_t__defined
#define __NDR_convert__int_rep__uint64_t(v, f) __NDR_swap64(v)
#define __NDR_convert__int_rep__float__defined
#define __NDR_convert__int_rep__float(v, f) __NDR_swap32(v)
#define __NDR_convert__int_rep__double__defined
#define __NDR_convert__int_rep__double(v, f) __NDR_swap64(v)
#define __NDR_convert__int_rep__boolean_t__defined
#define __NDR_convert__int_rep__boolean_t(v, f) __NDR_swap32(v)
#define __NDR_convert__int_rep__kern_return_t__defined
#define __NDR_convert__int_rep__kern_return_t(v, f) __NDR_swap32(v)
#define __NDR_convert__int_rep__mach_port_name_t__defined
#define __NDR_convert__int_rep__mach_port_name_t(v, f) __NDR_swap32(v)
#define __NDR_convert__int_rep__mach_msg_type_number_t__defined
#define __NDR_convert__int_rep__mach_msg_type_number_t(v, f) __NDR_swap32(v)

#endif

#endif

#endif
