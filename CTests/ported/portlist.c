/*
 * portlist: lists what names a task has for ports: rights, user references, queues, port sets and requests for notifications.
 *
 *   portlist [-ev]
 *
 *   -e  make one of each kind first, and say what each was
 *   -v  tell the kinds of kernel objects by number
 */
#include <sys/cdefs.h>
__FBSDID("$FreeBSD$");

#include <mach/mach.h>
#include <mach/mach_error.h>
#include <mach_debug/mach_debug.h>

#include <err.h>
#include <libproc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

struct totals {
    unsigned names, receive, send, once, sets, dead, messages;
};

static void check(kern_return_t kr, const char *what) {
    if (kr != KERN_SUCCESS) errx(EX_OSERR, "%s: %s (%d)", what, mach_error_string(kr), kr);
}

static mach_port_t allocate(mach_port_right_t right) {
    mach_port_t name = MACH_PORT_NULL;
    check(mach_port_allocate(mach_task_self(), right, &name), "mach_port_allocate");
    return name;
}

static void insert(mach_port_t name, mach_msg_type_name_t type) {
    check(mach_port_insert_right(mach_task_self(), name, name, type), "mach_port_insert_right");
}

static void request(mach_port_t name, mach_msg_id_t id, mach_port_mscount_t sync, mach_port_t notify) {
    mach_port_t previous = MACH_PORT_NULL;
    check(mach_port_request_notification(mach_task_self(), name, id, sync, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE,
                                         &previous),
          "mach_port_request_notification");
}

static mach_port_t extract_once(mach_port_t name) {
    mach_port_t once = MACH_PORT_NULL;
    mach_msg_type_name_t type;
    check(mach_port_extract_right(mach_task_self(), name, MACH_MSG_TYPE_MAKE_SEND_ONCE, &once, &type),
          "mach_port_extract_right");
    return once;
}

static void send_to(mach_port_t name) {
    mach_msg_header_t message;
    memset(&message, 0, sizeof(message));
    message.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
    message.msgh_size = sizeof(message);
    message.msgh_remote_port = name;
    check(mach_msg_send(&message), "mach_msg_send");
}

/* One of each kind; what the lines say is what the list has to show. */
static void make_examples(void) {
    mach_port_limits_t limits = {.mpl_qlimit = 7};
    mach_port_t watcher = allocate(MACH_PORT_RIGHT_RECEIVE);
    printf("made 0x%08x receive\n", watcher);

    mach_port_t both = allocate(MACH_PORT_RIGHT_RECEIVE);
    insert(both, MACH_MSG_TYPE_MAKE_SEND);
    check(mach_port_mod_refs(mach_task_self(), both, MACH_PORT_RIGHT_SEND, 4), "mach_port_mod_refs");
    check(mach_port_set_attributes(mach_task_self(), both, MACH_PORT_LIMITS_INFO, (mach_port_info_t)&limits,
                                   MACH_PORT_LIMITS_INFO_COUNT),
          "mach_port_set_attributes");
    request(both, MACH_NOTIFY_NO_SENDERS, 0, watcher);
    request(both, MACH_NOTIFY_DEAD_NAME, 0, watcher);
    printf("made 0x%08x both\n", both);

    mach_port_t queue = allocate(MACH_PORT_RIGHT_RECEIVE);
    for (int i = 0; i < 3; i++) send_to(queue);
    request(queue, MACH_NOTIFY_PORT_DESTROYED, 0, watcher);
    printf("made 0x%08x queue\n", queue);

    printf("made 0x%08x once\n", extract_once(watcher));

    mach_port_t set = allocate(MACH_PORT_RIGHT_PORT_SET);
    check(mach_port_insert_member(mach_task_self(), watcher, set), "mach_port_insert_member");
    check(mach_port_insert_member(mach_task_self(), queue, set), "mach_port_insert_member");
    printf("made 0x%08x set\n", set);

    mach_port_t dead = allocate(MACH_PORT_RIGHT_RECEIVE);
    insert(dead, MACH_MSG_TYPE_MAKE_SEND);
    check(mach_port_mod_refs(mach_task_self(), dead, MACH_PORT_RIGHT_SEND, 1), "mach_port_mod_refs");
    check(mach_port_mod_refs(mach_task_self(), dead, MACH_PORT_RIGHT_RECEIVE, -1), "mach_port_mod_refs");
    printf("made 0x%08x dead\n", dead);

    printf("made 0x%08x host\n", mach_host_self());
    printf("made 0x%08x task\n", mach_task_self());
}

static void append(char *list, size_t size, const char *word) {
    if (*list != '\0') strlcat(list, ",", size);
    strlcat(list, word, size);
}

static void name_rights(mach_port_type_t type, char *list, size_t size) {
    *list = '\0';
    if (type & MACH_PORT_TYPE_RECEIVE) append(list, size, "recv");
    if (type & MACH_PORT_TYPE_SEND) append(list, size, "send");
    if (type & MACH_PORT_TYPE_SEND_ONCE) append(list, size, "once");
    if (type & MACH_PORT_TYPE_PORT_SET) append(list, size, "set");
    if (type & MACH_PORT_TYPE_DEAD_NAME) append(list, size, "dead");
}

