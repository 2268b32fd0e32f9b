// Threads in a race, letters and their proofs, and short ways to look at names.
#include "race_support.h"

static _Thread_local uint64_t row_state;
static struct account account;
static bool is_open;
static struct racer main_racer;
static struct racer *present;
static unsigned present_count;

uint64_t race_seed, race_course;

uint32_t chance(uint32_t bound) {
    row_state += 0x9e3779b97f4a7c15u;
    return (uint32_t)((soak_mix(row_state, 0) >> 32) * bound >> 32);
}

// ---- Running

static void run_racer(void *argument) {
    struct racer *me = argument;
    row_state = me->row;
    if (me->task != MACH_PORT_NULL) {
        kern_return_t code = mach_linux_task_adopt(me->task);
        if (me->task_may_end && code == KERN_INVALID_ARGUMENT) return;
        MUST_DO(code);
    }
    me->body(me);
    // A thread may end as the task, or go back first.
    if (me->task != MACH_PORT_NULL && chance(2) == 0) MUST_DO(mach_linux_task_adopt(MACH_PORT_NULL));
}

static mach_port_name_t make_proof(task_t task) {
    account.made += 1;
    if (task != MACH_PORT_NULL) return soak_give(task, account.port, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    mach_port_t proof = MACH_PORT_NULL;
    mach_msg_type_name_t type = 0;
    MUST_DO(mach_port_extract_right(SELF, account.port, MACH_MSG_TYPE_MAKE_SEND_ONCE, &proof, &type));
    return proof;
}

void begin_race(uint64_t seed) {
    race_seed = seed;
    race_course = 0;
    row_state = soak_mix(seed, 0);
    is_open = false;
    present_count = 0;
    memset(&main_racer, 0, sizeof(main_racer));
}

void run_race(struct racer *racers, unsigned count) {
    struct mach_linux_racer bodies[MOST_RACERS];
    static struct racer kept[MOST_RACERS]; // until the letters are closed
    MUST(count <= MOST_RACERS && !is_open);
    open_account(&account);
    is_open = true;
    memcpy(kept, racers, count * sizeof(*racers));
    for (unsigned i = 0; i < count; i++) {
        kept[i].rank = i;
        kept[i].row = soak_mix(race_seed, i + 1);
        MUST(kept[i].letters <= MOST_LETTERS);
        for (unsigned j = 0; j < kept[i].letters; j++) kept[i].proofs[j] = make_proof(kept[i].task);
        bodies[i] = (struct mach_linux_racer){run_racer, &kept[i]};
    }
    present = kept;
    present_count = count;
    // Timed out: a thread sleeps that no one will ever wake.
    MUST_DO(mach_linux_race(race_seed, bodies, count, &race_course));
    memcpy(racers, kept, count * sizeof(*racers));
}

// ---- Letters

mach_msg_return_t post_letter(struct racer *me, unsigned box, mach_port_name_t to, mach_msg_option_t option,
                              mach_msg_timeout_t timeout) {
    MUST(me->posted < me->letters);
    struct parcel letter = {
        .header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MOVE_SEND_ONCE),
                   .msgh_remote_port = to,
                   .msgh_local_port = me->proofs[me->posted],
                   .msgh_id = LETTER}};
    letter.box = box;
    letter.sender = me->rank;
    letter.number = me->posted;
    mach_msg_return_t code = soak_send(&letter.header, SIZE_TO(struct parcel, trailer) - 4, option, timeout);
    if (code == MACH_SEND_TIMED_OUT || code == MACH_SEND_INTERRUPTED) {
        // The copied right has become a reference more, unless its port has died since; the proof has another name.
        MUST_BE(letter.header.msgh_bits, MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MOVE_SEND_ONCE));
        MUST_BE_ONE_OF(letter.header.msgh_remote_port, to, MACH_PORT_DEAD);
        if (letter.header.msgh_remote_port == to) MUST_DO(mach_port_deallocate(SELF, to));
        MUST(letter.box == box && letter.sender == me->rank && letter.number == me->posted);
        me->proofs[me->posted] = letter.header.msgh_local_port;
    }
    if (code == MACH_MSG_SUCCESS) me->records[box][me->rank][me->posted++].is_sent = true;
    return code;
}

static uint32_t sequence_number(const mach_msg_header_t *header) {
    mach_msg_seqno_trailer_t trailer;
    memcpy(&trailer, (const char *)header + header->msgh_size, sizeof(trailer));
    return trailer.msgh_seqno;
}

mach_msg_return_t take(struct racer *me, struct parcel *parcel, mach_port_name_t name, mach_msg_option_t option,
                       mach_msg_timeout_t timeout) {
    option |= MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_SEQNO);
    mach_msg_return_t code = soak_receive(&parcel->header, sizeof(*parcel), name, option, timeout);
    if (code != MACH_MSG_SUCCESS || parcel->header.msgh_id != LETTER) return code;
    MUST(parcel->box < MOST_BOXES && parcel->sender < present_count && parcel->number < MOST_LETTERS);
    MUST_BE(MACH_MSGH_BITS_REMOTE(parcel->header.msgh_bits), MACH_MSG_TYPE_PORT_SEND_ONCE);
    struct letter_record *record = &me->records[parcel->box][parcel->sender][parcel->number];
    record->received += 1;
    record->place = me->era * 1000 + sequence_number(&parcel->header);
    mach_msg_destroy(&parcel->header);
    return code;
}

