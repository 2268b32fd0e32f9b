/// Types for looking inside.
#ifndef _MACH_DEBUG_MACH_DEBUG_TYPES_H_
#define _MACH_DEBUG_MACH_DEBUG_TYPES_H_

#include <mach_debug/hash_info.h>
#include <mach_debug/ipc_info.h>
#include <mach_debug/lockgroup_info.h>

typedef char symtab_name_t[32];

/// A text about an object.
typedef char kobject_description_t[512];

#define KOBJECT_DESCRIPTION_LENGTH 512 /* bytes, with its NUL */

#endif
