#!/bin/sh
# Wrong usage is told in one line on standard error, returns 2, and does nothing.
. tests/lib.sh

# refuses NAME REGEX WORDS...
refuses() {
	name=$1 wanted=$2
	shift 2
	run "$GPROC" "$@"
	is "$name: status" "$status" 2
	like "$name: message" "$err" "^gproc: $wanted"
	is "$name: one line, and nothing on standard output" "$out$(printf '%s\n' "$err" | wc -l)" 1
}

refuses "unknown switch" 'there is no switch -frob' -frob m
refuses "a slip in a switch" '.*did you mean -defaultMasterUDS' -defaultMasterUSD=/x m
refuses "unknown mode" 'there is no mode frob' frob
refuses "a slip in a mode" '.*did you mean reboot' rebot 1
refuses "a switch of another mode" 'the switch -myId belongs to s, not to m' -myId=1 m
refuses "a word too many" 'now is one word too many: gproc \[switches\] m' m now
refuses "no command" 'e needs more operands' e ./.
refuses "a value that does not do" '-debug=99: give a number from 0 to 10' -debug=99 m
refuses "a time that 32 bits do not hold" '-heartbeat=1200h: give a shorter time' -heartbeat=1200h m
refuses "a switch behind the nodes" '-l stands where the command' e . -l /bin/date
refuses "an empty node spec" '.*' e '' /bin/date
refuses "control characters are shown, not sent" 'there is no mode \\x1b\[31mred' "$(printf '\033[31mred')"
done_testing
