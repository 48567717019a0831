#!/bin/sh
# The source builds without a warning: with musl, with glibc, and for another machine; each binary runs.
. tests/lib.sh

# builds NAME RUNNER MAKE-ARGUMENTS...: builds apart from the tree, and runs the result.
builds() {
	name=$1 runner=$2
	shift 2
	run make -j"$(nproc)" OUT="$T/$name" BINARY="$T/gproc-$name" "$T/gproc-$name" "$@"
	is "$name: built" "$status" 0
	# make itself warns where the clock was set back: nothing is older than itself for that.
	is "$name: no warning of the compiler" "$(printf '%s\n' "$err" | grep -E '(warning|error):' |
		grep -Ev '^make(\[[0-9]+\])?: |statically linked applications requires')" ""
	like "$name: it runs" "$($runner "$T/gproc-$name" version 2>&1)" '^gproc [0-9]'
	unlike "$name: it is static" "$(readelf -lW "$T/gproc-$name")" INTERP
}

builds glibc '' CC=gcc
if command -v musl-gcc >/dev/null; then
	builds musl '' CC=musl-gcc
	again=$T/again
	make -s -j"$(nproc)" OUT="$again" BINARY="$T/gproc-again" CC=musl-gcc "$T/gproc-again"
	ok "the same source makes the same bytes" cmp "$T/gproc-musl" "$T/gproc-again"
fi
if [ "$(uname -m)" = x86_64 ] && command -v aarch64-linux-gnu-gcc >/dev/null && [ -e /usr/lib/aarch64-linux-musl/musl-gcc.specs ]; then
	builds aarch64 "$(command -v qemu-aarch64-static || echo :)" ARCH=aarch64
fi
done_testing
