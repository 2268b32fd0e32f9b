/// Errors in words.
#ifndef _MACH_ERROR_
#define _MACH_ERROR_ 1

#include <sys/cdefs.h>

#include <mach/error.h>

__BEGIN_DECLS

/// What an error means: its system and subsystem in parentheses, the name of its constant, and a sentence. Never a null
/// pointer: a code without words is said to be one. The string is the library's and lasts; it is not to be written to.
char *mach_error_string(mach_error_t error_value);

/// Writes `str`, a space, what the error means, and the end of the line to the standard error, in one piece. A code
/// without words is followed by its number in hexadecimal. A null pointer is an empty string.
void mach_error(const char *str, mach_error_t error_value);

/// Where an error comes from: "(system/subsystem)", or "(?/?)" when that has no name. The string is the library's.
char *mach_error_type(mach_error_t error_value);

__END_DECLS

#endif
