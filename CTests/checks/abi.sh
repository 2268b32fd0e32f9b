#!/bin/sh
# abi.sh check|update INCLUDEDIR MAP: what a compiled program relies on, the symbols, prototypes and structures of the installed headers, is what
# CTests/abi keeps of it. update writes that anew. libabigail reads it from a library of the same names made of the prototypes alone: the
# real one is Swift, whose debug information it does not know. That the real one has these names is the business of interface.sh and symbols.sh.
set -u
export LC_ALL=C

mode=${1:?usage: abi.sh check|update INCLUDEDIR MAP} include=${2:?} map=${3:?}
machine=$(uname -m)
baseline=CTests/abi/libmach.so.1-$machine.abi
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

(cd "$include" && find mach mach_debug servers -name '*.h' | sort | sed 's|.*|#include <&>|') >"$scratch/all.c"
sed -n '/global:/,/local:/s/^ *\([A-Za-z_0-9]*\);.*/\1/p' "$map" | sort -u >"$scratch/names"

# gcc lists what is declared; a function that is declared becomes one that is defined. What is no function is data.
gcc -std=gnu11 -I"$include" -fsyntax-only -aux-info "$scratch/declared" "$scratch/all.c" || exit 1
grep -F "/* $include/" "$scratch/declared" | sed -n 's|^/\* .* \*/ extern \(.*\);$|\1|p' | sort -u >"$scratch/prototypes"
cp "$scratch/all.c" "$scratch/libmach.c"
while read -r name; do
  prototype=$(grep -E "[ *(]$name \(" "$scratch/prototypes" | head -n 1)
  if [ -n "$prototype" ]; then
    printf '#undef %s\n%s { __builtin_trap(); }\n' "$name" "$prototype"
  else
    printf '#undef %s\n__typeof__(%s) %s;\n' "$name" "$name" "$name"
  fi
done <"$scratch/names" >>"$scratch/libmach.c"
gcc -std=gnu2x -g -fno-eliminate-unused-debug-types -O0 -fPIC -shared -w -I"$include" -Wl,-soname=libmach.so.1 -Wl,--version-script="$map" \
  -o "$scratch/libmach.so.1" "$scratch/libmach.c" || exit 1
count=$(wc -l <"$scratch/names")
found=$(nm -D --defined-only "$scratch/libmach.so.1" | grep -c ' [TDBR] ')
[ "$found" -eq "$count" ] || { echo "$map names $count symbols, and $found could be made of the headers" >&2; exit 1; }

# The C library's types are not ours.
cat >"$scratch/others" <<'END'
[suppress_type]
  source_location_not_regexp = /(mach|mach_debug|servers)/[a-z0-9_/]*\.h$
  drop = yes
END
abidw --load-all-types --suppressions "$scratch/others" --no-corpus-path --no-comp-dir-path --no-show-locs --short-locs --out-file "$scratch/now.abi" "$scratch/libmach.so.1" || exit 1
if [ "$mode" = update ]; then
  cp "$scratch/now.abi" "$baseline" && echo "$baseline: $count symbols"
  exit
fi
if [ ! -e "$baseline" ]; then
  echo "no record of the binary interface on $machine; this one has $count symbols"
  exit 0
fi
abidiff --non-reachable-types "$baseline" "$scratch/now.abi" >"$scratch/difference" && {
  echo "$count symbols as in $baseline"
  exit 0
}
cat "$scratch/difference"
echo "The binary interface differs from $baseline: if programs compiled before go on to work, or none was released, run make abi MODE=update." >&2
exit 1
