/// The names and rights of a task, and the state of its ports.
///
/// The first argument, `task`, is the port of the task whose names are meant: mach_task_self() for one's own. It is
/// only looked at. Other arguments are names in that task, unless a description says otherwise.
///
/// Every routine gives KERN_SUCCESS when it is done, and besides the codes listed with it:
///   KERN_INVALID_TASK       `task` is null, dead, or no port of a task
///   KERN_INVALID_ARGUMENT   an output is a null pointer
/// A routine that fails changes nothing: no right is taken, no output is written.
///
/// Arrays that a routine returns are memory of their own, which the caller gives back with vm_deallocate(task, address,
/// count * sizeof element). An empty array is a null pointer with count 0. What the caller passed in the pointer and
/// the count does not matter.
///
/// A name whose port has died counts as a dead name in every routine, with the same number of user references, and one
/// more if a notification was requested for it.
#ifndef _MACH_MACH_PORT_H_
#define _MACH_MACH_PORT_H_

#include <sys/cdefs.h>

#include <mach/boolean.h>
#include <mach/kern_return.h>
#include <mach/mach_types.h>
#include <mach/message.h>
#include <mach/mig_errors.h>
#include <mach/ndr.h>
#include <mach/notify.h>
#include <mach/port.h>
#include <mach/std_types.h>
#include <mach_debug/mach_debug_types.h>

__BEGIN_DECLS

/* -- Names --------------------------------------------------------------------------------------------------------- */

/// Lists every name of the task and what it stands for, as two arrays of equal length: `names[i]` has the rights
/// `types[i]`, together with the bits MACH_PORT_TYPE_DNREQUEST, MACH_PORT_TYPE_SPREQUEST and
/// MACH_PORT_TYPE_SPREQUEST_DELAYED. The caller owns both arrays.
///
///   KERN_RESOURCE_SHORTAGE  no memory for the arrays
kern_return_t mach_port_names(ipc_space_t task, mach_port_name_array_t *names, mach_msg_type_number_t *namesCnt,
                              mach_port_type_array_t *types, mach_msg_type_number_t *typesCnt);

/// Tells what `name` stands for: MACH_PORT_TYPE_ bits, among them MACH_PORT_TYPE_DNREQUEST while a dead-name or
/// send-possible notification is requested. MACH_PORT_DEAD gives MACH_PORT_TYPE_DEAD_NAME.
///
///   KERN_INVALID_NAME  `name` is unknown, or MACH_PORT_NULL
kern_return_t mach_port_type(ipc_space_t task, mach_port_name_t name, mach_port_type_t *ptype);

/// Was to give a right another name.
///
///   KERN_NOT_SUPPORTED  always
kern_return_t mach_port_rename(ipc_space_t task, mach_port_name_t old_name, mach_port_name_t new_name);

/* -- Making -------------------------------------------------------------------------------------------------------- */

/// Makes a port, a port set or a dead name under a name of the library's choice, and writes the name to `*name`.
///
/// MACH_PORT_RIGHT_RECEIVE gives the receive right of a new port: no send right, make-send count and sequence number 0,
/// queue limit 5. MACH_PORT_RIGHT_PORT_SET gives an empty set. MACH_PORT_RIGHT_DEAD_NAME gives a dead name with one
/// user reference.
///
///   KERN_INVALID_VALUE      `right` is none of the three
///   KERN_NO_SPACE           the task has no free name
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t mach_port_allocate(ipc_space_t task, mach_port_right_t right, mach_port_name_t *name);

/// As mach_port_allocate, under the name that the caller gives. The low two bits of a name are always set. With
/// MACH_PORT_RIGHT_DEAD_NAME `name` is not used: the dead name appears under one that is not told.
///
///   KERN_INVALID_VALUE      `right` is none of the three, `name` is MACH_PORT_NULL or MACH_PORT_DEAD, or its low two
///                           bits are not both set
///   KERN_FAILURE            the name's index is 0, or in use under another generation
///   KERN_NAME_EXISTS        `name` is in use
///   KERN_NO_SPACE           the name's index is larger than a task can have
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t mach_port_allocate_name(ipc_space_t task, mach_port_right_t right, mach_port_name_t name);

