#!/bin/sh
# -debug: each level tells what those below it do, and more.
. tests/lib.sh
enter_namespaces "$@"

"$GPROC" keygen 2>/dev/null
# What each level has first.
kind_1='is welcome' kind_2='' kind_3='begins here' kind_4='object of scope' kind_5=': WELCOME, ' kind_6=': RUN, ' kind_7=': EVENT, '
kind_8=': WANT, ' kind_9=': DATA, ' kind_10=': STAT, '
said() {
	grep -q "$1" "$T/master.log" "$T/slave0.log"
}
# The same attempt is told again from 2 on.
tries() {
	[ "$(grep -c "can't join" "$T/slave0.log")" -ge "$1" ]
}
level=0
while [ $level -le 10 ]; do
	: >"$T/slave0.log"
	start_slave 0 master -debug=$level
	until_true tries $((level < 2 ? 1 : 2))
	start_master -heartbeat="$(span 500)" -debug=$level
	wait_up 1
	"$GPROC" e 0 /bin/true
	[ $level -lt 10 ] || until_true said "$kind_10"
	told='' wanted='' i=0
	while [ $((i += 1)) -le 10 ]; do
		eval "kind=\$kind_$i"
		if [ $i = 2 ]; then ! tries 2 || told="$told 2"; elif said "$kind"; then told="$told $i"; fi
		[ $i -gt $level ] || wanted="$wanted $i"
	done
	is "at $level" "$told" "$wanted"
	kill -INT "$MASTER"
	wait
	level=$((level + 1))
done
done_testing
