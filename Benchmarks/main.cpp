// Runs all benchmarks in one go, repetitions interleaved so that noise hits each alike, and ends with the ratios that
// count: medians of ours to medians of what a program would use instead. Ends with 1 when one is over its limit.
#include <benchmark/benchmark.h>

#include <unistd.h>

#include <cstdio>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace {

// The console's report, which also keeps every median.
class Reporter : public benchmark::ConsoleReporter {
  public:
    std::map<std::string, double> values;

    Reporter() : ConsoleReporter(isatty(STDOUT_FILENO) ? OO_ColorTabular : OO_Tabular) {}

    void ReportRuns(const std::vector<Run> &runs) override {
        for (const Run &run : runs) {
            if (run.error_occurred) continue;
            if (run.aggregate_name == "median")
                values[run.run_name.function_name + suffix(run)] = run.GetAdjustedRealTime();
            for (const auto &[name, counter] : run.counters) values[name] = counter.value;
        }
        ConsoleReporter::ReportRuns(runs);
    }

  private:
    static std::string suffix(const Run &run) { return run.run_name.args.empty() ? "" : "/" + run.run_name.args; }
};

struct Limit {
    const char *what, *ours, *theirs;
    double limit;
    const char *without = nullptr; // only what ours takes beyond this counts
};

constexpr double no_limit = std::numeric_limits<double>::infinity(); // told, and never over

constexpr Limit limits[] = {
    {"send + receive / pipe", "port/send+receive", "pipe/write+read", 0.5},
    {"set of 10,000 / set of 1", "set/send+receive/10000", "set/send+receive/1", 1.3},
    {"allocate + destroy / pipe", "port/allocate+destroy", "pipe/write+read", 0.4},
    {"call / futex, two threads", "port/call, two threads", "futex/ping-pong, two threads", 1.6},
    {"RPC by stubs / by mach_msg", "rpc/stubs, two threads", "rpc/mach_msg, two threads", 1.15},
    {"kernel: message / call", "mach_port_type/message", "mach_port_type/call", no_limit},
    {"copied 4 KiB / memcpy", "memory/copied/4096", "mmap+memcpy/4096", 1.1},
    {"copied 1 MiB / memcpy", "memory/copied/1048576", "mmap+memcpy/1048576", 1.1},
    {"copied 64 MiB / memcpy", "memory/copied/67108864", "mmap+memcpy/67108864", 1.1},
    {"moved 64 MiB / 4 KiB", "memory/moved/67108864", "memory/moved/4096", 1.3},
    {"1,000 ports / 1,000 messages", "ports/one message/1000", "ports/a message each/1000", 0.5},
    {"event of a port / eventfd", "port/send+receive, watched", "eventfd/write+read", 1.3, "port/send+receive"},
    {"bytes per port at a million", "resident_bytes_per_port", nullptr, 320},
};

std::string text(double limit) {
    if (limit == no_limit) return "none";
    char text[16];
    std::snprintf(text, sizeof(text), "%g", limit);
    return text;
}

// Prints the table; returns how many figures are over their limits.
int print_ratios(const std::map<std::string, double> &values) {
    int over = 0;
    std::printf("\n%-28s %8s %8s\n", "", "here", "limit");
    for (const Limit &limit : limits) {
        auto ours = values.find(limit.ours);
        auto theirs = limit.theirs == nullptr ? ours : values.find(limit.theirs);
        auto without = limit.without == nullptr ? ours : values.find(limit.without);
        if (ours == values.end() || theirs == values.end() || without == values.end()) {
            std::printf("%-28s %8s %8s\n", limit.what, "-", text(limit.limit).c_str());
            continue;
        }
        double figure = limit.without == nullptr ? ours->second : ours->second - without->second;
        if (limit.theirs != nullptr) figure /= theirs->second;
        bool is_over = figure > limit.limit;
        std::printf("%-28s %8.4g %8s%s\n", limit.what, figure, text(limit.limit).c_str(), is_over ? "  over" : "");
        over += is_over;
    }
    return over;
}

} // namespace

int main(int count, char **arguments) {
    // What is said on the command line comes later, and wins.
    std::string defaults[] = {"--benchmark_repetitions=9", "--benchmark_min_time=0.05",
                              "--benchmark_enable_random_interleaving=true",
                              "--benchmark_display_aggregates_only=true"};
    std::vector<char *> all{arguments[0]};
    for (std::string &argument : defaults) all.push_back(argument.data());
    all.insert(all.end(), arguments + 1, arguments + count);
    int all_count = static_cast<int>(all.size());
    all.push_back(nullptr);
    benchmark::Initialize(&all_count, all.data());
    if (benchmark::ReportUnrecognizedArguments(all_count, all.data())) return 2;
    Reporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    benchmark::Shutdown();
    return print_ratios(reporter.values) == 0 ? 0 : 1;
}