/// As mach_port_allocate. If `qos->prealloc` is set, memory for a message of `qos->len` bytes is set aside with the new
/// port, which must be a MACH_PORT_RIGHT_RECEIVE.
///
///   KERN_INVALID_ARGUMENT   `qos` is a null pointer, or `qos->name` is set
///   KERN_INVALID_VALUE      `right` is none of the three, or not MACH_PORT_RIGHT_RECEIVE with `qos->prealloc`
///   KERN_NO_SPACE           the task has no free name
///   KERN_RESOURCE_SHORTAGE  no memory, or `qos->len` leaves no room for a trailer
kern_return_t mach_port_allocate_qos(ipc_space_t task, mach_port_right_t right, mach_port_qos_t *qos,
                                     mach_port_name_t *name);

/// As mach_port_allocate, with all that can be wished for: if `qos->name` is set, under the name in `*name`; if
/// `qos->prealloc` is set, with memory for a message of `qos->len` bytes. `proto` is MACH_PORT_NULL. A dead name
/// ignores the wanted name and writes its own to `*name`. Arguments are tested in the order proto, wanted name,
/// preallocation, right.
///
///   KERN_INVALID_ARGUMENT   `qos` is a null pointer
///   KERN_INVALID_VALUE      `proto` is not MACH_PORT_NULL; the wanted name is MACH_PORT_NULL or MACH_PORT_DEAD, or its
///                           low two bits are not both set; `qos->prealloc` with another right than
///                           MACH_PORT_RIGHT_RECEIVE; or `right` is none of the three
///   KERN_FAILURE            the wanted name's index is 0, or in use under another generation
///   KERN_NAME_EXISTS        the wanted name is in use
///   KERN_NO_SPACE           the task has no free name, or the wanted name's index is larger than a task can have
///   KERN_RESOURCE_SHORTAGE  no memory, or `qos->len` leaves no room for a trailer
kern_return_t mach_port_allocate_full(ipc_space_t task, mach_port_right_t right, mach_port_t proto,
                                      mach_port_qos_t *qos, mach_port_name_t *name);

/* -- Giving up ----------------------------------------------------------------------------------------------------- */

/// Gives up everything that `name` stands for, whatever its user references, and frees the name. A receive right takes
/// its port with it, and what is queued there is destroyed; a send-once right posts its notification; a port set lets
/// its members go. MACH_PORT_NULL and MACH_PORT_DEAD are left alone, with success.
///
///   KERN_INVALID_NAME   `name` is unknown
///   KERN_INVALID_RIGHT  `name` is a guarded receive right
kern_return_t mach_port_destroy(ipc_space_t task, mach_port_name_t name);

/// Gives up one user reference of a send right, a send-once right or a dead name. At the last one the right goes: of a
/// name that also receives the send right alone, of a send-once right with its notification. MACH_PORT_NULL and
/// MACH_PORT_DEAD are left alone, with success.
///
///   KERN_INVALID_NAME   `name` is unknown
///   KERN_INVALID_RIGHT  `name` is a receive right without a send right, or a port set
kern_return_t mach_port_deallocate(ipc_space_t task, mach_port_name_t name);

/* -- User references ----------------------------------------------------------------------------------------------- */

/// Tells how many user references of one right a name has: 0 if it lacks the right, 1 for receive rights, send-once
/// rights and sets. MACH_PORT_NULL and MACH_PORT_DEAD have 1 of MACH_PORT_RIGHT_SEND and of MACH_PORT_RIGHT_SEND_ONCE.
///
///   KERN_INVALID_VALUE  `right` is MACH_PORT_RIGHT_NUMBER or more
///   KERN_INVALID_NAME   `name` is unknown; or it is MACH_PORT_NULL or MACH_PORT_DEAD and `right` another one
kern_return_t mach_port_get_refs(ipc_space_t task, mach_port_name_t name, mach_port_right_t right,
                                 mach_port_urefs_t *refs);

