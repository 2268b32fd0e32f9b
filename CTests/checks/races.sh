#!/bin/sh
# races.sh asan|tsan PREFIX SEEDS [RACE...]: builds CTests/races against the checked library installed in PREFIX and runs every race, or those named, with
# so many seeds, one line each: seeds, distinct courses of turns, time. RACE_SEED is the first seed. Run at the top of the tree.
set -u

kind=${1:?usage: races.sh asan|tsan PREFIX SEEDS [RACE...]} prefix=${2:?} seeds=${3:?}
shift 3
limit=$((seeds + 600)) # seconds that all of it may take

. CTests/checks/compiler.sh
# The shipped library cannot run a race.
[ "$kind" != plain ] || { echo "races.sh: there is no kind $kind" >&2; exit 1; }
choose_compiler "$kind"
sanitize_with detect_stack_use_after_return=0 report_thread_leaks=0
use_library "$prefix"
export RACE_COMMAND="CTests/checks/races.sh $kind $prefix"

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
