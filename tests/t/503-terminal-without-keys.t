#!/bin/sh
# -t makes a terminal for the program wherever standard input comes from: without one here there is no raw mode, and the end arrives as ^D.
# Exactly one node: what can't be meant is refused before anything is sent.
. tests/lib.sh
enter_namespaces "$@"

start_master
start_deep
node=$(deep_path 6)
# typed COMMAND...: with what is on standard input; the terminal's CRs are taken away.
typed() {
	status=0
	out=$(timeout "$(limit 60)" "$GPROC" -t e "$node" "$@" 2>"$T/err") || status=$?
	out=$(printf '%s\n' "$out" | tr -d '\r') err=$(cat "$T/err")
}

typed tty </dev/null
like "the program has a terminal" "$out" '^/dev/pts/[0-9]+$'
typed sh -c 'test -t 0 && test -t 1 && test -t 2 && echo three' </dev/null
is "as all three of its descriptors" "$out" three
printf 'one\ntwo\n' >"$T/lines"
typed sh -c 'stty -echo; echo go; cat; echo end $?' <"$T/lines"
like "lines are typed, and the end is ^D" "$(echo $out)" 'go one two end 0$'
printf 'half' >"$T/half"
typed sh -c 'cat >/tmp/half; echo end' <"$T/half"
is "behind an unfinished line too" "$(cat /tmp/half)" half
typed sh -c 'cat >/tmp/empty; echo end $?' </dev/null
like "an empty input ends at once" "$out" '^(\^D.*)?end 0'
# A shell that begins reads lines at first, then keys: the end that was typed before is none any more, and is typed anew.
# It waits here until the end can be read.
typed sh -c 'perl -e "vec(\$in, 0, 1) = 1; select(\$in, undef, undef, undef)"; stty -icanon -echo; dd bs=1 count=2 2>/dev/null | od -An -tx1' </dev/null
like "an end that came before the program reads keys is typed again" "$(echo $out)" '00 04$'
typed cat <&-
is "so does a closed one" "$status" 0
typed sh -c 'exec <&- >&- 2>&-; kill -0 $$; exec </dev/tty >/dev/tty; echo again' </dev/null
like "a program may close its terminal, and open it again" "$status:$out" 'again$'
printf 'read x; stty -echo eof Y; echo ready; cat; echo end $?' >"$T/script"
{ echo; until_true grep -q ready "$T/out" 2>/dev/null; echo text; } | timeout "$(limit 60)" "$GPROC" -t e "$node" sh -c "$(cat "$T/script")" >"$T/out"
like "it is the terminal's own key for it that is typed" "$(tr -d '\r' <"$T/out" | tr '\n' ' ')" 'text end 0'
cat /dev/null | timeout "$(limit 60)" "$GPROC" -t -n e "$node" sh -c 'test -t 0 && cat && echo tty' >"$T/out"
like "-n: a terminal whose input ends at once" "$(tr -d '\r' <"$T/out")" 'tty$'
typed sh -c 'echo out; echo err >&2' </dev/null
is "both outputs come to standard output" "$(echo $out)$err" "out err"
typed sh -c 'exit 9' </dev/null
is "the status is the program's" "$status$err" 9
typed sh -c 'kill -TERM $$' </dev/null
is "or its signal's" "$status" 143
typed seq 200000 </dev/null
is "all that it wrote before its end comes" "$(printf '%s\n' "$out" | cksum)" "$(seq 200000 | cksum)"
typed sh -c 'sleep 1000 & echo parent' </dev/null
is "what still runs holds nobody up" "$status:$out" 0:parent
"$GPROC" -t e "$node" yes </dev/null 2>"$T/err" | head -n 1 >"$T/out"
until_true eval '! $GPROC ps | grep -q yes'
is "a reader that goes away ends it" "$(tr -d '\r' <"$T/out"):$(cat "$T/err")" y:
sh -c '"$0" -t e "$1" yes; echo $? >"$2"' "$GPROC" "$node" "$T/status" </dev/null 2>/dev/null | head -n 1 >/dev/null
is "with 141" "$(cat "$T/status")" 141

# refused NAME STATUS REGEX ARGUMENTS...
refused() {
	refused_name=$1 refused_status=$2 refused_text=$3
	shift 3
	run "$GPROC" "$@"
	is "$refused_name: $refused_status" "$status" "$refused_status"
	like "$refused_name: why" "$err" "$refused_text"
}
refused "several nodes" 2 '"\./\." selects 6 nodes, and -t is for one' -t e ./. touch /tmp/several
refused "64 nodes" 2 '"1-64" .*-t is for one' -t e 1-64 touch /tmp/several
refused "one that is there, and one that is not" 2 '"0,77" .*-t is for one' -t e 0,77 touch /tmp/several
refused "none that is there" 255 '"77" selects no node that is up' -t e 77 touch /tmp/several
ok "nothing was started anywhere" test ! -e /tmp/several
for switch in -l -b -json -o="$T/%n" -o=-; do
	refused "$switch" 2 "-t shows a terminal as it is" -t $switch e 0 true
done
run "$GPROC" -t -x=1 e . sh -c 'echo one'
is "one that an open spec happens to select is one" "$status:$(printf %s "$out" | tr -d '\r')" 0:one
kill -INT "$MASTER"
wait
done_testing
