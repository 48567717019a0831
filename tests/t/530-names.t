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
done_testing
