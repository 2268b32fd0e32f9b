// The reply ports that are kept for a thread: one of each kind for every task it acts for, as long as both live.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct ReplyPortTests {
    /// Runs a body on a thread of its own, whose caches start empty and end with it.
    private func onThread<Result>(_ body: @escaping (Thread) throws -> Result) throws -> Result {
      try TestThread { Swift.Result { try body(currentThread) } }.join().get()
    }

    /// How many calls, threads, caches and ports refer to the task.
    private func references(to task: TestTask) -> UInt32 {
      task.task.shared.pointee.references
    }

    /// Both reply ports of the thread.
    private func both(_ thread: Thread) -> [mach_port_name_t] {
      [thread.replyPort(.ordinary), thread.replyPort(.special)]
    }

    // MARK: In one task

    @Test func aReplyPortIsMadeOnceAndKept() throws {
      try TestTask.withOne { one in
        try onThread { thread in
          thread.adopt(one.task)
          #expect(one.names.count == 1, "none is made before it is asked for")
          let names = both(thread)
          checkInvariants()
          #expect(one[names[0]] == .receive)
          #expect(one[names[1]] == .receiveAndSend(1))
          for _ in 0..<10 { #expect(both(thread) == names) }
          #expect(one.names.count == 3)
          let status = try one.status(names[0])
          #expect(status.mps_qlimit == mach_port_msgcount_t(MACH_PORT_QLIMIT_DEFAULT))
        }
      }
    }

    @Test(arguments: [ReplyPortKind.ordinary, .special])
    func aPortThatIsTakenOutIsNoLongerKept(kind: ReplyPortKind) throws {
      try TestTask.withOne { one in
        try onThread { thread in
          thread.adopt(one.task)
          let other: ReplyPortKind = kind == .ordinary ? .special : .ordinary
          #expect(thread.takeReplyPort(kind) == Name.null)
          let kept = thread.replyPort(other)
          #expect(thread.takeReplyPort(kind) == Name.null, "the other kind is none of this one")
          let name = thread.replyPort(kind)
          #expect(thread.takeReplyPort(kind) == name)
          #expect(thread.takeReplyPort(kind) == Name.null)
          #expect(one[name] != nil, "taking it out does not end it")
          let next = thread.replyPort(kind)
          #expect(next != name)
          #expect(thread.replyPort(other) == kept)
          try one.destroy(name)
          #expect(both(thread).sorted() == [kept, next].sorted())
        }
        #expect(one.names.count == 1)
      }
    }

    @Test func whatTheProgramDoesWithAKeptPortIsNotNoticed() throws {
      try TestTask.withOne { one in
        try onThread { thread in
          thread.adopt(one.task)
          let names = both(thread)
          for name in names { try one.destroy(name) }
          #expect(both(thread) == names)
          #expect(one.names.count == 1)
        }
        checkInvariants()
        // And names that mean something else by then stay what they are, but for a receive right.
        let names = try onThread { thread in
          thread.adopt(one.task)
          let names = both(thread)
          for name in names { try one.destroy(name) }
          for name in names { _ = try one.makeSet(named: name) }
          return names
        }
        checkInvariants()
        for name in names {
          #expect(one[name] == .portSet)
          try one.destroy(name)
        }
      }
    }

    @Test func aTaskThatHasEndedHasNoReplyPort() throws {
      try onThread { thread in
        let task = TestTask(try #require(Task.makeForTesting()))
        task.task.retain()
        defer { task.task.release() }
        thread.adopt(task.task)
        task.task.end()
        #expect(both(thread) == [Name.null, Name.null])
        #expect(both(thread) == [Name.null, Name.null])
        #expect(thread.takeReplyPort(.ordinary) == Name.null)
        #expect(thread.takeReplyPort(.special) == Name.null)
      }
      checkInvariants()
    }

    // MARK: Threads

    @Test func eachThreadHasItsOwnAndTheyEndWithIt() throws {
      try TestTask.withOne { one in
        let before = LiveCounts()
        let held = references(to: one)
        try onThread { thread in
          thread.adopt(one.task)
          let names = both(thread)
          let others = try onThread { other in
            other.adopt(one.task)
            let others = both(other)
            #expect(one[others[0]] == .receive)
            return others
          }
          #expect(Set(names + others).count == 4)
          #expect(both(thread) == names)
          for name in others { #expect(one[name] == nil) }
          #expect(one.names.count == 3)
        }
        checkInvariants()
        #expect(one.names.count == 1)
        #expect(LiveCounts() == before)
        #expect(references(to: one) == held)
      }
    }

    @Test func aThreadsEndEndsThePortsWithWhatIsInThem() throws {
      try TestTask.withTwo { one, two in
        let (once, send, watched) = try onThread { thread in
          thread.adopt(one.task)
          let names = both(thread)
          let once = try one.give(names[0], MACH_MSG_TYPE_MAKE_SEND_ONCE, to: two)
          let send = try one.give(names[1], MACH_MSG_TYPE_COPY_SEND, to: two)
          let watched = try one.makePort()
          one.send(
            TestMessage(
              to: names[0], MACH_MSG_TYPE_MAKE_SEND, rights: [NamedRight(watched, MACH_MSG_TYPE_MOVE_RECEIVE)]))
          return (once, send, watched)
        }
        checkInvariants()
        #expect(one[watched] == nil)
        #expect(one.names.count == 1)
        #expect(two[once] == .deadName(1))
        #expect(two[send] == .deadName(1))
      }
    }

    // MARK: Tasks

    @Test func eachTaskThatAThreadActsForHasItsOwn() throws {
      try TestTask.withThree { one, two, three in
        let tasks = [one, two, three]
        try onThread { thread in
          let names = tasks.map { task in
            thread.adopt(task.task)
            return both(thread)
          }
          for _ in 0..<2 {
            for (task, names) in zip(tasks, names).reversed() {
              thread.adopt(task.task)
              #expect(both(thread) == names)
              #expect(task.names.count == 3)
            }
          }
          // Taking one out takes that of the task for which it acts.
          thread.adopt(two.task)
          #expect(thread.takeReplyPort(.ordinary) == names[1][0])
          try two.destroy(names[1][0])
          thread.adopt(three.task)
          #expect(both(thread) == names[2])
          thread.adopt(one.task)
          #expect(both(thread) == names[0])
        }
        checkInvariants()
        for task in tasks { #expect(task.names.count == 1, "the thread's end reaches all its tasks") }
      }
    }

    @Test func aCacheHoldsItsTaskUntilTheThreadEnds() throws {
      try TestTask.withTwo { one, two in
        let held = references(to: one)
        try onThread { thread in
          thread.adopt(one.task)
          let acting = references(to: one)
          _ = thread.takeReplyPort(.ordinary)
          #expect(references(to: one) == acting)
          _ = both(thread)
          #expect(references(to: one) == acting + 1, "one for both kinds")
          thread.adopt(two.task)
          #expect(references(to: one) == held + 1)
          _ = both(thread)
          #expect(references(to: one) == held + 1, "a task that lives is kept")
        }
        #expect(references(to: one) == held)
      }
    }

    @Test func endedTasksAreForgottenWhenOthersAreLookedFor() throws {
      try TestTask.withThree { one, two, three in
        try onThread { thread in
          let ended = try (0..<4).map { _ in TestTask(try #require(Task.makeForTesting())) }
          defer { for task in ended { task.task.release() } }
          for task in ended { task.task.retain() }
          thread.adopt(one.task)
          let names = both(thread)
          for task in ended {
            thread.adopt(task.task)
            _ = both(thread)
          }
          thread.adopt(two.task)
          let others = both(thread)
          for task in ended { task.task.end() }
          checkInvariants()
          // The ports that were used last are found without a look at the others.
          #expect(both(thread) == others)
          for task in ended { #expect(references(to: task) == 2) }
          thread.adopt(one.task)
          #expect(both(thread) == names)
          for task in ended { #expect(references(to: task) == 1, "the test's own is left") }
          thread.adopt(three.task)
          _ = both(thread)
          // Those in between are still there.
          thread.adopt(two.task)
          #expect(both(thread) == others)
          thread.adopt(one.task)
          #expect(both(thread) == names)
          checkInvariants()
        }
        for task in [one, two, three] { #expect(task.names.count == 1) }
      }
    }

    @Test func aTaskThatEndsBeforeTheThreadIsLetGoAtItsEnd() throws {
      try TestTask.withOne { one in
        let before = LiveCounts()
        let ended = try onThread { thread in
          let task = TestTask(try #require(Task.makeForTesting()))
          task.task.retain()
          thread.adopt(task.task)
          _ = both(thread)
          task.task.end()
          thread.adopt(one.task)
          #expect(references(to: task) == 2)
          return task
        }
        #expect(references(to: ended) == 1)
        ended.task.release()
        #expect(LiveCounts() == before)
      }
    }

    @Test func aNewTaskNeverGetsThePortsOfAnEndedOne() throws {
      try TestTask.withOne { one in
        let before = LiveCounts()
        try onThread { thread in
          thread.adopt(one.task)
          _ = both(thread)
          for _ in 0..<50 {
            let task = TestTask(try #require(Task.makeForTesting()))
            thread.adopt(task.task)
            let names = both(thread)
            #expect(task[names[0]] == .receive)
            #expect(task[names[1]] == .receiveAndSend(1))
            #expect(task.names.count == 3)
            thread.adopt(one.task)
            task.task.end()
            checkInvariants()
          }
        }
        #expect(LiveCounts() == before)
      }
    }

    // MARK: Forks

    @Test func whatIsForgottenIsMadeAnew() throws {
      try TestTask.withTwo { one, two in
        try onThread { thread in
          thread.adopt(two.task)
          let others = both(thread)
          thread.adopt(one.task)
          let names = both(thread)
          let held = (references(to: one), references(to: two))
          thread.forgetReplyPorts()
          // In a forked child the tasks' memory is not given back: it is the parent's that counts.
          #expect(references(to: one) == held.0)
          #expect(references(to: two) == held.1)
          #expect(thread.takeReplyPort(.ordinary) == Name.null)
          for name in names { #expect(one[name] != nil) }
          for name in others { #expect(two[name] != nil) }
          #expect(Set(both(thread)).isDisjoint(with: names))
          // Here the tasks are still there, and so are the references of what was forgotten.
          for name in names { try one.destroy(name) }
          for name in others { try two.destroy(name) }
          one.task.release()
          two.task.release()
        }
        #expect(one.names.count == 1)
        #expect(two.names.count == 1)
      }
    }
  }
}
