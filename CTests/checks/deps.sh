#!/bin/sh
# deps.sh demo|check|bench|verify|deb: installs the Debian packages which that target needs and which are missing.
# What is there is told by the command or file that a target uses, not by package names, so that other systems pass too when they have everything.
set -u

fail() {
  echo "$*" >&2
  exit 1
}

missing=
packages=
# need PACKAGE COMMAND-OR-FILE
need() {
  case $2 in
    /*) [ -e "$2" ] && return ;;
    *) command -v "$2" >/dev/null 2>&1 && return ;;
  esac
  missing="$missing${missing:+, }$2"
  packages="$packages $1"
}

# The Swift toolchain itself comes without these libraries.
need_for_swift() {
  [ -x "$1" ] || return
  for library in $(ldd "$1" 2>/dev/null | sed -n 's/^[[:space:]]*\([^ ]*\) => not found.*/\1/p' | sort -u); do
    case $library in
      libcurl.so.4) need libcurl4 "/$library" ;;
      libedit.so.2) need libedit2 "/$library" ;;
      libncurses.so.6) need libncurses6 "/$library" ;;
      libsqlite3.so.0) need libsqlite3-0 "/$library" ;;
      libstdc++.so.6) need libstdc++6 "/$library" ;;
      libtinfo.so.6) need libtinfo6 "/$library" ;;
      libuuid.so.1) need libuuid1 "/$library" ;;
      libxml2.so.2) need libxml2 "/$library" ;;
      libz.so.1) need zlib1g "/$library" ;;
    esac
  done
}

target=${1:?usage: deps.sh demo|check|bench|verify|deb}
# The models are searched by a C program: everything else is built.
if [ "$target" != verify ]; then
  swift=$(command -v swift) ||
    fail 'libmach needs Swift 6.3 or newer, and there is no `swift` in the PATH: https://www.swift.org/install/linux/ says how to install it.'
  toolchain=$(dirname "$(readlink -f "$swift")")
  need_for_swift "$toolchain/swift-build"
  need_for_swift "$toolchain/swift-frontend"
  need_for_swift "$toolchain/lld"
fi

# What the benchmarks are made of; their plots are drawn by gnuplot, which `make check` does not need.
need_for_benchmarks() {
  need g++ g++
  need libbenchmark-dev /usr/include/benchmark/benchmark.h
  need libzmq3-dev /usr/include/zmq.h
  need libnng-dev /usr/include/nng/nng.h
  need valgrind valgrind
}

need_for_packages() {
  need dpkg-dev dpkg-buildpackage
  need debhelper dh
}

need gcc cc
need gcc gcc
need libc6-dev /usr/include/stdio.h
if [ "$target" != verify ]; then
  need libc6-dev /usr/include/linux/futex.h
  need pkg-config pkg-config
  need binutils strip
fi
case $target in
  demo) ;;
  verify) need spin spin ;;
  deb) need_for_packages ;;
  bench)
    need_for_benchmarks
    need gnuplot-nox gnuplot
    ;;
  check)
    need_for_benchmarks
    need_for_packages
    need abigail-tools abidw
    need cmake cmake
    need libstdc++-12-dev "/usr/include/c++"
    need libcmocka-dev /usr/include/cmocka.h
    need libbsd-dev /usr/include/bsd/sys/cdefs.h
    need gcc-aarch64-linux-gnu aarch64-linux-gnu-gcc
    need libc6-dev-arm64-cross /usr/aarch64-linux-gnu/include/stdio.h
    need clang-format clang-format
    need mandoc mandoc
    need spin spin
    ;;
  *) fail "deps.sh: there is no target $target" ;;
esac

if [ -n "$packages" ]; then
  command -v apt-get >/dev/null 2>&1 ||
    fail "Missing: $missing; this is no Debian system, so please install what Debian has in these packages:$packages."
  sudo=
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || fail "Missing: $missing; please install as root:$packages."
    sudo=sudo
  fi
  echo "installing:$packages"
  $sudo apt-get update -qq || fail 'apt-get update failed: see above.'
  # shellcheck disable=SC2086
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages ||
    fail "apt-get could not install:$packages."
fi

[ "$target" != verify ] || exit 0
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
[ "$(printf '%s\n' 6.3 "${version:-0}" | sort -V | head -n 1)" = 6.3 ] ||
  fail "libmach needs Swift 6.3 or newer, and this is ${version:-one that does not run}: see https://www.swift.org/install/linux/."