void take_letters(struct racer *me, mach_port_name_t name, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        struct parcel parcel;
        MUST_DO(take(me, &parcel, name, 0, 0));
        MUST_BE(parcel.header.msgh_id, LETTER);
    }
}

mach_msg_return_t send_right(mach_port_name_t to, mach_port_name_t right, mach_msg_type_name_t disposition) {
    struct parcel carrier = {
        .header = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX,
                   .msgh_remote_port = to,
                   .msgh_id = CARRIER}};
    carrier.body.msgh_descriptor_count = 1;
    carrier.right.name = right;
    carrier.right.disposition = disposition;
    carrier.right.type = MACH_MSG_PORT_DESCRIPTOR;
    return soak_send(&carrier.header, SIZE_TO(struct parcel, trailer), 0, 0);
}

unsigned drain(mach_port_name_t name, unsigned era) {
    struct parcel parcel;
    unsigned count = 0;
    mach_msg_return_t code;
    main_racer.era = era;
    while ((code = take(&main_racer, &parcel, name, MACH_RCV_TIMEOUT, 0)) == MACH_MSG_SUCCESS) {
        if (parcel.header.msgh_id == LETTER) count++;
        if (parcel.header.msgh_id != LETTER) mach_msg_destroy(&parcel.header);
    }
    MUST_BE(code, MACH_RCV_TIMED_OUT);
    return count;
}

// What all threads together know of a letter.
static struct letter_record sum(unsigned box, unsigned sender, unsigned number) {
    struct letter_record all = main_racer.records[box][sender][number];
    for (unsigned i = 0; i < present_count; i++) {
        const struct letter_record *record = &present[i].records[box][sender][number];
        all.is_sent |= record->is_sent;
        all.received += record->received;
        all.place += record->place;
    }
    return all;
}

static void check_box(unsigned box, enum fate fate) {
    enum { ERAS = 3, MOST = MOST_RACERS * MOST_LETTERS };
    bool seen[ERAS][MOST] = {0};
    unsigned count[ERAS] = {0};
    for (unsigned sender = 0; sender < present_count; sender++) {
        unsigned last = 0;
        for (unsigned number = 0; number < MOST_LETTERS; number++) {
            struct letter_record letter = sum(box, sender, number);
            MUST_BE_ONE_OF(letter.received, letter.is_sent, fate == ALL_ARRIVE ? letter.is_sent : 0);
            if (letter.received == 0 || fate == ANY_MAY_END) continue;
            unsigned era = letter.place / 1000, place = letter.place % 1000;
            MUST(era < ERAS && place < MOST && !seen[era][place]);
            MUST(letter.place >= last);
            last = letter.place;
            seen[era][place] = true;
            count[era]++;
        }
    }
    for (unsigned era = 0; era < ERAS; era++) {
        for (unsigned i = 0; i < count[era]; i++) MUST(seen[era][i]);
    }
}

void close_letters(enum fate fate) {
    for (unsigned box = 0; box < MOST_BOXES; box++) check_box(box, fate);
    for (unsigned i = 0; i < present_count; i++) {
        if (present[i].task != MACH_PORT_NULL) continue;
        for (unsigned j = present[i].posted; j < present[i].letters; j++) {
            MUST_DO(mach_port_deallocate(SELF, present[i].proofs[j]));
        }
    }
    close_account(&account);
    is_open = false;
}

unsigned letters_sent(unsigned box) {
    unsigned count = 0;
    for (unsigned i = 0; i < present_count; i++) {
        for (unsigned j = 0; j < MOST_LETTERS; j++) count += sum(box, i, j).is_sent;
    }
    return count;
}

// ---- What names are

mach_port_type_t race_type(task_t task, mach_port_name_t name) {
    mach_port_type_t type = 0;
    kern_return_t code = mach_port_type(task, name, &type);
    MUST_BE_ONE_OF(code, KERN_SUCCESS, KERN_INVALID_NAME);
    return code == KERN_SUCCESS ? type : 0;
}

mach_port_urefs_t race_refs(task_t task, mach_port_name_t name, mach_port_right_t right) {
    mach_port_urefs_t refs = 0;
    MUST_DO(mach_port_get_refs(task, name, right, &refs));
    return refs;
}

mach_port_status_t race_status(mach_port_name_t port) {
    mach_port_status_t status;
    mach_msg_type_number_t count = MACH_PORT_RECEIVE_STATUS_COUNT;
    MUST_DO(mach_port_get_attributes(SELF, port, MACH_PORT_RECEIVE_STATUS, (mach_port_info_t)&status, &count));
    return status;
}

void end_task(task_t task) {
    MUST_DO(task_terminate(task));
    MUST_DO(mach_port_deallocate(SELF, task));
}

kern_return_t ask_for(mach_port_name_t name, mach_msg_id_t id, mach_port_mscount_t sync, mach_port_name_t notify,
                      mach_port_t *previous) {
    *previous = MACH_PORT_NULL;
    return mach_port_request_notification(SELF, name, id, sync, notify, MACH_MSG_TYPE_MAKE_SEND_ONCE, previous);
}

void must_be_empty(mach_port_name_t name) {
    struct parcel parcel;
    MUST_BE(soak_receive(&parcel.header, sizeof(parcel), name, MACH_RCV_TIMEOUT, 0), MACH_RCV_TIMED_OUT);
}
