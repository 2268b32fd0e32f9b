// Timers that are armed, armed again, cancelled and moved between sets while several threads receive, others that are destroyed as they go off, and alarms,
// in a process that forks: no message is early, lost or one too many.
#include "soak_support.h"

#include <mach/clock.h>
#include <mach/mach_host.h>
#include <mach/mach_time.h>
#include <mach/mk_timer.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OWNERS = 2, EACH = 24, TIMERS = OWNERS * EACH, SETS = 3, RECEIVERS = 3, ALARMS = 8, SHORT_LIVED = 8 };
#define MILLISECOND 1000000ull
#define HOUR        (3600 * 1000 * MILLISECOND)
#define PATIENCE    (30000 * MILLISECOND) // of this thread's own time, in steps of a millisecond at most

struct timer_message {
    mk_timer_expire_msg_t message;
    mach_msg_max_trailer_t trailer;
};

struct alarm_message {
    mach_msg_header_t header;
    NDR_record_t ndr;
    kern_return_t code;
    alarm_type_t type;
    mach_timespec_t time;
    mach_msg_max_trailer_t trailer;
};

// A timer that lasts for the round. One thread arms it, all receive from it.
struct timer {
    mach_port_t port;
    _Atomic uint64_t earliest; // of the times for which it may go off now
    _Atomic uint64_t received; // when its last message was
    _Atomic uint32_t messages; // that were received, and are accounted for
    // The owner's.
    bool is_busy;
    unsigned arms;   // since it was idle
    uint32_t before; // messages until then
    uint32_t start;  // messages until it was asked for one more
    uint64_t last;   // the time that counts
};
static struct timer timers[TIMERS];
static mach_port_t sets[SETS];
static _Atomic bool all_done;
static clock_serv_t system_clock;

static uint64_t nanoseconds(mach_timespec_t time) { return time.tv_sec * 1000 * MILLISECOND + (uint64_t)time.tv_nsec; }

// ---- Receiving

static struct timer *find(mach_port_t port) {
    for (unsigned i = 0; i < TIMERS; i++)
        if (timers[i].port == port) return &timers[i];
    return NULL; // one that does not last
}

static bool receive_one(mach_port_t name, mach_msg_timeout_t timeout) {
    struct timer_message message;
    mach_msg_return_t code = soak_receive(&message.message.header, sizeof(message), name, MACH_RCV_TIMEOUT, timeout);
    if (code != MACH_MSG_SUCCESS) {
        MUST_BE(code, MACH_RCV_TIMED_OUT);
        return false;
    }
    uint64_t now = mach_absolute_time();
    MUST_BE(message.message.header.msgh_size, sizeof(message.message));
    MUST_BE(message.message.header.msgh_id, 0);
    struct timer *timer = find(message.message.header.msgh_local_port);
    soak_did(1);
    if (timer == NULL) return true;
    MUST(now >= atomic_load(&timer->earliest));
    uint64_t last = atomic_load(&timer->received);
    while (last < now && !atomic_compare_exchange_weak(&timer->received, &last, now)) continue;
    atomic_fetch_add(&timer->messages, 1);
    return true;
}

static void receive(struct soak_thread *thread) {
    while (!atomic_load(&all_done)) {
        // A timer may be in no set.
        if (chance(4) == 0)
            (void)receive_one(timers[chance(TIMERS)].port, 0);
        else
            (void)receive_one(sets[(thread->index + chance(2)) % SETS], chance(3));
    }
}

static void move(struct soak_thread *thread) {
    (void)thread;
    while (!atomic_load(&all_done)) {
        mach_port_t timer = timers[chance(TIMERS)].port, set = sets[chance(SETS)];
        switch (chance(4)) {
        case 0:
            MUST_BE_ONE_OF(mach_port_insert_member(SELF, timer, set), KERN_SUCCESS, KERN_ALREADY_IN_SET);
            break;
        case 1:
            MUST_BE_ONE_OF(mach_port_extract_member(SELF, timer, set), KERN_SUCCESS, KERN_NOT_IN_SET);
            break;
        default:
            MUST_DO(mach_port_move_member(SELF, timer, set));
            break;
        }
        soak_did(1);
        for (unsigned i = chance(8); i > 0; i--) sched_yield();
    }
}

