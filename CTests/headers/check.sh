#!/bin/sh
# Compiles every public header alone, and preprocesses every interface file: check.sh INCLUDEDIR
# Each header is included first and twice, by C and C++ programs of several standards. A compiler that is not there fails the check; the compilers are
# those of CC, CXX, CLANG, CLANGXX and CROSS_CC, or their usual names.
set -u

include=${1:?usage: check.sh INCLUDEDIR}
cc=${CC:-gcc} cxx=${CXX:-g++} clang=${CLANG:-clang} clangxx=${CLANGXX:-clang++} cross=${CROSS_CC:-aarch64-linux-gnu-gcc}
warnings='-Wall -Wextra -Werror -pedantic'
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
headers=0 interfaces=0 failed=0

# Flags for the headers of libmach-darwin.
profile=

# compile COMPILER STANDARD LANGUAGE SOURCE HEADER
compile() {
  # shellcheck disable=SC2086
  if ! "$1" -x "$3" -std="$2" $warnings -fsyntax-only $profile -I"$include" "$4"; then
    echo "$5: does not pass alone under $1 -std=$2 $profile" >&2
    failed=$((failed + 1))
  fi
}

for tool in "$cc" "$cxx" "$clang" "$clangxx" "$cross"; do
  command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; exit 1; }
done

# The headers of other packages may stand in the same place.
list() {
  (cd "$include" && find Availability.h TargetConditionals.h UserNotification atm device mach mach_debug servers -name "*.$1" | sort)
}

# alone HEADER
alone() {
  headers=$((headers + 1))
  printf '#include <%s>\n#include <%s>\nextern int nothing;\n' "$1" "$1" >"$scratch/alone.c"
  for standard in c99 c11 c2x; do
    compile "$cc" $standard c "$scratch/alone.c" "$1"
    compile "$clang" $standard c "$scratch/alone.c" "$1"
  done
  compile "$cxx" c++17 c++ "$scratch/alone.c" "$1"
  compile "$clangxx" c++17 c++ "$scratch/alone.c" "$1"
  compile "$cross" c11 c "$scratch/alone.c" "$1"
}

# together NAME: the program is "$scratch/together.c".
together() {
  for standard in gnu99 gnu11 gnu2x; do
    compile "$cc" $standard c "$scratch/together.c" "$1"
    compile "$clang" $standard c "$scratch/together.c" "$1"
  done
  compile "$cxx" gnu++17 c++ "$scratch/together.c" "$1"
  compile "$clangxx" gnu++17 c++ "$scratch/together.c" "$1"
  compile "$cross" gnu11 c "$scratch/together.c" "$1"
}

for header in $(list h); do alone "$header"; done

# As a module.
printf '@import CMach;\n#include <mach_debug/ipc_info.h>\nipc_info_name_t name;\nmach_msg_header_t header;\nname_t service;\n' >"$scratch/module.m"
"$clang" -fmodules -fmodules-cache-path="$scratch/modules" -I"$include" -Werror -fsyntax-only "$scratch/module.m" || {
  echo "module.modulemap: does not pass" >&2
  failed=$((failed + 1))
}

# Together, with the switch that stubs for foreign byte orders set, and beside headers that use the same names.
cat >"$scratch/together.c" <<'END'
#define _GNU_SOURCE 1
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>
#define __NDR_convert__ 1
END
list h | sort -r | sed 's/.*/#include <&>/' >>"$scratch/together.c"
echo '#include <sys/user.h>' >>"$scratch/together.c"
together 'all headers'

# The headers of libmach-darwin, without libbsd's overlay and with it. <bootstrap.h> is another name for one that may not be there yet.
list_darwin() {
  (cd "$include/libmach-darwin" && find . -name '*.h' | sed 's|^\./||' | sort) |
    if [ -e "$include/servers/bootstrap.h" ]; then cat; else grep -vx bootstrap.h; fi
}
bsd=${BSD_INCLUDE:-/usr/include/bsd}
[ -e "$bsd/sys/cdefs.h" ] || { echo "libbsd's headers are not installed" >&2; exit 1; }
# Those headers are the same for every processor, but a compiler for another one does not look where this one's are.
overlay="-isystem $bsd -DLIBBSD_OVERLAY"
for profile in "-I$include/libmach-darwin" "-I$include/libmach-darwin $overlay"; do
  for header in $(list_darwin); do alone "$header"; done
  # Together, among headers of the system; some of those name members as Darwin's programs name marks.
  {
    for system in net/if.h linux/icmp.h linux/sysctl.h dirent.h err.h errno.h fcntl.h netinet/in.h poll.h sched.h semaphore.h signal.h; do
      echo "#include <$system>"
    done
    list_darwin | grep -vE '^(asm|linux)/|^sys/sysctl.h' | sed 's/.*/#include <&>/'
    for system in mach/mach.h stdio.h stdlib.h string.h sys/mman.h sys/ptrace.h sys/resource.h sys/socket.h sys/stat.h sys/time.h sys/user.h \
      sys/wait.h time.h ucontext.h unistd.h; do
      echo "#include <$system>"
    done
    echo 'static __unused int nobody_asks(int nothing __unused) { return 0; }'
  } >"$scratch/together.c"
  together 'all headers of libmach-darwin'
  # Linux has one of this name, too.
  printf '#include <%s>\n' sys/sysctl.h sys/param.h libproc.h mach/mach.h unistd.h >"$scratch/together.c"
  together 'sys/sysctl.h'
done
profile=

# Interface files are for the preprocessor first.
for interface in $(list defs); do
  interfaces=$((interfaces + 1))
  for compiler in "$cc" "$clang" "$cross"; do
    # shellcheck disable=SC2086
    if ! "$compiler" -E -x c $warnings -D__MACH30__ -I"$include" "$include/$interface" >"$scratch/interface"; then
      echo "$interface: does not pass the preprocessor of $compiler" >&2
      failed=$((failed + 1))
    fi
  done
done

if [ "$headers" -eq 0 ] || [ "$interfaces" -eq 0 ]; then
  echo "$include holds no headers or no interface files" >&2
  exit 1
fi
if [ "$failed" -ne 0 ]; then
  echo "$failed of the compilations failed" >&2
  exit 1
fi
echo "$headers headers pass alone, $interfaces interface files pass the preprocessor"
