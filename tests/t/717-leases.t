#!/bin/bash
# gproc init takes what a lease says, odd fields and all, and follows it when it changes.
. tests/lib.sh
TEST_SHELL=bash enter_namespaces "$@"
. tests/machine.sh
. tests/world.sh

CABLES='0 1' node 'ip=dhcp'
serve 0 'option subnet 255.255.255.0'
says "a lease is taken" 'eth0 has address 10.7.0.9'
client=$(pgrep -f 'udhcpc -f -i eth0')
asks() { pgrep -f 'udhcpc -f -i eth1' >/dev/null; }
asks_no_more() { ! asks; }
kill -USR2 "$client" # as if it had run out
until_true asks
is "when it is over the other interface is asked too" $? 0
kill -USR1 "$client"
until_true asks_no_more
is "and no more when the same lease is there again" $? 0
is "which is no news" "$(grep -c 'has address' "$T/console")" 1

CABLES=0 node 'ip=dhcp'
serve 0 'option subnet 255.255.255.255' 'option router 10.9.9.9'
says "a lease with a mask of 32 bits and a router outside it is taken" 'eth0 has address 10.7.0.9, netmask 255.255.255.255'
like "the router is reached on the link" "$(in_node ip route)" '^default via 10.9.9.9 dev eth0'
is "one client asks" "$(pgrep -c -f "udhcpc -f -i eth0")" 1

CABLES=0 node 'ip=dhcp'
serve 0 'option mtu 1400' 'option ntpsrv 10.7.0.3 10.7.0.4' 'option staticroutes 10.20.0.0/16 10.7.0.2, 0.0.0.0/0 10.7.0.6' 'option router 10.7.0.1' \
	'option subnet 255.255.255.0' 'option domain a_b.example.org.' 'option dns 10.7.0.1' "option hostname $(printf 'n%.0s' $(seq 79))"
says "MTU, routes, time servers, odd names" 'eth0 has address 10.7.0.9'
says "a name that is too long is cut, and told" 'eth0: the host name .* is too long: cut to n{63}$'
is "the MTU is the lease's" "$(in_node cat /sys/class/net/eth0/mtu)" 1400
is "classless routes take the router's place" "$(in_node ip route | sed -n -e 's/^\(default via [^ ]*\).*/\1/p' -e 's/^\(10.20[^ ]* via [^ ]*\).*/\1/p' | sort)" \
	"$(printf '10.20.0.0/16 via 10.7.0.2\ndefault via 10.7.0.6')"
is "a domain with an underscore and a dot at its end is taken" "$(in_node sed -n 's/^search //p' /etc/resolv.conf)" a_b.example.org

for pid in $SERVERS; do kill "$pid"; done
: >"$T/console"
serve 0 'option subnet 255.255.255.0' 'option router 10.7.0.1'
kill -USR1 "$(pgrep -f 'udhcpc -f -i eth0')" # renew now
says "a renewal with another router is told" 'eth0 has address 10.7.0.9'
is "the old routes went" "$(in_node ip route | grep -c -e 10.20.0.0 -e 10.7.0.6)" 0
like "the new one is there" "$(in_node ip route)" '^default via 10.7.0.1 dev eth0'
is "the MTU is Ethernet's again" "$(in_node cat /sys/class/net/eth0/mtu)" 1500
: >"$T/console"
kill -USR1 "$(pgrep -f 'udhcpc -f -i eth0')"
wait_log "$T/udhcpd.log" 'sending ACK' # of this renewal or the one before: then the client asks once more below, and is through
kill -USR1 "$(pgrep -f 'udhcpc -f -i eth0')"
kill -USR1 "$(pgrep -P "$NODE")"
wait "$NODE"
is "a renewal that changes nothing says nothing" "$(grep -c address "$T/console")" 0
NODE=
done_testing
