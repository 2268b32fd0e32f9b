#!/bin/sh
# gate.sh: everything that `make check` asks, stage by stage, each with its time; stops at the first stage that fails. Run at the top of the tree.
set -u

make=${MAKE:-make} scratch=$PWD/.build/check
toolchain=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
export CLANG="$toolchain/../../bin/clang" CLANGXX="$toolchain/../../bin/clang++"
# What stood on the command line of `make check` is not for the installations in here.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES
passed=0
began=$(date +%s)

finish() {
  echo "total: $(($(date +%s) - began)) s"
  echo "$passed passed, $1 failed"
  exit "$1"
}

# Two seconds of each soak program.
soak() {
  flavour=$1
  [ "$flavour" != plain ] || flavour=ship
  CTests/checks/soak.sh "$1" "$scratch/$flavour" 2
}

# So many seeds of each race.
races() { CTests/checks/races.sh "$1" "$scratch/$1" "$2"; }

# stage NAME COMMAND...
stage() {
  name=$1
  shift
  start=$(date +%s)
  echo "== $name"
  if "$@"; then
    passed=$((passed + 1))
    echo "== $name: passed, $(($(date +%s) - start)) s"
  else
    echo "== $name: FAILED, $(($(date +%s) - start)) s"
    finish 1
  fi
}

install_flavours() {
  rm -rf "$scratch"
  for flavour in ship asan tsan; do
    $make -s install FLAVOUR=$flavour PREFIX="$scratch/$flavour" || return 1
  done
  # What uninstall leaves behind would be left in a user's prefix.
  $make -s install PREFIX="$scratch/gone" && $make -s uninstall PREFIX="$scratch/gone" || return 1
  left=$(find "$scratch/gone" ! -type d)
  [ -z "$left" ] || { echo "uninstall leaves: $left" >&2; return 1; }
}

symbols() {
  CTests/checks/symbols.sh .build/ship/lib/libmach.so.1 Sources/Mach/libmach.map ship &&
    CTests/checks/symbols.sh .build/asan/lib/libmach.so.1 Sources/Mach/libmach-checked.map checked &&
    CTests/checks/symbols.sh .build/tsan/lib/libmach.so.1 Sources/Mach/libmach-checked.map checked
}

layout() {
  for compiler in gcc "$CLANG"; do
    "$compiler" -std=gnu11 -Wall -Wextra -Werror -I"$scratch/ship/include" CTests/layout/layout.c -o "$scratch/layout" &&
      "$scratch/layout" || return 1
  done
  aarch64-linux-gnu-gcc -std=gnu11 -Wall -Wextra -Werror -fsyntax-only -I"$scratch/ship/include" CTests/layout/layout.c
}

# Every example, compiled as the documentation says, and with warnings.
examples() {
  export PKG_CONFIG_PATH="$scratch/ship/lib/pkgconfig"
  flags=$(pkg-config --cflags --libs libmach) || return 1
  for example in CTests/examples/*.c; do
    program=$scratch/$(basename "$example" .c)
    # shellcheck disable=SC2086
    cc -Wall -Wextra -Werror -o "$program" "$example" $flags || return 1
    LD_LIBRARY_PATH="$scratch/ship/lib" timeout -k 10 60 "$program" >"$program.log" 2>&1 ||
      { cat "$program.log"; echo "$example failed" >&2; return 1; }
  done
}

ctests() {
  flavour=$1
  [ "$flavour" != plain ] || flavour=ship
  CTests/checks/ctests.sh "$1" "$scratch/$flavour" "$scratch/tests-$1"
}

# The table of all routines, by what has been built and run by then.
routines() {
  CTests/checks/interface.sh "$scratch/ship/include" Sources/Mach/libmach.map Sources/Mach/libmach-checked.map \
    "$scratch/ship/lib/libmach.so.1" "$scratch/tests-plain"
}

packages() { $make -s deb && CTests/checks/packages.sh .build/deb "$scratch/packages"; }

# What ported programs expect beside Mach.
darwin() {
  flavour=$1
  [ "$flavour" != plain ] || flavour=ship
  SUITE=darwin CTests/checks/ctests.sh "$1" "$scratch/$flavour" "$scratch/darwin-$1"
}

stage lint CTests/checks/lint.sh
stage models CTests/checks/verify.sh
stage 'build ship' $make -s ship
stage 'build asan' $make -s asan
stage 'build tsan' $make -s tsan
stage symbols symbols
stage install install_flavours
stage headers CTests/headers/check.sh "$scratch/ship/include"
stage interface CTests/checks/interface.sh "$scratch/ship/include" Sources/Mach/libmach.map Sources/Mach/libmach-checked.map
stage 'Darwin interface' CTests/checks/darwin-interface.sh "$scratch/ship/include" "$scratch/ship/lib/libmach-darwin.a"
stage 'binary interface' CTests/checks/abi.sh check "$scratch/ship/include" Sources/Mach/libmach.map
stage layout layout
stage 'C tests' ctests plain
stage 'C tests, ASan' ctests asan
stage 'C tests, TSan' ctests tsan
stage 'Darwin profile' darwin plain
stage 'Darwin profile, ASan' darwin asan
stage 'Darwin profile, TSan' darwin tsan
stage ported CTests/checks/ported.sh "$scratch/ship" "$scratch/ported"
stage 'races, ASan' races asan 250
stage 'races, TSan' races tsan 100
stage soak soak plain
stage 'soak, TSan' soak tsan
stage fuzzers $make -s check-fuzz
stage 'Swift tests' $make -s test
stage benchmarks $make -s benchmarks
stage instructions $make -s instructions
stage examples examples
stage 'Swift client' CTests/checks/swift-client.sh "$scratch/ship" "$scratch/swift-client"
stage packages packages
stage demo $make -s run-demo
stage routines routines
finish 0
