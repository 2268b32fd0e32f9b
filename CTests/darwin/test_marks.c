// Marks and numbers of releases: what must compile, and what it then says. Headers stand in the order in which they could harm each other.
#include <linux/icmp.h>
#include <spawn.h>
#include <sys/cdefs.h>
#include <sys/queue.h>

#include <Availability.h>
#include <AvailabilityMacros.h>
#include <TargetConditionals.h>
#include <bootstrap.h>
#include <os/availability.h>
#include <os/base.h>
#include <sys/stat.h>

#include "darwin_test.h"

__FBSDID("$FreeBSD$");
__IDSTRING(identity, "@(#)test_marks.c");

#ifndef __private_extern__
#error __private_extern__ is missing
#endif
__private_extern__ int hidden_number;
int hidden_number = 7;

static int never_called(int nothing __unused) __unused;
static int never_called(int nothing __unused) { return 0; }

static int last(const char *format, ...) __printflike(1, 2);
static int last(const char *format, ...) {
    va_list list;
    char text[32];
    va_start(list, format);
    int length = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return length;
}

static void end(void) __dead2;
static void end(void) { _exit(0); }

static int square(int number) __pure2;
static int square(int number) { return number * number; }

static int needed(void) __result_use_check;
static int needed(void) { return 3; }

static __header_always_inline int twice(int number) { return 2 * number; }

int old_call(void) __deprecated_msg("there is another")
    __OSX_AVAILABLE_BUT_DEPRECATED(__MAC_10_0, __MAC_10_9, __IPHONE_2_0, __IPHONE_7_0);
int named_call(int) __DARWIN_ALIAS(named_call) API_AVAILABLE(macos(10.4), ios(2.0))
    API_DEPRECATED("no", macos(10.4, 10.9));
int another_call(int) AVAILABLE_MAC_OS_X_VERSION_10_5_AND_LATER_BUT_DEPRECATED_IN_MAC_OS_X_VERSION_10_7;
int *_Nonnull pointer_call(int *_Nullable);

OS_ENUM(color, uint32_t, RED, GREEN = 5, BLUE);
OS_OPTIONS(choice, uint8_t, CHOICE_A = 1, CHOICE_B = 2);

static void marks_do_not_change_what_is_declared(void **state) {
    (void)state;
    assert_int_equal(last("%d", 12345), 5);
    assert_int_equal(square(5), 25);
    assert_int_equal(needed(), 3);
    assert_int_equal(twice(4), 8);
    assert_int_equal(hidden_number, 7);
    assert_string_equal(identity, "@(#)test_marks.c");
    assert_int_equal(BLUE, 6);
    assert_int_equal(sizeof(color_t), 4);
    assert_int_equal(sizeof(choice_t), 1);
    const char *constant = "text";
    char *writable = __DECONST(char *, constant);
    assert_ptr_equal(writable, constant);
    if (hidden_number == 8) end();
}

// A member that is called as a mark is.
static void headers_of_linux_keep_their_members(void **state) {
    (void)state;
    struct icmphdr header = {0};
    posix_spawnattr_t attributes;
    assert_int_equal(sizeof header, 8);
    assert_int_equal(posix_spawnattr_init(&attributes), 0);
    assert_int_equal(posix_spawnattr_destroy(&attributes), 0);
    struct stat status;
    assert_int_equal(stat("/", &status), 0);
}

static void releases_have_numbers_in_their_order(void **state) {
    (void)state;
    assert_true(__MAC_10_0 < __MAC_10_9 && __MAC_10_9 < __MAC_10_10 && __MAC_10_10 < __MAC_10_11);
    assert_true(__MAC_10_15 < __MAC_11_0);
    assert_true(__IPHONE_2_0 < __IPHONE_9_3 && __IPHONE_9_3 < __IPHONE_10_0);
    assert_int_equal(MAC_OS_X_VERSION_10_4, __MAC_10_4);
    assert_int_equal(MAC_OS_X_VERSION_10_11, __MAC_10_11);
    assert_int_equal(MAC_OS_X_VERSION_MIN_REQUIRED, __MAC_OS_X_VERSION_MIN_REQUIRED);
    assert_int_equal(MAC_OS_X_VERSION_MAX_ALLOWED, MAC_OS_X_VERSION_10_11);
    assert_int_equal(TARGET_OS_MAC, 0);
    assert_int_equal(TARGET_OS_LINUX, 1);
}

// What libbsd brings is on the path as well.
struct element {
    int number;
    STAILQ_ENTRY(element) link;
};
STAILQ_HEAD(list, element);

static void libbsd_is_there(void **state) {
    (void)state;
    char text[4];
    struct list list = STAILQ_HEAD_INITIALIZER(list);
    struct element element = {.number = 5};
    STAILQ_INSERT_TAIL(&list, &element, link);
    assert_int_equal(STAILQ_FIRST(&list)->number, 5);
    assert_int_equal(strlcpy(text, "longer", sizeof text), 6);
    assert_string_equal(text, "lon");
    assert_string_equal(getprogname(), "test_marks");
    char *made;
    assert_int_equal(asprintf(&made, "%d", 42), 2);
    assert_string_equal(made, "42");
    free(made);
}

static void bootstrap_has_an_older_name(void **state) {
    (void)state;
    assert_int_equal(BOOTSTRAP_MAX_NAME_LEN, sizeof(name_t));
    assert_string_equal(bootstrap_strerror(0) == NULL ? "" : "text", "text");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_do_not_change_what_is_declared), cmocka_unit_test(headers_of_linux_keep_their_members),
        cmocka_unit_test(releases_have_numbers_in_their_order), cmocka_unit_test(libbsd_is_there),
        cmocka_unit_test(bootstrap_has_an_older_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
