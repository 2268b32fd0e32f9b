/* Threads that take turns: one runs at a time, and at each step a seed chooses who goes on. The turns are passed by
   relaxed stores and system calls, which order nothing in the eyes of ThreadSanitizer, so that it finds the same data
   races between the threads as without the turns. */
#if defined(CHECKED)
#include "clinux.h"

#define UNSEEN __attribute__((no_sanitize("thread")))

enum { READY, ASLEEP, ENDED };

/* One thread of the race. */
struct clinux_racer {
    uint32_t turn; // 1: it is this thread's
    int state;
    const void *word; // what it sleeps on
    uint64_t deadline;
    int outcome; // of its sleep
    uint32_t rank;
    bool is_ending;
    const clinux_body *body;
    pthread_t thread;
};

static struct {
    struct clinux_racer racers[CLINUX_MOST_RACERS];
    uint32_t count;
    uint64_t random;
    uint32_t patience; // how many steps a thread makes in a row, about; 0: those of the highest rank run
    uint32_t lowest;
    uint64_t course;
    uint32_t result; // futex word for the caller: 0 while the race goes on
    bool is_cancelled;
} race;

_Thread_local struct clinux_racer *clinux_racer_slot;
static pthread_key_t end_key;
static bool has_end_key;

enum { OVER = 1, STUCK = 2 };

/* The processor's order; the compiler's comes with it. */
static inline void order_memory(void) {
#if defined(__aarch64__)
    __asm__ volatile("dmb ish" ::: "memory");
#else
    __asm__ volatile("" ::: "memory");
#endif
}

