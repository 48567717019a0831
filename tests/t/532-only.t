#!/bin/sh
# -only keeps what is in both, beside -x, in every mode that takes nodes; what is named and not there is missed only where both name it.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_deep # 0 and 1; 0:2, 0:3, 1:4, 1:5; 0:2:6, 0:2:7 ... 1:5:13
printf 'low: slave[6-13]\nleft: slave0/./.\n' >/etc/gproc/groups
told() {
	printf '%s\n' "$err" | sed 's/^gproc: //' | tr '\n' '|'
}
sorted() {
	printf '%s\n' "$out" | sort | tr '\n' ' '
}

run "$GPROC" -only=@low -x=slave7 e @left /bin/sh -c 'echo $GPROC_NODE'
is "e" "$status $(sorted)$err" "0 0:2:6 0:3:8 0:3:9 "
run "$GPROC" -only=1 e 0 true
is "e of nothing" "$status $(told)" '255 "0" selects no node that -only keeps|'
run "$GPROC" -only=1:. -x=1:4 i ...
is "i" "$status $(printf '%s\n' "$out" | grep -o '1:5  ')$(printf '%s\n' "$out" | grep -c '0:\|1:4')$err" "0 1:5  0"
run "$GPROC" -only=1 i 0
is "i of nothing" "$status $(told)" '255 "0" selects no node that -only keeps|'
echo conf >"$T/conf"
mkdir /tmp/put
run "$GPROC" -only=0:2,1 -x=1 cp ... "$T/conf" /tmp/put/conf
is "cp" "$status $out$(cat /tmp/put/conf)" "0 conf"
cd "$T" || exit 1
run "$GPROC" -only=0,1:4 get ... /tmp/put/conf got
is "get" "$status $(ls got | tr '\n' ' ')" "0 0 1:4 "
for mode in halt reboot; do
	run "$GPROC" -only=@left -x=0:2,0:3 $mode slave0,@low
	is "$mode" "$(told | sed 's/rebooted/X/; s/halted or X/X/; s/|.*//')" \
		"nodes 0,0:2:6-7,0:3:8-9 can't be X from here: PID 1 there is not gproc"
done
run "$GPROC" -detach e 0-1 /bin/sleep 1000
is "a job" "$status" 0
job=$("$GPROC" ps | awk 'NR == 2 { print $1 }')
run "$GPROC" kill -only=slave1 "$job" 9
is "kill" "$status$err" 0
until "$GPROC" ps "$job" | grep -q '^1 .*signal 9'; do kill -0 "$MASTER" || break; done
ok "the other runs on" pgrep -f 'sleep 1000'
"$GPROC" kill -9 "$job"

run "$GPROC" -only=77,0 e 0-77 true
is "a range is missed where both name it" "$status $(told)" "255 not there: 77|-only keeps what is not there: 77|not there: 77|"
run "$GPROC" -only=0-1 e 0-4000000000 true
is "and not elsewhere" "$status $(told)" "0 |"
run "$GPROC" -only=... nodes 0,slave77
is "a name might be in what is open" "$status $out $(told)" "255 0 not there: slave77|"
run "$GPROC" -only=0,slave77 nodes 0,slave77
is "and is in what names it" "$status $out $(told)" "255 0 not there: slave77|-only keeps what is not there: slave77|"
run "$GPROC" -only=0-1 nodes 0,slave77
is "but in nothing else" "$status $out $(told)" "0 0 |"
run "$GPROC" -only=9x nodes 0
is "-only is a spec" "$status" 2

# What a host says its name is, is shown only where it is one, and no other's.
claim() {
	unshare -u sh -c 'printf "$0" >/proc/sys/kernel/hostname; exec setsid "$@"' "$1" "$GPROC" -myParent=master -myId="$2" \
		-myAddress="127.0.6.$2" >"$T/claim.$2.log" 2>&1 &
}
claim 'x\033[31mred' 30
claim '1,2' 31
claim '...' 32
claim 'same' 33
claim 'same' 34
claim 'good' 35
wait_up 20
run "$GPROC" nodes -names 30-35
is "names that are none, or another's, are paths" "$status $out$err" "0 good,30-34"
run "$GPROC" nodes -json 30
like "in JSON nothing reaches the terminal" "$out" '"host":"x\\\\x1b\[31mred"'
run "$GPROC" -l -names e 30-35 /bin/echo
is "nor in labels" "$status $(printf '%s\n' "$out" | tr -d ' ' | sort | tr '\n' ' ')$err" "0 30: 31: 32: 33: 34: good: "
run "$GPROC" nodes 'x*'
is "a pattern may find it" "$status $out$err" "0 30"
done_testing
