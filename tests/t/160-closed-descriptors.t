#!/bin/sh
# Whoever starts gproc with standard descriptors closed gets what a closed descriptor gives, and nobody's link is written into.
. tests/lib.sh
enter_namespaces "$@"

"$GPROC" -myAddress=127.0.0.1 m <&- >&- 2>&- &
until "$GPROC" i >/dev/null 2>&1; do :; done
"$GPROC" -myParent=127.0.0.1 -myId=0 -myAddress=127.0.1.1 s <&- >&- 2>&- &
wait_up 1
run "$GPROC" e 0 /bin/echo fine
is "daemons without any of the three run commands" "$status$out$err" 0fine

status=0
"$GPROC" e 0 /bin/echo lost >&- 2>"$T/err" || status=$?
is "without standard output, output is an error" "$status $(cat "$T/err")" \
	"255 gproc: standard output: Bad file descriptor; ending the job"
status=0
"$GPROC" e 0 /bin/true >&- 2>"$T/err" || status=$?
is "and none is none" "$status$(cat "$T/err")" 0
status=0
"$GPROC" e 0 /bin/sh -c 'echo lost >&2' 2>&- || status=$?
is "without standard error too" "$status" 255
is "without standard input nothing is amiss" "$("$GPROC" e 0 /bin/echo fine <&-)" fine
status=0
"$GPROC" i >&- 2>"$T/err" || status=$?
is "the tree can't be shown either" "$status $(cat "$T/err")" "255 gproc: standard output: Bad file descriptor"
run "$GPROC" e 0 /bin/echo fine
is "afterwards all is well" "$status$out$err" 0fine
done_testing
