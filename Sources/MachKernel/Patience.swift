// How long a thread watches for the end of its wait before it sleeps.

/// What a thread has learnt from its waits. Watching pays when another CPU ends the wait within less time than sleeping
/// and waking take, as in a remote call. It never begins on one CPU, where the other thread cannot run meanwhile: only
/// after a wait that a thread on another CPU has ended. Time watched in vain is at most a twentieth of all time, and
/// after each disappointment twice as many waits go by without a try.
struct Patience {
  /// Nanoseconds: about what going to sleep and being woken cost.
  private static let longest: UInt64 = 20_000
  /// Looks at the word between two looks at the clock.
  static let looks = 16
  /// In vain may be watched one part in so many of the time that goes by.
  private static let share: UInt64 = 20
  private static let mostSkipped: UInt32 = 1024

  /// The last wait was ended from another CPU.
  private(set) var hasPartner = false
  /// Waits still to go by, and how many it were at the last disappointment.
  private var toSkip: UInt32 = 0
  private var skipped: UInt32 = 0
  /// Nanoseconds that may be watched in vain, as of a time on the clock.
  private var credit = 4 * longest
  private var time: UInt64 = 0

  /// Whether to watch before this sleep.
  @inline(__always)
  var isWorthwhile: Bool {
    mutating get {
      guard hasPartner else { return false }
      if toSkip == 0 { return true }
      toSkip -= 1
      return false
    }
  }

  /// How long to watch, in nanoseconds.
  mutating func allowance(at now: UInt64) -> UInt64 {
    let passed = time == 0 ? 0 : now &- time
    time = now
    credit = min(credit &+ passed / Patience.share, 4 * Patience.longest)
    return credit < Patience.longest / 4 ? 0 : min(credit, Patience.longest)
  }

  mutating func wasRewarded(byOther: Bool) {
    hasPartner = byOther
    skipped = 0
  }

  mutating func wasDisappointed(after time: UInt64) {
    credit -= min(credit, time)
    skipped = min(max(1, skipped * 2), Patience.mostSkipped)
    toSkip = skipped
  }

  mutating func slept(wokenByOther: Bool) { hasPartner = wokenByOther }
}