/// Changes the user references of one right by `delta`. A right without references goes, as in mach_port_deallocate; a
/// receive right that goes takes its port with it, and leaves a dead name if the name had a send right too. Receive
/// rights, sets and send-once rights take 0 and -1 only. With MACH_PORT_NULL or MACH_PORT_DEAD and MACH_PORT_RIGHT_SEND
/// or MACH_PORT_RIGHT_SEND_ONCE nothing happens, with success.
///
///   KERN_INVALID_VALUE   `right` is MACH_PORT_RIGHT_NUMBER or more, `delta` is not among those that the right takes,
///                        or references would fall below 0
///   KERN_INVALID_NAME    `name` is unknown; or it is MACH_PORT_NULL or MACH_PORT_DEAD and `right` another one
///   KERN_INVALID_RIGHT   `name` lacks the right, or is a guarded receive right that would go
///   KERN_UREFS_OVERFLOW  a send right would exceed 65,534 references, a dead name 65,535
kern_return_t mach_port_mod_refs(ipc_space_t task, mach_port_name_t name, mach_port_right_t right,
                                 mach_port_delta_t delta);

/* -- Moving rights between tasks ----------------------------------------------------------------------------------- */

/// Gives a right to `task`, under the name `name`. `poly` is a name of the calling task and `polyPoly` the disposition,
/// one of the six that messages have, by which its right is taken. A port that `task` knows already keeps its name:
/// then `name` must be that name, and the rights are joined. Arguments are tested before `poly` is touched, and a call
/// that fails leaves the right where it was.
///
///   KERN_INVALID_VALUE       `name` is MACH_PORT_NULL or MACH_PORT_DEAD, or its low two bits are not both set; or
///                            `polyPoly` is out of range
///   KERN_INVALID_CAPABILITY  `poly` is MACH_PORT_NULL, MACH_PORT_DEAD or a dead name, or a receive right that is bound
///                            to its task (EXC_GUARD is raised)
///   KERN_INVALID_NAME        `poly` is unknown
///   KERN_INVALID_RIGHT       `poly` lacks the right that `polyPoly` takes
///   KERN_FAILURE             the index of `name` is 0, or in use under another generation
///   KERN_NO_SPACE            the index of `name` is larger than a task can have
///   KERN_RIGHT_EXISTS        `task` knows the port under another name
///   KERN_NAME_EXISTS         `name` is in use for something else; a send-once right needs a free name always
///   KERN_UREFS_OVERFLOW      the send right has 65,534 user references already
///   KERN_RESOURCE_SHORTAGE   no memory
kern_return_t mach_port_insert_right(ipc_space_t task, mach_port_name_t name, mach_port_t poly,
                                     mach_msg_type_name_t polyPoly);

/// Takes a right from `task` and gives it to the caller. `name` is a name of `task`, `msgt_name` the disposition by
/// which its right is taken. `*poly` is the caller's new name or, except for a send-once right, the one it had for the
/// port; `*polyPoly` is what it got: MACH_MSG_TYPE_PORT_RECEIVE, MACH_MSG_TYPE_PORT_SEND or
/// MACH_MSG_TYPE_PORT_SEND_ONCE. Of a dead name, the dispositions MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MOVE_SEND and
/// MACH_MSG_TYPE_MOVE_SEND_ONCE give MACH_PORT_DEAD; the last two take a user reference.
///
///   KERN_INVALID_VALUE      `msgt_name` is out of range
///   KERN_INVALID_NAME       `name` is unknown
///   KERN_INVALID_RIGHT      `name` is MACH_PORT_NULL or MACH_PORT_DEAD, or lacks the right
///   KERN_INVALID_CAPABILITY it is a receive right that is bound to its task; EXC_GUARD is raised
///   KERN_NO_SPACE           the caller has no free name
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t mach_port_extract_right(ipc_space_t task, mach_port_name_t name, mach_msg_type_name_t msgt_name,
                                      mach_port_t *poly, mach_msg_type_name_t *polyPoly);

/* -- Receive rights ------------------------------------------------------------------------------------------------ */

