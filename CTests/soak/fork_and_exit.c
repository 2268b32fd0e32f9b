// Threads that are blocked in a send, a receive or a call and leave it by return, jump, exit or cancellation, in the middle of traffic and forks: no
// message is lost to a thread that has left, none that it took along arrives, and a forked child can use the library at once.
#include "soak_support.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEAVERS = 6, SENDERS = 2, FORKERS = 1 };
enum call { RECEIVE, RECEIVE_FROM_SET, SEND, CALL, CALLS };
enum way { RETURN, JUMP, EXIT, CANCEL, WAYS };

struct numbered {
    mach_msg_header_t header;
    uint64_t number;
    unsigned char trailer[128];
};
enum { NUMBERED_SIZE = 32, OF_LEAVER = 7, OF_SENDER = 8 };

struct leaver {
    struct soak_thread thread;
    enum call call;
    enum way way;
    unsigned delay;
    struct numbered message; // not on the stack, which goes with the thread
    sigjmp_buf out;
    atomic_bool in_handler, go, called;
};

static struct leaver leavers[LEAVERS];
static mach_port_t port, set;      // to receive from; the port is in the set
static mach_port_t full;           // without room
static mach_port_t calls, replies; // to which nobody sends answers
static struct account account;
static atomic_ullong sent, received;
static atomic_bool traffic_over;
static _Thread_local struct leaver *here;

// Stays above the blocked call until told to go on; cancellation comes by itself.
static void stay(int signal) {
    (void)signal;
    struct leaver *leaver = here;
    atomic_store(&leaver->in_handler, true);
    while (!atomic_load(&leaver->go)) sched_yield();
    for (unsigned i = 0; i < leaver->delay; i++) sched_yield();
    if (leaver->way == JUMP) siglongjmp(leaver->out, 1);
    if (leaver->way == EXIT) pthread_exit(NULL);
    while (leaver->way == CANCEL) sched_yield();
}

// Takes what is there, or all that comes until the traffic is over.
static bool take(mach_port_t name, mach_msg_timeout_t timeout) {
    struct numbered message;
    mach_msg_return_t code = soak_receive(&message.header, sizeof(message), name, MACH_RCV_TIMEOUT, timeout);
    if (code != MACH_MSG_SUCCESS) {
        MUST_BE(code, MACH_RCV_TIMED_OUT);
        return false;
    }
    MUST_BE(message.header.msgh_id, OF_SENDER);
    MUST_DO(mach_port_deallocate(SELF, message.header.msgh_remote_port));
    atomic_fetch_add(&received, 1);
    soak_did(1);
    return true;
}

static void block(struct soak_thread *thread) {
    struct leaver *leaver = thread->argument;
    here = leaver;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    if (sigsetjmp(leaver->out, 1) == 0) {
        mach_msg_option_t option = leaver->call == SEND   ? MACH_SEND_MSG
                                   : leaver->call == CALL ? MACH_SEND_MSG | MACH_RCV_MSG
                                                          : MACH_RCV_MSG;
        mach_port_t name = leaver->call == CALL ? replies : leaver->call == RECEIVE_FROM_SET ? set : port;
        mach_msg_return_t code = mach_msg(&leaver->message.header, option, NUMBERED_SIZE, sizeof(leaver->message), name,
                                          MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
        pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL);
        atomic_store(&leaver->called, true);
        if (leaver->call == SEND || leaver->call == CALL) {
            // These are let go when their port dies.
            MUST_BE_ONE_OF(code, MACH_MSG_SUCCESS, MACH_RCV_PORT_CHANGED, MACH_RCV_INVALID_NAME);
            return;
        }
        MUST_DO(code);
        MUST_BE(leaver->message.header.msgh_id, OF_SENDER);
        MUST_DO(mach_port_deallocate(SELF, leaver->message.header.msgh_remote_port));
        atomic_fetch_add(&received, 1);
        return;
    }
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL);
    // Back from the handler by a jump: the next call gives up the one before.
    if (chance(2) == 0) (void)take(port, 0);
}

static void send_numbers(struct soak_thread *thread) {
    (void)thread;
    while (!atomic_load(&traffic_over)) {
        struct numbered message = {
            .header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE),
                       .msgh_remote_port = port,
                       .msgh_local_port = account.port,
                       .msgh_id = OF_SENDER}};
        atomic_fetch_add(&account.made, 1);
        mach_msg_return_t code = soak_send(&message.header, NUMBERED_SIZE, MACH_SEND_TIMEOUT, 1);
        if (code == MACH_SEND_TIMED_OUT) {
            mach_msg_destroy(&message.header); // which leaves the right to reply
            MUST_DO(mach_port_deallocate(SELF, message.header.msgh_local_port));
        } else {
            MUST_DO(code);
            atomic_fetch_add(&sent, 1);
        }
        soak_did(1);
    }
}

