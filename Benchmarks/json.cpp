// The run as JSON: where it was; each figure, and each one that is held to a reach, with its rounds.
#include "cpus.hpp"
#include "peers/peer.hpp"
#include "reach.hpp"
#include "report.hpp"

#include <sys/utsname.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace {

using File = std::unique_ptr<FILE, int (*)(FILE *)>;

// Without the characters that a string may not have there: the names here have none, what the system says might.
std::string quoted(const std::string &text) {
    std::string result = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        if (static_cast<unsigned char>(c) >= ' ') result += c;
    }
    return result + "\"";
}

std::string number(double figure) {
    if (!std::isfinite(figure)) return "null";
    char text[32];
    snprintf(text, sizeof(text), "%.6g", figure);
    return text;
}

std::string processor() {
    File file(fopen("/proc/cpuinfo", "r"), fclose);
    char line[256];
    while (file && fgets(line, sizeof(line), file.get()) != nullptr) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != nullptr) return colon + 2;
    }
    return "";
}

void write_context(FILE *file, const Rounds &rounds) {
    utsname system{};
    uname(&system);
    double load = 0;
    getloadavg(&load, 1);
    fprintf(file, "  \"context\": {\"system\": %s, \"machine\": %s, \"processor\": %s, \"cpus\": %zu, ",
            quoted(std::string(system.sysname) + " " + system.release).c_str(), quoted(system.machine).c_str(),
            quoted(processor()).c_str(), cpus().size());
    fprintf(file, "\"load at the end\": %s, \"rounds\": %zu},\n", number(load).c_str(), rounds.rounds().size());
}

// The median, the middle half, and all figures, as members of an object.
void write_figures(FILE *file, const std::vector<double> &figures) {
    const Summary summary(figures);
    fprintf(file, "\"median\": %s, \"from\": %s, \"to\": %s, \"rounds\": [", number(summary.median).c_str(),
            number(summary.lower).c_str(), number(summary.upper).c_str());
    const char *separator = "";
    for (double figure : figures) {
        fprintf(file, "%s%s", separator, number(figure).c_str());
        separator = ", ";
    }
    fputs("]", file);
}

void write_all(FILE *file, const Rounds &rounds) {
    const char *separator = "";
    for (const std::string &figure : rounds.figures()) {
        fprintf(file, "%s\n    {\"name\": %s, ", separator, quoted(figure).c_str());
        write_figures(file, rounds.each(figure));
        fputs("}", file);
        separator = ",";
    }
}

void write_reach(FILE *file, const Rounds &rounds) {
    const char *separator = "";
    for (const Reach &reach : reaches) {
        const std::vector<double> figures = rounds.each(reach.figure);
        const double median = Summary(figures).median;
        fprintf(file, "%s\n    {\"work\": %s, ", separator, quoted(reach.work).c_str());
        if (reach.bound != Reach::told) {
            fprintf(file, "\"%s\": %s, ", reach.bound == Reach::at_most ? "at most" : "at least",
                    number(reach.limit).c_str());
            const bool is_known = !std::isnan(median);
            fprintf(file, "\"reached\": %s, ", !is_known ? "null" : reach.is_reached(median) ? "true" : "false");
        }
        write_figures(file, figures);
        fputs("}", file);
        separator = ",";
    }
}

} // namespace

void write_json(const Rounds &rounds, const std::string &path) {
    File file(fopen(path.c_str(), "w"), fclose);
    if (!file) peers::fail(path.c_str());
    fputs("{\n", file.get());
    write_context(file.get(), rounds);
    fputs("  \"figures\": [", file.get());
    write_all(file.get(), rounds);
    fputs("\n  ],\n  \"reach\": [", file.get());
    write_reach(file.get(), rounds);
    fputs("\n  ]\n}\n", file.get());
}
