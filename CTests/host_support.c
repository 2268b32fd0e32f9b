// Every routine of the host and its processors by message, beside its call, and what Linux says itself.
#define _GNU_SOURCE // unshare
#include "host_support.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

mach_port_t host;

// ---- The frame around each test

int host_setup(void **state) {
    if (support_setup(state) != 0) return -1;
    open_reply_port();
    host = mach_host_self();
    return host == MACH_PORT_NULL ? -1 : 0;
}

int host_teardown(void **state) {
    (void)mach_linux_task_adopt(MACH_PORT_NULL);
    (void)mach_port_deallocate(SELF, host);
    close_reply_port();
    return support_teardown(state);
}

// ---- By message

static struct mig_message message;

void drop_reply(void) { mach_msg_destroy(&message.header); }

static void put_words(size_t offset, unsigned words, va_list arguments) {
    for (unsigned i = 0; i < words; i++) set_word(&message, offset + 4 * i, va_arg(arguments, uint32_t));
}

kern_return_t ask_plain(mach_msg_id_t id, mach_port_t port, unsigned words, ...) {
    begin_request(&message, port, id, words == 0 ? 24 : 32 + 4 * words);
    va_list arguments;
    va_start(arguments, words);
    put_words(32, words, arguments);
    va_end(arguments);
    return exchange_simple(&message);
}

kern_return_t ask_with_port(mach_msg_id_t id, mach_port_t port, mach_port_t carried, mach_msg_type_name_t disposition,
                            unsigned words, ...) {
    begin_complex(&message, port, id, words == 0 ? 40 : 48 + 4 * words);
    mach_msg_port_descriptor_t *descriptor = port_at(&message, 28);
    descriptor->name = carried;
    descriptor->disposition = disposition & 0xff;
    descriptor->type = MACH_MSG_PORT_DESCRIPTOR;
    va_list arguments;
    va_start(arguments, words);
    put_words(48, words, arguments);
    va_end(arguments);
    return exchange_simple(&message);
}

static kern_return_t port_in_reply(mach_port_t *answer) {
    kern_return_t code = exchange(&message, 40, 40, 1);
    if (code != KERN_SUCCESS) return code;
    const mach_msg_port_descriptor_t *port = port_at(&message, 28);
    if (port->type != MACH_MSG_PORT_DESCRIPTOR || port->disposition != MOVE_SEND) return WRONG_REPLY;
    *answer = port->name;
    return code;
}

kern_return_t ask_for_port(mach_msg_id_t id, mach_port_t port, mach_port_t *answer) {
    begin_request(&message, port, id, 24);
    return port_in_reply(answer);
}

// A flavor and a count, answered by a code, a count and as many words.
static kern_return_t words_by_message(mach_msg_id_t id, size_t most, mach_port_t port, int flavor, integer_t *info,
                                      mach_msg_type_number_t *count) {
    begin_request(&message, port, id, 40);
    set_word(&message, 32, (uint32_t)flavor);
    set_word(&message, 36, *count);
    kern_return_t code = exchange(&message, 40, 40 + 4 * most, 0);
    if (code != KERN_SUCCESS) return code;
    mach_msg_type_number_t told = word_at(&message, 36);
    if (message.header.msgh_size != 40 + 4 * told || told > *count) return WRONG_REPLY;
    memcpy(info, message.bytes + 40, 4 * told);
    *count = told;
    return code;
}

static kern_return_t m_info(host_t port, host_flavor_t flavor, host_info_t info, mach_msg_type_number_t *count) {
    return words_by_message(200, 68, port, flavor, info, count);
}

static kern_return_t m_statistics(host_t port, host_flavor_t flavor, host_info_t info, mach_msg_type_number_t *count) {
    return words_by_message(216, 68, port, flavor, info, count);
}

static kern_return_t m_priv_statistics(host_t port, host_flavor_t flavor, host_info_t info,
                                       mach_msg_type_number_t *count) {
    return words_by_message(402, 68, port, flavor, info, count);
}

static kern_return_t m_statistics64(host_t port, host_flavor_t flavor, host_info64_t info,
                                    mach_msg_type_number_t *count) {
    return words_by_message(219, 256, port, flavor, info, count);
}

static kern_return_t m_set_statistics(processor_set_name_t port, int flavor, processor_set_info_t info,
                                      mach_msg_type_number_t *count) {
    return words_by_message(4000, 5, port, flavor, info, count);
}

