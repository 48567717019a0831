#!/bin/sh
# The rows of the grammar's table, with the same hosts on the first, the second and the third level of a tree: a name selects its node
# wherever that is, and none on its way.
. tests/lib.sh
enter_namespaces "$@"
printf 'rack1: n[1-2],rack1-node7\n' >/tmp/groups

# at NAME ID PARENT'S-ID: a node of that name
at() {
	unshare -u sh -c 'echo "$0" >/proc/sys/kernel/hostname; exec setsid "$@"' "$1" "$GPROC" -myParent="$3" -myId="$2" -myAddress="127.0.7.$2" \
		>"$T/$depth.$2.log" 2>&1 &
}
# selects SPEC LAST-PATHS: P stands for the way
selects() {
	run "$GPROC" nodes -e "$1"
	is "level $depth: $1" "$status $(printf '%s\n' "$out" | sort | tr '\n' ' ')$err" \
		"0 $(printf '%s\n' $2 | sed "s/P/$way/" | sort | tr '\n' ' ')"
}
way='' above=master
for depth in 1 2 3; do
	start_master
	mkdir -p /etc/gproc
	cp /tmp/groups /etc/gproc/groups
	up=16
	if [ $depth -gt 1 ]; then at gate1 101 master; way=101: above=127.0.7.101 up=17; fi
	if [ $depth -gt 2 ]; then at gate2 102 127.0.7.101; way=101:102: above=127.0.7.102 up=18; fi
	for i in 1 2 3 4 5 8; do at n$i $i $above; done
	at n01-ib 11 $above
	at n02-ib 12 $above
	at compute-0-5 21 $above
	at rack1-node7 22 $above
	at kid 23 127.0.7.22
	at n9.dom.org 24 $above
	at login-2 26 $above
	at 12 27 $above
	at 3com9 28 $above
	at n1-5 29 $above
	wait_up $up
	selects 'n[1-5,8]' "P1 P2 P3 P4 P5 P8"
	selects 'n[01-02]-ib' "P11 P12"
	selects compute-0-5 P21
	selects rack1-node7/. "P22 P22:23"
	selects rack1-node7:... P22:23
	selects n9.dom.org P24
	selects n9.dom.org/... P24
	selects @rack1 "P1 P2 P22"
	selects @rack1:.,login-2 "P22:23 P26"
	selects @rack1/23-.,n3 "P1 P2 P3 P22 P22:23"
	selects @host=12 P27
	selects '@host=3com*' P28
	selects n1-5,n8 "P29 P8"
	selects 'n?' "P1 P2 P3 P4 P5 P8 P24"
	selects 'n[1-3]*' "P1 P2 P3 P29"
	selects "$(printf %s "$way" | tr : /)5" "$(printf %s "$way" | sed 's/:$//; s/^\(101\):/\1 101:/') P5"
	selects "${way}1-3,${way}8" "P1 P2 P3 P8"
	selects "${way}21-." "P21 P22 P24 P26 P27 P28 P29"
	run "$GPROC" nodes slave3-9
	like "level $depth: slave3-9" "$status $err" '^255 gproc: not there: slave3-9: no node is called slave3-9; a range is slave\[3-9\]$'
	run "$GPROC" e 'n[1-2],@rack1:.' /bin/sh -c 'echo $(hostname) $GPROC_NODE'
	is "level $depth: e by name" "$status $(printf '%s\n' "$out" | sort | tr '\n' ' ')$err" \
		"0 $(printf '%s\n' "kid P22:23" "n1 P1" "n2 P2" | sed "s/P/$way/" | tr '\n' ' ')"
	kill -INT "$MASTER"
	wait
done
done_testing
