#!/bin/sh
# darwin-interface.sh INCLUDEDIR ARCHIVE: what the headers of libmach-darwin declare is what its archive defines, both ways; the manual page
# names each function, and a test calls it. Run at the top of the tree.
set -u
export LC_ALL=C

include=${1:?usage: darwin-interface.sh INCLUDEDIR ARCHIVE}/libmach-darwin archive=${2:?}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

failed=0
complain() {
  echo "$*" >&2
  failed=1
}

# gcc lists what is declared alone as `extern`; libmach's own headers stand above. Those of the system that are wrapped declare nothing of ours, and
# <bootstrap.h> is another name for one of libmach's.
(cd "$include" && find . -path ./linux -prune -o -path ./asm -prune -o -name '*.h' ! -path ./bootstrap.h -print | sort | sed 's|^\./\(.*\)|#include <\1>|') >"$scratch/all.c"
gcc -std=gnu11 -D_GNU_SOURCE -I"$include" -I"$(dirname "$include")" -fsyntax-only -aux-info "$scratch/aux" "$scratch/all.c" || exit 1
grep -F "/* $include/" "$scratch/aux" | sed -nE 's|.*\*/ extern [^(]*[ *]([A-Za-z_0-9]+) \(.*|\1|p' | sort -u >"$scratch/declared"
[ -s "$scratch/declared" ] || complain "no header in $include declares a function"

# Names that start so are the archive's for itself.
nm -g --defined-only "$archive" | sed -n 's/.* [A-TV-Z] //p' | sort -u >"$scratch/all-defined"
grep -v '^_libmach_darwin_' "$scratch/all-defined" >"$scratch/defined"
for name in $(comm -23 "$scratch/declared" "$scratch/defined"); do complain "$name is declared in $include, but $archive does not define it"; done
for name in $(comm -13 "$scratch/declared" "$scratch/defined"); do complain "$archive defines $name, but no header in $include declares it"; done

# What is inline is defined in its header alone.
grep -hE '^(_OSATOMIC|static __inline__) ' "$include"/libkern/OSAtomic.h "$include"/libkern/OSSpinLockDeprecated.h |
  sed -e 's/(.*//' -e 's/.*[ *]//' | sort -u >"$scratch/inline"
cat "$scratch/declared" "$scratch/inline" | grep -v '^_OS' | sort -u >"$scratch/functions"
sed 's/\\&//g' docs/man/libmach-darwin.7 | grep -oE '[A-Za-z_0-9]+' | sort -u >"$scratch/described"
cat CTests/darwin/*.c | grep -oE '[A-Za-z_0-9]+' | sort -u >"$scratch/tested"
for name in $(comm -23 "$scratch/functions" "$scratch/tested"); do complain "$name: no test in CTests/darwin calls it"; done
for name in $(comm -23 "$scratch/declared" "$scratch/described" | grep -v '^_OS'); do complain "$name: the manual page does not name it"; done

echo "$(wc -l <"$scratch/declared") functions declared and defined, $(wc -l <"$scratch/inline") inline"
[ "$failed" -eq 0 ]
