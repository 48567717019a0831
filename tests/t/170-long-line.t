#!/bin/sh
# A line without an end, which then stands still, holds nobody else back, and comes whole when it ends.
. tests/lib.sh
enter_namespaces "$@"

start_master
start_flat 3
mkfifo /tmp/go /tmp/out
# Node 0 begins a long line and waits until the others' lines have been read here.
"$GPROC" e 0-2 /bin/sh -c 'case $GPROC_NODE in
	0) head -c 70000 /dev/zero | tr "\0" x; : >/tmp/long; read line </tmp/go; echo end ;;
	1) until test -e /tmp/long; do :; done; echo hello ;;
	2) until test -e /tmp/long; do :; done; while test ! -e /tmp/over; do echo again; done ;;
esac' >/tmp/out 2>"$T/err" &
client=$!
exec 3</tmp/out
ok "another node's line comes while the long one has no end" timeout "$(limit 60)" grep -q -m 1 hello <&3
cat <&3 >"$T/rest" &
rest=$!
: >/tmp/over
echo >/tmp/go
status=0
wait $client || status=$?
exec 3<&-
wait $rest
is "and all end well" "$status$(cat "$T/err")" 0
is "the long line is whole" "$(awk 'length($0) > 70000 { print length($0), substr($0, 70001) }' "$T/rest")" "70003 end"
done_testing
