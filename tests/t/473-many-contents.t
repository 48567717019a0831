#!/bin/sh
# What a launch with very many files costs the daemons grows with their number, not with its square: whoever sends one holds nobody up.
# Counted in processor time, which other load on the machine does not change, and as a ratio: eight times as many files cost less than half of what
# they would by the square at most.
. tests/lib.sh
enter_namespaces "$@"
command -v setpriv >/dev/null || skip_all "no setpriv"
[ -r /proc/self/schedstat ] || skip_all "the kernel does not count a process's time in nanoseconds"
built thief
cd / || exit 1
start_master -users=1001 -store=512m
start_flat 1

# spent PID: milliseconds of processor time.
spent() {
	read -r spent_ns _ <"/proc/$1/schedstat"
	echo $((spent_ns / 1000000))
}

# guess COUNT: $master and $slave are what it cost them.
guess() {
	master=$(spent "$MASTER") slave=$(spent "$SLAVE_0")
	is "$1 contents are asked for" \
		"$(setpriv --reuid=1001 --regid=1001 --clear-groups "$thief" /tmp/g 0 guess private "of$1-" "$1" | sed -n '/all asked/p')" "all asked"
	master=$(($(spent "$MASTER") - master)) slave=$(($(spent "$SLAVE_0") - slave))
}
guess 1000 # what is needed once
guess 5000
few_master=$master few_slave=$slave
guess 40000
ok "eight times as many cost the master no more than twenty-four times: $few_master and $master ms" test "$master" -le $((24 * (few_master + 5)))
ok "and the node: $few_slave and $slave ms" test "$slave" -le $((24 * (few_slave + 5)))
done_testing
