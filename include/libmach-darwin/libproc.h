/// Other processes, as /proc tells of them. All calls may be made by any thread at any time.
///
/// A call that fails gives 0 and sets errno: ESRCH for what is no process, or one that Linux hides; EPERM for what Linux
/// tells other users only; ENOMEM for a buffer that is too small, or no memory; EINVAL and ENOTSUP as it says below.
#ifndef _LIBPROC_H_
#define _LIBPROC_H_

#include <stdbool.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/param.h>
#include <sys/types.h>

#include <sys/proc_info.h>

__BEGIN_DECLS

/// Lists the numbers of processes, `type` and `typeinfo` saying which: PROC_ALL_PIDS and so on. Gives how many bytes it
/// wrote; what does not fit is left out. A null pointer as the buffer asks how much there is, and some more.
int proc_listpids(uint32_t type, uint32_t typeinfo, void *buffer, int buffersize);

/* The same for certain types. `buffersize` is in bytes, but these give how many processes. */
int proc_listallpids(void *buffer, int buffersize);
int proc_listpgrppids(pid_t pgrpid, void *buffer, int buffersize);
int proc_listchildpids(pid_t ppid, void *buffer, int buffersize);

/// Tells about a process, the flavors being those of <sys/proc_info.h>. Gives the size of the structure; of
/// PROC_PIDPATHINFO 0 as well, with errno as it was. `arg` is an address for PROC_PIDREGIONPATH; unless it is 0, the
/// flavors of BSD tell about processes that have ended, too.
///
///   EINVAL     no such flavor; no file is mapped there
///   EOVERFLOW  more than PROC_PIDPATHINFO_MAXSIZE bytes for a path
///   ENOTSUP    a flavor of Darwin's for which there is nothing here
int proc_pidinfo(int pid, int flavor, uint64_t arg, void *buffer, int buffersize);

/// Writes the name of a process, at least 32 bytes being there for it, and gives its length.
int proc_name(int pid, void *buffer, uint32_t buffersize);

/// Writes the path of the file that a process runs, PROC_PIDPATHINFO_SIZE bytes being there for it or up to
/// PROC_PIDPATHINFO_MAXSIZE, and gives its length. A process of the kernel's has none: ESRCH.
int proc_pidpath(int pid, void *buffer, uint32_t buffersize);

/// Writes the path of the file that a process has mapped at an address, or above it when nothing is mapped there, at least
/// MAXPATHLEN bytes being there for it, and gives its length. EINVAL when that is no file.
int proc_regionfilename(int pid, uint64_t address, void *buffer, uint32_t buffersize);

/// The version of these calls: 1, 1. Either pointer may be null. Gives 0.
int proc_libversion(int *major, int *minor);

__END_DECLS

#endif