// ---- Arming

static mach_port_status_t status_of(mach_port_t port) {
    mach_port_status_t status;
    mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;
    MUST_DO(mach_port_get_attributes(SELF, port, MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&status, &count));
    return status;
}

static void arm_for(struct timer *timer, uint64_t time) {
    timer->last = time;
    if (time < atomic_load(&timer->earliest)) atomic_store(&timer->earliest, time);
    timer->arms += 1;
    timer->is_busy = true;
    MUST_DO(chance(2) == 0 ? mk_timer_arm(timer->port, time)
                           : mk_timer_arm_leeway(timer->port, chance(2), time, chance(1000000)));
    soak_did(1);
}

static void arm(struct timer *timer) {
    uint64_t now = mach_absolute_time();
    switch (chance(8)) {
    case 0:
        arm_for(timer, now - chance(1000));
        break;
    case 1:
        arm_for(timer, now + HOUR);
        break;
    default:
        arm_for(timer, now + chance(1u << (8 + chance(15))));
        break;
    }
}

// A message has come since the time that counts.
static bool has_come(const struct timer *timer) { return atomic_load(&timer->received) >= timer->last; }

// All messages that were taken out of the queue have arrived.
static bool is_accounted_for(const struct timer *timer) {
    return (uint32_t)status_of(timer->port).mps_seqno == atomic_load(&timer->messages);
}

// And there are no more. At most one ever is there.
static bool is_settled(const struct timer *timer) {
    mach_port_status_t status = status_of(timer->port);
    MUST(status.mps_msgcount <= 1);
    return status.mps_msgcount == 0 && (uint32_t)status.mps_seqno == atomic_load(&timer->messages);
}

static bool has_one_more(const struct timer *timer) { return atomic_load(&timer->messages) != timer->start; }

static void wait_until(bool (*is_so)(const struct timer *timer), const struct timer *timer) {
    uint64_t waited = 0, before = mach_absolute_time();
    while (!is_so(timer)) {
        // What passes while the process is stopped does not count.
        uint64_t now = mach_absolute_time(), passed = now - before;
        waited += passed < MILLISECOND ? passed : MILLISECOND;
        before = now;
        MUST(waited < PATIENCE);
        // It may be in no set.
        if (chance(8) == 0) (void)receive_one(timer->port, 0);
        sched_yield();
    }
}

// Cancels the timer or lets it go off, and looks that all came that had to, and no more.
static void finish(struct timer *timer) {
    uint64_t cancelled = 0;
    bool is_far = timer->last > mach_absolute_time() + HOUR / 2;
    if (is_far || chance(3) == 0) {
        MUST_DO(mk_timer_cancel(timer->port, &cancelled));
        if (cancelled != 0) MUST_BE(cancelled, timer->last);
        MUST(cancelled != 0 || !is_far);
    }
    bool comes = cancelled == 0;
    if (comes) {
        wait_until(has_come, timer);
        // That may have been the message of an earlier time, which was received late.
        MUST_DO(mk_timer_cancel(timer->port, &cancelled));
        MUST(cancelled == 0 || (cancelled == timer->last && timer->arms > 1));
    }
    if (timer->arms > 1) {
        // Then another may be on its way still. One that is asked for now comes in its place, or after it.
        comes = true;
        wait_until(is_accounted_for, timer);
        timer->start = atomic_load(&timer->messages);
        arm_for(timer, mach_absolute_time());
        wait_until(has_one_more, timer);
    }
    wait_until(is_settled, timer);
    uint32_t came = atomic_load(&timer->messages) - timer->before;
    MUST(came >= comes && came <= timer->arms - (cancelled != 0));
    timer->before += came;
    timer->arms = 0;
    timer->is_busy = false;
    atomic_store(&timer->earliest, UINT64_MAX);
}

