// Blocked calls: their records, how they end, and what happens when their thread leaves them.

import CLinux
import CMach
import Glibc
import Synchronization
import Testing

@testable import MachKernel

/// How often the handler of the tests' signal has run.
private let signalsHandled = Atomic<Int>(0)

extension KernelTests {
  @Suite struct WaitQueueTests {
    /// Records as threads have them, but of no thread.
    private func withWaiters(_ count: Int, _ body: ([Waiter]) throws -> Void) throws {
      let waiters = try (0..<count).map { _ in
        let memory = KernelMemory.allocate(WaitRecord.self, extra: Waiter.size - MemoryLayout<WaitRecord>.stride)
        let waiter = Waiter(record: try #require(memory))
        waiter.initialize()
        return waiter
      }
      defer { for waiter in waiters { KernelMemory.free(waiter.record) } }
      try body(waiters)
    }

    // MARK: Lists

    @Test func waitersAreServedInTheOrderTheyCame() throws {
      try withWaiters(3) { waiters in
        var queue = WaitQueue()
        #expect(queue.popFirst() == nil)
        for waiter in waiters { queue.append(waiter) }
        for waiter in waiters {
          #expect(waiter.record.pointee.isLinked)
          #expect(queue.popFirst() == waiter)
          #expect(!waiter.record.pointee.isLinked)
        }
        #expect(queue.isEmpty)
      }
    }

    @Test(arguments: 0..<4)
    func aWaiterMayLeaveFromAnyPlace(place: Int) throws {
      try withWaiters(4) { waiters in
        var queue = WaitQueue()
        for waiter in waiters { queue.append(waiter) }
        queue.remove(waiters[place])
        queue.append(waiters[place])
        var rest = waiters
        rest.append(rest.remove(at: place))
        for waiter in rest { #expect(queue.popFirst() == waiter) }
        #expect(queue.isEmpty)
      }
    }

    @Test func aAftermathFinishesAllWithTheOutcomeOfTheirQueue() throws {
      try withWaiters(3) { waiters in
        var queue = WaitQueue()
        for waiter in waiters {
          waiter.begin(at: .nowhere, isSend: false, message: nil)
          queue.append(waiter)
        }
        var wakes = Aftermath()
        wakes.wakeAll(of: &queue, outcome: 42)
        wakes.finish()
        #expect(queue.isEmpty)
        for waiter in waiters {
          #expect(waiter.record.pointee.outcome == 42)
          #expect(waiter.sleep(until: .max, interruptible: false) == 0, "a finished wait does not sleep")
        }
      }
    }

    // MARK: The ends of a wait

    @Test func aWaitEndsAtItsDeadline() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let set = try one.makeSet()
        for name in [port, set] {
          let began = clinux_now()
          #expect(one.receive(from: name, timeout: 20).code == MACH_RCV_TIMED_OUT)  // facts: V4
          #expect(clinux_now() - began >= 20_000_000)
        }
        #expect(try one.port(port).receiverCount == 0)
        #expect(try one.portSet(set).receiverCount == 0)
      }
    }

