#!/bin/sh
# bench-plots.sh FROM TO: draws latency.svg and ports.svg in the folder TO, of what a run of the benchmarks left in the folder FROM. Run at the top of the
# tree.
set -u

from=${1:?usage: bench-plots.sh FROM TO} to=${2:?}
failed=0

# draw PLOT FILE...: the plot needs these files.
draw() {
  plot=$1
  shift
  for file in "$@"; do
    [ -f "$from/$file" ] || { echo "no $plot.svg: the last run had no rows for $file" >&2; failed=1; return; }
  done
  gnuplot -e "from='$from'; to='$to'" "Benchmarks/$plot.gp" && echo "$to/$plot.svg" || failed=1
}

draw latency calls.dat one-thread.dat
draw ports sets.dat
[ "$failed" -eq 0 ]
