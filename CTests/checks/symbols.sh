#!/bin/sh
# symbols.sh LIBRARY MAP ship|checked: holds a built library against its map, both ways; a shipped one also against what a distribution asks of it.
set -u
export LC_ALL=C

library=${1:?usage: symbols.sh LIBRARY MAP ship|checked} map=${2:?} kind=${3:?}
most_bytes=$((640 * 1024))
newest_glibc=2.34
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

failed=0
complain() {
  echo "$library: $*" >&2
  failed=1
}

# name@@NODE, as nm writes it
awk '/^[A-Z]+_[0-9.]+ *\{/ { node = $1 } /global:/ { on = 1 } /local:/ { on = 0 }
  on && /^ *[A-Za-z_0-9]+;/ { gsub(/[ ;]/, ""); print $0 "@@" node }' "$map" | sort >"$scratch/wanted"
nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sort >"$scratch/exported"
[ -s "$scratch/wanted" ] || complain "$map names nothing"
for name in $(comm -23 "$scratch/wanted" "$scratch/exported"); do complain "does not export $name, which $map names"; done
for name in $(comm -13 "$scratch/wanted" "$scratch/exported"); do complain "exports $name, which $map does not name"; done

readelf -dW "$library" >"$scratch/dynamic"
soname=$(sed -n 's/.*(SONAME).*\[\(.*\)\].*/\1/p' "$scratch/dynamic")
[ "$soname" = libmach.so.1 ] || complain "its soname is $soname"
grep -q 'NODELETE' "$scratch/dynamic" || complain 'can be unloaded: it is not linked with -z nodelete'
! grep -E 'RUNPATH|RPATH' "$scratch/dynamic" || complain 'holds a search path'

if [ "$kind" = ship ]; then
  for needed in $(sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' "$scratch/dynamic"); do
    case $needed in
      libc.so.6 | libm.so.6 | libbsd.so.0 | libmd.so.0 | ld-linux*) ;;
      *) complain "needs $needed" ;;
    esac
  done
  newest=$(readelf -VW "$library" | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1)
  [ "$(printf '%s\n' "$newest" "GLIBC_$newest_glibc" | sort -V | tail -n 1)" = "GLIBC_$newest_glibc" ] ||
    complain "needs $newest: $(nm -D "$library" | grep "@$newest" | tr -s ' ')"
  cp "$library" "$scratch/stripped"
  strip --strip-unneeded "$scratch/stripped"
  bytes=$(wc -c <"$scratch/stripped")
  [ "$bytes" -le "$most_bytes" ] || complain "is $bytes bytes long when stripped; at most $most_bytes may be"
  echo "$(wc -l <"$scratch/exported") symbols, $bytes bytes stripped, ${newest:-no GLIBC_ version}"
else
  echo "$(wc -l <"$scratch/exported") symbols"
fi
[ "$failed" -eq 0 ]