// An offset of 0, the length with its NUL, and the text, to a multiple of 4.
static kern_return_t text_by_message(mach_msg_id_t id, size_t most, mach_port_t port, char *text) {
    begin_request(&message, port, id, 24);
    kern_return_t code = exchange(&message, 48, 44 + most, 0);
    if (code != KERN_SUCCESS) return code;
    uint32_t length = word_at(&message, 40);
    if (word_at(&message, 36) != 0 || length == 0 || message.header.msgh_size != 44 + ((length + 3) & ~3u) ||
        message.bytes[44 + length - 1] != '\0' || strlen((const char *)message.bytes + 44) != length - 1)
        return WRONG_REPLY;
    memset(text, 0, most);
    memcpy(text, message.bytes + 44, length);
    return code;
}

static kern_return_t m_kernel_version(host_t port, kernel_version_t text) {
    return text_by_message(201, KERNEL_VERSION_MAX, port, text);
}

static kern_return_t m_boot_info(host_priv_t port, kernel_boot_info_t text) {
    return text_by_message(400, KERNEL_BOOT_INFO_MAX, port, text);
}

static kern_return_t m_page_size(host_t port, vm_size_t *size) {
    begin_request(&message, port, 202, 24);
    kern_return_t code = exchange(&message, 44, 44, 0);
    if (code == KERN_SUCCESS) memcpy(size, message.bytes + 36, sizeof(*size));
    return code;
}

static kern_return_t m_processor_infos(host_t port, processor_flavor_t flavor, natural_t *processors,
                                       processor_info_array_t *info, mach_msg_type_number_t *count) {
    begin_request(&message, port, 204, 36);
    set_word(&message, 32, (uint32_t)flavor);
    kern_return_t code = exchange(&message, 60, 60, 1);
    if (code != KERN_SUCCESS) return code;
    const mach_msg_ool_descriptor_t *memory = (const void *)(message.bytes + 28);
    if (memory->type != MACH_MSG_OOL_DESCRIPTOR || memory->size != 4 * word_at(&message, 56)) return WRONG_REPLY;
    *info = memory->address;
    *processors = word_at(&message, 52);
    *count = word_at(&message, 56);
    return code;
}

static kern_return_t ports_by_message(mach_msg_id_t id, mach_port_t port, mach_port_t **list,
                                      mach_msg_type_number_t *count) {
    begin_request(&message, port, id, 24);
    kern_return_t code = exchange(&message, 56, 56, 1);
    if (code != KERN_SUCCESS) return code;
    const mach_msg_ool_ports_descriptor_t *ports = (const void *)(message.bytes + 28);
    if (ports->type != MACH_MSG_OOL_PORTS_DESCRIPTOR || ports->disposition != MOVE_SEND ||
        ports->count != word_at(&message, 52))
        return WRONG_REPLY;
    *list = ports->address;
    *count = ports->count;
    return code;
}

static kern_return_t m_processors(host_priv_t port, processor_array_t *list, mach_msg_type_number_t *count) {
    return ports_by_message(407, port, list, count);
}

static kern_return_t m_processor_sets(host_priv_t port, processor_set_name_array_t *list,
                                      mach_msg_type_number_t *count) {
    return ports_by_message(419, port, list, count);
}

static kern_return_t m_tasks(processor_set_t port, task_array_t *list, mach_msg_type_number_t *count) {
    return ports_by_message(4005, port, list, count);
}

static kern_return_t m_threads(processor_set_t port, thread_act_array_t *list, mach_msg_type_number_t *count) {
    return ports_by_message(4006, port, list, count);
}

static kern_return_t m_default_set(host_t port, processor_set_name_t *set) { return ask_for_port(213, port, set); }

static kern_return_t m_assignment(processor_t port, processor_set_name_t *set) { return ask_for_port(3005, port, set); }

static kern_return_t m_set_priv(host_priv_t port, processor_set_name_t name, processor_set_t *set) {
    begin_complex(&message, port, 420, 40);
    port_at(&message, 28)->name = name;
    port_at(&message, 28)->disposition = COPY_SEND;
    port_at(&message, 28)->type = MACH_MSG_PORT_DESCRIPTOR;
    return port_in_reply(set);
}

// A flavor and a count, answered by the host's port, a count and as many words.
static kern_return_t info_by_message(mach_msg_id_t id, size_t most, mach_port_t port, int flavor, host_t *owner,
                                     integer_t *info, mach_msg_type_number_t *count) {
    begin_request(&message, port, id, 40);
    set_word(&message, 32, (uint32_t)flavor);
    set_word(&message, 36, *count);
    kern_return_t code = exchange(&message, 52, 52 + 4 * most, 1);
    if (code != KERN_SUCCESS) return code;
    mach_msg_type_number_t told = word_at(&message, 48);
    if (message.header.msgh_size != 52 + 4 * told || told > *count || port_at(&message, 28)->disposition != MOVE_SEND)
        return WRONG_REPLY;
    memcpy(info, message.bytes + 52, 4 * told);
    *count = told;
    *owner = port_at(&message, 28)->name;
    return code;
}

