// The two families of codes that kernel operations throw: kern_return_t and mach_msg_return_t.

import CMach

/// Why a port operation failed: a `kern_return_t` other than KERN_SUCCESS.
package struct KernelReturn: RawRepresentable, Error, Equatable {
  package let rawValue: kern_return_t
  package init(rawValue: kern_return_t) { self.rawValue = rawValue }

  package static var noSpace: KernelReturn { .init(rawValue: KERN_NO_SPACE) }
  package static var invalidArgument: KernelReturn { .init(rawValue: KERN_INVALID_ARGUMENT) }
  package static var failure: KernelReturn { .init(rawValue: KERN_FAILURE) }
  package static var resourceShortage: KernelReturn { .init(rawValue: KERN_RESOURCE_SHORTAGE) }
  package static var notInSet: KernelReturn { .init(rawValue: KERN_NOT_IN_SET) }
  package static var nameExists: KernelReturn { .init(rawValue: KERN_NAME_EXISTS) }
  package static var invalidName: KernelReturn { .init(rawValue: KERN_INVALID_NAME) }
  package static var invalidTask: KernelReturn { .init(rawValue: KERN_INVALID_TASK) }
  package static var invalidRight: KernelReturn { .init(rawValue: KERN_INVALID_RIGHT) }
  package static var invalidValue: KernelReturn { .init(rawValue: KERN_INVALID_VALUE) }
  package static var userReferencesOverflow: KernelReturn { .init(rawValue: KERN_UREFS_OVERFLOW) }
  package static var invalidCapability: KernelReturn { .init(rawValue: KERN_INVALID_CAPABILITY) }
  package static var rightExists: KernelReturn { .init(rawValue: KERN_RIGHT_EXISTS) }
  package static var alreadyInSet: KernelReturn { .init(rawValue: KERN_ALREADY_IN_SET) }
  package static var terminated: KernelReturn { .init(rawValue: KERN_TERMINATED) }
  package static var timedOut: KernelReturn { .init(rawValue: KERN_OPERATION_TIMED_OUT) }
  package static var aborted: KernelReturn { .init(rawValue: KERN_ABORTED) }
  package static var notWaiting: KernelReturn { .init(rawValue: KERN_NOT_WAITING) }
  package static var invalidPolicy: KernelReturn { .init(rawValue: KERN_INVALID_POLICY) }
  package static var invalidAddress: KernelReturn { .init(rawValue: KERN_INVALID_ADDRESS) }
  package static var protectionFailure: KernelReturn { .init(rawValue: KERN_PROTECTION_FAILURE) }
  package static var memoryError: KernelReturn { .init(rawValue: KERN_MEMORY_ERROR) }
  package static var invalidHost: KernelReturn { .init(rawValue: KERN_INVALID_HOST) }
  package static var invalidObject: KernelReturn { .init(rawValue: KERN_INVALID_OBJECT) }
  package static var invalidProcessorSet: KernelReturn { .init(rawValue: KERN_INVALID_PROCESSOR_SET) }
}

/// Why a send or a receive failed: a `mach_msg_return_t` other than MACH_MSG_SUCCESS.
package struct MessageReturn: RawRepresentable, Error, Equatable {
  package let rawValue: mach_msg_return_t
  package init(rawValue: mach_msg_return_t) { self.rawValue = rawValue }

  static var sendInvalidData: MessageReturn { .init(rawValue: MACH_SEND_INVALID_DATA) }
  static var sendInvalidDestination: MessageReturn { .init(rawValue: MACH_SEND_INVALID_DEST) }
  static var sendTimedOut: MessageReturn { .init(rawValue: MACH_SEND_TIMED_OUT) }
  static var sendInvalidVoucher: MessageReturn { .init(rawValue: MACH_SEND_INVALID_VOUCHER) }
  static var sendInterrupted: MessageReturn { .init(rawValue: MACH_SEND_INTERRUPTED) }
  static var sendTooSmall: MessageReturn { .init(rawValue: MACH_SEND_MSG_TOO_SMALL) }
  static var sendInvalidReply: MessageReturn { .init(rawValue: MACH_SEND_INVALID_REPLY) }
  static var sendInvalidRight: MessageReturn { .init(rawValue: MACH_SEND_INVALID_RIGHT) }
  static var sendTooLarge: MessageReturn { .init(rawValue: MACH_SEND_TOO_LARGE) }
  static var sendNoBuffer: MessageReturn { .init(rawValue: MACH_SEND_NO_BUFFER) }
  static var sendInvalidMemory: MessageReturn { .init(rawValue: MACH_SEND_INVALID_MEMORY) }
  /// No memory for what a message carries out of line.
  static var virtualMemoryShortage: MessageReturn { .init(rawValue: MACH_MSG_VM_KERNEL) }
  static var sendInvalidType: MessageReturn { .init(rawValue: MACH_SEND_INVALID_TYPE) }
  static var sendInvalidHeader: MessageReturn { .init(rawValue: MACH_SEND_INVALID_HEADER) }
}
