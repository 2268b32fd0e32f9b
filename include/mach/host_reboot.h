/// Options of host_reboot, which is refused whatever they are.
#ifndef _MACH_HOST_REBOOT_
#define _MACH_HOST_REBOOT_

#define HOST_REBOOT_HALT     0x0008
#define HOST_REBOOT_UPSDELAY 0x0100
#define HOST_REBOOT_DEBUGGER 0x1000

#endif
