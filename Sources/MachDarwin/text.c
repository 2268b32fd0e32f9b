// Reads texts of Linux.
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_text(const char *path) {
    int file;
    do file = open(path, O_RDONLY | O_CLOEXEC);
    while (file == -1 && errno == EINTR);
    return file;
}

static void close_text(int file) {
    int saved = errno;
    close(file);
    errno = saved;
}

// Fills the buffer, if the file has so much. Such a file may give less than it has at once.
static long read_until(int file, char *buffer, size_t size) {
    size_t length = 0;
    while (length < size) {
        ssize_t count = read(file, buffer + length, size - length);
        if (count == -1 && errno == EINTR) continue;
        if (count == -1) return -1;
        if (count == 0) break;
        length += (size_t)count;
    }
    return (long)length;
}

long _libmach_darwin_read(const char *path, char *buffer, size_t size) {
    int file = open_text(path);
    if (file == -1) return -1;
    long length = read_until(file, buffer, size - 1);
    close_text(file);
    if (length >= 0) buffer[length] = '\0';
    return length;
}

char *_libmach_darwin_read_all(const char *path, size_t *length) {
    int file = open_text(path);
    if (file == -1) return NULL;
    char *text = NULL;
    size_t size = 4096, count = 0;
    for (;;) {
        char *larger = realloc(text, size + 1);
        if (larger == NULL) break;
        text = larger;
        long more = read_until(file, text + count, size - count);
        if (more < 0) break;
        count += (size_t)more;
        if (count < size) {
            close_text(file);
            text[count] = '\0';
            *length = count;
            return text;
        }
        size *= 2;
    }
    int saved = errno;
    free(text);
    close_text(file);
    errno = saved;
    return NULL;
}

bool _libmach_darwin_read_number(const char *path, uint64_t *number) {
    char text[64], *end;
    if (_libmach_darwin_read(path, text, sizeof text) < 0) return false;
    *number = strtoull(text, &end, 10);
    return end != text;
}

const char *_libmach_darwin_line(const char *text, const char *key) {
    size_t length = strlen(key);
    for (const char *line = text; line != NULL && *line != '\0';) {
        if (strncmp(line, key, length) == 0 && strchr(": \t", line[length]) != NULL && line[length] != '\0')
            return line + length + strspn(line + length, ": \t");
        line = strchr(line, '\n');
        if (line != NULL) line++;
    }
    return NULL;
}

size_t _libmach_darwin_copy_line(const char *line, char *buffer, size_t size) {
    size_t length = strcspn(line, "\n");
    while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t')) length--;
    size_t copied = length < size ? length : size - 1;
    memcpy(buffer, line, copied);
    buffer[copied] = '\0';
    return copied;
}
