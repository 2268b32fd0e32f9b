// When a thread watches for the end of its wait, and for how long, on a clock of the tests' own.

import Testing

@testable import MachKernel

extension KernelTests {
  @Suite struct PatienceTests {
    /// Nanoseconds.
    private let longest: UInt64 = 20_000
    private let second: UInt64 = 1_000_000_000
    /// What may be watched in vain at once, after a rest of any length.
    private var burst: UInt64 { 4 * longest }
    /// One part in so many of the time that goes by may be watched in vain.
    private let share: UInt64 = 20

    /// What a thread knows whose last wait another CPU has ended.
    private func withPartner() -> Patience {
      var patience = Patience()
      patience.slept(wokenByOther: true)
      return patience
    }

    /// How many waits go by before the next one that is worth watching; nil when it is more than `most`.
    private func waitsWithoutATry(_ patience: inout Patience, most: Int = 5000) -> Int? {
      (0...most).first { _ in patience.isWorthwhile }
    }

    // MARK: Partners

    @Test func nothingIsWatchedBeforeAnotherCPUHasEndedAWait() {
      var patience = Patience()
      #expect(waitsWithoutATry(&patience) == nil)
      patience.slept(wokenByOther: false)
      #expect(waitsWithoutATry(&patience) == nil)
      patience.slept(wokenByOther: true)
      #expect(waitsWithoutATry(&patience) == 0)
    }

    @Test func everyWaitIsWatchedWhileAnotherCPUEndsThem() {
      var patience = withPartner()
      for _ in 0..<100 {
        #expect(waitsWithoutATry(&patience) == 0)
        patience.wasRewarded(byOther: true)
      }
    }

    @Test func aSleepEndedOnTheOwnCPUEndsTheWatching() {
      var patience = withPartner()
      patience.slept(wokenByOther: false)
      #expect(waitsWithoutATry(&patience) == nil)
    }

    @Test func aWatchEndedOnTheOwnCPUEndsTheWatching() {
      var patience = withPartner()
      patience.wasRewarded(byOther: false)
      #expect(waitsWithoutATry(&patience) == nil)
      patience.slept(wokenByOther: true)
      #expect(waitsWithoutATry(&patience) == 0)
    }

    // MARK: Disappointments

    @Test func afterEachDisappointmentTwiceAsManyWaitsGoByWithoutATry() {
      var patience = withPartner()
      for skipped in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024] {
        patience.wasDisappointed(after: 1)
        patience.slept(wokenByOther: true)
        #expect(waitsWithoutATry(&patience) == skipped)
        #expect(waitsWithoutATry(&patience) == 0, "once they have gone by, each is tried")
      }
    }

    @Test func sleepsMeanwhileDoNotChangeHowManyWaitsGoBy() {
      var patience = withPartner()
      for _ in 0..<4 { patience.wasDisappointed(after: 1) }
      var skipped = 0
      while skipped < 100, !patience.isWorthwhile {
        patience.slept(wokenByOther: true)
        skipped += 1
      }
      #expect(skipped == 8)
    }

    @Test func aRewardForgetsAllDisappointments() {
      var patience = withPartner()
      for _ in 0..<20 { patience.wasDisappointed(after: 1) }
      #expect(waitsWithoutATry(&patience) == 1024)
      patience.wasRewarded(byOther: true)
      #expect(waitsWithoutATry(&patience) == 0)
      for skipped in [1, 2, 4] {
        patience.wasDisappointed(after: 1)
        #expect(waitsWithoutATry(&patience) == skipped)
      }
    }

    // MARK: Time

    @Test func afterARestOfAnyLengthFourWatchesInVainUseUpWhatThereIs() {
      for rest in [0, 1, longest, second, 1_000_000 * second] {
        var patience = withPartner()
        var now = second
        _ = patience.allowance(at: now)
        now += rest
        for _ in 0..<4 {
          #expect(patience.allowance(at: now) == longest)
          patience.wasDisappointed(after: longest)
        }
        #expect(patience.allowance(at: now) == 0)
      }
    }

