#!/bin/sh
# interface.sh INCLUDEDIR MAP CHECKED-MAP [LIBRARY TESTS]: what the installed headers declare is what the maps name, both ways. With a
# library and the folder of the C tests built against it, also the table of all routines: declared, exported, tested, not supported, with
# a manual page. All of it is found in headers, libraries, test programs and docs; nothing is listed here. Run at the top of the tree.
set -u
export LC_ALL=C

include=${1:?usage: interface.sh INCLUDEDIR MAP CHECKED-MAP [LIBRARY TESTS]} map=${2:?} checked=${3:?}
library=${4:-} tests=${5:-}
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
for twice in $(uniq -d "$scratch/checked"); do complain "$checked names $twice twice"; done

# Every function that a header declares, with the header (gcc lists them).
(cd "$include" && find . -path ./libmach-darwin -prune -o -name '*.h' -print | sort | sed 's|^\./\(.*\)|#include <\1>|') >"$scratch/all.c"
gcc -std=gnu11 -I"$include" -fsyntax-only -aux-info "$scratch/aux" "$scratch/all.c" || exit 1
grep -F "/* $include/" "$scratch/aux" | grep -E '\*/ extern ' |
  sed -nE "s|^/\* $include/([^:]*):.*\*/ extern [^(]*[ *]([A-Za-z_0-9]+) \(.*|\2 \1|p" | sort -u >"$scratch/declared"
cut -d' ' -f1 "$scratch/declared" | sort -u >"$scratch/functions"
[ -s "$scratch/functions" ] || complain "no header in $include declares a function"

# What programs define, and the library or a stub calls: no header says so, but the sources of the tests define each of them.
comm -23 "$scratch/functions" "$scratch/checked" |
  while read -r name; do
    grep -qE "^[A-Za-z_].*[ *]$name\(" CTests/*.c CTests/headers/* && echo "$name"
  done | sort >"$scratch/programs"
for name in $(comm -23 "$scratch/functions" "$scratch/checked" | comm -23 - "$scratch/programs"); do
  complain "$name is declared in $include, but $checked does not name it, and no test defines it as a program would"
done

# Every name in the map is declared: a program can take its address.
{
  cat "$scratch/all.c"
  while read -r name; do printf '#undef %s\nconst void *address_of_%s(void) { return (const void *)&%s; }\n' "$name" "$name" "$name"; done <"$scratch/checked"
} >"$scratch/addresses.c"
gcc -std=gnu11 -I"$include" -fsyntax-only "$scratch/addresses.c" 2>"$scratch/errors" ||
  complain "not declared, though $checked names them: $(sed -n "s/.*error: .\([A-Za-z_0-9]*\). undeclared.*/\1/p" "$scratch/errors" | sort -u | tr '\n' ' ')"

# Not supported is what docs/differences.md says: the routines that a row about KERN_NOT_SUPPORTED begins with.
sed -n '/^## Not in this release/,$p' docs/differences.md | awk -F'|' 'NF > 3 && $3 ~ /KERN_NOT_SUPPORTED/ { print $2 }' |
  grep -oE '`[a-z_0-9]+`' | tr -d '\140' | sort -u >"$scratch/listed"
comm -12 "$scratch/listed" "$scratch/functions" >"$scratch/unsupported"
for name in $(comm -23 "$scratch/listed" "$scratch/functions"); do complain "docs/differences.md lists $name as not supported, but no header declares it"; done
# A routine that says nothing else is on that list.
awk '/@_cdecl\("/ { split($0, part, "\""); name = part[2]; body = "" }
  name != "" && !/@_cdecl/ { body = body " " $0 }
  name != "" && /^}|{.*}$/ { if (body ~ /\{ *KERN_NOT_SUPPORTED *\} *$/) print name; name = "" }' Sources/Mach/*/*.swift |
  sort >"$scratch/refusing"
for name in $(comm -23 "$scratch/refusing" "$scratch/unsupported"); do complain "$name is never supported, but docs/differences.md does not say so"; done

echo "$(wc -l <"$scratch/functions") functions declared, $(wc -l <"$scratch/checked") names in $checked"
[ -n "$library" ] || exit "$failed"

nm -D --defined-only "$library" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u >"$scratch/exported"
find "$tests" -maxdepth 1 -type f -name 'test_*' ! -name '*.log' -exec nm -u '{}' + | awk '{ sub(/@.*/, "", $2); print $2 }' | sort -u >"$scratch/used"
[ -s "$scratch/used" ] || complain "no test program in $tests"
# A page has the name among its own, in its synopsis or in its text.
sed 's/\\&//g' docs/man/*.[1-9] | grep -oE '[A-Za-z_0-9]+' | sort -u >"$scratch/described"

# The checked flavours alone have some: the tests use these as weak symbols, or not at all in the shipped one.
comm -13 "$scratch/map" "$scratch/checked" >"$scratch/checking"
comm -23 "$scratch/functions" "$scratch/programs" | comm -23 - "$scratch/checking" >"$scratch/routines"
for name in $(comm -23 "$scratch/routines" "$scratch/exported"); do
  grep -qx "$name" "$scratch/unsupported" || complain "$name is declared, but neither exported nor listed as not supported"
done
for name in $(comm -23 "$scratch/routines" "$scratch/used"); do complain "$name is declared, but no test calls it"; done
for name in $(comm -23 "$scratch/routines" "$scratch/described"); do complain "$name is declared, but no manual page speaks of it"; done

# The table: a line for each header, and the sums.
sort -k1,1 -u "$scratch/declared" | join - "$scratch/routines" |
  while read -r name header; do
    line="$header 1"
    for column in exported used unsupported described; do
      if grep -qx "$name" "$scratch/$column"; then line="$line 1"; else line="$line 0"; fi
    done
    echo "$line"
  done | sort | awk '
  function row(name, a, b, c, d, e) { printf "  %-34s %8s %8s %6s %13s %11s\n", name, a, b, c, d, e }
  BEGIN { row("header", "declared", "exported", "tested", "not supported", "manual page") }
  $1 != header { if (header != "") row("<" header ">", n[2], n[3], n[4], n[5], n[6]); header = $1; split("", n) }
  { for (i = 2; i <= 6; i++) { n[i] += $i; all[i] += $i } }
  END { row("<" header ">", n[2], n[3], n[4], n[5], n[6]); row("all", all[2], all[3], all[4], all[5], all[6]) }'
[ "$failed" -eq 0 ]
