/// The start of a file that holds programs for several kinds of machines. All numbers in the file are big-endian.
#ifndef _MACH_O_FAT_H_
#define _MACH_O_FAT_H_

#include <stdint.h>

#include <mach/machine.h>

#define FAT_MAGIC    0xcafebabe
#define FAT_CIGAM    0xbebafeca /* FAT_MAGIC turned round */
#define FAT_MAGIC_64 0xcafebabf
#define FAT_CIGAM_64 0xbfbafeca

struct fat_header {
    uint32_t magic;
    uint32_t nfat_arch; /* how many structures follow */
};

struct fat_arch {
    cpu_type_t cputype;
    cpu_subtype_t cpusubtype;
    uint32_t offset; /* bytes from the start of the file */
    uint32_t size;   /* bytes */
    uint32_t align;  /* a power of 2 */
};

/// Of files with FAT_MAGIC_64.
struct fat_arch_64 {
    cpu_type_t cputype;
    cpu_subtype_t cpusubtype;
    uint64_t offset;
    uint64_t size;
    uint32_t align;
    uint32_t reserved;
};

#endif
