// What a task tells, by call and by message, beside what Linux tells in the same moment. Rows J1-J9, J13-J20.
#include "information_support.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <mach/mk_timer.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALL_WORDS 52

// ---- Flavors and counts

struct flavor {
    task_flavor_t flavor;
    mach_msg_type_number_t count;
};
static const struct flavor flavors[] = {
    {TASK_BASIC_INFO_32, 8},     {TASK_BASIC2_INFO_32, 8},    {TASK_BASIC_INFO_64, 10},     {MACH_TASK_BASIC_INFO, 12},
    {TASK_THREAD_TIMES_INFO, 4}, {TASK_ABSOLUTETIME_INFO, 8}, {TASK_EVENTS_INFO, 8},        {TASK_KERNELMEMORY_INFO, 8},
    {TASK_SECURITY_TOKEN, 2},    {TASK_AUDIT_TOKEN, 8},       {TASK_VM_INFO_PURGEABLE, 38}, {TASK_VM_INFO, 38},
    {TASK_FLAGS_INFO, 1},
};

// J1
static void each_flavor_writes_its_words_and_no_more(void **state) {
    (void)state;
    for
        each_way(way) {
            for (size_t i = 0; i < COUNT_OF(flavors); i++) {
                for (mach_msg_type_number_t room = flavors[i].count; room <= ALL_WORDS; room += 7) {
                    integer_t words[ALL_WORDS + 1];
                    memset(words, 0x5a, sizeof(words));
                    mach_msg_type_number_t count = room;
                    assert_success(way->task_info(SELF, flavors[i].flavor, words, &count));
                    assert_int_equal(count, flavors[i].count);
                    for (size_t j = count; j <= ALL_WORDS; j++) assert_int_equal(words[j], 0x5a5a5a5a);
                }
            }
            // More room than a message can tell of is no error.
            integer_t words[ALL_WORDS];
            mach_msg_type_number_t count = UINT32_MAX;
            assert_success(way->task_info(SELF, TASK_FLAGS_INFO, words, &count));
            assert_int_equal(count, 1);
        }
}

// J1
static void too_little_room_is_an_invalid_argument(void **state) {
    (void)state;
    for
        each_way(way) {
            for (size_t i = 0; i < COUNT_OF(flavors); i++) {
                bool is_long = flavors[i].count == 38;
                mach_msg_type_number_t least = flavors[i].count - (is_long ? 2 : 0);
                for (mach_msg_type_number_t room = 0; room < least; room++) {
                    integer_t words[ALL_WORDS];
                    memset(words, 0x5a, sizeof(words));
                    mach_msg_type_number_t count = room;
                    assert_code(way->task_info(SELF, flavors[i].flavor, words, &count), KERN_INVALID_ARGUMENT);
                    assert_int_equal(count, room);
                    assert_int_equal(words[0], 0x5a5a5a5a);
                }
            }
        }
}

// J2
static void other_flavors_have_their_codes(void **state) {
    (void)state;
    const struct {
        task_flavor_t flavor;
        mach_msg_type_number_t least;
        kern_return_t code;
    } others[] = {
        {TASK_SCHED_TIMESHARE_INFO, 1, KERN_NOT_SUPPORTED},
        {TASK_SCHED_RR_INFO, 2, KERN_INVALID_POLICY},
        {TASK_SCHED_FIFO_INFO, 1, KERN_INVALID_POLICY},
        {TASK_AFFINITY_TAG_INFO, 4, KERN_NOT_SUPPORTED},
        {TASK_DYLD_INFO, 4, KERN_NOT_SUPPORTED},
        {TASK_EXTMOD_INFO, 16, KERN_NOT_SUPPORTED},
        {TASK_POWER_INFO, 12, KERN_NOT_SUPPORTED},
        {TASK_POWER_INFO_V2, 20, KERN_NOT_SUPPORTED},
        {TASK_WAIT_STATE_INFO, 8, KERN_NOT_SUPPORTED},
        {TASK_VM_INFO_PURGEABLE_ACCOUNT, 0, KERN_NOT_SUPPORTED},
        {TASK_DEBUG_INFO_INTERNAL, 0, KERN_NOT_SUPPORTED},
    };
    const task_flavor_t none[] = {0, 8, 9, TASK_SCHED_INFO, 18, TASK_TRACE_MEMORY_INFO, 30, 1000, UINT32_MAX};
    for
        each_way(way) {
            integer_t words[ALL_WORDS];
            memset(words, 0x5a, sizeof(words));
            for (size_t i = 0; i < COUNT_OF(others); i++) {
                mach_msg_type_number_t count = others[i].least;
                assert_code(way->task_info(SELF, others[i].flavor, words, &count), others[i].code);
                assert_int_equal(count, others[i].least);
                if (others[i].least == 0) continue;
                count = others[i].least - 1;
                assert_code(way->task_info(SELF, others[i].flavor, words, &count), KERN_INVALID_ARGUMENT);
            }
            for (size_t i = 0; i < COUNT_OF(none); i++) {
                mach_msg_type_number_t count = ALL_WORDS;
                assert_code(way->task_info(SELF, none[i], words, &count), KERN_INVALID_ARGUMENT);
            }
            assert_int_equal(words[0], 0x5a5a5a5a);
        }
}

