// What the tests of notifications, guards and exceptions share: asking for notifications, and looking at those that come.
#ifndef CTESTS_NOTIFY_SUPPORT_H
#define CTESTS_NOTIFY_SUPPORT_H

#include "message_support.h"

#include <mach/notify.h>

enum { MOVE_RECEIVE = 16, MOVE_SEND = 17, MOVE_SEND_ONCE = 18, COPY_SEND = 19, MAKE_SEND = 20, MAKE_SEND_ONCE = 21 };

enum { PORT_DELETED = 65, SEND_POSSIBLE = 66, PORT_DESTROYED = 69, NO_SENDERS = 70, SEND_ONCE = 71, DEAD_NAME = 72 };

// ---- Requests

// Asks for a notification to a fresh send-once right of a port that we hold, or cancels with MACH_PORT_NULL. *previous is set by the call alone.
kern_return_t ask(mach_port_t name, mach_msg_id_t id, mach_port_mscount_t sync, mach_port_t notify,
                  mach_port_t *previous);
// The request must succeed, and there must have been none before.
#define arm(name, id, sync, notify) check_arm(name, id, sync, notify, __FILE__, __LINE__)
void check_arm(mach_port_t name, mach_msg_id_t id, mach_port_mscount_t sync, mach_port_t notify, const char *file,
               int line);
// The request must fail with this code, and write no previous right.
#define assert_ask_fails(name, id, sync, notify, code) check_ask_fails(name, id, sync, notify, code, __FILE__, __LINE__)
void check_ask_fails(mach_port_t name, mach_msg_id_t id, mach_port_mscount_t sync, mach_port_t notify,
                     kern_return_t code, const char *file, int line);
// Cancels; the right that was registered, or MACH_PORT_NULL.
mach_port_t cancel(mach_port_t name, mach_msg_id_t id);
// The right must be a send-once right to the port, whose queue is empty: uses it up.
#define assert_send_once_to(right, port) check_send_once_to(right, port, __FILE__, __LINE__)
void check_send_once_to(mach_port_t right, mach_port_t port, const char *file, int line);

// The type of a name with all its request bits, as mach_port_names shows it; MACH_PORT_TYPE_NONE when it is not listed.
mach_port_type_t listed_type(mach_port_t name);
#define REQUEST_BITS (MACH_PORT_TYPE_DNREQUEST | MACH_PORT_TYPE_SPREQUEST | MACH_PORT_TYPE_SPREQUEST_DELAYED)

// ---- Notifications

// The next message on the port must be a notification with this id, and this name or count (not looked at for SEND_ONCE).
#define expect_notification(port, id, value) check_notification(port, id, value, __FILE__, __LINE__)
void check_notification(mach_port_t port, mach_msg_id_t id, uint32_t value, const char *file, int line);
// The next message must be PORT_DESTROYED; the name of the receive right that came in it.
#define expect_port_destroyed(port) check_port_destroyed(port, __FILE__, __LINE__)
mach_port_t check_port_destroyed(mach_port_t port, const char *file, int line);

// ---- Sending

// Sends a header without waiting, with MACH_SEND_NOTIFY; when it comes back, the right that came back with it is dropped.
mach_msg_return_t send_asking(mach_port_t destination, mach_msg_type_name_t disposition, mach_msg_id_t id);
// A port with a send right, its queue full: one message (id 0) at a limit of one.
mach_port_t make_full_port(void);

#endif
