// The suite that every test belongs to, and the audit that follows every step.

import Testing

@testable import MachKernel

/// All tests of the kernel, one after the other: they share the process's one kernel, and an audit wants it at rest.
@Suite(.serialized) struct KernelTests {}

/// The kernel, made by whoever asks first.
private let booted: Void = Kernel.boot()

/// What the kernel keeps for the calling thread.
var currentThread: Thread {
  _ = booted
  guard let thread = Thread.entering else { preconditionFailure("no memory for a thread") }
  return thread
}

/// Records an issue for the caller's line if a count of the kernel's does not match what it counts, or a list is torn.
func checkInvariants(_ location: SourceLocation = #_sourceLocation) {
  if let violation = Invariants.firstViolation(currentThread) ?? firstTornList() {
    Issue.record("\(violation)", sourceLocation: location)
  }
}

/// Whether the links of sets and members agree in both directions: what the kernel's own audit leaves out.
private func firstTornList() -> StaticString? {
  var violation: StaticString?
  Registry.forEachPort { port in
    let locked = port.locked()
    var previous: Membership?
    var link = locked.body.memberships
    while let membership = link {
      if membership.ofPort.pointee.previous != previous { violation = "a port's memberships are torn" }
      if let torn = firstTornList(of: membership.set, if: membership) { violation = torn }
      previous = membership
      link = membership.ofPort.pointee.next
    }
  }
  return violation
}

/// Looks at a set once, when its first member is at hand.
private func firstTornList(of set: PortSet, if first: Membership) -> StaticString? {
  let locked = set.locked()
  if locked.body.firstMember != first { return nil }
  var previous: Membership?
  var ready = 0
  var link = locked.body.firstMember
  while let member = link {
    if member.inSet.pointee.previous != previous { return "a set's members are torn" }
    if member.inSet.pointee.isReady { ready += 1 }
    previous = member
    link = member.inSet.pointee.next
  }
  if locked.body.lastMember != previous { return "a set does not know its last member" }
  previous = nil
  link = locked.body.firstReady
  while let member = link {
    if member.inSet.pointee.previousReady != previous { return "a set's ready list is torn" }
    if !member.inSet.pointee.isReady { return "a member on the ready list does not know" }
    ready -= 1
    previous = member
    link = member.inSet.pointee.nextReady
  }
  if locked.body.lastReady != previous { return "a set does not know its last ready member" }
  return ready == 0 ? nil : "a ready member is not on the ready list"
}

/// The live counts as one value to compare; dead ports that a name still refers to among the ports.
struct LiveCounts: Equatable {
  let tasks, ports, sets, rights, messages, memoryRegions: UInt64

  /// The counts of now.
  init() {
    _ = booted
    let counts = Statistics.read()
    (tasks, ports, sets) = (counts.tasks, counts.ports, counts.sets)
    (rights, messages, memoryRegions) = (counts.rights, counts.messages, counts.memory_regions)
  }
}