UNSEEN static void hand_on(uint32_t *word, uint32_t value) {
    order_memory();
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
    syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

UNSEEN static void await_change(uint32_t *word) {
    while (__atomic_load_n(word, __ATOMIC_RELAXED) == 0) {
        syscall(SYS_futex, word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0);
    }
    order_memory();
}

UNSEEN static uint32_t chance(uint32_t bound) {
    race.random += 0x9e3779b97f4a7c15u;
    uint64_t mixed = race.random;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((mixed ^ (mixed >> 31)) % bound);
}

/* Whether a sleeper may wake by itself: its time is over, or a signal comes. */
UNSEEN static bool may_wake(const struct clinux_racer *racer) {
    return racer->state == ASLEEP && racer->deadline != UINT64_MAX;
}

UNSEEN static void wake(struct clinux_racer *racer, int outcome) {
    racer->state = READY;
    racer->outcome = outcome;
}

UNSEEN static struct clinux_racer *choose(struct clinux_racer *current) {
    struct clinux_racer *choice[CLINUX_MOST_RACERS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < race.count; i++) {
        struct clinux_racer *racer = &race.racers[i];
        // Time runs as the seed wants.
        if (may_wake(racer) && chance(16) == 0) wake(racer, racer->deadline == INT64_MAX ? EINTR : ETIMEDOUT);
        if (racer->state == READY) choice[count++] = racer;
    }
    if (count == 0) {
        // All sleep: time goes on to the next deadline.
        struct clinux_racer *next = NULL;
        for (uint32_t i = 0; i < race.count; i++) {
            struct clinux_racer *racer = &race.racers[i];
            if (!may_wake(racer) || racer->deadline == INT64_MAX) continue;
            if (next == NULL || racer->deadline < next->deadline) next = racer;
        }
        if (next != NULL) wake(next, ETIMEDOUT);
        return next;
    }
    if (race.patience == 0) {
        if (current != NULL && chance(24) == 0) current->rank = race.lowest--;
        struct clinux_racer *next = choice[0];
        for (uint32_t i = 1; i < count; i++) {
            if (choice[i]->rank > next->rank) next = choice[i];
        }
        return next;
    }
    if (current != NULL && current->state == READY && chance(race.patience) != 0) return current;
    return choice[chance(count)];
}

/* Lets the chosen one go on, and waits for the next turn of the current one, unless that has ended. */
UNSEEN static void pass(struct clinux_racer *current) {
    struct clinux_racer *next = choose(current);
    if (next == NULL) {
        bool is_over = true;
        for (uint32_t i = 0; i < race.count; i++) is_over &= race.racers[i].state == ENDED;
        hand_on(&race.result, is_over ? OVER : STUCK);
    } else {
        race.course = (race.course ^ (uint64_t)(next - race.racers + 1)) * 0x100000001b3u;
        if (next == current) return;
        hand_on(&next->turn, 1);
    }
    if (current->state == ENDED) return;
    await_change(&current->turn);
    current->turn = 0;
}

UNSEEN void clinux_step(void) {
    if (clinux_racer_slot == NULL) return;
    int saved = errno;
    pass(clinux_racer_slot);
    errno = saved;
}

UNSEEN int clinux_race_wait(const void *word, uint32_t expected, uint64_t deadline) {
    struct clinux_racer *racer = clinux_racer_slot;
    int saved = errno;
    pass(racer);
    int outcome = EAGAIN;
    if (__atomic_load_n((const uint32_t *)word, __ATOMIC_RELAXED) == expected) {
        racer->state = ASLEEP;
        racer->word = word;
        racer->deadline = deadline;
        pass(racer);
        outcome = racer->outcome;
    }
    errno = saved;
    return outcome;
}

UNSEEN void clinux_race_wake(const void *word, int count) {
    uint32_t first = chance(race.count);
    for (uint32_t i = 0; i < race.count && count > 0; i++) {
        struct clinux_racer *racer = &race.racers[(first + i) % race.count];
        if (racer->state != ASLEEP || racer->word != word) continue;
        wake(racer, 0);
        count--;
    }
    clinux_step();
}

/* The destructors that the thread's own data has run first: they are part of the race. */
UNSEEN static void end(void *value) {
    struct clinux_racer *racer = value;
    if (!racer->is_ending) {
        racer->is_ending = true;
        if (pthread_setspecific(end_key, racer) == 0) return;
    }
    clinux_racer_slot = NULL;
    racer->state = ENDED;
    pass(racer);
}

UNSEEN static void *run(void *value) {
    struct clinux_racer *racer = value;
    await_change(&racer->turn);
    racer->turn = 0;
    if (race.is_cancelled) return NULL;
    if (pthread_setspecific(end_key, racer) != 0) abort();
    clinux_racer_slot = racer;
    racer->body->run(racer->body->argument);
    return NULL;
}

UNSEEN static void start(uint64_t seed, const clinux_body *bodies, uint32_t count) {
    static const uint32_t patience[] = {0, 1, 2, 4, 8, 0, 16, 3};
    memset(&race, 0, sizeof race);
    race.random = seed;
    race.count = count;
    race.course = 0xcbf29ce484222325u;
    race.patience = patience[chance(sizeof patience / sizeof *patience)];
    race.lowest = INT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        race.racers[i].body = &bodies[i];
        race.racers[i].rank = (uint32_t)INT32_MAX + 1 + chance(INT32_MAX);
    }
}

int clinux_race(uint64_t seed, const clinux_body *bodies, uint32_t count, uint64_t *course) {
    if (count == 0 || count > CLINUX_MOST_RACERS) return EINVAL;
    if (!has_end_key && pthread_key_create(&end_key, end) != 0) return ENOMEM;
    has_end_key = true;
    start(seed, bodies, count);
    uint32_t made = 0;
    while (made < count && pthread_create(&race.racers[made].thread, NULL, run, &race.racers[made]) == 0) made++;
    race.is_cancelled = made < count;
    if (race.is_cancelled) {
        for (uint32_t i = 0; i < made; i++) hand_on(&race.racers[i].turn, 1);
    } else {
        struct clinux_racer *first = choose(NULL);
        hand_on(&first->turn, 1);
        await_change(&race.result);
        // The threads that sleep for ever are there for a debugger.
        if (__atomic_load_n(&race.result, __ATOMIC_RELAXED) == STUCK) return EDEADLK;
    }
    for (uint32_t i = 0; i < made; i++) pthread_join(race.racers[i].thread, NULL);
    if (race.is_cancelled) return EAGAIN;
    if (course != NULL) *course = race.course;
    return 0;
}
#else
typedef int nothing; // an empty file is none in C
#endif
