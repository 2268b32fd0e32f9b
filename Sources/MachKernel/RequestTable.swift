// A port's table of dead-name and send-possible requests.

import CMach

/// Room for the requests on one port (historic: `ipc_port_request`); the port's lock guards it. Its sizes are 0, 2, 4,
/// 8 ... slots (facts: R20).
struct RequestTable {
  /// One registered request.
  struct Request {
    /// The name that the request is on.
    var name: mach_port_name_t = 0
    /// The send-once right to notify.
    var notify: UInt = 0
  }

  private static let maximumSize: UInt32 = 1 << 26

  private var requests: UnsafeMutablePointer<Request>?
  private(set) var size: UInt32 = 0

  /// Makes the table at least `wanted` slots large. Throws NO_SPACE beyond any size, RESOURCE_SHORTAGE.
  mutating func grow(to wanted: UInt32) throws(KernelReturn) {
    if wanted <= size, size != 0 { return }
    var larger = max(size, 2)
    while larger < wanted {
      if larger >= RequestTable.maximumSize { throw .noSpace }
      larger *= 2
    }
    guard let memory = KernelMemory.allocateZeroed(Request.self, count: Int(larger)) else { throw .resourceShortage }
    if let requests {
      memory.update(from: requests, count: Int(size))
      KernelMemory.free(requests)
    }
    requests = memory
    size = larger
  }

  func freeMemory() {
    if let requests { KernelMemory.free(requests) }
  }
}
