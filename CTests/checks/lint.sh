#!/bin/sh
# lint.sh: what holds for the sources without compiling them: who imports whom, their form, and the manual pages.
# Run at the top of the tree.
set -u

failed=0
complain() {
  echo "$*" >&2
  failed=1
}

# no WHAT-IS-WRONG PATTERN FILE...: prints each line of the files that matches.
no() {
  wrong=$1 pattern=$2
  shift 2
  if found=$(grep -rnE "$pattern" "$@" 2>/dev/null); then
    complain "$wrong:
$found"
  fi
}

# imports FOLDER MODULES: every import in the folder's Swift files is one of these.
imports() {
  found=$(grep -rnE --include='*.swift' '(^|[[:space:]])import[[:space:]]+[A-Za-z]' "$1" |
    grep -vE "^[^:]*:[0-9]*:(@[A-Za-z()]+ )*((public|package|internal) )?import ($2)\$" |
    grep -vE '^[^:]*:[0-9]*:[[:space:]]*//')
  [ -z "$found" ] || complain "$1 may import only $2:
$found"
}

# Layers: Mach -> MachKernel -> CMach, CLinux. The package graph alone would let a module that is not declared be imported.
imports Sources/MachKernel 'CLinux|CMach|Synchronization'
imports Sources/Mach 'CLinux|CMach|MachKernel|Synchronization'
no 'the kernel defines no entry point' '@_cdecl|@_silgen_name|@_extern|@c[ (]|@implementation' --include='*.swift' Sources/MachKernel
no 'libc comes through CLinux alone' '@_silgen_name|@_extern' --include='*.swift' Sources/Mach
no 'CLinux knows nothing of Mach' '#[[:space:]]*include[[:space:]]*[<"]mach' Sources/CLinux
no 'only CLinux declares clinux_ names' '^[^/]*[A-Za-z0-9_*][[:space:]*]+clinux_[a-z_]*[[:space:]]*(\(|;|=)' --include='*.h' --include='*.c' include Sources/CMach CTests
no 'public headers need no header of ours but mach/ and mach_debug/' '#[[:space:]]*include[[:space:]]*("|<clinux|<cmach)' include
found=$(grep -nE '^(static inline|extern|void|int|bool)' Sources/CLinux/include/*.h | grep -vE 'clinux_[a-z_]+|extern "C"')
[ -z "$found" ] || complain "every name in CLinux starts with clinux_:
$found"

# The top level holds these and nothing else.
for entry in *; do
  case $entry in
    Package.swift | Sources | include | Tests | CTests | Makefile | README.md | LICENSE | docs | Benchmarks) ;;
    *) complain "$entry does not belong at the top level" ;;
  esac
done

swift format lint --strict --parallel --recursive Package.swift Sources Tests || complain 'swift format: see above'

# A link to a folder is another folder's business, so find does not follow it.
find include Sources CTests Benchmarks -name '*.[ch]' -o -name '*.cpp' -o -name '*.hpp' | xargs clang-format --dry-run --Werror ||
  complain 'clang-format: see above'

for page in docs/man/*.[1-9]; do
  mandoc -T lint -W warning "$page" || complain "mandoc: $page"
done
# A name leads to one page.
for name in $(for page in docs/man/*.[1-9]; do sed -n '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \([^ ]*\).*/\1/p' "$page" | sed "s/$/(${page##*.})/"; done |
  sort | uniq -d); do
  complain "two manual pages are named $name"
done
# mach(7) is the way to all others.
for page in docs/man/*.[1-9]; do
  name=$(basename "$page")
  case $name in mach.7) continue ;; esac
  grep -qE "Xr (.* )?${name%.*} ${name##*.}" docs/man/mach.7 || complain "mach.7 does not name $page"
done
for page in docs/man/*.[1-9]; do
  for section in 'CONSUMED AND RETURNED' 'THREAD SAFETY'; do
    grep -q "^\.Sh $section" "$page" || complain "$page has no section $section"
  done
done

CTests/checks/errors.sh check || complain 'errors.sh: see above'

for script in .ci/run CTests/*/*.sh; do
  sh -n "$script" || complain "$script does not parse"
  [ -x "$script" ] || complain "$script is not executable"
done

[ "$failed" -eq 0 ]
