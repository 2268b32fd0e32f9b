// What the races share: threads whose turns a seed chooses, and letters, messages of which it is known in the end who sent and who received them.
#ifndef CTESTS_RACE_SUPPORT_H
#define CTESTS_RACE_SUPPORT_H

#include "../soak/rights_support.h"

enum { MOST_RACERS = 6, MOST_LETTERS = 4, MOST_BOXES = 2 };

// What became of a letter, as one thread knows it.
struct letter_record {
    bool is_sent;
    unsigned received;
    unsigned place; // era and sequence number when it was received
};

// One thread of a race. Nothing in it is touched by two threads.
struct racer {
    void (*body)(struct racer *me);
    task_t task;       // to act as; MACH_PORT_NULL for the process's task
    bool task_may_end; // then the thread may find it gone, and does nothing
    unsigned letters;  // so many it may post
    unsigned index;    // for the body
    void *argument;    // for the body
    unsigned era;      // counts how often the receive right has moved before this thread receives
    unsigned rank;     // the rest is race_support's
    uint64_t row;
    unsigned posted;
    mach_port_name_t proofs[MOST_LETTERS];
    struct letter_record records[MOST_BOXES][MOST_RACERS][MOST_LETTERS];
};

// Runs the racers with the present seed, until all have ended; at most once in a race. What they post has proofs, which all come back: see
// `close_letters`.
void run_race(struct racer *racers, unsigned count);
#define RUN_RACE(...)                                                                                                  \
    do {                                                                                                               \
        struct racer racers_[] = {__VA_ARGS__};                                                                        \
        run_race(racers_, COUNT_OF(racers_));                                                                          \
    } while (0)

// ---- Letters

struct parcel {
    mach_msg_header_t header;
    union {
        struct {
            uint32_t box, sender, number;
        };
        struct {
            mach_msg_body_t body;
            mach_msg_port_descriptor_t right;
        };
        struct {
            NDR_record_t NDR;
            mach_port_name_t not_port; // or the count of no-senders
        };
    };
    unsigned char trailer[100];
};
enum { LETTER = 1000, CARRIER = 2000 }; // msgh_id

// Sends the thread's next letter by a copy of a send right. Its reply right is its proof. A letter that could not be sent is the next one again, and what
// came back with it is put in order.
mach_msg_return_t post_letter(struct racer *me, unsigned box, mach_port_name_t to, mach_msg_option_t option,
                              mach_msg_timeout_t timeout);
// Receives anything; a letter is noted and its proof given up, and anything else is the caller's.
mach_msg_return_t take(struct racer *me, struct parcel *parcel, mach_port_name_t name, mach_msg_option_t option,
                       mach_msg_timeout_t timeout);
// Takes just so many letters, waiting for them.
void take_letters(struct racer *me, mach_port_name_t name, unsigned count);
// Sends a message that carries one right, with an id of CARRIER.
mach_msg_return_t send_right(mach_port_name_t to, mach_port_name_t right, mach_msg_type_name_t disposition);

// By the main thread, after the race. Takes what is left in a queue; how many letters.
unsigned drain(mach_port_name_t name, unsigned era);
// What may have become of the letters of a box: all arrive; some end with their port, and those that left the queue before all arrive; or a name has meant
// several ports, or letters have ended on their way to a task.
enum fate { ALL_ARRIVE, SOME_END, ANY_MAY_END };
// Every letter that was received was sent, and received once; unless any may end, those of one sender in their order, and those of each era of a box have
// the sequence numbers from 0 on. All proofs are back.
void close_letters(enum fate fate);
// So many letters have been sent.
unsigned letters_sent(unsigned box);

// ---- What names are

mach_port_type_t race_type(task_t task, mach_port_name_t name); // 0 for a name that is not in use
mach_port_urefs_t race_refs(task_t task, mach_port_name_t name, mach_port_right_t right);
mach_port_status_t race_status(mach_port_name_t port);
// Ends a task of the race, by its port, which goes as well.
void end_task(task_t task);
// Asks for a notification to a fresh send-once right of the port `notify`, both of the caller's task.
kern_return_t ask_for(mach_port_name_t name, mach_msg_id_t id, mach_port_mscount_t sync, mach_port_name_t notify,
                      mach_port_t *previous);
// There is nothing more.
void must_be_empty(mach_port_name_t name);

// ---- The races

struct race {
    const char *name;
    void (*run)(void);
};
extern const struct race races_of_rights[], races_of_waits[], races_of_sets[], races_of_notifications[],
    races_of_tasks[], races_of_names[], races_of_semaphores[],
    races_of_bootstrap[]; // each ends with a race without a name

// What the driver calls before each race.
void begin_race(uint64_t seed);
// The present seed, and the course of its race.
extern uint64_t race_seed, race_course;

#endif