// J1
static void it_is_a_task_or_its_name_that_tells(void **state) {
    (void)state;
    mach_port_t name_port = MACH_PORT_NULL;
    assert_success(task_get_special_port(SELF, TASK_NAME_PORT, &name_port));
    task_t other = make_task(), ended = make_task();
    mach_port_t other_name = MACH_PORT_NULL;
    assert_success(task_get_special_port(other, TASK_NAME_PORT, &other_name));
    mach_port_t thread = mach_thread_self(), host = mach_host_self(), port = port_with_send();
    assert_success(task_terminate(ended));
    for
        each_way(way) {
            const mach_port_t tasks[] = {SELF, name_port, other, other_name};
            for (size_t i = 0; i < COUNT_OF(tasks); i++) {
                struct task_flags_info flags;
                mach_msg_type_number_t count = TASK_FLAGS_INFO_COUNT;
                assert_success(way->task_info(tasks[i], TASK_FLAGS_INFO, (task_info_t)&flags, &count));
                assert_int_equal(flags.flags, TF_LP64);
            }
            const mach_port_t none[] = {thread, host};
            for (size_t i = 0; i < COUNT_OF(none); i++) {
                mach_msg_type_number_t count = 1;
                assert_code(way->task_info(none[i], TASK_FLAGS_INFO, &(integer_t){0}, &count), KERN_INVALID_ARGUMENT);
            }
        }
    const mach_port_t none[] = {MACH_PORT_NULL, MACH_PORT_DEAD, ended, port, 0x7fff03};
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        mach_msg_type_number_t count = 1;
        assert_code(task_info(none[i], TASK_FLAGS_INFO, &(integer_t){0}, &count), KERN_INVALID_ARGUMENT);
        assert_code(task_info(none[i], 999, &(integer_t){0}, &count), KERN_INVALID_ARGUMENT);
    }
    mach_msg_type_number_t count = 1;
    assert_code(task_info(SELF, TASK_FLAGS_INFO, NULL, &count), KERN_INVALID_ARGUMENT);
    assert_code(task_info(SELF, TASK_FLAGS_INFO, &(integer_t){0}, NULL), KERN_INVALID_ARGUMENT);
    assert_code(task_set_info(SELF, TASK_TRACE_MEMORY_INFO, &(integer_t){0}, 1), KERN_INVALID_ARGUMENT);
    const uint32_t words[] = {TASK_TRACE_MEMORY_INFO, 1, 0};
    assert_code(ask_words(SELF, 3406, words, 3, NULL, 0, 0), KERN_INVALID_ARGUMENT);
    assert_success(mach_port_deallocate(SELF, name_port));
    assert_success(mach_port_deallocate(SELF, other_name));
    assert_success(mach_port_deallocate(SELF, thread));
    assert_success(mach_port_deallocate(SELF, host));
    assert_success(mach_port_deallocate(SELF, ended));
    destroy(port);
    end_task(other);
}

// ---- Memory

// Reads what the body compares until nothing has changed meanwhile.
struct memory {
    uint64_t size, resident, peak, anonymous, file, shared, swapped, mappings;
};

static struct memory linux_memory(void) {
    struct memory now = {
        .size = statm_number(1),
        .resident = statm_number(2),
        .peak = (uint64_t)status_line("VmHWM:") << 10,
        .anonymous = (uint64_t)status_line("RssAnon:") << 10,
        .file = (uint64_t)status_line("RssFile:") << 10,
        .shared = (uint64_t)status_line("RssShmem:") << 10,
        .swapped = (uint64_t)status_line("VmSwap:") << 10,
        .mappings = mapping_count(),
    };
    return now;
}

