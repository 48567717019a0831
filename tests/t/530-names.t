#!/bin/sh
# Host names in node specs: the rows of the table of the manual's grammar, on three levels; named and open; several nodes of one name.
. tests/lib.sh
enter_namespaces "$@"

# start_named NAME ID PARENT: a node whose host has that name.
start_named() {
	unshare -u sh -c 'echo "$0" >/proc/sys/kernel/hostname; exec setsid "$@"' "$1" "$GPROC" -myParent="$3" -myId="$2" -myAddress="127.0.4.$2" \
		>"$T/$1.$2.log" 2>&1 &
	eval "NAMED_$2=$!"
}

start_master
start_deep # 0 and 1; 0:2, 0:3, 1:4, 1:5; 0:2:6, 0:2:7 ... 1:5:13
start_named n1.dom.org 21 master
start_named n2.dom.org 22 127.0.4.21
start_named n03-ib 23 127.0.4.22
start_named compute-0-5 24 master
start_named rack1-node7 25 127.0.4.24
start_named 3com9 26 master
start_named n1-5 27 master
start_named twin.a.org 28 master
start_named twin.b.org 29 127.0.4.24
wait_up 23

# selects SPEC WANTED [switches]
selects() {
	selects_spec=$1 selects_wanted=$2
	shift 2
	run "$GPROC" "$@" nodes "$selects_spec"
	is "$* nodes $selects_spec" "$status $out$err" "0 $selects_wanted"
}
selects slave1 1
selects slave4 1:4
selects slave13 1:5:13
selects slave0,slave2,slave6 "0,0:2,0:2:6"
selects 'slave[0-1,4]' "0-1,1:4"
selects 'slave[2-13]' "0:2-3,1:4-5,0:2:6-7,0:3:8-9,1:4:10-11,1:5:12-13"
selects compute-0-5 24
selects rack1-node7/. 24:25
selects compute-0-5/. "24,24:25,24:29"
selects slave0:. 0:2-3
selects slave0/./. "0,0:2-3,0:2:6-7,0:3:8-9"
selects slave0:... "0:2-3,0:2:6-7,0:3:8-9"
selects slave0:2/7 "0:2,0:2:7"
selects slave2:. 0:2:6-7
selects n1 21
selects n1.dom.org 21
selects n1.dom.org:... "21:22,21:22:23"
selects n2:. 21:22:23
selects n1-5,1 1,27
selects 'n?' 21,21:22
selects 'n*' "21,27,21:22,21:22:23"
selects 'n*.org' "21,21:22"
selects 'slave[1-2]*' "1,0:2,1:4:10-11,1:5:12-13"
selects 'slave[0-1]:.' "0:2-3,1:4-5"
selects 'slave?:.:.' "0:2:6-7,0:3:8-9,1:4:10-11,1:5:12-13"
selects @host=3com9 26
selects '@host=3com*' 26
selects '@host=*.org' "21,28,21:22,24:29"
selects '@host=n[01-12]-ib' 21:22:23
selects '@host=slave5/.' "1:5,1:5:12-13"
selects "@arch=$(uname -m):3" 0:3
selects "@version=$("$GPROC" version | sed 's/gproc //'):25" 24:25

# told: what is said of nodes, in order, without "gproc: "
told() {
	printf '%s\n' "$err" | sed 's/^gproc: //' | tr '\n' '|'
}
run "$GPROC" e slave4,slave6 /bin/sh -c 'echo $GPROC_NODE'
is "a command runs on hosts by name" "$status $(printf '%s\n' "$out" | sort | tr '\n' ' ')$err" "0 0:2:6 1:4 "

# What is not right is an error before anything is done, with what to do.
wrong() {
	run "$GPROC" e "$1" touch "$T/done"
	is "e $1: status, and nothing done" "$status $(ls "$T/done" 2>&1 | grep -c 'No such')" "2 1"
	like "e $1 says what to do" "$err" "$2"
}
wrong twin 'gproc: 2 nodes are called twin: 24:29 \(twin\.b\.org\), 28 \(twin\.a\.org\); give the node.s path, or its whole name where they differ$'
selects twin.b.org 24:29
selects 'twin*' 28,24:29
wrong 'slave0,tw[1]in,twin' '2 nodes are called twin'
run "$GPROC" -x=twin nodes ...
like "and of -x" "$status $err" '^2 gproc: 2 nodes are called twin'
wrong 0/slave5 'only begins a path.*slave5'
wrong @slurm:debug 'no sources.*@debug'
wrong '*' 'say "\.\.\."'
wrong n1... 'n1:\.\.\.'
wrong 9x '@host=9x'
wrong 10.0.0.1 '@host=10\.0\.0\.1'
wrong 'n[1-5' 'bracket'
wrong 'slave[0-999999]' 'more than 100000 names are asked for, as by slave\[0-999999\]'
wrong "$(printf 'x%.0s' $(seq 300))" 'no host name is as long'

# Named: what is not there or down makes 255, and the others run. Open: it is left out, with a note.
run "$GPROC" e slave0,slave99,77 /bin/echo ran
is "a name that no node has" "$status $out $(told)" "255 ran not there: 77,slave99 (2)|not there: 77,slave99 (2)|"
run "$GPROC" nodes 'slave[0-1,97-99]'
is "brackets are named, and missing ones folded" "$status $out $(told)" "255 0-1 not there: slave[97-99] (3)|"
run "$GPROC" nodes slave3-9,0
is "a range without brackets" "$status $out $(told)" \
	"255 0 not there: slave3-9: no node is called slave3-9; a range is slave[3-9]|"
