// What programs of hard use share, the soak programs and the races: what must hold, rights and messages in short, and accounts that nothing may be missing
// from. The frame of the program brings soak_fail and chance.
#ifndef CTESTS_RIGHTS_SUPPORT_H
#define CTESTS_RIGHTS_SUPPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/mach.h>
#include <mach/mach_linux.h>
#include <mach/notify.h>
#include <mach/task.h>
#include <mach/vm_map.h>

#define SELF            mach_task_self()
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
// Bytes of a message from its header to this field, which is the first that does not belong to it.
#define SIZE_TO(type, field) ((mach_msg_size_t)offsetof(type, field))

// ---- The frame's

// Says what is wrong and how to repeat it, and ends the program.
_Noreturn void soak_fail(const char *file, int line, const char *what, int64_t got, int64_t wanted);
// The next number of the calling thread, below the bound: every thread has its own row of numbers, from the seed.
uint32_t chance(uint32_t bound);

// What must hold; says where, with the seed and the round, and ends the program.
#define MUST(condition) ((condition) ? (void)0 : soak_fail(__FILE__, __LINE__, #condition, 0, 0))
#define MUST_BE(call, code)                                                                                            \
    do {                                                                                                               \
        int64_t got_ = (int64_t)(call), wanted_ = (int64_t)(code);                                                     \
        if (got_ != wanted_) soak_fail(__FILE__, __LINE__, #call, got_, wanted_);                                      \
    } while (0)
#define MUST_DO(call) MUST_BE(call, KERN_SUCCESS)
// The code must be one of those given, which are separated by commas.
#define MUST_BE_ONE_OF(call, ...)                                                                                      \
    do {                                                                                                               \
        const int64_t codes_[] = {__VA_ARGS__}, code_ = (int64_t)(call);                                               \
        if (!soak_is_in(code_, codes_, COUNT_OF(codes_)))                                                              \
            soak_fail(__FILE__, __LINE__, #call " is not one of " #__VA_ARGS__, code_, codes_[0]);                     \
    } while (0)
bool soak_is_in(int64_t code, const int64_t *codes, size_t count);

// ---- Rights

mach_port_t soak_port(void);           // a receive right
mach_port_t soak_port_with_send(void); // receive and a send right under one name
mach_port_t soak_set(void);
task_t soak_task(void); // a child of the process's task
void soak_limit(mach_port_t port, mach_port_msgcount_t limit);
// A send right of the caller's under a name of the task's that was free.
mach_port_name_t soak_give(task_t task, mach_port_t right, mach_msg_type_name_t disposition);

// ---- Messages

mach_msg_return_t soak_send(mach_msg_header_t *header, mach_msg_size_t size, mach_msg_option_t option,
                            mach_msg_timeout_t timeout);
mach_msg_return_t soak_receive(mach_msg_header_t *header, mach_msg_size_t size, mach_port_t name,
                               mach_msg_option_t option, mach_msg_timeout_t timeout);

// A number for a pair of numbers that sums of others do not make: what was sent and what was received add up to the same only if they are the same.
uint64_t soak_mix(uint64_t a, uint64_t b);

// ---- Accounts

// Send-once rights that all come back: whether it is used, dropped, or dies with a message or a task, each gives one message on the account's port.
struct account {
    mach_port_t port;
    atomic_ullong made;
};
void open_account(struct account *account);
// All that were made have come back; the account's port goes.
void close_account(struct account *account);
// Takes what has come back so far, for the port holds no more than 65,534 messages. By one thread.
void read_account(struct account *account);

// Ports that come home: receive rights whose end, wherever it is, sends them back to the home's port, for they have the port-destroyed notification
// requested. What is lost on its way does not come.
struct home {
    mach_port_t port;
    unsigned out; // tokens that are not at home
};
void open_home(struct home *home);
// A new token, a receive right of the caller's. By the thread that has the home.
mach_port_t make_token(struct home *home);
// Takes back those that have come home so far, and ends them.
void welcome_tokens(struct home *home);
// Every token is back; the home goes.
void close_home(struct home *home);

#endif
