#!/bin/bash
# Job numbers wrap: after the highest come the lowest again that no living job has, never 0; ps and kill reach whom they name.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
full=$REPO/build/$(uname -m)/gproc.full
address=$(nm "$full" 2>/dev/null | awk '$3 == "last_number" { print $1 }')
[ -n "$address" ] || skip_all "there is no $full with symbols"
strip -o "$T/stripped" "$full" && cmp -s "$T/stripped" "$GPROC" || skip_all "$full is not what $GPROC was made of"
start_master -heartbeat="$(span 2000)"
start_flat 3

# detached: a job that stays, on all nodes; its whole name.
detached() {
	"$GPROC" -detach e . /bin/sleep 1000
}
# running: the numbers of the jobs of which processes live, each with how many.
running() {
	for pid in $(pgrep -x sleep); do
		cat "/proc/$pid/environ" 2>/dev/null | tr "\\0" "\\n" | sed -n 's/^GPROC_JOB=\(.*\)\..*/\1/p'
	done | sort -n | uniq -c | awk '{ print $2 ":" $1 }' | paste -s -d ' '
}
becomes() {
	local want=$2
	until_true eval '[ "$(running)" = "$want" ]'
	is "$1" "$(running)" "$2"
}

first=$(detached)
second=$(detached)
is "the first jobs" "${first%.*} ${second%.*}" "1 2"
printf '\375\377\377\377' | dd of="/proc/$MASTER/mem" bs=1 seek=$((16#$address)) conv=notrunc status=none
names=$(for i in 1 2 3 4 5; do detached; done)
is "over the end: neither 0 nor the number of a living one" "$(echo "$names" | sed 's/\..*//' | tr '\n' ' ')" "4294967294 4294967295 3 4 5 "
is "all have the same master behind their number" "$(echo "$first $names" | tr ' ' '\n' | sed 's/.*\.//' | sort -u | wc -l)" 1
becomes "all run" "1:3 2:3 3:3 4:3 5:3 4294967294:3 4294967295:3"
is "and are listed" "$("$GPROC" ps | sed 1d | sed 's/\..*//' | sort -n | tr '\n' ' ')" "1 2 3 4 5 4294967294 4294967295 "
run "$GPROC" e . /bin/sh -c 'echo $GPROC_JOB'
is "one in between has a number of its own, and ends well" "$status$err $(printf '%s\n' "$out" | sed 's/\..*//' | sort -u)" "0 6"

"$GPROC" kill 1
becomes "the first is killed by its number" "2:3 3:3 4:3 5:3 4294967294:3 4294967295:3"
"$GPROC" kill 4294967295
"$GPROC" kill "$(echo "$names" | grep '^3\.')"
becomes "so are the last, and one by its whole name" "2:3 4:3 5:3 4294967294:3"
run "$GPROC" kill 0
like "there is no job 0" "$status $err" '^255 .*there is no job 0'
for job in 2 4 5 4294967294; do "$GPROC" kill $job; done
becomes "the rest" ""
until_true no_job
is "none is left" "$("$GPROC" ps | sed 1d)" ""
end_tree
done_testing