    @Test func aMessageBeforeTheDeadlineEndsTheWait() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        let object = try one.port(port)
        let receiver = TestThread { one.unaudited.receive(from: port, timeout: 60_000) }
        wait { object.receiverCount == 1 }
        one.unaudited.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND, identifier: 3))
        #expect(receiver.join().identifier == 3)
      }
    }

    // MARK: Watching

    /// What the thread of a waiter has learnt, which lies behind its state.
    private func patience(of waiter: Waiter) -> UnsafeMutablePointer<Patience> {
      KernelMemory.part(Patience.self, behind: KernelMemory.part(WaitState.self, behind: waiter.record))
    }

    /// A wait that has ended when the thread looks, from this CPU or another.
    private func sleepFinished(_ waiter: Waiter, byOther: Bool) {
      waiter.begin(at: .nowhere, isSend: false, message: nil)
      waiter.finish()
      if byOther { waiter.record.pointee.cpu = -1 }
      #expect(waiter.sleep(until: .max, interruptible: false) == 0)
    }

    @Test func theCPUThatEndsAWaitIsNoted() throws {
      try withWaiters(1) { waiters in
        waiters[0].record.pointee.cpu = -1
        waiters[0].begin(at: .nowhere, isSend: false, message: nil)
        waiters[0].finish()
        #expect(waiters[0].record.pointee.cpu >= 0)
      }
    }

    @Test func onlyAWaitThatAnotherCPUEndedMakesTheNextOneWorthWatching() throws {
      try withWaiters(1) { waiters in
        let patience = patience(of: waiters[0])
        sleepFinished(waiters[0], byOther: true)
        #expect(patience.pointee.hasPartner)
        sleepFinished(waiters[0], byOther: true)
        #expect(patience.pointee.hasPartner, "as a reward, not after a sleep")
      }
    }

    @Test func aWatchInVainEndsInASleepAndCounts() throws {
      try withWaiters(1) { waiters in
        let patience = patience(of: waiters[0])
        sleepFinished(waiters[0], byOther: true)
        waiters[0].begin(at: .nowhere, isSend: false, message: nil)
        let deadline = clinux_now() + 5_000_000
        #expect(waiters[0].sleep(until: deadline, interruptible: false) == ETIMEDOUT)
        #expect(clinux_now() >= deadline)
        let isTried = [patience.pointee.isWorthwhile, patience.pointee.isWorthwhile]
        #expect(isTried == [false, true], "one wait goes by")
      }
    }

    @Test func aWaitThatSignalsMayEndIsNotWatched() throws {
      try withWaiters(1) { waiters in
        let patience = patience(of: waiters[0])
        sleepFinished(waiters[0], byOther: true)
        waiters[0].begin(at: .nowhere, isSend: false, message: nil)
        #expect(waiters[0].sleep(until: clinux_now() + 1_000_000, interruptible: true) == ETIMEDOUT)
        let isWorthwhile = patience.pointee.isWorthwhile
        #expect(isWorthwhile, "nothing was watched in vain")
      }
    }

    /// Runs a test with a signal whose handler counts.
    private func withSignal(_ body: () throws -> Void) throws {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { _ in signalsHandled.add(1, ordering: .relaxed) }
      var usual = sigaction()
      sigaction(SIGUSR1, &action, &usual)
      defer { sigaction(SIGUSR1, &usual, nil) }
      try body()
    }

    /// Sends a thread signals until its wait has ended; one alone might come before the thread sleeps.
    private func interrupt<Result>(_ thread: TestThread<Result>, while isWaiting: () -> Bool) {
      wait {
        let wasWaiting = isWaiting()
        if wasWaiting { thread.signal(SIGUSR1) }
        return !wasWaiting
      }
    }

    @Test func aSignalDoesNotEndAWaitThatDidNotAskForIt() throws {
      try withSignal {
        try TestTask.withOne { one in
          let port = try one.makePort()
          let object = try one.port(port)
          let before = signalsHandled.load(ordering: .relaxed)
          let receiver = one.startReceive(from: port)
          wait { object.receiverCount == 1 }
          for count in 1...5 {
            receiver.signal(SIGUSR1)
            wait { signalsHandled.load(ordering: .relaxed) >= before + count }
          }
          #expect(object.receiverCount == 1)
          one.unaudited.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND))
          #expect(receiver.join().code == MACH_MSG_SUCCESS)
        }
      }
    }

    @Test(arguments: [nil, 60_000] as [mach_msg_timeout_t?])
    func aSignalEndsAReceiveThatAskedForIt(timeout: mach_msg_timeout_t?) throws {
      try withSignal {
        try TestTask.withOne { one in
          let port = try one.makePort()
          let object = try one.port(port)
          let receiver = TestThread {
            one.unaudited.receive(from: port, option: MACH_RCV_INTERRUPT, timeout: timeout).code
          }
          wait { object.receiverCount == 1 }
          interrupt(receiver) { object.receiverCount == 1 }
          #expect(receiver.join() == MACH_RCV_INTERRUPTED)
        }
      }
    }

    @Test func aSignalEndsASendThatAskedForItAndTheRightsComeBack() throws {
      try withSignal {
        try TestTask.withOne { one in
          let port = try one.makePort()
          let object = try one.port(port)
          try one.setLimit(port, 0)
          let message = TestMessage(
            to: port, MACH_MSG_TYPE_MAKE_SEND, reply: NamedRight(port, MACH_MSG_TYPE_MAKE_SEND_ONCE))
          let sender = TestThread {
            one.call(message.image, option: MACH_SEND_MSG | MACH_SEND_INTERRUPT, sendSize: message.size)
          }
          wait { object.senderCount == 1 }
          interrupt(sender) { object.senderCount == 1 }
          let result = sender.join()
          checkInvariants()
          #expect(result.code == MACH_SEND_INTERRUPTED)  // facts: Q5
          #expect(one[port] == .receiveAndSend(1))  // facts: S9
          #expect(one[result.local.name] == .sendOnce)
        }
      }
    }

    @Test func aMessageForAThreadThatGivesUpIsEitherReceivedOrStays() throws {
      try TestTask.withOne { one in
        let port = try one.makePort()
        var received = 0
        for round in 0..<300 as Range<mach_msg_id_t> {
          let receiver = TestThread { one.unaudited.receive(from: port, timeout: 1) }
          if round % 3 != 0 { wait(until: { clinux_now() % 1_000_000 < 100_000 }) }
          one.unaudited.send(TestMessage(to: port, MACH_MSG_TYPE_MAKE_SEND_ONCE, identifier: round))
          let result = receiver.join()
          if result.code == MACH_MSG_SUCCESS {
            #expect(result.identifier == round)
            received += 1
          } else {
            #expect(result.code == MACH_RCV_TIMED_OUT)
            #expect(one.receiveAll(from: port) == [round])
          }
        }
        #expect(try one.status(port).mps_seqno == 300)
        #expect(received <= 300)
        checkInvariants()
      }
    }

    @Test func manySendersAndReceiversLoseNothing() throws {
      try TestTask.withOne { one in
        let ports = try (0..<2).map { _ in try one.makePort() }
        let set = try one.makeSet()
        for port in ports { try one.insertMember(port, into: set) }
        let senders = (0..<3).map { _ in
          TestThread {
            for index in 0..<2000 {
              one.unaudited.send(
                TestMessage(to: ports[index % 2], MACH_MSG_TYPE_MAKE_SEND, identifier: 1), timeout: nil)
            }
          }
        }
        let receivers = [set, set, ports[0]].map { name in
          TestThread {
            var count = 0
            while true {
              let result = one.unaudited.receive(from: name, limit: 64, timeout: nil)
              guard result.code == MACH_MSG_SUCCESS, result.identifier == 1 else { return count }
              count += 1
            }
          }
        }
        for sender in senders { sender.join() }
        let objects = try ports.map { try one.port($0) }
        wait { objects.allSatisfy { $0.locked().body.queue.messageCount == 0 } }
        try one.unaudited.destroy(set)
        try one.unaudited.destroy(ports[0])
        #expect(receivers.map { $0.join() }.reduce(0, +) == 6000)
      }
    }

    // MARK: Threads that leave

    /// Puts the calling thread's record into a port's queue, as a call does that is about to sleep.
    private func beginReceive(_ port: Port) {
      let waiter = currentThread.waiter
      let locked = port.locked()
      port.retain()
      waiter.begin(at: .port(port), isSend: false, message: nil)
      waiter.record.pointee.option = 0
      waiter.record.pointee.limit = 512
      locked.body.queue.receivers.append(waiter)
    }

    private func beginReceive(_ set: PortSet) {
      let waiter = currentThread.waiter
      let locked = set.locked()
      set.retain()
      waiter.begin(at: .set(set), isSend: false, message: nil)
      waiter.record.pointee.option = 0
      waiter.record.pointee.limit = 512
      locked.body.receivers.append(waiter)
    }

    /// A message that a task has copied in.
    private func copyin(_ message: TestMessage, from task: TestTask) throws -> Message {
      var wakes = Aftermath()
      var result: Message?
      message.image.withUnsafeBytes {
        result = try? Message.copyin($0.baseAddress, size: message.size)
        try? result?.copyinRights(from: task.space, option: 0, &wakes)
      }
      wakes.finish()
      return try #require(result)
    }

    @Test func aReceiveThatItsThreadLeftByAJumpIsUndone() throws {
      try TestTask.withOne { one in
        let port = try one.port(try one.makePort())
        let set = try one.portSet(try one.makeSet())
        beginReceive(port)
        _ = Thread.entering
        #expect(port.receiverCount == 0)
        checkInvariants()
        beginReceive(set)
        _ = Thread.entering
        #expect(set.receiverCount == 0)
        checkInvariants()
      }
    }

    @Test func aMessageHandedToAThreadThatJumpedIsTheNextOneAgain() throws {
      try TestTask.withOne { one in
        let name = try one.makePort()
        let set = try one.makeSet()
        try one.insertMember(name, into: set)
        let port = try one.port(name)
        for onSet in [false, true] {
          // A thread without a task of the test's posts, for this one is taken to be asleep.
          if onSet { beginReceive(try one.portSet(set)) } else { beginReceive(port) }
          TestThread {
            for identifier in 1...2 as ClosedRange<mach_msg_id_t> {
              one.unaudited.send(TestMessage(to: name, MACH_MSG_TYPE_MAKE_SEND, identifier: identifier))
            }
          }.join()
          #expect(port.locked().body.queue.messageCount == 1)
          _ = Thread.entering
          checkInvariants()
          #expect(port.locked().body.queue.messageCount == 2)
          #expect(port.locked().body.queue.sequenceNumber == (onSet ? 2 : 0))
          #expect(one.receiveAll(from: set) == [1, 2])
          try one.space.setSequenceNumber(of: name, 2)
        }
      }
    }

    @Test func aMessageThatWasStillToBeSentEnds() throws {
      try TestTask.withOne { one in
        let name = try one.makePort()
        let replies = try one.makePort()
        try one.setLimit(name, 0)
        let port = try one.port(name)
        let message = try copyin(
          TestMessage(to: name, MACH_MSG_TYPE_MAKE_SEND, reply: NamedRight(replies, MACH_MSG_TYPE_MAKE_SEND_ONCE)),
          from: one)
        let waiter = currentThread.waiter
        port.retain()
        waiter.begin(at: .port(port), isSend: true, message: message)
        port.locked().body.queue.senders.append(waiter)
        #expect(port.senderCount == 1)
        _ = Thread.entering
        checkInvariants()
        #expect(port.senderCount == 0)
        #expect(one.receiveAll(from: replies) == [mach_msg_id_t(MACH_NOTIFY_SEND_ONCE)])
      }
    }

    @Test func aThreadThatEndsInAWaitLeavesNothingBehind() throws {
      try TestTask.withOne { one in
        let name = try one.makePort()
        let port = try one.port(name)
        TestThread { beginReceive(port) }.join()
        #expect(port.receiverCount == 0)
        checkInvariants()
        // The same, with a message that had been handed over.
        let thread = TestThread {
          beginReceive(port)
          wait { port.receiverCount == 0 }
        }
        wait { port.receiverCount == 1 }
        one.unaudited.send(TestMessage(to: name, MACH_MSG_TYPE_MAKE_SEND, identifier: 6))
        thread.join()
        checkInvariants()
        #expect(one.receiveAll(from: name) == [6])
      }
    }

    @Test func aPortThatDiedMeanwhileLetsTheThreadGo() throws {
      try TestTask.withOne { one in
        let name = try one.makePort()
        let port = try one.port(name)
        beginReceive(port)
        TestThread { try? one.space.destroy(name) }.join()
        #expect(currentThread.waiter.record.pointee.message == nil)
        checkInvariants()
      }
    }
  }
}