static void tells_memory(const struct information_way *way, struct memory *told) {
    struct mach_task_basic_info mach;
    struct task_basic_info_64 wide;
    struct task_basic_info_32 narrow, most;
    struct task_vm_info vm;
    for (;;) {
        struct memory before = linux_memory();
        mach_msg_type_number_t counts[] = {MACH_TASK_BASIC_INFO_COUNT, TASK_BASIC_INFO_64_COUNT,
                                           TASK_BASIC_INFO_32_COUNT, TASK_BASIC_INFO_32_COUNT, TASK_VM_INFO_COUNT};
        memset(&vm, 0x5a, sizeof(vm));
        assert_success(way->task_info(SELF, MACH_TASK_BASIC_INFO, (task_info_t)&mach, &counts[0]));
        assert_success(way->task_info(SELF, TASK_BASIC_INFO_64, (task_info_t)&wide, &counts[1]));
        assert_success(way->task_info(SELF, TASK_BASIC_INFO_32, (task_info_t)&narrow, &counts[2]));
        assert_success(way->task_info(SELF, TASK_BASIC2_INFO_32, (task_info_t)&most, &counts[3]));
        assert_success(way->task_info(SELF, TASK_VM_INFO, (task_info_t)&vm, &counts[4]));
        *told = linux_memory();
        if (memcmp(&before, told, sizeof(before)) == 0) break;
    }
    assert_int_equal(mach.virtual_size, told->size);
    assert_int_equal(wide.virtual_size, told->size);
    assert_int_equal(narrow.virtual_size, (uint32_t)told->size);
    assert_int_equal(most.virtual_size, (uint32_t)told->size);
    assert_int_equal(mach.resident_size, told->resident);
    assert_int_equal(wide.resident_size, told->resident);
    assert_int_equal(narrow.resident_size, (uint32_t)told->resident);
    assert_int_equal(most.resident_size, (uint32_t)told->peak);
    assert_int_equal(mach.resident_size_max, told->peak);
    assert_int_equal(vm.virtual_size, told->size);
    assert_int_equal(vm.region_count, told->mappings);
    assert_int_equal(vm.page_size, vm_page_size);
    assert_int_equal(vm.resident_size, told->resident);
    assert_int_equal(vm.resident_size_peak, told->peak);
    assert_int_equal(vm.internal, told->anonymous);
    assert_int_equal(vm.external, told->file + told->shared);
    assert_int_equal(vm.compressed, told->swapped);
    assert_int_equal(vm.phys_footprint, told->anonymous + told->swapped);
    const mach_vm_size_t nothing[] = {vm.device,
                                      vm.device_peak,
                                      vm.internal_peak,
                                      vm.external_peak,
                                      vm.reusable,
                                      vm.reusable_peak,
                                      vm.purgeable_volatile_pmap,
                                      vm.purgeable_volatile_resident,
                                      vm.purgeable_volatile_virtual,
                                      vm.compressed_peak,
                                      vm.compressed_lifetime};
    for (size_t i = 0; i < COUNT_OF(nothing); i++) assert_int_equal(nothing[i], 0);
    assert_int_equal(mach.policy, POLICY_TIMESHARE);
    assert_int_equal(wide.policy, POLICY_TIMESHARE);
    assert_int_equal(narrow.policy, POLICY_TIMESHARE);
    assert_int_equal(mach.suspend_count | wide.suspend_count | narrow.suspend_count, 0);
}

// J3, J4
static void memory_is_what_linux_says(void **state) {
    (void)state;
    enum { SIZE = 16 << 20 };
    for
        each_way(way) {
            struct memory before, after;
            tells_memory(way, &before);
            vm_address_t memory = 0;
            assert_success(vm_allocate(SELF, &memory, SIZE, VM_FLAGS_ANYWHERE));
            memset((void *)memory, 1, SIZE);
            tells_memory(way, &after);
            // Other parts of the process may have given something back, but not so much.
            assert_true(after.size >= before.size + SIZE / 2 && after.anonymous >= before.anonymous + SIZE / 2);
            assert_success(vm_deallocate(SELF, memory, SIZE));
        }
}

// J4
static void the_older_structure_has_no_footprint(void **state) {
    (void)state;
    for
        each_way(way) {
            for (mach_msg_type_number_t room = 36; room < 38; room++) {
                struct task_vm_info vm;
                memset(&vm, 0x5a, sizeof(vm));
                mach_msg_type_number_t count = room;
                assert_success(way->task_info(SELF, TASK_VM_INFO, (task_info_t)&vm, &count));
                assert_int_equal(count, TASK_VM_INFO_REV0_COUNT);
                assert_int_equal(vm.page_size, vm_page_size);
                assert_int_equal(vm.compressed_lifetime, 0);
                assert_true(vm.phys_footprint == 0x5a5a5a5a5a5a5a5aULL);
            }
        }
}

// ---- Times

static uint64_t in_nanoseconds(time_value_t time) {
    assert_true(time.microseconds >= 0 && time.microseconds < TIME_MICROS_MAX);
    return (uint64_t)time.seconds * 1000000000 + (uint64_t)time.microseconds * 1000;
}

static int64_t burn(void *argument) {
    uint64_t nanoseconds = (uint64_t)(uintptr_t)argument, start = cpu_clock(CLOCK_THREAD_CPUTIME_ID);
    while (cpu_clock(CLOCK_THREAD_CPUTIME_ID) - start < nanoseconds) {}
    return 0;
}

static int64_t burn_until(void *argument) {
    const _Atomic bool *is_over = argument;
    while (!*is_over) (void)cpu_clock(CLOCK_MONOTONIC);
    return 0;
}

// The times of ended threads and of the others, which together are the process's.
static void read_times(const struct information_way *way, uint64_t *ended, uint64_t *live) {
    struct mach_task_basic_info basic;
    struct task_thread_times_info threads;
    mach_msg_type_number_t counts[] = {MACH_TASK_BASIC_INFO_COUNT, TASK_THREAD_TIMES_INFO_COUNT};
    assert_success(way->task_info(SELF, MACH_TASK_BASIC_INFO, (task_info_t)&basic, &counts[0]));
    assert_success(way->task_info(SELF, TASK_THREAD_TIMES_INFO, (task_info_t)&threads, &counts[1]));
    *ended = in_nanoseconds(basic.user_time) + in_nanoseconds(basic.system_time);
    *live = in_nanoseconds(threads.user_time) + in_nanoseconds(threads.system_time);
}

