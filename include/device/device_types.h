/// The types of interfaces to devices. The library has no devices.
#ifndef _DEVICE_DEVICE_TYPES_H_
#define _DEVICE_DEVICE_TYPES_H_

#include <mach/mach_types.h>
#include <mach/message.h>
#include <mach/port.h>
#include <mach/std_types.h>

typedef char *io_buf_ptr_t; /* data outside the message */

#endif
