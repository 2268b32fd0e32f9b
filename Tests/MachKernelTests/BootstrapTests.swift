// The bootstrap: what records do to ports, and ports to records. Each step is audited.

import CMach
import Testing

@testable import MachKernel

extension ServiceName {
  fileprivate init(_ text: String) {
    self = text.withCString { ServiceName($0) }
  }
}

extension TestTask {
  /// The bootstrap port that the task has.
  fileprivate func bootstrap() throws -> BootstrapPort {
    let name = try task.specialPort(TASK_BOOTSTRAP_PORT).name(in: space)
    return try #require(space.bootstrapPort(named: name))
  }

  fileprivate func checkIn(
    _ name: String, via port: borrowing BootstrapPort, _ location: SourceLocation = #_sourceLocation
  ) throws -> mach_port_name_t {
    defer { audit(location) }
    return try Bootstrap.checkIn(ServiceName(name), via: port, to: space)
  }

  fileprivate func create(
    _ name: String, via port: borrowing BootstrapPort, _ location: SourceLocation = #_sourceLocation
  ) throws -> mach_port_name_t {
    defer { audit(location) }
    return try Bootstrap.create(ServiceName(name), via: port).name(in: space)
  }

  fileprivate func takeAway(
    _ name: String, via port: borrowing BootstrapPort, _ location: SourceLocation = #_sourceLocation
  ) throws {
    defer { audit(location) }
    try Bootstrap.register(ServiceName(name), .null, via: port)
  }
}

extension KernelTests {
  @Suite struct BootstrapTests {
    @Test func namesAreEqualByteByByte() {
      let longest = String(repeating: "x", count: 127)
      #expect(ServiceName("a") == ServiceName("a"))
      #expect(!(ServiceName("a") == ServiceName("b")))
      #expect(!(ServiceName("a") == ServiceName("ab")))
      #expect(ServiceName("") == ServiceName())
      #expect(ServiceName(longest) == ServiceName(longest + "y"))
      #expect(ServiceName(longest).hash == ServiceName(longest + "y").hash)
      #expect(ServiceName("12345678").hash != ServiceName("12345679").hash)
      for index in 0..<127 {
        var other = Array(longest)
        other[index] = "y"
        #expect(!(ServiceName(longest) == ServiceName(String(other))))
      }
    }

    @Test func aFieldWithoutEndIsNoName() throws {
      var field = [UInt8](repeating: 0x78, count: 128)
      #expect(throws: KernelReturn.badArguments) {
        try field.withUnsafeBytes { try ServiceName(field: $0.baseAddress!) }
      }
      field[127] = 0
      let name = try field.withUnsafeBytes { try ServiceName(field: $0.baseAddress!) }
      #expect(name == ServiceName(String(repeating: "x", count: 127)))
      field[0] = 0
      #expect(try field.withUnsafeBytes { try ServiceName(field: $0.baseAddress!) } == ServiceName())
    }

    @Test func theReceiveRightOfACreatedServiceComesBack() throws {
      try TestTask.withOne { one in
        let bootstrap = try one.bootstrap()
        let send = try one.create("one", via: bootstrap)
        for _ in 0..<3 {
          #expect(try one.checkIn("one", via: bootstrap) == send)
          #expect(one[send] == .receiveAndSend(1))
          #expect(throws: KernelReturn.serviceActive) { try one.checkIn("one", via: bootstrap) }
          try one.step { space in try space.changeReferences(of: send, MACH_PORT_RIGHT_RECEIVE, by: -1) }
          #expect(one[send] == .send(1))
        }
        try one.takeAway("one", via: bootstrap)
        #expect(one[send] == .deadName(1))
      }
    }

    @Test func aRightWhoseServiceHasGoneEnds() throws {
      try TestTask.withTwo { one, two in
        let bootstrap = try one.bootstrap()
        let requestor = try one.makePort()
        let right = KeptRight(stored: SendRight(making: try one.port(requestor).locked()).leakStored())
        let name = try Bootstrap.makeSubset(right, via: bootstrap).name(in: one.space)
        let subset = try #require(one.space.bootstrapPort(named: name))
        _ = try one.create("one", via: subset)
        let receive = try two.checkIn("one", via: subset)
        try one.step { space in try space.changeReferences(of: requestor, MACH_PORT_RIGHT_RECEIVE, by: -1) }
        #expect(one[name] == .deadName(1))
        #expect(two[receive] == .receive)
        #expect(throws: KernelReturn(rawValue: MACH_SEND_INVALID_DEST)) { try one.create("two", via: subset) }
        try two.step { space in try space.changeReferences(of: receive, MACH_PORT_RIGHT_RECEIVE, by: -1) }
        #expect(two[receive] == nil)
      }
    }

    @Test func manyServicesOfManyPortsAreFoundAndForgotten() throws {
      try TestTask.withOne { one in
        let bootstrap = try one.bootstrap()
        let quiet = one.unaudited
        var names: [mach_port_name_t] = []
        for index in 0..<500 { names.append(try quiet.checkIn("service \(index)", via: bootstrap)) }
        one.audit(#_sourceLocation)
        for (index, name) in names.enumerated().reversed() {
          #expect(try Bootstrap.lookUp(ServiceName("service \(index)"), via: bootstrap).name(in: one.space) == name)
          try quiet.step { space in try space.destroyName(name) }
          #expect(throws: KernelReturn.unknownService) {
            try Bootstrap.lookUp(ServiceName("service \(index)"), via: bootstrap).name(in: one.space)
          }
        }
      }
    }
  }
}
