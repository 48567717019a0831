#!/bin/sh
# A terminal answers at once: keys are echoed without delay at every depth, Ctrl-C ends what prints without end though the user's
# terminal is slow, and gproc's own keys count though nothing takes what was typed.
. tests/lib.sh
enter_namespaces "$@"
typist() {
	PATIENCE=$(limit 60) timeout "$(limit 200)" python3 "$REPO/tests/tools/typist.py" "$@"
}

start_master
start_deep
for node in 0 "$(deep_path 2)" "$(deep_path 6)"; do
	set -- $(typist echo "$GPROC" -t e "$node" sh -c 'trap "exit 5" INT; echo ready; stty -icanon; cat >/dev/null')
	diag "an echo takes $1 ms"
	ok "$node: half of all keys are echoed within $((15 * UNIT)) ms" [ "${1%.*}" -lt $((15 * UNIT)) ]
	is "$node: and the program's status comes" "$2" 5
	set -- $(typist flood "$GPROC" -t e "$node" yes)
	diag "$1 bytes came behind Ctrl-C"
	ok "$node: Ctrl-C ends what prints without end; no more than 80,000 bytes were on their way" [ "$1" -lt 80000 ]
	is "$node: by its signal" "$2" 130
done
set -- $(typist paste "$GPROC" -t e 0:2:6 sh -c 'stty -echo; echo ready; sleep 1000')
is "what a program doesn't read waits, and ~. behind it ends all the same" "$2" 255
"$GPROC" e . yes >/dev/null &
yes=$!
until "$GPROC" ps | grep -q yes; do :; done
set -- $(typist echo "$GPROC" -t e 0:2:6 sh -c 'echo ready; stty -icanon; cat >/dev/null')
diag "an echo takes $1 ms beside output of others"
ok "output of other jobs keeps no key waiting" [ "${1%.*}" -lt $((60 * UNIT)) ]
kill -KILL $yes
kill -INT "$MASTER"
wait
done_testing
