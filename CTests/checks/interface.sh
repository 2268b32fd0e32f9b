#!/bin/sh
# interface.sh INCLUDEDIR MAP CHECKED-MAP ARCHIVE: what the installed headers declare is what the maps name, both ways, and what those of
# libmach-darwin declare is what its archive defines.
set -u
export LC_ALL=C

include=${1:?usage: interface.sh INCLUDEDIR MAP CHECKED-MAP ARCHIVE} map=${2:?} checked=${3:?} archive=${4:?}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

failed=0
complain() {
  echo "$*" >&2
  failed=1
}

names() { sed -n '/global:/,/local:/s/^ *\([A-Za-z_0-9]*\);.*/\1/p' "$1" | sort; }
names "$map" >"$scratch/map"
names "$checked" >"$scratch/checked"
[ "$(comm -3 "$scratch/map" "$scratch/checked" | tr -d '[:space:]')" = \
  mach_linux_checkmach_linux_injectmach_linux_racemach_linux_step ] ||
  complain "$checked must name what $map names, and mach_linux_check, _inject, _race and _step: $(comm -3 "$scratch/map" "$scratch/checked" | tr -s '[:space:]' ' ')"

# What programs define and the library, or a stub, calls.
programs='catch_(mach_)?exception_raise(_state(_identity)?)?|clock_alarm_reply|do_mach_notify_[a-z_]+|MigEvent(Tracer|Errors)'

# What programs define and the library, or a stub, calls.
programs='catch_(mach_)?exception_raise(_state(_identity)?)?|clock_alarm_reply|do_mach_notify_[a-z_]+|MigEvent(Tracer|Errors)'

# Every function that a header declares (gcc lists them) is in the map.
(cd "$include" && find . -path ./libmach-darwin -prune -o -name '*.h' -print | sort | sed 's|^\./\(.*\)|#include <\1>|') >"$scratch/all.c"
gcc -std=gnu11 -I"$include" -fsyntax-only -aux-info "$scratch/declared" "$scratch/all.c" || exit 1
grep -F "/* $include/" "$scratch/declared" | grep -E '\*/ extern ' | grep -oE '[A-Za-z_0-9]+ \(' | sed 's/ (//' |
  sort -u | grep -vxE '__attribute__|void|int|boolean_t' | grep -vxE "$programs" >"$scratch/functions"
[ -s "$scratch/functions" ] || complain "no header in $include declares a function"
for name in $(comm -23 "$scratch/functions" "$scratch/checked"); do complain "$name is declared in $include, but $checked does not name it"; done

# Every name in the map is declared: a program can take its address.
{
  cat "$scratch/all.c"
  while read -r name; do printf '#undef %s\nconst void *address_of_%s(void) { return (const void *)&%s; }\n' "$name" "$name" "$name"; done <"$scratch/checked"
} >"$scratch/addresses.c"
gcc -std=gnu11 -I"$include" -fsyntax-only "$scratch/addresses.c" 2>"$scratch/errors" ||
  complain "not declared, though $checked names them: $(sed -n "s/.*error: .\([A-Za-z_0-9]*\). undeclared.*/\1/p" "$scratch/errors" | sort -u | tr '\n' ' ')"

# The same of the archive, whose names for itself start with _libmach_darwin_. gcc lists declarations alone as `extern`.
darwin=$include/libmach-darwin
(cd "$darwin" && find . -path ./linux -prune -o -path ./asm -prune -o -name '*.h' ! -path ./bootstrap.h -print | sort | sed 's|^\./\(.*\)|#include <\1>|') >"$scratch/darwin.c"
gcc -std=gnu11 -D_GNU_SOURCE -I"$darwin" -I"$include" -fsyntax-only -aux-info "$scratch/declared" "$scratch/darwin.c" || exit 1
grep -F "/* $darwin/" "$scratch/declared" | grep -E '\*/ extern ' | grep -oE '[A-Za-z_0-9]+ \(' | sed 's/ (//' |
  sort -u | grep -vxE 'void|int|bool|_Bool' >"$scratch/darwin-declared"
nm -g --defined-only "$archive" | sed -n 's/.* [TDB] //p' | grep -v '^_libmach_darwin_' | sort -u >"$scratch/darwin-defined"
[ -s "$scratch/darwin-declared" ] || complain "no header in $darwin declares a function"
for name in $(comm -23 "$scratch/darwin-declared" "$scratch/darwin-defined"); do complain "$name is declared in $darwin, but $archive does not define it"; done
for name in $(comm -13 "$scratch/darwin-declared" "$scratch/darwin-defined"); do complain "$archive defines $name, but no header in $darwin declares it"; done

echo "$(wc -l <"$scratch/darwin-declared") functions declared in libmach-darwin"
echo "$(wc -l <"$scratch/functions") functions declared, $(wc -l <"$scratch/checked") names in $checked"
[ "$failed" -eq 0 ]
