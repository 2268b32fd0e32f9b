// kern.procargs2: what a process was started with.
#include "sysctl_values.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

// What /proc has in a file of a process.
static char *read_of(pid_t pid, const char *name, size_t *length) {
    char path[48];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    return _libmach_darwin_read_all(path, length);
}

// A process may write over its arguments: the last may be without an end.
static size_t with_end(const char *text, size_t length) {
    return length > 0 && text[length - 1] != '\0' ? length + 1 : length;
}

// Behind what was read is a NUL.
static int count_strings(const char *text, size_t length) {
    int count = 0;
    for (size_t i = 0; i < length; i++) count += text[i] == '\0';
    return count;
}

// The count, the path and zeros up to a multiple of a pointer's size, the arguments, the environment.
static char *lay_out(const char *path, const char *arguments, size_t argument_size, const char *environment,
                     size_t environment_size, bool with_count, size_t *size) {
    int count = count_strings(arguments, argument_size);
    size_t count_size = with_count ? sizeof count : 0;
    size_t path_size = (strlen(path) + sizeof(char *)) / sizeof(char *) * sizeof(char *);
    *size = count_size + path_size + argument_size + environment_size;
    char *bytes = calloc(1, *size);
    if (bytes == NULL) return NULL;
    char *to = bytes + count_size;
    memcpy(bytes, &count, count_size);
    memcpy(to, path, strlen(path));
    memcpy(to + path_size, arguments, argument_size);
    memcpy(to + path_size + argument_size, environment, environment_size);
    return bytes;
}

// What Linux tells, as others are told, to the process's user and the superuser: who may not read the environment gets nothing. A process that
// has ended, or one of the kernel's, has no arguments.
char *_libmach_darwin_arguments(pid_t pid, bool with_count, size_t *size) {
    struct process process;
    char path[4 * PATH_MAX], *bytes = NULL, *arguments = NULL, *environment = NULL;
    size_t argument_size = 0, environment_size = 0;
    if (_libmach_darwin_process(pid, &process) && _libmach_darwin_process_path(pid, path, sizeof path) >= 0) {
        environment = read_of(pid, "environ", &environment_size);
        arguments = environment == NULL ? NULL : read_of(pid, "cmdline", &argument_size);
    }
    bool lacks_memory = errno == ENOMEM && arguments == NULL;
    if (argument_size > 0) {
        argument_size = with_end(arguments, argument_size);
        environment_size = with_end(environment, environment_size);
        bytes = lay_out(path, arguments, argument_size, environment, environment_size, with_count, size);
        lacks_memory = bytes == NULL;
    }
    free(arguments);
    free(environment);
    if (bytes == NULL) errno = lacks_memory ? ENOMEM : EINVAL;
    return bytes;
}
