/// The variables that the library exports.
#include <mach/mach.h>

#define CMACH_EXPORT __attribute__((visibility("default")))

/// The name of the task's own port: index 1, first generation, in every task.
CMACH_EXPORT mach_port_t mach_task_self_ = 0x103;

CMACH_EXPORT mach_port_t bootstrap_port = MACH_PORT_NULL;

/// Set at load to what the machine has.
CMACH_EXPORT vm_size_t vm_page_size = 4096;
CMACH_EXPORT vm_size_t vm_page_mask = 4095;
CMACH_EXPORT int vm_page_shift = 12;
CMACH_EXPORT vm_size_t vm_kernel_page_size = 4096;
CMACH_EXPORT vm_size_t vm_kernel_page_mask = 4095;
CMACH_EXPORT int vm_kernel_page_shift = 12;

CMACH_EXPORT NDR_record_t NDR_record = {
    .mig_encoding = NDR_PROTOCOL_2_0,
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    .int_rep = NDR_INT_LITTLE_ENDIAN,
#else
    .int_rep = NDR_INT_BIG_ENDIAN,
#endif
    .char_rep = NDR_CHAR_ASCII,
    .float_rep = NDR_FLOAT_IEEE,
};
