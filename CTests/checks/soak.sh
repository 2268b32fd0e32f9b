#!/bin/sh
# soak.sh plain|asan|tsan PREFIX SECONDS [PROGRAM...]: builds every program of CTests/soak (or those named, as CTests/soak/NAME.c) against the library
# installed in PREFIX and runs each for so many seconds, one line each; what a program prints is shown when it fails. SOAK_SEED repeats a run. Run at the
# top of the tree.
set -u

kind=${1:?usage: soak.sh plain|asan|tsan PREFIX SECONDS} prefix=${2:?} seconds=${3:?}
shift 3
limit=$((seconds * 2 + 60)) # seconds a program may run before it hangs

toolchain=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
flags='-std=gnu11 -g -Wall -Wextra -Werror -Wno-unused-command-line-argument -pthread'
libraries=
case $kind in
  plain) compiler=${CC:-gcc} flags="$flags -O2" ;;
  # The sanitizers' run-time libraries must be those that the Swift compiler instruments for: its own clang has them.
  asan) compiler=$toolchain/../../bin/clang flags="$flags -O1 -fno-omit-frame-pointer -fuse-ld=lld -fsanitize=address" ;;
  tsan)
    compiler=$toolchain/../../bin/clang flags="$flags -O1 -fno-omit-frame-pointer -fuse-ld=lld -fsanitize=thread"
    libraries="-L$toolchain/linux -Wl,-rpath,$toolchain/linux -ldispatch -lBlocksRuntime"
    ;;
  *) echo "soak.sh: there is no kind $kind" >&2; exit 1 ;;
esac
export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
export TSAN_OPTIONS="die_after_fork=0:halt_on_error=1${TSAN_OPTIONS:+:$TSAN_OPTIONS}"
export LD_LIBRARY_PATH="$prefix/lib" PKG_CONFIG_PATH="$prefix/lib/pkgconfig" SOAK_SECONDS="$seconds"
headers=$(pkg-config --cflags libmach) && mach=$(pkg-config --cflags --libs libmach) || exit 1

output=$prefix/soak-$kind
mkdir -p "$output" || exit 1
for shared in soak_support rights_support; do
  # shellcheck disable=SC2086
  "$compiler" $flags $headers -c CTests/soak/$shared.c -o "$output/$shared.o" || exit 1
done

if [ $# -eq 0 ]; then
  for file in CTests/soak/*.c; do
    case $file in *_support.c) ;; *) set -- "$@" "$file" ;; esac
  done
fi

programs=0 failed=0
for file in "$@"; do
  name=$(basename "$file" .c)
  # shellcheck disable=SC2086
  "$compiler" $flags "$file" "$output/soak_support.o" "$output/rights_support.o" -o "$output/$name" $mach $libraries || exit 1
  timeout -k 10 "$limit" "$output/$name" >"$output/$name.log" 2>&1
  code=$?
  programs=$((programs + 1))
  if [ $code -eq 0 ]; then
    echo "  $kind $(tail -n 1 "$output/$name.log")"
    continue
  fi
  case $code in
    124 | 137) why="it was still running after $limit s" ;;
    *) why="exit code $code" ;;
  esac
  failed=$((failed + 1))
  cat "$output/$name.log"
  echo "  $kind $name: FAILED ($why)"
done
echo "  $kind: $programs soak programs, $failed failed"
[ "$failed" -eq 0 ] && [ "$programs" -gt 0 ]