run "$GPROC" nodes slave99:.,0
is "below a name that no node has, what is open" "$status $out $(told)" "0 0 not there: slave99|"
run "$GPROC" nodes slave0:9
is "below a host a number is named" "$status $out $(told | cut -d'|' -f1)" "255  not there: 0:9"
run "$GPROC" nodes 'nosuch*'
is "a pattern that fits no host" "$status $out $(told)" '255  "nosuch*" selects no node that is up|'
run "$GPROC" -x=slave99,slave0 nodes 0-1
is "-x of names" "$status $out $(told)" "0 1 -x leaves out what is not there: slave99|"
run "$GPROC" -x=slave99 nodes 1,slave99
is "a name that -x leaves out is not missed" "$status $out $(told)" "0 1 -x leaves out what is not there: slave99|"
run "$GPROC" -x='slave9*' nodes 1,slave99
is "nor by a pattern" "$status $out $(told)" "0 1 |"

kill -KILL "$(pid_of_slave 13)" "$NAMED_26"
wait_down 2
run "$GPROC" nodes slave13,0
is "a name whose node is down is named" "$status $out $(told)" "255 0 down: 1:5:13|"
run "$GPROC" nodes '*slave13'
is "a pattern begins with a letter" "$status" 2
run "$GPROC" nodes 'slave1[23]*' 
is "brackets hold numbers" "$status" 255
run "$GPROC" nodes 'slave1[2-3]'
is "in brackets too it is named" "$status $out $(told)" "255 1:5:12 down: 1:5:13|"
run "$GPROC" nodes 'slave1[2-3]*'
is "a pattern leaves it out" "$status $out $(told)" "0 1:5:12 down, left out: 1:5:13|"
run "$GPROC" nodes "@arch=$(uname -m):5:."
is "so does @word=value" "$status $out $(told)" "0 1:5:12 down, left out: 1:5:13|"
run "$GPROC" e @host=3com9,0 /bin/echo ran
is "@host too" "$status $out $(told)" "0 ran down, left out: 26|"
run "$GPROC" nodes @down
is "@down" "$status $out $(told)" "0 26,1:5:13 |"
run "$GPROC" -c nodes @down
is "counted" "$status $out" "0 2"
run "$GPROC" e @down true
like "can't be made to run anything" "$status $(told)" '^255 .*down: 26,1:5:13'
run "$GPROC" -x=@down e slave13,slave12 /bin/echo ran
is "but left out" "$status $out $(told)" "0 ran |"
run "$GPROC" i @down
is "and shown" "$status $(printf '%s\n' "$out" | grep -c 'down since')$err" "0 2"

# Rights go by number: a host's name is what the node claims.
echo 'slave0 *' >"$T/allow"
run "$GPROC" -defaultMasterUDS="$T/other" -cmdport=7777 -allow="$T/allow" m
like "-allow takes no name" "$status $err" '^2 gproc: [0-9TZ:-]+ -allow: .*allow:1: node spec, near "slave0": only numbers are taken here: a host name is what a node claims$'
echo '@rack1 *' >"$T/allow"
run "$GPROC" -defaultMasterUDS="$T/other" -cmdport=7777 -allow="$T/allow" m
like "and no group" "$status $err" '^2 gproc: [0-9TZ:-]+ -allow: .*allow:1: node spec, near "@rack1": only numbers'

unshare -u sh -c 'echo slave13 >/proc/sys/kernel/hostname; exec setsid "$@"' sh "$GPROC" -myParent=master -myId=40 -myAddress=127.0.4.40 >"$T/moved.log" 2>&1 &
wait_up 22
run "$GPROC" nodes slave13
like "a host that has moved to another place" "$status $err" \
	'^2 gproc: 2 nodes are called slave13: 1:5:13 \(slave13, down\), 40 \(slave13\); .*; gproc forget drops one that is down$'
run "$GPROC" forget 1:5:13
run "$GPROC" nodes slave13
is "is found when its old one is forgotten" "$status $out$err" "0 40"

# nodes in other shapes
run "$GPROC" nodes -e slave0/.
is "nodes -e: one a line" "$status $(printf '%s\n' "$out" | tr '\n' ' ')$err" "0 0 0:2 0:3 "
run "$GPROC" nodes -c slave0/.
is "nodes -c: how many" "$status $out$err" "0 3"
run "$GPROC" nodes -c -e .
is "not both" "$status" 2
run "$GPROC" nodes -names 'slave[0-3],n*.org,3:.'
is "nodes -names: hosts" "$status $out" "0 n[1-2].dom.org,slave[0-3]"
run "$GPROC" nodes -names -e 'slave[10-11,9,2]'
is "nodes -names -e: sorted by name" "$status $(printf '%s\n' "$out" | tr '\n' ' ')$err" "0 slave2 slave9 slave10 slave11 "
run "$GPROC" nodes -json slave0:2
like "nodes -json: an object a line" "$out" '^\{"type":"node","gproc":1,"node":"0:2","host":"slave2","state":"up","since":[0-9]+\.[0-9]{3},"address":"127.0.1.3:6666","machine":"'"$(uname -m)"'","cpus":[0-9]+,"memory":[0-9]+,"free":[0-9]+,"load":[0-9.]+,"jobs":0,"version":"[0-9.]+"'
run "$GPROC" nodes -json @down
is "of a node that is down what is known" "$status $(printf '%s\n' "$out" | sed -e 's/"since":[0-9.]*/"since":T/' | tr '\n' ' ')" \
	'0 {"type":"node","gproc":1,"node":"26","host":"3com9","state":"down","since":T,"reason":"the connection was closed"} '
done_testing
