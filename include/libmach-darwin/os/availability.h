/// The marks of <Availability.h> under the name of a newer header.
#ifndef __OS_AVAILABILITY__
#define __OS_AVAILABILITY__

#include <Availability.h>

#endif
