#!/bin/sh
# Standard input goes to every program, with its end; what no program took is left to whoever reads the same file next.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_flat 4

# feed FILE COMMAND...: as run, with that file as standard input.
feed() {
	feed_file=$1
	shift
	status=0
	out=$("$@" 2>"$T/err" <"$feed_file") || status=$?
	err=$(cat "$T/err")
}

printf 'one\ntwo\nthree' >"$T/short"
seq 400000 >"$T/long"
sum=$(sha256sum <"$T/long")

feed "$T/short" "$GPROC" e 0-3 /bin/cat
is "every node has all of it, and its end" "$status$err $(printf '%s\n' "$out" | grep -o 'one\|two\|three' | sort | uniq -c | tr -s ' \n' ' ')" \
	"0  4 one 4 three 4 two "
feed "$T/long" "$GPROC" e 0-3 sha256sum
is "a long one is whole on each" "$status$err $(printf '%s\n' "$out" | sort -u)" "0 $sum"
status=0
out=$(cat "$T/long" | "$GPROC" e 0-3 sha256sum 2>&1) || status=$?
is "so it is from a pipe" "$status $(printf '%s\n' "$out" | sort -u)" "0 $sum"
feed "$T/short" "$GPROC" e 1 sh -c 'cat /dev/stdin'
is "/dev/stdin can be opened" "$status$out" "0$(cat "$T/short")"
feed "$T/short" "$GPROC" -n e 0-3 /bin/cat
is "-n: none" "$status$out$err" 0
: >"$T/empty"
feed "$T/empty" "$GPROC" e 0-3 wc -c
is "an empty file ends at once" "$status$err $(echo $out)" "0 0 0 0 0"

# Programs that read nothing, a part, or close it.
feed "$T/long" "$GPROC" e 0-3 /bin/true
is "a program that reads nothing" "$status$out$err" 0
feed "$T/long" "$GPROC" e 0-3 sh -c '[ $GPROC_NODE = 2 ] && exec sha256sum; head -n 1'
is "three that end early hold up nobody" "$status$err $(printf '%s\n' "$out" | sort | tr '\n' ' ')" "0 1 1 1 $sum "
feed "$T/long" "$GPROC" e 0-3 sh -c '[ $GPROC_NODE = 2 ] && exec sha256sum; exec <&-; echo shut; flock -s /tmp/held true'
is "nor do three that close it" "$status$err $(printf '%s\n' "$out" | sort | tr '\n' ' ')" "0 $sum shut shut shut "
feed "$T/short" "$GPROC" e 0,2 /no/such
like "nor where none starts" "$status $err" '^127 '

# The offset.
{
	"$GPROC" e 0-3 /bin/true
	cat
} <"$T/long" >"$T/rest"
ok "what nobody took is left: all of it" cmp "$T/long" "$T/rest"
{
	"$GPROC" e 1 dd bs=1 count=7 2>/dev/null
	cat
} <"$T/short" >"$T/rest"
is "or what is behind the last byte that was taken" "$(cat "$T/rest")" "$(cat "$T/short")"
{
	"$GPROC" e 0-3 sh -c 'dd bs=1 count=$((GPROC_RANK * 2)) of=/dev/null 2>/dev/null'
	cat
} <"$T/short" >"$T/rest"
is "by any program" "$(cat "$T/rest")" "$(tail -c +7 "$T/short")"
{
	"$GPROC" e 0-3 dd bs=65536 count=3 iflag=fullblock of=/dev/null status=none
	cat
} <"$T/long" >"$T/rest"
is "also in a long one" "$(sha256sum <"$T/rest")" "$(tail -c +196609 "$T/long" | sha256sum)"
{
	"$GPROC" e 0-3 cat >/dev/null
	cat
} <"$T/long" >"$T/rest"
is "and nothing, when all was" "$(wc -c <"$T/rest")" 0
printf '0\n1\n2\n3\n' >"$T/list"
is "a loop over a list goes on" "$(while read -r node; do "$GPROC" e "$node" sh -c 'echo $GPROC_NODE'; done <"$T/list" | tr '\n' ' ')" "0 1 2 3 "
{
	read -r first
	"$GPROC" e 1 head -c 4
	cat
} <"$T/short" >"$T/rest"
is "what had been read before is not sent" "$(cat "$T/rest")" "$(printf 'two\nthree')"

# Where there is none.
feed /dev/null "$GPROC" e 1 sh -c 'stat -L -c %t:%T /dev/fd/0'
is "/dev/null is /dev/null, as under cron" "$status$out$err" 01:3
is "so is a closed one" "$("$GPROC" e 1 sh -c 'stat -L -c %t:%T /dev/fd/0' <&- 2>&1)" 1:3
is "and nohup's" "$(setsid nohup "$GPROC" e 1 wc -c </dev/null 2>/dev/null)" 0
status=0
out=$("$GPROC" e 0-3 wc -c </tmp 2>&1) || status=$?
like "a directory can't be read" "$status $out" '^255 .*|standard input: Is a directory'
mkfifo "$T/endless"
exec 5<>"$T/endless"
out=$(timeout "$(limit 60)" "$GPROC" e 0-3 echo done <&5 2>&1 | sort -u)
is "a pipe that never ends holds up no program that has" "$out" "done"
echo first >&5
out=$(timeout "$(limit 60)" "$GPROC" e 0-3 head -n 1 <&5 2>&1 | sort | uniq -c | tr -s ' ')
is "and what comes by it goes at once" "$out" " 4 first"
out=$(timeout "$(limit 60)" "$GPROC" -detach e 1 cat <&5 2>&1)
like "a detached one reads nothing" "$out" '^[0-9]+\.[0-9a-f]{8}$'
exec 5<&-
done_testing
