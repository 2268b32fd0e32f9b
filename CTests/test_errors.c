// Errors in words: every code of the table, what has none, mach_error's line, and many threads at once. Rows E1-E5.
#include "support.h"

#include <errno.h>
#include <locale.h>
#include <mach/mach_error.h>
#include <servers/bootstrap_defs.h>
#include <servers/netname_defs.h>
#include <unistd.h>

struct expected {
    int64_t code;
    const char *constant, *type, *text;
};

// The table that the library and the manual page are made of; the numbers are those of the headers.
static const struct expected expected[] = {
#define MACH_ERROR_CODE(type, constant, text) {constant, #constant, type, text},
#define MACH_ERROR_UNIX(constant, text)       {unix_err(constant), #constant, "(os/unix)", text},
#include "../Sources/CMach/errors.def"
};

static const struct expected extra[] = {
#define MACH_ERROR_EXTRA(constant, text) {constant, #constant, "(os/kern)", text},
#include "../Sources/CMach/errors.def"
};

static const struct expected extensible[] = {
#define MACH_ERROR_EXTENSIBLE(constant, type) {constant, #constant, type, NULL},
#include "../Sources/CMach/errors.def"
};

static const struct {
    int64_t first, last;
    const char *type;
} ranges[] = {
#define MACH_ERROR_RANGE(first, last, type) {first, last, type},
#include "../Sources/CMach/errors.def"
};

static void check_words(mach_error_t code, const char *words) {
    const char *got = mach_error_string(code);
    if (got == NULL || strcmp(got, words) != 0) fail_msg("0x%x: \"%s\", not \"%s\"", (unsigned)code, got, words);
}

static void check_type(mach_error_t code, const char *type) {
    const char *got = mach_error_type(code);
    if (got == NULL || strcmp(got, type) != 0) fail_msg("0x%x: type %s, not %s", (unsigned)code, got, type);
}

// E1
static void every_code_has_its_constant_and_a_sentence(void **state) {
    (void)state;
    char words[256];
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        snprintf(words, sizeof(words), "%s %s: %s", expected[i].type, expected[i].constant, expected[i].text);
        check_words((mach_error_t)expected[i].code, words);
        check_type((mach_error_t)expected[i].code, expected[i].type);
        for (size_t j = 0; j < i; j++) assert_true(expected[j].code != expected[i].code);
    }
    // Those that no table is needed to know.
    check_words(KERN_SUCCESS, "(os/kern) KERN_SUCCESS: done");
    check_words(KERN_INVALID_ARGUMENT, "(os/kern) KERN_INVALID_ARGUMENT: an argument that the call cannot accept");
    check_words(0x10000003, "(ipc/send) MACH_SEND_INVALID_DEST: no right to send to the destination");
    check_words(0x10004003, "(ipc/rcv) MACH_RCV_TIMED_OUT: time ran out before a message came");
    check_words(-303, "(ipc/mig) MIG_BAD_ID: no routine has this id");
    check_words(1102, "(server/bootstrap) BOOTSTRAP_UNKNOWN_SERVICE: no service has this name");
    check_words(0xc000 + ENOENT, "(os/unix) ENOENT: there is no such file or directory");
}

// E1: the same code in the system and subsystem that it has nowadays.
static void stubs_and_name_servers_have_two_numbers(void **state) {
    (void)state;
    for (int code = 0; code < 10; code++) {
        assert_ptr_equal(mach_error_string(-300 - code), mach_error_string(err_mach_ipc | err_sub(2) | code));
        check_type(err_mach_ipc | err_sub(2) | code, "(ipc/mig)");
    }
    for (int code = 0; code < 5; code++) {
        assert_ptr_equal(mach_error_string(1000 + code), mach_error_string(err_server | err_sub(0) | code));
        check_type(err_server | err_sub(0) | code, "(server/netname)");
    }
}

static void append(char *words, const char *more) {
    assert_true(strlen(words) + strlen(more) < 512);
    strcat(words, more);
}

// E2
static void extra_bits_are_told(void **state) {
    (void)state;
    for (size_t i = 0; i <= COUNT_OF(extensible); i++) {
        const struct expected *base = i < COUNT_OF(extensible) ? &extensible[i] : NULL;
        for (unsigned bits = 1; bits < 16; bits++) {
            char words[512], texts[512] = "";
            snprintf(words, sizeof(words), "%s", base != NULL ? base->type : "(os/kern)");
            append(words, " ");
            if (base != NULL) append(words, base->constant);
            mach_error_t code = base != NULL ? (mach_error_t)base->code : 0;
            bool is_first = base == NULL;
            for (size_t j = 0; j < COUNT_OF(extra); j++) {
                if ((bits & (8u >> j)) == 0) continue;
                code |= (mach_error_t)extra[j].code;
                if (!is_first) append(words, " | ");
                append(words, extra[j].constant);
                append(texts, texts[0] != 0 ? "; " : ": ");
                append(texts, extra[j].text);
                is_first = false;
            }
            append(words, texts);
            check_words(code, words);
            check_type(code, base != NULL ? base->type : "(os/kern)");
        }
    }
    // Codes that never have such bits.
    check_words(MACH_SEND_INVALID_DEST | MACH_MSG_IPC_SPACE, "no error has this code");
    check_words(MACH_RCV_TIMED_OUT | MACH_MSG_VM_KERNEL, "no error has this code");
}

static bool is_expected(int64_t code) {
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        if ((mach_error_t)expected[i].code == (mach_error_t)code) return true;
    }
    return false;
}

