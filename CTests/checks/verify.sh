#!/bin/sh
# verify.sh [NAME...]: spin searches every model, docs/models/NAME.pml, or those named, to the end. A model must hold in each of its scenarios, with every
# statement reached, and each of its mutants must be found wrong. One line for each model: states, time, mutants. What it makes is in .build/verify. Run at
# the top of the tree.
set -u
export LC_ALL=C

scratch=.build/verify
jobs=2     # searches at a time
memory=450 # MiB that each of them may take
limit=900  # seconds that each of them may take

# numbers WORD NAME: those that the model's #if lines compare WORD with.
numbers() { grep -oE "$1 [!=]= [0-9]+" "docs/models/$2.pml" | grep -oE '[0-9]+$' | sort -nu; }

# statements LOG: what a search lists as never reached, each with the number of its places: one in an inline has several. Not every thread has an end.
statements() { sed -nE '/"-end-"$/d; s/^\t[^ ]*:([0-9]+), state [0-9]+, /\1 /p' "$1" | sort | uniq -c | sed 's/^ *//' | sort; }

# search NAME SCENARIO|MUTANT N: one search. What came of it is in the file `result`; in `never`, what it never reached in any place.
search() {
  place=$scratch/$1/$2-$3
  mkdir -p "$place" && cp "docs/models/$1.pml" "$place" && cd "$place" || exit 1
  echo 'FAILED: spin or gcc, see log' >result
  spin -a "-D$2=$3" "$1.pml" >log 2>&1 && gcc -w -DSAFETY -DMEMLIM=$memory -o pan pan.c >>log 2>&1 || return
  timeout -k 10 $limit ./pan -m10000 -w22 >log 2>&1
  code=$?
  if [ $code -eq 0 ] && grep -qE '(assertion violated|invalid end state) ' log; then
    sed -nE 's/^pan:1: (.*) \(at depth.*/wrong: \1/p' log
  elif [ $code -ne 0 ] || ! grep -q 'errors: 0$' log || grep -qE 'max search depth too small|out of memory' log; then
    echo "FAILED: exit code $code, see log"
  else
    echo "holds $(sed -nE 's/^ *([0-9]+) states, stored.*/\1/p' log) $(sed -nE 's/^pan: elapsed time ([0-9.]+) .*/\1/p' log)"
    # A search of one step reaches nothing, and so lists everything.
    ./pan -m1 >all 2>&1
    statements all >all.statements
    statements log >log.statements
    comm -12 all.statements log.statements | cut -d ' ' -f 2- | sort >never
  fi >result
}

if [ "${1:-}" = --search ]; then
  search "$2" "$3" "$4"
  exit 0
fi

if [ $# -eq 0 ]; then
  for model in docs/models/*.pml; do set -- "$@" "$(basename "$model" .pml)"; done
fi
for name in "$@"; do
  [ -f "docs/models/$name.pml" ] || { echo "verify.sh: there is no model $name" >&2; exit 1; }
  rm -rf "${scratch:?}/$name"
done
for name in "$@"; do
  scenarios=$(numbers SCENARIO "$name")
  for n in ${scenarios:-1}; do echo "$name SCENARIO $n"; done
  for n in $(numbers MUTANT "$name"); do echo "$name MUTANT $n"; done
done | xargs -P $jobs -L 1 "$0" --search || exit 1

failed=0
complain() {
  echo "  $name: FAILED, $*"
  failed=1
}

for name in "$@"; do
  states=0 seconds=0 mutants=0 found=0
  rm -f "$scratch/$name/never"
  for place in "$scratch/$name"/SCENARIO-*; do
    read -r word count time <"$place/result"
    if [ "$word" != holds ]; then
      complain "scenario ${place##*-}: $(cat "$place/result")"
      echo "  (cd $place && spin -t -p -g -l -DSCENARIO=${place##*-} $name.pml) shows how it comes to that"
      continue
    fi
    states=$((states + count))
    seconds=$(echo "$seconds $time" | awk '{ printf "%.1f", $1 + $2 }')
    # What no scenario reaches.
    if [ -f "$scratch/$name/never" ]; then
      comm -12 "$scratch/$name/never" "$place/never" >"$place/both" && mv "$place/both" "$scratch/$name/never"
    else
      cp "$place/never" "$scratch/$name/never"
    fi
  done
  [ ! -f "$scratch/$name/never" ] || while read -r line text; do
    sed -n "${line}p" "docs/models/$name.pml" | grep -q 'never reached' || complain "line $line is never reached: $text"
  done <"$scratch/$name/never"
  for n in $(numbers MUTANT "$name"); do
    mutants=$((mutants + 1))
    result=$(cat "$scratch/$name/MUTANT-$n/result")
    case $result in
      wrong:*) found=$((found + 1)) ;;
      *) complain "mutant $n is not found wrong: $result" ;;
    esac
  done
  [ $mutants -gt 0 ] || complain 'it has no mutants'
  echo "  $name: $states states, $seconds s, $found of $mutants mutants found"
done
exit $failed
