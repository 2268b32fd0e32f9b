#!/bin/sh
# packages.sh DEBS SCRATCH: the packages in DEBS are installed in an empty root, programs are made with what is in it, and nothing is left when
# they are removed. Run at the top of the tree.
set -eu

debs=${1:?usage: packages.sh DEBS SCRATCH} scratch=${2:?}
rm -rf "$scratch"
mkdir -p "$scratch/root/var/lib/dpkg/info" "$scratch/root/var/lib/dpkg/updates" "$scratch/root/var/log"
root=$(cd "$scratch/root" && pwd)
: >"$root/var/lib/dpkg/status"

fail() {
  echo "$*" >&2
  exit 1
}

# The root has no C library, and no shell for scripts: those that there are run outside.
in_root() { dpkg --root="$root" --force-not-root --force-depends --force-script-chrootless --no-triggers "$@" >>"$scratch/log" 2>&1 || { cat "$scratch/log"; fail "dpkg $*"; }; }
files() { find "$root" ! -type d ! -path "$root/var/*" | sort; }

for package in libmach1 libmach-dev libmach-doc; do
  set -- "$debs/$package"_*.deb
  [ $# -eq 1 ] && [ -e "$1" ] || fail "$package: not one package in $debs"
  in_root --install "$1"
done
libdir=$(dirname "$(find "$root/usr/lib" -name libmach.so.1)")
[ -n "$(files)" ] && [ -L "$libdir/libmach.so" ] && [ -e "$root/usr/share/man/man3/mach_msg.3.gz" ] || fail 'the packages lack files'

links=$(find "$root" -type l '(' -lname '/*' -o -xtype l ')')
[ -z "$links" ] || fail "links that lead out of the packages: $links"

version=$(dpkg-deb -f "$debs"/libmach1_*.deb Version)
[ -e "$libdir/libmach.so.${version%-*}" ] || fail "docs/packaging/debian/changelog is of another version than the Makefile"

# The shared library's package alone is what a program needs, and it needs libc alone.
depends=$(dpkg-deb -f "$debs"/libmach1_*.deb Depends)
case $depends in libc6*) ;; *) fail "libmach1 depends on $depends" ;; esac
case $depends in *,*) fail "libmach1 depends on $depends" ;; esac

export PKG_CONFIG_PATH="$libdir/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$root" PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1
# shellcheck disable=SC2046
cc -o "$scratch/hello" CTests/examples/hello.c $(pkg-config --cflags --libs libmach)
[ "$(LD_LIBRARY_PATH="$libdir" "$scratch/hello")" = 'hello through a port' ] || fail 'a program made with pkg-config does not say hello'

cmake -S CTests/packaging/cmake -B "$scratch/cmake" -DCMAKE_PREFIX_PATH="$root/usr" -DCMAKE_LIBRARY_ARCHITECTURE="$(basename "$libdir")" >"$scratch/cmake.log" &&
  cmake --build "$scratch/cmake" >>"$scratch/cmake.log" || { cat "$scratch/cmake.log"; fail 'CMake does not find the library'; }
[ "$("$scratch/cmake/hello")" = 'hello through a port' ] || fail 'a program made with CMake does not say hello'
sed 's/1\.0 REQUIRED/2.0 REQUIRED/; s|\.\./\.\./|'"$PWD"'/CTests/|' CTests/packaging/cmake/CMakeLists.txt >"$scratch/CMakeLists.txt"
! cmake -S "$scratch" -B "$scratch/newer" -DCMAKE_PREFIX_PATH="$root/usr" -DCMAKE_LIBRARY_ARCHITECTURE="$(basename "$libdir")" >"$scratch/newer.log" 2>&1 &&
  grep -q 'compatible with requested version' "$scratch/newer.log" ||
  fail 'CMake takes this library for one of another binary interface'

sed 's/REQUIRED/REQUIRED COMPONENTS none/; s|\.\./\.\./|'"$PWD"'/CTests/|' CTests/packaging/cmake/CMakeLists.txt >"$scratch/CMakeLists.txt"
! cmake -S "$scratch" -B "$scratch/component" -DCMAKE_PREFIX_PATH="$root/usr" -DCMAKE_LIBRARY_ARCHITECTURE="$(basename "$libdir")" >"$scratch/component.log" 2>&1 &&
  grep -q 'no component none' "$scratch/component.log" ||
  fail 'CMake finds a component that is not there'
# Where /lib is /usr/lib, and CMake comes by the first.
ln -s usr/lib "$root/lib"
cmake -S CTests/packaging/cmake -B "$scratch/linked" -DCMAKE_PREFIX_PATH="$root" -DCMAKE_LIBRARY_ARCHITECTURE="$(basename "$libdir")" >"$scratch/linked.log" &&
  cmake --build "$scratch/linked" >>"$scratch/linked.log" || { cat "$scratch/linked.log"; fail 'CMake does not find the headers by way of /lib'; }
rm "$root/lib"

# A prefix that a shell, sed and pkg-config have to be careful with.
odd="$(cd "$scratch" && pwd)/an odd & long prefix"
for target in install uninstall; do
  "${MAKE:-make}" -s "$target" DESTDIR= PREFIX="$odd" LIBDIR="$odd/lib64" INCLUDEDIR="$odd/include" MANDIR="$odd/share/man" >>"$scratch/log" 2>&1 ||
    { cat "$scratch/log"; fail "make $target PREFIX=$odd"; }
  [ "$target" = install ] || break
  eval "cc -o '$scratch/odd' CTests/examples/hello.c $(PKG_CONFIG_SYSROOT_DIR='' PKG_CONFIG_PATH="$odd/lib64/pkgconfig" pkg-config --cflags --libs libmach)"
  [ "$(LD_LIBRARY_PATH="$odd/lib64" "$scratch/odd")" = 'hello through a port' ] || fail 'a program made with an odd prefix does not say hello'
done
left=$(find "$odd" -mindepth 1 ! -path "$odd/lib64" ! -path "$odd/include" ! -path "$odd/share" ! -path "$odd/share/man")
[ -z "$left" ] || fail "left after make uninstall: $left"

count=$(files | wc -l)
in_root --purge libmach-doc libmach-dev libmach1
[ -z "$(files)" ] || fail "left after removal: $(files)"
left=$(find "$root" -mindepth 1 -type d ! -path "$root/var*")
[ -z "$left" ] || fail "left after removal: $left"
echo "3 packages of $count files, installed, used and removed"
