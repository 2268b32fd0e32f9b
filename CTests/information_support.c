// Tasks' and threads' information, by call and by message, and what Linux tells of the same.
#include "information_support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

// ---- By message

kern_return_t ask_words(mach_port_t port, mach_msg_id_t id, const uint32_t *words, size_t count, uint32_t *answer,
                        size_t least, size_t most) {
    struct mig_message message;
    begin_request(&message, port, id, count == 0 ? 24 : 32 + 4 * count);
    if (count > 0) memcpy(message.bytes + 24, &NDR_record, sizeof(NDR_record));
    for (size_t i = 0; i < count; i++) set_word(&message, 32 + 4 * i, words[i]);
    kern_return_t code = exchange(&message, 36 + 4 * least, 36 + 4 * most, 0);
    if (code != KERN_SUCCESS) return code;
    size_t got = (message.header.msgh_size - 36) / 4;
    for (size_t i = 0; i < got; i++) answer[i] = word_at(&message, 36 + 4 * i);
    return code;
}

// A flavor and the room in, a count and words out, and whatever follows.
static kern_return_t get_words(mach_port_t port, mach_msg_id_t id, uint32_t flavor, integer_t *words,
                               mach_msg_type_number_t *count, uint32_t *more, size_t most) {
    uint32_t answer[64];
    const uint32_t in[] = {flavor, *count, more != NULL ? *more : 0};
    size_t rest = more != NULL ? 1 : 0;
    kern_return_t code = ask_words(port, id, in, 2 + rest, answer, 1 + rest, 1 + rest + most);
    if (code != KERN_SUCCESS) return code;
    if (answer[0] > most || answer[0] > *count) return WRONG_REPLY;
    *count = answer[0];
    for (size_t i = 0; i < *count; i++) words[i] = (integer_t)answer[1 + i];
    if (more != NULL) *more = answer[1 + *count];
    return code;
}

static kern_return_t set_words(mach_port_t port, mach_msg_id_t id, uint32_t flavor, const integer_t *words,
                               mach_msg_type_number_t count) {
    uint32_t in[64] = {flavor, count};
    for (size_t i = 0; i < count && i < 62; i++) in[2 + i] = (uint32_t)words[i];
    return ask_words(port, id, in, 2 + (count < 62 ? count : 62), NULL, 0, 0);
}

static kern_return_t m_task_info(task_name_t task, task_flavor_t flavor, task_info_t words,
                                 mach_msg_type_number_t *count) {
    return get_words(task, 3405, flavor, words, count, NULL, 52);
}
static kern_return_t m_thread_info(thread_act_t thread, thread_flavor_t flavor, thread_info_t words,
                                   mach_msg_type_number_t *count) {
    return get_words(thread, 3612, flavor, words, count, NULL, 32);
}
static kern_return_t m_task_policy_set(task_t task, task_policy_flavor_t flavor, task_policy_t words,
                                       mach_msg_type_number_t count) {
    return set_words(task, 3420, flavor, words, count);
}
static kern_return_t m_task_policy_get(task_t task, task_policy_flavor_t flavor, task_policy_t words,
                                       mach_msg_type_number_t *count, boolean_t *get_default) {
    return get_words(task, 3421, flavor, words, count, get_default, 16);
}
static kern_return_t m_thread_policy_set(thread_act_t thread, thread_policy_flavor_t flavor, thread_policy_t words,
                                         mach_msg_type_number_t count) {
    return set_words(thread, 3617, flavor, words, count);
}
static kern_return_t m_thread_policy_get(thread_act_t thread, thread_policy_flavor_t flavor, thread_policy_t words,
                                         mach_msg_type_number_t *count, boolean_t *get_default) {
    return get_words(thread, 3618, flavor, words, count, get_default, 16);
}

static kern_return_t m_task_threads(task_t task, thread_act_array_t *list, mach_msg_type_number_t *count) {
    struct mig_message message;
    begin_request(&message, task, 3402, 24);
    kern_return_t code = exchange(&message, 56, 56, 1);
    if (code != KERN_SUCCESS) return code;
    const mach_msg_ool_ports_descriptor_t *ports = (const void *)(message.bytes + 28);
    if (ports->type != MACH_MSG_OOL_PORTS_DESCRIPTOR || ports->disposition != MOVE_SEND) return WRONG_REPLY;
    if (word_at(&message, 52) != ports->count) return WRONG_REPLY;
    *list = ports->address;
    *count = ports->count;
    return code;
}

