// The kinds of machines that there are programs for.
#include <mach-o/arch.h>
#include <mach-o/fat.h>

#include <stddef.h>
#include <string.h>

#define BIG    NX_BigEndian
#define LITTLE NX_LittleEndian

// The first of a type is its family.
static const NXArchInfo machines[] = {
    {"x86_64", CPU_TYPE_X86_64, CPU_SUBTYPE_X86_64_ALL, LITTLE, "Intel x86-64"},
    {"arm64", CPU_TYPE_ARM64, CPU_SUBTYPE_ARM64_ALL, LITTLE, "ARM64"},
    {"i386", CPU_TYPE_I386, CPU_SUBTYPE_I386_ALL, LITTLE, "Intel 80x86"},
    {"arm", CPU_TYPE_ARM, CPU_SUBTYPE_ARM_ALL, LITTLE, "ARM"},
    {"ppc", CPU_TYPE_POWERPC, CPU_SUBTYPE_POWERPC_ALL, BIG, "PowerPC"},
    {"ppc64", CPU_TYPE_POWERPC64, CPU_SUBTYPE_POWERPC_ALL, BIG, "PowerPC 64-bit"},
    {"m68k", CPU_TYPE_MC680x0, CPU_SUBTYPE_MC680x0_ALL, BIG, "Motorola 68K"},
    {"m88k", CPU_TYPE_MC88000, CPU_SUBTYPE_MC88000_ALL, BIG, "Motorola 88K"},
    {"hppa", CPU_TYPE_HPPA, CPU_SUBTYPE_HPPA_ALL, BIG, "HP-PA"},
    {"i860", CPU_TYPE_I860, CPU_SUBTYPE_I860_ALL, BIG, "Intel 860"},
    {"sparc", CPU_TYPE_SPARC, CPU_SUBTYPE_SPARC_ALL, BIG, "SPARC"},
    {"any", CPU_TYPE_ANY, CPU_SUBTYPE_MULTIPLE, NX_UnknownByteOrder, "Architecture Independent"},
    {"x86_64h", CPU_TYPE_X86_64, CPU_SUBTYPE_X86_64_H, LITTLE, "Intel x86-64h Haswell"},
    {"arm64", CPU_TYPE_ARM64, CPU_SUBTYPE_ARM64_V8, LITTLE, "ARM64 v8"},
    {"i486", CPU_TYPE_I386, CPU_SUBTYPE_486, LITTLE, "Intel 80486"},
    {"i486SX", CPU_TYPE_I386, CPU_SUBTYPE_486SX, LITTLE, "Intel 80486SX"},
    {"pentium", CPU_TYPE_I386, CPU_SUBTYPE_PENT, LITTLE, "Intel Pentium"},
    {"i586", CPU_TYPE_I386, CPU_SUBTYPE_586, LITTLE, "Intel 80586"},
    {"pentpro", CPU_TYPE_I386, CPU_SUBTYPE_PENTPRO, LITTLE, "Intel Pentium Pro"},
    {"i686", CPU_TYPE_I386, CPU_SUBTYPE_PENTPRO, LITTLE, "Intel Pentium Pro"},
    {"pentIIm3", CPU_TYPE_I386, CPU_SUBTYPE_PENTII_M3, LITTLE, "Intel Pentium II Model 3"},
    {"pentIIm5", CPU_TYPE_I386, CPU_SUBTYPE_PENTII_M5, LITTLE, "Intel Pentium II Model 5"},
    {"pentium4", CPU_TYPE_I386, CPU_SUBTYPE_PENTIUM_4, LITTLE, "Intel Pentium 4"},
    {"armv4t", CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V4T, LITTLE, "ARM v4T"},
    {"armv5", CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V5TEJ, LITTLE, "ARM v5"},
    {"xscale", CPU_TYPE_ARM, CPU_SUBTYPE_ARM_XSCALE, LITTLE, "ARM XScale"},
    {"armv6", CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V6, LITTLE, "ARM v6"},
    {"armv6m", CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V6M, LITTLE, "ARM v6-M"},
    {"armv7", CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V7, LITTLE, "ARM v7"},
    {"armv7f", CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V7F, LITTLE, "ARM v7f"},
    {"armv7s", CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V7S, LITTLE, "ARM v7s"},
    {"armv7k", CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V7K, LITTLE, "ARM v7k"},
    {"armv7m", CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V7M, LITTLE, "ARM v7-M"},
    {"armv7em", CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V7EM, LITTLE, "ARM v7E-M"},
    {"armv8", CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V8, LITTLE, "ARM v8"},
    {"ppc601", CPU_TYPE_POWERPC, CPU_SUBTYPE_POWERPC_601, BIG, "PowerPC 601"},
    {"ppc603", CPU_TYPE_POWERPC, CPU_SUBTYPE_POWERPC_603, BIG, "PowerPC 603"},
    {"ppc604", CPU_TYPE_POWERPC, CPU_SUBTYPE_POWERPC_604, BIG, "PowerPC 604"},
    {"ppc750", CPU_TYPE_POWERPC, CPU_SUBTYPE_POWERPC_750, BIG, "PowerPC 750"},
    {"ppc7400", CPU_TYPE_POWERPC, CPU_SUBTYPE_POWERPC_7400, BIG, "PowerPC 7400"},
    {"ppc7450", CPU_TYPE_POWERPC, CPU_SUBTYPE_POWERPC_7450, BIG, "PowerPC 7450"},
    {"ppc970", CPU_TYPE_POWERPC, CPU_SUBTYPE_POWERPC_970, BIG, "PowerPC 970"},
    {"ppc970-64", CPU_TYPE_POWERPC64, CPU_SUBTYPE_POWERPC_970, BIG, "PowerPC 970 64-bit"},
    {"m68030", CPU_TYPE_MC680x0, CPU_SUBTYPE_MC68030_ONLY, BIG, "Motorola 68030"},
    {"m68040", CPU_TYPE_MC680x0, CPU_SUBTYPE_MC68040, BIG, "Motorola 68040"},
    {"hppa7100LC", CPU_TYPE_HPPA, CPU_SUBTYPE_HPPA_7100LC, BIG, "HP-PA 7100LC"},
    {"little", CPU_TYPE_ANY, CPU_SUBTYPE_LITTLE_ENDIAN, LITTLE, "Little Endian"},
    {"big", CPU_TYPE_ANY, CPU_SUBTYPE_BIG_ENDIAN, BIG, "Big Endian"},
    {NULL, 0, 0, NX_UnknownByteOrder, NULL},
};

