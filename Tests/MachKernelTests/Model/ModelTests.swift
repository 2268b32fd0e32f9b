// Long random runs of the kernel beside the naive model.

import CLinux
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct ModelTests {
    /// The seed is LIBMACH_TEST_SEED's, or another one each time.
    private var seed: UInt64 {
      if let text = getenv("LIBMACH_TEST_SEED"), let seed = UInt64(String(cString: text)) { return seed }
      return clinux_secret() >> 32
    }

    /// A full comparison and an audit cost twenty times what an operation does, so a short run has them behind every
    /// operation, to find the operation that is at fault, and a long one behind every fiftieth; codes, results and
    /// buffers are compared at once in both.
    @Test(arguments: [(20_000, 1), (100_000, 50)])
    func randomOperationsOfThreeTasksDoWhatTheModelSays(operations: Int, checkEvery: Int) throws {
      let seed = seed
      print("model test: \(operations) operations, LIBMACH_TEST_SEED=\(seed)")
      let before = LiveCounts()
      let run = try ModelRun(seed: seed)
      do {
        for operation in 1...operations {
          try run.step()
          guard operation % checkEvery == 0 || operation == operations else { continue }
          try run.compareEverything(since: before)
          if let violation = Invariants.firstViolation(currentThread) { throw run.disagree("\(violation)") }
          checkInvariants()
        }
      } catch {
        Issue.record("LIBMACH_TEST_SEED=\(seed), \(error)")
      }
      run.finish()
      checkInvariants()
      #expect(LiveCounts() == before)
    }
  }
}
