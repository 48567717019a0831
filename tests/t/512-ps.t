#!/bin/sh
# ps, i and kill before a person and as JSON: jobs with names, users and how they ended, the processes of one, what nodes lack.
. tests/lib.sh
enter_namespaces "$@"
LIMIT=$(limit 60)

start_master
start_deep
NODES=1,0:3,0:2:6
jq -n 1 >/dev/null 2>&1 || skip_all "no jq"

hold
run "$GPROC" -detach -name=half e "$NODES" sh -c '[ $GPROC_NODE = 1 ] && exit 3; sh -c "while :; do :; done" & echo $$; flock -s /tmp/held true; kill $!'
job=$out
until_true eval '"$GPROC" ps | grep -q "exit 3"'
run "$GPROC" ps
is "ps: what it is called, whose it is, and its nodes by state" "$(printf '%s\n' "$out" | sed -n 's/  *[0-9]* s  /  AGE  /;2p')" \
	"$job  half  root  AGE  detached  running: 0:3,0:2:6; exit 3: 1  sh -c [ \$GPROC_NODE = 1 ] && exit 3; sh -c \"while :; do :; done\" & echo \$\$; flock -s /tmp/held true; kill \$!"
is "columns are aligned" "$(printf '%s\n' "$out" | awk '{ print index($0, NR == 1 ? "STATE" : "detached") }' | uniq | wc -l)" 1
run "$GPROC" ps -json
is "ps -json: cli.md's object" "$(printf '%s' "$out" | jq -c '[.type,.gproc,.job,.name,.uid,.state,.nodes,.running,.command[0],.ends]')" \
	"[\"job\",1,\"$job\",\"half\",0,\"detached\",\"1,0:3,0:2:6\",\"0:3,0:2:6\",\"sh\",[{\"what\":\"exit 3\",\"nodes\":\"1\"}]]"
like "since when" "$(printf '%s' "$out" | jq .since)" '^[0-9]{10}\.[0-9]+$'

busy() { "$GPROC" ps -json half | jq -es '[.[] | select(.cpu >= 0.1)] | length == 2' >/dev/null; }
until_true busy
run "$GPROC" ps half
is "ps JOB: each node" "$status $(printf '%s\n' "$out" | awk '{ print $1 }' | sort | tr '\n' ' ')" "0 0:2:6 0:3 1 NODES "
like "where it has ended, how" "$out" '^1 +- +exit 3 +- +-$'
for node in 0:3 0:2:6; do
	shown=$(printf '%s\n' "$out" | awk -v node=$node '$1 == node { print $2 }')
	like "its process on $node is the program" "$(tr '\0' ' ' <"/proc/$shown/cmdline")" '^(/bin/)?sh -c '
	like "with the time and memory of all its processes" "$(printf '%s\n' "$out" | grep "^$node ")" ' running +[0-9.]+ s +[0-9.]+M'
done
run "$GPROC" ps -json "${job%%.*}"
is "ps -json JOB: cli.md's objects" "$(printf '%s' "$out" | jq -c 'select(.node != "1") | [.type,.job,.node,.state,(.pid > 1),(.cpu > 0),(.memory > 65536)]' | sort)" \
	"$(printf '["process","%s","0:2:6","running",true,true,true]\n["process","%s","0:3","running",true,true,true]' "$job" "$job")"
is "one that has ended" "$(printf '%s' "$out" | jq -c 'select(.node == "1") | [.state,.code,.pid,.cpu]')" '["ended",3,null,null]'
run "$GPROC" kill -STOP half
until_true eval '[ $("$GPROC" ps half | grep -c stopped) = 2 ]'
ok "a stopped one is shown as such" [ "$("$GPROC" ps half | grep -c stopped)" = 2 ]
run "$GPROC" kill half cont
is "signals in any case" "$status$err" 0
run "$GPROC" -names ps half
like "-names" "$out" '^slave6 +[0-9]+ '

# kill -only: one of them, at depth 3.
run "$GPROC" kill -only=0:2:6 half kill
is "kill -only" "$status$err" 0
until_true eval '"$GPROC" ps | grep -q "signal 9: 0:2:6"'
run "$GPROC" ps half
like "the other runs on" "$out" '^0:3 .*running'
run "$GPROC" kill -only=2,0:7 half
is "-only with none of its nodes" "$status" 255
like "is told" "$err" '^gproc: -only=2,0:7 selects no node of job '
run "$GPROC" kill -only=0:3,77 half 0
is "signal 0 is none" "$status" 2
run "$GPROC" kill -only=0:3,77 half WINCH
is "a named node that is not there" "$status" 255
like "is told, the others are signalled" "$err" "^gproc: job $job was signalled, but not on 77"
run "$GPROC" kill -only=5-4-3 half
is "no spec" "$status" 2
release
run timeout "$LIMIT" "$GPROC" attach -q half
is "the status is the highest" "$status" 137
until_true eval '[ "$("$GPROC" ps | wc -l)" = 1 ]' # what lingers may still be signalled
run "$GPROC" kill half
is "an ended one can't be signalled" "$status$err" "255gproc: job $job has ended"
run "$GPROC" ps
is "nor does ps show it" "$(printf '%s\n' "$out" | wc -l)" 1
run "$GPROC" ps -a
like "but ps -a" "$out" "^$job  half  root  .*  ended  .*signal 9: 0:2:6"
run "$GPROC" ps -a -json
like "with its end" "$(printf '%s' "$out" | jq -c '[.state,.running,.ended >= .since]')" '^\["ended","",true\]$'

# Nodes of which all is the same are one line.
run "$GPROC" -name=same e "$NODES" true
run "$GPROC" ps same
is "equal nodes fold" "$(printf '%s\n' "$out" | sed -n '2p' | tr -s ' ')" "1,0:3,0:2:6 (3) - exit 0 - -"
run "$GPROC" ps nothing
is "ps of no job" "$status$err" "255gproc: there is no job nothing"

before=$("$GPROC" ps -a | wc -l)
run "$GPROC" cp 1 "$0" "$T/copied"
is "a copy is no job that one comes back to" "$status$("$GPROC" ps -a | wc -l)" "0$before"

# i
run "$GPROC" i 0:2:...
version=$("$GPROC" version | awk '{ print $2 }')
is "i: each node's version" "$(printf '%s\n' "$out" | grep -c "  $version  ")" 2
is "columns are aligned" "$(printf '%s\n' "$out" | awk '/ CPU/ { print match($0, /load/) }' | uniq | wc -l)" 1
run "$GPROC" i -json 0:2
is "i -json: cli.md's object" "$(printf '%s' "$out" | jq -c '[.type,.gproc,.node,.host,.state,.version]')" "[\"node\",1,\"0:2\",\"slave2\",\"up\",\"$version\"]"
end_tree
done_testing
