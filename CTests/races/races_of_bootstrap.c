// Races of the bootstrap: a service that is checked in, looked up and given back; registered ports that die; subsets that end with their requestor while they are asked.
#include "race_support.h"

#include <servers/bootstrap.h>

static char service[] = "service", second[] = "second";

// ---- One right to receive, whoever checks in; no letter is lost, however often the right goes back.

enum { LETTERS_OF_ALL = 6 };

static mach_port_t created;
static unsigned total; // written by threads that hold the receive right

static void serve(struct racer *me) {
    for (;;) {
        mach_port_t receive = MACH_PORT_NULL;
        kern_return_t code = bootstrap_check_in(bootstrap_port, service, &receive);
        MUST_BE_ONE_OF(code, KERN_SUCCESS, BOOTSTRAP_SERVICE_ACTIVE);
        if (code != KERN_SUCCESS) {
            // The other serves; it gives the right back, or has taken everything.
            bootstrap_status_t status = 77;
            MUST_DO(bootstrap_status(bootstrap_port, service, &status));
            if (__atomic_load_n(&total, __ATOMIC_ACQUIRE) == LETTERS_OF_ALL) return;
            continue;
        }
        MUST_BE(receive, created);
        struct parcel parcel;
        me->era++;
        for (unsigned i = chance(3) + 1; i > 0; i--) {
            mach_msg_return_t got = take(me, &parcel, receive, MACH_RCV_TIMEOUT, 0);
            MUST_BE_ONE_OF(got, MACH_MSG_SUCCESS, MACH_RCV_TIMED_OUT);
            if (got == MACH_MSG_SUCCESS) __atomic_add_fetch(&total, 1, __ATOMIC_ACQ_REL);
        }
        bool is_done = __atomic_load_n(&total, __ATOMIC_ACQUIRE) == LETTERS_OF_ALL;
        MUST_DO(mach_port_mod_refs(SELF, receive, MACH_PORT_RIGHT_RECEIVE, -1));
        if (is_done) return;
    }
}

static void ask(struct racer *me) {
    while (me->posted < me->letters) {
        mach_port_t found = MACH_PORT_NULL;
        MUST_DO(bootstrap_look_up(bootstrap_port, service, &found));
        MUST_BE(found, created);
        MUST_DO(post_letter(me, 0, found, 0, 0));
        MUST_DO(mach_port_deallocate(SELF, found));
    }
}

static void check_in_and_give_back(void) {
    total = 0;
    MUST_DO(bootstrap_create_service(bootstrap_port, service, &created));
    RUN_RACE({.body = serve}, {.body = serve}, {.body = ask, .letters = 3}, {.body = ask, .letters = 3});
    close_letters(ANY_MAY_END);
    MUST_BE(total, LETTERS_OF_ALL);
    MUST_BE(race_refs(SELF, created, MACH_PORT_RIGHT_SEND), 1);
    MUST_DO(bootstrap_register(bootstrap_port, service, MACH_PORT_NULL));
    MUST_BE(race_type(SELF, created), MACH_PORT_TYPE_DEAD_NAME);
    MUST_DO(mach_port_deallocate(SELF, created));
}

// ---- Whoever hears in its wait that the right is gone finds it in the bootstrap's hand.

static void end_right(struct racer *me) {
    (void)me;
    MUST_DO(mach_port_mod_refs(SELF, created, MACH_PORT_RIGHT_RECEIVE, -1));
}

static void wait_and_check_in(struct racer *me) {
    struct parcel parcel;
    mach_port_t receive = MACH_PORT_NULL;
    mach_msg_return_t got = take(me, &parcel, created, 0, 0);
    MUST_BE_ONE_OF(got, MACH_RCV_PORT_CHANGED, MACH_RCV_INVALID_NAME);
    kern_return_t code = bootstrap_check_in(bootstrap_port, service, &receive);
    if (got == MACH_RCV_PORT_CHANGED) MUST_BE(code, KERN_SUCCESS);
    MUST_BE_ONE_OF(code, KERN_SUCCESS, BOOTSTRAP_SERVICE_ACTIVE);
    if (code == KERN_SUCCESS) MUST_DO(mach_port_mod_refs(SELF, receive, MACH_PORT_RIGHT_RECEIVE, -1));
}

