/// What tasks and threads tell, and how they are scheduled: every structure, constant and function of it.
#ifndef LAYOUT_INFORMATION_H
#define LAYOUT_INFORMATION_H

#include "check.h"

static void information_structures(void) {
    STRUCT(struct time_value, 8, 4);
    FIELD(struct time_value, seconds, 0, 4);
    FIELD(struct time_value, microseconds, 4, 4);

    STRUCT(struct task_basic_info_32, 32, 4);
    FIELD(struct task_basic_info_32, suspend_count, 0, 4);
    FIELD(struct task_basic_info_32, virtual_size, 4, 4);
    FIELD(struct task_basic_info_32, resident_size, 8, 4);
    FIELD(struct task_basic_info_32, user_time, 12, 8);
    FIELD(struct task_basic_info_32, system_time, 20, 8);
    FIELD(struct task_basic_info_32, policy, 28, 4);

    STRUCT(struct task_basic_info_64, 40, 4);
    FIELD(struct task_basic_info_64, suspend_count, 0, 4);
    FIELD(struct task_basic_info_64, virtual_size, 4, 8);
    FIELD(struct task_basic_info_64, resident_size, 12, 8);
    FIELD(struct task_basic_info_64, user_time, 20, 8);
    FIELD(struct task_basic_info_64, system_time, 28, 8);
    FIELD(struct task_basic_info_64, policy, 36, 4);

    STRUCT(struct task_basic_info, 40, 4);
    FIELD(struct task_basic_info, suspend_count, 0, 4);
    FIELD(struct task_basic_info, virtual_size, 4, 8);
    FIELD(struct task_basic_info, resident_size, 12, 8);
    FIELD(struct task_basic_info, user_time, 20, 8);
    FIELD(struct task_basic_info, system_time, 28, 8);
    FIELD(struct task_basic_info, policy, 36, 4);

    STRUCT(struct mach_task_basic_info, 48, 4);
    FIELD(struct mach_task_basic_info, virtual_size, 0, 8);
    FIELD(struct mach_task_basic_info, resident_size, 8, 8);
    FIELD(struct mach_task_basic_info, resident_size_max, 16, 8);
    FIELD(struct mach_task_basic_info, user_time, 24, 8);
    FIELD(struct mach_task_basic_info, system_time, 32, 8);
    FIELD(struct mach_task_basic_info, policy, 40, 4);
    FIELD(struct mach_task_basic_info, suspend_count, 44, 4);

    STRUCT(struct task_events_info, 32, 4);
    FIELD(struct task_events_info, faults, 0, 4);
    FIELD(struct task_events_info, pageins, 4, 4);
    FIELD(struct task_events_info, cow_faults, 8, 4);
    FIELD(struct task_events_info, messages_sent, 12, 4);
    FIELD(struct task_events_info, messages_received, 16, 4);
    FIELD(struct task_events_info, syscalls_mach, 20, 4);
    FIELD(struct task_events_info, syscalls_unix, 24, 4);
    FIELD(struct task_events_info, csw, 28, 4);

    STRUCT(struct task_thread_times_info, 16, 4);
    FIELD(struct task_thread_times_info, user_time, 0, 8);
    FIELD(struct task_thread_times_info, system_time, 8, 8);

    STRUCT(struct task_absolutetime_info, 32, 4);
    FIELD(struct task_absolutetime_info, total_user, 0, 8);
    FIELD(struct task_absolutetime_info, total_system, 8, 8);
    FIELD(struct task_absolutetime_info, threads_user, 16, 8);
    FIELD(struct task_absolutetime_info, threads_system, 24, 8);

    STRUCT(struct task_kernelmemory_info, 32, 4);
    FIELD(struct task_kernelmemory_info, total_palloc, 0, 8);
    FIELD(struct task_kernelmemory_info, total_pfree, 8, 8);
    FIELD(struct task_kernelmemory_info, total_salloc, 16, 8);
    FIELD(struct task_kernelmemory_info, total_sfree, 24, 8);

    STRUCT(struct task_vm_info, 152, 4);
    FIELD(struct task_vm_info, virtual_size, 0, 8);
    FIELD(struct task_vm_info, region_count, 8, 4);
    FIELD(struct task_vm_info, page_size, 12, 4);
    FIELD(struct task_vm_info, resident_size, 16, 8);
    FIELD(struct task_vm_info, resident_size_peak, 24, 8);
    FIELD(struct task_vm_info, device, 32, 8);
    FIELD(struct task_vm_info, device_peak, 40, 8);
    FIELD(struct task_vm_info, internal, 48, 8);
    FIELD(struct task_vm_info, internal_peak, 56, 8);
    FIELD(struct task_vm_info, external, 64, 8);
    FIELD(struct task_vm_info, external_peak, 72, 8);
    FIELD(struct task_vm_info, reusable, 80, 8);
    FIELD(struct task_vm_info, reusable_peak, 88, 8);
    FIELD(struct task_vm_info, purgeable_volatile_pmap, 96, 8);
    FIELD(struct task_vm_info, purgeable_volatile_resident, 104, 8);
    FIELD(struct task_vm_info, purgeable_volatile_virtual, 112, 8);
    FIELD(struct task_vm_info, compressed, 120, 8);
    FIELD(struct task_vm_info, compressed_peak, 128, 8);
    FIELD(struct task_vm_info, compressed_lifetime, 136, 8);
    FIELD(struct task_vm_info, phys_footprint, 144, 8);

    STRUCT(struct task_flags_info, 4, 4);
    FIELD(struct task_flags_info, flags, 0, 4);

    STRUCT(struct task_affinity_tag_info, 16, 4);
    FIELD(struct task_affinity_tag_info, set_count, 0, 4);
    FIELD(struct task_affinity_tag_info, min, 4, 4);
    FIELD(struct task_affinity_tag_info, max, 8, 4);
    FIELD(struct task_affinity_tag_info, task_count, 12, 4);

    STRUCT(struct task_dyld_info, 20, 4);
    FIELD(struct task_dyld_info, all_image_info_addr, 0, 8);
    FIELD(struct task_dyld_info, all_image_info_size, 8, 8);
    FIELD(struct task_dyld_info, all_image_info_format, 16, 4);

    STRUCT(struct task_power_info, 48, 4);
    FIELD(struct task_power_info, total_user, 0, 8);
    FIELD(struct task_power_info, total_system, 8, 8);
    FIELD(struct task_power_info, task_interrupt_wakeups, 16, 8);
    FIELD(struct task_power_info, task_platform_idle_wakeups, 24, 8);
    FIELD(struct task_power_info, task_timer_wakeups_bin_1, 32, 8);
    FIELD(struct task_power_info, task_timer_wakeups_bin_2, 40, 8);

    STRUCT(struct task_wait_state_info, 32, 4);
    FIELD(struct task_wait_state_info, total_wait_state_time, 0, 8);
    FIELD(struct task_wait_state_info, total_wait_sfi_state_time, 8, 8);
    FIELD(struct task_wait_state_info, _reserved, 16, 16);

    STRUCT(struct thread_basic_info, 40, 4);
    FIELD(struct thread_basic_info, user_time, 0, 8);
    FIELD(struct thread_basic_info, system_time, 8, 8);
    FIELD(struct thread_basic_info, cpu_usage, 16, 4);
    FIELD(struct thread_basic_info, policy, 20, 4);
    FIELD(struct thread_basic_info, run_state, 24, 4);
    FIELD(struct thread_basic_info, flags, 28, 4);
    FIELD(struct thread_basic_info, suspend_count, 32, 4);
    FIELD(struct thread_basic_info, sleep_time, 36, 4);

    STRUCT(struct thread_identifier_info, 24, 8);
    FIELD(struct thread_identifier_info, thread_id, 0, 8);
    FIELD(struct thread_identifier_info, thread_handle, 8, 8);
    FIELD(struct thread_identifier_info, dispatch_qaddr, 16, 8);

    STRUCT(struct thread_extended_info, 112, 8);
    FIELD(struct thread_extended_info, pth_user_time, 0, 8);
    FIELD(struct thread_extended_info, pth_system_time, 8, 8);
    FIELD(struct thread_extended_info, pth_cpu_usage, 16, 4);
    FIELD(struct thread_extended_info, pth_policy, 20, 4);
    FIELD(struct thread_extended_info, pth_run_state, 24, 4);
    FIELD(struct thread_extended_info, pth_flags, 28, 4);
    FIELD(struct thread_extended_info, pth_sleep_time, 32, 4);
    FIELD(struct thread_extended_info, pth_curpri, 36, 4);
    FIELD(struct thread_extended_info, pth_priority, 40, 4);
    FIELD(struct thread_extended_info, pth_maxpriority, 44, 4);
    FIELD(struct thread_extended_info, pth_name, 48, 64);

    STRUCT(struct policy_timeshare_base, 4, 4);
    FIELD(struct policy_timeshare_base, base_priority, 0, 4);

    STRUCT(struct policy_timeshare_limit, 4, 4);
    FIELD(struct policy_timeshare_limit, max_priority, 0, 4);

    STRUCT(struct policy_timeshare_info, 20, 4);
    FIELD(struct policy_timeshare_info, max_priority, 0, 4);
    FIELD(struct policy_timeshare_info, base_priority, 4, 4);
    FIELD(struct policy_timeshare_info, cur_priority, 8, 4);
    FIELD(struct policy_timeshare_info, depressed, 12, 4);
    FIELD(struct policy_timeshare_info, depress_priority, 16, 4);

    STRUCT(struct policy_rr_base, 8, 4);
    FIELD(struct policy_rr_base, base_priority, 0, 4);
    FIELD(struct policy_rr_base, quantum, 4, 4);

    STRUCT(struct policy_rr_limit, 4, 4);
    FIELD(struct policy_rr_limit, max_priority, 0, 4);

    STRUCT(struct policy_rr_info, 20, 4);
    FIELD(struct policy_rr_info, max_priority, 0, 4);
    FIELD(struct policy_rr_info, base_priority, 4, 4);
    FIELD(struct policy_rr_info, quantum, 8, 4);
    FIELD(struct policy_rr_info, depressed, 12, 4);
    FIELD(struct policy_rr_info, depress_priority, 16, 4);

    STRUCT(struct policy_fifo_base, 4, 4);
    FIELD(struct policy_fifo_base, base_priority, 0, 4);

    STRUCT(struct policy_fifo_limit, 4, 4);
    FIELD(struct policy_fifo_limit, max_priority, 0, 4);

    STRUCT(struct policy_fifo_info, 16, 4);
    FIELD(struct policy_fifo_info, max_priority, 0, 4);
    FIELD(struct policy_fifo_info, base_priority, 4, 4);
    FIELD(struct policy_fifo_info, depressed, 8, 4);
    FIELD(struct policy_fifo_info, depress_priority, 12, 4);

    STRUCT(struct policy_bases, 16, 4);
    FIELD(struct policy_bases, ts, 0, 4);
    FIELD(struct policy_bases, rr, 4, 8);
    FIELD(struct policy_bases, fifo, 12, 4);

    STRUCT(struct policy_limits, 12, 4);
    FIELD(struct policy_limits, ts, 0, 4);
    FIELD(struct policy_limits, rr, 4, 4);
    FIELD(struct policy_limits, fifo, 8, 4);

    STRUCT(struct policy_infos, 56, 4);
    FIELD(struct policy_infos, ts, 0, 20);
    FIELD(struct policy_infos, rr, 20, 20);
    FIELD(struct policy_infos, fifo, 40, 16);

    STRUCT(struct thread_standard_policy, 4, 4);
    FIELD(struct thread_standard_policy, no_data, 0, 4);

    STRUCT(struct thread_extended_policy, 4, 4);
    FIELD(struct thread_extended_policy, timeshare, 0, 4);

    STRUCT(struct thread_time_constraint_policy, 16, 4);
    FIELD(struct thread_time_constraint_policy, period, 0, 4);
    FIELD(struct thread_time_constraint_policy, computation, 4, 4);
    FIELD(struct thread_time_constraint_policy, constraint, 8, 4);
    FIELD(struct thread_time_constraint_policy, preemptible, 12, 4);

    STRUCT(struct thread_precedence_policy, 4, 4);
    FIELD(struct thread_precedence_policy, importance, 0, 4);

    STRUCT(struct thread_affinity_policy, 4, 4);
    FIELD(struct thread_affinity_policy, affinity_tag, 0, 4);

    STRUCT(struct thread_background_policy, 4, 4);
    FIELD(struct thread_background_policy, priority, 0, 4);

    STRUCT(struct thread_latency_qos_policy, 4, 4);
    FIELD(struct thread_latency_qos_policy, thread_latency_qos_tier, 0, 4);

    STRUCT(struct thread_throughput_qos_policy, 4, 4);
    FIELD(struct thread_throughput_qos_policy, thread_throughput_qos_tier, 0, 4);

    STRUCT(struct task_category_policy, 4, 4);
    FIELD(struct task_category_policy, role, 0, 4);

    STRUCT(struct task_qos_policy, 8, 4);
    FIELD(struct task_qos_policy, task_latency_qos_tier, 0, 4);
    FIELD(struct task_qos_policy, task_throughput_qos_tier, 4, 4);
}

