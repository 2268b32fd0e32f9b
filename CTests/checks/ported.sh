#!/bin/sh
# ported.sh PREFIX OUTPUT: builds the tools in CTests/ported, which are written as Darwin's are, against what is installed in PREFIX, with gcc and
# clang and what pkg-config says of libmach-darwin; runs them, and holds what they print against /proc and what they made themselves.
# Run at the top of the tree.
set -u
export LC_ALL=C

prefix=${1:?usage: ported.sh PREFIX OUTPUT} output=${2:?}
export LD_LIBRARY_PATH="$prefix/lib" PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
flags=$(pkg-config --cflags --libs libmach-darwin) || exit 1

failed=0
complain() {
  echo "$*" >&2
  failed=1
}

# run NAME ARGUMENT...: of the compiler that is tried; what it prints is in $log.
run() {
  tool=$1
  shift
  log=$folder/$tool.log
  timeout -k 10 60 "$folder/$tool" "$@" >"$log" 2>&1 && return
  code=$?
  cat "$log" >&2
  complain "$kind: $tool $* ends with $code"
  return 1
}

# row NAME: what portlist says of a name.
row() { awk -v name="$1" '$1 == name' "$log"; }

# shows WHAT PATTERN: the name that was made as WHAT has a row like this.
shows() {
  name=$(awk -v what="$1" '$1 == "made" && $3 == what { print $2 }' "$log")
  # The objects are tokens, and blanks are of any number.
  row "$name" | tr -s ' ' | grep -qxE "$name 0x[0-9a-f]{8} $2" || complain "$kind: portlist shows $1 as: $(row "$name")"
}

check_portlist() {
  run portlist -e || return
  shows receive 'recv 0 0/5 0 0 4 -P -'
  shows both 'recv,send 5 0/7 0 1 0 S- dead-name,no-senders'
  shows queue 'recv 0 3/5 0 3 0 SP port-destroyed'
  shows once 'once 1 - - - - -- -'
  shows set 'set 0 - - - - -- -'
  shows dead 'dead 2 - - - - -- -'
  shows host 'send [0-9]+ - - - - -- kernel -'
  shows task 'send 1 - - - - -- kernel -'
  members=$(awk '$3 == "set" && $1 != "made" { found = 1; next } found && $1 == "member" { print $2; next } { found = 0 }' "$log" | sort | tr '\n' ' ')
  wanted=$(awk '$1 == "made" && ($3 == "receive" || $3 == "queue") { print $2 }' "$log" | sort | tr '\n' ' ')
  [ "$members" = "$wanted" ] || complain "$kind: portlist shows the members $members, not $wanted"
  grep -qE '^total [0-9]+ names: 3 receive, [0-9]+ send, 1 send-once, 1 sets, 1 dead; 3 messages' "$log" ||
    complain "$kind: portlist adds up to: $(tail -n 1 "$log")"
  [ "$(grep -c '^0x' "$log")" -eq "$(awk '$1 == "total" { print $2 }' "$log")" ] || complain "$kind: portlist counts other names than it shows"
  grep -q '^Process ([0-9]*) : portlist$' "$log" || complain "$kind: portlist does not know its name"
  run portlist -v && grep -q 'kernel object [0-9]' "$log" || complain "$kind: portlist -v shows no kernel objects"
}

# benchmark REQUESTS MESSAGES-PER-REQUEST ARGUMENT...
benchmark() {
  requests=$1 each=$2
  shift 2
  run portbench "$@" || return
  grep -qx "requests sent: $requests, received: $requests" "$log" || complain "$kind: portbench $*: $(grep requests "$log")"
  awk -v messages=$((requests * each)) '
    $1 == "messages:" && $2 == messages && $4 > 0 { seconds = $4; good++ }
    $1 == "rate:" && $2 > 0 { good++ }
    $1 == "cost:" && $2 > 0 { good++; if (seconds > 0 && ($2 * messages / 1e6 > seconds * 1.1 + 0.01 || $2 * messages / 1e6 < seconds * 0.9 - 0.01)) bad = 1 }
    END { exit !(good == 3 && !bad) }' "$log" || { cat "$log" >&2; complain "$kind: portbench $* prints no rate that fits"; }
}

check_portbench() {
  benchmark 2000 2 -n 2000
  benchmark 4000 2 -k inline -n 1000 -c 4 -s 2
  benchmark 600 2 -k complex -n 200 -c 3 -s 2 -t 2
  benchmark 2000 1 -o -n 2000
  benchmark 2000 1 -o -k inline -p 8 -n 500 -c 4 -t 3
  benchmark 400 1 -o -k complex -p 3 -n 200 -c 2 -s 2
  benchmark 6000 2 -p 50 -n 1000 -c 6 -s 3 -t 2
  # For so long, not so often.
  run portbench -d 0.3 -c 2 -s 2 || return
  awk '$1 == "requests" { exit !($3 > 0 && $3 == $5 ",") }' "$log" || complain "$kind: portbench -d: $(grep requests "$log")"
  awk '$1 == "messages:" { exit !($4 >= 0.3) }' "$log" || complain "$kind: portbench -d ends early: $(grep messages: "$log")"
}