/// Looks at a queued message without taking it. `*request_seqnop` is the sequence number that the message will have, 0
/// for the first in the queue; it becomes the number of the one found. `trailer_type` asks for a trailer as the options
/// of mach_msg do, up to MACH_RCV_TRAILER_AUDIT; it is written to `trailer_infop`, whose size in bytes
/// `*trailer_infopCnt` gives and afterwards tells. `*msg_sizep` becomes the size of the message as it is kept in the
/// queue: 8 bytes more than was sent and 4 more for each port descriptor. `*msg_idp` becomes its msgh_id.
///
///   KERN_INVALID_RIGHT  `name` is MACH_PORT_NULL or MACH_PORT_DEAD, or no receive right
///   KERN_INVALID_NAME   `name` is unknown
///   KERN_INVALID_VALUE  the trailer is longer than an audit trailer, or than the room for it
///   KERN_FAILURE        nothing is queued, or no message with this sequence number
kern_return_t mach_port_peek(ipc_space_t task, mach_port_name_t name, mach_msg_trailer_type_t trailer_type,
                             mach_port_seqno_t *request_seqnop, mach_msg_size_t *msg_sizep, mach_msg_id_t *msg_idp,
                             mach_msg_trailer_info_t trailer_infop, mach_msg_type_number_t *trailer_infopCnt);

/// Sets the make-send count of a port.
///
///   KERN_INVALID_NAME   `name` is unknown
///   KERN_INVALID_RIGHT  `name` is MACH_PORT_NULL or MACH_PORT_DEAD, or no receive right
kern_return_t mach_port_set_mscount(ipc_space_t task, mach_port_name_t name, mach_port_mscount_t mscount);

/// Sets the sequence number that the next message received from a port will have.
///
///   KERN_INVALID_NAME   `name` is unknown
///   KERN_INVALID_RIGHT  `name` is MACH_PORT_NULL or MACH_PORT_DEAD, or no receive right
kern_return_t mach_port_set_seqno(ipc_space_t task, mach_port_name_t name, mach_port_seqno_t seqno);

/// Tells the value that a program keeps with a port: 0 at first, and 0 when a strict guard hides it.
///
///   KERN_INVALID_NAME   `name` is unknown
///   KERN_INVALID_RIGHT  `name` is MACH_PORT_NULL or MACH_PORT_DEAD, or no receive right
kern_return_t mach_port_get_context(ipc_space_t task, mach_port_name_t name, mach_port_context_t *context);

/// Sets that value. It goes when the receive right moves to another task.
///
///   KERN_INVALID_NAME      `name` is unknown
///   KERN_INVALID_RIGHT     `name` is MACH_PORT_NULL or MACH_PORT_DEAD, or no receive right
///   KERN_INVALID_ARGUMENT  a strict guard protects it
kern_return_t mach_port_set_context(ipc_space_t task, mach_port_name_t name, mach_port_context_t context);

/// Tells about a port. `flavor` says what: MACH_PORT_LIMITS_INFO, MACH_PORT_RECEIVE_STATUS, MACH_PORT_DNREQUESTS_SIZE
/// or MACH_PORT_INFO_EXT. `*port_info_outCnt` is the room at `port_info_out` in words of 4 bytes, and becomes the
/// number of words written. For MACH_PORT_NULL and MACH_PORT_DEAD the first flavor succeeds and tells nothing (count
/// 0), and the third tells 0.
///
///   KERN_INVALID_ARGUMENT  `flavor` is none of the four
///   KERN_FAILURE           the room is smaller than the flavor's MACH_PORT_..._COUNT; tested before `name`
///   KERN_INVALID_NAME      `name` is unknown
///   KERN_INVALID_RIGHT     `name` is no receive right; MACH_PORT_NULL or MACH_PORT_DEAD with the second and fourth
///                          flavor
kern_return_t mach_port_get_attributes(ipc_space_t task, mach_port_name_t name, mach_port_flavor_t flavor,
                                       mach_port_info_t port_info_out, mach_msg_type_number_t *port_info_outCnt);

