// What the tests of libmach-darwin share. They are written as a ported program is: with the flags of libmach-darwin.pc.
#ifndef CTESTS_DARWIN_TEST_H
#define CTESTS_DARWIN_TEST_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

// The call gives `result` and sets errno to `error`.
#define assert_error(call, result, error)                                                                              \
    do {                                                                                                               \
        errno = 0;                                                                                                     \
        long long given = (call);                                                                                      \
        int set = errno;                                                                                               \
        assert_int_equal(given, result);                                                                               \
        assert_int_equal(set, error);                                                                                  \
    } while (0)

// The program ends with an illegal instruction.
#define assert_traps(statement)                                                                                        \
    do {                                                                                                               \
        pid_t child = fork();                                                                                          \
        assert_true(child >= 0);                                                                                       \
        if (child == 0) {                                                                                              \
            signal(SIGILL, SIG_DFL);                                                                                   \
            signal(SIGTRAP, SIG_DFL);                                                                                  \
            statement;                                                                                                 \
            _exit(0);                                                                                                  \
        }                                                                                                              \
        int status;                                                                                                    \
        assert_int_equal(waitpid(child, &status, 0), child);                                                           \
        assert_true(WIFSIGNALED(status));                                                                              \
        assert_true(WTERMSIG(status) == SIGILL || WTERMSIG(status) == SIGTRAP);                                        \
    } while (0)

#endif
