// What the fuzzers share: reading an input, three tasks to act as, names and memory to choose from, and the proof that
// an input left nothing behind.
#ifndef CTESTS_FUZZ_SUPPORT_H
#define CTESTS_FUZZ_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mach/mach.h>
#include <mach/mach_linux.h>

#define SELF            mach_task_self()
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

// Ends the fuzzer with a text if the condition does not hold.
#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) must_fail(#condition, __FILE__, __LINE__);                                                   \
    } while (0)
_Noreturn void must_fail(const char *condition, const char *file, int line);

// ---- Inputs

// What is left of an input. Behind its end everything reads as 0.
struct input {
    const uint8_t *at;
    size_t left;
};
// Keeps the input in the file that FUZZ_INPUT names, if it names one, for what takes the sanitizer down too.
struct input begin_bytes(const uint8_t *bytes, size_t size);
uint8_t next_byte(struct input *input);
uint16_t next_half(struct input *input);
uint32_t next_word(struct input *input);
uint64_t next_wide(struct input *input);
// A number that is small, at an edge, or anything; one byte or five.
uint32_t next_number(struct input *input);

// ---- What disturbs calls

// What a byte of an input lets calls of this thread meet until calm(): an allocation or a system call that fails, null
// pointers, or a time-out that is not 0.
struct disturbance {
    uint8_t kinds, n, nulls; // faults for mach_linux_inject; pointers that are null
    bool all, waits, gave_null;
};
extern _Thread_local struct disturbance disturbance;
void disturb(uint8_t how);
void calm(void);
// A pointer to something that the caller must give, or null: then the call fails.
void *out(unsigned index, void *pointer);
// 0, or 1 a few times in an input.
mach_msg_timeout_t choose_timeout(void);
// Makes one call of the library under these conditions.
#define TRY(expression)                                                                                                \
    ({                                                                                                                 \
        begin_call();                                                                                                  \
        __typeof__(expression) code_of_call = (expression);                                                            \
        end_call((kern_return_t)code_of_call);                                                                         \
        code_of_call;                                                                                                  \
    })
void begin_call(void);
void end_call(kern_return_t code);

// ---- The tasks of an input

enum { TASKS = 3, FIRST_NEW_NAME = 14, NAMES = 24 };

// What names[] has in the beginning.
enum {
    PORT,         // receive and send
    RECEIVER,     // receive alone
    SET,          // with RECEIVER in it
    FULL,         // receive and send, limit 1, one message
    GUARDED,      // receive and send, guard GUARD
    DEAD,         // a dead name
    ONCE,         // a send-once right to PORT
    NEXT_TASK,    // the task ports of the two other tasks
    LAST_TASK,    //
    THREAD,       // the fuzzer's thread
    HOST,         //
    TASK_NAME,    // the name port of this task
    OTHER_PORT,   // a send right to the next task's PORT
    OTHER_RECEIVE // a send right to the next task's RECEIVER
};
#define GUARD 7

extern task_t tasks[TASKS]; // as the process's task names them
extern mach_port_name_t names[TASKS][NAMES];
extern unsigned acting;
// No other thread calls the library: then what a call changes can be told.
extern bool is_alone;

// Makes so many tasks with their names, and acts as the first.
void begin_input(unsigned count);
// Ends them; all that the input made must be gone then, and every invariant hold.
void end_input(void);
// For a fuzzer with more threads, before its first input: `join` is called when the tasks have ended, and waits for
// what the threads do as these; then what the thread's port keeps is put back.
void add_thread(mach_port_t port, void (*join)(void));
// The thread acts as this task from now on. False when the task has ended: then as the process's, which no input may
// touch.
bool act_as(unsigned task);
// The task as which the thread acts lives.
bool is_alive(void);
// Makes one more task, a child of one of the three, whose port they all get; up to four in an input.
void make_child(unsigned parent, bool inherits);
// A task that the input has made, and whose port is in the task as which the thread acts: end_input ends it.
void keep_task(mach_port_name_t child);
// A descriptor that the input asked for: end_input closes it.
void keep_descriptor(int descriptor);

// One of the task's names, old or new, or one that is none.
mach_port_name_t choose_name(unsigned task, uint8_t selector);
void record_name(unsigned task, mach_port_name_t name);
// Keeps a number from being a name that would make a space's table very large.
uint32_t tame_name(uint32_t number);
// The same for the length of a message that a port sets aside: no more than some memory, or far too much.
uint32_t tame_length(uint32_t length);
// A disposition, mostly a good one.
mach_msg_type_name_t choose_disposition(uint8_t selector);

// ---- Memory

// Memory for a message: what may leave the process is made for the purpose. *size is set.
void *choose_memory(uint8_t selector, bool leaves, mach_msg_size_t *size);
// Pages of which an input may do what it wants, so many bytes.
void *fresh_pages(unsigned count, bool from_library);
// The library has made new pages in place of fresh ones.
void renew_pages(void *address, size_t size);
// Gives back memory that the library made.
void give_back(void *address, size_t size);

// ---- Messages

enum { LARGEST_MESSAGE = 1024 };

// Makes a message that carries up to three descriptors; returns its size.
mach_msg_size_t build_message(struct input *input, unsigned task, void *buffer);
// Makes bytes harmless where they are addresses and lengths of memory, and names where they are names.
void tame_message(unsigned task, void *message, mach_msg_size_t size);
// Ends a message that was received: its memory, and its rights too or these become names to choose from.
void end_message(mach_msg_header_t *message, bool keep_rights);
// The buffer holds a message after such a result of the call: received, or come back.
bool has_message(mach_msg_return_t code);
// Sends, receives or both, under the conditions of the moment, out of and into memory of exactly these sizes, and ends
// what arrives.
mach_msg_return_t call(const void *message, mach_msg_option_t option, mach_msg_size_t send_size,
                       mach_msg_size_t receive_size, mach_port_name_t receive_name, uint8_t how);
// The memory of a message alone, or what mach_msg_destroy leaves of it.
void end_memory(mach_msg_header_t *message, bool is_destroyed);

#endif
