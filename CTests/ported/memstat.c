/*
 * memstat: what the machine's memory is used for, once or every so often.
 *
 *   memstat [-c count] [interval]
 *
 * Without an interval, in seconds, all there is since the start, a line each. With one, a line of pages every so often; counts
 * of what happens are since the start in the first line, and since the line before in the others.
 */
#include <sys/cdefs.h>
__FBSDID("$FreeBSD$");

#include <mach/mach.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

static void read_statistics(vm_statistics64_data_t *stat) {
    host_t host = mach_host_self();
    mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
    kern_return_t kr = host_statistics64(host, HOST_VM_INFO64, (host_info64_t)stat, &count);

    if (kr != KERN_SUCCESS) errx(EX_OSERR, "host_statistics64: %s (%d)", mach_error_string(kr), kr);
    mach_port_deallocate(mach_task_self(), host);
}

static void print_line(const char *text, uint64_t number) {
    printf("%-30s %16llu.\n", text, (unsigned long long)number);
}

static void print_once(void) {
    vm_statistics64_data_t stat;

    read_statistics(&stat);
    printf("Mach Virtual Memory Statistics: (page size of %lu bytes)\n", (unsigned long)vm_page_size);
    print_line("Pages free:", stat.free_count - stat.speculative_count);
    print_line("Pages active:", stat.active_count);
    print_line("Pages inactive:", stat.inactive_count);
    print_line("Pages speculative:", stat.speculative_count);
    print_line("Pages throttled:", stat.throttled_count);
    print_line("Pages wired down:", stat.wire_count);
    print_line("Pages purgeable:", stat.purgeable_count);
    print_line("\"Translation faults\":", stat.faults);
    print_line("Pages copy-on-write:", stat.cow_faults);
    print_line("Pages zero filled:", stat.zero_fill_count);
    print_line("Pages reactivated:", stat.reactivations);
    print_line("Pages purged:", stat.purges);
    print_line("File-backed pages:", stat.external_page_count);
    print_line("Anonymous pages:", stat.internal_page_count);
    print_line("Pages stored in compressor:", stat.total_uncompressed_pages_in_compressor);
    print_line("Pages occupied by compressor:", stat.compressor_page_count);
    print_line("Decompressions:", stat.decompressions);
    print_line("Compressions:", stat.compressions);
    print_line("Pageins:", stat.pageins);
    print_line("Pageouts:", stat.pageouts);
    print_line("Swapins:", stat.swapins);
    print_line("Swapouts:", stat.swapouts);
}

static void print_banner(void) {
    printf("%9s %9s %9s %9s %9s %9s %11s %9s %9s %8s %8s\n", "free", "active", "inactive", "wired", "file", "anonymous",
           "faults", "pageins", "pageouts", "swapins", "swapouts");
}

static void print_row(const vm_statistics64_data_t *now, const vm_statistics64_data_t *last) {
    printf("%9u %9u %9u %9u %9u %9u %11llu %9llu %9llu %8llu %8llu\n", now->free_count, now->active_count,
           now->inactive_count, now->wire_count, now->external_page_count, now->internal_page_count,
           (unsigned long long)(now->faults - last->faults), (unsigned long long)(now->pageins - last->pageins),
           (unsigned long long)(now->pageouts - last->pageouts), (unsigned long long)(now->swapins - last->swapins),
           (unsigned long long)(now->swapouts - last->swapouts));
    fflush(stdout);
}

static void print_for_ever(double interval, long count) {
    vm_statistics64_data_t last = {0}, now;

    for (long line = 0; count == 0 || line < count; line++) {
        if (line > 0) usleep((useconds_t)(interval * 1e6));
        if (line % 20 == 0) print_banner();
        read_statistics(&now);
        print_row(&now, &last);
        last = now;
    }
}

static void usage(void) __dead2;
static void usage(void) {
    fprintf(stderr, "usage: %s [-c count] [interval]\n", getprogname());
    exit(EX_USAGE);
}

int main(int argc, char *argv[]) {
    long count = 0;
    double interval = 0;
    char *end;
    int ch;

    while ((ch = getopt(argc, argv, "c:")) != -1) {
        if (ch != 'c') usage();
        const char *problem;
        count = (long)strtonum(optarg, 1, 1000000000, &problem);
        if (problem != NULL) errx(EX_USAGE, "count is %s: %s", problem, optarg);
    }
    argc -= optind;
    argv += optind;
    if (argc > 1) usage();
    if (argc == 1) {
        interval = strtod(argv[0], &end);
        if (*end != '\0' || interval <= 0 || interval > 4000) usage();
        print_for_ever(interval, count);
    } else {
        print_once();
    }
    return EX_OK;
}
