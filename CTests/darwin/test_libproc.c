// Processes, as <libproc.h> tells of them: this one, children made for the purpose, and none.
#include <libproc.h>

#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "darwin_test.h"

#define NOBODY INT_MAX

static pid_t start_sleeper(void) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        for (;;) pause();
    return child;
}

static void end_sleeper(pid_t child) {
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

// A child that has ended, and is not waited for yet.
static pid_t start_zombie(void) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(7);
    siginfo_t information;
    assert_int_equal(waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT), 0);
    return child;
}

static bool contains(const int *pids, int count, pid_t pid) {
    for (int i = 0; i < count; i++)
        if (pids[i] == pid) return true;
    return false;
}

// Gives the count of what is listed, in `pids` with room for 65,536.
static int listed(uint32_t type, uint32_t typeinfo, int *pids) {
    int size = proc_listpids(type, typeinfo, pids, 65536 * (int)sizeof(int));
    assert_int_equal(size % (int)sizeof(int), 0);
    return size / (int)sizeof(int);
}

static int pids[65536];

// ---- Lists

static void lists_hold_those_that_belong(void **state) {
    (void)state;
    pid_t child = start_sleeper(), zombie = start_zombie();
    int count = listed(PROC_ALL_PIDS, 0, pids);
    assert_true(contains(pids, count, getpid()) && contains(pids, count, child) && contains(pids, count, zombie));
    assert_false(contains(pids, count, NOBODY));
    count = listed(PROC_PPID_ONLY, (uint32_t)getpid(), pids);
    assert_int_equal(count, 2);
    assert_true(contains(pids, count, child) && contains(pids, count, zombie));
    count = listed(PROC_PGRP_ONLY, (uint32_t)getpgrp(), pids);
    assert_true(contains(pids, count, getpid()) && contains(pids, count, child));
    count = listed(PROC_UID_ONLY, geteuid(), pids);
    assert_true(contains(pids, count, getpid()) && contains(pids, count, child));
    count = listed(PROC_RUID_ONLY, getuid(), pids);
    assert_true(contains(pids, count, getpid()));
    assert_int_equal(listed(PROC_UID_ONLY, 4294967000u, pids), 0);
    assert_int_equal(listed(PROC_RUID_ONLY, 4294967000u, pids), 0);
    assert_int_equal(listed(PROC_PGRP_ONLY, NOBODY, pids), 0);
    assert_int_equal(listed(PROC_TTY_ONLY, 0x7fffffff, pids), 0);
    assert_int_equal(listed(PROC_KDBG_ONLY, 0, pids), 0);
    assert_int_equal(listed(99, 0, pids), 0);
    assert_int_equal(proc_listchildpids(getpid(), pids, sizeof pids), 2);
    assert_true(proc_listpgrppids(getpgrp(), pids, sizeof pids) >= 2);
    assert_int_equal(proc_listchildpids(child, pids, sizeof pids), 0);
    waitpid(zombie, NULL, 0);
    end_sleeper(child);
    assert_int_equal(proc_listchildpids(getpid(), pids, sizeof pids), 0);
}

// Processes come and go meanwhile, so there is a bit more room than there are.
static void room_decides_how_many_are_listed(void **state) {
    (void)state;
    int size = proc_listpids(PROC_ALL_PIDS, 0, NULL, 0);
    assert_true(size >= 21 * (int)sizeof(int));
    assert_int_equal(size % (int)sizeof(int), 0);
    int room = proc_listallpids(NULL, 0), count = proc_listallpids(pids, sizeof pids);
    // Some may have come since.
    assert_true(count > 0 && room >= count + 10);
    memset(pids, 0x5a, sizeof pids);
    assert_int_equal(proc_listpids(PROC_ALL_PIDS, 0, pids, 4), 4);
    assert_int_equal(pids[1], 0x5a5a5a5a);
    assert_int_equal(proc_listpids(PROC_ALL_PIDS, 0, pids, 7), 4);
    assert_int_equal(pids[1], 0x5a5a5a5a);
    assert_error(proc_listpids(PROC_ALL_PIDS, 0, pids, 3), 0, ENOMEM);
    assert_error(proc_listpids(PROC_ALL_PIDS, 0, pids, 0), 0, ENOMEM);
    assert_error(proc_listallpids(pids, -1), 0, ENOMEM);
}