static cpu_subtype_t without_flags(cpu_subtype_t subtype) {
    return subtype == CPU_SUBTYPE_MULTIPLE ? subtype : (cpu_subtype_t)((uint32_t)subtype & ~CPU_SUBTYPE_MASK);
}

const NXArchInfo *NXGetAllArchInfos(void) { return machines; }

const NXArchInfo *NXGetLocalArchInfo(void) {
#if defined(__x86_64__)
    return NXGetArchInfoFromName("x86_64");
#elif defined(__aarch64__)
    return NXGetArchInfoFromName("arm64");
#else
    return NULL;
#endif
}

const NXArchInfo *NXGetArchInfoFromName(const char *name) {
    for (const NXArchInfo *machine = machines; machine->name != NULL; machine++)
        if (strcmp(machine->name, name) == 0) return machine;
    return NULL;
}

const NXArchInfo *NXGetArchInfoFromCpuType(cpu_type_t cputype, cpu_subtype_t cpusubtype) {
    cpu_subtype_t wanted = without_flags(cpusubtype);
    for (const NXArchInfo *machine = machines; machine->name != NULL; machine++)
        if (machine->cputype == cputype && (wanted == CPU_SUBTYPE_MULTIPLE || machine->cpusubtype == wanted))
            return machine;
    return NULL;
}

void NXFreeArchInfo(const NXArchInfo *info) { (void)info; }

// ---- The best of several programs

// What each newer one runs of the older: from the newest down.
static const cpu_subtype_t arm_line[] = {CPU_SUBTYPE_ARM_V7S, CPU_SUBTYPE_ARM_V7, CPU_SUBTYPE_ARM_V6,
                                         CPU_SUBTYPE_ARM_V5TEJ, CPU_SUBTYPE_ARM_V4T};

// How well a program of one subtype suits a machine of another: 0 not at all, and more is better.
static int suits(cpu_type_t type, cpu_subtype_t machine, cpu_subtype_t program) {
    enum { EXACT = 100, IN_LINE = 50, FAMILY = 1 };
    if (program == machine) return EXACT;
    if (type == CPU_TYPE_ARM) {
        int count = (int)(sizeof arm_line / sizeof arm_line[0]), at = count;
        for (int i = 0; i < count; i++)
            if (arm_line[i] == machine) at = i;
        for (int i = at + 1; i < count; i++)
            if (arm_line[i] == program) return IN_LINE - i;
    }
    // Of this type subtypes are families and models, of which later ones run what earlier ones do.
    if (type == CPU_TYPE_I386 && CPU_SUBTYPE_INTEL_FAMILY(program) <= CPU_SUBTYPE_INTEL_FAMILY(machine) &&
        CPU_SUBTYPE_INTEL_MODEL(program) == CPU_SUBTYPE_INTEL_MODEL_ALL)
        return CPU_SUBTYPE_INTEL_FAMILY(program);
    const NXArchInfo *family = NXGetArchInfoFromCpuType(type, CPU_SUBTYPE_MULTIPLE);
    return family != NULL && family->cpusubtype == program ? FAMILY : 0;
}

struct fat_arch *NXFindBestFatArch(cpu_type_t cputype, cpu_subtype_t cpusubtype, struct fat_arch *fat_archs,
                                   uint32_t nfat_archs) {
    struct fat_arch *best = NULL;
    int most = 0;
    for (uint32_t i = 0; i < nfat_archs; i++) {
        if (fat_archs[i].cputype != cputype) continue;
        int how_well = suits(cputype, without_flags(cpusubtype), without_flags(fat_archs[i].cpusubtype));
        if (how_well > most) {
            most = how_well;
            best = &fat_archs[i];
        }
    }
    return best;
}
