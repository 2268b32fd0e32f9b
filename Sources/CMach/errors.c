/// Errors in words: what <mach/mach_error.h> and bootstrap_strerror say. The words are in errors.def.
#include <errno.h>
#include <string.h>

#include <mach/error.h>
#include <mach/message.h>
#include <mach/mig_errors.h>
#include <servers/bootstrap_defs.h>
#include <servers/netname_defs.h>

#include "cmach_private.h"

// ---- The tables

struct row {
    int32_t code;
    const char *text;
};

static const struct row codes[] = {
#define MACH_ERROR_CODE(type, constant, text) {constant, type " " #constant ": " text},
#define MACH_ERROR_UNIX(constant, text)       {unix_err(constant), "(os/unix) " #constant ": " text},
#include "errors.def"
};

// A code of mach_msg with each choice of the extra bits, and these alone.
#define SPACE  "MACH_MSG_IPC_SPACE"
#define VMEM   "MACH_MSG_VM_SPACE"
#define KERNEL "MACH_MSG_IPC_KERNEL"
#define MEMORY "MACH_MSG_VM_KERNEL"
#define S      MACH_ERROR_TEXT_IPC_SPACE
#define V      MACH_ERROR_TEXT_VM_SPACE
#define K      MACH_ERROR_TEXT_IPC_KERNEL
#define M      MACH_ERROR_TEXT_VM_KERNEL
#define EXTRA(code, words)                                                                                             \
    {(code) | 0x2000, words SPACE ": " S}, {(code) | 0x1000, words VMEM ": " V},                                       \
        {(code) | 0x0800, words KERNEL ": " K}, {(code) | 0x0400, words MEMORY ": " M},                                \
        {(code) | 0x3000, words SPACE " | " VMEM ": " S "; " V},                                                       \
        {(code) | 0x2800, words SPACE " | " KERNEL ": " S "; " K},                                                     \
        {(code) | 0x2400, words SPACE " | " MEMORY ": " S "; " M},                                                     \
        {(code) | 0x1800, words VMEM " | " KERNEL ": " V "; " K},                                                      \
        {(code) | 0x1400, words VMEM " | " MEMORY ": " V "; " M},                                                      \
        {(code) | 0x0c00, words KERNEL " | " MEMORY ": " K "; " M},                                                    \
        {(code) | 0x3800, words SPACE " | " VMEM " | " KERNEL ": " S "; " V "; " K},                                   \
        {(code) | 0x3400, words SPACE " | " VMEM " | " MEMORY ": " S "; " V "; " M},                                   \
        {(code) | 0x2c00, words SPACE " | " KERNEL " | " MEMORY ": " S "; " K "; " M},                                 \
        {(code) | 0x1c00, words VMEM " | " KERNEL " | " MEMORY ": " V "; " K "; " M}, {                                \
        (code) | 0x3c00, words SPACE " | " VMEM " | " KERNEL " | " MEMORY ": " S "; " V "; " K "; " M                  \
    }

static const struct row codes_with_extra[] = {
#define MACH_ERROR_EXTENSIBLE(constant, type) EXTRA(constant, type " " #constant " | "),
#include "errors.def"
    EXTRA(0, "(os/kern) "),
};

_Static_assert(MACH_MSG_IPC_SPACE == 0x2000 && MACH_MSG_VM_SPACE == 0x1000, "the bits of EXTRA");
_Static_assert(MACH_MSG_IPC_KERNEL == 0x800 && MACH_MSG_VM_KERNEL == 0x400, "the bits of EXTRA");

static const struct {
    int32_t first, last;
    const char *type;
} ranges[] = {
#define MACH_ERROR_RANGE(first, last, type) {first, last, type},
#include "errors.def"
};

static const struct {
    int32_t system;
    const char *type, *text;
} systems[] = {
#define MACH_ERROR_SYSTEM(system, type) {err_get_system(system), type, type " unknown error subsystem"},
#include "errors.def"
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

// ---- Looking up

// The errors of servers and stubs had numbers of their own before there were systems and subsystems. Both are the same.
static int32_t usual_code(int32_t code) {
    if (code >= (err_mach_ipc | err_sub(2)) && code <= (err_mach_ipc | err_sub(2) | code_emask)) {
        return -300 - err_get_code(code);
    }
    if (code >= (err_server | err_sub(0)) && code < (err_server | err_sub(0)) + 24) {
        return 1000 + err_get_code(code);
    }
    return code;
}

static const char *text_of(const struct row *rows, size_t count, int32_t code) {
    for (size_t i = 0; i < count; i++) {
        if (rows[i].code == code) return rows[i].text;
    }
    return NULL;
}

static const char *subsystem(int32_t code) {
    for (size_t i = 0; i < COUNT_OF(ranges); i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) return ranges[i].type;
    }
    return NULL;
}

const char *cmach_error_type(int32_t code) {
    const char *type = subsystem(code);
    return type != NULL ? type : "(?/?)";
}

const char *cmach_error_text(int32_t code, bool *is_known) {
    int32_t usual = usual_code(code);
    const char *text = text_of(codes, COUNT_OF(codes), usual);
    if (text == NULL) text = text_of(codes_with_extra, COUNT_OF(codes_with_extra), usual);
    *is_known = text != NULL;
    if (text != NULL) return text;
    if (subsystem(code) != NULL) return "no error has this code";
    for (size_t i = 0; i < COUNT_OF(systems); i++) {
        if (systems[i].system == err_get_system(code)) return systems[i].text;
    }
    return "(?/?) unknown error system";
}

const char *cmach_error_sentence(int32_t code) {
    bool is_known = false;
    const char *text = cmach_error_text(code, &is_known);
    return is_known ? strstr(text, ": ") + 2 : text;
}
