#!/bin/sh
# errors.sh check|update: the list of errors in docs/man/mach_error.3 is that of Sources/CMach/errors.def, and every code that a public header
# defines is in it. `update` writes the list. Run at the top of the tree.
set -u
export LC_ALL=C

mode=${1:?usage: errors.sh check|update} table=Sources/CMach/errors.def page=docs/man/mach_error.3
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

failed=0
complain() {
  echo "$*" >&2
  failed=1
}

# One line for each code: type, constant, text, between bars.
{
  echo '#define MACH_ERROR_CODE(type, constant, text) @ type #constant text'
  echo '#define MACH_ERROR_UNIX(constant, text) @ "(os/unix)" #constant text'
  echo '#define MACH_ERROR_EXTRA(constant, text) @ "extra" #constant text'
  cat "$table"
} | gcc -E -P -x c - | sed 's/@/\n@/g' | sed -n 's/^@ *"\([^"]*\)" *"\([^"]*\)" *"\([^"]*\)" *$/\1|\2|\3/p' >"$scratch/rows"
[ "$(wc -l <"$scratch/rows")" -gt 200 ] || complain "$table: only $(wc -l <"$scratch/rows") codes were found"

# The list, as mdoc: a heading for each type.
heading() {
  case $1 in
    '(os/kern)') echo 'Calls: (os/kern)' ;;
    '(ipc/send)') echo 'Sending: (ipc/send)' ;;
    '(ipc/rcv)') echo 'Receiving: (ipc/rcv)' ;;
    extra) echo 'Bits that codes of mach_msg may have besides' ;;
    '(ipc/mig)') echo 'Stubs: (ipc/mig)' ;;
    '(server/netname)') echo 'Network names: (server/netname)' ;;
    '(server/bootstrap)') echo 'Bootstrap: (server/bootstrap)' ;;
    '(os/unix)') echo 'The system: (os/unix)' ;;
    *) echo "$1" ;;
  esac
}
previous=
while IFS='|' read -r type constant text; do
  if [ "$type" != "$previous" ]; then
    [ -z "$previous" ] || echo .El
    printf '.Ss %s\n.Bl -tag -width Ds -compact\n' "$(heading "$type")"
    previous=$type
  fi
  printf '.It Dv %s\n%s\n' "$constant" "$text"
done <"$scratch/rows" >"$scratch/list"
echo .El >>"$scratch/list"

begin='.." The list begins.' end='.." The list ends.'
case $mode in
  update)
    sed "/^$begin/q" "$page" >"$scratch/page"
    cat "$scratch/list" >>"$scratch/page"
    sed -n "/^$end/,\$p" "$page" >>"$scratch/page"
    cp "$scratch/page" "$page"
    ;;
  check)
    sed -n "/^$begin/,/^$end/p" "$page" | sed '1d;$d' | diff - "$scratch/list" >"$scratch/diff" ||
      complain "$page does not list what $table says; CTests/checks/errors.sh update mends that:
$(head -n 20 "$scratch/diff")"
    ;;
  *) complain "usage: errors.sh check|update" ;;
esac

# Codes of the public headers.
cut -d '|' -f 2 "$scratch/rows" | sort >"$scratch/known"
{
  sed -n 's/^#define \(KERN_[A-Z0-9_]*\) *[0-9][0-9]* .*/\1/p' include/mach/kern_return.h
  sed -n 's/^#define \(MACH_[A-Z_]*\) *0x1000[0-9a-f]* .*/\1/p' include/mach/message.h | grep -E '^MACH_(SEND|RCV)_' |
    grep -vxE 'MACH_RCV_(OVERWRITE|GUARDED_DESC)'
  sed -n 's/^#define \(MIG_[A-Z_]*\) *-3[0-9]* .*/\1/p' include/mach/mig_errors.h
  sed -n 's/^#define \(BOOTSTRAP_[A-Z_]*\) *11[0-9]* .*/\1/p' include/servers/bootstrap_defs.h
} | sort >"$scratch/declared"
for constant in $(comm -23 "$scratch/declared" "$scratch/known"); do complain "$table has no words for $constant"; done

echo "$(wc -l <"$scratch/rows") errors, $(wc -l <"$scratch/declared") of them in the headers"
[ "$failed" -eq 0 ]