// ---- As BSD sees a process

static void bsd_information_is_what_the_process_knows(void **state) {
    (void)state;
    struct proc_bsdinfo info;
    memset(&info, 0x5a, sizeof info);
    assert_int_equal(proc_pidinfo(getpid(), PROC_PIDTBSDINFO, 0, &info, sizeof info), sizeof info);
    assert_int_equal(info.pbi_pid, getpid());
    assert_int_equal(info.pbi_ppid, getppid());
    assert_int_equal(info.pbi_pgid, getpgrp());
    assert_int_equal(info.pbi_uid, geteuid());
    assert_int_equal(info.pbi_gid, getegid());
    assert_int_equal(info.pbi_ruid, getuid());
    assert_int_equal(info.pbi_rgid, getgid());
    uid_t ruid, euid, suid;
    gid_t rgid, egid, sgid;
    getresuid(&ruid, &euid, &suid);
    getresgid(&rgid, &egid, &sgid);
    assert_int_equal(info.pbi_svuid, suid);
    assert_int_equal(info.pbi_svgid, sgid);
    assert_int_equal(info.pbi_status, SRUN);
    assert_string_equal(info.pbi_comm, "test_libproc");
    assert_string_equal(info.pbi_name, "test_libproc");
    assert_int_equal(info.pbi_nice, getpriority(PRIO_PROCESS, 0));
    assert_true(info.pbi_nfiles >= 3);
    assert_true(info.pbi_flags & PROC_FLAG_LP64);
    assert_true(info.pbi_flags & PROC_FLAG_EXEC);
    assert_false(info.pbi_flags & (PROC_FLAG_SYSTEM | PROC_FLAG_INEXIT));
    assert_int_equal((info.pbi_flags & PROC_FLAG_SLEADER) != 0, getsid(0) == getpid());
    assert_int_equal((info.pbi_flags & PROC_FLAG_CONTROLT) != 0, info.e_tdev != (uint32_t)NODEV);
    struct proc_bsdshortinfo brief;
    assert_int_equal(proc_pidinfo(getpid(), PROC_PIDT_SHORTBSDINFO, 0, &brief, sizeof brief), sizeof brief);
    assert_int_equal(brief.pbsi_pid, info.pbi_pid);
    assert_int_equal(brief.pbsi_ppid, info.pbi_ppid);
    assert_int_equal(brief.pbsi_pgid, info.pbi_pgid);
    assert_int_equal(brief.pbsi_uid, info.pbi_uid);
    assert_int_equal(brief.pbsi_gid, info.pbi_gid);
    assert_int_equal(brief.pbsi_ruid, info.pbi_ruid);
    assert_int_equal(brief.pbsi_rgid, info.pbi_rgid);
    assert_int_equal(brief.pbsi_svuid, info.pbi_svuid);
    assert_int_equal(brief.pbsi_svgid, info.pbi_svgid);
    assert_int_equal(brief.pbsi_flags, info.pbi_flags);
    assert_int_equal(brief.pbsi_status, SRUN);
    assert_string_equal(brief.pbsi_comm, info.pbi_comm);
}

static struct proc_bsdinfo bsd_info(pid_t pid, uint64_t argument) {
    struct proc_bsdinfo info;
    assert_int_equal(proc_pidinfo(pid, PROC_PIDTBSDINFO, argument, &info, sizeof info), sizeof info);
    return info;
}

// Waits for a state that a child will have.
static struct proc_bsdinfo wait_for_status(pid_t pid, uint32_t status) {
    for (;;) {
        struct proc_bsdinfo info = bsd_info(pid, 0);
        if (info.pbi_status == status) return info;
        usleep(1000);
    }
}

