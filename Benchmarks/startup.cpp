// What linking the library adds to a program that does nothing: time from its start to its end, and memory.
#include "peers/peer.hpp"
#include "programs.hpp"
#include "row.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <cstdio>
#include <stdexcept>
#include <string>

namespace {

// Memory of a process, in bytes: what the field says, from its mappings' sums.
double memory(pid_t process, const char *field) {
    const std::string path = "/proc/" + std::to_string(process) + "/smaps_rollup",
                      format = field + std::string(": %ld");
    double bytes = -1;
    if (FILE *file = fopen(path.c_str(), "r")) {
        char line[256];
        long kilobytes;
        while (fgets(line, sizeof(line), file) != nullptr) {
            if (sscanf(line, format.c_str(), &kilobytes) == 1) bytes = static_cast<double>(kilobytes) * 1024;
        }
        fclose(file);
    }
    return bytes;
}

void start_and_end(benchmark::State &state, const char *program) {
    const std::string path = path_beside(program);
    int status = 0;
    for (auto _ : state) {
        if (waitpid(start({path}), &status, 0) < 0 || status != 0) throw std::runtime_error(path + " failed");
    }
    pid_t stopped = start({path, "stop"});
    if (waitpid(stopped, &status, WUNTRACED) < 0 || !WIFSTOPPED(status)) throw std::runtime_error(path + " failed");
    state.counters["bytes"] = memory(stopped, "Rss");
    state.counters["bytes of its own"] = memory(stopped, "Private_Dirty");
    kill(stopped, SIGKILL);
    waitpid(stopped, &status, 0);
}

const Rows rows([] {
    for (const char *program : {"empty", "linked"}) {
        add_row(row_name("start", program), [program](benchmark::State &state) {
            start_and_end(state, program);
        })->MinTime(0.1);
    }
});

} // namespace
