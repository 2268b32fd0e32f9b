#!/bin/sh
# soak.sh plain|asan|tsan PREFIX SECONDS [PROGRAM...]: builds every program of CTests/soak (or those named, as CTests/soak/NAME.c) against the library
# installed in PREFIX and runs each for so many seconds, one line each; what a program prints is shown when it fails. SOAK_SEED repeats a run. Run at the
# top of the tree.
set -u

kind=${1:?usage: soak.sh plain|asan|tsan PREFIX SECONDS} prefix=${2:?} seconds=${3:?}
shift 3
limit=$((seconds * 2 + 60)) # seconds a program may run before it hangs

. CTests/checks/compiler.sh
choose_compiler "$kind"
sanitize_with detect_stack_use_after_return=1 die_after_fork=0
use_library "$prefix"
export SOAK_SECONDS="$seconds"

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