// What a child does with the library; 0, or the number of the step that failed.
static int child(void) {
    mach_port_t one = MACH_PORT_NULL;
    mach_linux_statistics_data_t counts;
    struct numbered message = {.header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0)}};
    vm_address_t memory = 0;
    if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &one) != KERN_SUCCESS) return 1;
    message.header.msgh_remote_port = one;
    if (soak_send(&message.header, NUMBERED_SIZE, MACH_SEND_TIMEOUT, 0) != MACH_MSG_SUCCESS) return 2;
    if (soak_receive(&message.header, sizeof(message), one, MACH_RCV_TIMEOUT, 0) != MACH_MSG_SUCCESS) return 3;
    if (soak_receive(&message.header, sizeof(message), one, MACH_RCV_TIMEOUT, 1) != MACH_RCV_TIMED_OUT) return 4;
    if (vm_allocate(SELF, &memory, 100000, VM_FLAGS_ANYWHERE) != KERN_SUCCESS) return 5;
    if (vm_deallocate(SELF, memory, 100000) != KERN_SUCCESS) return 6;
    task_t task = MACH_PORT_NULL;
    if (task_create(SELF, NULL, 0, FALSE, &task) != KERN_SUCCESS) return 7;
    if (task_terminate(task) != KERN_SUCCESS) return 8;
    if (mach_port_destroy(SELF, one) != KERN_SUCCESS) return 9;
    mach_linux_statistics(&counts);
    return counts.messages == 0 ? 0 : 10;
}

static void fork_often(struct soak_thread *thread) {
    (void)thread;
    while (!atomic_load(&traffic_over)) {
        pid_t it = fork();
        MUST(it >= 0);
        if (it == 0) _exit(child());
        int status = 0;
        MUST_BE(waitpid(it, &status, 0), it);
        MUST_BE(status, 0);
        soak_did(1);
    }
}

static void start_leaver(struct leaver *leaver) {
    memset(leaver, 0, sizeof(*leaver));
    leaver->call = chance(CALLS);
    leaver->way = UNDER_TSAN ? RETURN : chance(WAYS);
    leaver->delay = chance(200);
    leaver->message.header.msgh_id = OF_LEAVER;
    mach_msg_header_t *header = &leaver->message.header;
    if (leaver->call == SEND) {
        // There is no room.
        header->msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
        header->msgh_remote_port = full;
        header->msgh_local_port = account.port;
        atomic_fetch_add(&account.made, 1);
    } else if (leaver->call == CALL) {
        // Its send is done when it blocks, for nobody answers.
        header->msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
        header->msgh_remote_port = calls;
        header->msgh_local_port = account.port;
        atomic_fetch_add(&account.made, 1);
    }
    leaver->thread.body = block;
    leaver->thread.argument = leaver;
    soak_start(&leaver->thread);
    soak_wait_until_blocked(&leaver->thread);
}

static void one_visit(void) {
    struct soak_thread senders[SENDERS] = {0}, forkers[FORKERS] = {0};
    atomic_store(&sent, 0);
    atomic_store(&received, 0);
    atomic_store(&traffic_over, false);
    open_account(&account);
    port = soak_port_with_send();
    set = soak_set();
    full = soak_port_with_send();
    calls = soak_port_with_send();
    soak_limit(calls, LEAVERS);
    replies = soak_port();
    soak_limit(full, 0);
    MUST_DO(mach_port_insert_member(SELF, port, set));
    for (unsigned i = 0; i < LEAVERS; i++) start_leaver(&leavers[i]);
    // All into their handlers, while nothing can wake them; then the traffic, and they leave into it.
    // (ThreadSanitizer calls handlers later, when the thread is not in the blocked call any more: there all return.)
    for (unsigned i = 0; i < LEAVERS && !UNDER_TSAN; i++) {
        MUST_BE(pthread_kill(leavers[i].thread.thread, SIGUSR2), 0);
    }
    for (unsigned i = 0; i < LEAVERS && !UNDER_TSAN; i++) {
        while (!atomic_load(&leavers[i].in_handler)) sched_yield();
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i].body = send_numbers;
        soak_start(&senders[i]);
    }
    for (unsigned i = 0; i < FORKERS; i++) {
        forkers[i].body = fork_often;
        soak_start(&forkers[i]);
    }
    for (unsigned i = 0; i < LEAVERS; i++) {
        for (unsigned j = chance(20); j > 0; j--) (void)take(port, 0);
        atomic_store(&leavers[i].go, true);
        if (leavers[i].way == CANCEL) MUST_BE(pthread_cancel(leavers[i].thread.thread), 0);
    }
    for (unsigned j = chance(200); j > 0; j--) (void)take(chance(2) == 0 ? port : set, 0);
    // Those that return to their receive get a message before the senders stop; those in a send end with the port.
    for (unsigned i = 0; i < LEAVERS; i++) {
        if (leavers[i].way != RETURN || leavers[i].call == SEND || leavers[i].call == CALL) continue;
        while (!atomic_load(&leavers[i].called)) sched_yield();
    }
    MUST_DO(mach_port_destroy(SELF, full));
    MUST_DO(mach_port_destroy(SELF, calls));
    MUST_DO(mach_port_destroy(SELF, replies));
    for (unsigned i = 0; i < LEAVERS; i++) soak_join(&leavers[i].thread);
    atomic_store(&traffic_over, true);
    for (unsigned i = 0; i < SENDERS; i++) soak_join(&senders[i]);
    for (unsigned i = 0; i < FORKERS; i++) soak_join(&forkers[i]);
    while (take(port, 0)) continue;
    MUST_BE(atomic_load(&received), atomic_load(&sent));
    MUST_DO(mach_port_destroy(SELF, port));
    MUST_DO(mach_port_destroy(SELF, set));
    close_account(&account);
    soak_did(LEAVERS);
}

static void one_round(void) {
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = stay;
    action.sa_flags = SA_RESTART;
    MUST_BE(sigaction(SIGUSR2, &action, NULL), 0);
    do one_visit();
    while (!soak_over());
}

int main(void) { return soak("fork_and_exit", one_round); }
