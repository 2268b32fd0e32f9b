// Threads for tests of what blocks.

import CLinux
import CMach
import Glibc
import Testing

@testable import MachKernel

/// A thread of its own that runs one body and keeps its result.
final class TestThread<Result> {
  private final class Job {
    let body: () -> Result
    var result: Result?
    init(_ body: @escaping () -> Result) { self.body = body }
    func run() { result = body() }
  }

  private var handle = pthread_t()
  private let job: Job

  init(_ body: @escaping () -> Result) {
    job = Job(body)
    let run = Box(job.run)
    let code = pthread_create(
      &handle, nil,
      { argument in
        guard let argument else { return nil }
        // The threads that run tests block signals.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_UNBLOCK, &all, nil)
        Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(run).toOpaque())
    precondition(code == 0, "no thread")
  }

  func signal(_ number: Int32) { pthread_kill(handle, number) }

  /// Waits for the end of the thread, the kernel's part in it included.
  @discardableResult
  func join() -> Result {
    pthread_join(handle, nil)
    guard let result = job.result else { preconditionFailure("the thread has no result") }
    return result
  }
}

/// What a C function can be handed of a Swift closure.
private final class Box {
  let run: () -> Void
  init(_ run: @escaping () -> Void) { self.run = run }
}

/// Lets other threads run until something has happened. What never happens ends with an issue, after a long while.
func wait(_ location: SourceLocation = #_sourceLocation, until condition: () -> Bool) {
  let end = clinux_now() + 20_000_000_000
  while !condition() {
    if clinux_now() > end {
      Issue.record("nothing happened", sourceLocation: location)
      return
    }
    sched_yield()
  }
}

extension TestTask {
  /// A thread that sends a message and waits for room.
  func startSend(_ message: TestMessage) -> TestThread<mach_msg_return_t> {
    TestThread { unaudited.send(message, timeout: nil).code }
  }

  /// A thread that waits for a message.
  func startReceive(
    from name: mach_port_name_t, limit: mach_msg_size_t = 64, option: mach_msg_option_t = 0
  ) -> TestThread<MessageResult> {
    TestThread { unaudited.receive(from: name, limit: limit, option: option, timeout: nil) }
  }
}

extension Port {
  /// How many threads wait for a message here.
  var receiverCount: Int { locked().body.queue.receivers.count }
  /// How many threads wait for room here.
  var senderCount: Int { locked().body.queue.senders.count }
}

extension PortSet {
  var receiverCount: Int { locked().body.receivers.count }
}

extension WaitQueue {
  fileprivate var count: Int {
    var count = 0
    var waiter = first
    while let current = waiter {
      count += 1
      waiter = current.record.pointee.next == first ? nil : current.record.pointee.next
    }
    return count
  }
}
