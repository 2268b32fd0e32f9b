// How the texts of /proc are read, also those that no kernel has written.
import CLinux
import CMach
import Testing

@testable import MachKernel

@Suite struct ProcessTextTests {
  private func reading<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    var bytes = Array(text.utf8)
    return bytes.withUnsafeMutableBytes { body(UnsafeRawBufferPointer($0)) }
  }

  private func status(_ text: String) -> ThreadStatus? { reading(text) { ThreadStatus($0) } }

  private func name(_ status: ThreadStatus?) -> String? {
    guard let status else { return nil }
    var letters: [UInt8] = []
    for index in status.name.indices where status.name[index] != 0 { letters.append(status.name[index]) }
    return String(decoding: letters, as: UTF8.self)
  }

  /// The fields from the state on, with a nice value and a time.
  private func line(_ name: String, state: String = "S", nice: String = "0", start: String = "77") -> String {
    "12 (\(name)) \(state) 1 2 3 4 5 6 7 8 9 10 11 12 13 14 20 \(nice) 5 0 \(start) 3133440 390\n"
  }

  // MARK: Sizes

  @Test func sizesArePages() {
    let sizes = reading("765 440 412 5 0 123 0\n") { MemorySizes($0, pageSize: 4096) }
    #expect(sizes?.virtual == 765 * 4096)
    #expect(sizes?.resident == 440 * 4096)
  }

  @Test(arguments: ["", "\n", "765", "x 1", "765 x", "-1 2", "1 -2", "99999999999999999999 1"])
  func textsThatAreNoSizes(text: String) {
    #expect(reading(text) { MemorySizes($0, pageSize: 4096) } == nil)
  }

  // MARK: Status

  @Test func statusFindsItsLines() {
    let text = """
      Name:\tVmHWM: 3 kB
      VmPeak:\t    3060 kB
      VmHWM:\t    1748 kB
      RssAnon:\t     112 kB
      RssFile:\t    1636 kB
      RssShmem:\t       4 kB
      VmSwap:\t       8 kB
      """
    let status = reading(text) { MemoryStatus($0) }
    #expect(status.peak == 1748 * 1024)
    #expect(status.anonymous == 112 * 1024)
    #expect(status.file == 1636 * 1024)
    #expect(status.shared == 4 * 1024)
    #expect(status.swapped == 8 * 1024)
  }

  @Test(arguments: [
    "", "\n\n\n", "VmHW", "VmHWM:", "VmHWM:\n12", "VmHWM: many kB", "VmHWM: -5 kB", "VmHWM: 99999999999999999999",
  ])
  func whatIsNotSaidIsZero(text: String) {
    let status = reading(text) { MemoryStatus($0) }
    #expect(status == reading("") { MemoryStatus($0) })
    #expect(status.peak == 0 && status.swapped == 0)
  }

  // MARK: Threads

  @Test func aThreadsLine() {
    let status = status(line("plain", state: "R", nice: "-20", start: "4555842"))
    #expect(name(status) == "plain")
    #expect(status?.state == UInt8(ascii: "R"))
    #expect(status?.nice == -20)
    #expect(status?.threadCount == 5)
    #expect(status?.startTime == 4_555_842)
    #expect(status?.hasEnded == false)
  }

  @Test(arguments: ["", "a b", ") S 1", "((", "a) R 9 9", "fifteen letters"])
  func anyNameIsFound(text: String) {
    let status = status(line(text))
    #expect(name(status) == text)
    #expect(status?.state == UInt8(ascii: "S"))
    #expect(status?.startTime == 77)
  }

  @Test func aLongerNameIsCut() {
    #expect(name(status(line("seventeen letters"))) == "seventeen lette")
  }

  @Test(arguments: ["Z", "X", "x"]) func someHaveEnded(state: String) {
    #expect(status(line("plain", state: state))?.hasEnded == true)
  }

  @Test func noThreadStartsAtZero() {
    #expect(status(line("plain", start: "0"))?.startTime == 1)
  }

  @Test func everyBeginningOfALineIsReadToItsEnd() {
    let whole = Array(line("a (b) c").utf8)
    for length in 0..<whole.count {
      var part = Array(whole[..<length])
      part.withUnsafeMutableBytes { _ = ThreadStatus(UnsafeRawBufferPointer($0)) }
    }
    #expect(status("12 plain S 1 2 3") == nil)
    #expect(status("(plain) S 1 2 3") == nil)
    #expect(status("12 (plain)") == nil)
    #expect(status("12 (plain) S 1 2") == nil)
    #expect(status(line("plain", nice: "x")) == nil)
    #expect(status(line("plain", start: "-1")) == nil)
  }

  // MARK: Readings

  @Test func theProcessIsThere() throws {
    let sizes = try Process.memorySizes()
    #expect(sizes.virtual >= sizes.resident && sizes.resident > 0)
    #expect(try Process.memoryStatus().peak > 0)
    #expect(try Process.mappingCount() > 1)
    let identifier = clinux_thread_identifier()
    #expect(try Process.thread(identifier)?.state == UInt8(ascii: "R"))
    var found = false
    try Process.forEachThread { if $0 == identifier { found = true } }
    #expect(found)
    // No thread of this process has the id of process 1, unless it is that.
    if clinux_process() != 1 { #expect(try Process.thread(1) == nil) }
  }

  // MARK: Times

  @Test func theSystemsPartIsInProportion() {
    func part(_ total: UInt64, _ user: UInt64, _ system: UInt64) -> UInt64 {
      clinux_system_part(total, clinux_times(user: user, system: system))
    }
    #expect(part(1000, 3, 1) == 250)
    #expect(part(1000, 0, 0) == 0)
    #expect(part(1000, 5, 0) == 0)
    #expect(part(1000, 0, 5) == 1000)
    #expect(part(0, 1, 1) == 0)
    #expect(part(.max, 1, .max) <= .max)
    #expect(part(10, .max, .max) == 5)
  }

  @Test func timesThatWereToldNeverGetLess() {
    var told = GrowingTimes()
    func next(_ user: UInt64, _ system: UInt64) -> [UInt64] {
      var times = clinux_times(user: user, system: system)
      told.grow(&times)
      return [times.user, times.system]
    }
    #expect(next(5, 5) == [5, 5])
    // The whole has grown, its parts as far as they may.
    #expect(next(10, 4) == [9, 5])
    #expect(next(2, 14) == [9, 7])
    #expect(next(10, 10) == [10, 10])
    // The whole has not.
    #expect(next(19, 0) == [10, 10])
    #expect(next(0, 20) == [10, 10])
    #expect(next(.max - 1, 1) == [.max - 10, 10])
  }

  @Test func timesAddUpToTheThreadsClock() {
    let identifier = clinux_thread_identifier()
    var times = clinux_times()
    let before = clinux_run_time(identifier)
    #expect(clinux_read_times(identifier, &times))
    let after = clinux_run_time(identifier)
    #expect(before <= times.user + times.system && times.user + times.system <= after)
    // Ids are never negative.
    #expect(clinux_run_time(0) >= before)
  }
}
