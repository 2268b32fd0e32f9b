#!/bin/sh
# fuzz.sh check|run SECONDS [NAME...]: builds the fuzzers of CTests/fuzz (or those named: message, calls ...) against
# .build/fuzz/lib, one after the other, runs each on its corpus and then on new inputs for so many seconds.
# `run` keeps the new inputs: all in .build/fuzzing/corpus, those that reach new code in CTests/fuzz/corpus too, to be
# committed. An input that fails is in .build/fuzzing/failures; a program of .build/fuzzing/programs repeats it when that
# file is its argument. The last input of a run is there too: NAME-last. Run at the top of the tree.
set -u

way=${1:?usage: fuzz.sh check|run SECONDS [NAME...]} seconds=${2:?}
shift 2
. CTests/checks/compiler.sh
choose_compiler asan
library=$PWD/.build/fuzz/lib out=$PWD/.build/fuzzing
longest=600 # bytes of an input
[ $# -gt 0 ] || set -- message calls requests transfer

# The program has ASan's symbolizer in reach, and ASan, not Swift, tells of crashes.
export PATH="${compiler%/*}:$PATH" SWIFT_BACKTRACE=enable=no
mkdir -p "$out/programs" "$out/failures" || exit 1

build() {
  # shellcheck disable=SC2086
  "$compiler" $flags -D_GNU_SOURCE -fsanitize=fuzzer -Iinclude -o "$out/programs/$1" \
    "CTests/fuzz/fuzz_$1.c" CTests/fuzz/fuzz_support.c -L"$library" -lmach -Wl,-rpath,"$library"
}

# What the fuzzer says is shown when something failed.
quietly() {
  log=$1
  shift
  "$@" >"$log" 2>&1 && return
  cat "$log"
  echo "  $name: FAILED: $*" >&2
  return 1
}

fuzz() {
  export FUZZ_INPUT="$out/failures/$name-last"
  program=$out/programs/$name kept=CTests/fuzz/corpus/$name
  limits="-timeout=20 -rss_limit_mb=4096 -artifact_prefix=$out/failures/$name-"
  mkdir -p "$kept"
  build "$name" || return 1
  # shellcheck disable=SC2086
  quietly "$out/$name.log" "$program" $limits -runs=0 -max_len=$longest "$kept" || return 1
  inputs=$(find "$kept" -type f | wc -l)
  corpus=$out/corpus/$name
  [ "$way" = run ] || corpus=$out/check-corpus/$name
  [ "$way" = run ] || rm -rf "$corpus"
  mkdir -p "$corpus"
  # shellcheck disable=SC2086
  quietly "$out/$name.log" "$program" $limits -max_total_time="$seconds" -max_len=$longest -print_final_stats=1 \
    "$corpus" "$kept" || return 1
  rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$out/$name.log")
  edges=$(sed -n 's/.*DONE *cov: \([0-9]*\).*/\1/p' "$out/$name.log")
  echo "  $name: $inputs kept inputs, then $seconds s at $rate a second; $edges edges"
  [ "$way" = run ] || return 0
  # shellcheck disable=SC2086
  quietly "$out/$name.merge.log" "$program" $limits -set_cover_merge=1 -use_counters=0 -use_cmp=0 -max_len=$longest \
    "$kept" "$corpus" ||
    return 1
  echo "  $name: $(find "$kept" -type f | wc -l) inputs kept now"
}

for name in "$@"; do
  fuzz || exit 1
done
