/// The type behind `boolean_t`.
#ifndef _MACH_MACHINE_BOOLEAN_H_
#define _MACH_MACHINE_BOOLEAN_H_

/// Four bytes in every structure and message; zero is false, anything else is true.
typedef unsigned int boolean_t;

#endif
