#!/bin/sh
# A job one can come back to: attach shows what each node has kept of its output, follows it, and returns the job's status, ended or not;
# at depth 1, 2 and 3.
. tests/lib.sh
enter_namespaces "$@"
LIMIT=$(limit 60)

start_master
start_deep
NODES=1,0:3,0:2:6

# What the job prints on each node before it is released, and after.
cat >"$T/job" <<-'END'
	echo "first $GPROC_NODE"
	echo "bad $GPROC_NODE" >&2
	flock -s /tmp/held true
	echo "last $GPROC_NODE"
	exit "$GPROC_RANK"
END
attach() {
	run timeout "$LIMIT" "$GPROC" attach "$@"
}
sorted() {
	printf '%s\n' "$1" | sort | tr '\n' ';'
}
ALL="first 0:2:6;first 0:3;first 1;last 0:2:6;last 0:3;last 1;"
BAD="bad 0:2:6;bad 0:3;bad 1;"

hold
run timeout "$LIMIT" "$GPROC" -detach -name=talk e "$NODES" sh -c "$(cat "$T/job")" <"$T/job"
is "-detach: started, and that is all" "$status$err" 0
like "it prints the job" "$out" '^[0-9]+\.[0-9a-f]{8}$'
job=$out

# Two at once, by its number and by its name; one has no input, the other none to close.
timeout "$LIMIT" "$GPROC" attach "${job%%.*}" >"$T/one" 2>"$T/one.err" <&- 4>&- &
one=$!
timeout "$LIMIT" "$GPROC" attach -l talk >"$T/two" 2>"$T/two.err" </dev/null 4>&- &
two=$!
ok "both see what was printed before they came" until_true sh -c '[ $(grep -c first "$1/one") = 3 ] && [ $(grep -c first "$1/two") = 3 ]' - "$T"
timeout "$LIMIT" "$GPROC" attach "$job" >"$T/three" 2>"$T/three.err" 4>&- &
three=$!
until_true sh -c '[ $(grep -c first "$1/three") = 3 ]' - "$T"
kill -INT "$three"
status=0; wait "$three" || status=$?
is "Ctrl-C leaves" "$status" 130
like "and says what it leaves" "$(tail -n 1 "$T/three.err")" "^gproc: left; job $job runs on$"
run "$GPROC" ps talk
is "the job runs on" "$status$(printf '%s\n' "$out" | grep -c ' running ')" 03
release
status=0; wait "$one" || status=$?
is "it returns the job's status" "$status" 2
status=0; wait "$two" || status=$?
is "to both" "$status" 2
is "what came later came too" "$(sort "$T/one" | tr '\n' ';')" "$ALL"
is "standard error is told apart" "$(grep -v ^gproc "$T/one.err" | sort | tr '\n' ';')" "$BAD"
is "-l labels" "$(sed 's/^ *\([0-9:]*\): /\1 /' "$T/two" | awk '$1 != $3' | wc -l; wc -l <"$T/two")" "$(printf '0\n6')"
like "and says how it ended, as e does" "$(cat "$T/one.err")" '^gproc: exit 2: 1$'

# An ended one, again and again.
attach talk
is "an ended job: all of its output, and its status" "$status $(sorted "$out")" "2 $ALL"
attach "$job"
is "reading uses nothing up" "$status $(sorted "$out")" "2 $ALL"
attach -tail=1 "$job"
is "-tail=1: each node's last line" "$(sorted "$out$err" | grep -c first)$(sorted "$out")" "0last 0:2:6;last 0:3;last 1;"
attach -tail=0 -q "$job"
is "-tail=0: nothing of what was printed, but the status" "$status$out$err" 2
attach -o="$T/files.%n" "$job"
is "-o: a file a node" "$(cat "$T/files.0:2:6")$(cat "$T/files.0:2:6.err")" "$(printf 'first 0:2:6\nlast 0:2:6bad 0:2:6')"
run timeout "$LIMIT" "$GPROC" -detach e "$NODES" sh -c 'echo same'
job=$out
attach -b "$job"
like "-b folds" "$out" "same"
is "into one" "$(printf '%s\n' "$out" | grep -c same)$status" 10

# What goes wrong.
for switch in -l -b -o=x -json; do
	run "$GPROC" -detach $switch e 1 true
	is "-detach refuses $switch" "$status$out" 2
done
attach 99999
is "no such job" "$status$out$err" "255gproc: there is no job 99999"
attach nothing
is "nor of such a name" "$status$out$err" "255gproc: there is no job nothing"
run "$GPROC" -name=7up e 1 true
is "a name is none that could be a number" "$status" 2
hold
run "$GPROC" -detach -name=wait e 1 flock -s /tmp/held true
first=$out
run "$GPROC" -detach -name=wait e 0:3 true
is "a name that is taken" "$status$out$err" "255gproc: the name wait is taken: job $first runs under it"
attach -tail=0 talk </dev/null
release
attach wait
is "when it has ended, it is that one still" "$status" 0
run "$GPROC" -name=wait e 1 true
is "and the name is free" "$status" 0
attach wait
is "of two ended ones of a name" "$status$out" 255
like "the ids are told" "$err" "^gproc: there are 2 jobs wait: say which by its id, [0-9]+\.[0-9a-f]*, $first$"
run "$GPROC" -detach -name=flood e 1 yes
{ status=0; "$GPROC" attach flood 2>"$T/err" || status=$?; echo "$status" >"$T/status"; } | head -n 1 >"$T/out"
is "a reader that has gone" "$(cat "$T/status") $(cat "$T/out")" "141 y"
is "is told by one message at most" "$(wc -l <"$T/err")" 0
run "$GPROC" ps flood
like "and the job runs on" "$out" "running"
run "$GPROC" kill -9 flood
status=0
"$GPROC" attach talk >/dev/full 2>"$T/err" || status=$?
is "a full disk" "$status" 255

end_tree
done_testing
