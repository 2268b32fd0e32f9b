// Names of machines, and the best of several programs.
#include <mach-o/arch.h>
#include <mach-o/fat.h>

#include <sys/utsname.h>

#include "darwin_test.h"

static void names_and_numbers_lead_to_each_other(void **state) {
    (void)state;
    size_t count = 0;
    for (const NXArchInfo *info = NXGetAllArchInfos(); info->name != NULL; info++, count++) {
        assert_non_null(info->description);
        const NXArchInfo *named = NXGetArchInfoFromName(info->name);
        assert_non_null(named);
        assert_string_equal(named->name, info->name);
        const NXArchInfo *numbered = NXGetArchInfoFromCpuType(info->cputype, info->cpusubtype);
        assert_non_null(numbered);
        assert_int_equal(numbered->cputype, info->cputype);
    }
    assert_true(count > 40);
    assert_null(NXGetArchInfoFromName("pdp11"));
    assert_null(NXGetArchInfoFromName(""));
    assert_null(NXGetArchInfoFromCpuType(4711, CPU_SUBTYPE_MULTIPLE));
    assert_null(NXGetArchInfoFromCpuType(CPU_TYPE_X86_64, 99));
}

static void families_and_flags(void **state) {
    (void)state;
    assert_string_equal(NXGetArchInfoFromCpuType(CPU_TYPE_ARM, CPU_SUBTYPE_MULTIPLE)->name, "arm");
    assert_string_equal(NXGetArchInfoFromCpuType(CPU_TYPE_X86_64, CPU_SUBTYPE_MULTIPLE)->name, "x86_64");
    assert_string_equal(NXGetArchInfoFromCpuType(CPU_TYPE_POWERPC64, CPU_SUBTYPE_MULTIPLE)->name, "ppc64");
    assert_string_equal(NXGetArchInfoFromCpuType(CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V7S)->name, "armv7s");
    assert_string_equal(NXGetArchInfoFromCpuType(CPU_TYPE_I386, CPU_SUBTYPE_PENTPRO)->name, "pentpro");
    cpu_subtype_t flagged = (cpu_subtype_t)(CPU_SUBTYPE_X86_64_ALL | CPU_SUBTYPE_LIB64);
    assert_string_equal(NXGetArchInfoFromCpuType(CPU_TYPE_X86_64, flagged)->name, "x86_64");
    assert_int_equal(NXGetArchInfoFromName("ppc")->byteorder, NX_BigEndian);
    assert_int_equal(NXGetArchInfoFromName("arm64")->byteorder, NX_LittleEndian);
    assert_int_equal(NXGetArchInfoFromName("any")->byteorder, NX_UnknownByteOrder);
    const NXArchInfo *info = NXGetArchInfoFromName("arm");
    NXFreeArchInfo(info);
    assert_string_equal(info->name, "arm");
}

static void this_machine_has_a_name(void **state) {
    (void)state;
    struct utsname name;
    assert_int_equal(uname(&name), 0);
    const NXArchInfo *info = NXGetLocalArchInfo();
    assert_non_null(info);
    assert_string_equal(info->name, strcmp(name.machine, "aarch64") == 0 ? "arm64" : name.machine);
    assert_int_equal(info->byteorder, NXHostByteOrder());
}

static struct fat_arch *best(cpu_type_t type, cpu_subtype_t subtype, struct fat_arch *from, uint32_t count) {
    return NXFindBestFatArch(type, subtype, from, count);
}

static void the_best_program_is_found(void **state) {
    (void)state;
    struct fat_arch programs[] = {
        {CPU_TYPE_X86_64, CPU_SUBTYPE_X86_64_ALL, 0, 0, 0}, {CPU_TYPE_X86_64, CPU_SUBTYPE_X86_64_H, 0, 0, 0},
        {CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V6, 0, 0, 0},        {CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V7, 0, 0, 0},
        {CPU_TYPE_I386, CPU_SUBTYPE_I386_ALL, 0, 0, 0},     {CPU_TYPE_I386, CPU_SUBTYPE_586, 0, 0, 0},
    };
    uint32_t count = COUNT_OF(programs);
    assert_ptr_equal(best(CPU_TYPE_X86_64, CPU_SUBTYPE_X86_64_ALL, programs, count), &programs[0]);
    assert_ptr_equal(best(CPU_TYPE_X86_64, CPU_SUBTYPE_X86_64_H, programs, count), &programs[1]);
    assert_ptr_equal(best(CPU_TYPE_X86_64, CPU_SUBTYPE_X86_64_H, programs, 1), &programs[0]);
    // Only what an older one runs suits it.
    assert_null(best(CPU_TYPE_X86_64, CPU_SUBTYPE_X86_64_ALL, programs + 1, 1));
    assert_ptr_equal(best(CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V7S, programs, count), &programs[3]);
    assert_ptr_equal(best(CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V7, programs, 3), &programs[2]);
    assert_null(best(CPU_TYPE_ARM, CPU_SUBTYPE_ARM_V4T, programs, count));
    assert_ptr_equal(best(CPU_TYPE_I386, CPU_SUBTYPE_486, programs, count), &programs[4]);
    assert_ptr_equal(best(CPU_TYPE_I386, CPU_SUBTYPE_PENTPRO, programs, count), &programs[5]);
    assert_null(best(CPU_TYPE_POWERPC, CPU_SUBTYPE_POWERPC_ALL, programs, count));
    assert_null(best(CPU_TYPE_X86_64, CPU_SUBTYPE_X86_64_ALL, programs, 0));
    assert_int_equal(sizeof(struct fat_arch), 20);
    assert_int_equal(sizeof(struct fat_arch_64), 32);
    assert_int_equal(OSSwapInt32(FAT_MAGIC), FAT_CIGAM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_numbers_lead_to_each_other),
        cmocka_unit_test(families_and_flags),
        cmocka_unit_test(this_machine_has_a_name),
        cmocka_unit_test(the_best_program_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
