#!/bin/sh
# compiler.sh, for the scripts beside it to read in: how C programs are built for each kind of library, and how they run.
# shellcheck disable=SC2034

# choose_compiler plain|asan|tsan: sets compiler, flags, and libraries, those that the kind needs beside libmach.
choose_compiler() {
  toolchain=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
  flags='-std=gnu11 -g -Wall -Wextra -Werror -Wno-unused-command-line-argument -pthread' libraries=
  # The sanitizers' run-time libraries must be those that the Swift compiler instruments for: its own clang has them.
  compiler=$toolchain/../../bin/clang
  checked='-O1 -fno-omit-frame-pointer -fuse-ld=lld'
  case $1 in
    plain) compiler=${CC:-gcc} flags="$flags -O2" ;;
    asan) flags="$flags $checked -fsanitize=address" ;;
    tsan)
      flags="$flags $checked -fsanitize=thread"
      libraries="-L$toolchain/linux -Wl,-rpath,$toolchain/linux -ldispatch -lBlocksRuntime"
      ;;
    *) echo "${0##*/}: there is no kind $1" >&2; exit 1 ;;
  esac
}

# use_library PREFIX [PACKAGE]: programs are built and run against what is installed there; sets headers and mach, their flags.
use_library() {
  export LD_LIBRARY_PATH="$1/lib" PKG_CONFIG_PATH="$1/lib/pkgconfig"
  headers=$(pkg-config --cflags "${2:-libmach}") && mach=$(pkg-config --cflags --libs "${2:-libmach}") || exit 1
}

# sanitize_with ASAN-OPTIONS TSAN-OPTIONS: those of the environment count more.
sanitize_with() {
  export ASAN_OPTIONS="detect_leaks=1:$1${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
  export TSAN_OPTIONS="halt_on_error=1:$2${TSAN_OPTIONS:+:$TSAN_OPTIONS}"
}
