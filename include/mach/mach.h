/// All that a program usually needs.
#ifndef _MACH_H_
#define _MACH_H_

#ifndef __MACH30__
#define __MACH30__
#endif
#define MACH_IPC_FLAVOR UNTYPED

#include <sys/cdefs.h>

#include <mach/error.h>
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

__BEGIN_DECLS

/// Gives up what a message owns: a message that was received and is not wanted, or one that was made and will not be
/// sent.
///
/// A right that is moved loses a user reference (a receive right dies); one that would be made is made and dropped, so
/// that a send-once right posts its notification; one that would be copied is left alone. So go the destination, the
/// voucher and every descriptor. msgh_local_port is not touched. Out-of-line memory is given back where its descriptor
/// says deallocate; of an array of ports every right is dropped. Rights that are not there are passed over. The buffer
/// itself is not changed.
void mach_msg_destroy(mach_msg_header_t *msg);

__END_DECLS

#endif
