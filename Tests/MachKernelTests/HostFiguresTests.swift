// Texts of the system taken apart: as they are, odd, cut, and with huge numbers.

import CMach
import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct HostFiguresTests {
    // MARK: Names and numbers

    private func numbers(in text: String, named name: StaticString) -> [UInt64] {
      var line = NamedNumbers()
      var found: [UInt64] = []
      for byte in text.utf8 where line.take(byte) && line.isNamed(name) { found.append(line.number) }
      return found
    }

    @Test(arguments: [
      ("MemFree:  5 kB\n", [5]), ("MemFree 5\n", [5]), ("MemFree:5\n", [5]), ("MemFree: 0\n", [0]),
      ("MemFree: 007 kB\n", [7]), ("MemFree: 5\nMemFree: 6\n", [5, 6]), ("x: 1\nMemFree: 5\ny: 2\n", [5]),
      ("MemFree: 5", []), ("MemFree: \n", []), ("MemFree:\n", []), ("MemFree\n", []), ("MemFree: -5\n", []),
      ("MemFree: x5\n", []), ("MemFree: 5x\n", [5]), ("MemFre: 5\n", []), ("MemFree_: 5\n", []), ("\n\n5\n", []),
      ("", []), (": 5\n", []), (" MemFree: 5\n", []), ("MEMFREE: 5\n", []),
      ("MemFree: 18446744073709551615\n", [UInt64.max]), ("MemFree: 18446744073709551616\n", [.max]),
      ("MemFree: 99999999999999999999999999999\n", [.max]),
    ])
    func aLineIsANameAndANumber(text: String, wanted: [UInt64]) {
      #expect(numbers(in: text, named: "MemFree") == wanted)
    }

    @Test func longNamesAreOtherNames() {
      let long = String(repeating: "a", count: 40)
      #expect(numbers(in: "\(long): 5\n", named: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") == [5])
      #expect(numbers(in: "\(long)a: 5\n", named: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") == [])
      #expect(numbers(in: String(repeating: "b", count: 5000) + ": 5\nx: 6\n", named: "x") == [6])
    }

    // MARK: Memory

    private func memory(_ text: String) -> MemoryFigures {
      var figures = MemoryFigures()
      for byte in text.utf8 { figures.take(byte) }
      return figures
    }

    private let fullMemory =
      "MemTotal: 100 kB\nMemFree: 10 kB\nBuffers: 1 kB\nActive: 20 kB\nInactive: 30 kB\nActive(anon): 5 kB\n"
      + "Inactive(anon): 6 kB\nActive(file): 7 kB\nInactive(file): 8 kB\nZswap: 9 kB\nZswapped: 40 kB\n"

    @Test func memoryHasItsFigures() {
      let figures = memory(fullMemory)
      #expect(figures.isComplete)
      #expect(figures.total == 100 && figures.free == 10 && figures.active == 20 && figures.inactive == 30)
      #expect(figures.anonymous == 11 && figures.ofFiles == 15)
      #expect(figures.compressed == 9 && figures.uncompressed == 40)
    }

    @Test func memoryIsCompleteWithFourFigures() {
      let least = "MemTotal: 1 kB\nMemFree: 1 kB\nActive: 1 kB\nInactive: 1 kB\n"
      #expect(memory(least).isComplete)
      #expect(memory(least).compressed == 0)
      for missing in ["MemTotal: 1 kB\n", "MemFree: 1 kB\n", "\nActive: 1 kB", "\nInactive: 1 kB"] {
        let rest = least.split(separator: missing, omittingEmptySubsequences: false).joined()
        #expect(rest.count < least.count)
        #expect(!memory(String(rest)).isComplete)
      }
      // A text that ends early is none, wherever that is.
      for length in 0..<least.utf8.count { #expect(!memory(String(least.prefix(length))).isComplete) }
    }

    @Test func eventsAreCompleteWithFaults() {
      func events(_ text: String) -> MemoryEvents {
        var events = MemoryEvents()
        for byte in text.utf8 { events.take(byte) }
        return events
      }
      let all = events(
        "pgpgin 1\npgpgout 2\npswpin 3\npswpout 4\npgfault 5\npgmajfault 99\npgactivate 6\npglazyfree 98\npglazyfreed 7\n"
          + "zswpin 8\nzswpout 9\n")
      #expect(all.isComplete)
      #expect(all.kibibytesIn == 1 && all.kibibytesOut == 2 && all.swapIns == 3 && all.swapOuts == 4)
      #expect(all.faults == 5 && all.activations == 6 && all.purges == 7)
      #expect(all.decompressions == 8 && all.compressions == 9)
      #expect(!events("pgpgin 1\npgmajfault 5\n").isComplete)
      #expect(!events("pgfault 5").isComplete)
      #expect(events("pgfault 5\n").isComplete)
    }

    @Test func hugeFiguresArePegged() {
      let huge = "18446744073709551615"
      let figures = memory(
        "MemTotal: \(huge) kB\nMemFree: 5 kB\nActive: \(huge) kB\nInactive: \(huge) kB\nActive(file): \(huge) kB\n"
          + "Inactive(file): 3 kB\n")
      var events = MemoryEvents()
      for byte in "pgfault \(huge)\n".utf8 { events.take(byte) }
      let told = HostStatistics.memory(figures, events, pageSize: 4096)
      #expect(told.free_count == 1 && told.active_count == .max && told.inactive_count == .max)
      #expect(told.wire_count == 0)
      #expect(told.faults == .max)
    }

    @Test func whatIsNowhereElseIsWired() {
      var events = MemoryEvents()
      for byte in "pgfault 1\n".utf8 { events.take(byte) }
      let told = HostStatistics.memory(memory(fullMemory), events, pageSize: 1024)
      #expect(told.wire_count == 100 - 10 - 20 - 30 - 9)
      // More than there is: nothing is left.
      let odd = memory("MemTotal: 5 kB\nMemFree: 4 kB\nActive: 4 kB\nInactive: 4 kB\n")
      #expect(HostStatistics.memory(odd, events, pageSize: 1024).wire_count == 0)
    }

    // MARK: Ticks

    private struct Line: Equatable {
      var processor: Int?
      var ticks: [UInt32]
    }

    private func lines(_ text: String) -> (lines: [Line], hasEnd: Bool) {
      var parser = ProcessorTicks()
      var lines: [Line] = []
      for byte in text.utf8 {
        switch parser.take(byte) {
        case .more: continue
        case .line:
          lines.append(Line(processor: parser.processor, ticks: parser.ticks.indices.map { parser.ticks[$0] }))
        case .end: return (lines, true)
        }
      }
      return (lines, false)
    }

    @Test func ticksComeByProcessor() {
      let found = lines("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4\ncpu17 10 20 30 40 50 60 70\nintr 5 6\ncpu2 1 1 1 1\n")
      #expect(
        found.lines == [
          Line(processor: nil, ticks: [1, 16, 9, 2]), Line(processor: 0, ticks: [1, 3, 4, 2]),
          Line(processor: 17, ticks: [10, 160, 90, 20]),
        ])
      #expect(found.hasEnd)
    }

    @Test(arguments: [
      "", "c", "cpu", "cpu ", "cpu0", "cpu0 1 2 3\n", "cpu0 1 2 3 4", "cp0 1 2 3 4\n", "xcpu 1 2 3 4\n",
      "cpux 1 2 3 4\n", "cpu0x 1 2 3 4\n", "cpu0 1 2 -3 4\n", "cpu0\n", "cpu99999999999 1 2 3 4\n", "\n",
    ])
    func whatIsNoLineOfAProcessorIsNone(text: String) {
      #expect(lines(text).lines.isEmpty)
    }

    @Test func ticksComeRound() {
      let found = lines("cpu  4294967296 4294967295 1 4294967290 18446744073709551615 4294967295 1 7\n")
      #expect(found.lines == [Line(processor: nil, ticks: [0, 1, 4_294_967_289, .max])])
    }

    // MARK: Load

    private func load(_ text: String) -> [Int32]? {
      var load = LoadAverages()
      for byte in text.utf8 where !load.take(byte) { break }
      return load.isComplete ? load.averages.indices.map { load.averages[$0] } : nil
    }

    @Test(
      arguments: [
        ("1.35 0.97 2.14 1/85 2098\n", [1350, 970, 2140]), ("0.00 0.01 10.10 x", [0, 10, 10100]),
        ("1 2 3\n", [1000, 2000, 3000]), ("1.5 2.25 3.125\n", [1500, 2250, 3125]),
        ("0.9999 0.0009 1.0 ", [999, 0, 1000]),
        ("2147482.99 2147483.99 99999999999999999999.5 ", [2_147_482_990, .max, .max]),
      ] as [(String, [Int32])])
    func threeAveragesInThousandths(text: String, wanted: [Int32]) {
      #expect(load(text) == wanted)
    }

    @Test(arguments: [
      "", "1.35", "1.35 ", "1.35 0.97", "1.35 0.97 2.14", "1.35 0.97 x", "-1.0 2.0 3.0 ", "1. 2.0 3.0 ", ".5 1.0 2.0 ",
      "1..5 1.0 2.0 ", "1.0.0 1.0 1.0 ", "1.0  2.0 3.0 ", "\n", "1,35 0,97 2,14 1/85 ",
    ])
    func whatIsNoLoadIsNone(text: String) {
      #expect(load(text) == nil)
    }

    @Test(
      arguments: [
        (0, 4, 4000), (500, 4, 3500), (4000, 4, 0), (4001, 4, 799), (9000, 4, 400), (Int32.max, 4, 0),
        (Int32.max, 1, 0),
        (0, 8192, 8_192_000), (Int32.max, 8192, 3),
      ] as [(Int32, Int, Int32)])
    func aFurtherThreadHasItsShare(load: Int32, processors: Int, wanted: Int32) {
      #expect(HostStatistics.machFactor(load: load, processors) == wanted)
    }

    // MARK: Numbers of processors

    private func numbers(_ text: String) -> [Int]? {
      var numbers = ProcessorNumbers()
      for byte in text.utf8 where !numbers.take(byte) { break }
      guard numbers.isComplete else { return nil }
      var all: [Int] = []
      numbers.forEach { all.append($0) }
      #expect(all.count == numbers.count)
      #expect(numbers.lowest == all.first)
      for (rank, number) in all.enumerated() {
        #expect(numbers.contains(number))
        #expect(numbers.rank(of: number) == rank)
      }
      return all
    }

    @Test(arguments: [
      ("0\n", [0]), ("0-3\n", [0, 1, 2, 3]), ("0,2-3,8\n", [0, 2, 3, 8]), ("5,1\n", [1, 5]), ("1,1-2,2\n", [1, 2]),
      ("63-65\n", [63, 64, 65]), ("8191\n", [8191]), ("0-0\n", [0]), ("007\n", [7]), ("0\n1\n", [0]),
    ])
    func aListIsRangesAndNumbers(text: String, wanted: [Int]) {
      #expect(numbers(text) == wanted)
    }

    @Test(arguments: [
      "", "\n", "0", "0-3", "0,", "0,\n", ",0\n", "0-\n", "-1\n", "3-1\n", "0--1\n", "0-1-2\n", "8192\n", "0-8192\n",
      "x\n",
      "0 1\n", "0x1\n", "99999999999999999999\n", "0-99999999999999999999\n",
    ])
    func whatIsNoListIsNone(text: String) {
      #expect(numbers(text) == nil)
    }

    @Test func allProcessorsThatThereCanBe() {
      #expect(numbers("0-8191\n")?.count == 8192)
      let numbers = ProcessorNumbers()
      #expect(!numbers.contains(-1) && !numbers.contains(8192) && numbers.lowest == nil)
    }

    // MARK: This system

    @Test func thisSystemTellsAll() throws {
      #expect(try MemoryFigures.read().total > 0)
      #expect(try MemoryEvents.read().faults > 0)
      let online = try ProcessorNumbers.online()
      #expect(online.count > 0)
      #expect(try online.cores() <= online.count)
      var seen = 0
      try ProcessorTicks.forEach { (processor, _) in
        if let processor, online.contains(processor) { seen += 1 }
      }
      #expect(seen == online.count)
      _ = try LoadAverages.read()
    }
  }
}
