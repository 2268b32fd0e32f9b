#!/bin/sh
# ctests.sh plain|asan|tsan PREFIX OUTPUT [PROGRAM...]: builds every CTests/test_*.c (or those named) against the library installed in
# PREFIX and runs it, one line each; what a program prints is shown when it fails. Run at the top of the tree.
set -u

kind=${1:?usage: ctests.sh plain|asan|tsan PREFIX OUTPUT} prefix=${2:?} output=${3:?}
shift 3
limit=300 # seconds a program may run

toolchain=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
flags='-std=gnu11 -g -Wall -Wextra -Werror -Wno-unused-command-line-argument -pthread'
libraries='-lcmocka'
case $kind in
  plain) compiler=${CC:-gcc} flags="$flags -O2" ;;
  # The sanitizers' run-time libraries must be those that the Swift compiler instruments for: its own clang has them.
  asan) compiler=$toolchain/../../bin/clang flags="$flags -O1 -fno-omit-frame-pointer -fuse-ld=lld -fsanitize=address" ;;
  tsan)
    compiler=$toolchain/../../bin/clang flags="$flags -O1 -fno-omit-frame-pointer -fuse-ld=lld -fsanitize=thread"
    libraries="$libraries -L$toolchain/linux -Wl,-rpath,$toolchain/linux -ldispatch -lBlocksRuntime"
    ;;
  *) echo "ctests.sh: there is no kind $kind" >&2; exit 1 ;;
esac
export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
export TSAN_OPTIONS="die_after_fork=0:halt_on_error=1${TSAN_OPTIONS:+:$TSAN_OPTIONS}"
export LD_LIBRARY_PATH="$prefix/lib" PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
mach=$(pkg-config --cflags --libs libmach) || exit 1

mkdir -p "$output" || exit 1
shared=
for file in CTests/*.c; do
  case $file in CTests/test_*) ;; *) shared="$shared $file" ;; esac
done
[ $# -gt 0 ] || set -- CTests/test_*.c

# What the programs share is compiled once; the programs on two processors.
objects=
for file in $shared; do
  object=$output/$(basename "$file" .c).o
  # shellcheck disable=SC2086
  "$compiler" $flags $(pkg-config --cflags libmach) -c "$file" -o "$object" || exit 1
  objects="$objects $object"
done
export compiler flags mach libraries objects output
# shellcheck disable=SC2016
printf '%s\n' "$@" | xargs -n 1 -P 2 sh -c '
  "$compiler" $flags "$1" $objects -o "$output/$(basename "$1" .c)" $mach $libraries || exit 255' build || exit 1

programs=0 tests=0 failed=0
for file in "$@"; do
  name=$(basename "$file" .c)
  start=$(date +%s.%N)
  timeout -k 10 "$limit" "$output/$name" >"$output/$name.log" 2>&1
  code=$?
  took=$(date +%s.%N | awk -v start="$start" '{ printf "%.1f s", $1 - start }')
  passed=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s).*/\1/p' "$output/$name.log" | awk '{ n += $1 } END { print n + 0 }')
  programs=$((programs + 1)) tests=$((tests + passed))
  if [ $code -eq 0 ] && [ "$passed" -gt 0 ]; then
    echo "  $kind $name: $passed passed, $took"
    continue
  fi
  case $code in
    0) why='it ran no test' ;;
    124 | 137) why="it was still running after $limit s" ;;
    *) why="exit code $code" ;;
  esac
  failed=$((failed + 1))
  cat "$output/$name.log"
  echo "  $kind $name: FAILED ($why), $passed passed, $took"
done
echo "  $kind: $tests tests in $programs programs, $failed programs failed"
[ "$failed" -eq 0 ] && [ "$programs" -gt 0 ]
