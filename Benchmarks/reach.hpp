// What the rows are held to.
#ifndef BENCHMARKS_REACH_HPP
#define BENCHMARKS_REACH_HPP

#include "rounds.hpp"

#include <vector>

struct Reach {
    enum Bound { at_most, at_least, told }; // what is only told has no bound

    const char *work;
    Bound bound;
    double limit;
    double (*figure)(const Round &); // in one round

    bool is_reached(double figure) const {
        return bound == told || (bound == at_most ? figure <= limit : figure >= limit);
    }
};

extern const std::vector<Reach> reaches;

#endif
