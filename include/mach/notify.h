/// The messages by which the library tells a program about its ports.
#ifndef _MACH_NOTIFY_H_
#define _MACH_NOTIFY_H_

#include <mach/message.h>
#include <mach/ndr.h>
#include <mach/port.h>

/* Values of msgh_id. */
#define MACH_NOTIFY_FIRST          0100
#define MACH_NOTIFY_PORT_DELETED   0101 /* a name with a request on it was deleted: not_port */
#define MACH_NOTIFY_SEND_POSSIBLE  0102 /* the queue behind a name has room again: not_port */
#define MACH_NOTIFY_PORT_DESTROYED 0105 /* a port would have died: here is its receive right, not_port */
#define MACH_NOTIFY_NO_SENDERS     0106 /* no send right is left: not_count is the make-send count */
#define MACH_NOTIFY_SEND_ONCE      0107 /* a send-once right died without being used */
#define MACH_NOTIFY_DEAD_NAME      0110 /* the port behind a name died: not_port, which has one user reference more */
#define MACH_NOTIFY_LAST           0115

typedef mach_port_t notify_port_t;

/* The messages as received with the trailer that each structure ends in. A receiver that asks for a longer trailer
   needs a larger buffer. */

#pragma pack(push, 4)

typedef struct {
    mach_msg_header_t not_header;
    NDR_record_t NDR;
    mach_port_name_t not_port;
    mach_msg_format_0_trailer_t trailer;
} mach_port_deleted_notification_t;

typedef struct {
    mach_msg_header_t not_header;
    NDR_record_t NDR;
    mach_port_name_t not_port;
    mach_msg_format_0_trailer_t trailer;
} mach_send_possible_notification_t;

typedef struct {
    mach_msg_header_t not_header;
    mach_msg_body_t not_body;
    mach_msg_port_descriptor_t not_port; /* the receive right */
    mach_msg_format_0_trailer_t trailer;
} mach_port_destroyed_notification_t;

typedef struct {
    mach_msg_header_t not_header;
    NDR_record_t NDR;
    mach_msg_type_number_t not_count;
    mach_msg_format_0_trailer_t trailer;
} mach_no_senders_notification_t;

typedef struct {
    mach_msg_header_t not_header;
    mach_msg_format_0_trailer_t trailer;
} mach_send_once_notification_t;

typedef struct {
    mach_msg_header_t not_header;
    NDR_record_t NDR;
    mach_port_name_t not_port;
    mach_msg_format_0_trailer_t trailer;
} mach_dead_name_notification_t;

#pragma pack(pop)

#endif