// J5, J6
static void times_are_those_of_the_processs_clock(void **state) {
    (void)state;
    for
        each_way(way) {
            struct task_absolutetime_info info;
            mach_msg_type_number_t count = TASK_ABSOLUTETIME_INFO_COUNT;
            uint64_t before = cpu_clock(CLOCK_PROCESS_CPUTIME_ID), thread_before = cpu_clock(CLOCK_THREAD_CPUTIME_ID);
            assert_success(way->task_info(SELF, TASK_ABSOLUTETIME_INFO, (task_info_t)&info, &count));
            uint64_t thread_after = cpu_clock(CLOCK_THREAD_CPUTIME_ID), after = cpu_clock(CLOCK_PROCESS_CPUTIME_ID);
            uint64_t total = info.total_user + info.total_system, live = info.threads_user + info.threads_system;
            assert_true(before <= total && total <= after);
            assert_true(live <= total && live >= thread_before);
            assert_true(info.threads_user <= info.total_user && info.threads_system <= info.total_system);
            assert_true(thread_after >= thread_before);
        }
}

// J5
static void a_threads_time_moves_from_the_live_to_the_ended(void **state) {
    (void)state;
    enum { TIME = 60000000 };
    for
        each_way(way) {
            uint64_t ended[2], live[2];
            struct standing_thread standing;
            read_times(way, &ended[0], &live[0]);
            struct test_thread thread;
            start_thread(&thread, burn, (void *)(uintptr_t)TIME);
            assert_int_equal(join_thread(&thread), 0);
            wait_until_gone(thread.id);
            uint64_t before = cpu_clock(CLOCK_PROCESS_CPUTIME_ID);
            read_times(way, &ended[1], &live[1]);
            uint64_t after = cpu_clock(CLOCK_PROCESS_CPUTIME_ID);
            // What is read in between counts as live at most.
            assert_true(ended[1] + (after - before) + 10000 >= ended[0] + TIME);
            // Whole microseconds of four values are told.
            assert_true(ended[1] + live[1] <= after && ended[1] + live[1] + 4000 + (after - before) >= before);
            start_standing(&standing);
            end_standing(&standing);
        }
}

// J5, J6: what live threads run while the others' times are made out, and samples, would take something away.
static void times_of_ended_threads_never_get_less(void **state) {
    (void)state;
    static _Atomic bool is_over;
    is_over = false;
    struct test_thread threads[2];
    start_thread(&threads[0], burn_until, (void *)(uintptr_t)&is_over);
    uint64_t last[4] = {0}, start = cpu_clock(CLOCK_MONOTONIC);
    for (unsigned round = 0; cpu_clock(CLOCK_MONOTONIC) - start < 1500000000; round++) {
        const struct information_way *way = &information_ways[round & 1];
        if (round % 50 == 0) {
            start_thread(&threads[1], burn, (void *)(uintptr_t)2000000);
            assert_int_equal(join_thread(&threads[1]), 0);
        }
        struct mach_task_basic_info basic;
        struct task_absolutetime_info all;
        mach_msg_type_number_t counts[] = {MACH_TASK_BASIC_INFO_COUNT, TASK_ABSOLUTETIME_INFO_COUNT};
        assert_success(way->task_info(SELF, MACH_TASK_BASIC_INFO, (task_info_t)&basic, &counts[0]));
        assert_success(way->task_info(SELF, TASK_ABSOLUTETIME_INFO, (task_info_t)&all, &counts[1]));
        const uint64_t next[] = {in_nanoseconds(basic.user_time), in_nanoseconds(basic.system_time), all.total_user,
                                 all.total_system};
        for (size_t i = 0; i < COUNT_OF(next); i++) {
            assert_true(next[i] >= last[i]);
            last[i] = next[i];
        }
        assert_true(all.threads_user <= all.total_user && all.threads_system <= all.total_system);
    }
    is_over = true;
    assert_int_equal(join_thread(&threads[0]), 0);
    wait_until_gone(threads[0].id);
}

static int with_common_clocks_alone(void *argument) {
    (void)argument;
    // Those of processes and threads have negative numbers.
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x80000000, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT_OF(filter), filter};
    STEP(1, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return 77;
    const task_flavor_t timed[] = {MACH_TASK_BASIC_INFO, TASK_THREAD_TIMES_INFO, TASK_ABSOLUTETIME_INFO};
    integer_t words[52];
    mach_msg_type_number_t count;
    for (int i = 0; i < (int)COUNT_OF(timed); i++) {
        count = COUNT_OF(words);
        STEP(2 + i, task_info(SELF, timed[i], words, &count) == KERN_FAILURE && count == COUNT_OF(words));
    }
    STEP(5, thread_info(mach_thread_self(), THREAD_BASIC_INFO, words, &count) == KERN_FAILURE);
    return 0;
}

// J5, U3: no figure is made of what the system refuses to tell.
static void times_that_are_not_told_are_a_failure(void **state) {
    (void)state;
    int code = in_forked_child(with_common_clocks_alone, NULL);
    if (code == 77) skip();
    assert_int_equal(code, 0);
}

