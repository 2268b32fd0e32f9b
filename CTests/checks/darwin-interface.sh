#!/bin/sh
# darwin-interface.sh INCLUDEDIR ARCHIVE: what the headers of libmach-darwin declare is what its archive defines, both ways.
set -u
export LC_ALL=C

include=${1:?usage: darwin-interface.sh INCLUDEDIR ARCHIVE} archive=${2:?}
darwin=$include/libmach-darwin
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

failed=0
complain() {
  echo "$*" >&2
  failed=1
}

# gcc lists declarations alone as `extern`; names that begin with _libmach_darwin_ are the archive's own.
(cd "$darwin" && find . -path ./linux -prune -o -path ./asm -prune -o -name '*.h' -print | sort | sed 's|^\./\(.*\)|#include <\1>|') >"$scratch/all.c"
gcc -std=gnu11 -D_GNU_SOURCE -I"$darwin" -I"$include" -fsyntax-only -aux-info "$scratch/aux" "$scratch/all.c" || exit 1
grep -F "/* $darwin/" "$scratch/aux" | grep -E '\*/ extern ' | grep -oE '[A-Za-z_0-9]+ \(' | sed 's/ (//' |
  sort -u | grep -vxE 'void|int|bool|_Bool' >"$scratch/declared"
nm -g --defined-only "$archive" | sed -n 's/.* [TDB] //p' | grep -v '^_libmach_darwin_' | sort -u >"$scratch/defined"
[ -s "$scratch/declared" ] || complain "no header in $darwin declares a function"
for name in $(comm -23 "$scratch/declared" "$scratch/defined"); do complain "$name is declared in $darwin, but $archive does not define it"; done
for name in $(comm -13 "$scratch/declared" "$scratch/defined"); do complain "$archive defines $name, but no header in $darwin declares it"; done
echo "$(wc -l <"$scratch/declared") functions declared in libmach-darwin"
[ "$failed" -eq 0 ]
