#!/bin/sh
# What a program that ends at once has printed, how much of its input it has read, and its end are one frame up, or less: counted as each
# node hears them, in a tree of three levels, while the daemons were not running and programs ended. Nothing is lost, nothing comes twice.
. tests/lib.sh
enter_namespaces "$@"
HELD='exec 8</tmp/held; flock -s 8; exec 8<&-'
debug="-key=none -debug=9 -heartbeat=$(span 120000)"
start_master $debug
i=0
while [ $i -lt 14 ]; do
	if [ $i -lt 2 ]; then start_slave $i master $debug; else start_slave $i slave$((i / 2 - 1)) $debug; fi
	i=$((i + 1))
done
wait_up 14

# slaves COMMAND...: for the process of each.
slaves() {
	for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13; do "$@" "$(pid_of_slave $i)"; done
}

# heard NODE TYPE: frames of that type that have come to it from below.
heard() {
	grep -c "from .*: $2, " "$T/$1.log"
}
# A client's wait ends with the last verdict at the master, so what each node has heard by then is in its log.
count() {
	for i in master slave0 slave1 slave2 slave3 slave4 slave5; do printf '%s ' "$(heard $i EVENTS)"; done
}

started() { [ "$(cat /tmp/started/* 2>/dev/null | wc -l)" = 14 ]; }
# ended: no program is there any more, so its keeper knows; and the keepers rest, so each has told its daemon.
ended() {
	for i in $(cat /tmp/started/*); do ! kill -0 "$i" 2>/dev/null || return 1; done
	for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13; do
		for keeper in $(pgrep -P "$(pid_of_slave $i)"); do grep -q '^State:.[SZ]' "/proc/$keeper/status" || return 1; done
	done
}

mkdir -m 777 /tmp/started
for kind in none input; do
	rm -f /tmp/started/*
	hold
	before=$(count)
	mkfifo "$T/input.$kind"
	if [ $kind = none ]; then input=/dev/null; else input=$T/input.$kind; fi
	"$GPROC" -localbin e ... /bin/sh -c "echo \$\$ >/tmp/started/\$GPROC_NODE; $HELD; echo \$GPROC_NODE; echo wrong >&2" <$input >"$T/out.$kind" 2>"$T/err.$kind" 4>&- &
	client=$!
	[ $kind = none ] || exec 5>$input
	until_true started || fact 1 "14 programs wait ($kind)"
	slaves kill -STOP
	if [ $kind = input ]; then
		echo some words >&5
		exec 5>&-
	fi
	release
	until_true ended || fact 1 "14 programs end ($kind)"
	slaves kill -CONT
	wait $client
	is "it is well ($kind)" $? 0
	is "all 14 have printed their line ($kind)" "$(sort "$T/out.$kind" | uniq -c | awk '{ n += $1 == 1 } END { print n, NR }')" "14 14"
	is "and their other one" "$(grep -c wrong "$T/err.$kind")" 14
	echo "$before $(count)" >"$T/counts"
	# Frames up each node's own links: as many as there are nodes below it, or fewer.
	most='14 6 6 2 2 2 2'
	is "frames up are one for each node, or fewer ($kind)" \
		"$(awk -v most="$most" '{ split(most, m); for (i = 1; i <= 7; i++) if ($(i + 7) - $i > m[i] || $(i + 7) - $i < 1) print i, $(i + 7) - $i }' "$T/counts")" ""
done

# Much output, with acknowledgements: whole, and in order.
nodes=$("$GPROC" -localbin e ... /bin/sh -c 'echo $GPROC_NODE')
"$GPROC" -localbin e ... /bin/sh -c "$NUMBERED" >"$T/much"
is "what is printed at length comes whole and in order" "$? $(torn "$T/much" "$(echo $nodes)")" "0 "
ok "acknowledgements go down" test "$(heard slave0 ACK)" -gt 0
end_tree
done_testing
