// How a run's figures are told.
#ifndef BENCHMARKS_REPORT_HPP
#define BENCHMARKS_REPORT_HPP

#include "rounds.hpp"

#include <string>

// Prints all rows, and the table of what they are held to, with the rows that fall short. Returns how many do.
size_t print_report(const Rounds &rounds);

// Writes everything, each round's figures too, to a file.
void write_json(const Rounds &rounds, const std::string &path);

// Writes what the plots show to files in a folder. What there are no figures for gets no file.
void write_plot_data(const Rounds &rounds, const std::string &folder);

#endif
