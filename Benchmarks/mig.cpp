// What stubs of the Mach Interface Generator cost beyond mach_msg itself, and a routine of the kernel asked by message.
#include "mach.hpp"
#include "row.hpp"

#include <mach/mig.h>
#include <mach/mig_errors.h>
#include <mach/ndr.h>

#include <cstring>
#include <thread>

namespace {

// The one routine of a subsystem: eight integers in, seven out. Request and reply are 64 bytes each.
constexpr mach_msg_id_t first_id = 5000, end_id = 5001;
constexpr size_t in_count = 8, out_count = 7;

#pragma pack(push, 4)
struct Request {
    mach_msg_header_t head;
    NDR_record_t ndr;
    int in[in_count];
};
struct IncomingRequest : Request {
    mach_msg_trailer_t trailer;
};
struct Reply {
    mach_msg_header_t head;
    NDR_record_t ndr;
    kern_return_t code;
    int out[out_count];
};
struct IncomingReply : Reply {
    mach_msg_trailer_t trailer;
};
#pragma pack(pop)
static_assert(sizeof(Request) == 64 && sizeof(Reply) == 64, "both sides of the comparison carry 64 bytes");

// MARK: The client's stub

// What a stub finds wrong with a reply.
kern_return_t check_reply(const IncomingReply &reply) {
    if (reply.head.msgh_id != first_id + 100)
        return reply.head.msgh_id == MACH_NOTIFY_SEND_ONCE ? MIG_SERVER_DIED : MIG_REPLY_MISMATCH;
    bool is_complex = (reply.head.msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0;
    if ((is_complex || reply.head.msgh_size != sizeof(Reply)) &&
        (is_complex || reply.head.msgh_size != sizeof(mig_reply_error_t) || reply.code == KERN_SUCCESS))
        return MIG_TYPE_ERROR;
    if (reply.head.msgh_remote_port != MACH_PORT_NULL) return MIG_TYPE_ERROR;
    return reply.code;
}

__attribute__((noinline)) kern_return_t call_by_stub(mach_port_t server, const int *in, int *out) {
    union {
        Request request;
        IncomingReply reply;
    } message;
    message.request.ndr = NDR_record;
    memcpy(message.request.in, in, sizeof(message.request.in));
    mach_port_t reply_port = mig_get_reply_port();
    message.request.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    message.request.head.msgh_remote_port = server;
    message.request.head.msgh_local_port = reply_port;
    message.request.head.msgh_voucher_port = MACH_PORT_NULL;
    message.request.head.msgh_id = first_id;
    mach_msg_return_t code = mach_msg(&message.request.head, MACH_SEND_MSG | MACH_RCV_MSG, sizeof(message.request),
                                      sizeof(message.reply), reply_port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
    if (code == MACH_MSG_SUCCESS || code == MACH_SEND_INVALID_DEST || code == MACH_SEND_INVALID_HEADER ||
        code == MACH_SEND_INVALID_DATA) {
        mig_put_reply_port(reply_port);
    } else {
        mig_dealloc_reply_port(reply_port);
    }
    if (code != MACH_MSG_SUCCESS) return code;
    code = check_reply(message.reply);
    if (code != KERN_SUCCESS) {
        mach_msg_destroy(&message.reply.head);
        return code;
    }
    memcpy(out, message.reply.out, sizeof(message.reply.out));
    return KERN_SUCCESS;
}

// MARK: The server's stubs

// What both servers do for their clients.
__attribute__((noinline)) kern_return_t serve_routine(mach_port_t, const int *in, int *out) {
    for (size_t i = 0; i < out_count; i++) out[i] = in[i] + in[i + 1];
    return KERN_SUCCESS;
}

void routine_stub(mach_msg_header_t *request_head, mach_msg_header_t *reply_head) {
    auto request = reinterpret_cast<IncomingRequest *>(request_head);
    auto reply = reinterpret_cast<Reply *>(reply_head);
    if ((request->head.msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0 || request->head.msgh_size != sizeof(Request)) {
        reply->code = MIG_BAD_ARGUMENTS;
        reply->ndr = NDR_record;
        return;
    }
    reply->code = serve_routine(request->head.msgh_local_port, request->in, reply->out);
    reply->ndr = NDR_record;
    if (reply->code == KERN_SUCCESS) reply->head.msgh_size = sizeof(Reply);
}

mig_routine_t routines[end_id - first_id] = {routine_stub};

boolean_t demultiplex(mach_msg_header_t *request, mach_msg_header_t *reply) {
    reply->msgh_bits = MACH_MSGH_BITS(MACH_MSGH_BITS_REMOTE(request->msgh_bits), 0);
    reply->msgh_remote_port = request->msgh_remote_port;
    reply->msgh_size = sizeof(mig_reply_error_t);
    reply->msgh_local_port = MACH_PORT_NULL;
    reply->msgh_id = request->msgh_id + 100;
    reply->msgh_voucher_port = MACH_PORT_NULL;
    mig_routine_t routine =
        request->msgh_id >= first_id && request->msgh_id < end_id ? routines[request->msgh_id - first_id] : nullptr;
    if (routine == nullptr) {
        reinterpret_cast<mig_reply_error_t *>(reply)->NDR = NDR_record;
        reinterpret_cast<mig_reply_error_t *>(reply)->RetCode = MIG_BAD_ID;
        return FALSE;
    }
    routine(request, reply);
    return TRUE;
}

// Ends with the port.
void serve_by_stub(mach_port_t port) {
    mach_msg_server(demultiplex, sizeof(IncomingRequest), port, MACH_MSG_OPTION_NONE);
}

// MARK: The same by hand

mach_msg_return_t call_by_hand(mach_port_t server, mach_port_t reply_port, const int *in, int *out) {
    union {
        Request request;
        IncomingReply reply;
    } message;
    message.request.ndr = {};
    memcpy(message.request.in, in, sizeof(message.request.in));
    message.request.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    message.request.head.msgh_remote_port = server;
    message.request.head.msgh_local_port = reply_port;
    message.request.head.msgh_voucher_port = MACH_PORT_NULL;
    message.request.head.msgh_id = first_id;
    mach_msg_return_t code = mach_msg(&message.request.head, MACH_SEND_MSG | MACH_RCV_MSG, sizeof(message.request),
                                      sizeof(message.reply), reply_port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
    if (code == MACH_MSG_SUCCESS) memcpy(out, message.reply.out, sizeof(message.reply.out));
    return code;
}

// Answers and waits for the next request in one call. Ends with the port.
void serve_by_hand(mach_port_t port) {
    union {
        IncomingRequest request;
        Reply reply;
    } message;
    mach_msg_return_t code = mach_msg(&message.request.head, MACH_RCV_MSG, 0, sizeof(message.request), port,
                                      MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
    while (code == MACH_MSG_SUCCESS) {
        int out[out_count];
        serve_routine(port, message.request.in, out);
        memcpy(message.reply.out, out, sizeof(out));
        message.reply.head.msgh_bits = MACH_MSGH_BITS(MACH_MSGH_BITS_REMOTE(message.request.head.msgh_bits), 0);
        message.reply.head.msgh_local_port = MACH_PORT_NULL;
        message.reply.head.msgh_id += 100;
        code = mach_msg(&message.reply.head, MACH_SEND_MSG | MACH_RCV_MSG, sizeof(Reply), sizeof(message.request), port,
                        MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
    }
}

// MARK: Calls between two threads

void rpc_by_stub(benchmark::State &state) {
    mach_port_t service = make_port_with_send_right();
    std::thread server(serve_by_stub, service);
    int in[in_count] = {1, 2, 3, 4, 5, 6, 7, 8}, out[out_count] = {};
    for (auto _ : state) {
        if (call_by_stub(service, in, out) != KERN_SUCCESS || out[0] != 3) state.SkipWithError("no answer");
    }
    destroy(service);
    server.join();
}

void rpc_by_hand(benchmark::State &state) {
    mach_port_t service = make_port_with_send_right(), reply_port = make_port();
    std::thread server(serve_by_hand, service);
    int in[in_count] = {1, 2, 3, 4, 5, 6, 7, 8}, out[out_count] = {};
    for (auto _ : state) {
        if (call_by_hand(service, reply_port, in, out) != MACH_MSG_SUCCESS || out[0] != 3) {
            state.SkipWithError("no answer");
        }
    }
    destroy(service);
    server.join();
    destroy(reply_port);
}

// MARK: A routine of the kernel

constexpr mach_msg_id_t mach_port_type_id = 3201;

#pragma pack(push, 4)
struct TypeRequest {
    mach_msg_header_t head;
    NDR_record_t ndr;
    mach_port_name_t name;
};
struct TypeReply {
    mach_msg_header_t head;
    NDR_record_t ndr;
    kern_return_t code;
    mach_port_type_t type;
    mach_msg_trailer_t trailer;
};
#pragma pack(pop)

__attribute__((noinline)) kern_return_t type_by_message(mach_port_t task, mach_port_name_t name,
                                                        mach_port_type_t *type) {
    union {
        TypeRequest request;
        TypeReply reply;
    } message;
    message.request.ndr = NDR_record;
    message.request.name = name;
    mach_port_t reply_port = mig_get_reply_port();
    message.request.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
    message.request.head.msgh_remote_port = task;
    message.request.head.msgh_local_port = reply_port;
    message.request.head.msgh_voucher_port = MACH_PORT_NULL;
    message.request.head.msgh_id = mach_port_type_id;
    mach_msg_return_t code = mach_msg(&message.request.head, MACH_SEND_MSG | MACH_RCV_MSG, sizeof(message.request),
                                      sizeof(message.reply), reply_port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
    if (code != MACH_MSG_SUCCESS) return code;
    if (message.reply.head.msgh_id != mach_port_type_id + 100) return MIG_REPLY_MISMATCH;
    if (message.reply.head.msgh_size != sizeof(TypeReply) - sizeof(mach_msg_trailer_t))
        return message.reply.code != KERN_SUCCESS ? message.reply.code : MIG_TYPE_ERROR;
    *type = message.reply.type;
    return message.reply.code;
}

using TypeRoutine = kern_return_t (*)(mach_port_t, mach_port_name_t, mach_port_type_t *);

void kernel_routine(benchmark::State &state, TypeRoutine routine) {
    mach_port_t port = make_port();
    for (auto _ : state) {
        mach_port_type_t type = 0;
        if (routine(mach_task_self(), port, &type) != KERN_SUCCESS || type != MACH_PORT_TYPE_RECEIVE) {
            state.SkipWithError("no type");
        }
    }
    destroy(port);
}

const Rows rows([] {
    add_row("rpc/stubs", rpc_by_stub);
    add_row("rpc/mach_msg", rpc_by_hand);
    add_row("mach_port_type/message", [](benchmark::State &state) { kernel_routine(state, type_by_message); });
    add_row("mach_port_type/call", [](benchmark::State &state) { kernel_routine(state, mach_port_type); });
});

} // namespace