/// Changes a port. MACH_PORT_LIMITS_INFO sets the queue limit: a higher one lets waiting senders go on, a lower one
/// leaves queued messages where they are, and 0 holds every sender back. MACH_PORT_DNREQUESTS_SIZE makes room for that
/// many slots of notification requests, in steps of 2, 4, 8 ...; -1 asks for the next step. MACH_PORT_TEMPOWNER,
/// MACH_PORT_IMPORTANCE_RECEIVER and MACH_PORT_DENAP_RECEIVER have no data and only set the flags that
/// MACH_PORT_RECEIVE_STATUS shows. `port_infoCnt` is the size of the data in words of 4 bytes.
///
///   KERN_INVALID_ARGUMENT   `flavor` is none of the five, or there is data and `port_info` is a null pointer
///   KERN_FAILURE            `port_infoCnt` is too small
///   KERN_INVALID_VALUE      the queue limit exceeds MACH_PORT_QLIMIT_MAX
///   KERN_INVALID_NAME       `name` is unknown
///   KERN_INVALID_RIGHT      `name` is MACH_PORT_NULL or MACH_PORT_DEAD, or no receive right
///   KERN_NO_SPACE           more requests than any table holds
///   KERN_RESOURCE_SHORTAGE  no memory for that many requests
kern_return_t mach_port_set_attributes(ipc_space_t task, mach_port_name_t name, mach_port_flavor_t flavor,
                                       mach_port_info_t port_info, mach_msg_type_number_t port_infoCnt);

/// Tells how many send rights to a port there are, in all tasks and in messages. User references do not count.
///
///   KERN_INVALID_NAME   `name` is unknown, MACH_PORT_NULL or MACH_PORT_DEAD
///   KERN_INVALID_RIGHT  `name` is no receive right
kern_return_t mach_port_get_srights(ipc_space_t task, mach_port_name_t name, mach_port_rights_t *srights);

/* -- Port sets ----------------------------------------------------------------------------------------------------- */

/// Lists the members of a port set, by the names of their receive rights. The caller owns the array.
///
///   KERN_INVALID_NAME       `name` is unknown
///   KERN_INVALID_RIGHT      `name` is MACH_PORT_NULL or MACH_PORT_DEAD, or no port set
///   KERN_RESOURCE_SHORTAGE  no memory for the array
kern_return_t mach_port_get_set_status(ipc_space_t task, mach_port_name_t name, mach_port_name_array_t *members,
                                       mach_msg_type_number_t *membersCnt);

/// Takes a port out of every set it is in, and then puts it into the set `after`, or into none if that is
/// MACH_PORT_NULL. Taking a port out that is in no set succeeds. When `after` is wrong the port stays where it was.
///
///   KERN_INVALID_NAME       `member` or `after` is unknown
///   KERN_INVALID_RIGHT      `member` is MACH_PORT_NULL or MACH_PORT_DEAD, or no receive right; or `after` is
///                           MACH_PORT_DEAD, or no port set
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t mach_port_move_member(ipc_space_t task, mach_port_name_t member, mach_port_name_t after);

/// Puts the port `name` into the set `pset`. It stays in the other sets that it is in. What is in its queue can be
/// received through the set at once.
///
///   KERN_INVALID_NAME       `name` or `pset` is unknown
///   KERN_INVALID_RIGHT      one of them is MACH_PORT_NULL or MACH_PORT_DEAD, `name` is no receive right, or `pset` is
///                           no port set
///   KERN_ALREADY_IN_SET     the port is a member already
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t mach_port_insert_member(ipc_space_t task, mach_port_name_t name, mach_port_name_t pset);

/// Takes the port `name` out of the set `pset`.
///
///   KERN_INVALID_NAME   `name` or `pset` is unknown
///   KERN_INVALID_RIGHT  one of them is MACH_PORT_NULL or MACH_PORT_DEAD, `name` is no receive right, or `pset` is no
///                       port set
///   KERN_NOT_IN_SET     the port is no member of the set
kern_return_t mach_port_extract_member(ipc_space_t task, mach_port_name_t name, mach_port_name_t pset);

