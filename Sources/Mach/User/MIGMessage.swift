// Requests and replies in the form that MIG gives them.

import CMach

/// A message in a program's buffer, header first. Fields lie at multiples of 4 bytes.
struct MIGMessage {
  let header: UnsafeMutablePointer<mach_msg_header_t>

  static let headerSize = MemoryLayout<mach_msg_header_t>.size
  /// Bytes of a reply without results: header, NDR record, code.
  static let errorReplySize = mach_msg_size_t(36)

  init(_ header: UnsafeMutablePointer<mach_msg_header_t>) { self.header = header }

  var bytes: UnsafeMutableRawPointer { UnsafeMutableRawPointer(header) }

  var size: Int { Int(header.pointee.msgh_size) }
  var isComplex: Bool { header.pointee.msgh_bits & MACH_MSGH_BITS_COMPLEX != 0 }
  var descriptorCount: UInt32 { word(MIGMessage.headerSize) }

  func word(_ offset: Int) -> UInt32 { bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
  func number(_ offset: Int) -> Int32 { bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self) }
  func put(_ value: UInt32, at offset: Int) { bytes.storeBytes(of: value, toByteOffset: offset, as: UInt32.self) }
  func put(_ value: Int32, at offset: Int) { bytes.storeBytes(of: value, toByteOffset: offset, as: Int32.self) }

  /// The code of a reply that is not complex.
  var code: kern_return_t {
    get { number(MIGMessage.headerSize + 8) }
    nonmutating set {
      bytes.storeBytes(of: cmach_ndr_record(), toByteOffset: MIGMessage.headerSize, as: NDR_record_t.self)
      put(newValue, at: MIGMessage.headerSize + 8)
    }
  }

  /// Whether a descriptor is a port right of this disposition.
  func isRight(_ offset: Int, _ disposition: mach_msg_type_name_t) -> Bool {
    bytes.load(fromByteOffset: offset + 11, as: UInt8.self) == UInt8(MACH_MSG_PORT_DESCRIPTOR)
      && mach_msg_type_name_t(bytes.load(fromByteOffset: offset + 10, as: UInt8.self)) == disposition
  }
}

/// What a demultiplexer does around its routines: makes the reply one to the request, an error of MIG_BAD_ID where
/// there is no routine. Returns whether there is one.
func demultiplex(
  _ request: UnsafeMutablePointer<mach_msg_header_t>?, _ reply: UnsafeMutablePointer<mach_msg_header_t>?,
  _ routine: mig_routine_t?
) -> boolean_t {
  guard let request, let reply else { return 0 }
  reply.pointee.msgh_bits = request.pointee.msgh_bits & MACH_MSGH_BITS_REMOTE_MASK
  reply.pointee.msgh_size = MIGMessage.errorReplySize
  reply.pointee.msgh_remote_port = request.pointee.msgh_remote_port
  reply.pointee.msgh_local_port = 0
  reply.pointee.msgh_voucher_port = 0
  reply.pointee.msgh_id = request.pointee.msgh_id &+ 100
  guard let routine else {
    MIGMessage(reply).code = MIG_BAD_ID
    return 0
  }
  routine(request, reply)
  return 1
}
