// The program's file, its arguments and environment.
#define _GNU_SOURCE // program_invocation_short_name
#include <crt_externs.h>
#include <mach-o/dyld.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

static int argument_count;
static char **arguments;

// glibc gives what it will give main to what runs before main.
__attribute__((__constructor__)) static void keep_arguments(int count, char **values) {
    argument_count = count;
    arguments = values;
}

int *_NSGetArgc(void) { return &argument_count; }

char ***_NSGetArgv(void) { return &arguments; }

char ***_NSGetEnviron(void) { return &environ; }

char **_NSGetProgname(void) { return &program_invocation_short_name; }

int _NSGetExecutablePath(char *buf, uint32_t *bufsize) {
    for (size_t size = 256;; size *= 2) {
        char *path = malloc(size);
        if (path == NULL) return -1;
        ssize_t length = readlink("/proc/self/exe", path, size);
        if (length >= 0 && (size_t)length == size) {
            free(path);
            continue;
        }
        int result = -1;
        if (length >= 0) {
            path[length] = '\0';
            length = (ssize_t)_libmach_darwin_without_mark(path, (size_t)length);
            if ((size_t)length < *bufsize) {
                memcpy(buf, path, (size_t)length);
                buf[length] = '\0';
                result = 0;
            } else {
                *bufsize = (uint32_t)length + 1;
            }
        }
        int saved = errno;
        free(path);
        errno = saved;
        return result;
    }
}