/* -- Notifications ------------------------------------------------------------------------------------------------- */

/// Asks for one message when something happens to what `name` stands for, in place of what was asked before. `msgid`
/// says for which, and becomes the message's msgh_id; <mach/notify.h> has the messages.
///
/// MACH_NOTIFY_PORT_DESTROYED, on a receive right: when it would die, the message carries it instead. `sync` is 0.
///
/// MACH_NOTIFY_NO_SENDERS, on a receive right: when no send right to its port is left; at once if there is none now and
/// the make-send count is `sync` or more.
///
/// MACH_NOTIFY_DEAD_NAME, on a send, receive or send-once right: when its port dies, which adds a user reference to the
/// dead name; for a name that is dead already at once, if `sync` is not 0.
///
/// MACH_NOTIFY_SEND_POSSIBLE, on the same: when the queue has room again for a sender that found it full and used
/// MACH_SEND_NOTIFY; if `sync` is not 0, at once unless the queue is full now. When the port dies, or is dead already,
/// the message is that of MACH_NOTIFY_DEAD_NAME. The last two share one place in each name; if the name is given up
/// first, MACH_NOTIFY_PORT_DELETED comes instead.
///
/// The message goes to the send-once right that `notifyPoly`, MACH_MSG_TYPE_MAKE_SEND_ONCE or
/// MACH_MSG_TYPE_MOVE_SEND_ONCE, takes from `notify`, a name of the calling task. With MACH_PORT_NULL as `notify` what
/// was asked before is only cancelled. `*previous` becomes the send-once right of that, which the caller owns, or
/// MACH_PORT_NULL. Once taken, the right of `notify` is not given back when the call fails: it dies, and sends
/// MACH_NOTIFY_SEND_ONCE.
///
///   KERN_INVALID_CAPABILITY  `notify` is MACH_PORT_DEAD or a dead name
///   KERN_INVALID_VALUE       `msgid` is none of the four, or MACH_NOTIFY_PORT_DESTROYED with a `sync` that is not 0
///   KERN_INVALID_NAME        `name` is unknown
///   KERN_INVALID_RIGHT       with the first two: `name` is MACH_PORT_NULL or MACH_PORT_DEAD, or no receive right; with
///                            the others: it is a port set
///   KERN_INVALID_ARGUMENT    with the last two: `name` is MACH_PORT_NULL or MACH_PORT_DEAD, or a dead name for which
///                            nothing is sent at once
///   KERN_NO_SPACE            the calling task has no free name for `*previous`
///   KERN_UREFS_OVERFLOW      the dead name has 65,535 user references already
///   KERN_RESOURCE_SHORTAGE   no memory
///   MACH_SEND_INVALID_RIGHT  `notify` is unknown, or lacks the right that `notifyPoly` takes
///   MIG_TYPE_ERROR           `notifyPoly` gives no send-once right
kern_return_t mach_port_request_notification(ipc_space_t task, mach_port_name_t name, mach_msg_id_t msgid,
                                             mach_port_mscount_t sync, mach_port_t notify,
                                             mach_msg_type_name_t notifyPoly, mach_port_t *previous);

/* -- Guards -------------------------------------------------------------------------------------------------------- */

/* What a guard forbids fails, and besides raises the exception EXC_GUARD in the calling thread: its code says what was
   attempted and on which name (EXC_GUARD_DECODE_ takes it apart), its subcode is the port's guard. Without a handler
   for it nothing more happens, unless the environment has LIBMACH_GUARD=log (a line on stderr) or
   LIBMACH_GUARD=kill. */

/// Guards a port with a value of the caller's choice, which becomes the port's context. Until it is unguarded its
/// receive right does not go by mach_port_mod_refs, nor by mach_port_destroy if the guard is not 0, and
/// mach_port_destruct wants the guard. If `strict` is set, the context also reads as 0 and cannot be set. The guard
/// goes when the receive right moves to another task.
///
///   KERN_INVALID_NAME      `name` is unknown, MACH_PORT_NULL or MACH_PORT_DEAD
///   KERN_INVALID_RIGHT     `name` is no receive right
///   KERN_INVALID_ARGUMENT  the port has a context or a guard other than 0
kern_return_t mach_port_guard(ipc_space_t task, mach_port_name_t name, mach_port_context_t guard, boolean_t strict);