static void check_in_after_wait(void) {
    mach_port_t receive = MACH_PORT_NULL;
    MUST_DO(bootstrap_create_service(bootstrap_port, service, &created));
    MUST_DO(bootstrap_check_in(bootstrap_port, service, &receive));
    RUN_RACE({.body = end_right}, {.body = wait_and_check_in});
    close_letters(ALL_ARRIVE);
    MUST_DO(bootstrap_register(bootstrap_port, service, MACH_PORT_NULL));
    MUST_DO(mach_port_deallocate(SELF, created));
}

// ---- Registered ports die while others register and look up.

static mach_port_t ports[3];

static void register_and_die(struct racer *me) {
    mach_port_t port = ports[me->index];
    kern_return_t code = bootstrap_register(bootstrap_port, service, port);
    MUST_BE_ONE_OF(code, KERN_SUCCESS, BOOTSTRAP_SERVICE_ACTIVE);
    MUST_BE_ONE_OF(bootstrap_register(bootstrap_port, second, port), KERN_SUCCESS, BOOTSTRAP_SERVICE_ACTIVE);
    MUST_DO(mach_port_mod_refs(SELF, port, MACH_PORT_RIGHT_RECEIVE, -1));
    // It is gone when the call is back.
    mach_port_t found = MACH_PORT_NULL;
    if (bootstrap_look_up(bootstrap_port, service, &found) == KERN_SUCCESS && found != MACH_PORT_DEAD) {
        MUST(found != port);
        MUST_DO(mach_port_deallocate(SELF, found));
    }
}

static void look(struct racer *me) {
    (void)me;
    for (unsigned i = 0; i < 4; i++) {
        mach_port_t found = MACH_PORT_NULL;
        kern_return_t code = bootstrap_look_up(bootstrap_port, chance(2) == 0 ? service : second, &found);
        MUST_BE_ONE_OF(code, KERN_SUCCESS, BOOTSTRAP_UNKNOWN_SERVICE);
        // It may die on its way to its name.
        if (code == KERN_SUCCESS && found != MACH_PORT_DEAD) MUST_DO(mach_port_deallocate(SELF, found));
    }
}

static void deaths_of_registered_ports(void) {
    for (unsigned i = 0; i < COUNT_OF(ports); i++) ports[i] = soak_port_with_send();
    RUN_RACE({.body = register_and_die, .index = 0}, {.body = register_and_die, .index = 1},
             {.body = register_and_die, .index = 2}, {.body = look});
    close_letters(ALL_ARRIVE);
    mach_port_t found = MACH_PORT_NULL;
    MUST_BE(bootstrap_look_up(bootstrap_port, service, &found), BOOTSTRAP_UNKNOWN_SERVICE);
    MUST_BE(bootstrap_look_up(bootstrap_port, second, &found), BOOTSTRAP_UNKNOWN_SERVICE);
    for (unsigned i = 0; i < COUNT_OF(ports); i++) MUST_DO(mach_port_destroy(SELF, ports[i]));
}

// ---- A subset ends, with its own subsets and a server, while it is asked and while the server ends itself.

static mach_port_t requestor, subset, inner, server;

static void end_requestor(struct racer *me) {
    (void)me;
    MUST_DO(mach_port_mod_refs(SELF, requestor, MACH_PORT_RIGHT_RECEIVE, -1));
}

// The server's last right may go first, or when it is dead already.
static void end_server(struct racer *me) {
    (void)me;
    MUST_DO(mach_port_deallocate(SELF, server));
}

static void use_subset(struct racer *me) {
    for (unsigned i = 0; i < 3; i++) {
        mach_port_t at = chance(2) == 0 ? subset : inner, made = MACH_PORT_NULL, receive = MACH_PORT_NULL;
        char name[] = {'n', (char)('0' + me->index), 0};
        kern_return_t code = bootstrap_create_service(at, name, &made);
        MUST_BE_ONE_OF(code, KERN_SUCCESS, BOOTSTRAP_NAME_IN_USE, MACH_SEND_INVALID_DEST);
        if (code == KERN_SUCCESS && made != MACH_PORT_DEAD) MUST_DO(mach_port_deallocate(SELF, made));
        code = bootstrap_check_in(at, name, &receive);
        MUST_BE_ONE_OF(code, KERN_SUCCESS, BOOTSTRAP_SERVICE_ACTIVE, MACH_SEND_INVALID_DEST);
        if (code == KERN_SUCCESS) MUST_DO(mach_port_destroy(SELF, receive));
        code = bootstrap_subset(at, requestor, &made);
        MUST_BE_ONE_OF(code, KERN_SUCCESS, BOOTSTRAP_NO_MEMORY, MACH_SEND_INVALID_DEST);
        if (code == KERN_SUCCESS && made != MACH_PORT_DEAD) MUST_DO(mach_port_deallocate(SELF, made));
    }
    mig_dealloc_reply_port(mig_get_reply_port());
}