static void name_requests(mach_port_type_t type, const mach_port_status_t *status, char *list, size_t size) {
    *list = '\0';
    if (type & MACH_PORT_TYPE_DNREQUEST) append(list, size, "dead-name");
    if (type & (MACH_PORT_TYPE_SPREQUEST | MACH_PORT_TYPE_SPREQUEST_DELAYED)) append(list, size, "send-possible");
    if (status != NULL && status->mps_nsrequest) append(list, size, "no-senders");
    if (status != NULL && status->mps_pdrequest) append(list, size, "port-destroyed");
    if (*list == '\0') strlcpy(list, "-", size);
}

static void print_members(mach_port_t task, mach_port_t set) {
    mach_port_name_array_t members = NULL;
    mach_msg_type_number_t count = 0;
    if (mach_port_get_set_status(task, set, &members, &count) != KERN_SUCCESS) return;
    for (mach_msg_type_number_t i = 0; i < count; i++) printf("           member 0x%08x\n", members[i]);
    if (members != NULL) vm_deallocate(mach_task_self(), (vm_address_t)members, count * sizeof(*members));
}

static void print_queue(const mach_port_status_t *status) {
    printf(" %5u/%-5u %5u %5u %5u %c%c", status->mps_msgcount, status->mps_qlimit, status->mps_seqno,
           status->mps_mscount, status->mps_sorights, status->mps_srights ? 'S' : '-', status->mps_pset ? 'P' : '-');
}

static void print_name(mach_port_t task, const ipc_info_name_t *info, bool verbose, struct totals *totals) {
    mach_port_status_t status;
    mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;
    char rights[32], requests[64];
    bool received = (info->iin_type & MACH_PORT_TYPE_RECEIVE) != 0;

    /* A name may have gone since it was listed. */
    if (received && mach_port_get_attributes(task, info->iin_name, MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&status,
                                             &count) != KERN_SUCCESS)
        received = false;
    name_rights(info->iin_type, rights, sizeof(rights));
    name_requests(info->iin_type, received ? &status : NULL, requests, sizeof(requests));
    printf("0x%08x 0x%08x %-9s %5u", info->iin_name, info->iin_object, rights, info->iin_urefs);
    if (received)
        print_queue(&status);
    else
        printf(" %11s %5s %5s %5s --", "-", "-", "-", "-");
    natural_t kind = 0;
    mach_vm_address_t object = 0;
    if ((info->iin_type & MACH_PORT_TYPE_SEND_RECEIVE) != 0 &&
        mach_port_kobject(task, info->iin_name, &kind, &object) == KERN_SUCCESS && kind != 0 && verbose)
        printf(" kernel object %u", kind);
    else if (kind != 0)
        printf(" kernel");
    printf(" %s\n", requests);
    if (info->iin_type & MACH_PORT_TYPE_PORT_SET) print_members(task, info->iin_name);

    totals->names++;
    totals->receive += (info->iin_type & MACH_PORT_TYPE_RECEIVE) != 0;
    totals->send += (info->iin_type & MACH_PORT_TYPE_SEND) != 0;
    totals->once += (info->iin_type & MACH_PORT_TYPE_SEND_ONCE) != 0;
    totals->sets += (info->iin_type & MACH_PORT_TYPE_PORT_SET) != 0;
    totals->dead += (info->iin_type & MACH_PORT_TYPE_DEAD_NAME) != 0;
    if (received) totals->messages += status.mps_msgcount;
}

static void list_ports(mach_port_t task, bool verbose) {
    ipc_info_space_t space;
    ipc_info_name_array_t table = NULL;
    ipc_info_tree_name_array_t tree = NULL;
    mach_msg_type_number_t table_count = 0, tree_count = 0;
    struct totals totals = {0};

    check(mach_port_space_info(task, &space, &table, &table_count, &tree, &tree_count), "mach_port_space_info");
    printf("name       object     rights     refs   queue/limit seqno  made  once    requests\n");
    for (mach_msg_type_number_t i = 0; i < table_count; i++)
        if (table[i].iin_type != MACH_PORT_TYPE_NONE) print_name(task, &table[i], verbose, &totals);
    printf("total %u names: %u receive, %u send, %u send-once, %u sets, %u dead; %u messages; table of %u\n",
           totals.names, totals.receive, totals.send, totals.once, totals.sets, totals.dead, totals.messages,
           space.iis_table_size);
    if (table_count > 0)
        check(vm_deallocate(mach_task_self(), (vm_address_t)table, table_count * sizeof(*table)), "vm_deallocate");
    if (tree_count > 0)
        check(vm_deallocate(mach_task_self(), (vm_address_t)tree, tree_count * sizeof(*tree)), "vm_deallocate");
}

static void usage(void) __dead2;
static void usage(void) {
    fprintf(stderr, "usage: %s [-ev]\n", getprogname());
    exit(EX_USAGE);
}

int main(int argc, char *argv[]) {
    bool examples = false, verbose = false;
    char name[2 * MAXCOMLEN];
    int ch;

    while ((ch = getopt(argc, argv, "ev")) != -1) {
        switch (ch) {
        case 'e':
            examples = true;
            break;
        case 'v':
            verbose = true;
            break;
        default:
            usage();
        }
    }
    if (argc != optind) usage();
    if (examples) make_examples();
    if (proc_name(getpid(), name, sizeof(name)) > 0) printf("Process (%d) : %s\n", getpid(), name);
    list_ports(mach_task_self(), verbose);
    return EX_OK;
}