// J7
static void events_are_what_getrusage_counts(void **state) {
    (void)state;
    for
        each_way(way) {
            struct rusage before, after;
            struct task_events_info info;
            mach_msg_type_number_t count = TASK_EVENTS_INFO_COUNT;
            memset(&info, 0x5a, sizeof(info));
            getrusage(RUSAGE_SELF, &before);
            assert_success(way->task_info(SELF, TASK_EVENTS_INFO, (task_info_t)&info, &count));
            getrusage(RUSAGE_SELF, &after);
            assert_true(info.faults >= before.ru_minflt + before.ru_majflt);
            assert_true(info.faults <= after.ru_minflt + after.ru_majflt);
            assert_true(info.pageins >= before.ru_majflt && info.pageins <= after.ru_majflt);
            assert_true(info.csw >= before.ru_nvcsw + before.ru_nivcsw && info.csw <= after.ru_nvcsw + after.ru_nivcsw);
            assert_int_equal(info.cow_faults | info.messages_sent | info.messages_received, 0);
            assert_int_equal(info.syscalls_mach | info.syscalls_unix, 0);
        }
}

// J8
static void tokens_are_those_of_trailers(void **state) {
    (void)state;
    mach_port_t port = port_with_send();
    struct {
        mach_msg_header_t header;
        mach_msg_audit_trailer_t trailer;
    } message;
    memset(&message, 0, sizeof(message));
    assert_success(send_simple(port, COPY_SEND, 1));
    assert_success(mach_msg(&message.header,
                            MACH_RCV_MSG | MACH_RCV_TIMEOUT | MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT), 0,
                            sizeof(message), port, 0, MACH_PORT_NULL));
    for
        each_way(way) {
            security_token_t security;
            audit_token_t audit;
            mach_msg_type_number_t counts[] = {TASK_SECURITY_TOKEN_COUNT, TASK_AUDIT_TOKEN_COUNT};
            assert_success(way->task_info(SELF, TASK_SECURITY_TOKEN, (task_info_t)&security, &counts[0]));
            assert_success(way->task_info(SELF, TASK_AUDIT_TOKEN, (task_info_t)&audit, &counts[1]));
            assert_memory_equal(&security, &message.trailer.msgh_sender, sizeof(security));
            assert_memory_equal(&audit, &message.trailer.msgh_audit, sizeof(audit));
            assert_int_equal(security.val[0], geteuid());
            assert_int_equal(audit.val[5], getpid());
        }
    destroy(port);
}

// J9
static void of_kernel_memory_nothing_is_known(void **state) {
    (void)state;
    for
        each_way(way) {
            struct task_kernelmemory_info info;
            memset(&info, 0x5a, sizeof(info));
            mach_msg_type_number_t count = TASK_KERNELMEMORY_INFO_COUNT;
            assert_success(way->task_info(SELF, TASK_KERNELMEMORY_INFO, (task_info_t)&info, &count));
            assert_true((info.total_palloc | info.total_pfree | info.total_salloc | info.total_sfree) == 0);
        }
}

// ---- Processes

// J15-J17
static void a_process_has_a_task_if_it_is_this_one(void **state) {
    (void)state;
    mach_port_t task = MACH_PORT_NULL, name = MACH_PORT_NULL, expected = MACH_PORT_NULL;
    int pid = 0;
    mach_port_urefs_t before = refs(SELF, MACH_PORT_RIGHT_SEND);
    assert_success(task_for_pid(SELF, getpid(), &task));
    assert_int_equal(task, SELF);
    assert_int_equal(refs(SELF, MACH_PORT_RIGHT_SEND), before + 1);
    assert_success(mach_port_deallocate(SELF, task));
    assert_success(task_get_special_port(SELF, TASK_NAME_PORT, &expected));
    assert_success(task_name_for_pid(SELF, getpid(), &name));
    assert_int_equal(name, expected);
    assert_int_equal(refs(name, MACH_PORT_RIGHT_SEND), 2);
    assert_success(pid_for_task(SELF, &pid));
    assert_int_equal(pid, getpid());
    pid = 0;
    assert_success(pid_for_task(name, &pid));
    assert_int_equal(pid, getpid());

    const int none[] = {0, -1, 1, getppid(), INT32_MAX, INT32_MIN};
    mach_port_t port = port_with_send(), found = 0x5a5a, thread = mach_thread_self();
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        if (none[i] == getpid()) continue;
        assert_code(task_for_pid(SELF, none[i], &found), KERN_FAILURE);
        assert_int_equal(found, MACH_PORT_NULL);
        found = 0x5a5a;
        assert_code(task_name_for_pid(SELF, none[i], &found), KERN_FAILURE);
        assert_int_equal(found, MACH_PORT_NULL);
        found = 0x5a5a;
    }
    const mach_port_t tasks[] = {MACH_PORT_NULL, MACH_PORT_DEAD, port, thread, 0x7fff03};
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        found = 0x5a5a;
        assert_code(task_for_pid(tasks[i], getpid(), &found), KERN_FAILURE);
        assert_int_equal(found, MACH_PORT_NULL);
        found = 0x5a5a;
        assert_code(task_name_for_pid(tasks[i], getpid(), &found), KERN_FAILURE);
        assert_int_equal(found, MACH_PORT_NULL);
        assert_code(pid_for_task(tasks[i], &pid), KERN_FAILURE);
        assert_int_equal(pid, -1);
        pid = 0;
    }
    assert_code(task_for_pid(name, getpid(), &found), KERN_FAILURE);
    assert_code(task_for_pid(SELF, getpid(), NULL), KERN_INVALID_ARGUMENT);
    assert_code(task_name_for_pid(SELF, getpid(), NULL), KERN_INVALID_ARGUMENT);
    assert_code(pid_for_task(SELF, NULL), KERN_INVALID_ARGUMENT);
    destroy(port);
    assert_success(mach_port_deallocate(SELF, thread));
    assert_success(mach_port_deallocate(SELF, name));
    assert_success(mach_port_deallocate(SELF, name));
}