# meminfo KEY: bytes.
meminfo() { awk -v key="$1:" '$1 == key { printf "%.0f\n", $2 * 1024 }' /proc/meminfo; }

# between BEFORE NUMBER AFTER [TOLERANCE]
between() {
  awk -v a="$1" -v n="$2" -v b="$3" -v t="${4:-0}" 'BEGIN { low = a < b ? a : b; high = a < b ? b : a; exit !(n + t >= low && n - t <= high) }'
}

check_hostinfo() {
  before=$(cut -d ' ' -f 1 /proc/loadavg)
  run hostinfo || return
  after=$(cut -d ' ' -f 1 /proc/loadavg)
  [ "$(sed -n 2p "$log")" = "	$(uname -srvm)" ] || complain "$kind: hostinfo: $(sed -n 2p "$log")"
  processors=$(getconf _NPROCESSORS_ONLN)
  grep -qx "$processors processors are logically available." "$log" || complain "$kind: hostinfo: $(grep logically "$log")"
  awk '$1 == "Processors" { exit !(NF - 2 == '"$processors"') }' "$log" || complain "$kind: hostinfo: $(grep active "$log")"
  machine=$(uname -m)
  [ "$machine" != aarch64 ] || machine=arm64
  grep -q "^Processor type: $machine (" "$log" || complain "$kind: hostinfo: $(grep type "$log")"
  grep -q "($(meminfo MemTotal) bytes)" "$log" || complain "$kind: hostinfo: $(grep memory "$log")"
  load=$(sed -n 's/^Load average: \([0-9.]*\),.*/\1/p' "$log")
  between "$before" "$load" "$after" 0.011 || complain "$kind: hostinfo: load $load between $before and $after"
  grep -qE '^Default processor set: [1-9][0-9]* tasks, [1-9][0-9]* threads, [1-9][0-9]* processors$' "$log" ||
    complain "$kind: hostinfo: $(grep Default "$log")"
}

# Memory is taken and given back all the time: a figure has to lie between two looks once in so many.
check_figure() {
  for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    before=$(meminfo "$2")
    run memstat || return
    after=$(meminfo "$2")
    pages=$(sed -n "s/^Pages $1: *\\([0-9]*\\)\\.\$/\\1/p" "$log")
    between "$((before / page))" "${pages:--1}" "$((after / page))" && return
  done
  complain "$kind: memstat: $1 is $pages pages, $((before / page)) before and $((after / page)) after, $try times"
}

check_memstat() {
  page=$(getconf PAGESIZE)
  check_figure free MemFree
  check_figure active Active
  check_figure inactive Inactive
  grep -q "(page size of $page bytes)" "$log" || complain "$kind: memstat: $(sed -n 1p "$log")"
  before=$(awk '$1 == "pgfault" { print $2 }' /proc/vmstat)
  run memstat || return
  after=$(awk '$1 == "pgfault" { print $2 }' /proc/vmstat)
  faults=$(sed -n 's/^"Translation faults": *\([0-9]*\)\.$/\1/p' "$log")
  between "$before" "$faults" "$after" || complain "$kind: memstat: $faults faults between $before and $after"
  start=$(date +%s%N)
  run memstat -c 4 0.1 || return
  [ $(($(date +%s%N) - start)) -ge 300000000 ] || complain "$kind: memstat does not wait"
  [ "$(wc -l <"$log")" -eq 5 ] || { cat "$log" >&2; complain "$kind: memstat -c 4 prints $(wc -l <"$log") lines"; }
  # Since the start in the first line, since the line before in the others.
  awk 'NR == 2 { first = $7 } NR > 2 && $7 >= first { bad = 1 } NR > 1 && NF != 11 { bad = 1 } END { exit !(first > 0 && !bad) }' "$log" ||
    { cat "$log" >&2; complain "$kind: memstat -c 4 does not count from line to line"; }
}

# Who calls them wrongly is told how to.
check_usage() {
  for tool in $tools; do
    timeout 10 "$folder/$tool" -Z >"$folder/$tool.log" 2>&1
    code=$?
    [ $code -eq 64 ] && grep -q "^usage: $tool" "$folder/$tool.log" || complain "$kind: $tool -Z ends with $code"
  done
}

tools='portlist portbench hostinfo memstat'
for tool in CTests/ported/*.c; do
  case " $tools " in *" $(basename "$tool" .c) "*) ;; *) complain "nobody runs $tool" ;; esac
done
found=$(grep -nE '#[[:space:]]*(if|ifdef|ifndef|elif)|linux|Linux' CTests/ported/*.c) && complain "a ported tool knows where it is: $found"

for kind in gcc clang; do
  compiler=$kind
  [ "$kind" = gcc ] || compiler=${CLANG:-clang}
  folder=$output/$kind
  mkdir -p "$folder" || exit 1
  for tool in $tools; do
    # shellcheck disable=SC2086
    "$compiler" -Wall -Wextra -Werror -o "$folder/$tool" "CTests/ported/$tool.c" $flags || exit 1
  done
  check_portlist
  check_portbench
  check_hostinfo
  check_memstat
  check_usage
done
[ "$failed" -eq 0 ] && echo "$(echo "$tools" | wc -w) tools, built by gcc and clang, print what is so"
