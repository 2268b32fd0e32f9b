#include "rounds.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

// The figure that such a part of the others is below, between two of them if need be.
double quantile(const std::vector<double> &sorted, double part) {
    if (sorted.empty()) return none;
    const double place = part * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<size_t>(place);
    const size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

// Adds a name unless it is there.
void add(std::vector<std::string> &names, const std::string &name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

} // namespace

double Round::operator()(const std::string &row) const {
    auto found = figures.find(row);
    return found == figures.end() ? none : found->second;
}

Summary::Summary(std::vector<double> figures) {
    figures.erase(std::remove_if(figures.begin(), figures.end(), [](double figure) { return std::isnan(figure); }),
                  figures.end());
    std::sort(figures.begin(), figures.end());
    median = quantile(figures, 0.5);
    lower = quantile(figures, 0.25);
    upper = quantile(figures, 0.75);
}

void Rounds::keep(const std::string &name, double figure) {
    add(figure_order, name);
    all.back().figures[name] = figure;
}

void Rounds::ReportRuns(const std::vector<Run> &runs) {
    for (const Run &run : runs) {
        const std::string &name = run.run_name.function_name;
        if (run.error_occurred) {
            reasons[name] = run.error_message;
            continue;
        }
        add(row_order, name);
        keep(name, run.real_accumulated_time / static_cast<double>(run.iterations) * 1e9);
        for (const auto &[counter, value] : run.counters) keep(name + ": " + counter, value.value);
    }
}

std::vector<std::string> Rounds::counters(const std::string &row) const {
    std::vector<std::string> found;
    for (const std::string &figure : figure_order) {
        if (figure.compare(0, row.size() + 2, row + ": ") == 0) found.push_back(figure.substr(row.size() + 2));
    }
    return found;
}