static void information_constants(void) {
    VALUE(TIME_MICROS_MAX, 1000000);
    VALUE(TASK_INFO_MAX, 1024);
    VALUE(TASK_BASIC_INFO_32, 4);
    VALUE(TASK_BASIC2_INFO_32, 6);
    VALUE(TASK_BASIC_INFO_32_COUNT, 8);
    VALUE(TASK_BASIC_INFO_64, 5);
    VALUE(TASK_BASIC_INFO_64_COUNT, 10);
    VALUE(TASK_BASIC_INFO_COUNT, 10);
    VALUE(TASK_BASIC_INFO, 5);
    VALUE(MACH_TASK_BASIC_INFO, 20);
    VALUE(MACH_TASK_BASIC_INFO_COUNT, 12);
    VALUE(TASK_EVENTS_INFO, 2);
    VALUE(TASK_EVENTS_INFO_COUNT, 8);
    VALUE(TASK_THREAD_TIMES_INFO, 3);
    VALUE(TASK_THREAD_TIMES_INFO_COUNT, 4);
    VALUE(TASK_ABSOLUTETIME_INFO, 1);
    VALUE(TASK_ABSOLUTETIME_INFO_COUNT, 8);
    VALUE(TASK_KERNELMEMORY_INFO, 7);
    VALUE(TASK_KERNELMEMORY_INFO_COUNT, 8);
    VALUE(TASK_SECURITY_TOKEN, 13);
    VALUE(TASK_SECURITY_TOKEN_COUNT, 2);
    VALUE(TASK_AUDIT_TOKEN, 15);
    VALUE(TASK_AUDIT_TOKEN_COUNT, 8);
    VALUE(TASK_VM_INFO, 22);
    VALUE(TASK_VM_INFO_PURGEABLE, 23);
    VALUE(TASK_VM_INFO_COUNT, 38);
    VALUE(TASK_VM_INFO_REV0_COUNT, 36);
    VALUE(TASK_FLAGS_INFO, 28);
    VALUE(TASK_FLAGS_INFO_COUNT, 1);
    VALUE(TF_LP64, 1);
    VALUE(TASK_AFFINITY_TAG_INFO, 16);
    VALUE(TASK_AFFINITY_TAG_INFO_COUNT, 4);
    VALUE(TASK_DYLD_INFO, 17);
    VALUE(TASK_DYLD_INFO_COUNT, 5);
    VALUE(TASK_DYLD_ALL_IMAGE_INFO_32, 0);
    VALUE(TASK_DYLD_ALL_IMAGE_INFO_64, 1);
    VALUE(TASK_POWER_INFO, 21);
    VALUE(TASK_POWER_INFO_COUNT, 12);
    VALUE(TASK_WAIT_STATE_INFO, 25);
    VALUE(TASK_WAIT_STATE_INFO_COUNT, 8);
    VALUE(TASK_SCHED_TIMESHARE_INFO, 10);
    VALUE(TASK_SCHED_RR_INFO, 11);
    VALUE(TASK_SCHED_FIFO_INFO, 12);
    VALUE(TASK_SCHED_INFO, 14);
    VALUE(TASK_EXTMOD_INFO, 19);
    VALUE(TASK_TRACE_MEMORY_INFO, 24);
    VALUE(TASK_POWER_INFO_V2, 26);
    VALUE(TASK_VM_INFO_PURGEABLE_ACCOUNT, 27);
    VALUE(TASK_DEBUG_INFO_INTERNAL, 29);
    VALUE(THREAD_INFO_MAX, 32);
    VALUE(THREAD_BASIC_INFO, 3);
    VALUE(THREAD_BASIC_INFO_COUNT, 10);
    VALUE(TH_USAGE_SCALE, 1000);
    VALUE(TH_STATE_RUNNING, 1);
    VALUE(TH_STATE_STOPPED, 2);
    VALUE(TH_STATE_WAITING, 3);
    VALUE(TH_STATE_UNINTERRUPTIBLE, 4);
    VALUE(TH_STATE_HALTED, 5);
    VALUE(TH_FLAGS_SWAPPED, 1);
    VALUE(TH_FLAGS_IDLE, 2);
    VALUE(TH_FLAGS_GLOBAL_FORCED_IDLE, 4);
    VALUE(THREAD_IDENTIFIER_INFO, 4);
    VALUE(THREAD_IDENTIFIER_INFO_COUNT, 6);
    VALUE(THREAD_EXTENDED_INFO, 5);
    VALUE(MAXTHREADNAMESIZE, 64);
    VALUE(THREAD_EXTENDED_INFO_COUNT, 28);
    VALUE(THREAD_DEBUG_INFO_INTERNAL, 6);
    VALUE(THREAD_SCHED_TIMESHARE_INFO, 10);
    VALUE(THREAD_SCHED_RR_INFO, 11);
    VALUE(THREAD_SCHED_FIFO_INFO, 12);
    VALUE(POLICY_NULL, 0);
    VALUE(POLICY_TIMESHARE, 1);
    VALUE(POLICY_RR, 2);
    VALUE(POLICY_FIFO, 4);
    VALUE(POLICYCLASS_FIXEDPRI, 6);
    VALUE(POLICY_TIMESHARE_BASE_COUNT, 1);
    VALUE(POLICY_TIMESHARE_LIMIT_COUNT, 1);
    VALUE(POLICY_TIMESHARE_INFO_COUNT, 5);
    VALUE(POLICY_RR_BASE_COUNT, 2);
    VALUE(POLICY_RR_LIMIT_COUNT, 1);
    VALUE(POLICY_RR_INFO_COUNT, 5);
    VALUE(POLICY_FIFO_BASE_COUNT, 1);
    VALUE(POLICY_FIFO_LIMIT_COUNT, 1);
    VALUE(POLICY_FIFO_INFO_COUNT, 4);
    VALUE(THREAD_STANDARD_POLICY, 1);
    VALUE(THREAD_STANDARD_POLICY_COUNT, 0);
    VALUE(THREAD_EXTENDED_POLICY, 1);
    VALUE(THREAD_EXTENDED_POLICY_COUNT, 1);
    VALUE(THREAD_TIME_CONSTRAINT_POLICY, 2);
    VALUE(THREAD_TIME_CONSTRAINT_POLICY_COUNT, 4);
    VALUE(THREAD_PRECEDENCE_POLICY, 3);
    VALUE(THREAD_PRECEDENCE_POLICY_COUNT, 1);
    VALUE(THREAD_AFFINITY_POLICY, 4);
    VALUE(THREAD_AFFINITY_TAG_NULL, 0);
    VALUE(THREAD_AFFINITY_POLICY_COUNT, 1);
    VALUE(THREAD_BACKGROUND_POLICY, 5);
    VALUE(THREAD_BACKGROUND_POLICY_COUNT, 1);
    VALUE(THREAD_LATENCY_QOS_POLICY, 7);
    VALUE(THREAD_LATENCY_QOS_POLICY_COUNT, 1);
    VALUE(THREAD_THROUGHPUT_QOS_POLICY, 8);
    VALUE(THREAD_THROUGHPUT_QOS_POLICY_COUNT, 1);
    VALUE(TASK_CATEGORY_POLICY, 1);
    VALUE(TASK_CATEGORY_POLICY_COUNT, 1);
    VALUE(TASK_SUPPRESSION_POLICY, 3);
    VALUE(TASK_POLICY_STATE, 4);
    VALUE(TASK_BASE_QOS_POLICY, 8);
    VALUE(TASK_OVERRIDE_QOS_POLICY, 9);
    VALUE(TASK_BASE_LATENCY_QOS_POLICY, 10);
    VALUE(TASK_BASE_THROUGHPUT_QOS_POLICY, 11);
    VALUE(LATENCY_QOS_LAUNCH_DEFAULT_TIER, 0xff0004);
    VALUE(THROUGHPUT_QOS_LAUNCH_DEFAULT_TIER, 0xfe0004);
    VALUE(TASK_QOS_POLICY_COUNT, 2);
    VALUE(TASK_RENICED, -1);
    VALUE(TASK_UNSPECIFIED, 0);
    VALUE(TASK_FOREGROUND_APPLICATION, 1);
    VALUE(TASK_BACKGROUND_APPLICATION, 2);
    VALUE(TASK_CONTROL_APPLICATION, 3);
    VALUE(TASK_GRAPHICS_SERVER, 4);
    VALUE(TASK_THROTTLE_APPLICATION, 5);
    VALUE(TASK_NONUI_APPLICATION, 6);
    VALUE(TASK_DEFAULT_APPLICATION, 7);
    VALUE(LATENCY_QOS_TIER_UNSPECIFIED, 0);
    VALUE(LATENCY_QOS_TIER_0, 0xff0001);
    VALUE(LATENCY_QOS_TIER_1, 0xff0002);
    VALUE(LATENCY_QOS_TIER_2, 0xff0003);
    VALUE(LATENCY_QOS_TIER_3, 0xff0004);
    VALUE(LATENCY_QOS_TIER_4, 0xff0005);
    VALUE(LATENCY_QOS_TIER_5, 0xff0006);
    VALUE(THROUGHPUT_QOS_TIER_UNSPECIFIED, 0);
    VALUE(THROUGHPUT_QOS_TIER_0, 0xfe0001);
    VALUE(THROUGHPUT_QOS_TIER_1, 0xfe0002);
    VALUE(THROUGHPUT_QOS_TIER_2, 0xfe0003);
    VALUE(THROUGHPUT_QOS_TIER_3, 0xfe0004);
    VALUE(THROUGHPUT_QOS_TIER_4, 0xfe0005);
    VALUE(THROUGHPUT_QOS_TIER_5, 0xfe0006);
    VALUE(SWITCH_OPTION_NONE, 0);
    VALUE(SWITCH_OPTION_DEPRESS, 1);
    VALUE(SWITCH_OPTION_WAIT, 2);
    VALUE(TASK_FLAVOR_CONTROL, 0);
    VALUE(TASK_FLAVOR_READ, 1);
    VALUE(TASK_FLAVOR_INSPECT, 2);
    VALUE(TASK_FLAVOR_NAME, 3);
    VALUE(TASK_EXC_GUARD_NONE, 0);
    VALUE(TASK_EXC_GUARD_VM_DELIVER, 1);
    VALUE(TASK_EXC_GUARD_VM_ONCE, 2);
    VALUE(TASK_EXC_GUARD_VM_CORPSE, 4);
    VALUE(TASK_EXC_GUARD_VM_FATAL, 8);
    VALUE(TASK_EXC_GUARD_VM_ALL, 15);
    VALUE(TASK_EXC_GUARD_MP_DELIVER, 16);
    VALUE(TASK_EXC_GUARD_MP_ONCE, 32);
    VALUE(TASK_EXC_GUARD_MP_CORPSE, 64);
    VALUE(TASK_EXC_GUARD_MP_FATAL, 128);
    VALUE(TASK_EXC_GUARD_MP_ALL, 240);
    VALUE(TASK_EXC_GUARD_ALL, 255);
}