// E3
static void what_has_no_words_is_said_to_have_none(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ranges); i++) {
        unsigned unknown = 0;
        for (int64_t code = ranges[i].first; code <= ranges[i].last; code++) {
            const char *text = mach_error_string((mach_error_t)code), *type = mach_error_type((mach_error_t)code);
            bool is_unknown = strcmp(text, "no error has this code") == 0;
            unknown += is_unknown;
            // Codes inside another range are that one's.
            if (!is_unknown && strncmp(text, type, strlen(type)) != 0) fail_msg("0x%x: %s", (unsigned)code, text);
            if (is_expected(code) && is_unknown) fail_msg("0x%x has no words", (unsigned)code);
        }
        assert_true(unknown > 0);
    }
    check_words(KERN_RETURN_MAX, "no error has this code");
    check_type(KERN_RETURN_MAX, "(os/kern)");
    check_words(-150, "no error has this code");
    check_type(-150, "(ipc/send)");
    check_type(-250, "(ipc/rcv)");
    check_type(1650, "(server/env_mgr)");
    check_type(27601, "(server/execd)");
    check_words(err_kern | err_sub(1), "(os/?) unknown error subsystem");
    check_words(err_server | err_sub(77), "(server/?) unknown error subsystem");
    check_words(err_mach_ipc | err_sub(3), "(ipc/?) unknown error subsystem");
    check_words(err_local | err_sub(5) | 6, "(local/?) unknown error subsystem");
    check_words(-1, "(ipc/?) unknown error subsystem");
    check_type(err_server | err_sub(77), "(?/?)");
    check_words(err_system(0x21) | 5, "(?/?) unknown error system");
    check_type(err_system(0x21) | 5, "(?/?)");
    for (size_t i = 0; i < edge_value_count; i++) {
        assert_non_null(mach_error_string((mach_error_t)edge_values[i]));
        assert_non_null(mach_error_type((mach_error_t)edge_values[i]));
    }
}

// What mach_error writes.
static const char *line_of(const char *prefix, mach_error_t code) {
    static char line[512];
    int ends[2], saved = dup(STDERR_FILENO);
    assert_true(saved >= 0 && pipe(ends) == 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    errno = 77;
    mach_error(prefix, code);
    int after = errno;
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    close(ends[1]);
    ssize_t length = read(ends[0], line, sizeof(line) - 1);
    close(ends[0]);
    assert_true(length > 0);
    line[length] = 0;
    assert_int_equal(after, 77);
    return line;
}

// E4
static void mach_error_writes_one_line(void **state) {
    (void)state;
    assert_string_equal(line_of("port", KERN_NO_SPACE),
                        "port (os/kern) KERN_NO_SPACE: no addresses or names of this kind are left\n");
    assert_string_equal(line_of(NULL, -308), " (ipc/mig) MIG_SERVER_DIED: the server ended before it answered\n");
    assert_string_equal(line_of("", 4000), " (os/kern) no error has this code (0xfa0)\n");
    assert_string_equal(line_of("x", -250), "x (ipc/rcv) no error has this code (0xffffff06)\n");
    assert_string_equal(line_of("x", err_system(0x21)), "x (?/?) (?/?) unknown error system (0x84000000)\n");
}

// E4: where nobody reads, and where nothing is open, it does no harm.
static void mach_error_fails_silently(void **state) {
    (void)state;
    int saved = dup(STDERR_FILENO);
    assert_true(saved >= 0);
    close(STDERR_FILENO);
    errno = 77;
    mach_error("nobody hears", KERN_FAILURE);
    int after = errno;
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    assert_int_equal(after, 77);
}

// E5
static int64_t ask_for_all(void *argument) {
    const char **strings = argument;
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < COUNT_OF(expected); i++) {
            if (mach_error_string((mach_error_t)expected[i].code) != strings[i]) return 1;
        }
    }
    return 0;
}

static void strings_are_the_same_for_ever_and_for_all_threads(void **state) {
    (void)state;
    static const char *strings[COUNT_OF(expected)];
    for (size_t i = 0; i < COUNT_OF(expected); i++) strings[i] = mach_error_string((mach_error_t)expected[i].code);
    struct test_thread threads[4];
    for (size_t i = 0; i < COUNT_OF(threads); i++) start_thread(&threads[i], ask_for_all, strings);
    // They speak the same language everywhere.
    const char *old = setlocale(LC_ALL, NULL);
    setlocale(LC_ALL, "");
    check_words(0xc000 + EPERM, "(os/unix) EPERM: only for the privileged");
    setlocale(LC_ALL, old);
    for (size_t i = 0; i < COUNT_OF(threads); i++) assert_int_equal(join_thread(&threads[i]), 0);
}

// Every errno value that the C library has words for has some here.
static void no_errno_value_is_missing(void **state) {
    (void)state;
    for (int value = 1; value < 134; value++) {
        bool is_known = strncmp(strerror(value), "Unknown error", 13) != 0;
        bool has_words = strcmp(mach_error_string(unix_err(value)), "no error has this code") != 0;
        if (is_known != has_words) fail_msg("errno %d: %s", value, mach_error_string(unix_err(value)));
    }
    check_words(unix_err(EWOULDBLOCK), "(os/unix) EAGAIN: not now, perhaps later");
    check_words(unix_err(0), "no error has this code");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_code_has_its_constant_and_a_sentence),
        TEST(stubs_and_name_servers_have_two_numbers),
        TEST(extra_bits_are_told),
        TEST(what_has_no_words_is_said_to_have_none),
        TEST(mach_error_writes_one_line),
        TEST(mach_error_fails_silently),
        TEST(strings_are_the_same_for_ever_and_for_all_threads),
        TEST(no_errno_value_is_missing),
    };
    return RUN(tests);
}