static int in_the_child(void *argument) {
    mach_port_t task = MACH_PORT_NULL;
    int pid = 0;
    STEP(1, task_for_pid(SELF, getpid(), &task) == KERN_SUCCESS && task == SELF);
    STEP(2, pid_for_task(SELF, &pid) == KERN_SUCCESS && pid == getpid());
    STEP(3, task_for_pid(SELF, *(const int *)argument, &task) == KERN_FAILURE);
    struct mach_task_basic_info info;
    mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
    STEP(4, task_info(SELF, MACH_TASK_BASIC_INFO, (task_info_t)&info, &count) == KERN_SUCCESS);
    thread_act_array_t list;
    STEP(5, task_threads(SELF, &list, &count) == KERN_SUCCESS);
    STEP(6, count >= 1 && list[0] == mach_thread_self());
    return 0;
}

// J15, X5
static void a_forked_child_is_a_process_of_its_own(void **state) {
    (void)state;
    int parent = getpid();
    assert_int_equal(in_forked_child(in_the_child, &parent), 0);
}

// J15
static void another_task_of_the_process_is_told_of_the_processs(void **state) {
    (void)state;
    task_t other = make_task();
    enter(other);
    mach_port_t task = MACH_PORT_NULL;
    assert_success(task_for_pid(SELF, getpid(), &task));
    assert_int_not_equal(task, SELF);
    assert_false(mach_task_is_self(task));
    assert_true(mach_task_is_self(SELF));
    int pid = 0;
    assert_success(pid_for_task(task, &pid));
    assert_int_equal(pid, getpid());
    leave();
    end_task(other);
}

// J11
static void a_task_knows_itself(void **state) {
    (void)state;
    mach_port_t name = MACH_PORT_NULL;
    assert_success(task_get_special_port(SELF, TASK_NAME_PORT, &name));
    task_t other = make_task();
    mach_port_t port = port_with_send();
    const struct {
        mach_port_t port;
        boolean_t is_self;
    } all[] = {{SELF, TRUE},     {name, TRUE}, {other, FALSE}, {port, FALSE}, {0, FALSE}, {MACH_PORT_DEAD, FALSE},
               {0x7fff03, FALSE}};
    for (size_t i = 0; i < COUNT_OF(all); i++) assert_int_equal(mach_task_is_self(all[i].port), all[i].is_self);
    for (size_t i = 0; i < 3; i++) {
        uint32_t is_self = 7;
        assert_success(ask_words(all[i].port, 3455, NULL, 0, &is_self, 1, 1));
        assert_int_equal(is_self, all[i].is_self);
    }
    destroy(port);
    assert_success(mach_port_deallocate(SELF, name));
    end_task(other);
}

// ---- Identity tokens

static kern_return_t m_token(task_t task, task_id_token_t *token) {
    struct mig_message message;
    begin_request(&message, task, 3457, 24);
    kern_return_t code = exchange(&message, 40, 40, 1);
    if (code == KERN_SUCCESS) *token = port_at(&message, 28)->name;
    return code;
}

static kern_return_t m_port_of(task_id_token_t token, task_flavor_t flavor, mach_port_t *port) {
    struct mig_message message;
    begin_request(&message, token, 3458, 36);
    memcpy(message.bytes + 24, &NDR_record, sizeof(NDR_record));
    set_word(&message, 32, flavor);
    kern_return_t code = exchange(&message, 40, 40, 1);
    if (code == KERN_SUCCESS) *port = port_at(&message, 28)->name;
    return code;
}

