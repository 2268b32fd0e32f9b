// Programs that a row runs.
#ifndef BENCHMARKS_PROGRAMS_HPP
#define BENCHMARKS_PROGRAMS_HPP

#include <sys/types.h>

#include <string>
#include <vector>

// This program's path, and that of one beside it.
std::string own_path();
std::string path_beside(const char *name);

// Starts a program, with its path as the first of `arguments` and this process's environment. `out` is its standard
// output; -1 leaves it this process's.
pid_t start(const std::vector<std::string> &arguments, int out = -1);

// Runs a program and returns what it prints. Throws if it fails.
std::string output_of(const std::vector<std::string> &arguments);

#endif