static void own(struct soak_thread *thread) {
    struct timer *mine = &timers[thread->index * EACH];
    while (!soak_over()) {
        struct timer *timer = &mine[chance(EACH)];
        if (!timer->is_busy || chance(2) == 0)
            arm(timer);
        else
            finish(timer);
        if (chance(16) == 0) sched_yield();
    }
    for (unsigned i = 0; i < EACH; i++)
        if (mine[i].is_busy) finish(&mine[i]);
}

// ---- Timers that do not last

static void make_and_destroy(struct soak_thread *thread) {
    (void)thread;
    mach_port_t ports[SHORT_LIVED] = {MACH_PORT_NULL};
    while (!soak_over()) {
        mach_port_t *port = &ports[chance(SHORT_LIVED)];
        if (*port == MACH_PORT_NULL) {
            *port = mk_timer_create();
            MUST(*port != MACH_PORT_NULL);
            MUST_DO(mach_port_move_member(SELF, *port, chance(2) == 0 ? sets[chance(SETS)] : MACH_PORT_NULL));
        } else if (chance(3) == 0) {
            if (chance(2) == 0)
                MUST_DO(mk_timer_destroy(*port));
            else
                MUST_DO(mach_port_mod_refs(SELF, *port, MACH_PORT_RIGHT_RECEIVE, -1));
            *port = MACH_PORT_NULL;
        } else {
            MUST_DO(mk_timer_arm(*port, mach_absolute_time() + chance(300000)));
        }
        soak_did(1);
        if (chance(4) == 0) sched_yield();
    }
    for (unsigned i = 0; i < SHORT_LIVED; i++)
        if (ports[i] != MACH_PORT_NULL) MUST_DO(mk_timer_destroy(ports[i]));
}

// ---- Alarms

// One alarm for each port; some ports are gone when it comes.
static void use_alarms(struct soak_thread *thread) {
    (void)thread;
    mach_port_t ports[ALARMS], set = soak_set();
    uint64_t due[ALARMS];
    for (unsigned i = 0; i < ALARMS; i++) {
        ports[i] = soak_port();
        MUST_DO(mach_port_insert_member(SELF, ports[i], set));
    }
    while (!soak_over()) {
        for (unsigned i = 0; i < ALARMS; i++) {
            uint64_t now = mach_absolute_time(), delay = chance(2000000);
            bool is_relative = chance(2) == 0;
            due[i] = now + delay;
            uint64_t told = is_relative ? delay : due[i];
            mach_timespec_t time = {(unsigned)(told / 1000000000), (int)(told % 1000000000)};
            MUST_DO(clock_alarm(system_clock, is_relative ? TIME_RELATIVE : TIME_ABSOLUTE, time, ports[i]));
        }
        unsigned gone = chance(ALARMS), has_gone = chance(4) == 0, seen = 0;
        if (has_gone) {
            MUST_DO(mach_port_destroy(SELF, ports[gone]));
            ports[gone] = soak_port();
            MUST_DO(mach_port_insert_member(SELF, ports[gone], set));
        }
        for (unsigned count = has_gone ? ALARMS - 1 : ALARMS; count > 0; count--) {
            struct alarm_message message;
            MUST_DO(soak_receive(&message.header, sizeof(message), set, 0, 0));
            uint64_t now = mach_absolute_time();
            unsigned i = 0;
            while (i < ALARMS && ports[i] != message.header.msgh_local_port) i++;
            MUST(i < ALARMS && !(seen & 1u << i) && !(has_gone && i == gone));
            seen |= 1u << i;
            MUST_BE(message.header.msgh_id, 3125107);
            MUST_DO(message.code);
            MUST(now >= due[i] && nanoseconds(message.time) >= due[i]);
            soak_did(1);
        }
    }
    for (unsigned i = 0; i < ALARMS; i++) MUST_DO(mach_port_destroy(SELF, ports[i]));
    MUST_DO(mach_port_destroy(SELF, set));
}

// ---- Forks

