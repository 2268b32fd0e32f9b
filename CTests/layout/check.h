/// How one size, place, value or type is checked.
#ifndef LAYOUT_CHECK_H
#define LAYOUT_CHECK_H

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static int checks, failures;
static unsigned int all_ones = ~0U;

static void check(long long found, long long expected, const char *what) {
    checks++;
    if (found != expected) {
        failures++;
        printf("%s: %lld (0x%llx), expected %lld (0x%llx)\n", what, found, (unsigned long long)found, expected,
               (unsigned long long)expected);
    }
}

// Each is checked by the compiler and again by the program.
#define STRUCT(type, bytes, alignment)                                                                                 \
    do {                                                                                                               \
        _Static_assert(sizeof(type) == (bytes), "size of " #type);                                                     \
        _Static_assert(_Alignof(type) == (alignment), "alignment of " #type);                                          \
        check((long long)sizeof(type), (bytes), "size of " #type);                                                     \
        check((long long)_Alignof(type), (alignment), "alignment of " #type);                                          \
    } while (0)
#define FIELD(type, field, offset, bytes)                                                                              \
    do {                                                                                                               \
        _Static_assert(offsetof(type, field) == (offset), "place of " #type "." #field);                               \
        _Static_assert(sizeof(((type *)0)->field) == (bytes), "size of " #type "." #field);                            \
        check((long long)offsetof(type, field), (offset), "place of " #type "." #field);                               \
        check((long long)sizeof(((type *)0)->field), (bytes), "size of " #type "." #field);                            \
    } while (0)
#define VALUE(constant, number)                                                                                        \
    do {                                                                                                               \
        _Static_assert((long long)(constant) == (number), "value of " #constant);                                      \
        check((long long)(constant), (number), #constant);                                                             \
    } while (0)
// A bit field has neither offset nor size: set all its bits and see which bits of the structure that are.
#define BITS(type, field, first, width)                                                                                \
    do {                                                                                                               \
        type object;                                                                                                   \
        memset(&object, 0, sizeof object);                                                                             \
        object.field = all_ones;                                                                                       \
        check(first_bit(&object, sizeof object), (first), "first bit of " #type "." #field);                           \
        check(bit_count(&object, sizeof object), (width), "bits of " #type "." #field);                                \
    } while (0)
#define TYPE(expression, type, what) _Static_assert(_Generic((expression), type : 1, default : 0), "type of " what)
#define SAME(alias, type)            TYPE(*(alias *)0, type, #alias)
#define FUNCTION(name, result, ...)  TYPE(&(name), result (*)(__VA_ARGS__), #name)

/// The lowest bit that is set, counted from the first byte's lowest.
static long long first_bit(const void *object, size_t size) {
    const unsigned char *bytes = object;
    for (size_t bit = 0; bit < size * 8; bit++)
        if (bytes[bit / 8] >> bit % 8 & 1) return (long long)bit;
    return -1;
}

/// How many bits are set; -1 when they are not neighbours.
static long long bit_count(const void *object, size_t size) {
    const unsigned char *bytes = object;
    long long count = 0, last = -1;
    for (size_t bit = 0; bit < size * 8; bit++) {
        if (!(bytes[bit / 8] >> bit % 8 & 1)) continue;
        if (count != 0 && last + 1 != (long long)bit) return -1;
        last = (long long)bit;
        count++;
    }
    return count;
}

#endif
