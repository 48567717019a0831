#!/bin/sh
# One verdict for every node: the exit status of e, and what is said on standard error, folded.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_tree 7 3

# returns STATUS STDERR-REGEX NAME WORDS...
returns() {
	want=$1 said=$2 name=$3
	shift 3
	run "$GPROC" "$@"
	is "$name: $want" "$status" "$want"
	if [ -n "$said" ]; then like "$name is told" "$err" "$said"; else is "$name: nothing is said" "$err" ""; fi
}

returns 0 "" "all is well" e ./. /bin/true
returns 1 '^gproc: exit 1: 0-2,.* \(7\)$' "all fail" e ./. /bin/false
returns 1 '^gproc: exit 1: 0:3$' "one fails" e 0:3 /bin/false
returns 6 'exit 6: ' "the highest counts" e ./. /bin/sh -c 'exit $GPROC_RANK'
is "all are named" "$(printf '%s\n' "$err" | grep -c 'exit [1-6]: ')" 6
returns 137 '^gproc: killed by signal 9: 1$' "a signal is 128 and its number" e 1 /bin/sh -c 'kill -9 $$'
returns 127 'nonexistent' "a program that is not there" e ./. /nonexistent
returns 127 'nonesuch' "not in PATH" e ./. nonesuch
returns 126 'passwd' "a file that is no program" e ./. /etc/passwd
returns 127 'nonesuch' "a program that the nodes do not have" -localbin e . nonesuch
returns 127 'shell' "a shell line" e . 'ls | wc'
returns 255 '9' "a node that is not there" e 0,9 /bin/true
returns 255 '0:3' "with a hint where it is meant one level down" e 3 /bin/true
returns 255 'no node|nobody|selects' "a spec that selects nobody" e 50-60 /bin/true
run "$GPROC" e 0,9 /bin/echo ran
is "the others run" "$out" ran
for spec in 2-1 .-3 9x , 1, /1 1//2 1-2-3 99999999999 ''; do
	run "$GPROC" e "$spec" /bin/true
	is "bad spec '$spec' is wrong usage" "$status" 2
	like "and the column is shown for '$spec'" "$err" 'column [0-9]+|\^'
done
done_testing
