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
is "and six examples" "$(printf '%s\n' "$out" | grep -c '^  gproc ')" 6
ok "in 24 lines" test "$(printf '%s\n' "$out" | wc -l)" -le 24
is "and says nothing on standard error" "$err" ""
run "$GPROC" help exec
like "help of one mode" "$out" '^usage: gproc \[switches\] e <nodes> <command>$'
like "with its other names" "$out" '^also: exec$'
like "has switches with their defaults" "$out" '^  -binRoot=/tmp/xproc  '
is "by what they are for" "$(printf '%s\n' "$out" | sed -n 's/:$//p' | tr '\n' ,)" \
	"which nodes,programs and files,input and output,times and ends,jobs to come back to,gproc itself,"
unlike "has its own switches only" "$out" '-myParent'
help=$out
run "$GPROC" e -h
is "e -h is the same" "$out" "$help"
run "$GPROC" help nonsense
is "help of what is no mode is wrong usage" "$status" 2
run "$GPROC" version
like "version" "$out" '^gproc [0-9]+\.[0-9]+\.[0-9]+$'
is "returns 0" "$status" 0
run "$GPROC" help nodes
like "help nodes has the grammar" "$out" '^  nodeset = node \| node "-" node'
like "and what it selects" "$out" '^  slave5  .n\[01-12\]. '
wide= modes=$("$GPROC" help | sed -n '/^modes:/,/^$/s/^  \([a-z, ]*[a-z]\)[ ].*/\1/p' | sed 's/  .*//' | tr -d ,)
for mode in "" $modes; do
	wide="$wide$("$GPROC" help $mode | awk 'length > 80')"
done
is "no line of any help is wider than 80" "$wide" ""
# nearest WORD WANTED
nearest() {
	run "$GPROC" $1
	is "$1 is wrong usage" "$status" 2
	like "and the nearest is named" "$err" "$2"
}
nearest "ndoes ." 'nodes'
nearest "help exce" 'exec'
nearest "-labl e . date" '-l'
nearest "-onyl=3 e . date" '-only'
nearest "-timout=3 e . date" '-timeout'
if [ -e /dev/full ]; then
	status=0
	"$GPROC" version 2>"$T/err" >/dev/full || status=$?
	is "a full standard output is a failure" "$status" 255
	like "and told" "$(cat "$T/err")" 'standard output: No space left'
fi
done_testing
