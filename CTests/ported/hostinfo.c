/*
 * hostinfo: what the host says of itself: its kernel, processors, memory and load.
 */
#include <sys/cdefs.h>
__FBSDID("$FreeBSD$");

#include <mach-o/arch.h>
#include <mach/mach.h>
#include <mach/mach_error.h>
#include <sys/sysctl.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

static void check(kern_return_t kr, const char *what) {
    if (kr != KERN_SUCCESS) errx(EX_OSERR, "%s: %s (%d)", what, mach_error_string(kr), kr);
}

static void print_kernel(host_t host) {
    kernel_version_t version;
    check(host_kernel_version(host, version), "host_kernel_version");
    printf("Mach kernel version:\n\t%s\n", version);
}

static void print_processors(host_t host) {
    struct host_basic_info basic;
    mach_msg_type_number_t count = HOST_BASIC_INFO_COUNT, words = 0;
    natural_t processor_count = 0;
    processor_info_array_t infos = NULL;

    check(host_info(host, HOST_BASIC_INFO, (host_info_t)&basic, &count), "host_info");
    printf("Kernel configured for up to %d processors.\n", basic.max_cpus);
    printf("%d processors are physically available.\n", basic.physical_cpu);
    printf("%d processors are logically available.\n", basic.logical_cpu);
    const NXArchInfo *arch = NXGetLocalArchInfo();
    printf("Processor type: %s (%s)\n", arch == NULL ? "unknown" : arch->name,
           arch == NULL ? "unknown" : arch->description);

    check(host_processor_info(host, PROCESSOR_BASIC_INFO, &processor_count, &infos, &words), "host_processor_info");
    processor_basic_info_t processors = (processor_basic_info_t)infos;
    printf("Processors active:");
    for (natural_t i = 0; i < processor_count; i++)
        if (processors[i].running) printf(" %d", processors[i].slot_num);
    printf("\n");
    check(vm_deallocate(mach_task_self(), (vm_address_t)infos, words * sizeof(*infos)), "vm_deallocate");
    printf("Primary memory available: %.2f gigabytes (%llu bytes)\n", (double)basic.max_mem / (1024 * 1024 * 1024),
           (unsigned long long)basic.max_mem);
}

static void print_default_set(host_t host) {
    processor_set_name_t set;
    struct processor_set_basic_info basic;
    struct processor_set_load_info load;
    mach_msg_type_number_t count = PROCESSOR_SET_BASIC_INFO_COUNT;

    check(processor_set_default(host, &set), "processor_set_default");
    check(processor_set_info(set, PROCESSOR_SET_BASIC_INFO, &host, (processor_set_info_t)&basic, &count),
          "processor_set_info");
    count = PROCESSOR_SET_LOAD_INFO_COUNT;
    check(processor_set_statistics(set, PROCESSOR_SET_LOAD_INFO, (processor_set_info_t)&load, &count),
          "processor_set_statistics");
    printf("Default processor set: %d tasks, %d threads, %d processors\n", load.task_count, load.thread_count,
           basic.processor_count);
    printf("Load average: %d.%02d, Mach factor: %d.%02d\n", load.load_average / LOAD_SCALE,
           (load.load_average % LOAD_SCALE) / 10, load.mach_factor / LOAD_SCALE, (load.mach_factor % LOAD_SCALE) / 10);
    check(mach_port_deallocate(mach_task_self(), set), "mach_port_deallocate");
}

static void print_cache(const char *name, const char *text) {
    int64_t size;
    size_t length = sizeof(size);
    if (sysctlbyname(name, &size, &length, NULL, 0) == 0) printf("%s: %lld bytes\n", text, (long long)size);
}

int main(int argc, char *argv[] __unused) {
    host_t host = mach_host_self();

    if (argc != 1) {
        fprintf(stderr, "usage: %s\n", getprogname());
        return EX_USAGE;
    }
    print_kernel(host);
    print_processors(host);
    print_cache("hw.l1dcachesize", "L1 data cache");
    print_cache("hw.l2cachesize", "L2 cache");
    print_cache("hw.l3cachesize", "L3 cache");
    print_default_set(host);
    check(mach_port_deallocate(mach_task_self(), host), "mach_port_deallocate");
    return EX_OK;
}
