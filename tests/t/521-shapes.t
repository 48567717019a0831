#!/bin/bash
# -l and -b print what clush -L, clubak and dshbak -c make of the same lines, at every depth; both streams, statuses apart; host names.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master
start_deep

# What each node prints: some alike, some not, an empty line, a last one without newline.
lines='n=${GPROC_NODE##*:}; echo "kernel 6.1"; case $n in 3 | 8) echo "disk $n" ;; 5) echo; printf last ;; esac'

# sorted: by node, each node's lines in order
by_node() { sort -s -t: -k1,1V; }

run "$GPROC" -names -l e ... sh -c "$lines"
plain=$out
is "-l: status" "$status$err" 0
is "-l is aligned" "$(printf '%s\n' "$plain" | sed -E 's/^( *slave[0-9]+:).*/\1/' | awk '{ print length($0) }' | sort -u)" 8
unaligned=$(printf '%s\n' "$plain" | sed 's/^ *//')
# clush -L prints "node: line" too, in the order of its nodes
# clubak takes what stands behind the colon as it is
pairs=$(printf '%s\n' "$unaligned" | sed 's/: /:/')
is "-l is what clubak -L (as clush -L) prints" "$(printf '%s\n' "$unaligned" | by_node)" "$(printf '%s\n' "$pairs" | clubak -L | by_node)"

run "$GPROC" -names -b e ... sh -c "$lines"
is "-b is what clubak -b makes of it" "$out" "$(printf '%s\n' "$pairs" | clubak -b)"
# groups: a line for each, nodes and lines; dshbak has no numbers
groups() { sed -E 's/^-+$/--/; s/ \([0-9]+\)$//' | awk -v RS='--\n' -v ORS= '{ gsub(/\n/, "|"); print $0 (NR % 2 ? "\n" : " ") }' | sort; }
is "dshbak -c has the same groups" "$(printf '%s\n' "$out" | groups)" "$(printf '%s\n' "$unaligned" | dshbak -c | groups)"

for depth in 1 2 3; do
	case $depth in 1) spec=. nodes=0-1 some=0 other=1 ;; 2) spec=0-1:. nodes=0:2-3,1:4-5 some=0:2 other=0:3,1:4-5 ;; 3) spec=0-1:.:. nodes=0:2:6-7,0:3:8-9,1:4:10-11,1:5:12-13 some=0:2:6 other=0:2:7,0:3:8-9,1:4:10-11,1:5:12-13 ;; esac
	many=$(echo "$("$GPROC" nodes $spec)" | tr ',' '\n' | awk -F'[:-]' '{ n += /-/ ? $NF - $(NF - 1) + 1 : 1 } END { print n }')
	dashes=---------------
	run "$GPROC" -b e $spec sh -c 'echo out; echo err >&2'
	is "depth $depth: both streams fold" "$out|$err" "$dashes
$nodes ($many)
$dashes
out|$dashes
$nodes ($many)
$dashes
err"
	run "$GPROC" -b e $spec sh -c "echo out; [ \$GPROC_NODE != $some ] || exit 3"
	is "depth $depth: another status stands apart, behind" "$out" "$dashes
$other$([ $many = 2 ] || echo " ($((many - 1)))")
$dashes
out
$dashes
$some
$dashes
out"
	is "depth $depth: and is told" "$status $err" "3 gproc: exit 3: $some"
done

# Names: in labels, folds, verdicts; a name that two have is no name.
run "$GPROC" -names e 0,0:2-3,1:5:12 false
is "verdicts by name" "$err" "gproc: exit 1: slave[0,2-3,12] (4)"
kill -KILL "$(pid_of_slave 13)"
wait_down 1
run "$GPROC" -names e 0,1:5:13,77 true
is "who is down by name, who is not there by path" "$(printf '%s\n' "$err" | sort -u)" "gproc: down: slave13
gproc: not there: 77"
setsid unshare -u sh -c 'echo slave0 >/proc/sys/kernel/hostname; exec "$@"' - "$GPROC" -myParent=master -myId=30 -myAddress=127.0.9.9 s >"$T/twin.log" 2>&1 &
wait_up 14
run "$GPROC" -names -l e 0,1,30 echo hi
is "two of one name keep their paths" "$(printf '%s\n' "$out" | sort)" "     0: hi
    30: hi
slave1: hi"
run "$GPROC" -q -names -b e 0,77 sh -c 'exit 3'
is "-q with it" "$status $(printf '%s\n' "$err" | sort -u)" "255 gproc: not there: 77"
for pair in "-l -b" "-l -json" "-b -o=x" "-json -o=x" "-b -json"; do
	run "$GPROC" $pair e 0 true
	is "$pair" "$status $err" "2 gproc: -l, -b, -o and -json exclude each other"
done
end_tree
done_testing
