// How a row comes into the suite.
#ifndef BENCHMARKS_ROW_HPP
#define BENCHMARKS_ROW_HPP

#include <benchmark/benchmark.h>

#include <exception>
#include <string>

// Adds a row. `body` takes the state; what it throws is why the row is skipped.
template <typename Body> benchmark::internal::Benchmark *add_row(const std::string &name, Body body) {
    auto run = [body](benchmark::State &state) {
        try {
            body(state);
        } catch (const std::exception &error) {
            state.SkipWithError(error.what());
        }
    };
    return benchmark::RegisterBenchmark(name.c_str(), run)->UseRealTime();
}

// A file's rows: calls what adds them, when the program starts.
struct Rows {
    explicit Rows(void (*add)()) { add(); }
};

// The parts of a row's name, with strokes between them.
inline std::string row_name(const std::string &first) { return first; }
template <typename... Rest> std::string row_name(const std::string &first, size_t second, const Rest &...rest);
template <typename... Rest> std::string row_name(const std::string &first, const char *second, const Rest &...rest) {
    return row_name(first + "/" + second, rest...);
}
template <typename... Rest> std::string row_name(const std::string &first, size_t second, const Rest &...rest) {
    return row_name(first + "/" + std::to_string(second), rest...);
}

#endif
