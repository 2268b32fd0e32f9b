// <mach/lock_set.h>, and the sets of locks of <mach/task.h>: there are none.

import CMach

@_cdecl("lock_set_create") @implementation
public func lock_set_create(
  _ task: task_t, _ new_lock_set: UnsafeMutablePointer<lock_set_t>!, _ n_ulocks: Int32, _ policy: Int32
) -> kern_return_t {
  KERN_NOT_SUPPORTED
}

@_cdecl("lock_set_destroy") @implementation
public func lock_set_destroy(_ task: task_t, _ lock_set: lock_set_t) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("lock_acquire") @implementation
public func lock_acquire(_ lock_set: lock_set_t, _ lock_id: Int32) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("lock_release") @implementation
public func lock_release(_ lock_set: lock_set_t, _ lock_id: Int32) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("lock_try") @implementation
public func lock_try(_ lock_set: lock_set_t, _ lock_id: Int32) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("lock_make_stable") @implementation
public func lock_make_stable(_ lock_set: lock_set_t, _ lock_id: Int32) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("lock_handoff") @implementation
public func lock_handoff(_ lock_set: lock_set_t, _ lock_id: Int32) -> kern_return_t { KERN_NOT_SUPPORTED }

@_cdecl("lock_handoff_accept") @implementation
public func lock_handoff_accept(_ lock_set: lock_set_t, _ lock_id: Int32) -> kern_return_t { KERN_NOT_SUPPORTED }
