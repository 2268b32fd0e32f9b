// The program's own file, arguments and environment.
#include <crt_externs.h>
#include <mach-o/dyld.h>

#include <limits.h>

#include "darwin_test.h"

static int main_count;
static char **main_values;

static void the_arguments_are_those_of_main(void **state) {
    (void)state;
    assert_int_equal(*_NSGetArgc(), main_count);
    assert_ptr_equal(*_NSGetArgv(), main_values);
    assert_ptr_equal(*_NSGetEnviron(), environ);
    assert_string_equal(*_NSGetProgname(), "test_program");
    // Another environment is seen at once, and a variable that is set.
    static char one[] = "ONE=1";
    char *small[] = {one, NULL}, **kept = environ;
    environ = small;
    assert_ptr_equal(*_NSGetEnviron(), small);
    *_NSGetEnviron() = kept;
    assert_ptr_equal(environ, kept);
}

static void the_file_has_a_path(void **state) {
    (void)state;
    char path[PATH_MAX], wanted[PATH_MAX];
    uint32_t size = sizeof path;
    ssize_t length = readlink("/proc/self/exe", wanted, sizeof wanted - 1);
    assert_true(length > 0);
    wanted[length] = '\0';
    assert_int_equal(_NSGetExecutablePath(path, &size), 0);
    assert_string_equal(path, wanted);
    assert_int_equal(size, sizeof path);

    // Just enough room, and one byte less.
    size = (uint32_t)length + 1;
    memset(path, 'x', sizeof path);
    assert_int_equal(_NSGetExecutablePath(path, &size), 0);
    assert_string_equal(path, wanted);
    assert_int_equal(path[length + 1], 'x');
    size = (uint32_t)length;
    memset(path, 'x', sizeof path);
    assert_int_equal(_NSGetExecutablePath(path, &size), -1);
    assert_int_equal(size, length + 1);
    assert_int_equal(path[0], 'x');
    size = 0;
    assert_int_equal(_NSGetExecutablePath(NULL, &size), -1);
    assert_int_equal(size, length + 1);
}

int main(int argc, char **argv) {
    main_count = argc;
    main_values = argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_arguments_are_those_of_main),
        cmocka_unit_test(the_file_has_a_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