static void children_sleep_stop_and_are_forked(void **state) {
    (void)state;
    pid_t child = start_sleeper();
    struct proc_bsdinfo info = wait_for_status(child, SSLEEP);
    assert_int_equal(info.pbi_ppid, getpid());
    assert_false(info.pbi_flags & PROC_FLAG_EXEC);
    kill(child, SIGSTOP);
    wait_for_status(child, SSTOP);
    kill(child, SIGCONT);
    wait_for_status(child, SSLEEP);
    // Twice the same, as tools count on that know a process by it again.
    struct proc_bsdinfo again = bsd_info(child, 0);
    assert_true(info.pbi_start_tvsec == again.pbi_start_tvsec && info.pbi_start_tvusec == again.pbi_start_tvusec);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    // The system's start is known to a second.
    assert_true(llabs((long long)info.pbi_start_tvsec - (long long)now.tv_sec) <= 60);
    assert_true(info.pbi_start_tvusec < 1000000);
    struct proc_bsdinfo parent = bsd_info(getpid(), 0);
    assert_true(parent.pbi_start_tvsec < info.pbi_start_tvsec ||
                (parent.pbi_start_tvsec == info.pbi_start_tvsec && parent.pbi_start_tvusec <= info.pbi_start_tvusec));
    end_sleeper(child);
}

static void those_that_have_ended_are_told_of_on_request(void **state) {
    (void)state;
    struct proc_bsdinfo info;
    struct proc_bsdshortinfo brief;
    struct proc_taskinfo task;
    char path[PROC_PIDPATHINFO_MAXSIZE];
    pid_t zombie = start_zombie();
    assert_error(proc_pidinfo(zombie, PROC_PIDTBSDINFO, 0, &info, sizeof info), 0, ESRCH);
    assert_error(proc_pidinfo(zombie, PROC_PIDTASKINFO, 1, &task, sizeof task), 0, ESRCH);
    assert_error(proc_pidpath(zombie, path, sizeof path), 0, ESRCH);
    assert_error(proc_name(zombie, path, sizeof path), 0, ESRCH);
    info = bsd_info(zombie, 1);
    assert_int_equal(info.pbi_status, SZOMB);
    assert_int_equal(info.pbi_ppid, getpid());
    assert_int_equal(WEXITSTATUS(info.pbi_xstatus), 7);
    assert_int_equal(proc_pidinfo(zombie, PROC_PIDT_SHORTBSDINFO, 1, &brief, sizeof brief), sizeof brief);
    assert_int_equal(brief.pbsi_status, SZOMB);
    waitpid(zombie, NULL, 0);
    assert_error(proc_pidinfo(zombie, PROC_PIDTBSDINFO, 1, &info, sizeof info), 0, ESRCH);
}

// ---- As Mach sees its task

static volatile bool may_end;

static void *wait_in_thread(void *argument) {
    while (!__atomic_load_n(&may_end, __ATOMIC_ACQUIRE)) usleep(1000);
    return argument;
}

static uint64_t nanoseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

static void task_information_lies_between_two_looks(void **state) {
    (void)state;
    struct proc_taskinfo info;
    struct rusage before, after;
    enum { TICK = 10000000 };
    getrusage(RUSAGE_SELF, &before);
    assert_int_equal(proc_pidinfo(getpid(), PROC_PIDTASKINFO, 0, &info, sizeof info), sizeof info);
    getrusage(RUSAGE_SELF, &after);
    // User and system together are exact; between them Linux divides as it thinks fit. Each is cut to ticks.
    uint64_t low = nanoseconds(before.ru_utime) + nanoseconds(before.ru_stime);
    uint64_t high = nanoseconds(after.ru_utime) + nanoseconds(after.ru_stime);
    uint64_t told = info.pti_total_user + info.pti_total_system;
    assert_true(told + 3 * TICK >= low && told <= high + TICK);
    assert_true(info.pti_threads_user + info.pti_threads_system <= high + 2 * TICK);
    assert_in_range(info.pti_faults, before.ru_minflt + before.ru_majflt, after.ru_minflt + after.ru_majflt);
    assert_in_range(info.pti_pageins, before.ru_majflt, after.ru_majflt);
    // No thread has ended yet.
    assert_in_range(info.pti_csw, before.ru_nvcsw + before.ru_nivcsw, after.ru_nvcsw + after.ru_nivcsw);
    assert_true(info.pti_numrunning >= 1 && info.pti_numrunning <= info.pti_threadnum);
    assert_true(info.pti_virtual_size >= info.pti_resident_size && info.pti_resident_size > 0);
    assert_int_equal(info.pti_resident_size % (uint64_t)sysconf(_SC_PAGESIZE), 0);
    assert_int_equal(info.pti_policy, 1);
    assert_int_equal(info.pti_priority, 31 - getpriority(PRIO_PROCESS, 0));
}

