#!/bin/sh
# Usage, help and version: where they go and what they return.
. tests/lib.sh

run "$GPROC"
is "no word at all is wrong usage" "$status" 2
like "and the usage goes to standard error" "$err" '^usage: gproc '
is "not to standard output" "$out" ""
run "$GPROC" help
is "help returns 0" "$status" 0
like "help lists the modes" "$out" '^  s, slave, worker  '
like "and the switches with their defaults and modes" "$out" '^  -binRoot=/tmp/xproc  .*\(m, s and e\)$'
is "and says nothing on standard error" "$err" ""
run "$GPROC" help exec
like "help of one mode" "$out" '^usage: gproc \[switches\] e <nodes> <command>$'
unlike "has its own switches only" "$out" '-myParent'
help=$out
run "$GPROC" e -h
is "e -h is the same" "$out" "$help"
run "$GPROC" help nonsense
is "help of what is no mode is wrong usage" "$status" 2
run "$GPROC" version
like "version" "$out" '^gproc [0-9]+\.[0-9]+\.[0-9]+$'
is "returns 0" "$status" 0
wide=$("$GPROC" help | awk 'length > 120')
is "no line of the help is wider than 120" "$wide" ""
if [ -e /dev/full ]; then
	status=0
	"$GPROC" version 2>"$T/err" >/dev/full || status=$?
	is "a full standard output is a failure" "$status" 255
	like "and told" "$(cat "$T/err")" 'standard output: No space left'
fi
done_testing