static void ends_of_subsets(void) {
    requestor = soak_port_with_send();
    MUST_DO(bootstrap_subset(bootstrap_port, requestor, &subset));
    MUST_DO(bootstrap_subset(subset, requestor, &inner));
    char none[] = "";
    MUST_DO(bootstrap_create_server(inner, none, 0, FALSE, &server));
    mach_port_t waiting = MACH_PORT_NULL;
    MUST_DO(bootstrap_create_service(server, service, &waiting));
    RUN_RACE({.body = end_requestor}, {.body = end_server}, {.body = use_subset, .index = 0},
             {.body = use_subset, .index = 1});
    close_letters(ALL_ARRIVE);
    MUST_BE(race_type(SELF, subset), MACH_PORT_TYPE_DEAD_NAME);
    MUST_BE(race_type(SELF, inner), MACH_PORT_TYPE_DEAD_NAME);
    MUST_BE(race_type(SELF, waiting), MACH_PORT_TYPE_DEAD_NAME);
    mach_port_t all[] = {requestor, subset, inner, waiting};
    for (unsigned i = 0; i < COUNT_OF(all); i++) MUST_DO(mach_port_destroy(SELF, all[i]));
}

// ---- Who finds no name for its new service takes away that service alone, not one of the same name that another has made since.

static void create_in_a_full_space(struct racer *me) {
    (void)me;
    mach_port_t bootstrap = MACH_PORT_NULL, name = MACH_PORT_NULL;
    MUST_DO(task_get_bootstrap_port(SELF, &bootstrap));
    do MUST_DO(mach_port_allocate(SELF, MACH_PORT_RIGHT_DEAD_NAME, &name));
    while (MACH_PORT_INDEX(name) != 31);
    for (unsigned i = 0; i < 3; i++) {
        mach_linux_inject(MACH_LINUX_FAULT_ALLOCATION, chance(3) + 1, FALSE);
        kern_return_t code = bootstrap_create_service(bootstrap, service, &name);
        mach_linux_inject(0, 0, FALSE);
        MUST_BE_ONE_OF(code, KERN_SUCCESS, BOOTSTRAP_NAME_IN_USE, BOOTSTRAP_NO_MEMORY, KERN_RESOURCE_SHORTAGE);
        if (code == KERN_SUCCESS) return;
    }
}

static void create_anew(struct racer *me) {
    (void)me;
    for (unsigned i = 0; i < 3; i++) {
        mach_port_t made = MACH_PORT_NULL;
        bootstrap_status_t status = 77;
        MUST_DO(bootstrap_register(bootstrap_port, service, MACH_PORT_NULL));
        kern_return_t code = bootstrap_create_service(bootstrap_port, service, &made);
        MUST_BE_ONE_OF(code, KERN_SUCCESS, BOOTSTRAP_NAME_IN_USE);
        if (code != KERN_SUCCESS) continue;
        MUST_DO(bootstrap_status(bootstrap_port, service, &status));
        MUST_DO(bootstrap_status(bootstrap_port, service, &status));
        MUST_DO(mach_port_deallocate(SELF, made));
    }
}

static void services_without_names(void) {
    task_t task = soak_task();
    RUN_RACE({.body = create_in_a_full_space, .task = task}, {.body = create_anew});
    close_letters(ALL_ARRIVE);
    MUST_DO(bootstrap_register(bootstrap_port, service, MACH_PORT_NULL));
    end_task(task);
}

const struct race races_of_bootstrap[] = {
    {"check_in_and_give_back", check_in_and_give_back},   {"check_in_after_wait", check_in_after_wait},
    {"deaths_of_registered", deaths_of_registered_ports}, {"ends_of_subsets", ends_of_subsets},
    {"services_without_names", services_without_names},   {0}};
