/// The host, processors and kinds of machines: every structure and constant of what they tell.
#ifndef LAYOUT_HOST_H
#define LAYOUT_HOST_H

#include <mach/host_notify.h>
#include <mach/host_reboot.h>
#include <mach/kmod.h>
#include <mach/mach_host.h>
#include <mach/processor.h>
#include <mach/processor_set.h>

#include "check.h"

static void machines(void) {
    VALUE(CPU_STATE_MAX, 4);
    VALUE(CPU_STATE_USER, 0);
    VALUE(CPU_STATE_SYSTEM, 1);
    VALUE(CPU_STATE_IDLE, 2);
    VALUE(CPU_STATE_NICE, 3);
    VALUE(CPU_ARCH_MASK, 0xff000000);
    VALUE(CPU_ARCH_ABI64, 0x1000000);
    VALUE(CPU_TYPE_ANY, -1);
    VALUE(CPU_TYPE_VAX, 1);
    VALUE(CPU_TYPE_MC680x0, 6);
    VALUE(CPU_TYPE_X86, 7);
    VALUE(CPU_TYPE_I386, 7);
    VALUE(CPU_TYPE_X86_64, 0x1000007);
    VALUE(CPU_TYPE_MC98000, 10);
    VALUE(CPU_TYPE_HPPA, 11);
    VALUE(CPU_TYPE_ARM, 12);
    VALUE(CPU_TYPE_ARM64, 0x100000c);
    VALUE(CPU_TYPE_MC88000, 13);
    VALUE(CPU_TYPE_SPARC, 14);
    VALUE(CPU_TYPE_I860, 15);
    VALUE(CPU_TYPE_POWERPC, 18);
    VALUE(CPU_TYPE_POWERPC64, 0x1000012);
    VALUE(CPU_SUBTYPE_MASK, 0xff000000);
    VALUE(CPU_SUBTYPE_LIB64, 0x80000000);
    VALUE(CPU_SUBTYPE_MULTIPLE, -1);
    VALUE(CPU_SUBTYPE_LITTLE_ENDIAN, 0);
    VALUE(CPU_SUBTYPE_BIG_ENDIAN, 1);
    VALUE(CPU_THREADTYPE_NONE, 0);
    VALUE(CPU_SUBTYPE_VAX_ALL, 0);
    VALUE(CPU_SUBTYPE_VAX780, 1);
    VALUE(CPU_SUBTYPE_VAX785, 2);
    VALUE(CPU_SUBTYPE_VAX750, 3);
    VALUE(CPU_SUBTYPE_VAX730, 4);
    VALUE(CPU_SUBTYPE_UVAXI, 5);
    VALUE(CPU_SUBTYPE_UVAXII, 6);
    VALUE(CPU_SUBTYPE_VAX8200, 7);
    VALUE(CPU_SUBTYPE_VAX8500, 8);
    VALUE(CPU_SUBTYPE_VAX8600, 9);
    VALUE(CPU_SUBTYPE_VAX8650, 10);
    VALUE(CPU_SUBTYPE_VAX8800, 11);
    VALUE(CPU_SUBTYPE_UVAXIII, 12);
    VALUE(CPU_SUBTYPE_MC680x0_ALL, 1);
    VALUE(CPU_SUBTYPE_MC68030, 1);
    VALUE(CPU_SUBTYPE_MC68040, 2);
    VALUE(CPU_SUBTYPE_MC68030_ONLY, 3);
    VALUE(CPU_SUBTYPE_I386_ALL, 3);
    VALUE(CPU_SUBTYPE_386, 3);
    VALUE(CPU_SUBTYPE_486, 4);
    VALUE(CPU_SUBTYPE_486SX, 132);
    VALUE(CPU_SUBTYPE_586, 5);
    VALUE(CPU_SUBTYPE_PENT, 5);
    VALUE(CPU_SUBTYPE_PENTPRO, 22);
    VALUE(CPU_SUBTYPE_PENTII_M3, 54);
    VALUE(CPU_SUBTYPE_PENTII_M5, 86);
    VALUE(CPU_SUBTYPE_CELERON, 103);
    VALUE(CPU_SUBTYPE_CELERON_MOBILE, 119);
    VALUE(CPU_SUBTYPE_PENTIUM_3, 8);
    VALUE(CPU_SUBTYPE_PENTIUM_3_M, 24);
    VALUE(CPU_SUBTYPE_PENTIUM_3_XEON, 40);
    VALUE(CPU_SUBTYPE_PENTIUM_M, 9);
    VALUE(CPU_SUBTYPE_PENTIUM_4, 10);
    VALUE(CPU_SUBTYPE_PENTIUM_4_M, 26);
    VALUE(CPU_SUBTYPE_ITANIUM, 11);
    VALUE(CPU_SUBTYPE_ITANIUM_2, 27);
    VALUE(CPU_SUBTYPE_XEON, 12);
    VALUE(CPU_SUBTYPE_XEON_MP, 28);
    VALUE(CPU_SUBTYPE_INTEL_FAMILY_MAX, 15);
    VALUE(CPU_SUBTYPE_INTEL_MODEL_ALL, 0);
    VALUE(CPU_SUBTYPE_X86_ALL, 3);
    VALUE(CPU_SUBTYPE_X86_64_ALL, 3);
    VALUE(CPU_SUBTYPE_X86_ARCH1, 4);
    VALUE(CPU_SUBTYPE_X86_64_H, 8);
    VALUE(CPU_THREADTYPE_INTEL_HTT, 1);
    VALUE(CPU_SUBTYPE_MIPS_ALL, 0);
    VALUE(CPU_SUBTYPE_MIPS_R2300, 1);
    VALUE(CPU_SUBTYPE_MIPS_R2600, 2);
    VALUE(CPU_SUBTYPE_MIPS_R2800, 3);
    VALUE(CPU_SUBTYPE_MIPS_R2000a, 4);
    VALUE(CPU_SUBTYPE_MIPS_R2000, 5);
    VALUE(CPU_SUBTYPE_MIPS_R3000a, 6);
    VALUE(CPU_SUBTYPE_MIPS_R3000, 7);
    VALUE(CPU_SUBTYPE_MC98000_ALL, 0);
    VALUE(CPU_SUBTYPE_MC98601, 1);
    VALUE(CPU_SUBTYPE_HPPA_ALL, 0);
    VALUE(CPU_SUBTYPE_HPPA_7100, 0);
    VALUE(CPU_SUBTYPE_HPPA_7100LC, 1);
    VALUE(CPU_SUBTYPE_MC88000_ALL, 0);
    VALUE(CPU_SUBTYPE_MC88100, 1);
    VALUE(CPU_SUBTYPE_MC88110, 2);
    VALUE(CPU_SUBTYPE_SPARC_ALL, 0);
    VALUE(CPU_SUBTYPE_I860_ALL, 0);
    VALUE(CPU_SUBTYPE_I860_860, 1);
    VALUE(CPU_SUBTYPE_POWERPC_ALL, 0);
    VALUE(CPU_SUBTYPE_POWERPC_601, 1);
    VALUE(CPU_SUBTYPE_POWERPC_602, 2);
    VALUE(CPU_SUBTYPE_POWERPC_603, 3);
    VALUE(CPU_SUBTYPE_POWERPC_603e, 4);
    VALUE(CPU_SUBTYPE_POWERPC_603ev, 5);
    VALUE(CPU_SUBTYPE_POWERPC_604, 6);
    VALUE(CPU_SUBTYPE_POWERPC_604e, 7);
    VALUE(CPU_SUBTYPE_POWERPC_620, 8);
    VALUE(CPU_SUBTYPE_POWERPC_750, 9);
    VALUE(CPU_SUBTYPE_POWERPC_7400, 10);
    VALUE(CPU_SUBTYPE_POWERPC_7450, 11);
    VALUE(CPU_SUBTYPE_POWERPC_970, 100);
    VALUE(CPU_SUBTYPE_ARM_ALL, 0);
    VALUE(CPU_SUBTYPE_ARM_V4T, 5);
    VALUE(CPU_SUBTYPE_ARM_V6, 6);
    VALUE(CPU_SUBTYPE_ARM_V5TEJ, 7);
    VALUE(CPU_SUBTYPE_ARM_XSCALE, 8);
    VALUE(CPU_SUBTYPE_ARM_V7, 9);
    VALUE(CPU_SUBTYPE_ARM_V7F, 10);
    VALUE(CPU_SUBTYPE_ARM_V7S, 11);
    VALUE(CPU_SUBTYPE_ARM_V7K, 12);
    VALUE(CPU_SUBTYPE_ARM_V6M, 14);
    VALUE(CPU_SUBTYPE_ARM_V7M, 15);
    VALUE(CPU_SUBTYPE_ARM_V7EM, 16);
    VALUE(CPU_SUBTYPE_ARM_V8, 13);
    VALUE(CPU_SUBTYPE_ARM64_ALL, 0);
    VALUE(CPU_SUBTYPE_ARM64_V8, 1);
    VALUE(CPUFAMILY_UNKNOWN, 0);
    VALUE(CPUFAMILY_POWERPC_G3, 0xcee41549);
    VALUE(CPUFAMILY_POWERPC_G4, 0x77c184ae);
    VALUE(CPUFAMILY_POWERPC_G5, 0xed76d8aa);
    VALUE(CPUFAMILY_INTEL_6_13, 0xaa33392b);
    VALUE(CPUFAMILY_INTEL_YONAH, 0x73d67300);
    VALUE(CPUFAMILY_INTEL_MEROM, 0x426f69ef);
    VALUE(CPUFAMILY_INTEL_PENRYN, 0x78ea4fbc);
    VALUE(CPUFAMILY_INTEL_NEHALEM, 0x6b5a4cd2);
    VALUE(CPUFAMILY_INTEL_WESTMERE, 0x573b5eec);
    VALUE(CPUFAMILY_INTEL_SANDYBRIDGE, 0x5490b78c);
    VALUE(CPUFAMILY_INTEL_IVYBRIDGE, 0x1f65e835);
    VALUE(CPUFAMILY_INTEL_HASWELL, 0x10b282dc);
    VALUE(CPUFAMILY_INTEL_BROADWELL, 0x582ed09c);
    VALUE(CPUFAMILY_INTEL_SKYLAKE, 0x37fc219f);
    VALUE(CPUFAMILY_ARM_9, 0xe73283ae);
    VALUE(CPUFAMILY_ARM_11, 0x8ff620d8);
    VALUE(CPUFAMILY_ARM_XSCALE, 0x53b005f5);
    VALUE(CPUFAMILY_ARM_12, 0xbd1b0ae9);
    VALUE(CPUFAMILY_ARM_13, 0xcc90e64);
    VALUE(CPUFAMILY_ARM_14, 0x96077ef1);
    VALUE(CPUFAMILY_ARM_15, 0xa8511bca);
    VALUE(CPUFAMILY_ARM_SWIFT, 0x1e2d6381);
    VALUE(CPUFAMILY_ARM_CYCLONE, 0x37a09642);
    VALUE(CPUFAMILY_ARM_TYPHOON, 0x2c91a47e);
    VALUE(CPUFAMILY_ARM_TWISTER, 0x92fb37c8);
    VALUE(CPUFAMILY_INTEL_6_14, 0x73d67300);
    VALUE(CPUFAMILY_INTEL_6_15, 0x426f69ef);
    VALUE(CPUFAMILY_INTEL_6_23, 0x78ea4fbc);
    VALUE(CPUFAMILY_INTEL_6_26, 0x6b5a4cd2);
    VALUE(CPUFAMILY_INTEL_CORE, 0x73d67300);
    VALUE(CPUFAMILY_INTEL_CORE2, 0x426f69ef);
    VALUE(CPU_SUBTYPE_INTEL(6, 5), 0x56);
    VALUE(CPU_SUBTYPE_INTEL_FAMILY(0x56), 6);
    VALUE(CPU_SUBTYPE_INTEL_MODEL(0x56), 5);
    SAME(cpu_type_t, int);
    SAME(cpu_subtype_t, int);
    SAME(cpu_threadtype_t, int);
}

