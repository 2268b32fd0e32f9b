// <mach/mach_voucher.h>, and the vouchers of the host, of tasks and of threads: there are none.

import CMach

@_cdecl("mach_voucher_extract_attr_content") @implementation
public func mach_voucher_extract_attr_content(
  _ voucher: ipc_voucher_t, _ key: mach_voucher_attr_key_t, _ content: mach_voucher_attr_content_t!,
  _ contentCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("mach_voucher_extract_attr_recipe") @implementation
public func mach_voucher_extract_attr_recipe(
  _ voucher: ipc_voucher_t, _ key: mach_voucher_attr_key_t, _ recipe: mach_voucher_attr_raw_recipe_t!,
  _ recipeCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("mach_voucher_extract_all_attr_recipes") @implementation
public func mach_voucher_extract_all_attr_recipes(
  _ voucher: ipc_voucher_t, _ recipes: mach_voucher_attr_raw_recipe_array_t!,
  _ recipesCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("mach_voucher_attr_command") @implementation
public func mach_voucher_attr_command(
  _ voucher: ipc_voucher_t, _ key: mach_voucher_attr_key_t, _ command: mach_voucher_attr_command_t,
  _ in_content: mach_voucher_attr_content_t!, _ in_contentCnt: mach_msg_type_number_t,
  _ out_content: mach_voucher_attr_content_t!, _ out_contentCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("mach_voucher_debug_info") @implementation
public func mach_voucher_debug_info(
  _ task: ipc_space_t, _ voucher_name: mach_port_name_t, _ recipes: mach_voucher_attr_raw_recipe_array_t!,
  _ recipesCnt: UnsafeMutablePointer<mach_msg_type_number_t>!
) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("mach_voucher_deallocate") @implementation
public func mach_voucher_deallocate(_ voucher: mach_port_name_t) -> kern_return_t {
  mach_port_deallocate(cmach_task_self(), voucher)
}

// MARK: The host

@_cdecl("host_create_mach_voucher") @implementation
public func host_create_mach_voucher(
  _ host: host_t, _ recipes: mach_voucher_attr_raw_recipe_array_t!, _ recipesCnt: mach_msg_type_number_t,
  _ voucher: UnsafeMutablePointer<ipc_voucher_t>!
) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("host_register_mach_voucher_attr_manager") @implementation
public func host_register_mach_voucher_attr_manager(
  _ host: host_t, _ attr_manager: mach_voucher_attr_manager_t, _ default_value: mach_voucher_attr_value_handle_t,
  _ new_key: UnsafeMutablePointer<mach_voucher_attr_key_t>!,
  _ new_attr_control: UnsafeMutablePointer<ipc_voucher_attr_control_t>!
) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("host_register_well_known_mach_voucher_attr_manager") @implementation
public func host_register_well_known_mach_voucher_attr_manager(
  _ host: host_t, _ attr_manager: mach_voucher_attr_manager_t, _ default_value: mach_voucher_attr_value_handle_t,
  _ key: mach_voucher_attr_key_t, _ new_attr_control: UnsafeMutablePointer<ipc_voucher_attr_control_t>!
) -> kern_return_t { KERN_NOT_SUPPORTED }

// MARK: Tasks and threads

@_cdecl("task_get_mach_voucher") @implementation
public func task_get_mach_voucher(
  _ task: task_t, _ which: mach_voucher_selector_t, _ voucher: UnsafeMutablePointer<ipc_voucher_t>!
) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("task_set_mach_voucher") @implementation
public func task_set_mach_voucher(_ task: task_t, _ voucher: ipc_voucher_t) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("task_swap_mach_voucher") @implementation
public func task_swap_mach_voucher(
  _ task: task_t, _ new_voucher: ipc_voucher_t, _ old_voucher: UnsafeMutablePointer<ipc_voucher_t>!
) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("thread_get_mach_voucher") @implementation
public func thread_get_mach_voucher(
  _ thr_act: thread_act_t, _ which: mach_voucher_selector_t, _ voucher: UnsafeMutablePointer<ipc_voucher_t>!
) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("thread_set_mach_voucher") @implementation
public func thread_set_mach_voucher(_ thr_act: thread_act_t, _ voucher: ipc_voucher_t) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("thread_swap_mach_voucher") @implementation
public func thread_swap_mach_voucher(
  _ thr_act: thread_act_t, _ new_voucher: ipc_voucher_t, _ old_voucher: UnsafeMutablePointer<ipc_voucher_t>!
) -> kern_return_t { KERN_NOT_SUPPORTED }
