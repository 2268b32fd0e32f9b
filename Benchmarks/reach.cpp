#include "reach.hpp"

namespace {

// The part of a call's CPU time that is for nothing while every CPU has other work. On one CPU nobody spins: what a call by
// ports uses more than one by futex there is the library's work, and what it uses more beyond that under load is the spin.
double spin(const Round &round) {
    const double work = round("call/mach/64/one CPU: CPU time") - round("call/futex/64/one CPU: CPU time");
    const double loaded = round("call/mach/64/loaded: CPU time");
    return (loaded - round("call/futex/64/loaded: CPU time") - work) / loaded;
}

// How many times as much two threads do as one, in the same time.
double gain(const Round &round, const std::string &what) { return round(what + "/1") / round(what + "/2"); }

} // namespace

const std::vector<Reach> reaches = {
    {"one thread, 64 bytes / pipe", Reach::at_most, 0.25,
     [](const Round &round) { return round("one thread/mach/64") / round("one thread/pipe/64"); }},
    {"one thread, 64 bytes / ZeroMQ", Reach::at_most, 0.6,
     [](const Round &round) { return round("one thread/mach/64") / round("one thread/zeromq/64"); }},
    {"set of 100,000 / set of 1", Reach::at_most, 1.1,
     [](const Round &round) { return round("set/one member/100000") / round("set/one member/1"); }},
    {"call, two CPUs / futex", Reach::at_most, 0.5,
     [](const Round &round) { return round("call/mach/64/two CPUs") / round("call/futex/64/two CPUs"); }},
    {"call, two CPUs / ZeroMQ", Reach::at_most, 0.15,
     [](const Round &round) { return round("call/mach/64/two CPUs") / round("call/zeromq/64/two CPUs"); }},
    {"call, one CPU / futex", Reach::at_most, 1.15,
     [](const Round &round) { return round("call/mach/64/one CPU") / round("call/futex/64/one CPU"); }},
    {"call, loaded CPUs / futex", Reach::at_most, 1.15,
     [](const Round &round) { return round("call/mach/64/loaded") / round("call/futex/64/loaded"); }},
    {"spin, loaded CPUs, of CPU time", Reach::at_most, 0.05, spin},
    {"two threads' gain / malloc+memcpy", Reach::at_least, 0.9,
     [](const Round &round) { return gain(round, "own ports/mach") / gain(round, "own ports/malloc+memcpy"); }},
    {"allocate + destroy / pipe", Reach::at_most, 0.2,
     [](const Round &round) { return round("port/allocate+destroy") / round("one thread/pipe/64"); }},
    {"bytes per port with send right", Reach::at_most, 200,
     [](const Round &round) { return round("footprint/port with send right: bytes"); }},
    {"names of 1,000,000 / memcpy", Reach::at_most, 2,
     [](const Round &round) { return round("names/mach/1000000") / round("names/mmap+memcpy/1000000"); }},
    {"mach_absolute_time / clock_gettime", Reach::at_most, 1.3,
     [](const Round &round) { return round("time/mach_absolute_time") / round("time/clock_gettime"); }},
    {"semaphore, signal + wait / sem_t", Reach::at_most, 2,
     [](const Round &round) { return round("semaphore/mach/signal+wait") / round("semaphore/sem_t/signal+wait"); }},
    {"allocate + deallocate / mmap", Reach::at_most, 1.3,
     [](const Round &round) { return round("allocate/mach/65536") / round("allocate/mmap/65536"); }},
    {"linking, ms at start", Reach::at_most, 1,
     [](const Round &round) { return (round("start/linked") - round("start/empty")) / 1e6; }},
    {"linking, MiB", Reach::at_most, 1,
     [](const Round &round) { return (round("start/linked: bytes") - round("start/empty: bytes")) / (1 << 20); }},

    // What has been reached before, and is to stay.
    {"set of 10,000 / set of 1", Reach::at_most, 1.3,
     [](const Round &round) { return round("set/one member/10000") / round("set/one member/1"); }},
    {"call, any CPU / futex", Reach::at_most, 1.6,
     [](const Round &round) { return round("call/mach/64/any CPU") / round("call/futex/64/any CPU"); }},
    {"RPC by stubs / by mach_msg", Reach::at_most, 1.15,
     [](const Round &round) { return round("rpc/stubs") / round("rpc/mach_msg"); }},
    {"copied 4 KiB / memcpy", Reach::at_most, 1.1,
     [](const Round &round) { return round("memory/copied/4096") / round("memory/mmap+memcpy/4096"); }},
    {"copied 1 MiB / memcpy", Reach::at_most, 1.1,
     [](const Round &round) { return round("memory/copied/1048576") / round("memory/mmap+memcpy/1048576"); }},
    {"copied 64 MiB / memcpy", Reach::at_most, 1.1,
     [](const Round &round) { return round("memory/copied/67108864") / round("memory/mmap+memcpy/67108864"); }},
    {"moved 64 MiB / 4 KiB", Reach::at_most, 1.3,
     [](const Round &round) { return round("memory/moved/67108864") / round("memory/moved/4096"); }},
    {"1,000 ports / 1,000 messages", Reach::at_most, 0.5,
     [](const Round &round) { return round("ports/one message") / round("ports/a message each"); }},
    {"event of a port / eventfd", Reach::at_most, 1.3,
     [](const Round &round) {
         return (round("one thread/mach, watched/64") - round("one thread/mach/64")) / round("one thread/eventfd/8");
     }},
    {"bytes per port", Reach::at_most, 320, [](const Round &round) { return round("footprint/port: bytes"); }},

    {"arm + cancel of 500 timers / timerfd", Reach::told, 0,
     [](const Round &round) { return round("timer/arm+cancel/mach/500") / round("timer/arm+cancel/timerfd/500"); }},
    {"timer for now / timerfd", Reach::told, 0,
     [](const Round &round) {
         return round("timer/arm for now+receive/mach") / round("timer/arm for now+receive/timerfd");
     }},
    {"host_statistics64 / reading its texts", Reach::told, 0,
     [](const Round &round) { return round("host/memory/mach") / round("host/memory/read"); }},
    {"host_processor_info / reading its texts", Reach::told, 0,
     [](const Round &round) { return round("host/ticks/mach") / round("host/ticks/read"); }},
    {"call, two CPUs / cache line", Reach::told, 0,
     [](const Round &round) { return round("call/mach/64/two CPUs") / round("cache line/two CPUs"); }},
    {"call, one CPU / futex, CPU time", Reach::told, 0,
     [](const Round &round) {
         return round("call/mach/64/one CPU: CPU time") / round("call/futex/64/one CPU: CPU time");
     }},
    {"one thread, 64 bytes / malloc+memcpy", Reach::told, 0,
     [](const Round &round) { return round("one thread/mach/64") / round("one thread/malloc+memcpy/64"); }},
    {"kernel: message / call", Reach::told, 0,
     [](const Round &round) { return round("mach_port_type/message") / round("mach_port_type/call"); }},
    {"call each ms, more CPU than futex, of 1 ms", Reach::told, 0,
     [](const Round &round) {
         return (round("call each ms/mach: CPU time") - round("call each ms/futex: CPU time")) / 1e6;
     }},
    {"semaphore, turns on one CPU / sem_t", Reach::told, 0,
     [](const Round &round) {
         return round("semaphore/mach/turns, one CPU") / round("semaphore/sem_t/turns, one CPU");
     }},
    {"receive in vain, of its time", Reach::told, 0,
     [](const Round &round) {
         return round("receive in vain for 50 ms/mach: CPU time") / round("receive in vain for 50 ms/mach");
     }},
};
