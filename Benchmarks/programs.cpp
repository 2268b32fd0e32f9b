#include "programs.hpp"

#include "peers/peer.hpp"

#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

std::string own_path() {
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
    if (length < 0) peers::fail("/proc/self/exe");
    return std::string(path, static_cast<size_t>(length));
}

std::string path_beside(const char *name) {
    std::string path = own_path();
    return path.substr(0, path.rfind('/') + 1) + name;
}

pid_t start(const std::vector<std::string> &arguments, int out) {
    std::vector<char *> list;
    for (const std::string &argument : arguments) list.push_back(const_cast<char *>(argument.c_str()));
    list.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (out >= 0) posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    pid_t child = -1;
    const int code = posix_spawn(&child, list[0], &actions, nullptr, list.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code != 0) peers::fail(list[0], code);
    return child;
}

std::string output_of(const std::vector<std::string> &arguments) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) peers::fail("pipe");
    pid_t child = start(arguments, ends[1]);
    close(ends[1]);
    std::string output;
    char part[256];
    ssize_t length;
    while ((length = read(ends[0], part, sizeof(part))) > 0) output.append(part, static_cast<size_t>(length));
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) throw std::runtime_error(arguments[0] + " failed");
    return output;
}
