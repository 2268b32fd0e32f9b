// A parent task passes three services to its children through registered ports, and learns by notifications what becomes of them.
//
// The tasks live in this one process, each with names of its own; a thread enters one with mach_linux_task_adopt. All else is plain Mach. The program
// checks each step and ends with a status other than 0 at the first that does not go as documented.
#include <mach/mach.h>
#include <mach/mach_linux.h>
#include <mach/notify.h>
#include <mach/task.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- Telling and checking

static void chapter(const char *title) { printf("\n%s\n", title); }

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("  ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    fflush(stdout);
}

// Ends the program unless the statement holds.
#define must(statement) must_hold((statement), #statement, __LINE__)
static void must_hold(bool holds, const char *statement, int line) {
    if (holds) return;
    fflush(stdout);
    fprintf(stderr, "nameserver.c:%d: not as documented: %s\n", line, statement);
    _exit(1);
}

// Ends the program unless the call returns this code.
#define expect(call, code) expect_code((call), (code), #call, #code, __LINE__)
static void expect_code(int got, int wanted, const char *call, const char *name, int line) {
    if (got == wanted) return;
    fflush(stdout);
    fprintf(stderr, "nameserver.c:%d: not as documented: %s\n  returned 0x%x, should return %s (0x%x)\n", line, call,
            (unsigned)got, name, (unsigned)wanted);
    _exit(1);
}
#define succeed(call) expect(call, KERN_SUCCESS)

// ---- Ports

static mach_port_t new_port(void) {
    mach_port_t port = MACH_PORT_NULL;
    succeed(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port));
    return port;
}

static mach_port_t new_port_with_send_right(void) {
    mach_port_t port = new_port();
    succeed(mach_port_insert_right(mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND));
    return port;
}

static void destroy(mach_port_t name) { succeed(mach_port_destroy(mach_task_self(), name)); }
static void give_up(mach_port_t right) { succeed(mach_port_deallocate(mach_task_self(), right)); }

static mach_port_type_t type_of(mach_port_t name) {
    mach_port_type_t type = 0;
    return mach_port_type(mach_task_self(), name, &type) == KERN_SUCCESS ? type : MACH_PORT_TYPE_NONE;
}

// How many names a task has.
static unsigned count_names(task_t task) {
    mach_port_name_array_t names = NULL;
    mach_port_type_array_t types = NULL;
    mach_msg_type_number_t count = 0, type_count = 0;
    succeed(mach_port_names(task, &names, &count, &types, &type_count));
    must(count == type_count);
    succeed(vm_deallocate(mach_task_self(), (vm_address_t)names, count * sizeof(*names)));
    succeed(vm_deallocate(mach_task_self(), (vm_address_t)types, type_count * sizeof(*types)));
    return count;
}

// Asks that `notify` be told; returns nothing, for there was no request before.
static void ask_for(mach_msg_id_t notification, mach_port_t name, mach_port_mscount_t sync, mach_port_t notify) {
    mach_port_t previous = MACH_PORT_NULL;
    succeed(mach_port_request_notification(mach_task_self(), name, notification, sync, notify,
                                           MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous));
    must(previous == MACH_PORT_NULL);
}

// ---- Messages

enum {
    LOOK_UP = 100, // to the name server: a name; answers a send right to the service of that name
    GET = 200,     // to an environment: a name; answers its value
    COUNT = 300,   // to the counter: answers how often it was asked
    LETTER = 400,  // to a mailbox: no answer
    REPLY = 50,    // an answer has the id of its question and this much more
};

typedef struct {
    mach_msg_header_t header;
    char name[24];
} question_t;

typedef struct {
    mach_msg_header_t header;
    kern_return_t code;
    char value[24];
} answer_t;

typedef struct {
    mach_msg_header_t header;
    mach_msg_body_t body;
    mach_msg_port_descriptor_t port;
} answer_with_port_t;

// Room for any of them as received, and for every notification.
typedef union {
    mach_msg_header_t header;
    question_t question;
    answer_t answer;
    answer_with_port_t with_port;
    mach_dead_name_notification_t dead_name;
    mach_no_senders_notification_t no_senders;
    mach_port_destroyed_notification_t port_destroyed;
    char space[256];
} buffer_t;

// The next message on a port, which is there or will be soon.
static void receive(mach_port_t port, buffer_t *buffer) {
    memset(buffer, 0, sizeof(*buffer));
    expect(mach_msg(&buffer->header, MACH_RCV_MSG, 0, sizeof(*buffer), port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL),
           MACH_MSG_SUCCESS);
}

