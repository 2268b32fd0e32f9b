// Threads that serve a port, for the tests of the MIG runtime.
#include "mig_service_support.h"

int mig_setup(void **state) {
    (void)mig_get_reply_port();
    (void)mig_get_special_reply_port();
    return support_setup(state);
}

int mig_teardown(void **state) {
    (void)mach_linux_task_adopt(MACH_PORT_NULL);
    (void)mig_get_reply_port();
    (void)mig_get_special_reply_port();
    return task_teardown(state);
}

void make_service(struct service *service, task_t task) {
    memset(service, 0, sizeof(*service));
    service->task = task;
    service->port = service->name = port_with_send();
    service->serve = mach_msg_server;
    if (task == MACH_PORT_NULL) return;
    service->name = give(task, service->port, MACH_MSG_TYPE_MOVE_RECEIVE);
    assert_success(mach_port_insert_right(task, service->name, service->port, MACH_MSG_TYPE_COPY_SEND));
}

static int64_t serve(void *argument) {
    struct service *it = argument;
    return it->serve(it->demux, it->max_size, it->name, it->options);
}

void start_service(struct service *service) { start_actor(&service->actor, service->task, serve, service); }

void rest_service(struct service *service) { wait_until_blocked(&service->actor.thread); }

mach_msg_return_t join_service(struct service *service) { return (mach_msg_return_t)join_actor(&service->actor); }

mach_msg_return_t stop_service(struct service *service) {
    rest_service(service);
    task_t task = service->task == MACH_PORT_NULL ? SELF : service->task;
    assert_success(mach_port_mod_refs(task, service->name, MACH_PORT_RIGHT_RECEIVE, -1));
    mach_msg_return_t code = join_service(service);
    assert_success(mach_port_destroy(SELF, service->port));
    if (task != SELF) assert_success(mach_port_destroy(task, service->name));
    return code;
}