// J18, J19
static void a_token_stands_for_its_task(void **state) {
    (void)state;
    kern_return_t (*const make[])(task_t, task_id_token_t *) = {task_create_identity_token, m_token};
    kern_return_t (*const port_of[])(task_id_token_t, task_flavor_t,
                                     mach_port_t *) = {task_identity_token_get_task_port, m_port_of};
    for (size_t way = 0; way < 2; way++) {
        task_t other = make_task();
        mach_port_t token = MACH_PORT_NULL, again = MACH_PORT_NULL, port = MACH_PORT_NULL, name = MACH_PORT_NULL;
        assert_success(make[way](other, &token));
        assert_success(make[way](other, &again));
        assert_int_equal(token, again);
        assert_int_equal(refs(token, MACH_PORT_RIGHT_SEND), 2);
        natural_t kind;
        mach_vm_address_t address;
        assert_success(mach_port_kobject(SELF, token, &kind, &address));
        assert_int_equal(kind, 50);
        assert_success(port_of[way](token, TASK_FLAVOR_CONTROL, &port));
        assert_int_equal(port, other);
        assert_success(mach_port_deallocate(SELF, port));
        assert_success(task_get_special_port(other, TASK_NAME_PORT, &name));
        assert_success(port_of[way](token, TASK_FLAVOR_NAME, &port));
        assert_int_equal(port, name);
        assert_success(mach_port_deallocate(SELF, name));
        assert_success(mach_port_deallocate(SELF, name));
        port = 0x5a5a;
        assert_code(port_of[way](token, TASK_FLAVOR_READ, &port), KERN_NOT_SUPPORTED);
        assert_code(port_of[way](token, TASK_FLAVOR_INSPECT, &port), KERN_NOT_SUPPORTED);
        assert_code(port_of[way](token, 4, &port), KERN_INVALID_ARGUMENT);
        assert_code(port_of[way](token, UINT32_MAX, &port), KERN_INVALID_ARGUMENT);
        assert_code(port_of[way](other, TASK_FLAVOR_CONTROL, &port), KERN_INVALID_ARGUMENT);
        // It gives no power over the task.
        assert_code(task_terminate(token), KERN_INVALID_ARGUMENT);
        assert_code(mach_port_allocate(token, MACH_PORT_RIGHT_RECEIVE, &port), KERN_INVALID_TASK);
        assert_success(task_terminate(other));
        assert_int_equal(type(token), MACH_PORT_TYPE_DEAD_NAME);
        assert_code(task_identity_token_get_task_port(token, TASK_FLAVOR_CONTROL, &port), KERN_INVALID_ARGUMENT);
        assert_code(task_create_identity_token(other, &port), KERN_INVALID_ARGUMENT);
        assert_int_equal(port, 0x5a5a);
        assert_success(mach_port_mod_refs(SELF, token, MACH_PORT_RIGHT_DEAD_NAME, -2));
        assert_success(mach_port_deallocate(SELF, other));
    }
    assert_code(task_create_identity_token(SELF, NULL), KERN_INVALID_ARGUMENT);
    assert_code(task_identity_token_get_task_port(MACH_PORT_NULL, 0, &(mach_port_t){0}), KERN_INVALID_ARGUMENT);
    assert_code(task_identity_token_get_task_port(SELF, 0, NULL), KERN_INVALID_ARGUMENT);
}

// ---- Its part in the system

// J13, J14
static void a_task_plays_the_default_part(void **state) {
    (void)state;
    const integer_t bad[] = {-1, 0, 5, 6, 8, INT32_MAX}, good[] = {1, 2, 7};
    for
        each_way(way) {
            integer_t words[16] = {0};
            for (size_t i = 0; i < COUNT_OF(bad); i++) {
                words[0] = bad[i];
                assert_code(way->task_policy_set(SELF, TASK_CATEGORY_POLICY, words, 1), KERN_INVALID_ARGUMENT);
            }
            for (size_t i = 0; i < COUNT_OF(good); i++) {
                words[0] = good[i];
                assert_code(way->task_policy_set(SELF, TASK_CATEGORY_POLICY, words, 1), KERN_NOT_SUPPORTED);
                assert_code(way->task_policy_set(SELF, TASK_CATEGORY_POLICY, words, 0), KERN_INVALID_ARGUMENT);
            }
            words[0] = TASK_GRAPHICS_SERVER;
            assert_code(way->task_policy_set(SELF, TASK_CATEGORY_POLICY, words, 1),
                        geteuid() == 0 ? KERN_NOT_SUPPORTED : KERN_INVALID_ARGUMENT);
            const task_policy_flavor_t tiers[] = {8, 9, 10, 11};
            for (size_t i = 0; i < COUNT_OF(tiers); i++) {
                words[0] = LATENCY_QOS_TIER_3, words[1] = THROUGHPUT_QOS_TIER_UNSPECIFIED;
                assert_code(way->task_policy_set(SELF, tiers[i], words, 2), KERN_NOT_SUPPORTED);
                assert_code(way->task_policy_set(SELF, tiers[i], words, 1), KERN_INVALID_ARGUMENT);
                words[1] = THROUGHPUT_QOS_TIER_5 + 1;
                assert_code(way->task_policy_set(SELF, tiers[i], words, 2), KERN_INVALID_ARGUMENT);
                words[0] = 1, words[1] = 0;
                assert_code(way->task_policy_set(SELF, tiers[i], words, 2), KERN_INVALID_ARGUMENT);
            }
            memset(words, 0, sizeof(words));
            assert_code(way->task_policy_set(SELF, TASK_SUPPRESSION_POLICY, words, 16), KERN_NOT_SUPPORTED);
            assert_code(way->task_policy_set(SELF, TASK_SUPPRESSION_POLICY, words, 15), KERN_INVALID_ARGUMENT);
            words[2] = 3;
            assert_code(way->task_policy_set(SELF, TASK_SUPPRESSION_POLICY, words, 16), KERN_INVALID_ARGUMENT);
            assert_code(way->task_policy_set(SELF, TASK_POLICY_STATE, words, 16), KERN_INVALID_ARGUMENT);
            assert_code(way->task_policy_set(SELF, 2, words, 16), KERN_INVALID_ARGUMENT);

            for (boolean_t get_default = 0; get_default < 3; get_default++) {
                boolean_t wanted = get_default;
                mach_msg_type_number_t count = 16;
                memset(words, 0x5a, sizeof(words));
                assert_success(way->task_policy_get(SELF, TASK_CATEGORY_POLICY, words, &count, &wanted));
                assert_int_equal(count, 1);
                assert_int_equal(words[0], TASK_UNSPECIFIED);
                assert_int_equal(wanted, get_default);
                for (task_policy_flavor_t flavor = 8; flavor <= 9; flavor++) {
                    count = 16;
                    assert_success(way->task_policy_get(SELF, flavor, words, &count, &wanted));
                    assert_int_equal(count, 2);
                    assert_true(words[0] == LATENCY_QOS_TIER_UNSPECIFIED &&
                                words[1] == THROUGHPUT_QOS_TIER_UNSPECIFIED);
                    count = 1;
                    assert_code(way->task_policy_get(SELF, flavor, words, &count, &wanted), KERN_INVALID_ARGUMENT);
                }
                for (task_policy_flavor_t flavor = 3; flavor <= 4; flavor++) {
                    count = 16;
                    assert_code(way->task_policy_get(SELF, flavor, words, &count, &wanted), KERN_NOT_SUPPORTED);
                    count = 15;
                    assert_code(way->task_policy_get(SELF, flavor, words, &count, &wanted), KERN_INVALID_ARGUMENT);
                }
                const task_policy_flavor_t none[] = {0, 2, 10, 11, UINT32_MAX};
                for (size_t i = 0; i < COUNT_OF(none); i++) {
                    count = 16;
                    assert_code(way->task_policy_get(SELF, none[i], words, &count, &wanted), KERN_INVALID_ARGUMENT);
                }
                count = 0;
                assert_code(way->task_policy_get(SELF, 1, words, &count, &wanted), KERN_INVALID_ARGUMENT);
            }
        }
    mach_msg_type_number_t count = 1;
    assert_code(task_policy_set(SELF, 1, NULL, 1), KERN_INVALID_ARGUMENT);
    assert_code(task_policy_get(SELF, 1, NULL, &count, &(boolean_t){0}), KERN_INVALID_ARGUMENT);
    assert_code(task_policy_get(SELF, 1, &(integer_t){0}, &count, NULL), KERN_INVALID_ARGUMENT);
    assert_code(task_policy_set(MACH_PORT_NULL, 1, &(integer_t){1}, 1), KERN_INVALID_ARGUMENT);
}

