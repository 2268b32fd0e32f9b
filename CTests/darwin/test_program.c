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

// A program whose file is gone is told where it was, as Darwin tells it.
static void a_removed_file_keeps_its_path(void **state) {
    (void)state;
    char path[] = "/tmp/libmach-darwin-XXXXXX", program[sizeof path + 8], command[4 * PATH_MAX], own[PATH_MAX];
    uint32_t size = sizeof own;
    assert_int_equal(_NSGetExecutablePath(own, &size), 0);
    assert_non_null(mkdtemp(path));
    snprintf(program, sizeof program, "%s/removed", path);
    snprintf(command, sizeof command, "cp '%s' '%s'", own, program);
    assert_int_equal(system(command), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl(program, program, "removed", program, NULL);
        _exit(2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    unlink(program);
    rmdir(path);
    assert_int_equal(status, 0);
}

// What the copy does.
static int run_removed(const char *program) {
    char path[PATH_MAX];
    uint32_t size = (uint32_t)strlen(program) + 1;
    if (unlink(program) != 0 || _NSGetExecutablePath(path, &size) != 0) return 1;
    return strcmp(path, program) == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "removed") == 0) return run_removed(argv[2]);
    main_count = argc;
    main_values = argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_arguments_are_those_of_main),
        cmocka_unit_test(the_file_has_a_path),
        cmocka_unit_test(a_removed_file_keeps_its_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
