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
is "without standard output, it is dropped, and the status is the program's" "$status$(cat "$T/err")" 0
status=0
"$GPROC" e 0 /bin/sh -c 'echo lost; echo told >&2; exit 3' >&- 2>"$T/err" || status=$?
is "whatever that is" "$status $(cat "$T/err")" "3 told
gproc: exit 3: 0"
status=0
"$GPROC" -detach e 0 /bin/true >&- 2>"$T/err" || status=$?
is "a detached job's name is dropped too" "$status$(cat "$T/err")" 0
status=0
"$GPROC" e 0 /bin/true >&- 2>"$T/err" || status=$?
is "and none is none" "$status$(cat "$T/err")" 0
status=0
"$GPROC" e 0 /bin/sh -c 'echo lost >&2' 2>&- || status=$?
is "without standard error too" "$status" 0
status=0
out=$("$GPROC" -l e 0 /bin/sh -c 'echo kept; echo lost >&2; exit 3' <&- 2>&-) || status=$?
is "and nothing else is lost" "$status $out" "3 0: kept"
status=0
"$GPROC" e 0 /bin/sh -c 'echo lost; exit 4' <&- >&- 2>&- || status=$?
is "without any of the three" "$status" 4
is "without standard input nothing is amiss" "$("$GPROC" e 0 /bin/echo fine <&-)" fine
status=0
"$GPROC" i >&- 2>"$T/err" || status=$?
is "the tree can't be shown either" "$status $(cat "$T/err")" "255 gproc: standard output: Bad file descriptor"
run "$GPROC" e 0 /bin/echo fine
is "afterwards all is well" "$status$out$err" 0fine
done_testing
