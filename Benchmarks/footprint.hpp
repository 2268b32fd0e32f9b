// How much memory a port, a name, a queued message takes.
#ifndef BENCHMARKS_FOOTPRINT_HPP
#define BENCHMARKS_FOOTPRINT_HPP

// The program that measures one of them, in a process where nothing was before: prints what one takes of the system's
// memory and of the C allocator's, in bytes, and the nanoseconds in which it was made. Returns main's result.
int measure_footprint(const char *what);

#endif