static void ask(mach_port_t service, mach_port_t reply_port, mach_msg_id_t id, const char *name) {
    question_t question;
    memset(&question, 0, sizeof(question));
    question.header.msgh_bits =
        MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, reply_port == MACH_PORT_NULL ? 0 : MACH_MSG_TYPE_MAKE_SEND_ONCE);
    question.header.msgh_size = sizeof(question);
    question.header.msgh_remote_port = service;
    question.header.msgh_local_port = reply_port;
    question.header.msgh_id = id;
    snprintf(question.name, sizeof(question.name), "%s", name);
    expect(mach_msg(&question.header, MACH_SEND_MSG, sizeof(question), 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE,
                    MACH_PORT_NULL),
           MACH_MSG_SUCCESS);
}

// Asks and waits for the answer, which has the right to come here once.
static void call(mach_port_t service, mach_msg_id_t id, const char *name, buffer_t *answer) {
    mach_port_t reply_port = mach_reply_port();
    must(MACH_PORT_VALID(reply_port));
    ask(service, reply_port, id, name);
    receive(reply_port, answer);
    must(answer->header.msgh_id == id + REPLY);
    must(answer->header.msgh_local_port == reply_port);
    destroy(reply_port);
}

// ---- The services: one thread of the parent serves them all

static struct {
    mach_port_t set;
    mach_port_t name_server, environment, counter; // as registered
    mach_port_t private_environment;               // for one child alone
    pthread_t thread;
} services;

static void answer_question(const buffer_t *question) {
    mach_port_t service = question->header.msgh_local_port;
    mach_msg_id_t id = question->header.msgh_id;
    static int32_t count;
    buffer_t answer;
    memset(&answer, 0, sizeof(answer));
    answer.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
    answer.header.msgh_size = sizeof(answer_t);
    if (service == services.name_server && id == LOOK_UP) {
        if (strcmp(question->question.name, "counter") == 0) {
            answer.header.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
            answer.header.msgh_size = sizeof(answer_with_port_t);
            answer.with_port.body.msgh_descriptor_count = 1;
            answer.with_port.port.name = services.counter;
            answer.with_port.port.disposition = MACH_MSG_TYPE_MAKE_SEND;
            answer.with_port.port.type = MACH_MSG_PORT_DESCRIPTOR;
        } else {
            answer.answer.code = KERN_INVALID_NAME;
        }
    } else if (service == services.counter && id == COUNT) {
        snprintf(answer.answer.value, sizeof(answer.answer.value), "%d", ++count);
    } else {
        must(id == GET && strcmp(question->question.name, "HOME") == 0);
        must(service == services.environment || service == services.private_environment);
        snprintf(answer.answer.value, sizeof(answer.answer.value), "%s",
                 service == services.environment ? "/home/all" : "/home/second");
    }
    answer.header.msgh_remote_port = question->header.msgh_remote_port;
    answer.header.msgh_id = id + REPLY;
    expect(mach_msg(&answer.header, MACH_SEND_MSG, answer.header.msgh_size, 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE,
                    MACH_PORT_NULL),
           MACH_MSG_SUCCESS);
}

