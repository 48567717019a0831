#!/bin/sh
# A line without an end, which then stands still, holds nobody else back.
. tests/lib.sh
enter_namespaces "$@"

start_master
start_flat 3
mkfifo /tmp/go /tmp/out
# Node 0 writes more than is held of a line and waits until the others' lines have been read here.
"$GPROC" e 0-2 /bin/sh -c 'case $GPROC_NODE in
	0) head -c 70000 /dev/zero | tr "\0" x; read line </tmp/go; echo end ;;
	1) until test -e /tmp/long; do :; done; echo hello ;;
	2) until test -e /tmp/long; do :; done; while test ! -e /tmp/over; do echo again; done ;;
esac' >/tmp/out 2>"$T/err" &
client=$!
exec 3</tmp/out
head -c 70000 <&3 >"$T/long"
: >/tmp/long
ok "another node's line comes while the long one has no end" timeout "$(limit 60)" grep -q -m 1 hello <&3
cat <&3 >/dev/null &
: >/tmp/over
echo >/tmp/go
status=0
wait $client || status=$?
is "and all end well" "$status$(cat "$T/err")" 0
done_testing
