#!/bin/sh
# Groups of /etc/gproc/groups in node specs: on three levels, in one another, named and open; what is wrong with the file is told to those
# who ask for a group, and to nobody else.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_deep # 0 and 1; 0:2, 0:3, 1:4, 1:5; 0:2:6, 0:2:7 ... 1:5:13
cat >/etc/gproc/groups <<'END'
# as in a flat file of ClusterShell's
first: slave[0-1]
second: slave[2-3] slave4	slave5   # blanks part, a comment ends
third :slave[6-13]
both: @first,@second
both: @third
ids: 0-1,1:4
open: 1/.
level: .
all: ...
gone: slave[4,99] 77
mixed: 5-.,1
edge: @first:.,@down
1: slave1
gpu-a.100_x: slave9
nobody:
END
chmod 644 /etc/gproc/groups

told() {
	printf '%s\n' "$err" | sed 's/^gproc: //' | tr '\n' '|'
}
selects() {
	selects_spec=$1 selects_wanted=$2
	shift 2
	run "$GPROC" "$@" nodes "$selects_spec"
	is "$* nodes $selects_spec" "$status $out$err" "0 $selects_wanted"
}
selects @first 0-1
selects @second "0:2-3,1:4-5"
selects @third "0:2:6-7,0:3:8-9,1:4:10-11,1:5:12-13"
selects @both "0-1,0:2-3,1:4-5,0:2:6-7,0:3:8-9,1:4:10-11,1:5:12-13"
selects @first:. "0:2-3,1:4-5"
selects @first/./. "0-1,0:2-3,1:4-5,0:2:6-7,0:3:8-9,1:4:10-11,1:5:12-13"
selects @second:. "0:2:6-7,0:3:8-9,1:4:10-11,1:5:12-13"
selects @ids "0-1,1:4"
selects @open "1,1:4-5"
selects @open:. "1:4-5,1:4:10-11,1:5:12-13"
selects @level:. "0:2-3,1:4-5"
selects @all/. "0-1,0:2-3,1:4-5,0:2:6-7,0:3:8-9,1:4:10-11,1:5:12-13"
selects @all:. "0:2-3,1:4-5,0:2:6-7,0:3:8-9,1:4:10-11,1:5:12-13"
selects @all:... "0:2-3,1:4-5,0:2:6-7,0:3:8-9,1:4:10-11,1:5:12-13"
selects @1 1
selects @gpu-a.100_x 0:3:9
selects @gpu-a.100_x,@first:4-.,17-.,slave6 "1:4-5,0:2:6,0:3:9"
selects @first,@nobody 0-1
selects ... "0-1,0:2:6-7,0:3:8-9,1:4:10-11,1:5:12-13" -x=@second
selects @both "0:2-3,1:4-5" -only=@second
run "$GPROC" -only=@ids:.,@ids -x=@first,@third nodes @both
is "both, with groups" "$status $out$err" "0 0:2-3,1:4-5"
run "$GPROC" e @second /bin/sh -c 'echo $GPROC_NODE'
is "a command runs on a group" "$status $(printf '%s\n' "$out" | sort | tr '\n' ' ')$err" "0 0:2 0:3 1:4 1:5 "
run "$GPROC" nodes @first:3
is "a number below a group's nodes is named for each of them" "$status $out $(told)" "255 0:3 not there: 1:3|"
run "$GPROC" nodes @nobody
is "a group without nodes" "$status $out $(told)" '255  "@nobody" selects no node that is up|'

