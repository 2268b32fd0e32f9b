/// What a program may ask of the one that loaded it: the little that has a meaning here.
#ifndef _MACH_O_DYLD_H_
#define _MACH_O_DYLD_H_

#include <stdint.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

/// Writes the path of the program's file to `buf`, as Linux tells it: absolute, without symbolic links; the
/// one it had, when the file was removed. `*bufsize` is how
/// many bytes there is room for, the end included. Gives 0; or -1, when there is not enough room, with what is needed in
/// `*bufsize`, or when Linux does not tell, with errno set and `*bufsize` as it was.
int _NSGetExecutablePath(char *buf, uint32_t *bufsize);

__END_DECLS

#endif
