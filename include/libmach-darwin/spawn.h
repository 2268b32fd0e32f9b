/// A header of libc with a member that is called __used: see <sys/cdefs.h>.
#pragma GCC system_header
#include <sys/cdefs.h>
#pragma push_macro("__used")
#undef __used
#include_next <spawn.h>
#pragma pop_macro("__used")