static void *serve(void *unused) {
    (void)unused;
    for (;;) {
        buffer_t buffer;
        mach_msg_return_t code = mach_msg(&buffer.header, MACH_RCV_MSG, 0, sizeof(buffer), services.set,
                                          MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
        // The set is gone, while the server waited or, just possibly, before it did.
        if (code == MACH_RCV_PORT_CHANGED || code == MACH_RCV_INVALID_NAME) return NULL;
        expect(code, MACH_MSG_SUCCESS);
        answer_question(&buffer);
    }
}

static mach_port_t new_service(void) {
    mach_port_t port = new_port_with_send_right();
    succeed(mach_port_insert_member(mach_task_self(), port, services.set));
    return port;
}

// ---- Tasks

// A task runs when a thread adopts it. This one runs a function, then ends.
typedef struct {
    task_t task;
    void (*function)(void);
    pthread_t thread;
} visit_t;

static void *visit(void *argument) {
    visit_t *it = argument;
    succeed(mach_linux_task_adopt(it->task));
    it->function();
    succeed(mach_linux_task_adopt(MACH_PORT_NULL));
    return NULL;
}

static void run_in(task_t task, void (*function)(void)) {
    visit_t it = {.task = task, .function = function};
    must(pthread_create(&it.thread, NULL, visit, &it) == 0);
    must(pthread_join(it.thread, NULL) == 0);
}

static task_t new_task(void) {
    task_t task = MACH_PORT_NULL;
    succeed(task_create(mach_task_self(), NULL, 0, FALSE, &task));
    must(type_of(task) == MACH_PORT_TYPE_SEND);
    must(count_names(task) == 1); // its own port
    return task;
}

// The registered ports of a task; each that is neither MACH_PORT_NULL nor MACH_PORT_DEAD is a send right that the caller owns.
static void look_up_ports(task_t task, mach_port_t ports[MACH_PORTS_SLOTS_USED]) {
    mach_port_array_t array = NULL;
    mach_msg_type_number_t count = 0;
    succeed(mach_ports_lookup(task, &array, &count));
    must(count == MACH_PORTS_SLOTS_USED);
    memcpy(ports, array, count * sizeof(*ports));
    succeed(vm_deallocate(mach_task_self(), (vm_address_t)array, count * sizeof(*array)));
}

static void give_up_ports(mach_port_t ports[MACH_PORTS_SLOTS_USED]) {
    for (int i = 0; i < MACH_PORTS_SLOTS_USED; i++) give_up(ports[i]);
}

// ---- The first child: it inherits what the parent has

// What the first child keeps between its visits: names of its own.
static struct {
    mach_port_t ports[MACH_PORTS_SLOTS_USED];
    mach_port_t notify, reply_port;
} child;

static void find_the_services(void) {
    must(count_names(mach_task_self()) == 1);
    look_up_ports(mach_task_self(), child.ports);
    for (int i = 0; i < MACH_PORTS_SLOTS_USED; i++) must(type_of(child.ports[i]) == MACH_PORT_TYPE_SEND);
    say("child: mach_ports_lookup gives the name server as 0x%x, the environment as 0x%x, the service as 0x%x.",
        child.ports[NAME_SERVER_SLOT], child.ports[ENVIRONMENT_SLOT], child.ports[SERVICE_SLOT]);
}

static void call_the_services(void) {
    buffer_t answer;
    call(child.ports[ENVIRONMENT_SLOT], GET, "HOME", &answer);
    succeed(answer.answer.code);
    must(strcmp(answer.answer.value, "/home/all") == 0);
    say("child: the environment says that HOME is %s.", answer.answer.value);

    call(child.ports[SERVICE_SLOT], COUNT, "", &answer);
    must(strcmp(answer.answer.value, "1") == 0);
    say("child: the service counts %s.", answer.answer.value);

    call(child.ports[NAME_SERVER_SLOT], LOOK_UP, "weather", &answer);
    expect(answer.answer.code, KERN_INVALID_NAME);
    call(child.ports[NAME_SERVER_SLOT], LOOK_UP, "counter", &answer);
    must(answer.with_port.body.msgh_descriptor_count == 1);
    mach_port_t counter = answer.with_port.port.name;
    must(counter == child.ports[SERVICE_SLOT]);
    say("child: the name server knows no \"weather\"; its \"counter\" is 0x%x again, for a task has one name for a "
        "port.",
        counter);
    give_up(counter);
    call(child.ports[SERVICE_SLOT], COUNT, "", &answer);
    must(strcmp(answer.answer.value, "2") == 0);
}

static void look_again(void) {
    mach_port_t ports[MACH_PORTS_SLOTS_USED];
    look_up_ports(mach_task_self(), ports);
    must(memcmp(ports, child.ports, sizeof(ports)) == 0);
    give_up_ports(ports);
    buffer_t answer;
    call(child.ports[ENVIRONMENT_SLOT], GET, "HOME", &answer);
    say("child: my registered ports are what they were; HOME is still %s.", answer.answer.value);
}

// ---- The second child: its parent sets its ports before it starts

static void use_a_private_environment(void) {
    mach_port_t ports[MACH_PORTS_SLOTS_USED];
    buffer_t answer;
    look_up_ports(mach_task_self(), ports);
    must(ports[NAME_SERVER_SLOT] != MACH_PORT_NULL && ports[SERVICE_SLOT] == MACH_PORT_NULL);
    call(ports[ENVIRONMENT_SLOT], GET, "HOME", &answer);
    must(strcmp(answer.answer.value, "/home/second") == 0);
    say("second child: I have a name server, no service, and HOME is %s.", answer.answer.value);
    give_up_ports(ports);
    must(count_names(mach_task_self()) == 1);
}

// ---- Deaths

static void watch_the_service(void) {
    child.notify = new_port();
    ask_for(MACH_NOTIFY_DEAD_NAME, child.ports[SERVICE_SLOT], 0, child.notify);
    say("child: if the service 0x%x dies, tell me at 0x%x.", child.ports[SERVICE_SLOT], child.notify);
}

static void hear_of_the_dead_service(void) {
    buffer_t message;
    receive(child.notify, &message);
    must(message.header.msgh_id == MACH_NOTIFY_DEAD_NAME);
    must(message.dead_name.not_port == child.ports[SERVICE_SLOT]);
    must(type_of(child.ports[SERVICE_SLOT]) == MACH_PORT_TYPE_DEAD_NAME);
    say("child: MACH_NOTIFY_DEAD_NAME for 0x%x.", message.dead_name.not_port);
    // One reference was mine, one came with the notification.
    give_up(child.ports[SERVICE_SLOT]);
    give_up(child.ports[SERVICE_SLOT]);
    must(type_of(child.ports[SERVICE_SLOT]) == MACH_PORT_TYPE_NONE);
    mach_port_t ports[MACH_PORTS_SLOTS_USED];
    look_up_ports(mach_task_self(), ports);
    must(ports[SERVICE_SLOT] == MACH_PORT_DEAD);
    say("child: mach_ports_lookup shows it as MACH_PORT_DEAD.");
    give_up_ports(ports);
}

// Where the parent puts rights into the child: names of the child's that are free.
enum { SLOW_SERVICE = 0x70703, MAILBOX = 0x70803 };

static void ask_the_slow_service(void) {
    must(type_of(SLOW_SERVICE) == MACH_PORT_TYPE_SEND);
    child.reply_port = mach_reply_port();
    ask(SLOW_SERVICE, child.reply_port, COUNT, "");
    say("child: I asked a service that my parent gave me as 0x%x.", SLOW_SERVICE);
}

static void hear_that_there_is_no_answer(void) {
    buffer_t message;
    receive(child.reply_port, &message);
    must(message.header.msgh_id == MACH_NOTIFY_SEND_ONCE);
    must(type_of(SLOW_SERVICE) == MACH_PORT_TYPE_DEAD_NAME);
    say("child: MACH_NOTIFY_SEND_ONCE: the right to answer me died unused.");
    destroy(child.reply_port);
    destroy(SLOW_SERVICE);
}

static void read_a_letter(void) {
    buffer_t message;
    must(type_of(MAILBOX) == MACH_PORT_TYPE_RECEIVE);
    receive(MAILBOX, &message);
    must(message.header.msgh_id == LETTER && message.header.msgh_local_port == MAILBOX);
    say("child: the mailbox is mine now, and I read \"%s\".", message.question.name);
}

static void a_service_ends(task_t task) {
    run_in(task, watch_the_service);
    destroy(services.counter);
    say("parent: the service ends.");
    run_in(task, hear_of_the_dead_service);
}

static void a_question_is_not_answered(task_t task) {
    mach_port_t slow = new_port();
    succeed(mach_port_insert_right(task, SLOW_SERVICE, slow, MACH_MSG_TYPE_MAKE_SEND));
    run_in(task, ask_the_slow_service);
    destroy(slow);
    say("parent: that service ends with the question in its queue.");
    run_in(task, hear_that_there_is_no_answer);
}

static void the_last_sender_ends(task_t second, mach_port_t notify) {
    mach_port_rights_t rights = 0;
    succeed(mach_port_get_srights(mach_task_self(), services.private_environment, &rights));
    must(rights == 1);
    say("parent: only the second child, in its registered ports, has a send right to its environment.");
    expect(task_terminate(second), KERN_SUCCESS);
    must(type_of(second) == MACH_PORT_TYPE_DEAD_NAME);
    give_up(second);
    buffer_t message;
    receive(notify, &message);
    must(message.header.msgh_id == MACH_NOTIFY_NO_SENDERS);
    must(message.no_senders.not_count == 1);
    say("parent: I ended that task: MACH_NOTIFY_NO_SENDERS, and %u right was ever made.", message.no_senders.not_count);
}

static void a_port_comes_back(task_t task, mach_port_t notify) {
    mach_port_t mailbox = new_port_with_send_right();
    ask_for(MACH_NOTIFY_PORT_DESTROYED, mailbox, 0, notify);
    ask_for(MACH_NOTIFY_DEAD_NAME, task, 0, notify);
    ask(mailbox, MACH_PORT_NULL, LETTER, "one");
    ask(mailbox, MACH_PORT_NULL, LETTER, "two");
    succeed(mach_port_insert_right(task, MAILBOX, mailbox, MACH_MSG_TYPE_MOVE_RECEIVE));
    must(type_of(mailbox) == MACH_PORT_TYPE_SEND);
    say("parent: a mailbox with two letters moves to the child; its port shall not die with the child.");
    run_in(task, read_a_letter);

    expect(task_terminate(task), KERN_SUCCESS);
    say("parent: the child ends.");
    buffer_t message;
    receive(notify, &message);
    must(message.header.msgh_id == MACH_NOTIFY_PORT_DESTROYED);
    must(message.port_destroyed.not_port.disposition == MACH_MSG_TYPE_PORT_RECEIVE);
    must(message.port_destroyed.not_port.name == mailbox);
    must(type_of(mailbox) == MACH_PORT_TYPE_SEND_RECEIVE);
    say("parent: MACH_NOTIFY_PORT_DESTROYED brings the receive right back, under its old name 0x%x.", mailbox);
    receive(notify, &message);
    must(message.header.msgh_id == MACH_NOTIFY_DEAD_NAME && message.dead_name.not_port == task);
    must(type_of(task) == MACH_PORT_TYPE_DEAD_NAME);
    say("parent: MACH_NOTIFY_DEAD_NAME for the task's own port 0x%x, which goes last.", task);
    destroy(task);
    receive(mailbox, &message);
    must(message.header.msgh_id == LETTER && strcmp(message.question.name, "two") == 0);
    say("parent: the letter that the child left unread is still there: \"%s\".", message.question.name);
    destroy(mailbox);
}

// ---- The story

int main(void) {
    alarm(60); // should a call never return, the program still ends
    task_t parent = mach_task_self();
    (void)count_names(parent);
    unsigned names = count_names(parent);

    chapter("The parent");
    succeed(mach_port_allocate(parent, MACH_PORT_RIGHT_PORT_SET, &services.set));
    services.name_server = new_service();
    services.environment = new_service();
    services.counter = new_service();
    must(pthread_create(&services.thread, NULL, serve, NULL) == 0);
    mach_port_t ports[MACH_PORTS_SLOTS_USED];
    ports[NAME_SERVER_SLOT] = services.name_server;
    ports[ENVIRONMENT_SLOT] = services.environment;
    ports[SERVICE_SLOT] = services.counter;
    succeed(mach_ports_register(parent, ports, MACH_PORTS_SLOTS_USED));
    say("parent: I registered a name server 0x%x, an environment 0x%x and a service 0x%x.", ports[NAME_SERVER_SLOT],
        ports[ENVIRONMENT_SLOT], ports[SERVICE_SLOT]);

    chapter("A child inherits");
    task_t first = new_task();
    say("parent: I created task 0x%x. It knows no port but its own.", first);
    run_in(first, find_the_services);
    run_in(first, call_the_services);

    chapter("The parent changes its registered ports");
    mach_port_t fewer[] = {services.name_server};
    succeed(mach_ports_register(parent, fewer, 1));
    look_up_ports(parent, ports);
    must(ports[NAME_SERVER_SLOT] == services.name_server);
    must(ports[ENVIRONMENT_SLOT] == MACH_PORT_NULL && ports[SERVICE_SLOT] == MACH_PORT_NULL);
    give_up_ports(ports);
    say("parent: I registered the name server alone; so I have no other now.");
    run_in(first, look_again);

    chapter("A child whose ports are set before it starts");
    task_t second = new_task();
    mach_port_t notify = new_port();
    services.private_environment = new_port();
    ask_for(MACH_NOTIFY_NO_SENDERS, services.private_environment, 1, notify);
    succeed(mach_port_insert_right(parent, services.private_environment, services.private_environment,
                                   MACH_MSG_TYPE_MAKE_SEND));
    succeed(mach_port_insert_member(parent, services.private_environment, services.set));
    look_up_ports(second, ports);
    must(ports[NAME_SERVER_SLOT] == services.name_server && ports[ENVIRONMENT_SLOT] == MACH_PORT_NULL);
    ports[ENVIRONMENT_SLOT] = services.private_environment;
    succeed(mach_ports_register(second, ports, MACH_PORTS_SLOTS_USED));
    give_up_ports(ports); // the name server that was looked up, and our own right to the environment
    say("parent: task 0x%x inherited the name server; I added an environment of its own.", second);
    run_in(second, use_a_private_environment);

    chapter("Deaths");
    a_service_ends(first);
    a_question_is_not_answered(first);
    the_last_sender_ends(second, notify);
    a_port_comes_back(first, notify);

    chapter("The end");
    succeed(mach_ports_register(parent, NULL, 0));
    destroy(services.set);
    must(pthread_join(services.thread, NULL) == 0);
    destroy(services.name_server);
    destroy(services.environment);
    destroy(services.private_environment);
    destroy(notify);
    must(count_names(parent) == names);
    say("parent: I have as many names as at the start: %u. Nothing is left behind.", names);
    return 0;
}
