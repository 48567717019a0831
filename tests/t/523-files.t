#!/bin/bash
# -o: a file a node and stream, byte for byte, at every depth; DIR/ with out, err and rc; the % letters; what can't be written is told with
# its name. In raw form a single node's bytes come as they are, and lines of several are never broken.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master
start_deep
cd "$T" || exit

bytes='binmode STDOUT; print map(chr, 0 .. 255), "\r\nno end"'
perl -e "$bytes" >want
for depth in 1 2 3; do
	case $depth in 1) one=0 two=1 ;; 2) one=0:2 two=1:5 ;; 3) one=0:2:6 two=1:5:13 ;; esac
	run "$GPROC" -o="a/b$depth/" e $one,$two sh -c "perl -e '$bytes'; echo oops >&2; exit \$GPROC_RANK"
	is "depth $depth: DIR/ is DIR/%n.%s, made" "$status$out $(cd "a/b$depth" && echo *)" "1 $one.err $one.out $one.rc $two.err $two.out $two.rc"
	ok "depth $depth: every byte" eval "cmp a/b$depth/$one.out want && cmp a/b$depth/$two.out want"
	is "depth $depth: standard error" "$(cat "a/b$depth/$one.err" "a/b$depth/$two.err")" "oops
oops"
	is "depth $depth: status" "$(cat "a/b$depth/$one.rc" "a/b$depth/$two.rc" | paste -sd,)" 0,1
	"$GPROC" e $one perl -e "$bytes" >got
	ok "depth $depth: raw, one node: every byte" cmp got want
	# two lines of 2 MB at once, in pieces: never broken
	run "$GPROC" e $one,$two sh -c 'for i in 1 2 3 4 5 6 7 8; do head -c 250000 /dev/zero | tr "\0" "a-b"; done; echo'
	is "depth $depth: raw, several: a line is a line" "$(printf '%s\n' "$out" | awk '{ print length($0) }' | paste -sd' ')" "2000000 2000000"
	run "$GPROC" -o='l/%n_%i_%h_%r_%m_%j_%%_%s' e $two sh -c 'echo $GPROC_JOB'
	is "depth $depth: letters" "$(cd l && echo *.out *_out)" "*.out ${two}_${two##*:}_slave${two##*:}_0_$(uname -m)_$(cat l/*_out)_%_out"
	rm -rf l
done
run "$GPROC" -o=plain.%r e 0-1 sh -c 'echo out; echo err >&2; kill -9 $$'
is "without %s: .err, and no rc" "$(echo plain.*)" "plain.0 plain.0.err plain.1 plain.1.err"
run "$GPROC" -o=sig/ e 0 sh -c 'kill -9 $$'
is "a signal's status" "$(cat sig/0.rc)" 137
run "$GPROC" -localbin -o=sig/ e 0 /nowhere/prog
is "what could not start" "$(cat sig/0.rc)" 127
run "$GPROC" -o=- e 0 echo plain
is "-o=- is raw" "$out" plain

for bad in '%x' '%' 'a%%%'; do
	run "$GPROC" -o="$bad" e 0 true
	is "-o=$bad is refused" "$status $err" "2 gproc: -o=$bad: give %n path, %i id, %h host, %r rank, %m machine, %j job, %s out, err or rc, %% a %"
done
run "$GPROC" -o=log e 0-1 true
is "one file for two" "$status $err" "255 gproc: -o=log: several nodes would write to log; put %n (path) or %r (rank) into the name"
run "$GPROC" -o=same/%i e 0:2,2:9,0:3 true
is "no two of one id" "$status $(ls same)" "255 2
2.err
3
3.err"
for place in /proc/nothing/%n /proc/1/x-%n /dev/null/; do
	run "$GPROC" -o=$place e 0 touch "$T/started"
	like "a bad place: $place" "$status $err" "^255 gproc: can't write to /(proc/nothing/|proc/1/|dev/null/): "
done
ok "nothing was started" test ! -e "$T/started"
mkdir full
mount -t tmpfs -o size=64k gproc-test full
run "$GPROC" -o=full/ e 0-1 head -c 1000000 /dev/zero
is "a full disk: status" "$status" 255
like "a full disk: its file is named" "$err" "^gproc: can't write full/[01].out: No space left on device"
until_true eval '! "$GPROC" ps | grep -q head'
is "and the job is ended" "$("$GPROC" ps | grep -c head)" 0
umount full
# a host may call itself what it likes
setsid unshare -u sh -c 'echo ../../x >/proc/sys/kernel/hostname; exec "$@"' - "$GPROC" -myParent=master -myId=40 -myAddress=127.0.9.9 s >"$T/liar.log" 2>&1 &
wait_up 15
run "$GPROC" -o=h/%h e 40 echo hi
is "a host's name leads nowhere" "$(ls -A h | paste -sd" ")" ".._.._x .._.._x.err"
cd "$REPO"
end_tree
done_testing
