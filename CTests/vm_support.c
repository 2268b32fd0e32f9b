// Each routine on memory by message, kinds of mappings, and what the system says of them.
#define _GNU_SOURCE // memfd_create
#include "vm_support.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- Messages

#pragma pack(push, 4)

// Requests and replies: what comes before the arguments.
struct plain {
    mach_msg_header_t Head;
    NDR_record_t NDR;
};
struct with_port {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_port_descriptor_t right;
    NDR_record_t NDR;
};
struct with_memory {
    mach_msg_header_t Head;
    mach_msg_body_t msgh_body;
    mach_msg_ool_descriptor_t memory;
    NDR_record_t NDR;
};
struct result {
    mach_msg_header_t Head;
    NDR_record_t NDR;
    kern_return_t RetCode;
};
#define REQUEST(name, head, size, ...)                                                                                 \
    struct name##_request {                                                                                            \
        struct head head;                                                                                              \
        __VA_ARGS__                                                                                                    \
    };                                                                                                                 \
    _Static_assert(sizeof(struct name##_request) == (size), #name)
#define REPLY(name, head, size, ...)                                                                                   \
    struct name##_reply {                                                                                              \
        struct head head;                                                                                              \
        __VA_ARGS__                                                                                                    \
    };                                                                                                                 \
    _Static_assert(sizeof(struct name##_reply) == (size), #name)

// clang-format off
REQUEST(protect, plain, 56, uint64_t address; uint64_t size; boolean_t set_maximum; int new_protection;);
REQUEST(range, plain, 52, uint64_t address; uint64_t size; uint32_t value;); // inherit, msync, behavior_set
REQUEST(read, plain, 48, uint64_t address; uint64_t size;);
REPLY(read, with_memory, 56, mach_msg_type_number_t dataCnt;);
REQUEST(read_list, plain, 4132, mach_vm_read_entry_t data_list; natural_t count;);
REPLY(read_list, result, 4132, mach_vm_read_entry_t data_list;);
REQUEST(write, with_memory, 64, uint64_t address; mach_msg_type_number_t dataCnt;);
REQUEST(copy, plain, 56, uint64_t address; uint64_t size; uint64_t to;); // copy, read_overwrite
REPLY(overwrite, result, 44, uint64_t outsize;);
REQUEST(map, with_port, 100, uint64_t address; uint64_t size; uint64_t mask; int flags; uint64_t offset; boolean_t copy;
        int cur_protection; int max_protection; uint32_t inheritance;);
REPLY(map, result, 44, uint64_t address;);
REQUEST(attribute, plain, 56, uint64_t address; uint64_t size; uint32_t attribute; int value;);
REPLY(attribute, result, 40, int value;);
REQUEST(remap, with_port, 92, uint64_t address; uint64_t size; uint64_t mask; int flags; uint64_t source;
        boolean_t copy; uint32_t inheritance;);
REPLY(remap, result, 52, uint64_t address; int cur_protection; int max_protection;);
REQUEST(entry, with_port, 68, uint64_t size; uint64_t offset; int permission;);
REPLY(entry, with_port, 56, uint64_t size;);
REQUEST(query, plain, 40, uint64_t address;);
REPLY(query, result, 44, int disposition; int ref_count;);
REQUEST(region, plain, 48, uint64_t address; int value; mach_msg_type_number_t infoCnt;); // recurse, page_info
REPLY(region, with_port, 108, uint64_t address; uint64_t size; mach_msg_type_number_t infoCnt; int info[10];);
REPLY(recurse, result, 136, uint64_t address; uint64_t size; natural_t nesting_depth; mach_msg_type_number_t infoCnt;
      int info[19];);
REPLY(page, result, 168, mach_msg_type_number_t infoCnt; int info[32];);
REQUEST(purgable, plain, 48, uint64_t address; int control; int state;);
REPLY(purgable, result, 40, int state;);
REQUEST(wire, with_port, 68, uint64_t address; uint64_t size; int desired_access;);
// clang-format on

#pragma pack(pop)

#define BEGIN(routine, id, target)                                                                                     \
    struct mig_message message;                                                                                        \
    struct routine##_request *in = begin_request(&message, target, id, sizeof(*in));                                   \
    in->plain.NDR = NDR_record
#define BEGIN_PORT(routine, id, target, port)                                                                          \
    struct mig_message message;                                                                                        \
    struct routine##_request *in = begin_complex(&message, target, id, sizeof(*in));                                   \
    in->with_port.NDR = NDR_record;                                                                                    \
    in->with_port.right.name = port;                                                                                   \
    in->with_port.right.disposition = COPY_SEND
#define EXCHANGE(routine, shorter, descriptors)                                                                        \
    const struct routine##_reply *out = (const void *)&message;                                                        \
    kern_return_t code = exchange(&message, sizeof(*out) - (shorter), sizeof(*out), descriptors);                      \
    if (code != KERN_SUCCESS) return code

static kern_return_t ask_protect(mach_msg_id_t id, task_t task, uint64_t address, uint64_t size, boolean_t maximum,
                                 int protection) {
    BEGIN(protect, id, task);
    in->address = address;
    in->size = size;
    in->set_maximum = maximum;
    in->new_protection = protection;
    return exchange_simple(&message);
}

static kern_return_t ask_range(mach_msg_id_t id, task_t task, uint64_t address, uint64_t size, uint32_t value) {
    BEGIN(range, id, task);
    in->address = address;
    in->size = size;
    in->value = value;
    return exchange_simple(&message);
}

static kern_return_t ask_read(mach_msg_id_t id, task_t task, uint64_t address, uint64_t size, vm_offset_t *data,
                              mach_msg_type_number_t *count) {
    BEGIN(read, id, task);
    in->address = address;
    in->size = size;
    EXCHANGE(read, 0, 1);
    const mach_msg_ool_descriptor_t *memory = &out->with_memory.memory;
    if (memory->type != MACH_MSG_OOL_DESCRIPTOR || memory->size != out->dataCnt) return WRONG_REPLY + 0x100;
    *data = (vm_offset_t)memory->address;
    *count = out->dataCnt;
    return KERN_SUCCESS;
}

static kern_return_t ask_read_list(mach_msg_id_t id, task_t task, void *list, natural_t count) {
    BEGIN(read_list, id, task);
    memcpy(in->data_list, list, sizeof(in->data_list));
    in->count = count;
    EXCHANGE(read_list, 0, 0);
    memcpy(list, out->data_list, sizeof(out->data_list));
    return KERN_SUCCESS;
}

static kern_return_t ask_write(mach_msg_id_t id, task_t task, uint64_t address, vm_offset_t data,
                               mach_msg_type_number_t count) {
    struct mig_message message;
    struct write_request *in = begin_complex(&message, task, id, sizeof(*in));
    in->with_memory.NDR = NDR_record;
    in->with_memory.memory.address = (void *)data;
    in->with_memory.memory.size = count;
    in->with_memory.memory.copy = MACH_MSG_VIRTUAL_COPY;
    in->with_memory.memory.type = MACH_MSG_OOL_DESCRIPTOR;
    in->address = address;
    in->dataCnt = count;
    return exchange_simple(&message);
}

static kern_return_t ask_copy(mach_msg_id_t id, task_t task, uint64_t address, uint64_t size, uint64_t to,
                              uint64_t *copied) {
    BEGIN(copy, id, task);
    in->address = address;
    in->size = size;
    in->to = to;
    if (copied == NULL) return exchange_simple(&message);
    EXCHANGE(overwrite, 0, 0);
    *copied = out->outsize;
    return KERN_SUCCESS;
}

static kern_return_t ask_map(mach_msg_id_t id, task_t task, uint64_t *address, uint64_t size, uint64_t mask, int flags,
                             mach_port_t object, uint64_t offset, boolean_t copy, int current, int maximum,
                             uint32_t inheritance) {
    BEGIN_PORT(map, id, task, object);
    in->address = *address;
    in->size = size;
    in->mask = mask;
    in->flags = flags;
    in->offset = offset;
    in->copy = copy;
    in->cur_protection = current;
    in->max_protection = maximum;
    in->inheritance = inheritance;
    EXCHANGE(map, 0, 0);
    *address = out->address;
    return KERN_SUCCESS;
}

static kern_return_t ask_attribute(mach_msg_id_t id, task_t task, uint64_t address, uint64_t size, uint32_t attribute,
                                   int *value) {
    BEGIN(attribute, id, task);
    in->address = address;
    in->size = size;
    in->attribute = attribute;
    in->value = *value;
    EXCHANGE(attribute, 0, 0);
    *value = out->value;
    return KERN_SUCCESS;
}

static kern_return_t ask_remap(mach_msg_id_t id, task_t task, uint64_t *address, uint64_t size, uint64_t mask,
                               int flags, task_t source_task, uint64_t source, boolean_t copy, int *current,
                               int *maximum, uint32_t inheritance) {
    BEGIN_PORT(remap, id, task, source_task);
    in->address = *address;
    in->size = size;
    in->mask = mask;
    in->flags = flags;
    in->source = source;
    in->copy = copy;
    in->inheritance = inheritance;
    EXCHANGE(remap, 0, 0);
    *address = out->address;
    *current = out->cur_protection;
    *maximum = out->max_protection;
    return KERN_SUCCESS;
}

static kern_return_t ask_entry(mach_msg_id_t id, task_t task, uint64_t *size, uint64_t offset, int permission,
                               mach_port_t *handle, mach_port_t parent) {
    BEGIN_PORT(entry, id, task, parent);
    in->size = *size;
    in->offset = offset;
    in->permission = permission;
    EXCHANGE(entry, 0, 1);
    const mach_msg_port_descriptor_t *port = &out->with_port.right;
    if (port->type != MACH_MSG_PORT_DESCRIPTOR || port->disposition != MOVE_SEND) return WRONG_REPLY + 0x100;
    *handle = port->name;
    *size = out->size;
    return KERN_SUCCESS;
}

static kern_return_t ask_query(mach_msg_id_t id, task_t task, uint64_t address, int *disposition, int *references) {
    BEGIN(query, id, task);
    in->address = address;
    EXCHANGE(query, 0, 0);
    *disposition = out->disposition;
    *references = out->ref_count;
    return KERN_SUCCESS;
}

static kern_return_t ask_page(mach_msg_id_t id, task_t task, uint64_t address, int flavor, int *info,
                              mach_msg_type_number_t *count) {
    BEGIN(region, id, task);
    in->address = address;
    in->value = flavor;
    in->infoCnt = *count;
    EXCHANGE(page, sizeof(out->info), 0);
    *count = out->infoCnt;
    memcpy(info, out->info, 4 * (size_t)*count);
    return KERN_SUCCESS;
}

static kern_return_t ask_region(mach_msg_id_t id, task_t task, uint64_t *address, uint64_t *size, int flavor, int *info,
                                mach_msg_type_number_t *count, mach_port_t *object) {
    BEGIN(region, id, task);
    in->address = *address;
    in->value = flavor;
    in->infoCnt = *count;
    EXCHANGE(region, sizeof(out->info), 1);
    if (out->infoCnt > 10 || message.header.msgh_size != 68 + 4 * out->infoCnt) return WRONG_REPLY + 0x100;
    *address = out->address;
    *size = out->size;
    *count = out->infoCnt;
    memcpy(info, out->info, 4 * (size_t)*count);
    if (object != NULL) *object = out->with_port.right.name;
    return KERN_SUCCESS;
}

static kern_return_t ask_recurse(mach_msg_id_t id, task_t task, uint64_t *address, uint64_t *size, natural_t *depth,
                                 int *info, mach_msg_type_number_t *count) {
    BEGIN(region, id, task);
    in->address = *address;
    in->value = (int)*depth;
    in->infoCnt = *count;
    EXCHANGE(recurse, sizeof(out->info), 0);
    if (out->infoCnt > 19 || message.header.msgh_size != 60 + 4 * out->infoCnt) return WRONG_REPLY + 0x100;
    *address = out->address;
    *size = out->size;
    *depth = out->nesting_depth;
    *count = out->infoCnt;
    memcpy(info, out->info, 4 * (size_t)*count);
    return KERN_SUCCESS;
}

static kern_return_t ask_purgable(mach_msg_id_t id, task_t task, uint64_t address, int control, int *state) {
    BEGIN(purgable, id, task);
    in->address = address;
    in->control = control;
    in->state = *state;
    EXCHANGE(purgable, 0, 0);
    *state = out->state;
    return KERN_SUCCESS;
}

static kern_return_t ask_wire(mach_msg_id_t id, host_priv_t host, task_t task, uint64_t address, uint64_t size,
                              int access) {
    BEGIN_PORT(wire, id, host, task);
    in->address = address;
    in->size = size;
    in->desired_access = access;
    return exchange_simple(&message);
}

// ---- Each of them twice

_Static_assert(sizeof(vm_address_t) == sizeof(uint64_t), "the two widths are one");
#define WIDE(pointer) ((uint64_t *)(void *)(pointer))

static kern_return_t m_vm_protect(task_t task, vm_address_t address, vm_size_t size, boolean_t maximum,
                                  vm_prot_t protection) {
    return ask_protect(3803, task, address, size, maximum, protection);
}
static kern_return_t m_vm_inherit(task_t task, vm_address_t address, vm_size_t size, vm_inherit_t value) {
    return ask_range(3804, task, address, size, value);
}
static kern_return_t m_vm_read(task_t task, vm_address_t address, vm_size_t size, vm_offset_t *data,
                               mach_msg_type_number_t *count) {
    return ask_read(3805, task, address, size, data, count);
}
static kern_return_t m_vm_read_list(task_t task, vm_read_entry_t list, natural_t count) {
    return ask_read_list(3806, task, list, count);
}
static kern_return_t m_vm_write(task_t task, vm_address_t address, vm_offset_t data, mach_msg_type_number_t count) {
    return ask_write(3807, task, address, data, count);
}
static kern_return_t m_vm_copy(task_t task, vm_address_t address, vm_size_t size, vm_address_t to) {
    return ask_copy(3808, task, address, size, to, NULL);
}
static kern_return_t m_vm_read_overwrite(task_t task, vm_address_t address, vm_size_t size, vm_address_t to,
                                         vm_size_t *copied) {
    return ask_copy(3809, task, address, size, to, WIDE(copied));
}
static kern_return_t m_vm_msync(task_t task, vm_address_t address, vm_size_t size, vm_sync_t value) {
    return ask_range(3810, task, address, size, value);
}
static kern_return_t m_vm_behavior_set(task_t task, vm_address_t address, vm_size_t size, vm_behavior_t value) {
    return ask_range(3811, task, address, size, (uint32_t)value);
}
static kern_return_t m_vm_map(task_t task, vm_address_t *address, vm_size_t size, vm_address_t mask, int flags,
                              mach_port_t object, vm_offset_t offset, boolean_t copy, vm_prot_t current,
                              vm_prot_t maximum, vm_inherit_t inheritance) {
    return ask_map(3812, task, WIDE(address), size, mask, flags, object, offset, copy, current, maximum, inheritance);
}
static kern_return_t m_vm_map_64(task_t task, vm_address_t *address, vm_size_t size, vm_address_t mask, int flags,
                                 mach_port_t object, memory_object_offset_t offset, boolean_t copy, vm_prot_t current,
                                 vm_prot_t maximum, vm_inherit_t inheritance) {
    return ask_map(3826, task, WIDE(address), size, mask, flags, object, offset, copy, current, maximum, inheritance);
}
static kern_return_t m_vm_machine_attribute(task_t task, vm_address_t address, vm_size_t size,
                                            vm_machine_attribute_t attribute, int *value) {
    return ask_attribute(3813, task, address, size, attribute, value);
}
static kern_return_t m_vm_remap(task_t task, vm_address_t *address, vm_size_t size, vm_address_t mask, int flags,
                                task_t source_task, vm_address_t source, boolean_t copy, vm_prot_t *current,
                                vm_prot_t *maximum, vm_inherit_t inheritance) {
    return ask_remap(3814, task, WIDE(address), size, mask, flags, source_task, source, copy, current, maximum,
                     inheritance);
}
static kern_return_t m_mach_make_memory_entry(task_t task, vm_size_t *size, vm_offset_t offset, vm_prot_t permission,
                                              mach_port_t *handle, mach_port_t parent) {
    return ask_entry(3816, task, WIDE(size), offset, permission, handle, parent);
}
static kern_return_t m_mach_make_memory_entry_64(task_t task, memory_object_size_t *size, memory_object_offset_t offset,
                                                 vm_prot_t permission, mach_port_t *handle, mach_port_t parent) {
    return ask_entry(3825, task, WIDE(size), offset, permission, handle, parent);
}
static kern_return_t m_vm_map_page_query(task_t task, vm_offset_t address, integer_t *disposition,
                                         integer_t *references) {
    return ask_query(3817, task, address, disposition, references);
}
static kern_return_t m_vm_region(task_t task, vm_address_t *address, vm_size_t *size, vm_region_flavor_t flavor,
                                 vm_region_info_t info, mach_msg_type_number_t *count, mach_port_t *object) {
    return ask_region(3800, task, WIDE(address), WIDE(size), flavor, info, count, object);
}
static kern_return_t m_vm_region_64(task_t task, vm_address_t *address, vm_size_t *size, vm_region_flavor_t flavor,
                                    vm_region_info_t info, mach_msg_type_number_t *count, mach_port_t *object) {
    return ask_region(3824, task, WIDE(address), WIDE(size), flavor, info, count, object);
}
static kern_return_t m_vm_region_recurse(task_t task, vm_address_t *address, vm_size_t *size, natural_t *depth,
                                         vm_region_recurse_info_t info, mach_msg_type_number_t *count) {
    return ask_recurse(3821, task, WIDE(address), WIDE(size), depth, info, count);
}
static kern_return_t m_vm_region_recurse_64(task_t task, vm_address_t *address, vm_size_t *size, natural_t *depth,
                                            vm_region_recurse_info_t info, mach_msg_type_number_t *count) {
    return ask_recurse(3822, task, WIDE(address), WIDE(size), depth, info, count);
}
static kern_return_t m_vm_purgable_control(task_t task, vm_address_t address, vm_purgable_t control, int *state) {
    return ask_purgable(3830, task, address, control, state);
}
static kern_return_t m_vm_wire(host_priv_t host, task_t task, vm_address_t address, vm_size_t size, vm_prot_t access) {
    return ask_wire(404, host, task, address, size, access);
}
static kern_return_t m_mach_vm_protect(task_t task, mach_vm_address_t address, mach_vm_size_t size, boolean_t maximum,
                                       vm_prot_t protection) {
    return ask_protect(4802, task, address, size, maximum, protection);
}
static kern_return_t m_mach_vm_inherit(task_t task, mach_vm_address_t address, mach_vm_size_t size,
                                       vm_inherit_t value) {
    return ask_range(4803, task, address, size, value);
}
static kern_return_t m_mach_vm_read(task_t task, mach_vm_address_t address, mach_vm_size_t size, vm_offset_t *data,
                                    mach_msg_type_number_t *count) {
    return ask_read(4804, task, address, size, data, count);
}
static kern_return_t m_mach_vm_read_list(task_t task, mach_vm_read_entry_t list, natural_t count) {
    return ask_read_list(4805, task, list, count);
}
static kern_return_t m_mach_vm_write(task_t task, mach_vm_address_t address, vm_offset_t data,
                                     mach_msg_type_number_t count) {
    return ask_write(4806, task, address, data, count);
}
static kern_return_t m_mach_vm_copy(task_t task, mach_vm_address_t address, mach_vm_size_t size, mach_vm_address_t to) {
    return ask_copy(4807, task, address, size, to, NULL);
}
static kern_return_t m_mach_vm_read_overwrite(task_t task, mach_vm_address_t address, mach_vm_size_t size,
                                              mach_vm_address_t to, mach_vm_size_t *copied) {
    return ask_copy(4808, task, address, size, to, WIDE(copied));
}
static kern_return_t m_mach_vm_msync(task_t task, mach_vm_address_t address, mach_vm_size_t size, vm_sync_t value) {
    return ask_range(4809, task, address, size, value);
}
static kern_return_t m_mach_vm_behavior_set(task_t task, mach_vm_address_t address, mach_vm_size_t size,
                                            vm_behavior_t value) {
    return ask_range(4810, task, address, size, (uint32_t)value);
}
static kern_return_t m_mach_vm_map(task_t task, mach_vm_address_t *address, mach_vm_size_t size, mach_vm_offset_t mask,
                                   int flags, mach_port_t object, memory_object_offset_t offset, boolean_t copy,
                                   vm_prot_t current, vm_prot_t maximum, vm_inherit_t inheritance) {
    return ask_map(4811, task, WIDE(address), size, mask, flags, object, offset, copy, current, maximum, inheritance);
}
static kern_return_t m_mach_vm_machine_attribute(task_t task, mach_vm_address_t address, mach_vm_size_t size,
                                                 vm_machine_attribute_t attribute, int *value) {
    return ask_attribute(4812, task, address, size, attribute, value);
}
static kern_return_t m_mach_vm_remap(task_t task, mach_vm_address_t *address, mach_vm_size_t size,
                                     mach_vm_offset_t mask, int flags, task_t source_task, mach_vm_address_t source,
                                     boolean_t copy, vm_prot_t *current, vm_prot_t *maximum, vm_inherit_t inheritance) {
    return ask_remap(4813, task, WIDE(address), size, mask, flags, source_task, source, copy, current, maximum,
                     inheritance);
}
static kern_return_t m__mach_make_memory_entry(task_t task, memory_object_size_t *size, memory_object_offset_t offset,
                                               vm_prot_t permission, mach_port_t *handle, mach_port_t parent) {
    return ask_entry(4817, task, WIDE(size), offset, permission, handle, parent);
}
static kern_return_t m_mach_vm_page_query(task_t task, mach_vm_offset_t address, integer_t *disposition,
                                          integer_t *references) {
    return ask_query(4814, task, address, disposition, references);
}
static kern_return_t m_mach_vm_page_info(task_t task, mach_vm_address_t address, vm_page_info_flavor_t flavor,
                                         vm_page_info_t info, mach_msg_type_number_t *count) {
    return ask_page(4819, task, address, flavor, info, count);
}
static kern_return_t m_mach_vm_region(task_t task, mach_vm_address_t *address, mach_vm_size_t *size,
                                      vm_region_flavor_t flavor, vm_region_info_t info, mach_msg_type_number_t *count,
                                      mach_port_t *object) {
    return ask_region(4816, task, WIDE(address), WIDE(size), flavor, info, count, object);
}
static kern_return_t m_mach_vm_region_recurse(task_t task, mach_vm_address_t *address, mach_vm_size_t *size,
                                              natural_t *depth, vm_region_recurse_info_t info,
                                              mach_msg_type_number_t *count) {
    return ask_recurse(4815, task, WIDE(address), WIDE(size), depth, info, count);
}
static kern_return_t m_mach_vm_purgable_control(task_t task, mach_vm_address_t address, vm_purgable_t control,
                                                int *state) {
    return ask_purgable(4818, task, address, control, state);
}
static kern_return_t m_mach_vm_wire(host_priv_t host, task_t task, mach_vm_address_t address, mach_vm_size_t size,
                                    vm_prot_t access) {
    return ask_wire(418, host, task, address, size, access);
}

const struct memory_routines memory_calls = {.by_message = false,
#define DIRECT(routine) .routine = routine,
                                             MEMORY_ROUTINES(DIRECT)
#undef DIRECT
};

const struct memory_routines memory_messages = {.by_message = true,
#define MESSAGE(routine) .routine = m_##routine,
                                                MEMORY_ROUTINES(MESSAGE)
#undef MESSAGE
};

const struct memory_routines *vm = &memory_calls;

void each_way(void (*body)(void)) {
    for (int way = 0; way < 2; way++) {
        vm = way == 0 ? &memory_calls : &memory_messages;
        task_t task = make_task();
        enter(task);
        open_reply_port();
        body();
        close_reply_port();
        leave();
        end_task(task);
        reply_port = MACH_PORT_NULL;
    }
    vm = &memory_calls;
}

// ---- Kinds of mappings

const char *const kind_names[KINDS] = {
    "vm_allocate",
    "a memory entry",
    "mmap",
    "shared mmap",
    "a private file",
    "a shared file",
    "a read-only shared file",
    "read-only memory",
    "no access",
    "huge pages",
    "a stack",
};

// Room for so many pages where nothing else comes to be, with a page that nothing is in on either side.
static char *find_room(size_t size) { return (char *)far_place(size + 2 * PAGE) + PAGE; }

static void number_pages(char *start, size_t size) {
    for (size_t i = 0; i < size; i++) start[i] = (char)(i / PAGE + 1);
}

static int make_file(size_t size) {
    int file = memfd_create("pages", MFD_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, (off_t)size), 0);
    char *contents = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    assert_true(contents != MAP_FAILED);
    number_pages(contents, size);
    munmap(contents, size);
    return file;
}

struct waiter {
    pthread_t thread;
    sem_t start, end;
    char *stack;
    size_t size;
};

static void *wait_for_end(void *argument) {
    struct waiter *waiter = argument;
    sem_post(&waiter->start);
    while (sem_wait(&waiter->end) != 0) continue;
    return NULL;
}

static void map_at(struct area *area, int protection, int flags, int file) {
    void *start = mmap(area->start, area->size, protection, flags | MAP_FIXED_NOREPLACE, file, 0);
    assert_ptr_equal(start, area->start);
    area->protection = protection;
    area->is_shared = (flags & MAP_SHARED) != 0;
    area->has_file = file >= 0;
}

static void map_file(struct area *area, int flags, bool read_only) {
    int file = make_file(area->size);
    if (read_only) {
        char path[40];
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
        int other = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(other >= 0);
        close(file);
        file = other;
    }
    map_at(area, read_only ? PROT_READ : PROT_READ | PROT_WRITE, flags, file);
    close(file);
}

// The upper part of a stack is in use: the area is below it, and a guard of the thread's own below that.
static void start_on_stack(struct area *area) {
    struct waiter *waiter = calloc(1, sizeof(*waiter));
    assert_non_null(waiter);
    waiter->size = area->size + 256 * PAGE;
    waiter->stack = area->start;
    map_at(&(struct area){.start = area->start, .size = waiter->size}, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1);
    pthread_attr_t attributes;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, waiter->stack, waiter->size), 0);
    assert_int_equal(sem_init(&waiter->start, 0, 0), 0);
    assert_int_equal(sem_init(&waiter->end, 0, 0), 0);
    assert_int_equal(pthread_create(&waiter->thread, &attributes, wait_for_end, waiter), 0);
    while (sem_wait(&waiter->start) != 0) continue;
    pthread_attr_destroy(&attributes);
    area->owner = waiter;
    area->protection = VM_PROT_READ | VM_PROT_WRITE;
}

