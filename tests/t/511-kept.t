#!/bin/sh
# What is kept, and what goes: the last -keep bytes of each job on each node, and the newest jobs of a user; a reader that stands still holds
# up nobody, one whose node is lost or adopted knows it.
. tests/lib.sh
enter_namespaces "$@"
LIMIT=$(limit 100)
gone=$(printf 'its first output is kept no more (-keep)')

start_master
start_deep
NODES=1,0:3,0:2:6

attach() {
	run timeout "$LIMIT" "$GPROC" attach "$@"
}
# lines COUNT: a command that prints so many, each with its node and number.
lines() {
	echo "awk 'BEGIN { for (i = 1; i <= $1; i++) print ENVIRON[\"GPROC_NODE\"], i }'"
}
# whole: of each node's lines the last ones without a gap up to NUMBER.
whole() {
	printf '%s\n' "$out" | awk -v last="$1" '{ if (($1 in n) && $2 != n[$1] + 1) bad++; n[$1] = $2 }
		END { for (i in n) { count++; if (n[i] != last) bad++ }; print count, bad + 0 }'
}

# -keep
run "$GPROC" -keep=4k -name=short e "$NODES" sh -c "$(lines 5000)"
is "the client itself misses nothing" "$(whole 5000) $(printf '%s\n' "$out" | wc -l)" "3 0 15000"
attach short
is "-keep=4k: the last lines, each whole" "$(whole 5000)" "3 0"
is "no more than that" "$(printf '%s\n' "$out" | awk '{ n[$1] += length + 1 } END { for (i in n) if (n[i] > 4096 || n[i] < 4000) print i, n[i] }')" ""
like "that the first are gone is said" "$err" "^gproc: nodes? 1,0:3,0:2:6.*: $(printf '%s' "$gone" | sed 's/[()]/\\&/g')"
attach -tail=3 short
is "-tail=3 asks for what is there: nothing is said" "$(printf '%s\n' "$out" | wc -l)$err" 9
run "$GPROC" -keep=0 -name=none e 1 sh -c 'echo nothing; exit 4'
attach none
is "-keep=0: the status" "$status$out" 4
run "$GPROC" -name=bytes e 1 printf 'a\0b\377\r\nno newline'
attach bytes
is "byte for byte" "$(timeout "$LIMIT" "$GPROC" attach bytes 2>&1 | od -An -c | tr -s ' ')" "$(printf 'a\0b\377\r\nno newline' | od -An -c | tr -s ' ')"

# A reader that stands still: the job goes on, and so does another reader.
hold
run "$GPROC" -detach -name=much e 1,0:2:6 sh -c "echo begin; flock -s /tmp/held true; $(lines 800000); echo end"
timeout "$LIMIT" "$GPROC" attach much >"$T/stalled" 2>"$T/stalled.err" 4>&- &
stalled=$!
until_true sh -c '[ $(grep -c begin "$1") = 2 ]' - "$T/stalled"
reader=$(pgrep -P "$stalled")
kill -STOP "$reader"
release
attach -tail=1 much
is "a reader that stands still does not hold up the job, nor another" "$status $(printf '%s\n' "$out" | sort | uniq -c | tail -n 1 | tr -s ' ')" "0  2 end"
kill -CONT "$reader"
status=0; wait "$stalled" || status=$?
is "it ends well itself" "$status $(grep -c '^end$' "$T/stalled")" "0 2"
like "and knows that it missed some" "$(cat "$T/stalled.err")" 'some of its output went by unread'
is "what it has is in order, but for a line that broke off" "$(grep -v '^begin\|^end' "$T/stalled" |
	awk '$2 + 0 <= n[$1] { bad++; next } { n[$1] = $2 } END { print bad < 10 }')" 1

# Who attaches may go at any moment.
hold
run "$GPROC" -detach -name=left e "$NODES" sh -c 'echo here; flock -s /tmp/held true'
for signal in KILL HUP TERM; do
	: >"$T/left" # or the lines of the reader before would be taken for its own
	"$GPROC" attach left >"$T/left" 2>/dev/null 4>&- &
	reader=$!
	until_true sh -c '[ $(grep -c here "$1") = 3 ]' - "$T/left"
	kill -"$signal" "$reader"
	wait "$reader"
done
run "$GPROC" ps left
is "however readers go, the job runs on" "$(printf '%s\n' "$out" | grep -c ' running ')" 3

# A node on the way dies: adopted, nothing is lost or doubled. A chosen one dies: lost.
"$GPROC" -detach -name=numbers e 0:2:6,0:2:7 sh -c "$(lines 3000); flock -s /tmp/held true; $(lines 3000 | sed 's/i = 1; i <= 3000/i = 3001; i <= 6000/')" >/dev/null
: >"$T/numbers"
"$GPROC" attach numbers >>"$T/numbers" 2>"$T/numbers.err" 4>&- &
reader=$!
until_true sh -c '[ "$(wc -l <"$1")" = 6000 ]' - "$T/numbers"
kill -KILL "$(pid_of_slave 2)"
wait "$(pid_of_slave 2)" 2>/dev/null
until_true eval '"$GPROC" i | head -n 1 | grep -q "13 up"'
kill -KILL "$(pid_of_slave 3)" # 0:3, of the job "left"
wait "$(pid_of_slave 3)" 2>/dev/null
release
status=0; wait "$reader" || status=$?
out=$(cat "$T/numbers")
is "a reader of adopted nodes has every line, once, in order" "$status $(whole 6000) $(wc -l <"$T/numbers")" "0 2 0 12000"
attach left
is "of a lost node the job's status" "$status" 255
like "and its reason" "$err" "^gproc: lost: 0:3: "
is "the others' output is there" "$(printf '%s\n' "$out" | grep -c here)" 2
attach numbers
is "what adopted nodes have kept is there" "$status $(whole 6000)" "0 2 0"
like "ps -a tells of all" "$("$GPROC" ps -a | sed -n 's/.*left .*ended *//p')" 'exit 0: 1,0:2:6; lost: [^;]*: 0:3'
start_slave 3 slave0
until_true eval '"$GPROC" i | head -n 1 | grep -q "13 up"'
attach -tail=1 short
like "a node that was started anew has nothing" "$err" '^gproc: node 0:3: nothing of its output is kept there$'
is "the others have" "$(printf '%s\n' "$out" | wc -l)" 2

# The newest 100 that have ended.
first=$("$GPROC" -detach e 1 echo first)
until_true eval '! "$GPROC" ps | grep -q first'
i=0
while [ $i -lt 100 ]; do
	"$GPROC" e 1 echo "$i" >/dev/null
	i=$((i + 1))
done
is "ps -a: the newest 100" "$("$GPROC" ps -a | sed 1d | wc -l)" 100
attach "$first"
is "older ones are forgotten" "$status$err" "255gproc: there is no job $first"
end_tree
done_testing