// J20
static void no_optional_guard_exception_can_be_asked_for(void **state) {
    (void)state;
    for (unsigned way = 0; way < 2; way++) {
        const task_exc_guard_behavior_t all[] = {0, 1, 0x10, 0xff, 0x100, 0x80000000, UINT32_MAX};
        for (size_t i = 0; i < COUNT_OF(all); i++) {
            kern_return_t code =
                way == 0 ? task_set_exc_guard_behavior(SELF, all[i]) : ask_words(SELF, 3453, &all[i], 1, NULL, 0, 0);
            assert_code(code, all[i] == 0 ? KERN_SUCCESS : all[i] <= 0xff ? KERN_NOT_SUPPORTED : KERN_INVALID_VALUE);
        }
        task_exc_guard_behavior_t behavior = 7;
        assert_success(way == 0 ? task_get_exc_guard_behavior(SELF, &behavior)
                                : ask_words(SELF, 3452, NULL, 0, &behavior, 1, 1));
        assert_int_equal(behavior, TASK_EXC_GUARD_NONE);
    }
    assert_code(task_get_exc_guard_behavior(SELF, NULL), KERN_INVALID_ARGUMENT);
    assert_code(task_get_exc_guard_behavior(MACH_PORT_NULL, &(uint32_t){0}), KERN_INVALID_ARGUMENT);
    assert_code(task_set_exc_guard_behavior(MACH_PORT_NULL, 0), KERN_INVALID_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TASK_TEST(each_flavor_writes_its_words_and_no_more),
        TASK_TEST(too_little_room_is_an_invalid_argument),
        TASK_TEST(other_flavors_have_their_codes),
        TASK_TEST(it_is_a_task_or_its_name_that_tells),
        TASK_TEST(memory_is_what_linux_says),
        TASK_TEST(the_older_structure_has_no_footprint),
        TASK_TEST(times_are_those_of_the_processs_clock),
        TASK_TEST(a_threads_time_moves_from_the_live_to_the_ended),
        TASK_TEST(times_of_ended_threads_never_get_less),
        TASK_TEST(times_that_are_not_told_are_a_failure),
        TASK_TEST(events_are_what_getrusage_counts),
        TASK_TEST(tokens_are_those_of_trailers),
        TASK_TEST(of_kernel_memory_nothing_is_known),
        TASK_TEST(a_process_has_a_task_if_it_is_this_one),
        TASK_TEST(a_forked_child_is_a_process_of_its_own),
        TASK_TEST(another_task_of_the_process_is_told_of_the_processs),
        TASK_TEST(a_task_knows_itself),
        TASK_TEST(a_token_stands_for_its_task),
        TASK_TEST(a_task_plays_the_default_part),
        TASK_TEST(no_optional_guard_exception_can_be_asked_for),
    };
    return INFORMATION_RUN(tests);
}
