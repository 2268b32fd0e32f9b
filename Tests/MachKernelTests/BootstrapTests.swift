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
  /// A name of the bootstrap port that the task has.
  fileprivate func bootstrap() throws -> mach_port_name_t {
    try step { space in try task.specialPort(TASK_BOOTSTRAP_PORT).name(in: space) }
  }

  /// One step on the bootstrap port of a name, which is held for the step alone.
  private func onBootstrap<Result>(
    _ name: mach_port_name_t, _ location: SourceLocation, _ body: (borrowing BootstrapPort) throws -> Result
  ) throws -> Result {
    func run() throws -> Result {
      guard let port = space.bootstrapPort(named: name) else { throw KernelReturn.invalidName }
      return try body(port)
    }
    defer { audit(location) }
    return try run()
  }

  fileprivate func checkIn(
    _ name: String, via bootstrap: mach_port_name_t, _ location: SourceLocation = #_sourceLocation
  ) throws -> mach_port_name_t {
    try onBootstrap(bootstrap, location) { try Bootstrap.checkIn(ServiceName(name), via: $0, to: space) }
  }

  fileprivate func create(
    _ name: String, via bootstrap: mach_port_name_t, _ location: SourceLocation = #_sourceLocation
  ) throws -> mach_port_name_t {
    try onBootstrap(bootstrap, location) { try Bootstrap.create(ServiceName(name), via: $0).name(in: space) }
  }

  fileprivate func lookUp(
    _ name: String, via bootstrap: mach_port_name_t, _ location: SourceLocation = #_sourceLocation
  ) throws -> mach_port_name_t {
    try onBootstrap(bootstrap, location) { try Bootstrap.lookUp(ServiceName(name), via: $0).name(in: space) }
  }

  fileprivate func takeAway(
    _ name: String, via bootstrap: mach_port_name_t, _ location: SourceLocation = #_sourceLocation
  ) throws {
    try onBootstrap(bootstrap, location) { try Bootstrap.register(ServiceName(name), .null, via: $0) }
  }

  /// A subset that ends with a port whose receive right the task has.
  fileprivate func makeSubset(
    for requestor: mach_port_name_t, via bootstrap: mach_port_name_t, _ location: SourceLocation = #_sourceLocation
  ) throws -> mach_port_name_t {
    try onBootstrap(bootstrap, location) {
      let right = KeptRight(stored: SendRight(making: try port(requestor).locked()).leakStored())
      return try Bootstrap.name(ofSubset: try Bootstrap.makeSubset(right, via: $0), in: space)
    }
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
        let subset = try one.makeSubset(for: requestor, via: bootstrap)
        let service = try one.create("one", via: subset)
        let receive = try one.checkIn("one", via: subset)
        #expect(receive == service)
        try two.step { space in
          try space.insertRight(as: 0x1003, from: receive, MACH_MSG_TYPE_MOVE_RECEIVE, of: one.space)
        }
        try one.step { space in try space.changeReferences(of: requestor, MACH_PORT_RIGHT_RECEIVE, by: -1) }
        #expect(one[subset] == .deadName(1))
        #expect(two[0x1003] == .receive)
        #expect(one[service] == .send(1))
        #expect(throws: KernelReturn.invalidName) { try one.create("two", via: subset) }
        try two.step { space in try space.changeReferences(of: 0x1003, MACH_PORT_RIGHT_RECEIVE, by: -1) }
        #expect(two[0x1003] == nil)
        #expect(one[service] == .deadName(1))
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
          #expect(try quiet.lookUp("service \(index)", via: bootstrap) == name)
          try quiet.step { space in try space.destroyName(name) }
          #expect(throws: KernelReturn.unknownService) { try quiet.lookUp("service \(index)", via: bootstrap) }
        }
      }
    }
  }
}
