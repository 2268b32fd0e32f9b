/// Names of kinds of machines.
#ifndef _MACH_O_ARCH_H_
#define _MACH_O_ARCH_H_

#include <stdint.h>
#include <sys/cdefs.h>

#include <architecture/byte_order.h>
#include <mach/machine.h>

struct fat_arch;

/// A kind of machine, a family ("arm") or a certain one ("armv7").
struct NXArchInfo {
    const char *name;
    cpu_type_t cputype;
    cpu_subtype_t cpusubtype;
    enum NXByteOrder byteorder;
    const char *description;
};
typedef struct NXArchInfo NXArchInfo;

__BEGIN_DECLS

/// All kinds that are known, families first; behind the last one whose name is a null pointer. What this and the other
/// calls give lives as long as the program.
const NXArchInfo *NXGetAllArchInfos(void);

/// The kind of this machine.
const NXArchInfo *NXGetLocalArchInfo(void);

/// The kind with this name, or a null pointer.
const NXArchInfo *NXGetArchInfoFromName(const char *name);

/// The kind with these numbers, or a null pointer. CPU_SUBTYPE_MULTIPLE stands for the family. The flags in the high byte
/// of a subtype do not count.
const NXArchInfo *NXGetArchInfoFromCpuType(cpu_type_t cputype, cpu_subtype_t cpusubtype);

/// Was to free what a call had made for an unknown subtype. Does nothing: no call does that here.
void NXFreeArchInfo(const NXArchInfo *info);

/// Of several programs the one that suits a machine best, or a null pointer: the one with just these numbers, otherwise
/// the newest that the machine still runs, otherwise the family's. The structures are in the byte order of this machine.
struct fat_arch *NXFindBestFatArch(cpu_type_t cputype, cpu_subtype_t cpusubtype, struct fat_arch *fat_archs,
                                   uint32_t nfat_archs);

__END_DECLS

#endif
