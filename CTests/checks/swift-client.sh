#!/bin/sh
# swift-client.sh PREFIX SCRATCH: the Swift program in Tests/SwiftClient, made with the library installed in PREFIX as SwiftPM finds it, does what it
# says. Run at the top of the tree.
set -eu

prefix=${1:?usage: swift-client.sh PREFIX SCRATCH} scratch=${2:?}
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" LD_LIBRARY_PATH="$prefix/lib"

swift build --package-path Tests/SwiftClient --scratch-path "$scratch" >"$scratch.log" 2>&1 || { cat "$scratch.log" >&2; exit 1; }
timeout -k 10 60 "$scratch/debug/SwiftClient" >"$scratch.out"
diff - "$scratch.out" <<'END'
hello from Swift
a service was found by name
the service has died, and its client knows
a dispatch source has taken 100 messages
END
echo 'a Swift program sends, receives, learns of a death, and reads by dispatch'
