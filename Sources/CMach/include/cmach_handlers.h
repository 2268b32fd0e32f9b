/// The routines that a program defines for the library's servers, or not: weak references. Not installed.
#ifndef CMACH_HANDLERS_H
#define CMACH_HANDLERS_H

#include <stdbool.h>

#include <mach/clock_reply.h>
#include <mach/exc.h>
#include <mach/mach_exc.h>
#include <mach/notify_server.h>

#pragma weak catch_exception_raise
#pragma weak catch_exception_raise_state
#pragma weak catch_exception_raise_state_identity
#pragma weak catch_mach_exception_raise
#pragma weak catch_mach_exception_raise_state
#pragma weak catch_mach_exception_raise_state_identity
#pragma weak clock_alarm_reply
#pragma weak do_mach_notify_port_deleted
#pragma weak do_mach_notify_send_possible
#pragma weak do_mach_notify_port_destroyed
#pragma weak do_mach_notify_no_senders
#pragma weak do_mach_notify_send_once
#pragma weak do_mach_notify_dead_name

/* Whether the program defines a routine. It may only be called then. */
static inline bool cmach_defines_catch_exception_raise(void) { return catch_exception_raise != 0; }
static inline bool cmach_defines_catch_exception_raise_state(void) { return catch_exception_raise_state != 0; }
static inline bool cmach_defines_catch_exception_raise_state_identity(void) {
    return catch_exception_raise_state_identity != 0;
}
static inline bool cmach_defines_catch_mach_exception_raise(void) { return catch_mach_exception_raise != 0; }
static inline bool cmach_defines_catch_mach_exception_raise_state(void) {
    return catch_mach_exception_raise_state != 0;
}
static inline bool cmach_defines_catch_mach_exception_raise_state_identity(void) {
    return catch_mach_exception_raise_state_identity != 0;
}
static inline bool cmach_defines_clock_alarm_reply(void) { return clock_alarm_reply != 0; }
static inline bool cmach_defines_do_mach_notify_port_deleted(void) { return do_mach_notify_port_deleted != 0; }
static inline bool cmach_defines_do_mach_notify_send_possible(void) { return do_mach_notify_send_possible != 0; }
static inline bool cmach_defines_do_mach_notify_port_destroyed(void) { return do_mach_notify_port_destroyed != 0; }
static inline bool cmach_defines_do_mach_notify_no_senders(void) { return do_mach_notify_no_senders != 0; }
static inline bool cmach_defines_do_mach_notify_send_once(void) { return do_mach_notify_send_once != 0; }
static inline bool cmach_defines_do_mach_notify_dead_name(void) { return do_mach_notify_dead_name != 0; }

/* The calls, here because only C makes weak references. */

static inline kern_return_t cmach_exception_raise(mach_port_t port, mach_port_t thread, mach_port_t task,
                                                  exception_type_t exception, void *code, mach_msg_type_number_t count,
                                                  bool wide) {
    return wide ? catch_mach_exception_raise(port, thread, task, exception, (mach_exception_data_t)code, count)
                : catch_exception_raise(port, thread, task, exception, (exception_data_t)code, count);
}

static inline kern_return_t cmach_exception_raise_state(mach_port_t port, exception_type_t exception, void *code,
                                                        mach_msg_type_number_t count, int *flavor, void *old_state,
                                                        mach_msg_type_number_t old_count, void *new_state,
                                                        mach_msg_type_number_t *new_count, bool wide) {
    return wide ? catch_mach_exception_raise_state(port, exception, (mach_exception_data_t)code, count, flavor,
                                                   (thread_state_t)old_state, old_count, (thread_state_t)new_state,
                                                   new_count)
                : catch_exception_raise_state(port, exception, (exception_data_t)code, count, flavor,
                                              (thread_state_t)old_state, old_count, (thread_state_t)new_state,
                                              new_count);
}

static inline kern_return_t cmach_exception_raise_state_identity(mach_port_t port, mach_port_t thread, mach_port_t task,
                                                                 exception_type_t exception, void *code,
                                                                 mach_msg_type_number_t count, int *flavor,
                                                                 void *old_state, mach_msg_type_number_t old_count,
                                                                 void *new_state, mach_msg_type_number_t *new_count,
                                                                 bool wide) {
    return wide ? catch_mach_exception_raise_state_identity(port, thread, task, exception, (mach_exception_data_t)code,
                                                            count, flavor, (thread_state_t)old_state, old_count,
                                                            (thread_state_t)new_state, new_count)
                : catch_exception_raise_state_identity(port, thread, task, exception, (exception_data_t)code, count,
                                                       flavor, (thread_state_t)old_state, old_count,
                                                       (thread_state_t)new_state, new_count);
}

static inline kern_return_t cmach_clock_alarm_reply(mach_port_t port, kern_return_t code, alarm_type_t type,
                                                    unsigned seconds, int nanoseconds) {
    mach_timespec_t time;
    time.tv_sec = seconds;
    time.tv_nsec = nanoseconds;
    return clock_alarm_reply(port, code, type, time);
}

static inline kern_return_t cmach_notify_port_deleted(mach_port_t notify, mach_port_name_t name) {
    return do_mach_notify_port_deleted(notify, name);
}
static inline kern_return_t cmach_notify_send_possible(mach_port_t notify, mach_port_name_t name) {
    return do_mach_notify_send_possible(notify, name);
}
static inline kern_return_t cmach_notify_port_destroyed(mach_port_t notify, mach_port_t rights) {
    return do_mach_notify_port_destroyed(notify, rights);
}
static inline kern_return_t cmach_notify_no_senders(mach_port_t notify, mach_port_mscount_t count) {
    return do_mach_notify_no_senders(notify, count);
}
static inline kern_return_t cmach_notify_send_once(mach_port_t notify) { return do_mach_notify_send_once(notify); }
static inline kern_return_t cmach_notify_dead_name(mach_port_t notify, mach_port_name_t name) {
    return do_mach_notify_dead_name(notify, name);
}

#endif
