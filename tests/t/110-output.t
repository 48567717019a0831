#!/bin/sh
# What comes back: standard output and error apart, whole lines of one node, bytes as they are, labels and folds.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_tree 7 3

"$GPROC" e ./. /bin/sh -c 'echo out; echo err >&2' >"$T/out" 2>"$T/err"
is "standard output has the output of all" "$(sort "$T/out" | uniq -c | awk '{ print $1, $2 }')" "7 out"
is "standard error has the errors of all" "$(sort "$T/err" | uniq -c | sed 's/^ *//')" "7 err"

"$GPROC" e ./. /usr/bin/awk 'BEGIN { for (i = 0; i < 3000; i++) printf "%s:%d:%s\n", ENVIRON["GPROC_RANK"], i, "0123456789012345678901234567890123456789" }' \
	>"$T/out" 2>"$T/err"
is "21000 lines come back whole" "$(grep -Ec '^[0-6]:[0-9]+:(0123456789){4}$' "$T/out") of $(wc -l <"$T/out")" "21000 of 21000"
is "each node's in their order" "$(awk -F: '$2 != n[$1]++ { bad++ } END { print bad + 0 }' "$T/out")" 0

head -c 3000000 /dev/urandom >"$T/random"
"$GPROC" -f="$T/random" e 0 /bin/cat "/tmp/xproc$T/random" >"$T/back" 2>"$T/err"
ok "binary output of one node comes back byte for byte" cmp "$T/random" "$T/back"
"$GPROC" e 0 /bin/sh -c 'cat "$0" >&2' /proc/self/cmdline >"$T/out" 2>"$T/back"
is "on standard error too" "$(tr '\0' ' ' <"$T/back")" "cat /proc/self/cmdline "
run "$GPROC" e 1 /usr/bin/printf 'no newline'
is "of one node, no newline is added" "$("$GPROC" e 1 /usr/bin/printf 'no newline' | od -An -c | tr -d ' ')" "nonewline"
"$GPROC" e 0-1 /usr/bin/printf 'a\000b' >"$T/out"
is "of several, a last line without one stays a line" "$(tr '\000' 0 <"$T/out")" "a0b
a0b"
"$GPROC" e 0-1 /usr/bin/awk 'BEGIN { for (i = 0; i < 300000; i++) printf ENVIRON["GPROC_RANK"]; print "" }' >"$T/out"
is "of lines of 300,000 bytes nothing is lost" "$(tr -cd 0 <"$T/out" | wc -c) $(tr -cd 1 <"$T/out" | wc -c)" "300000 300000"
is "nor mixed: where one is broken, it is by a newline" "$(awk '/0/ && /1/' "$T/out" | wc -l)" 0
"$GPROC" e 0-1 /usr/bin/awk 'BEGIN { for (j = 0; j < 9; j++) { for (i = 0; i < 60000; i++) printf ENVIRON["GPROC_RANK"]; print "" } }' >"$T/out"
is "lines of 60,000 bytes stay whole" "$(awk 'length == 60000 && (!/1/ || !/0/)' "$T/out" | wc -l) of $(wc -l <"$T/out")" "18 of 18"

run "$GPROC" e ./. /bin/cat
is "standard input is empty" "$status$out$err" 0
run "$GPROC" -l e 0,0:3 /bin/echo hello
is "-l puts the node before each line, aligned" "$(printf '%s\n' "$out" | sort)" "  0: hello
0:3: hello"
run "$GPROC" -b e ./. /bin/sh -c 'if [ "$GPROC_NODE" = 1 ]; then echo other; else echo same; fi'
is "-b shows equal output once, under its nodes" "$(printf '%s\n' "$out" | grep -c '^ *same$') $(printf '%s\n' "$out" |
	grep -E '^[0-9]')" "1 0,2,0:3,0:6,1:4,2:5 (6)
1"
run "$GPROC" -o="$T/job-%r-%n.%s" e 0,0:3 /bin/sh -c 'echo hello; echo sorry >&2'
is "-o writes files for each node" "$status$out$err $(cd "$T" && grep -c '' job-* | sort | tr '\n' ' ')" \
	"0 job-0-0.err:1 job-0-0.out:1 job-0-0.rc:1 job-1-0:3.err:1 job-1-0:3.out:1 job-1-0:3.rc:1 "
"$GPROC" e . /bin/sh -c 'while :; do echo y; done' 2>"$T/err" | head -n 3 >"$T/out"
is "whoever stops reading ends the job" "$(wc -l <"$T/out")" 3
run "$GPROC" e ./. /bin/true
is "and the nodes are free again" "$status$out$err" 0
end_tree
done_testing