// What a child does with timers of its own; 0, or the number of the step that failed.
static int child(void) {
    mach_port_t timer = mk_timer_create(), port = MACH_PORT_NULL;
    if (timer == MACH_PORT_NULL) return 1;
    for (unsigned i = 0; i < 3; i++) {
        struct timer_message message;
        uint64_t due = mach_absolute_time() + i * 200000;
        if (mk_timer_arm(timer, due) != KERN_SUCCESS) return 2;
        if (soak_receive(&message.message.header, sizeof(message), timer, 0, 0) != MACH_MSG_SUCCESS) return 3;
        if (mach_absolute_time() < due) return 4;
    }
    if (mk_timer_arm(timer, mach_absolute_time() + HOUR) != KERN_SUCCESS) return 5;
    clock_serv_t clock = MACH_PORT_NULL;
    struct alarm_message alarm;
    if (host_get_clock_service(mach_host_self(), SYSTEM_CLOCK, &clock) != KERN_SUCCESS) return 6;
    if (mach_port_allocate(SELF, MACH_PORT_RIGHT_RECEIVE, &port) != KERN_SUCCESS) return 7;
    if (clock_alarm(clock, TIME_RELATIVE, (mach_timespec_t){0, 300000}, port) != KERN_SUCCESS) return 8;
    if (soak_receive(&alarm.header, sizeof(alarm), port, 0, 0) != MACH_MSG_SUCCESS) return 9;
    uint64_t time = 0;
    if (mk_timer_cancel(timer, &time) != KERN_SUCCESS || time == 0) return 10;
    if (mk_timer_destroy(timer) != KERN_SUCCESS) return 11;
    return 0;
}

static void fork_often(struct soak_thread *thread) {
    (void)thread;
    while (!soak_over()) {
        pid_t it = fork();
        MUST(it >= 0);
        if (it == 0) {
            // It goes with a parent that fails.
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            _exit(child());
        }
        int status = 0;
        MUST_BE(waitpid(it, &status, 0), it);
        MUST_BE(status, 0);
        soak_did(1);
    }
}

// ---- A round

static void one_round(void) {
    mach_port_t host = mach_host_self();
    MUST_DO(host_get_clock_service(host, SYSTEM_CLOCK, &system_clock));
    MUST_DO(mach_port_deallocate(SELF, host));
    for (unsigned i = 0; i < SETS; i++) sets[i] = soak_set();
    for (unsigned i = 0; i < TIMERS; i++) {
        memset(&timers[i], 0, sizeof(timers[i]));
        timers[i].port = mk_timer_create();
        MUST(timers[i].port != MACH_PORT_NULL);
        atomic_store(&timers[i].earliest, UINT64_MAX);
        if (chance(4) != 0) MUST_DO(mach_port_insert_member(SELF, timers[i].port, sets[chance(SETS)]));
    }
    atomic_store(&all_done, false);
    // Those who make messages come first and end first.
    struct soak_thread threads[OWNERS + 3 + RECEIVERS + 1] = {0};
    unsigned count = 0;
    for (unsigned i = 0; i < OWNERS; i++) threads[count++] = (struct soak_thread){.body = own, .index = i};
    threads[count++] = (struct soak_thread){.body = make_and_destroy};
    threads[count++] = (struct soak_thread){.body = use_alarms};
    threads[count++] = (struct soak_thread){.body = fork_often};
    unsigned makers = count;
    for (unsigned i = 0; i < RECEIVERS; i++) threads[count++] = (struct soak_thread){.body = receive, .index = i};
    threads[count++] = (struct soak_thread){.body = move};
    for (unsigned i = 0; i < count; i++) soak_start(&threads[i]);
    for (unsigned i = 0; i < makers; i++) soak_join(&threads[i]);
    atomic_store(&all_done, true);
    for (unsigned i = makers; i < count; i++) soak_join(&threads[i]);
    for (unsigned i = 0; i < TIMERS; i++) MUST_DO(mk_timer_destroy(timers[i].port));
    for (unsigned i = 0; i < SETS; i++) MUST_DO(mach_port_destroy(SELF, sets[i]));
    MUST_DO(mach_port_deallocate(SELF, system_clock));
}

int main(void) { return soak("timers", one_round); }
