/// The types of what the host tells about itself.
#ifndef _MACH_HOST_INFO_H_
#define _MACH_HOST_INFO_H_

#include <mach/machine/vm_types.h>

typedef integer_t host_flavor_t;

/* Words; which structure they make says the flavor. */
typedef integer_t *host_info_t;
typedef integer_t *host_info64_t;

#define HOST_INFO_MAX        1024 /* words, at most */
#define KERNEL_VERSION_MAX   512
#define KERNEL_BOOT_INFO_MAX 4096

typedef char kernel_version_t[KERNEL_VERSION_MAX];
typedef char kernel_boot_info_t[KERNEL_BOOT_INFO_MAX];

#endif
