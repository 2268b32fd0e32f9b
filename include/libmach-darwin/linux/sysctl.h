/// A header of Linux with a member that is called __unused: see <sys/cdefs.h>.
#pragma GCC system_header
#include <stddef.h>
#include <sys/cdefs.h>
#pragma push_macro("__unused")
#undef __unused
#include_next <linux/sysctl.h>
#pragma pop_macro("__unused")