static kern_return_t m_processor(processor_t port, processor_flavor_t flavor, host_t *owner, processor_info_t info,
                                 mach_msg_type_number_t *count) {
    return info_by_message(3002, 12, port, flavor, owner, info, count);
}

static kern_return_t m_set_info(processor_set_name_t port, int flavor, host_t *owner, processor_set_info_t info,
                                mach_msg_type_number_t *count) {
    return info_by_message(4009, 5, port, flavor, owner, info, count);
}

const struct host_way host_ways[2] = {
    {"call", host_info, host_statistics, host_priv_statistics, host_statistics64, host_kernel_version,
     host_get_boot_info, _host_page_size, host_processor_info, host_processors, host_processor_sets,
     processor_set_default, host_processor_set_priv, processor_info, processor_get_assignment, processor_set_info,
     processor_set_statistics, processor_set_tasks, processor_set_threads},
    {"message", m_info, m_statistics, m_priv_statistics, m_statistics64, m_kernel_version, m_boot_info, m_page_size,
     m_processor_infos, m_processors, m_processor_sets, m_default_set, m_set_priv, m_processor, m_assignment,
     m_set_info, m_set_statistics, m_tasks, m_threads},
};

// ---- What Linux says

static FILE *open_file(const char *path) {
    FILE *file = fopen(path, "re");
    if (file == NULL) fail_msg("%s cannot be read", path);
    return file;
}

uint64_t linux_figure(const char *path, const char *name) {
    FILE *file = open_file(path);
    char line[256];
    uint64_t figure = UINT64_MAX;
    size_t length = strlen(name);
    while (figure == UINT64_MAX && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name, length) != 0 || (line[length] != ':' && line[length] != ' ')) continue;
        figure = strtoull(line + length + 1, NULL, 10);
    }
    fclose(file);
    return figure;
}

bool linux_ticks(const char *name, uint64_t ticks[7]) {
    FILE *file = open_file("/proc/stat");
    char line[1024];
    size_t length = strlen(name);
    bool found = false;
    while (!found && fgets(line, sizeof(line), file) != NULL && strncmp(line, "cpu", 3) == 0) {
        if (strncmp(line, name, length) != 0 || line[length] != ' ') continue;
        found = true;
        char *at = line + length;
        for (unsigned i = 0; i < 7; i++) ticks[i] = strtoull(at, &at, 10);
    }
    fclose(file);
    return found;
}

unsigned linux_processors(const char *path, bool *numbers, unsigned limit) {
    FILE *file = open_file(path);
    unsigned first, last, count = 0;
    memset(numbers, 0, limit * sizeof(*numbers));
    while (fscanf(file, "%u", &first) == 1) {
        int next = fgetc(file);
        last = first;
        if (next == '-') {
            if (fscanf(file, "%u", &last) != 1) fail_msg("%s cannot be understood", path);
            (void)fgetc(file);
        }
        for (unsigned i = first; i <= last && i < limit; i++, count++) numbers[i] = true;
    }
    fclose(file);
    return count;
}

// ---- Other systems than this one

static bool write_text(const struct linux_text *text) {
    char path[200];
    (void)snprintf(path, sizeof(path), "%s", text->path);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0755);
        *slash = '/';
    }
    FILE *file = fopen(path, "we");
    if (file == NULL) return false;
    bool done = fputs(text->text, file) >= 0;
    return fclose(file) == 0 && done;
}

static bool hide_linux(void) {
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mount("none", "/sys", "tmpfs", 0, NULL) == 0 &&
           mount("none", "/proc", "tmpfs", 0, NULL) == 0;
}

void with_linux_texts(const struct linux_text *texts, size_t count, int (*body)(void)) {
    int channel[2];
    assert_int_equal(pipe(channel), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child != -1);
    if (child == 0) {
        int line = -1;
        if (hide_linux()) {
            line = 0;
            for (size_t i = 0; i < count && line == 0; i++) line = write_text(&texts[i]) ? 0 : __LINE__;
            host = mach_host_self();
            open_reply_port();
            if (line == 0) line = body();
        }
        ssize_t written = write(channel[1], &line, sizeof(line));
        _exit(written == sizeof(line) ? 0 : 1);
    }
    close(channel[1]);
    int line = -2, state;
    ssize_t got = read(channel[0], &line, sizeof(line));
    close(channel[0]);
    assert_int_equal(waitpid(child, &state, 0), child);
    if (got != sizeof(line) || !WIFEXITED(state) || WEXITSTATUS(state) != 0) fail_msg("the child died: 0x%x", state);
    if (line == -1) skip();
    if (line != 0) fail_msg("wrong in the child, at line %d", line);
}