static void host_structures(void) {
    STRUCT(host_basic_info_data_t, 48, 4);
    FIELD(host_basic_info_data_t, max_cpus, 0, 4);
    FIELD(host_basic_info_data_t, avail_cpus, 4, 4);
    FIELD(host_basic_info_data_t, memory_size, 8, 4);
    FIELD(host_basic_info_data_t, cpu_type, 12, 4);
    FIELD(host_basic_info_data_t, cpu_subtype, 16, 4);
    FIELD(host_basic_info_data_t, cpu_threadtype, 20, 4);
    FIELD(host_basic_info_data_t, physical_cpu, 24, 4);
    FIELD(host_basic_info_data_t, physical_cpu_max, 28, 4);
    FIELD(host_basic_info_data_t, logical_cpu, 32, 4);
    FIELD(host_basic_info_data_t, logical_cpu_max, 36, 4);
    FIELD(host_basic_info_data_t, max_mem, 40, 8);

    STRUCT(host_sched_info_data_t, 8, 4);
    FIELD(host_sched_info_data_t, min_timeout, 0, 4);
    FIELD(host_sched_info_data_t, min_quantum, 4, 4);

    STRUCT(kernel_resource_sizes_data_t, 20, 4);
    FIELD(kernel_resource_sizes_data_t, task, 0, 4);
    FIELD(kernel_resource_sizes_data_t, thread, 4, 4);
    FIELD(kernel_resource_sizes_data_t, port, 8, 4);
    FIELD(kernel_resource_sizes_data_t, memory_region, 12, 4);
    FIELD(kernel_resource_sizes_data_t, memory_object, 16, 4);

    STRUCT(host_priority_info_data_t, 32, 4);
    FIELD(host_priority_info_data_t, kernel_priority, 0, 4);
    FIELD(host_priority_info_data_t, system_priority, 4, 4);
    FIELD(host_priority_info_data_t, server_priority, 8, 4);
    FIELD(host_priority_info_data_t, user_priority, 12, 4);
    FIELD(host_priority_info_data_t, depress_priority, 16, 4);
    FIELD(host_priority_info_data_t, idle_priority, 20, 4);
    FIELD(host_priority_info_data_t, minimum_priority, 24, 4);
    FIELD(host_priority_info_data_t, maximum_priority, 28, 4);

    STRUCT(host_load_info_data_t, 24, 4);
    FIELD(host_load_info_data_t, avenrun, 0, 12);
    FIELD(host_load_info_data_t, mach_factor, 12, 12);

    STRUCT(host_cpu_load_info_data_t, 16, 4);
    FIELD(host_cpu_load_info_data_t, cpu_ticks, 0, 16);

    STRUCT(vm_statistics_data_t, 60, 4);
    FIELD(vm_statistics_data_t, free_count, 0, 4);
    FIELD(vm_statistics_data_t, active_count, 4, 4);
    FIELD(vm_statistics_data_t, inactive_count, 8, 4);
    FIELD(vm_statistics_data_t, wire_count, 12, 4);
    FIELD(vm_statistics_data_t, zero_fill_count, 16, 4);
    FIELD(vm_statistics_data_t, reactivations, 20, 4);
    FIELD(vm_statistics_data_t, pageins, 24, 4);
    FIELD(vm_statistics_data_t, pageouts, 28, 4);
    FIELD(vm_statistics_data_t, faults, 32, 4);
    FIELD(vm_statistics_data_t, cow_faults, 36, 4);
    FIELD(vm_statistics_data_t, lookups, 40, 4);
    FIELD(vm_statistics_data_t, hits, 44, 4);
    FIELD(vm_statistics_data_t, purgeable_count, 48, 4);
    FIELD(vm_statistics_data_t, purges, 52, 4);
    FIELD(vm_statistics_data_t, speculative_count, 56, 4);

    STRUCT(vm_statistics64_data_t, 152, 8);
    FIELD(vm_statistics64_data_t, free_count, 0, 4);
    FIELD(vm_statistics64_data_t, active_count, 4, 4);
    FIELD(vm_statistics64_data_t, inactive_count, 8, 4);
    FIELD(vm_statistics64_data_t, wire_count, 12, 4);
    FIELD(vm_statistics64_data_t, zero_fill_count, 16, 8);
    FIELD(vm_statistics64_data_t, reactivations, 24, 8);
    FIELD(vm_statistics64_data_t, pageins, 32, 8);
    FIELD(vm_statistics64_data_t, pageouts, 40, 8);
    FIELD(vm_statistics64_data_t, faults, 48, 8);
    FIELD(vm_statistics64_data_t, cow_faults, 56, 8);
    FIELD(vm_statistics64_data_t, lookups, 64, 8);
    FIELD(vm_statistics64_data_t, hits, 72, 8);
    FIELD(vm_statistics64_data_t, purges, 80, 8);
    FIELD(vm_statistics64_data_t, purgeable_count, 88, 4);
    FIELD(vm_statistics64_data_t, speculative_count, 92, 4);
    FIELD(vm_statistics64_data_t, decompressions, 96, 8);
    FIELD(vm_statistics64_data_t, compressions, 104, 8);
    FIELD(vm_statistics64_data_t, swapins, 112, 8);
    FIELD(vm_statistics64_data_t, swapouts, 120, 8);
    FIELD(vm_statistics64_data_t, compressor_page_count, 128, 4);
    FIELD(vm_statistics64_data_t, throttled_count, 132, 4);
    FIELD(vm_statistics64_data_t, external_page_count, 136, 4);
    FIELD(vm_statistics64_data_t, internal_page_count, 140, 4);
    FIELD(vm_statistics64_data_t, total_uncompressed_pages_in_compressor, 144, 8);

    STRUCT(vm_extmod_statistics_data_t, 48, 8);
    FIELD(vm_extmod_statistics_data_t, task_for_pid_count, 0, 8);
    FIELD(vm_extmod_statistics_data_t, task_for_pid_caller_count, 8, 8);
    FIELD(vm_extmod_statistics_data_t, thread_creation_count, 16, 8);
    FIELD(vm_extmod_statistics_data_t, thread_creation_caller_count, 24, 8);
    FIELD(vm_extmod_statistics_data_t, thread_set_state_count, 32, 8);
    FIELD(vm_extmod_statistics_data_t, thread_set_state_caller_count, 40, 8);

    STRUCT(vm_purgeable_stat_t, 16, 8);
    FIELD(vm_purgeable_stat_t, count, 0, 8);
    FIELD(vm_purgeable_stat_t, size, 8, 8);

    STRUCT(host_purgable_info_data_t, 272, 8);
    FIELD(host_purgable_info_data_t, fifo_data, 0, 128);
    FIELD(host_purgable_info_data_t, obsolete_data, 128, 16);
    FIELD(host_purgable_info_data_t, lifo_data, 144, 128);

    STRUCT(processor_basic_info_data_t, 20, 4);
    FIELD(processor_basic_info_data_t, cpu_type, 0, 4);
    FIELD(processor_basic_info_data_t, cpu_subtype, 4, 4);
    FIELD(processor_basic_info_data_t, running, 8, 4);
    FIELD(processor_basic_info_data_t, slot_num, 12, 4);
    FIELD(processor_basic_info_data_t, is_master, 16, 4);

    STRUCT(processor_cpu_load_info_data_t, 16, 4);
    FIELD(processor_cpu_load_info_data_t, cpu_ticks, 0, 16);

    STRUCT(processor_set_basic_info_data_t, 8, 4);
    FIELD(processor_set_basic_info_data_t, processor_count, 0, 4);
    FIELD(processor_set_basic_info_data_t, default_policy, 4, 4);

    STRUCT(processor_set_load_info_data_t, 16, 4);
    FIELD(processor_set_load_info_data_t, task_count, 0, 4);
    FIELD(processor_set_load_info_data_t, thread_count, 4, 4);
    FIELD(processor_set_load_info_data_t, load_average, 8, 4);
    FIELD(processor_set_load_info_data_t, mach_factor, 12, 4);

    STRUCT(hash_info_bucket_t, 4, 4);
    FIELD(hash_info_bucket_t, hib_count, 0, 4);

    STRUCT(lockgroup_info_t, 264, 8);
    FIELD(lockgroup_info_t, lockgroup_name, 0, 64);
    FIELD(lockgroup_info_t, lockgroup_attr, 64, 8);
    FIELD(lockgroup_info_t, lock_spin_cnt, 72, 8);
    FIELD(lockgroup_info_t, lock_spin_util_cnt, 80, 8);
    FIELD(lockgroup_info_t, lock_spin_held_cnt, 88, 8);
    FIELD(lockgroup_info_t, lock_spin_miss_cnt, 96, 8);
    FIELD(lockgroup_info_t, lock_spin_held_max, 104, 8);
    FIELD(lockgroup_info_t, lock_spin_held_cum, 112, 8);
    FIELD(lockgroup_info_t, lock_mtx_cnt, 120, 8);
    FIELD(lockgroup_info_t, lock_mtx_util_cnt, 128, 8);
    FIELD(lockgroup_info_t, lock_mtx_held_cnt, 136, 8);
    FIELD(lockgroup_info_t, lock_mtx_miss_cnt, 144, 8);
    FIELD(lockgroup_info_t, lock_mtx_wait_cnt, 152, 8);
    FIELD(lockgroup_info_t, lock_mtx_held_max, 160, 8);
    FIELD(lockgroup_info_t, lock_mtx_held_cum, 168, 8);
    FIELD(lockgroup_info_t, lock_mtx_wait_max, 176, 8);
    FIELD(lockgroup_info_t, lock_mtx_wait_cum, 184, 8);
    FIELD(lockgroup_info_t, lock_rw_cnt, 192, 8);
    FIELD(lockgroup_info_t, lock_rw_util_cnt, 200, 8);
    FIELD(lockgroup_info_t, lock_rw_held_cnt, 208, 8);
    FIELD(lockgroup_info_t, lock_rw_miss_cnt, 216, 8);
    FIELD(lockgroup_info_t, lock_rw_wait_cnt, 224, 8);
    FIELD(lockgroup_info_t, lock_rw_held_max, 232, 8);
    FIELD(lockgroup_info_t, lock_rw_held_cum, 240, 8);
    FIELD(lockgroup_info_t, lock_rw_wait_max, 248, 8);
    FIELD(lockgroup_info_t, lock_rw_wait_cum, 256, 8);
}