const struct information_way information_ways[2] = {
    {"by call", task_info, thread_info, task_policy_set, task_policy_get, thread_policy_set, thread_policy_get,
     task_threads},
    {"by message", m_task_info, m_thread_info, m_task_policy_set, m_task_policy_get, m_thread_policy_set,
     m_thread_policy_get, m_task_threads},
};

static void *end_at_once(void *argument) { return argument; }

int information_warm_up(void **state) {
    int result = task_warm_up(state);
    if (result != 0) return result;
    // Sanitizers start theirs with the first.
    pthread_t first;
    if (pthread_create(&first, NULL, end_at_once, NULL) != 0 || pthread_join(first, NULL) != 0) return 1;
    open_reply_port();
    thread_act_array_t list;
    mach_msg_type_number_t count;
    if (task_threads(SELF, &list, &count) != KERN_SUCCESS) return 1;
    for (mach_msg_type_number_t i = 0; i < count; i++) (void)mach_port_deallocate(SELF, list[i]);
    return vm_deallocate(SELF, (vm_address_t)list, count * sizeof(*list)) == KERN_SUCCESS ? 0 : 1;
}

// ---- Threads

static void *stand(void *argument) {
    struct standing_thread *it = argument;
    it->id = (int)syscall(SYS_gettid);
    for (;;) {
        pthread_barrier_wait(&it->steps); // it is there, or has called
        pthread_barrier_wait(&it->steps); // told what to do
        if (!it->calls) return NULL;
        it->calls = false;
        it->name = mach_thread_self();
    }
}

void start_standing(struct standing_thread *it) {
    it->calls = false;
    it->name = MACH_PORT_NULL;
    assert_int_equal(pthread_barrier_init(&it->steps, NULL, 2), 0);
    assert_int_equal(pthread_create(&it->thread, NULL, stand, it), 0);
    pthread_barrier_wait(&it->steps);
}

mach_port_t let_call(struct standing_thread *it) {
    it->calls = true;
    pthread_barrier_wait(&it->steps);
    pthread_barrier_wait(&it->steps);
    return it->name;
}

void end_standing(struct standing_thread *it) {
    pthread_barrier_wait(&it->steps);
    assert_int_equal(pthread_join(it->thread, NULL), 0);
    pthread_barrier_destroy(&it->steps);
    wait_until_gone(it->id);
}

void wait_until_gone(int id) {
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/self/task/%d", id);
    while (access(path, F_OK) == 0) sched_yield();
}

// ---- What Linux tells

// Nothing is allocated, so that reading changes nothing of what is read. The text is valid until the next call.
static const char *text_of(const char *path) {
    static char text[8192];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    size_t length = 0;
    ssize_t part;
    while (length < sizeof(text) - 1 && (part = read(file, text + length, sizeof(text) - 1 - length)) > 0)
        length += (size_t)part;
    (void)close(file);
    text[length] = '\0';
    return text;
}

long long status_line(const char *label) {
    const char *line = text_of("/proc/self/status");
    while (line != NULL && strncmp(line, label, strlen(label)) != 0) {
        line = strchr(line, '\n');
        if (line != NULL) line++;
    }
    return line != NULL ? atoll(line + strlen(label)) : -1;
}

uint64_t statm_number(unsigned n) {
    const char *text = text_of("/proc/self/statm");
    char *end = NULL;
    unsigned long long value = 0;
    for (unsigned i = 0; i < n; i++, text = end) value = strtoull(text, &end, 10);
    return value * (uint64_t)sysconf(_SC_PAGESIZE);
}

unsigned long mapping_count(void) {
    static char text[4096];
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    unsigned long count = 0;
    for (ssize_t length; (length = read(file, text, sizeof(text))) > 0;)
        for (ssize_t i = 0; i < length; i++) count += text[i] == '\n';
    (void)close(file);
    return count;
}

uint64_t cpu_clock(clockid_t clock) {
    struct timespec time;
    assert_int_equal(clock_gettime(clock, &time), 0);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int by_number(const void *one, const void *other) { return *(const int *)one - *(const int *)other; }

size_t linux_threads(int *ids, size_t room) {
    DIR *list = opendir("/proc/self/task");
    assert_non_null(list);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(list)) != NULL;)
        if (entry->d_name[0] != '.' && count < room) ids[count++] = atoi(entry->d_name);
    (void)closedir(list);
    qsort(ids, count, sizeof(*ids), by_number);
    return count;
}
