// An input is the bytes of one message, with the options and sizes of the call that sends and receives it. Names are
// chosen from those of a small space, memory from pages made for it; all else is as the input says.
#include "fuzz_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

// Not by way of a message: what would make tasks or change memory that nothing keeps account of, let a table grow, or
// send an alarm when the input has ended.
static bool is_unwanted(mach_msg_id_t id) {
    return id == 3400 || id == 3801 || id == 3802 || id == 4800 || id == 4801 || id == 3221 || id == 1002;
}

static void receive_everything(void) {
    static const unsigned receivers[] = {PORT, RECEIVER, SET, FULL, GUARDED};
    for (unsigned task = 0; task < 2; task++) {
        if (!act_as(task)) continue;
        for (unsigned i = 0; i < COUNT_OF(receivers); i++) {
            unsigned rounds = 0;
            while (rounds++ < 8 && call(NULL, MACH_RCV_MSG | (i & 1 ? MACH_RCV_GUARDED_DESC : 0), 0, 4096,
                                        names[task][receivers[i]], (uint8_t)rounds) == MACH_MSG_SUCCESS) {}
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input input = begin_bytes(bytes, size);
    if (size < 16 || size > 4096) return -1;
    begin_input(2);
    mach_msg_option_t option = (mach_msg_option_t)next_word(&input);
    uint8_t how = next_byte(&input), receive_selector = next_byte(&input);
    uint16_t receive_size = next_half(&input), cut = next_half(&input);
    bool is_disturbed = receive_size & 0x8000;
    uint8_t disturbed = is_disturbed ? next_byte(&input) : 0;

    // The size is that of the bytes, or less, or far too large.
    unsigned char *message = malloc(input.left + 4);
    MUST(message != NULL);
    memcpy(message, input.at, input.left);
    mach_msg_size_t send_size = (mach_msg_size_t)input.left & ~3u;
    if (cut & 0x8000) send_size = cut & 0x7fff && (cut & 0x7fffu) < input.left ? cut & 0x7fff : send_size;
    if (how & 8 && how & 16 && how & 32) {
        option |= MACH_SEND_TIMEOUT;
        mach_msg_return_t code = mach_msg((mach_msg_header_t *)message, (option | MACH_SEND_MSG) & ~MACH_RCV_MSG,
                                          50331580u + cut + 4, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
        MUST(code == MACH_SEND_TOO_LARGE || code == MACH_SEND_MSG_TOO_SMALL);
    }
    mach_msg_header_t *header = (mach_msg_header_t *)message;
    unsigned repeats = 1 + (how >> 6);
    for (unsigned i = 0; i < repeats; i++) {
        // Memory that went with the last one is not there any more.
        memcpy(message, input.at, input.left);
        if (send_size >= sizeof(*header) && is_unwanted(header->msgh_id)) header->msgh_id ^= 0x40000;
        tame_message(0, message, send_size);
        if (is_disturbed) disturb(disturbed);
        (void)call(message, option, send_size, receive_size & 0x1fff, choose_name(0, receive_selector), how);
        calm();
        if (!is_alive()) break;
    }
    // Half of the disturbances reach the receivers too.
    if (is_disturbed && receive_size & 0x4000) disturb(disturbed);
    receive_everything();
    calm();
    free(message);
    end_input();
    return 0;
}