/// As mach_port_guard; MPG_STRICT in `flags` makes the guard strict, and MPG_IMMOVABLE_RECEIVE binds the receive right
/// to its task as long as it is there, even when the port is unguarded: moving it fails, and raises EXC_GUARD. A
/// port-destroyed notification takes it along all the same. Other flags mean nothing.
///
///   KERN_INVALID_NAME      `name` is unknown, MACH_PORT_NULL or MACH_PORT_DEAD
///   KERN_INVALID_RIGHT     `name` is no receive right
///   KERN_INVALID_ARGUMENT  the port has a context or a guard other than 0
kern_return_t mach_port_guard_with_flags(ipc_space_t task, mach_port_name_t name, mach_port_context_t guard,
                                         uint64_t flags);

/// Puts another value in place of a guard that is not strict.
///
///   KERN_INVALID_NAME      `name` is unknown, MACH_PORT_NULL or MACH_PORT_DEAD
///   KERN_INVALID_RIGHT     `name` is no receive right
///   KERN_INVALID_ARGUMENT  the port has no guard, a strict one, or another one; EXC_GUARD is raised
kern_return_t mach_port_swap_guard(ipc_space_t task, mach_port_name_t name, mach_port_context_t old_guard,
                                   mach_port_context_t new_guard);

/// Takes the guard off a port, and its context with it.
///
///   KERN_INVALID_NAME      `name` is unknown, MACH_PORT_NULL or MACH_PORT_DEAD
///   KERN_INVALID_RIGHT     `name` is no receive right
///   KERN_INVALID_ARGUMENT  the port has no guard, or another one; EXC_GUARD is raised
kern_return_t mach_port_unguard(ipc_space_t task, mach_port_name_t name, mach_port_context_t guard);

/// Makes a port as `options` say, and writes the name of its receive right to `*name`. `context` becomes the port's
/// context; with MPO_CONTEXT_AS_GUARD it guards the port. Flags that are not known and MPO_STRICT without a guard mean
/// nothing.
///
///   KERN_INVALID_ARGUMENT   `options` is a null pointer
///   KERN_INVALID_VALUE      MPO_QLIMIT, and the limit exceeds MACH_PORT_QLIMIT_MAX
///   KERN_NO_SPACE           the task has no free name
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t mach_port_construct(ipc_space_t task, mach_port_options_ptr_t options, mach_port_context_t context,
                                  mach_port_name_t *name);

/// Gives up a receive right, and with it user references of the send right under the same name: `srdelta` is 0, or less
/// by their number. Send rights that are left become a dead name; but if a port-destroyed notification takes the
/// receive right along they stay. `guard` is the port's guard; for a port without one it does not matter. Arguments are
/// tested in the order in which the codes stand here.
///
///   KERN_INVALID_NAME      `name` is unknown, MACH_PORT_NULL or MACH_PORT_DEAD
///   KERN_INVALID_RIGHT     `name` is no receive right; or `srdelta` is not 0 and it has no send right
///   KERN_INVALID_VALUE     `srdelta` is more than 0
///   KERN_INVALID_ARGUMENT  the port has another guard; EXC_GUARD is raised
///   KERN_INVALID_VALUE     `srdelta` takes more references than there are
kern_return_t mach_port_destruct(ipc_space_t task, mach_port_name_t name, mach_port_delta_t srdelta,
                                 mach_port_context_t guard);

/* -- Looking inside ------------------------------------------------------------------------------------------------ */

/// Tells which kind of object of the library stands behind a send or receive right, and a token that is the same for
/// the same object: no address. An ordinary port has type 0 and token 0.
///
///   KERN_INVALID_NAME   `name` is unknown, MACH_PORT_NULL or MACH_PORT_DEAD
///   KERN_INVALID_RIGHT  `name` is a send-once right, a port set or a dead name
kern_return_t mach_port_kobject(ipc_space_t task, mach_port_name_t name, natural_t *object_type,
                                mach_vm_address_t *object_addr);

