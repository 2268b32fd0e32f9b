// What the plots show, as gnuplot reads it: a block for each line, with its name first, then x, median, and middle half.
#include "peers/peer.hpp"
#include "report.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>

namespace {

struct Plot {
    const char *file;
    std::string before, after; // a row that the plot shows is before + line + "/" + x + after
};

const Plot plots[] = {
    {"one-thread.dat", "one thread/", ""},
    {"calls.dat", "call/", "/two CPUs"},
    {"sets.dat", "set/", ""},
};

bool begins(const std::string &text, const std::string &with) { return text.compare(0, with.size(), with) == 0; }

bool ends(const std::string &text, const std::string &with) {
    return text.size() >= with.size() && text.compare(text.size() - with.size(), with.size(), with) == 0;
}

// A line's points, in the order of the rows.
struct Line {
    std::string name;
    std::vector<std::pair<std::string, Summary>> points;
};

std::vector<Line> lines(const Rounds &rounds, const Plot &plot) {
    std::vector<Line> lines;
    std::map<std::string, size_t> places;
    for (const std::string &row : rounds.rows()) {
        if (!begins(row, plot.before) || !ends(row, plot.after)) continue;
        const std::string middle = row.substr(plot.before.size(), row.size() - plot.before.size() - plot.after.size());
        const size_t stroke = middle.find('/');
        const std::string name = middle.substr(0, stroke);
        if (stroke == std::string::npos || name.find(',') != std::string::npos) continue; // a variant
        auto [place, is_new] = places.emplace(name, lines.size());
        if (is_new) lines.push_back({name, {}});
        lines[place->second].points.emplace_back(middle.substr(stroke + 1), Summary(rounds.each(row)));
    }
    return lines;
}

} // namespace

void write_plot_data(const Rounds &rounds, const std::string &folder) {
    for (const Plot &plot : plots) {
        const std::string path = folder + "/" + plot.file;
        remove(path.c_str());
        const std::vector<Line> all = lines(rounds, plot);
        if (all.empty()) continue;
        FILE *file = fopen(path.c_str(), "w");
        if (file == nullptr) peers::fail(path.c_str());
        for (const Line &line : all) {
            fprintf(file, "\"%s\"\n", line.name.c_str());
            for (const auto &[x, summary] : line.points) {
                fprintf(file, "%s %.6g %.6g %.6g\n", x.c_str(), summary.median, summary.lower, summary.upper);
            }
            fputs("\n\n", file);
        }
        fclose(file);
    }
}
