// A port, a right to send to it, and a message from this program to itself.
#include <mach/mach.h>
#include <stdio.h>

int main(void) {
    struct {
        mach_msg_header_t header;
        char text[24];
        mach_msg_trailer_t trailer; // the library adds it on receipt
    } message = {.text = "hello through a port"};
    mach_port_t self = mach_task_self(), port;
    if (mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &port) != KERN_SUCCESS) return 1;
    if (mach_port_insert_right(self, port, port, MACH_MSG_TYPE_MAKE_SEND) != KERN_SUCCESS) return 1;

    message.header.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
    message.header.msgh_remote_port = port;
    mach_msg_size_t size = sizeof(message) - sizeof(message.trailer);
    if (mach_msg(&message.header, MACH_SEND_MSG, size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL)) return 1;

    message.text[0] = 0;
    if (mach_msg(&message.header, MACH_RCV_MSG, 0, sizeof(message), port, 0, MACH_PORT_NULL)) return 1;
    puts(message.text);
    return mach_port_destroy(self, port);
}
