/// All that a program usually needs.
#ifndef _MACH_H_
#define _MACH_H_

#ifndef __MACH30__
#define __MACH30__
#endif
#define MACH_IPC_FLAVOR UNTYPED

#include <sys/cdefs.h>

#include <mach/clock_types.h>
#include <mach/error.h>
#include <mach/mach_error.h>
#include <mach/mach_host.h>
#include <mach/mach_init.h>
#include <mach/mach_interface.h>
#include <mach/mach_port.h>
#include <mach/mach_types.h>
#include <mach/mig.h>
#include <mach/mig_errors.h>
#include <mach/pthread_np.h>
#include <mach/rpc.h>
#include <mach/std_types.h>
#include <mach/thread_switch.h>

__BEGIN_DECLS

/* -- Messages ------------------------------------------------------------------------------------------------------ */

/// Sends `*msg`, whose size in bytes is its msgh_size. Waits while the queue is full. Gives the codes of mach_msg.
mach_msg_return_t mach_msg_send(mach_msg_header_t *msg);

/// Receives into `*msg`, from the receive right or port set in its msgh_local_port. msgh_size is the size in bytes of
/// the buffer and has to hold the message and its trailer of 8 bytes. Waits until a message comes. Gives the codes of
/// mach_msg.
mach_msg_return_t mach_msg_receive(mach_msg_header_t *msg);

/// Gives up what a message owns: a message that was received and is not wanted, or one that was made and will not be
/// sent.
///
/// A right that is moved loses a user reference (a receive right dies); one that would be made is made and dropped, so
/// that a send-once right posts its notification; one that would be copied is left alone. So go the destination, the
/// voucher and every descriptor. msgh_local_port is not touched. Out-of-line memory is given back where its descriptor
/// says deallocate; of an array of ports every right is dropped. Rights that are not there are passed over. The buffer
/// itself is not changed.
void mach_msg_destroy(mach_msg_header_t *msg);

/* -- Servers ------------------------------------------------------------------------------------------------------- */

/// Serves requests until something goes wrong: receives one, calls `demux` with it, sends the reply that `demux` made,
/// and so on.
///
/// `rcv_name` is a receive right or a port set. `max_size` is the size in bytes of the longest request and of the
/// longest reply, without trailers; the buffers for both are the library's. `options` are those of mach_msg that hold
/// for receiving and sending: time-outs (of 0), trailer elements, MACH_RCV_LARGE; MACH_SEND_MSG, MACH_RCV_MSG and
/// MACH_RCV_VOUCHER do not count. With MACH_RCV_LARGE a request that is larger than the buffer gets a larger one;
/// otherwise it ends the call.
///
/// `demux` is a server's demultiplexer, such as MIG writes, or a function of the program's that tries several. It is
/// given the request, the trailer behind it, and the buffer for the reply; its answer does not matter, for the reply
/// says everything. A reply that is not complex and has MIG_NO_REPLY as its code is not sent. If it has another code
/// than KERN_SUCCESS, what the request brought is destroyed here (a `demux` that succeeds has taken it); the reply port
/// is not, which the reply needs. A reply that goes to a send right does not wait for room in its queue. A reply that
/// cannot be delivered, because the queue is full or the port dead, is destroyed, and the server goes on.
///
///   MACH_RCV_...            receiving failed: a code of mach_msg
///   MACH_SEND_...           sending failed otherwise: a code of mach_msg
///   KERN_INVALID_ARGUMENT   `demux` is a null pointer
///   KERN_RESOURCE_SHORTAGE  no memory for the buffers
///   KERN_NO_SPACE           no addresses for the buffers
mach_msg_return_t mach_msg_server(boolean_t (*demux)(mach_msg_header_t *request, mach_msg_header_t *reply),
                                  mach_msg_size_t max_size, mach_port_t rcv_name, mach_msg_options_t options);

/// As mach_msg_server, for one request. Gives MACH_MSG_SUCCESS when that has been served, also when its reply could not
/// be delivered, and otherwise the codes of mach_msg_server.
mach_msg_return_t mach_msg_server_once(boolean_t (*demux)(mach_msg_header_t *request, mach_msg_header_t *reply),
                                       mach_msg_size_t max_size, mach_port_t rcv_name, mach_msg_options_t options);

/// The same as mach_msg_server: there is no importance here.
mach_msg_return_t mach_msg_server_importance(boolean_t (*demux)(mach_msg_header_t *request, mach_msg_header_t *reply),
                                             mach_msg_size_t max_size, mach_port_t rcv_name,
                                             mach_msg_options_t options);

/// Makes `*reply`, a mig_reply_error_t of 36 bytes, the reply to `*request`: not complex, to the port and by the
/// disposition that the request has as its local ones, with an id higher by 100, and with NDR_record. The code,
/// RetCode, is left to the caller, and so is msgh_voucher_port. No right moves.
void mig_reply_setup(mach_msg_header_t *request, mach_msg_header_t *reply);

/* -- Sleeping ------------------------------------------------------------------------------------------------------ */

/// Sleeps on SYSTEM_CLOCK, which MACH_PORT_NULL stands for as well, until `sleep_time` (TIME_ABSOLUTE) or for so long
/// (TIME_RELATIVE). Writes the time at which it ended to `*wake_time`, unless that is a null pointer.
///
///   KERN_SUCCESS            the time has come, or had come already
///   KERN_ABORTED            a signal was handled first; `*wake_time` is when the sleep was to end, for TIME_ABSOLUTE
///   KERN_INVALID_VALUE      `sleep_type` or the nanoseconds are out of range; `*wake_time` is `sleep_time`
///   KERN_INVALID_ARGUMENT   `clock_name` is no port of a clock (its control port is none here)
///   KERN_FAILURE            the clock is CALENDAR_CLOCK, on which no one sleeps
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t clock_sleep(mach_port_t clock_name, int sleep_type, mach_timespec_t sleep_time,
                          mach_timespec_t *wake_time);

/* -- Machines ------------------------------------------------------------------------------------------------------ */

/// Gives the names of a type of processors and of a subtype of it, those of <mach/machine.h>: texts that stay, such as
/// "ppc" and "PowerPC 750". What has no name there is "unknown". Either pointer may be null.
void slot_name(cpu_type_t cpu_type, cpu_subtype_t cpu_subtype, char **cpu_name, char **cpu_subname);

/* -- Vouchers ------------------------------------------------------------------------------------------------------ */

/// Gives up a user reference of a voucher's name. There are no vouchers; on any name it is mach_port_deallocate of the
/// calling task.
kern_return_t mach_voucher_deallocate(mach_port_name_t voucher);

/// What voucher_mach_msg_adopt changed.
typedef struct voucher_mach_msg_state_s *voucher_mach_msg_state_t;

#define VOUCHER_MACH_MSG_STATE_UNCHANGED ((voucher_mach_msg_state_t)~0UL)

/// Was to put the thread's voucher into a message. There are none: leaves `*msg` alone and gives FALSE.
boolean_t voucher_mach_msg_set(mach_msg_header_t *msg);

/// Was to take out what voucher_mach_msg_set had put in. Does nothing.
void voucher_mach_msg_clear(mach_msg_header_t *msg);

/// Was to make a received message's voucher the thread's. Leaves `*msg` alone and gives
/// VOUCHER_MACH_MSG_STATE_UNCHANGED.
voucher_mach_msg_state_t voucher_mach_msg_adopt(mach_msg_header_t *msg);

/// Was to undo voucher_mach_msg_adopt. Does nothing.
void voucher_mach_msg_revert(voucher_mach_msg_state_t state);

__END_DECLS

#endif
