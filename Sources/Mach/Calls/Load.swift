// What happens when the library is loaded.

import CMach
import MachKernel

/// Runs before any thread can call, also with dlopen.
@section(".init_array") @used
let load: @convention(c) () -> Void = { start() }

private func start() {
  Kernel.boot()
  cmach_set_page_size(vm_size_t(VirtualMemory.pageSize))
}
