// The checked flavour's proof that every count matches what it counts.

import CMach
import Synchronization

#if CHECKED
  /// What an audit finds of one port, and its place in the list of all ports.
  struct PortAudit {
    var next: Port?
    var previous: Port?
    var references: UInt32 = 0
    var sendRights: UInt32 = 0
    var sendOnceRights: UInt32 = 0
    var receiveRights: UInt32 = 0
  }

  /// An audit of the whole kernel, at a moment when no other thread runs inside it (blocked ones may wait there).
  package enum Invariants {
    /// Whether everything holds.
    package static func hold(_ thread: Thread) -> Bool {
      firstViolation(thread) == nil
    }

    /// What does not hold, for the message of a failing test.
    package static func firstViolation(_ thread: Thread) -> StaticString? {
      var violation: StaticString?
      Timers.whileQuiet { timers in violation = firstViolation(thread, timers) }
      return violation
    }

    private static func firstViolation(_ thread: Thread, _ timers: borrowing TimerQueue) -> StaticString? {
      var violation: StaticString?
      func expect(_ condition: Bool, _ text: StaticString) {
        if !condition, violation == nil { violation = text }
      }
      Registry.forEachPort { port in
        let next = port.audit.pointee.next
        let previous = port.audit.pointee.previous
        port.audit.pointee = PortAudit(next: next, previous: previous)
      }
      Registry.forEachTask { task in
        auditTask(task)
        auditSpace(task.space, expect)
      }
      if let host = Kernel.hostPort { host.audit.pointee.references += 1 }
      Host.forEachKept { countKept($0) }
      Clock.forEachPort { $0.audit.pointee.references += 1 }
      Processor.forEachPort { $0.audit.pointee.references += 1 }
      ProcessorSet.forEachPort { $0.audit.pointee.references += 1 }
      Bootstrap.audit(
        keptSend: { countKept(UInt(bitPattern: $0.object)) },
        keptReceive: { count(UInt(bitPattern: $0.object), MACH_MSG_TYPE_PORT_RECEIVE) },
        kernelPort: { $0.audit.pointee.references += 1 }, expect)
      auditTimers(timers, expect)
      Registry.forEachThread { thread in auditThread(thread, expect) }
      Registry.forEachPort { port in auditQueue(port, expect) }
      auditSemaphores(expect)
      auditEntries(expect)
      Registry.forEachPort { port in compare(port, expect) }
      expect(thread.state.pointee.dying.isEmpty, "a message is still dying")
      expect(thread.state.pointee.endingContexts.first == nil, "a bootstrap context is still ending")
      return violation
    }

    private static func auditTask(_ task: Task) {
      task.body.pointee.port.audit.pointee.references += 1
      task.body.pointee.namePort.audit.pointee.references += 1
      let locked = task.locked()
      locked.body.identityPort?.audit.pointee.references += 1
      for which in locked.body.specialPorts.indices { countKept(locked.body.specialPorts[which]) }
      for slot in locked.body.registeredPorts.indices { countKept(locked.body.registeredPorts[slot]) }
      for kind in ExceptionActions.kinds { countKept(locked.body.exceptionActions[kind].port) }
    }

    private static func auditThread(_ thread: Thread, _ expect: (Bool, StaticString) -> Void) {
      let links = thread.links.pointee
      if let port = links.port { port.audit.pointee.references += 1 }
      if let special = links.specialPort { countKept(special) }
      if let actions = links.exceptionActions {
        for kind in ExceptionActions.kinds { countKept(actions[kind].port) }
      }
      let record = thread.waiter.record.pointee
      switch record.place {
      case .port(let port), .semaphore(let port): port.audit.pointee.references += 1
      default: break
      }
      if record.isSend, let message = record.message { count(message, expect) }
    }

    private static func auditTimers(_ timers: borrowing TimerQueue, _ expect: (Bool, StaticString) -> Void) {
      expect(timers.isSound, "the queue of timers is out of order")
      timers.forEach { node in
        let timer = Timer(node)
        guard let port = timer.object.pointee.port else { return count(timer.message, expect) }
        expect(port.locked().body.timer == timer, "a timer in the queue is not its port's")
      }
    }

    private static func countKept(_ stored: UInt) { count(stored, MACH_MSG_TYPE_PORT_SEND) }

    // MARK: Spaces

    private static func auditSpace(_ space: Space, _ expect: (Bool, StaticString) -> Void) {
      let locked = space.locked()
      let table = locked.body.table
      var used: UInt32 = 0
      var free: UInt32 = 0
      table.forEachUsedSlot { index, entry in
        if entry.pointee.type == 0 {
          free += 1
          expect(entry.pointee.object == nil && entry.pointee.bits == 0, "a free slot holds something")
        } else {
          used += 1
          auditEntry(entry, named: Name.make(index, entry.pointee.generation), space, table, expect)
        }
      }
      expect(used == table.inUse, "the count of names in use is wrong")
      expect(free == table.countFree(), "the free list does not hold the free slots")
    }

    private static func auditEntry(
      _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ space: Space, _ table: EntryTable,
      _ expect: (Bool, StaticString) -> Void
    ) {
      let references = entry.pointee.userReferences
      expect(name & 3 == 3, "a name's low bits are wrong")
      switch entry.pointee.type {
      case Entry.deadName:
        expect(references > 0 && entry.pointee.object == nil, "a dead name is wrong")
      case Entry.portSet:
        guard let object = entry.pointee.object else { return expect(false, "a set's entry has no set") }
        expect(references == 0, "a set has references")
        auditSet(PortSet(object), named: name, expect)
      case Entry.send, Entry.sendOnce, Entry.receive, Entry.send | Entry.receive:
        guard let object = entry.pointee.object else { return expect(false, "a right's entry has no port") }
        auditRight(entry, named: name, Port(object), space, table, expect)
      default: expect(false, "an entry has a strange type")
      }
    }

    private static func auditRight(
      _ entry: UnsafeMutablePointer<Entry>, named name: mach_port_name_t, _ port: Port, _ space: Space,
      _ table: EntryTable, _ expect: (Bool, StaticString) -> Void
    ) {
      let references = entry.pointee.userReferences
      port.audit.pointee.references += 1
      if entry.pointee.has(Entry.send) {
        port.audit.pointee.sendRights += 1
        expect(references > 0 && references <= Entry.maximumSendReferences, "send references are out of range")
      }
      if entry.pointee.type == Entry.send {
        expect(table.sendEntry(for: port)?.name == name, "a send right is not found by its port")
      }
      if entry.pointee.has(Entry.sendOnce) {
        port.audit.pointee.sendOnceRights += 1
        expect(references == 1, "a send-once right has more than one reference")
      }
      if entry.pointee.has(Entry.receive) {
        port.audit.pointee.receiveRights += 1
        let locked = port.locked()
        expect(locked.body.isActive, "a dead port's receive right is in a space")
        expect(locked.body.receiver == space && locked.body.receiverName == name, "a port does not know its receiver")
      }
    }

    private static func auditSet(
      _ set: PortSet, named name: mach_port_name_t, _ expect: (Bool, StaticString) -> Void
    ) {
      let locked = set.locked()
      expect(locked.body.isActive && locked.body.name == name, "a set does not know its name")
      var members: UInt32 = 0
      var link = locked.body.firstMember
      while let member = link {
        members += 1
        expect(member.set == set, "a member is in another set")
        link = member.inSet.pointee.next
      }
      if let descriptor = locked.body.descriptor {
        expect(descriptor.isRaised == (locked.body.firstReady != nil), "a set's descriptor is wrong")
      }
      expect(members == locked.body.memberCount, "a set's member count is wrong")
      if !locked.body.receivers.isEmpty { expect(locked.body.firstReady == nil, "a receiver waits at a ready set") }
    }

    // MARK: Semaphores

    private static func auditSemaphores(_ expect: (Bool, StaticString) -> Void) {
      var count = 0
      Registry.forEachPort { port in
        guard port.shared.pointee.tag != 0 else { return }
        count += 1
        // The kernel's own reference, until the last send right has gone.
        if port.unguardedBody.pointee.isKernelPort { port.audit.pointee.references += 1 }
        expect(port.semaphore.isSound, "a semaphore's state is wrong")
        expect(
          SemaphoreTable.isOwned(port.semaphore), "a semaphore has lost its owner, or has one though it is destroyed")
      }
      expect(count == SemaphoreTable.count, "the semaphores are miscounted")
      Registry.forEachTask { task in expect(SemaphoreTable.isListSound(of: task), "a task's semaphores are wrong") }
    }

    // MARK: Memory entries

    /// An entry's port is its own, and each object has as many references as entries.
    private static func auditEntries(_ expect: (Bool, StaticString) -> Void) {
      forEachEntry { entry, _ in entry.object?.body.pointee.entryCount = 0 }
      forEachEntry { entry, port in
        entry.object?.body.pointee.entryCount += 1
        port.audit.pointee.references += 1
        expect(port.locked().body.noSenders != nil, "an entry is not told of its end")
      }
      forEachEntry { entry, _ in
        guard let object = entry.object else { return }
        expect(object.shared.pointee.references == object.body.pointee.entryCount, "an object's entries are miscounted")
      }
    }

    private static func forEachEntry(_ body: (MemoryEntryBody, Port) -> Void) {
      Registry.forEachPort { port in
        if let entry = MemoryEntry(of: port.locked()) { body(entry.body.pointee, port) }
      }
    }

    // MARK: Ports

    private static func auditQueue(_ port: Port, _ expect: (Bool, StaticString) -> Void) {
      let locked = port.locked()
      var messages: UInt32 = 0
      var message = locked.body.queue.messages.first
      while let current = message {
        messages += 1
        expect(current.destinationPort == port, "a message is queued at another port")
        count(current, expect)
        message = locked.body.queue.messages.next(after: current)
      }
      expect(messages == locked.body.queue.messageCount, "a queue's message count is wrong")
      if let descriptor = locked.body.descriptor {
        expect(descriptor.isRaised == (messages > 0) && locked.body.isWatched, "a port's descriptor is wrong")
      }
      if !locked.body.queue.isFull { expect(locked.body.queue.senders.isEmpty, "a sender waits though there is room") }
      if messages > 0 { expect(locked.body.queue.receivers.isEmpty, "a receiver waits at a full queue") }
      if let timer = locked.body.timer {
        expect(locked.body.isActive && timer.object.pointee.port == port, "a timer is another port's")
        expect(!timer.object.pointee.isDead, "a live port's timer is dead")
        port.audit.pointee.references += 1
        port.audit.pointee.sendRights += 1
      }
      if let notification = locked.body.noSenders { count(notification.message, expect) }
      if let notification = locked.body.portDestroyed { count(notification.message, expect) }
      locked.body.requests.forEachNotification { count($0.message, expect) }
      if let destination = locked.body.destination { destination.audit.pointee.references += 1 }
      var link = locked.body.memberships
      while let membership = link {
        expect(membership.port == port, "a membership is another port's")
        if messages > 0 { expect(membership.inSet.pointee.isReady, "a set does not know of a message") }
        if membership.isWatched {
          expect(locked.body.isWatched, "a port does not know that its set is watched")
          expect(messages > 0 || !membership.inSet.pointee.isReady, "a watched set believes in a message")
        }
        link = membership.ofPort.pointee.next
      }
    }

    private static func count(_ message: Message, _ expect: (Bool, StaticString) -> Void) {
      count(message.object.pointee.destination, message.destinationType)
      count(message.object.pointee.reply, message.replyType)
      guard message.isComplex else { return }
      var descriptors = message.descriptors()
      while let descriptor = descriptors.next() { count(descriptor, expect) }
    }

    private static func count(_ descriptor: Descriptor, _ expect: (Bool, StaticString) -> Void) {
      switch descriptor.type {
      case MACH_MSG_PORT_DESCRIPTOR: count(descriptor.port.right, descriptor.port.disposition)
      case MACH_MSG_GUARDED_PORT_DESCRIPTOR: count(descriptor.guardedPort.right, descriptor.guardedPort.disposition)
      case MACH_MSG_OOL_PORTS_DESCRIPTOR:
        guard let array = descriptor.ports.array else { return }
        for index in 0..<array.count { count(array.right(index), descriptor.ports.disposition) }
      default:
        guard let pages = descriptor.memory.pages else { return }
        expect(VirtualMemory.isInTransit(pages, size: descriptor.memory.size), "a message does not own its memory")
      }
    }

    private static func count(_ right: UInt, _ disposition: mach_msg_type_name_t) {
      guard right != .max, let memory = UnsafeMutableRawPointer(bitPattern: right) else { return }
      let port = Port(memory)
      port.audit.pointee.references += 1
      switch disposition {
      case MACH_MSG_TYPE_PORT_SEND: port.audit.pointee.sendRights += 1
      case MACH_MSG_TYPE_PORT_SEND_ONCE: port.audit.pointee.sendOnceRights += 1
      default: port.audit.pointee.receiveRights += 1
      }
    }

    private static func compare(_ port: Port, _ expect: (Bool, StaticString) -> Void) {
      let audit = port.audit.pointee
      let locked = port.locked()
      expect(audit.references == port.shared.pointee.references, "references are wrong")
      expect(audit.sendRights == locked.body.sendRightCount, "the send rights are miscounted")
      expect(audit.sendOnceRights == locked.body.sendOnceRightCount, "the send-once rights are miscounted")
      let receivers: UInt32 = locked.body.isActive && !locked.body.isKernelPort ? 1 : 0
      expect(audit.receiveRights == receivers, "a port has no receive right, or two")
    }
  }
#endif
