// Whether a sanitizer makes every step many times slower, so that a stress test does the same in fewer rounds.
#ifndef CTESTS_STRESS_H
#define CTESTS_STRESS_H

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#elif __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__) && !defined(UNDER_TSAN)
#define UNDER_TSAN 1
#elif defined(__SANITIZE_ADDRESS__) && !defined(UNDER_ASAN)
#define UNDER_ASAN 1
#endif

#ifndef UNDER_TSAN
#define UNDER_TSAN 0
#endif
#ifndef UNDER_ASAN
#define UNDER_ASAN 0
#endif

// So many rounds plainly, so many when a sanitizer slows them down.
#define ROUNDS_OF(plain, slow) (UNDER_TSAN || UNDER_ASAN ? (slow) : (plain))

#endif
