/// Services by name. Who serves a name and who looks it up need know nothing else of each other.
///
/// Each call is a request to the bootstrap port `bp`, usually `bootstrap_port` of <mach/mach_init.h>. The library answers
/// for its own bootstrap ports itself. To any other port the request goes as a message of <servers/bootstrap.defs>, whose
/// answer the call waits for; then the codes are that server's, or those of mach_msg and of stubs (MIG_...).
///
/// A name is a string of at most 127 bytes; what is longer is cut there. (Elsewhere these parameters are written name_t
/// and cmd_t, which is the same to C; compilers that look at such sizes would warn of every shorter string.)
///
/// Codes of all calls besides their own:
///
///   MACH_SEND_INVALID_DEST  `bp` is no send right, or its port is dead
///   KERN_INVALID_ARGUMENT   a null pointer for a name or a result
///   KERN_NO_SPACE           no name for the right that would be the result
///   KERN_RESOURCE_SHORTAGE  no memory
#ifndef _SERVERS_BOOTSTRAP_H_
#define _SERVERS_BOOTSTRAP_H_

#include <sys/cdefs.h>
#include <sys/types.h>

#include <mach/kern_return.h>
#include <mach/mach_init.h>
#include <mach/port.h>
#include <mach/std_types.h>
#include <servers/bootstrap_defs.h>

__BEGIN_DECLS

/// Gives a send right to the port of the service, which may not be checked in yet: messages wait in its queue. Looks in
/// the subset of `bp` first and then in those above.
///
///   BOOTSTRAP_UNKNOWN_SERVICE  no service has this name
kern_return_t bootstrap_look_up(mach_port_t bp, const char *service_name, mach_port_t *sp);

/// Gives the receive right of a service, with what waits in its queue. A service that no one has created is made, and
/// vanishes with the right. The right to one that was created goes back when its holder ends it, with its queue, and
/// another may check it in.
///
///   BOOTSTRAP_NOT_PRIVILEGED  the service was made through the port of a server (bootstrap_create_server)
///   BOOTSTRAP_SERVICE_ACTIVE  someone serves it already
///   BOOTSTRAP_NO_MEMORY       no memory
kern_return_t bootstrap_check_in(mach_port_t bp, const char *service_name, mach_port_t *sp);

/// Makes `sp` the port of a service. The caller keeps its send right. The service vanishes when the port dies. One that
/// was created and is not checked in is replaced: its port dies, and what waits in its queue ends. MACH_PORT_NULL takes
/// such a service away; it is a success when there is none.
///
///   BOOTSTRAP_NOT_PRIVILEGED  the service was made through the port of a server
///   BOOTSTRAP_SERVICE_ACTIVE  someone serves it already
///   BOOTSTRAP_NO_MEMORY       no memory, or the port is dead
///   MACH_SEND_INVALID_RIGHT   the caller has no send right `sp`
kern_return_t bootstrap_register(mach_port_t bp, char *service_name, mach_port_t sp);

/// Creates a service and gives a send right to its port. Messages wait in its queue until someone checks it in.
///
///   BOOTSTRAP_NAME_IN_USE  a service of the same subset has this name
///   BOOTSTRAP_NO_MEMORY    no memory
kern_return_t bootstrap_create_service(mach_port_t bp, char *service_name, mach_port_t *sp);

/// Tells whether someone serves a name: BOOTSTRAP_STATUS_ACTIVE; if not, whether it would be started on demand, or not.
///
///   BOOTSTRAP_UNKNOWN_SERVICE  no service has this name
kern_return_t bootstrap_status(mach_port_t bp, char *service_name, bootstrap_status_t *service_active);

/// Gives a send right to a new bootstrap port. Services made through it are seen through it alone, and through it those
/// above are seen too. It ends when the port of the requestor dies: its services vanish, those that no one has checked
/// in die with their queues, and so do its own subsets.
///
///   BOOTSTRAP_NOT_PRIVILEGED  `requestor_port` is MACH_PORT_NULL
///   BOOTSTRAP_NO_MEMORY       no memory, the requestor's port is dead, or more than 100 subsets in one another
///   MACH_SEND_INVALID_RIGHT   the caller has no send right `requestor_port`
kern_return_t bootstrap_subset(mach_port_t bp, mach_port_t requestor_port, mach_port_t *subset_port);

/// Gives a send right to the port of a server. Services made through it are seen as if made through `bp`, but may only
/// be checked in and registered through the server's port. They vanish with its last send right.
///
///   BOOTSTRAP_NOT_PRIVILEGED  `server_uid` is another user, and the process is not root's
///   KERN_NOT_SUPPORTED        `server_cmd` is not empty: the library starts no programs
///   BOOTSTRAP_NO_MEMORY       no memory
kern_return_t bootstrap_create_server(mach_port_t bp, char *server_cmd, uid_t server_uid, boolean_t on_demand,
                                      mach_port_t *server_port);

/// Gives a send right to the bootstrap port whose services a server's port shares; for any other, to itself.
kern_return_t bootstrap_unprivileged(mach_port_t bp, mach_port_t *unpriv_port);

/// Gives a send right to the bootstrap port above a subset. The process's own has itself above.
///
///   BOOTSTRAP_NOT_PRIVILEGED  the process is not root's
kern_return_t bootstrap_parent(mach_port_t bp, mach_port_t *parent_port);

/// What a code of these calls means, in a sentence. The string is the library's.
const char *bootstrap_strerror(kern_return_t r);

__END_DECLS

#endif
