// Texts of Linux, as in /proc and /sys.
#ifndef LIBMACH_DARWIN_TEXT_H
#define LIBMACH_DARWIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HIDDEN __attribute__((__visibility__("hidden")))

// Reads a file into `buffer`, as much of it as fits, and ends it with a NUL. Gives how many bytes were read, or -1 and sets errno.
HIDDEN long _libmach_darwin_read(const char *path, char *buffer, size_t size);

// Reads the whole of a file into memory, which the caller frees; behind it is a NUL. Gives a null pointer and sets errno when it cannot.
HIDDEN char *_libmach_darwin_read_all(const char *path, size_t *length);

// Reads the number that a file starts with.
HIDDEN bool _libmach_darwin_read_number(const char *path, uint64_t *number);

// Finds the line of a text that starts with `key`, and a colon or blanks behind it. Gives what follows them, or a null pointer.
HIDDEN const char *_libmach_darwin_line(const char *text, const char *key);

// Copies a line, without blanks at its end, as much of it as fits. Gives its length.
HIDDEN size_t _libmach_darwin_copy_line(const char *line, char *buffer, size_t size);

#endif