struct area make_area(enum kind kind, size_t pages) {
    struct area area = {.kind = kind, .size = pages * PAGE, .protection = VM_PROT_READ | VM_PROT_WRITE};
    // The place is looked for when all else is there.
    mach_port_t entry = MACH_PORT_NULL;
    if (kind == ENTRY_MAPPED) entry = make_new_entry(area.size, VM_PROT_READ | VM_PROT_WRITE);
    area.start = find_room(area.size + (kind == STACK ? 256 * PAGE : 0));
    const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    vm_address_t address = (vm_address_t)area.start;
    switch (kind) {
    case ALLOCATED:
        assert_success(vm_allocate(SELF, &address, area.size, VM_FLAGS_FIXED));
        break;
    case ENTRY_MAPPED:
        assert_success(vm_map(SELF, &address, area.size, 0, VM_FLAGS_FIXED, entry, 0, FALSE, VM_PROT_DEFAULT,
                              VM_PROT_DEFAULT, VM_INHERIT_SHARE));
        assert_success(mach_port_deallocate(SELF, entry));
        area.is_shared = true;
        break;
    case ANON_PRIVATE:
    case ANON_READ_ONLY:
    case ANON_NONE:
    case HUGE_PAGES:
        map_at(&area, PROT_READ | PROT_WRITE, anonymous, -1);
        break;
    case ANON_SHARED:
        map_at(&area, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
        break;
    case FILE_PRIVATE:
        map_file(&area, MAP_PRIVATE, false);
        break;
    case FILE_SHARED:
        map_file(&area, MAP_SHARED, false);
        break;
    case FILE_READ_ONLY:
        map_file(&area, MAP_SHARED, true);
        break;
    case STACK:
        start_on_stack(&area);
        break;
    case KINDS:
        fail();
    }
    if (kind == HUGE_PAGES) (void)madvise(area.start, area.size, MADV_HUGEPAGE);
    if (area.protection & VM_PROT_WRITE) number_pages(area.start, area.size);
    if (kind == ANON_READ_ONLY) area.protection = VM_PROT_READ;
    if (kind == ANON_NONE) area.protection = VM_PROT_NONE;
    if (kind == ANON_READ_ONLY || kind == ANON_NONE)
        assert_int_equal(mprotect(area.start, area.size, area.protection), 0);
    return area;
}

void end_area(struct area *area) {
    if (area->kind == ALLOCATED || area->kind == ENTRY_MAPPED) {
        assert_success(vm_deallocate(SELF, (vm_address_t)area->start, area->size));
        return;
    }
    if (area->kind != STACK) {
        // What calls have put in its place is the library's.
        assert_success(vm_deallocate(SELF, (vm_address_t)area->start, area->size));
        return;
    }
    struct waiter *waiter = area->owner;
    sem_post(&waiter->end);
    assert_int_equal(pthread_join(waiter->thread, NULL), 0);
    sem_destroy(&waiter->start);
    sem_destroy(&waiter->end);
    assert_success(vm_deallocate(SELF, (vm_address_t)waiter->stack, waiter->size));
    free(waiter);
}

bool is_mapped(const void *page) {
    unsigned char there;
    return mincore((void *)(uintptr_t)page, PAGE, &there) == 0;
}

int protection_of(const void *page) {
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    char line[5000];
    int protection = -1;
    while (protection < 0 && fgets(line, sizeof(line), maps) != NULL) {
        unsigned long start, end;
        char bits[5];
        if (sscanf(line, "%lx-%lx %4s", &start, &end, bits) != 3) continue;
        if ((uintptr_t)page < start || (uintptr_t)page >= end) continue;
        protection = (bits[0] == 'r' ? VM_PROT_READ : 0) | (bits[1] == 'w' ? VM_PROT_WRITE : 0) |
                     (bits[2] == 'x' ? VM_PROT_EXECUTE : 0);
    }
    (void)fclose(maps);
    return protection;
}

// ---- Short ways

struct vm_region_basic_info_64 region_at(const void *address) {
    vm_address_t start = (vm_address_t)address;
    vm_size_t size = 0;
    struct vm_region_basic_info_64 info;
    mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
    mach_port_t object = 7;
    assert_success(
        vm->vm_region_64(SELF, &start, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count, &object));
    assert_int_equal(object, MACH_PORT_NULL);
    assert_int_equal(count, VM_REGION_BASIC_INFO_COUNT_64);
    assert_true(start <= (vm_address_t)address && (vm_address_t)address - start < size);
    return info;
}

mach_port_t make_entry(void *start, size_t size, int permission) {
    memory_object_size_t bytes = size;
    mach_port_t entry = MACH_PORT_NULL;
    assert_success(
        vm->mach_make_memory_entry_64(SELF, &bytes, (vm_address_t)start, permission, &entry, MACH_PORT_NULL));
    assert_int_equal(bytes, round_page(size));
    return entry;
}

mach_port_t make_new_entry(size_t size, int protection) {
    return make_entry(NULL, size, MAP_MEM_NAMED_CREATE | protection);
}

char *map_entry(mach_port_t entry, size_t offset, size_t size, int protection) {
    vm_address_t address = 0;
    assert_success(vm->vm_map(SELF, &address, size, 0, VM_FLAGS_ANYWHERE, entry, offset, FALSE, protection, protection,
                              VM_INHERIT_SHARE));
    return (char *)address;
}

void give_back_memory(const void *start, size_t size) {
    assert_success(vm_deallocate(SELF, (vm_address_t)start, size));
}

int in_child(int (*body)(void *argument), void *argument) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(body(argument));
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}
