// What the tests of the MIG runtime share: threads that serve a port with mach_msg_server until it dies, and reply ports made before anything is counted.
#ifndef CTESTS_MIG_SERVICE_SUPPORT_H
#define CTESTS_MIG_SERVICE_SUPPORT_H

#include "task_support.h"

#include <mach/mig.h>
#include <mach/mig_errors.h>
#include <mach/mach_sync_ipc.h>

// One test: the main thread's reply ports are there before the counts are taken, and again before they are compared.
#define MIG_TEST(function) cmocka_unit_test_setup_teardown(function, mig_setup, mig_teardown)
int mig_setup(void **state);
int mig_teardown(void **state);

// A port, and a thread that serves it.
struct service {
    task_t task;           // that the thread acts as; MACH_PORT_NULL for the process's
    mach_port_t port;      // in this task: a send right, and the receive right if the task is the process's
    mach_port_name_t name; // in the server's task: the receive right and a send right
    boolean_t (*demux)(mach_msg_header_t *request, mach_msg_header_t *reply);
    mach_msg_size_t max_size;
    mach_msg_options_t options;
    mach_msg_return_t (*serve)(boolean_t (*demux)(mach_msg_header_t *, mach_msg_header_t *), mach_msg_size_t max_size,
                               mach_port_t rcv_name, mach_msg_options_t options);
    struct actor actor;
};

// Makes the port; demux, sizes and options are to be set before the thread starts. mach_msg_server serves.
void make_service(struct service *service, task_t task);
void start_service(struct service *service);
// Waits until all is served, ends the port, and returns what the thread's call returned.
mach_msg_return_t stop_service(struct service *service);
// Waits until all is served.
void rest_service(struct service *service);
// Waits for the end of a server that ends by itself; the port stays.
mach_msg_return_t join_service(struct service *service);

#endif