    @Test func thereIsNoAllowanceBelowAQuarterOfTheLongestWatch() {
      var patience = withPartner()
      var now = second
      _ = patience.allowance(at: now)
      patience.wasDisappointed(after: burst)
      now += share * (longest / 4 - 1)
      #expect(patience.allowance(at: now) == 0)
      now += share
      #expect(patience.allowance(at: now) == longest / 4)
      now += share
      #expect(patience.allowance(at: now) == longest / 4 + 1)
      now += second
      #expect(patience.allowance(at: now) == longest)
    }

    @Test func aWatchThatTookLongerThanAllowedLeavesNothing() {
      var patience = withPartner()
      let now = second
      _ = patience.allowance(at: now)
      patience.wasDisappointed(after: 1000 * second)
      #expect(patience.allowance(at: now) == 0)
      #expect(patience.allowance(at: now + share * longest) == longest)
    }

    @Test func aRewardedWatchCostsNothing() {
      var patience = withPartner()
      for _ in 0..<100 {
        #expect(patience.allowance(at: second) == longest)
        patience.wasRewarded(byOther: true)
      }
    }

    /// A thread's waits, one after another: what is watched in vain, and when.
    private struct Waits {
      var patience: Patience
      var now: UInt64
      private(set) var inVain: UInt64 = 0
      private(set) var longestWatch: UInt64 = 0
      private(set) var mostAtOnce: Int64 = .min
      private var least: Int64 = .max
      private let share: UInt64

      init(_ patience: Patience, at now: UInt64, share: UInt64) {
        (self.patience, self.now, self.share) = (patience, now, share)
      }

      /// One wait, watched for as long as patience lasts and in vain, then slept through.
      mutating func waitInVain() {
        if patience.isWorthwhile {
          let allowance = patience.allowance(at: now)
          longestWatch = max(longestWatch, allowance)
          if allowance > 0 {
            note(allowance)
            patience.wasDisappointed(after: allowance)
            now += allowance
          }
        }
        patience.slept(wokenByOther: true)
      }

      /// A wait that is watched and ends at once.
      mutating func waitRewarded() {
        guard patience.isWorthwhile else { return }
        _ = patience.allowance(at: now)
        patience.wasRewarded(byOther: true)
      }

      /// Between any two watches, both included, no more than a share of the time from one to the other is watched,
      /// and what may be watched at once: `mostAtOnce` is what there is beyond the share, in the worst such stretch.
      private mutating func note(_ watched: UInt64) {
        let time = now / share
        least = min(least, Int64(inVain) - Int64(time))
        inVain += watched
        mostAtOnce = max(mostAtOnce, Int64(inVain) - Int64(time) - least)
      }
    }

    /// Waits at intervals up to `longestPause`, every `rewarded`-th of them rewarded: the numbers repeat.
    private func run(_ count: Int, longestPause: UInt64, rewarded: Int) -> (Waits, duration: UInt64) {
      var waits = Waits(withPartner(), at: second, share: share)
      var random = longestPause &+ UInt64(rewarded)
      for index in 0..<count {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        waits.now += 1 + (random >> 33) % longestPause
        // Now and then the thread has something else to do for long.
        if index % 1000 == 999 { waits.now += second }
        if rewarded > 0, index % rewarded == 0 { waits.waitRewarded() } else { waits.waitInVain() }
      }
      return (waits, waits.now - second)
    }

    @Test(arguments: [100, 5_000, 100_000, 3_000_000] as [UInt64], [0, 2, 3, 50])
    func atMostATwentiethOfTheTimeIsWatchedInVain(longestPause: UInt64, rewarded: Int) {
      let (waits, duration) = run(200_000, longestPause: longestPause, rewarded: rewarded)
      #expect(waits.inVain > 0)
      #expect(waits.inVain <= burst + duration / share)
      #expect(waits.mostAtOnce <= Int64(burst) + 1, "in any stretch of the run")
      #expect(waits.longestWatch <= longest)
    }

    @Test func whenRewardsKeepComingNearlyAllThatMayBeWatchedIs() {
      var waits = Waits(withPartner(), at: second, share: share)
      for _ in 0..<100_000 {
        waits.now += 10_000
        waits.waitRewarded()
        waits.waitInVain()
        // The wait that goes by after a disappointment.
        waits.waitRewarded()
      }
      let duration = waits.now - second
      #expect(waits.inVain <= burst + duration / share)
      #expect(waits.inVain >= duration / share * 9 / 10)
    }
  }
}