/// As mach_port_kobject, with the low half of the token.
kern_return_t mach_port_kernel_object(ipc_space_t task, mach_port_name_t name, unsigned *object_type,
                                      unsigned *object_addr);

/// As mach_port_kobject, and writes a text about the object: an empty one, for only devices have texts.
kern_return_t mach_port_kobject_description(ipc_space_read_t task, mach_port_name_t name, natural_t *object_type,
                                            mach_vm_address_t *object_addr, kobject_description_t description);

/// Verifies what the caller believes about a receive right, and changes nothing. The one flavor is
/// MACH_PORT_GUARD_INFO: the port has a strict guard, and that is the value in the mach_port_guard_info_t at `info`.
/// `infoCnt` counts words of 4 bytes. Arguments are tested in the order in which the codes stand here.
///
///   KERN_INVALID_ARGUMENT  another flavor, or `info` is a null pointer
///   KERN_FAILURE           `infoCnt` is less than MACH_PORT_GUARD_INFO_COUNT
///   KERN_INVALID_RIGHT     `name` is MACH_PORT_NULL, MACH_PORT_DEAD or no receive right
///   KERN_INVALID_NAME      `name` is unknown
///   KERN_INVALID_ARGUMENT  the port has no guard, one that is not strict, or another one; EXC_GUARD is raised
kern_return_t mach_port_assert_attributes(ipc_space_t task, mach_port_name_t name, mach_port_flavor_t flavor,
                                          mach_port_info_t info, mach_msg_type_number_t infoCnt);

/// Was to tell whether a connection belongs to a service, and by which policy. There are no policies here.
///
///   KERN_INVALID_NAME   a name is MACH_PORT_NULL or MACH_PORT_DEAD
///   KERN_NOT_SUPPORTED  always otherwise
kern_return_t mach_port_is_connection_for_service(ipc_space_t task, mach_port_name_t connection_port,
                                                  mach_port_name_t service_port, uint64_t *filter_policy_id);

/// Was to tell the name of the service for which a port was made. No port is made for one here.
///
///   KERN_INVALID_RIGHT       `name` is MACH_PORT_NULL, MACH_PORT_DEAD or no receive right
///   KERN_INVALID_NAME        `name` is unknown
///   KERN_INVALID_CAPABILITY  the port is no service's: always otherwise
kern_return_t mach_port_get_service_port_info(ipc_space_read_t task, mach_port_name_t name,
                                              mach_service_port_info_data_t *sp_info_out);

/// Tells about the table of the task's names, and lists each of its slots, free ones too (type 0). The caller owns the
/// array `table_info`; `tree_info` is always empty.
///
///   KERN_RESOURCE_SHORTAGE  no memory for the array
kern_return_t mach_port_space_info(ipc_space_t task, ipc_info_space_t *space_info, ipc_info_name_array_t *table_info,
                                   mach_msg_type_number_t *table_infoCnt, ipc_info_tree_name_array_t *tree_info,
                                   mach_msg_type_number_t *tree_infoCnt);

/// Tells about the table alone.
kern_return_t mach_port_space_basic_info(ipc_space_t task, ipc_info_space_basic_t *basic_info);

/// Tells how many notification requests for dead names and send-possible the table of a port has room for, and how many
/// are in it.
///
///   KERN_INVALID_NAME   `name` is unknown, MACH_PORT_NULL or MACH_PORT_DEAD
///   KERN_INVALID_RIGHT  `name` is no receive right
kern_return_t mach_port_dnrequest_info(ipc_space_t task, mach_port_name_t name, unsigned *dnr_total,
                                       unsigned *dnr_used);

/// Makes the table of the task's names at least `table_entries` slots large.
///
///   KERN_NO_SPACE           more slots than a task can have
///   KERN_RESOURCE_SHORTAGE  no memory
kern_return_t task_set_port_space(ipc_space_t task, int table_entries);

__END_DECLS

#endif
