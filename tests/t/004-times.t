#!/bin/sh
# No test is bound to how fast a machine is: the seconds in it are written as limit and span (tests/lib.sh), and none are measured by the clock.
. tests/lib.sh

# written REGEX [FILE...]: lines of scripts that have it, but for this one and the one that looks at how switches are refused.
written() {
	regex=$1
	shift
	grep -nE -e "$regex" -- tests/*.sh tests/t/*.t | grep -Ev '^tests/t/(004|011)-|^[^:]*:[0-9]*:[	 ]*#'
}
is "limits of timeout(1) are written as \"\$(limit SECONDS)\"" "$(written '\<timeout (-[a-z] [0-9]+ )*[0-9]')" ""
is "those of gproc as \"\$(limit SECONDS)s\" or \"\$(span MILLISECONDS)\"" \
	"$(written '[ "(]-(timeout|start|heartbeat|grace)=[0-9.]+([smh]|["'"'"' )]|$)' | grep -v '[0-9]ms')" ""
is "how long something took is told by now, not by the clock" "$(written '\<(SECONDS|EPOCHSECONDS|EPOCHREALTIME)\>|date \+%s' | grep -v 'SEED')" ""
done_testing
