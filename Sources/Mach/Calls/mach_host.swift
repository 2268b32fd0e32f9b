// <mach/mach_host.h>: what any program may ask of the host.

import CMach
import MachKernel

@_cdecl("host_get_clock_service") @implementation
public func host_get_clock_service(
  _ host: host_t, _ clock_id: clock_id_t, _ clock_serv: UnsafeMutablePointer<clock_serv_t>!
) -> kern_return_t {
  onHost(host) { (thread) throws(KernelReturn) in
    let clock_serv = try output(clock_serv)
    clock_serv.pointee = try Clock.port(of: clock_id, isControl: false).name(in: thread.task.space)
  }
}