static void host_constants(void) {
    VALUE(HOST_BASIC_INFO, 1);
    VALUE(HOST_SCHED_INFO, 3);
    VALUE(HOST_RESOURCE_SIZES, 4);
    VALUE(HOST_PRIORITY_INFO, 5);
    VALUE(HOST_SEMAPHORE_TRAPS, 7);
    VALUE(HOST_MACH_MSG_TRAP, 8);
    VALUE(HOST_VM_PURGABLE, 9);
    VALUE(HOST_DEBUG_INFO_INTERNAL, 10);
    VALUE(HOST_LOAD_INFO, 1);
    VALUE(HOST_VM_INFO, 2);
    VALUE(HOST_CPU_LOAD_INFO, 3);
    VALUE(HOST_VM_INFO64, 4);
    VALUE(HOST_EXTMOD_INFO64, 5);
    VALUE(HOST_EXPIRED_TASK_INFO, 6);
    VALUE(HOST_BASIC_INFO_COUNT, 12);
    VALUE(HOST_SCHED_INFO_COUNT, 2);
    VALUE(HOST_RESOURCE_SIZES_COUNT, 5);
    VALUE(HOST_PRIORITY_INFO_COUNT, 8);
    VALUE(HOST_VM_PURGABLE_COUNT, 68);
    VALUE(HOST_LOAD_INFO_COUNT, 6);
    VALUE(HOST_CPU_LOAD_INFO_COUNT, 4);
    VALUE(HOST_VM_INFO_COUNT, 15);
    VALUE(HOST_VM_INFO_LATEST_COUNT, 15);
    VALUE(HOST_VM_INFO_REV2_COUNT, 15);
    VALUE(HOST_VM_INFO_REV1_COUNT, 14);
    VALUE(HOST_VM_INFO_REV0_COUNT, 12);
    VALUE(HOST_VM_INFO64_COUNT, 38);
    VALUE(HOST_VM_INFO64_LATEST_COUNT, 38);
    VALUE(HOST_VM_INFO64_REV1_COUNT, 38);
    VALUE(HOST_VM_INFO64_REV0_COUNT, 24);
    VALUE(HOST_EXTMOD_INFO64_COUNT, 12);
    VALUE(HOST_EXTMOD_INFO64_LATEST_COUNT, 12);
    VALUE(PROCESSOR_BASIC_INFO, 1);
    VALUE(PROCESSOR_CPU_LOAD_INFO, 2);
    VALUE(PROCESSOR_PM_REGS_INFO, 0x10000001);
    VALUE(PROCESSOR_TEMPERATURE, 0x10000002);
    VALUE(PROCESSOR_BASIC_INFO_COUNT, 5);
    VALUE(PROCESSOR_CPU_LOAD_INFO_COUNT, 4);
    VALUE(LOAD_SCALE, 1000);
    VALUE(PROCESSOR_SET_ENABLED_POLICIES, 3);
    VALUE(PROCESSOR_SET_LOAD_INFO, 4);
    VALUE(PROCESSOR_SET_BASIC_INFO, 5);
    VALUE(PROCESSOR_SET_TIMESHARE_DEFAULT, 10);
    VALUE(PROCESSOR_SET_TIMESHARE_LIMITS, 11);
    VALUE(PROCESSOR_SET_RR_DEFAULT, 20);
    VALUE(PROCESSOR_SET_RR_LIMITS, 21);
    VALUE(PROCESSOR_SET_FIFO_DEFAULT, 30);
    VALUE(PROCESSOR_SET_FIFO_LIMITS, 31);
    VALUE(PROCESSOR_SET_BASIC_INFO_COUNT, 2);
    VALUE(PROCESSOR_SET_LOAD_INFO_COUNT, 4);
    VALUE(PROCESSOR_SET_ENABLED_POLICIES_COUNT, 1);
    VALUE(HOST_NOTIFY_CALENDAR_CHANGE, 0);
    VALUE(HOST_NOTIFY_TYPE_MAX, 0);
    VALUE(HOST_CALENDAR_CHANGED_REPLYID, 950);
    VALUE(HOST_REBOOT_HALT, 8);
    VALUE(HOST_REBOOT_UPSDELAY, 256);
    VALUE(HOST_REBOOT_DEBUGGER, 0x1000);
    VALUE(LOCKGROUP_MAX_NAME, 64);
    VALUE(LOCKGROUP_ATTR_STAT, 1);
    VALUE(VM_STATISTICS_TRUNCATE_TO_32_BIT(5ULL), 5);
    VALUE(VM_STATISTICS_TRUNCATE_TO_32_BIT(1ULL << 32), 0xffffffff);
    SAME(kmod_t, int);
    SAME(kmod_control_flavor_t, int);
    SAME(kmod_args_t, void *);
    SAME(processor_flavor_t, int);
    SAME(processor_set_flavor_t, int);
}

