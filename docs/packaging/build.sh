#!/bin/sh
# build.sh OUTPUT: the Debian packages of the library that is built, in OUTPUT. Run at the top of the tree.
set -eu

output=${1:?usage: build.sh OUTPUT}
rm -rf "$output"
mkdir -p "$output/tree"
# debhelper wants debian/ at the top of the tree, and writes beside what it reads: a tree of links, with a debian/ of its own.
# What stands at the top of the tree may be in a package, where a link would be one.
for file in .build CTests Sources docs include; do ln -s "$PWD/$file" "$output/tree/$file"; done
cp -p LICENSE Makefile Package.swift README.md "$output/tree"
cp -r docs/packaging/debian "$output/tree/debian"
cd "$output/tree"
dpkg-buildpackage --build=binary --no-sign --no-check-builddeps --no-pre-clean >"$output/log" 2>&1 || {
  cat "$output/log" >&2
  exit 1
}
cd "$output"
rm -rf tree
for package in *.deb; do echo "$output/$package"; done
