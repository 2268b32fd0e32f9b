#!/bin/sh
# ctests.sh plain|asan|tsan PREFIX OUTPUT [PROGRAM...]: builds every CTests/test_*.c (or those named) against the library installed in
# PREFIX and runs it, one line each; what a program prints is shown when it fails. With SUITE=darwin in the environment these are
# CTests/darwin/test_*.c, built as ported programs are. Run at the top of the tree.
set -u

kind=${1:?usage: ctests.sh plain|asan|tsan PREFIX OUTPUT} prefix=${2:?} output=${3:?}
shift 3
limit=300 # seconds a program may run

. CTests/checks/compiler.sh
choose_compiler "$kind"
sanitize_with detect_stack_use_after_return=1 die_after_fork=0
folder=CTests package=libmach
[ -z "${SUITE:-}" ] || folder=CTests/$SUITE package=libmach-$SUITE
use_library "$prefix" "$package"

mkdir -p "$output" || exit 1
shared=
for file in "$folder"/*.c; do
  case $file in "$folder"/test_*) ;; *) shared="$shared $file" ;; esac
done
[ $# -gt 0 ] || set -- "$folder"/test_*.c

# What the programs share is compiled once; the programs on two processors.
objects=
for file in $shared; do
  object=$output/$(basename "$file" .c).o
  # shellcheck disable=SC2086
  "$compiler" $flags $headers -c "$file" -o "$object" || exit 1
  objects="$objects $object"
done
export compiler flags mach libraries objects output
# shellcheck disable=SC2016
printf '%s\n' "$@" | xargs -n 1 -P 2 sh -c '
  "$compiler" $flags "$1" $objects -o "$output/$(basename "$1" .c)" $mach -lcmocka $libraries || exit 255' build || exit 1

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
