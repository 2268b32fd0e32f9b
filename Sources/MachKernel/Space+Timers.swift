// Timers of a space: receive rights to which messages come when a time has come.

import CLinux
import CMach

extension Space {
  /// mk_timer_create: a port whose timer is not armed. The timer has a send right of its own, which no make-send counts.
  /// Throws NO_SPACE, RESOURCE_SHORTAGE (no memory, or no thread), INVALID_TASK.
  package func makeTimer() throws(KernelReturn) -> mach_port_name_t {
    try Timers.start()
    guard let port = Port.make() else { throw .resourceShortage }
    guard let timer = Timer.make(port: port) else {
      port.release()
      throw .resourceShortage
    }
    do throws(KernelReturn) {
      let locked = locked()
      let (name, entry) = try locked.claimEmpty(nil)
      port.unguardedBody.pointee.settle(in: self, named: name)
      port.unguardedBody.pointee.timer = timer
      port.unguardedBody.pointee.sendRightCount = 1
      port.retain()
      entry.pointee.object = UnsafeMutableRawPointer(port.object)
      entry.pointee.bits = Entry.receive
      return name
    } catch {
      timer.free()
      port.release()
      throw error
    }
  }

  /// The timer's port, locked. Throws INVALID_NAME (also for NULL and DEAD), INVALID_RIGHT, INVALID_ARGUMENT for the
  /// receive right of another port, INVALID_TASK.
  private func timerPort(named name: mach_port_name_t) throws(KernelReturn) -> LockedPort {
    let locked = locked()
    let port = try locked.receivePort(named: name).locked()
    if port.body.timer == nil { throw .invalidArgument }
    return port
  }

  /// mk_timer_destroy: as mach_port_destroy. Throws what `timerPort` does, INVALID_RIGHT and a violation when guarded.
  package func destroyTimer(named name: mach_port_name_t) throws(KernelReturn) {
    try timerPort(named: name).unlock()
    try destroy(name)
  }

  /// mk_timer_arm: the message comes when absolute time `deadline` has come. Throws what `timerPort` does.
  package func armTimer(named name: mach_port_name_t, at deadline: UInt64) throws(KernelReturn) {
    let port = try timerPort(named: name)
    guard let timer = port.body.timer else { return }
    var aftermath = Aftermath()
    var mustWake = false
    if deadline > clinux_now() {
      mustWake = Timers.arm(timer, at: deadline)
    } else if Timers.armForNow(timer) {
      timer.post(to: port, &aftermath)
    }
    port.unlock()
    if mustWake { Timers.wake() }
    aftermath.finish()
  }

  /// mk_timer_cancel: for when it was armed; 0 when it was not. Throws what `timerPort` does.
  package func cancelTimer(named name: mach_port_name_t) throws(KernelReturn) -> UInt64 {
    let port = try timerPort(named: name)
    guard let timer = port.body.timer else { return 0 }
    return Timers.cancel(timer)
  }
}
