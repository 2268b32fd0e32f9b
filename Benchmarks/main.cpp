// Runs all rows round after round, so that noise hits each alike, and reckons ratios within a round. Ends with 1 when one
// falls short of what it is held to.
//
//   --rounds=N      how many; 9 unless told
//   --output=DIR    writes benchmarks.json and what the plots show there
//
// and all options of Google Benchmark's, for example --benchmark_filter=REGEX.
#include "footprint.hpp"
#include "report.hpp"
#include "rounds.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

struct Options {
    int rounds = 9;
    std::string output;
    bool only_lists = false;
    std::vector<char *> others;

    // Keeps what is not for this program.
    Options(int count, char **arguments) {
        // What is said on the command line comes later, and wins.
        static char shortest[] = "--benchmark_min_time=0.02";
        others = {arguments[0], shortest};
        for (int i = 1; i < count; i++) {
            if (const char *value = value_of("--rounds=", arguments[i])) {
                rounds = atoi(value);
            } else if (const char *value = value_of("--output=", arguments[i])) {
                output = value;
            } else {
                only_lists |= strncmp(arguments[i], "--benchmark_list_tests", 22) == 0;
                others.push_back(arguments[i]);
            }
        }
        if (only_lists) rounds = 1;
    }

  private:
    static const char *value_of(const char *option, const char *argument) {
        const size_t length = strlen(option);
        return strncmp(argument, option, length) == 0 ? argument + length : nullptr;
    }
};

// Returns false when there are no rows to run.
bool run(Rounds &rounds, int count) {
    for (int i = 1; i <= count; i++) {
        const auto beginning = std::chrono::steady_clock::now();
        rounds.begin();
        if (benchmark::RunSpecifiedBenchmarks(&rounds) == 0) return false;
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - beginning;
        fprintf(stderr, "round %d of %d: %.1f s\n", i, count, time.count());
    }
    return true;
}

} // namespace

int main(int count, char **arguments) {
    if (count == 3 && strcmp(arguments[1], "--footprint") == 0) return measure_footprint(arguments[2]);
    Options options(count, arguments);
    int others = static_cast<int>(options.others.size());
    options.others.push_back(nullptr);
    benchmark::Initialize(&others, options.others.data());
    if (options.rounds < 1 || benchmark::ReportUnrecognizedArguments(others, options.others.data())) return 2;
    Rounds rounds;
    if (!run(rounds, options.rounds)) return 2;
    benchmark::Shutdown();
    if (options.only_lists) return 0;
    if (!options.output.empty()) {
        write_json(rounds, options.output + "/benchmarks.json");
        write_plot_data(rounds, options.output);
    }
    return print_report(rounds) == 0 ? 0 : 1;
}
