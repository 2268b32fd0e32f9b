#!/bin/sh
# races.sh asan|tsan PREFIX SEEDS [RACE...]: builds CTests/races against the checked library installed in PREFIX and runs every race, or those named, with
# so many seeds, one line each: seeds, distinct courses of turns, time. RACE_SEED is the first seed. Run at the top of the tree.
set -u

kind=${1:?usage: races.sh asan|tsan PREFIX SEEDS [RACE...]} prefix=${2:?} seeds=${3:?}
shift 3
limit=$((seeds + 600)) # seconds that all of it may take

toolchain=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
compiler=$toolchain/../../bin/clang
flags='-std=gnu11 -g -O1 -fno-omit-frame-pointer -Wall -Wextra -Werror -Wno-unused-command-line-argument -pthread -fuse-ld=lld'
libraries=
case $kind in
  asan) flags="$flags -fsanitize=address" ;;
  tsan)
    flags="$flags -fsanitize=thread"
    libraries="-L$toolchain/linux -Wl,-rpath,$toolchain/linux -ldispatch -lBlocksRuntime"
    ;;
  *) echo "races.sh: there is no kind $kind" >&2; exit 1 ;;
esac
export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
export TSAN_OPTIONS="halt_on_error=1:report_thread_leaks=0${TSAN_OPTIONS:+:$TSAN_OPTIONS}"
export LD_LIBRARY_PATH="$prefix/lib" PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
export RACE_COMMAND="CTests/checks/races.sh $kind $prefix"
mach=$(pkg-config --cflags --libs libmach) || exit 1

program=$prefix/races-$kind
# shellcheck disable=SC2086
"$compiler" $flags CTests/races/*.c CTests/soak/rights_support.c -o "$program" $mach $libraries || exit 1
timeout -k 10 "$limit" "$program" "$seeds" "$@"
code=$?
case $code in
  0) exit 0 ;;
  124 | 137) echo "  $kind races: FAILED, still running after $limit s" ;;
  *) echo "  $kind races: FAILED (exit code $code)" ;;
esac
exit 1
