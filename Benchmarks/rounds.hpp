// What the rows gave, round by round.
#ifndef BENCHMARKS_ROUNDS_HPP
#define BENCHMARKS_ROUNDS_HPP

#include <benchmark/benchmark.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

// One round: figures by name. A row's time is there in nanoseconds under the row's name, its counters as `row: counter`.
class Round {
  public:
    // Not a number where the round has no such figure; so is everything that is reckoned from it.
    double operator()(const std::string &row) const;

  private:
    friend class Rounds;
    std::map<std::string, double> figures;
};

// The middle of several figures, and how far the middle half of them reaches.
struct Summary {
    double median, lower, upper;
    // Figures that are no number do not count; of none the summary is none.
    explicit Summary(std::vector<double> figures);
};

// A reporter that only keeps what it is told.
class Rounds : public benchmark::BenchmarkReporter {
  public:
    // What is reported from now on belongs to a further round.
    void begin() { all.emplace_back(); }
    bool ReportContext(const Context &) override { return true; }
    void ReportRuns(const std::vector<Run> &runs) override;

    const std::vector<Round> &rounds() const { return all; }
    // The names of rows and of all figures, in the order in which they came.
    const std::vector<std::string> &rows() const { return row_order; }
    const std::vector<std::string> &figures() const { return figure_order; }
    // A row's counters, without the row's name.
    std::vector<std::string> counters(const std::string &row) const;
    // Why rows have none, by their names.
    const std::map<std::string, std::string> &skipped() const { return reasons; }

    // What `reckon` makes of each round.
    template <typename Reckon> std::vector<double> each(Reckon reckon) const {
        std::vector<double> figures;
        for (const Round &round : all) figures.push_back(reckon(round));
        return figures;
    }
    // A figure in each round.
    std::vector<double> each(const std::string &row) const {
        return each([&row](const Round &round) { return round(row); });
    }

  private:
    std::vector<Round> all;
    std::vector<std::string> row_order, figure_order;
    std::map<std::string, std::string> reasons;

    void keep(const std::string &name, double figure);
};

#endif
