// What the exception-port routines of tasks, threads and hosts have in common.

import CMach
import MachKernel

/// The five output arrays of get and swap, each with room for EXC_TYPES_COUNT elements; `count` is output only.
struct ExceptionOutput {
  private let masks: exception_mask_array_t
  private let count: UnsafeMutablePointer<mach_msg_type_number_t>
  private let handlers: exception_handler_array_t
  private let behaviors: exception_behavior_array_t
  private let flavors: exception_flavor_array_t

  /// Throws INVALID_ARGUMENT for a null pointer.
  init(
    _ masks: exception_mask_array_t?, _ count: UnsafeMutablePointer<mach_msg_type_number_t>?,
    _ handlers: exception_handler_array_t?, _ behaviors: exception_behavior_array_t?,
    _ flavors: exception_flavor_array_t?
  ) throws(KernelReturn) {
    self.masks = try output(masks)
    self.count = try output(count)
    self.handlers = try output(handlers)
    self.behaviors = try output(behaviors)
    self.flavors = try output(flavors)
  }

  /// The most entries that are written: the arrays have room for every kind.
  var limit: Int { Int(EXC_TYPES_COUNT) }

  func write(_ entries: ExceptionEntries, _ thread: Thread) {
    var entries = entries
    entries.name(in: thread.task.space)
    for index in 0..<entries.count {
      let entry = entries[index]
      masks[index] = entry.mask
      handlers[index] = entry.name
      behaviors[index] = entry.behavior
      flavors[index] = entry.flavor
    }
    count.pointee = mach_msg_type_number_t(entries.count)
  }
}

/// Sets the action for kinds of exceptions; the caller keeps its right. Throws MACH_SEND_INVALID_RIGHT, what
/// `ExceptionRequest` does, and what `run` does.
func setExceptions(
  _ mask: exception_mask_t, _ port: mach_port_t, _ behavior: exception_behavior_t, _ flavor: thread_state_flavor_t,
  _ thread: Thread, _ run: (ExceptionOperation) throws(KernelReturn) -> ExceptionEntries
) throws(KernelReturn) {
  let right = try thread.task.space.copySend(of: port)
  defer { right.drop() }
  let request = try ExceptionRequest(mask: mask, behavior: behavior, flavor: flavor, hasPort: right.isPort)
  _ = try run(.set(request, right))
}

/// As `setExceptions`, and reports what was there before.
func swapExceptions(
  _ mask: exception_mask_t, _ port: mach_port_t, _ behavior: exception_behavior_t, _ flavor: thread_state_flavor_t,
  _ output: ExceptionOutput, _ thread: Thread,
  _ run: (ExceptionOperation) throws(KernelReturn) -> ExceptionEntries
) throws(KernelReturn) {
  let right = try thread.task.space.copySend(of: port)
  defer { right.drop() }
  let request = try ExceptionRequest(mask: mask, behavior: behavior, flavor: flavor, hasPort: right.isPort)
  output.write(try run(.swap(request, right, limit: output.limit)), thread)
}