// What this process does is seen: a thread more, memory more.
static void task_information_follows_the_process(void **state) {
    (void)state;
    struct proc_taskinfo before, after;
    size_t size = 32 << 20;
    pthread_t thread;
    // A sanitizer starts one of its own with the first.
    __atomic_store_n(&may_end, true, __ATOMIC_RELEASE);
    assert_int_equal(pthread_create(&thread, NULL, wait_in_thread, NULL), 0);
    pthread_join(thread, NULL);
    __atomic_store_n(&may_end, false, __ATOMIC_RELEASE);
    assert_int_equal(proc_pidinfo(getpid(), PROC_PIDTASKINFO, 0, &before, sizeof before), sizeof before);
    assert_int_equal(pthread_create(&thread, NULL, wait_in_thread, NULL), 0);
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    memset(memory, 1, size);
    assert_int_equal(proc_pidinfo(getpid(), PROC_PIDTASKINFO, 0, &after, sizeof after), sizeof after);
    assert_int_equal(after.pti_threadnum, before.pti_threadnum + 1);
    assert_true(after.pti_virtual_size >= before.pti_virtual_size + size);
    // Some of it may have been swapped out by now.
    assert_true(after.pti_resident_size > before.pti_resident_size + size / 2);
    assert_true(after.pti_faults > before.pti_faults);
    struct proc_taskallinfo all;
    assert_int_equal(proc_pidinfo(getpid(), PROC_PIDTASKALLINFO, 0, &all, sizeof all), sizeof all);
    assert_int_equal(all.pbsd.pbi_pid, getpid());
    assert_int_equal(all.ptinfo.pti_threadnum, after.pti_threadnum);
    munmap(memory, size);
    __atomic_store_n(&may_end, true, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
}

// ---- Names and paths

static void names_are_told(void **state) {
    (void)state;
    char name[2 * MAXCOMLEN + 1];
    memset(name, 'x', sizeof name);
    assert_int_equal(proc_name(getpid(), name, 2 * MAXCOMLEN), 12);
    assert_string_equal(name, "test_libproc");
    assert_int_equal(name[2 * MAXCOMLEN], 'x');
    assert_error(proc_name(getpid(), name, 2 * MAXCOMLEN - 1), 0, ENOMEM);
    assert_error(proc_name(NOBODY, name, sizeof name), 0, ESRCH);
    assert_error(proc_name(-1, name, sizeof name), 0, ESRCH);
    assert_error(proc_name(0, name, sizeof name), 0, ESRCH);
    // A name that could confuse who reads it out of a text.
    assert_int_equal(prctl(PR_SET_NAME, "a) R (b\n1 2"), 0);
    struct proc_bsdinfo info = bsd_info(getpid(), 0);
    assert_string_equal(info.pbi_comm, "a) R (b\n1 2");
    assert_int_equal(info.pbi_ppid, getppid());
    assert_int_equal(prctl(PR_SET_NAME, "test_libproc"), 0);
}

// A child that runs a copy of a program under a long name.
static void long_names_come_from_the_file(void **state) {
    (void)state;
    char folder[] = "/tmp/libproc.XXXXXX", path[128], told[PROC_PIDPATHINFO_MAXSIZE], name[2 * MAXCOMLEN], command[256];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a name of just thirty-two bytes.", folder);
    snprintf(command, sizeof command, "cp /bin/sleep '%s'", path);
    assert_int_equal(system(command), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl(path, "sleep", "60", (char *)NULL);
        _exit(127);
    }
    do assert_int_equal(proc_pidpath(child, told, sizeof told) > 0, 1);
    while (strcmp(told, path) != 0 && usleep(1000) == 0);
    assert_int_equal(proc_name(child, name, sizeof name), 31);
    assert_string_equal(name, "a name of just thirty-two bytes");
    struct proc_bsdinfo info = bsd_info(child, 0);
    assert_string_equal(info.pbi_comm, "a name of just ");
    assert_true(info.pbi_flags & PROC_FLAG_EXEC);
    // Also when the file has no name any more.
    assert_int_equal(unlink(path), 0);
    assert_int_equal(proc_pidpath(child, told, sizeof told), strlen(path));
    assert_string_equal(told, path);
    end_sleeper(child);
    rmdir(folder);
}

static void paths_are_told(void **state) {
    (void)state;
    char path[PROC_PIDPATHINFO_MAXSIZE + 1], wanted[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", wanted, sizeof wanted - 1);
    assert_true(length > 0);
    wanted[length] = '\0';
    assert_int_equal(proc_pidpath(getpid(), path, PROC_PIDPATHINFO_SIZE), length);
    assert_string_equal(path, wanted);
    memset(path, 0, sizeof path);
    errno = 4711;
    assert_int_equal(proc_pidinfo(getpid(), PROC_PIDPATHINFO, 0, path, PROC_PIDPATHINFO_MAXSIZE), 0);
    assert_int_equal(errno, 4711);
    assert_string_equal(path, wanted);
    assert_error(proc_pidpath(getpid(), path, PROC_PIDPATHINFO_SIZE - 1), 0, ENOMEM);
    assert_error(proc_pidpath(getpid(), path, PROC_PIDPATHINFO_MAXSIZE + 1), 0, EOVERFLOW);
    assert_error(proc_pidinfo(getpid(), PROC_PIDPATHINFO, 0, path, PROC_PIDPATHINFO_MAXSIZE + 1), 0, EOVERFLOW);
    assert_error(proc_pidpath(NOBODY, path, sizeof path - 1), 0, ESRCH);
}

static uintptr_t place_of_code(void) { return (uintptr_t)&listed; }

static void mapped_files_are_found(void **state) {
    (void)state;
    char path[MAXPATHLEN], wanted[MAXPATHLEN];
    ssize_t length = readlink("/proc/self/exe", wanted, sizeof wanted - 1);
    wanted[length] = '\0';
    assert_int_equal(proc_regionfilename(getpid(), place_of_code(), path, sizeof path), length);
    assert_string_equal(path, wanted);
    struct proc_regionpath region;
    assert_int_equal(proc_pidinfo(getpid(), PROC_PIDREGIONPATH, place_of_code(), &region, sizeof region),
                     sizeof region);
    assert_true(region.prpo_addr <= place_of_code() && place_of_code() < region.prpo_addr + region.prpo_regionlength);
    assert_string_equal(region.prpo_path, wanted);
    // A name with a line's end and blanks in it.
    char file[] = "/tmp/a \n file.XXXXXX";
    int descriptor = mkstemp(file);
    assert_true(descriptor >= 0);
    assert_int_equal(ftruncate(descriptor, 4096), 0);
    void *mapped = mmap(NULL, 4096, PROT_READ, MAP_SHARED, descriptor, 0);
    assert_true(mapped != MAP_FAILED);
    assert_int_equal(proc_regionfilename(getpid(), (uintptr_t)mapped, path, sizeof path), sizeof file - 1);
    assert_string_equal(path, file);
    munmap(mapped, 4096);
    close(descriptor);
    unlink(file);
    // Memory of no file.
    void *memory = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_error(proc_regionfilename(getpid(), (uintptr_t)memory, path, sizeof path), 0, EINVAL);
    munmap(memory, 4096);
    // Nothing is mapped there or above.
    assert_error(proc_regionfilename(getpid(), UINT64_MAX, path, sizeof path), 0, EINVAL);
    assert_error(proc_regionfilename(getpid(), place_of_code(), path, MAXPATHLEN - 1), 0, ENOMEM);
    assert_error(proc_regionfilename(NOBODY, place_of_code(), path, sizeof path), 0, ESRCH);
}

// ---- Mistakes

static void flavors_and_sizes_are_checked(void **state) {
    (void)state;
    char buffer[PROC_PIDPATHINFO_MAXSIZE];
    static const struct {
        int flavor, size;
    } flavors[] = {
        {PROC_PIDTBSDINFO, PROC_PIDTBSDINFO_SIZE},       {PROC_PIDTASKINFO, PROC_PIDTASKINFO_SIZE},
        {PROC_PIDTASKALLINFO, PROC_PIDTASKALLINFO_SIZE}, {PROC_PIDT_SHORTBSDINFO, PROC_PIDT_SHORTBSDINFO_SIZE},
        {PROC_PIDREGIONPATH, PROC_PIDREGIONPATH_SIZE},   {PROC_PIDPATHINFO, PROC_PIDPATHINFO_SIZE},
    };
    for (size_t i = 0; i < COUNT_OF(flavors); i++) {
        assert_error(proc_pidinfo(getpid(), flavors[i].flavor, 0, buffer, flavors[i].size - 1), 0, ENOMEM);
        assert_error(proc_pidinfo(getpid(), flavors[i].flavor, 0, buffer, -1), 0, ENOMEM);
        assert_error(proc_pidinfo(NOBODY, flavors[i].flavor, 0, buffer, flavors[i].size), 0, ESRCH);
        assert_error(proc_pidinfo(-1, flavors[i].flavor, 0, buffer, flavors[i].size), 0, ESRCH);
    }
    static const int others[] = {1, 5, 6, 7, 8, 9, 10, 12, 14, 15, 17, 34};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_error(proc_pidinfo(getpid(), others[i], 0, buffer, sizeof buffer), 0, ENOTSUP);
    static const int none[] = {0, -1, 16, 35, INT_MAX, INT_MIN};
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_error(proc_pidinfo(getpid(), none[i], 0, buffer, sizeof buffer), 0, EINVAL);
}

static void *number_of_thread(void *number) {
    __atomic_store_n((pid_t *)number, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
    while (!__atomic_load_n(&may_end, __ATOMIC_ACQUIRE)) usleep(1000);
    return NULL;
}

static void threads_are_no_processes(void **state) {
    (void)state;
    pthread_t thread;
    pid_t number = 0;
    char name[2 * MAXCOMLEN];
    __atomic_store_n(&may_end, false, __ATOMIC_RELEASE);
    assert_int_equal(pthread_create(&thread, NULL, number_of_thread, &number), 0);
    while (__atomic_load_n(&number, __ATOMIC_ACQUIRE) == 0) usleep(1000);
    assert_error(proc_name(number, name, sizeof name), 0, ESRCH);
    __atomic_store_n(&may_end, true, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
}

static int count_descriptors(void) {
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;
    while (readdir(folder) != NULL) count++;
    closedir(folder);
    return count;
}

static void nothing_stays_open_and_errno_is_left_alone(void **state) {
    (void)state;
    struct proc_taskallinfo all;
    char path[PROC_PIDPATHINFO_MAXSIZE];
    int before = count_descriptors(), major = 0, minor = 0;
    errno = 4711;
    for (int i = 0; i < 20; i++) {
        assert_true(proc_listallpids(pids, sizeof pids) > 0);
        assert_true(proc_listchildpids(getppid(), pids, sizeof pids) > 0);
        assert_int_equal(proc_pidinfo(getpid(), PROC_PIDTASKALLINFO, 0, &all, sizeof all), sizeof all);
        assert_true(proc_pidpath(getpid(), path, sizeof path) > 0);
        assert_true(proc_name(getpid(), path, sizeof path) > 0);
    }
    assert_int_equal(errno, 4711);
    assert_int_equal(count_descriptors(), before);
    assert_int_equal(proc_libversion(&major, &minor), 0);
    assert_int_equal(major, 1);
    assert_int_equal(minor, 1);
    assert_int_equal(proc_libversion(NULL, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_hold_those_that_belong),
        cmocka_unit_test(room_decides_how_many_are_listed),
        cmocka_unit_test(bsd_information_is_what_the_process_knows),
        cmocka_unit_test(children_sleep_stop_and_are_forked),
        cmocka_unit_test(those_that_have_ended_are_told_of_on_request),
        cmocka_unit_test(task_information_lies_between_two_looks),
        cmocka_unit_test(task_information_follows_the_process),
        cmocka_unit_test(names_are_told),
        cmocka_unit_test(long_names_come_from_the_file),
        cmocka_unit_test(paths_are_told),
        cmocka_unit_test(mapped_files_are_found),
        cmocka_unit_test(flavors_and_sizes_are_checked),
        cmocka_unit_test(threads_are_no_processes),
        cmocka_unit_test(nothing_stays_open_and_errno_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
