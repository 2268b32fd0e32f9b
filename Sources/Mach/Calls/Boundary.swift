// The C boundary: who calls, which task is meant, and how what a kernel operation throws becomes a code.

import CMach
import MachKernel

/// Runs an operation on the space of the task that the caller names, and returns its code (Choices: a task argument
/// that is no live task gives KERN_INVALID_TASK; facts: api.md). KERN_RESOURCE_SHORTAGE at a thread's first call when
/// memory is out.
@inline(__always)
func onSpace(
  of name: ipc_space_t, _ operation: (Space) throws(KernelReturn) -> Void
) -> kern_return_t {
  guard let thread = Thread.entering else { return KERN_RESOURCE_SHORTAGE }
  do throws(KernelReturn) {
    let target = try thread.task.task(named: name)
    try operation(target.space)
    return KERN_SUCCESS
  } catch {
    return error.rawValue
  }
}

/// As `onSpace`; the operation also gets the caller's own space.
@inline(__always)
func onSpace(
  of name: ipc_space_t, _ operation: (Space, Space) throws(KernelReturn) -> Void
) -> kern_return_t {
  guard let thread = Thread.entering else { return KERN_RESOURCE_SHORTAGE }
  do throws(KernelReturn) {
    let target = try thread.task.task(named: name)
    try operation(target.space, thread.task.space)
    return KERN_SUCCESS
  } catch {
    return error.rawValue
  }
}

/// As `onSpace`, for calls of tasks, which also need the caller. A task argument that is no live task gives
/// KERN_INVALID_ARGUMENT (Choices).
@inline(__always)
func onTask(
  _ name: task_t, _ operation: (borrowing TaskReference, Thread) throws(KernelReturn) -> Void
) -> kern_return_t {
  guard let thread = Thread.entering else { return KERN_RESOURCE_SHORTAGE }
  do throws(KernelReturn) {
    let target: TaskReference
    do throws(KernelReturn) {
      target = try thread.task.task(named: name)
    } catch {
      throw .invalidArgument
    }
    try operation(target, thread)
    return KERN_SUCCESS
  } catch {
    return error.rawValue
  }
}

/// Runs an operation for a caller that names the host. `code` for any other name.
func onHost(
  _ name: host_priv_t, or code: kern_return_t = KERN_INVALID_ARGUMENT,
  _ operation: (Thread) throws(KernelReturn) -> Void
) -> kern_return_t {
  guard let thread = Thread.entering else { return KERN_RESOURCE_SHORTAGE }
  do throws(KernelReturn) {
    guard thread.task.space.isHost(named: name) else { throw KernelReturn(rawValue: code) }
    try operation(thread)
    return KERN_SUCCESS
  } catch {
    return error.rawValue
  }
}

/// As `onSpace`, for calls that name no task.
@inline(__always)
func inThread(_ operation: (Thread) throws(KernelReturn) -> Void) -> kern_return_t {
  guard let thread = Thread.entering else { return KERN_RESOURCE_SHORTAGE }
  do throws(KernelReturn) {
    try operation(thread)
    return KERN_SUCCESS
  } catch {
    return error.rawValue
  }
}

/// An output that the caller must give.
@inline(__always)
func output<Value>(_ pointer: UnsafeMutablePointer<Value>?) throws(KernelReturn) -> UnsafeMutablePointer<Value> {
  guard let pointer else { throw .invalidArgument }
  return pointer
}

/// MACH_PORT_NULL or MACH_PORT_DEAD: names that stand for no right.
@inline(__always)
func isNullOrDead(_ name: mach_port_name_t) -> Bool { name == 0 || name == .max }

/// Writes the words that `tell` has for the room that `count` names, and how many these are.
func tellWords(
  _ memory: UnsafeMutablePointer<integer_t>?, _ count: UnsafeMutablePointer<mach_msg_type_number_t>?,
  _ tell: (UInt32) throws(KernelReturn) -> InformationWords
) throws(KernelReturn) {
  let (memory, count) = (try output(memory), try output(count))
  let words = try tell(count.pointee)
  words.write(to: memory)
  count.pointee = UInt32(words.count)
}