static void host_functions(void) {
    FUNCTION(host_info, kern_return_t, host_t, host_flavor_t, host_info_t, mach_msg_type_number_t *);
    FUNCTION(host_kernel_version, kern_return_t, host_t, kernel_version_t);
    FUNCTION(_host_page_size, kern_return_t, host_t, vm_size_t *);
    FUNCTION(host_page_size, kern_return_t, host_t, vm_size_t *);
    FUNCTION(host_processor_info, kern_return_t, host_t, processor_flavor_t, natural_t *, processor_info_array_t *,
             mach_msg_type_number_t *);
    FUNCTION(host_get_io_master, kern_return_t, host_t, io_master_t *);
    FUNCTION(kmod_get_info, kern_return_t, host_t, kmod_args_t *, mach_msg_type_number_t *);
    FUNCTION(host_virtual_physical_table_info, kern_return_t, host_t, hash_info_bucket_array_t *,
             mach_msg_type_number_t *);
    FUNCTION(processor_set_default, kern_return_t, host_t, processor_set_name_t *);
    FUNCTION(processor_set_create, kern_return_t, host_t, processor_set_t *, processor_set_name_t *);
    FUNCTION(host_statistics, kern_return_t, host_t, host_flavor_t, host_info_t, mach_msg_type_number_t *);
    FUNCTION(host_request_notification, kern_return_t, host_t, host_flavor_t, mach_port_t);
    FUNCTION(host_lockgroup_info, kern_return_t, host_t, lockgroup_info_array_t *, mach_msg_type_number_t *);
    FUNCTION(host_statistics64, kern_return_t, host_t, host_flavor_t, host_info64_t, mach_msg_type_number_t *);
    FUNCTION(host_set_atm_diagnostic_flag, kern_return_t, host_t, uint32_t);
    FUNCTION(host_get_atm_diagnostic_flag, kern_return_t, host_t, uint32_t *);
    FUNCTION(host_set_multiuser_config_flags, kern_return_t, host_t, uint32_t);
    FUNCTION(host_get_multiuser_config_flags, kern_return_t, host_t, uint32_t *);
    FUNCTION(host_check_multiuser_mode, kern_return_t, host_t, uint32_t *);
    FUNCTION(host_get_boot_info, kern_return_t, host_priv_t, kernel_boot_info_t);
    FUNCTION(host_reboot, kern_return_t, host_priv_t, int);
    FUNCTION(host_priv_statistics, kern_return_t, host_priv_t, host_flavor_t, host_info_t, mach_msg_type_number_t *);
    FUNCTION(host_default_memory_manager, kern_return_t, host_priv_t, memory_object_default_t *,
             memory_object_cluster_size_t);
    FUNCTION(thread_wire, kern_return_t, host_priv_t, thread_act_t, boolean_t);
    FUNCTION(vm_allocate_cpm, kern_return_t, host_priv_t, vm_map_t, vm_address_t *, vm_size_t, int);
    FUNCTION(host_processors, kern_return_t, host_priv_t, processor_array_t *, mach_msg_type_number_t *);
    FUNCTION(kmod_create, kern_return_t, host_priv_t, vm_address_t, kmod_t *);
    FUNCTION(kmod_destroy, kern_return_t, host_priv_t, kmod_t);
    FUNCTION(kmod_control, kern_return_t, host_priv_t, kmod_t, kmod_control_flavor_t, kmod_args_t *,
             mach_msg_type_number_t *);
    FUNCTION(host_processor_sets, kern_return_t, host_priv_t, processor_set_name_array_t *, mach_msg_type_number_t *);
    FUNCTION(host_processor_set_priv, kern_return_t, host_priv_t, processor_set_name_t, processor_set_t *);
    FUNCTION(set_dp_control_port, kern_return_t, host_priv_t, mach_port_t);
    FUNCTION(get_dp_control_port, kern_return_t, host_priv_t, mach_port_t *);
    FUNCTION(host_set_UNDServer, kern_return_t, host_priv_t, UNDServerRef);
    FUNCTION(host_get_UNDServer, kern_return_t, host_priv_t, UNDServerRef *);
    FUNCTION(kext_request, kern_return_t, host_priv_t, uint32_t, vm_offset_t, mach_msg_type_number_t, vm_offset_t *,
             mach_msg_type_number_t *, vm_offset_t *, mach_msg_type_number_t *, kern_return_t *);
    FUNCTION(processor_start, kern_return_t, processor_t);
    FUNCTION(processor_exit, kern_return_t, processor_t);
    FUNCTION(processor_info, kern_return_t, processor_t, processor_flavor_t, host_t *, processor_info_t,
             mach_msg_type_number_t *);
    FUNCTION(processor_control, kern_return_t, processor_t, processor_info_t, mach_msg_type_number_t);
    FUNCTION(processor_assign, kern_return_t, processor_t, processor_set_t, boolean_t);
    FUNCTION(processor_get_assignment, kern_return_t, processor_t, processor_set_name_t *);
    FUNCTION(processor_set_statistics, kern_return_t, processor_set_name_t, processor_set_flavor_t,
             processor_set_info_t, mach_msg_type_number_t *);
    FUNCTION(processor_set_destroy, kern_return_t, processor_set_t);
    FUNCTION(processor_set_max_priority, kern_return_t, processor_set_t, int, boolean_t);
    FUNCTION(processor_set_policy_enable, kern_return_t, processor_set_t, int);
    FUNCTION(processor_set_policy_disable, kern_return_t, processor_set_t, int, boolean_t);
    FUNCTION(processor_set_tasks, kern_return_t, processor_set_t, task_array_t *, mach_msg_type_number_t *);
    FUNCTION(processor_set_threads, kern_return_t, processor_set_t, thread_act_array_t *, mach_msg_type_number_t *);
    FUNCTION(processor_set_policy_control, kern_return_t, processor_set_t, processor_set_flavor_t, processor_set_info_t,
             mach_msg_type_number_t, boolean_t);
    FUNCTION(processor_set_stack_usage, kern_return_t, processor_set_t, unsigned *, vm_size_t *, vm_size_t *,
             vm_size_t *, vm_offset_t *);
    FUNCTION(processor_set_info, kern_return_t, processor_set_name_t, int, host_t *, processor_set_info_t,
             mach_msg_type_number_t *);
    FUNCTION(slot_name, void, cpu_type_t, cpu_subtype_t, char **, char **);
}

static void host(void) {
    machines();
    host_structures();
    host_constants();
    host_functions();
}

#endif