run "$GPROC" nodes @gone
is "a group that names what is not there names it" "$status $out $(told)" "255 1:4 not there: 77,slave99 (2)|"
run "$GPROC" nodes @gone:.
is "but is only a way to what is open below it" "$status $out $(told)" "0 1:4:10-11 not there: 77,slave99 (2)|"
run "$GPROC" -only=@third nodes @gone,@third
is "what -only does not name is not missed" "$status $out $(told)" "0 0:2:6-7,0:3:8-9,1:4:10-11,1:5:12-13 |"
run "$GPROC" -x=@gone nodes @gone,0
is "nor what -x names" "$status $out $(told)" "0 0 -x leaves out what is not there: 77,slave99 (2)|"
kill -KILL "$(pid_of_slave 12)"
wait_down 1
run "$GPROC" nodes @third
is "a group's host that is down is named" "$status $(told)" "255 down: 1:5:12|"
run "$GPROC" nodes @all
is "an open group leaves it out" "$status $(told)" "0 down, left out: 1:5:12|"
run "$GPROC" nodes @edge
is "@down within a group" "$status $out $(told)" "255 0:2-3,1:4-5 down: 1:5:12|"

# wrong SPEC WHAT: an error of 2, and nothing is done
wrong() {
	run "$GPROC" e "$1" touch "$T/done"
	is "e $1: status, and nothing done" "$status $(ls "$T/done" 2>&1 | grep -c 'No such')" "2 1"
	like "e $1 says what is wrong" "$err" "$2"
}
wrong @rack1 '^gproc: /etc/gproc/groups: there is no group @rack1'
printf 'a: 1,@b\nb: @c:.\nc: slave2,@a\nself: 0,@self\nbad: 0,9x\nstars: *\ntwins: @a\nops: 1!2\n' >/etc/gproc/groups
wrong @self 'group names itself: @self > @self$'
wrong @a 'group names itself: @a > @b > @c > @a$'
wrong @twins 'group names itself: @a > @b > @c > @a$'
wrong @bad 'group @bad of /etc/gproc/groups: node spec "0,9x": column 4: .*@host=9x'
wrong @ops 'group @ops of /etc/gproc/groups: node spec "1!2"'
run "$GPROC" nodes 1
is "nobody else is troubled" "$status $out$err" "0 1"
# broken TEXT WHAT: the file as a whole is refused
broken() {
	printf "$1" >/etc/gproc/groups
	wrong @a "$2"
}
broken 'a: 0\ndown: 1\n' '/etc/gproc/groups:2: @down has a meaning of its own'
broken 'a: 0\n\narch: 1\n' '/etc/gproc/groups:3: @arch has a meaning of its own'
broken 'a: 0\nwhat is this\n' '/etc/gproc/groups:2: "what is this" is not "name: nodes"'
broken 'a: 0\nb@c: 1\n' '/etc/gproc/groups:2: "b@c" is not "name: nodes"'
broken ': 1\n' '/etc/gproc/groups:1: "" is not "name: nodes"'
printf 'a: 0' >/etc/gproc/groups
selects @a 0
chmod 666 /etc/gproc/groups
wrong @a "/etc/gproc/groups: others than its owner can change it: chmod go-w /etc/gproc/groups"
chmod 644 /etc/gproc/groups
chown 1234 /etc/gproc/groups
wrong @a "/etc/gproc/groups: belongs to user 1234"
rm /etc/gproc/groups
wrong @a "/etc/gproc/groups: there is no such file on the master"
mkdir /etc/gproc/groups
wrong @a "/etc/gproc/groups: is not a regular file"
rmdir /etc/gproc/groups
awk 'BEGIN { for (i = 0; i < 200000; i++) print "g" i ": " i }' >/etc/gproc/groups
wrong @g1 "/etc/gproc/groups: File too large"
awk 'BEGIN { for (i = 0; i < 30; i++) print "g" i ": @g" i + 1 ",@g" i + 1 ":.,@g" i + 1; print "g30: 1" }' >"$T/groups"
ln -sf "$T/groups" /etc/gproc/groups
run "$GPROC" nodes @g0
is "a linked file, and thirty groups each of which names the next three times" "$status $out $(told)" "0 1,1:4-5,1:4:10-11,1:5:13 down, left out: 1:5:12|"
done_testing
