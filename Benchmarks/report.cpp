#include "report.hpp"

#include "reach.hpp"

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace {

// Four digits.
std::string number_text(double figure) {
    char text[32];
    snprintf(text, sizeof(text), "%.4g", figure);
    return text;
}

std::string time_text(double nanoseconds) {
    static constexpr const char *units[] = {" ns", " us", " ms", " s"};
    size_t unit = 0;
    for (; std::fabs(nanoseconds) >= 1000 && unit < 3; unit++) nanoseconds /= 1000;
    return number_text(nanoseconds) + units[unit];
}

// A counter that is a time says so in its name.
bool is_time(const std::string &counter) {
    return counter.size() >= 4 && counter.compare(counter.size() - 4, 4, "time") == 0;
}

void print_rows(const Rounds &rounds) {
    printf("\n%-40s %12s %12s %12s\n", "row", "median", "from", "to");
    for (const std::string &row : rounds.rows()) {
        const Summary summary(rounds.each(row));
        printf("%-40s %12s %12s %12s", row.c_str(), time_text(summary.median).c_str(), time_text(summary.lower).c_str(),
               time_text(summary.upper).c_str());
        for (const std::string &counter : rounds.counters(row)) {
            const double figure = Summary(rounds.each(row + ": " + counter)).median;
            printf("  %s %s", counter.c_str(), (is_time(counter) ? time_text(figure) : number_text(figure)).c_str());
        }
        putchar('\n');
    }
    for (const auto &[row, reason] : rounds.skipped()) printf("%-40s skipped: %s\n", row.c_str(), reason.c_str());
    puts("\nFrom and to: the middle half of the rounds.");
}

std::string bound_text(const Reach &reach) {
    if (reach.bound == Reach::told) return "-";
    char text[32];
    snprintf(text, sizeof(text), "%s %g", reach.bound == Reach::at_most ? "<=" : ">=", reach.limit);
    return text;
}

} // namespace

size_t print_report(const Rounds &rounds) {
    print_rows(rounds);
    printf("\n%-44s %9s %9s %9s %9s\n", "reach", "here", "from", "to", "wanted");
    std::vector<const char *> short_ones;
    size_t unknown = 0; // the filter left it out, or the system lacks a peer
    for (const Reach &reach : reaches) {
        const Summary summary(rounds.each(reach.figure));
        if (std::isnan(summary.median)) {
            unknown++;
            continue;
        }
        const bool is_reached = reach.is_reached(summary.median);
        printf("%-44s %9.4g %9.4g %9.4g %9s%s\n", reach.work, summary.median, summary.lower, summary.upper,
               bound_text(reach).c_str(), is_reached ? "" : "  falls short");
        if (!is_reached) short_ones.push_back(reach.work);
    }
    printf("\n%zu not measured, %zu fall short%s\n", unknown, short_ones.size(), short_ones.empty() ? "" : ":");
    for (const char *work : short_ones) printf("  %s\n", work);
    return short_ones.size();
}