static void information_functions(void) {
    FUNCTION(mach_task_is_self, boolean_t, task_name_t);
    FUNCTION(swtch, boolean_t, void);
    FUNCTION(swtch_pri, boolean_t, int);
    FUNCTION(thread_switch, kern_return_t, mach_port_name_t, int, mach_msg_timeout_t);
    FUNCTION(task_for_pid, kern_return_t, mach_port_name_t, int, mach_port_name_t *);
    FUNCTION(task_name_for_pid, kern_return_t, mach_port_name_t, int, mach_port_name_t *);
    FUNCTION(pid_for_task, kern_return_t, mach_port_name_t, int *);
    FUNCTION(semaphore_signal_trap, kern_return_t, mach_port_name_t);
    FUNCTION(semaphore_signal_all_trap, kern_return_t, mach_port_name_t);
    FUNCTION(semaphore_signal_thread_trap, kern_return_t, mach_port_name_t, mach_port_name_t);
    FUNCTION(semaphore_wait_trap, kern_return_t, mach_port_name_t);
    FUNCTION(semaphore_wait_signal_trap, kern_return_t, mach_port_name_t, mach_port_name_t);
    FUNCTION(semaphore_timedwait_trap, kern_return_t, mach_port_name_t, unsigned int, clock_res_t);
    FUNCTION(semaphore_timedwait_signal_trap, kern_return_t, mach_port_name_t, mach_port_name_t, unsigned int,
             clock_res_t);
    FUNCTION(task_info, kern_return_t, task_name_t, task_flavor_t, task_info_t, mach_msg_type_number_t *);
    FUNCTION(task_set_info, kern_return_t, task_t, task_flavor_t, task_info_t, mach_msg_type_number_t);
    FUNCTION(task_threads, kern_return_t, task_t, thread_act_array_t *, mach_msg_type_number_t *);
    FUNCTION(task_create_identity_token, kern_return_t, task_t, task_id_token_t *);
    FUNCTION(task_identity_token_get_task_port, kern_return_t, task_id_token_t, task_flavor_t, mach_port_t *);
    FUNCTION(task_policy_set, kern_return_t, task_t, task_policy_flavor_t, task_policy_t, mach_msg_type_number_t);
    FUNCTION(task_policy_get, kern_return_t, task_t, task_policy_flavor_t, task_policy_t, mach_msg_type_number_t *,
             boolean_t *);
    FUNCTION(task_policy, kern_return_t, task_t, policy_t, policy_base_t, mach_msg_type_number_t, boolean_t, boolean_t);
    FUNCTION(task_set_policy, kern_return_t, task_t, processor_set_t, policy_t, policy_base_t, mach_msg_type_number_t,
             policy_limit_t, mach_msg_type_number_t, boolean_t);
    FUNCTION(task_assign, kern_return_t, task_t, processor_set_t, boolean_t);
    FUNCTION(task_assign_default, kern_return_t, task_t, boolean_t);
    FUNCTION(task_set_ras_pc, kern_return_t, task_t, vm_address_t, vm_address_t);
    FUNCTION(task_get_exc_guard_behavior, kern_return_t, task_t, task_exc_guard_behavior_t *);
    FUNCTION(task_set_exc_guard_behavior, kern_return_t, task_t, task_exc_guard_behavior_t);
    FUNCTION(task_suspend, kern_return_t, task_t);
    FUNCTION(task_resume, kern_return_t, task_t);
    FUNCTION(task_suspend2, kern_return_t, task_t, task_suspension_token_t *);
    FUNCTION(task_resume2, kern_return_t, task_suspension_token_t);
    FUNCTION(thread_create, kern_return_t, task_t, thread_act_t *);
    FUNCTION(thread_create_running, kern_return_t, task_t, thread_state_flavor_t, thread_state_t,
             mach_msg_type_number_t, thread_act_t *);
    FUNCTION(task_get_state, kern_return_t, task_t, thread_state_flavor_t, thread_state_t, mach_msg_type_number_t *);
    FUNCTION(task_set_state, kern_return_t, task_t, thread_state_flavor_t, thread_state_t, mach_msg_type_number_t);
    FUNCTION(task_sample, kern_return_t, task_t, mach_port_t);
    FUNCTION(task_set_emulation, kern_return_t, task_t, vm_address_t, int);
    FUNCTION(task_get_emulation_vector, kern_return_t, task_t, int *, emulation_vector_t *, mach_msg_type_number_t *);
    FUNCTION(task_set_emulation_vector, kern_return_t, task_t, int, emulation_vector_t, mach_msg_type_number_t);
    FUNCTION(task_get_assignment, kern_return_t, task_t, processor_set_name_t *);
    FUNCTION(task_set_phys_footprint_limit, kern_return_t, task_t, int, int *);
    FUNCTION(task_get_mach_voucher, kern_return_t, task_t, mach_voucher_selector_t, ipc_voucher_t *);
    FUNCTION(task_set_mach_voucher, kern_return_t, task_t, ipc_voucher_t);
    FUNCTION(task_swap_mach_voucher, kern_return_t, task_t, ipc_voucher_t, ipc_voucher_t *);
    FUNCTION(thread_info, kern_return_t, thread_act_t, thread_flavor_t, thread_info_t, mach_msg_type_number_t *);
    FUNCTION(thread_policy_set, kern_return_t, thread_act_t, thread_policy_flavor_t, thread_policy_t,
             mach_msg_type_number_t);
    FUNCTION(thread_policy_get, kern_return_t, thread_act_t, thread_policy_flavor_t, thread_policy_t,
             mach_msg_type_number_t *, boolean_t *);
    FUNCTION(thread_depress_abort, kern_return_t, thread_act_t);
    FUNCTION(thread_assign, kern_return_t, thread_act_t, processor_set_t);
    FUNCTION(thread_assign_default, kern_return_t, thread_act_t);
    FUNCTION(thread_terminate, kern_return_t, thread_act_t);
    FUNCTION(act_get_state, kern_return_t, thread_act_t, int, thread_state_t, mach_msg_type_number_t *);
    FUNCTION(act_set_state, kern_return_t, thread_act_t, int, thread_state_t, mach_msg_type_number_t);
    FUNCTION(thread_get_state, kern_return_t, thread_act_t, thread_state_flavor_t, thread_state_t,
             mach_msg_type_number_t *);
    FUNCTION(thread_set_state, kern_return_t, thread_act_t, thread_state_flavor_t, thread_state_t,
             mach_msg_type_number_t);
    FUNCTION(thread_suspend, kern_return_t, thread_act_t);
    FUNCTION(thread_resume, kern_return_t, thread_act_t);
    FUNCTION(thread_abort, kern_return_t, thread_act_t);
    FUNCTION(thread_abort_safely, kern_return_t, thread_act_t);
    FUNCTION(thread_policy, kern_return_t, thread_act_t, policy_t, policy_base_t, mach_msg_type_number_t, boolean_t);
    FUNCTION(thread_set_policy, kern_return_t, thread_act_t, processor_set_t, policy_t, policy_base_t,
             mach_msg_type_number_t, policy_limit_t, mach_msg_type_number_t);
    FUNCTION(thread_sample, kern_return_t, thread_act_t, mach_port_t);
    FUNCTION(etap_trace_thread, kern_return_t, thread_act_t, boolean_t);
    FUNCTION(thread_get_assignment, kern_return_t, thread_act_t, processor_set_name_t *);
    FUNCTION(thread_get_mach_voucher, kern_return_t, thread_act_t, mach_voucher_selector_t, ipc_voucher_t *);
    FUNCTION(thread_set_mach_voucher, kern_return_t, thread_act_t, ipc_voucher_t);
    FUNCTION(thread_swap_mach_voucher, kern_return_t, thread_act_t, ipc_voucher_t, ipc_voucher_t *);
    SAME(task_id_token_t, unsigned int);
    SAME(task_exc_guard_behavior_t, unsigned int);
    SAME(task_flavor_t, unsigned int);
    SAME(thread_flavor_t, unsigned int);
    SAME(policy_t, int);
}

#endif
