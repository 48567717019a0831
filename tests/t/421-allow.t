#!/bin/sh
# The -allow file: which users and groups may use which nodes.
. tests/lib.sh
enter_namespaces "$@"
users alice bob
printf 'root:x:0:\nalice:x:1001:\nbob:x:1002:\nstaff:x:2000:bob\n' >/etc/group
bob() {
	setpriv --reuid=1002 --regid=1002 --groups=1002,2000 "$@"
}
carol() {
	setpriv --reuid=1003 --regid=1003 --clear-groups "$@"
}
cd / || exit 1

# bad LINE REGEX CONTENTS: a start-up error that names that line.
bad() {
	printf "$3" >"$T/bad"
	run "$GPROC" -myAddress=127.0.0.1 -allow="$T/bad" m
	is "refused: $2" "$status" 2
	like "with its line" "$err" "^gproc: [0-9TZ:-]+ -allow: $T/bad:$1: .*$2"
}
bad 2 'this machine has no user "mallory"' '1 alice\n2 mallory\n'
bad 1 'this machine has no group "wheels"' '1 @wheels'
bad 3 'column' '# nodes who\n\n1-x alice\n'
bad 1 'behind the nodes stand' '1-4\n'
printf '1 alice\n' >"$T/open"
chmod 666 "$T/open"
run "$GPROC" -myAddress=127.0.0.1 -allow="$T/open" m
is "a file that anybody can change is refused" "$status" 2
like "with what is to be done" "$err" 'chmod go-w'
run "$GPROC" -myAddress=127.0.0.1 -allow="$T/none" m
is "and one that is not there" "$status" 2

cat >"$T/allow" <<END
# nodes  who
0,2:.    alice, 1003   # a number will do
1        @staff
END
start_master -allow="$T/allow"
start_tree 7 3
# Nodes 0, 1, 2 and below them 0:3, 0:6, 1:4, 2:5.
nodes_of() {
	printf '%s\n' "$out" | sort -V | tr '\n' ' '
}
run alice "$GPROC" e ... /bin/sh -c 'echo $GPROC_NODE'
is "what is not hers is left out" "$status$err $(nodes_of)" "0 0 2:5 "
run alice "$GPROC" e 0-2 /bin/sh -c 'echo $GPROC_NODE'
is "those named by number are told, the others run" "$status $(nodes_of)" "255 0 "
like "as refused" "$err" '^gproc: refused, you may not use: 1-2 \(2\)$'
run alice "$GPROC" e 1/. /bin/true
is "none that is hers: nothing runs" "$status" 255
like "and why" "$err" 'no node that is up and that you may use; refused: 1,1:4'
run bob "$GPROC" e . /bin/sh -c 'echo $GPROC_NODE'
is "a group's member has the group's" "$status$err $(nodes_of)" "0 1 "
run carol "$GPROC" e . /bin/sh -c 'echo $GPROC_NODE'
is "a number stands for a user" "$status$err $(nodes_of)" "0 0 "
run setpriv --reuid=1004 --regid=1004 --clear-groups "$GPROC" e . /bin/true
is "whom no line names may not launch" "$status" 255
run "$GPROC" e ... /bin/true
is "root may use all" "$status$err" 0
run alice "$GPROC" nodes ...
is "nodes shows what a launch would have" "$out" "0,2:5"
run carol "$GPROC" i
like "i shows whom each is for" "$out" '^\|- 0 .*  for alice,1003$'
like "a group" "$out" ' 1  .*  for @staff$'
like "and what is nobody's but root's" "$out" ' 1:4  .*  for root$'
kill -INT "$MASTER"
wait

start_master -allow="$T/allow" -users=alice
start_flat 2
run bob "$GPROC" e . /bin/true
is "with -users both must agree" "$status" 255
run alice "$GPROC" e . /bin/sh -c 'echo $GPROC_NODE'
is "as they do for her" "$status$err$out" 00
kill -INT "$MASTER"
wait
done_testing
