#!/bin/sh
# instructions.sh check|update PREFIX: how many instructions inside the library installed in PREFIX each operation of Benchmarks/instructions takes, under
# callgrind. `check` fails where one is more than 3 % off the baseline for this version of Swift and this processor, Benchmarks/instructions/VERSION-PROCESSOR.txt,
# and only prints where there is none; `update` writes the baseline. Run at the top of the tree.
set -u

mode=${1:?usage: instructions.sh check|update PREFIX} prefix=${2:?}
case $mode in
  check | update) ;;
  *) echo "instructions.sh: there is no mode $mode" >&2; exit 1 ;;
esac
times=500 # each operation runs so often, and twice as often: what the second run takes more is theirs alone
tolerance=3 # per cent

version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
baseline=Benchmarks/instructions/${version:?swift does not say its version}-$(uname -m).txt

export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
scratch=$prefix/instructions
rm -rf "$scratch" && mkdir -p "$scratch" || exit 1
# valgrind does not read all debug information that the compiler writes.
cp -P "$prefix"/lib/libmach.so* "$scratch" && strip -g "$scratch"/libmach.so.*.*.* || exit 1
flags=$(pkg-config --cflags --libs libmach) || exit 1
# shellcheck disable=SC2086
${CC:-gcc} -std=gnu11 -O2 -Wall -Wextra -Werror -o "$scratch/operations" Benchmarks/instructions/operations.c $flags || exit 1
export LD_LIBRARY_PATH="$scratch"

# Prints the instructions inside the library in a run of `operations OPERATION COUNT`.
# After a line `calls=` comes what the called function took, which is counted where it was spent.
run() {
  out=$scratch/$1.$2
  valgrind --tool=callgrind --callgrind-out-file="$out" --compress-strings=no --compress-pos=no \
    "$scratch/operations" "$1" "$2" >"$out.log" 2>&1 || { cat "$out.log" >&2; return 1; }
  awk '/^ob=/ { ours = /\/libmach\.so/ } /^calls=/ { getline; next } ours && /^[0-9+*-]/ { sum += $2 } END { printf "%d\n", sum }' "$out"
}

measure() {
  once=$(run "$1" $times) && twice=$(run "$1" $((2 * times))) || return 1
  [ "$once" -gt 0 ] || { echo "instructions.sh: callgrind saw nothing of the library in $1" >&2; return 1; }
  echo "$1 $(((twice - once + times / 2) / times))"
}

figures=$scratch/figures
for operation in $("$scratch/operations"); do
  measure "$operation" || exit 1
done >"$figures"

if [ "$mode" = update ]; then
  cp "$figures" "$baseline" || exit 1
  echo "  written: $baseline"
fi
if [ ! -f "$baseline" ]; then
  awk '{ printf "  %-28s %7d\n", $1, $2 }' "$figures"
  echo "  There is no baseline for Swift $version on $(uname -m), so nothing is compared: instructions.sh update makes it."
  exit 0
fi
awk -v tolerance=$tolerance -v baseline="$baseline" '
  NR == FNR { if (NF == 2) wanted[$1] = $2; next }
  {
    difference = ($1 in wanted) && wanted[$1] > 0 ? 100 * ($2 - wanted[$1]) / wanted[$1] : 0
    verdict = !($1 in wanted) ? ", not in the baseline" : difference > tolerance ? ", too many" : difference < -tolerance ? ", fewer: update keeps that" : ""
    printf "  %-28s %7d instructions, baseline %7d, %+5.1f %%%s\n", $1, $2, wanted[$1], difference, verdict
    if (verdict != "") wrong++
    delete wanted[$1]
  }
  END {
    for (name in wanted) if (wanted[name] != "") { printf "  %s is in the baseline alone\n", name; wrong++ }
    if (wrong) printf "  %d differ from %s by more than %d %%\n", wrong, baseline, tolerance
    exit wrong ? 1 : 0
  }' "$baseline" "$figures"
