#!/bin/bash
# gproc init takes an IPv6 address that the kernel makes, a card that is unplugged and plugged in again, and another than BOOTIF= names.
. tests/lib.sh
TEST_SHELL=bash enter_namespaces "$@"
. tests/machine.sh

CABLES=0 node 'ip=auto6'
$busybox ip link set w0 up
python3 - w0 <<'END' &
import socket, struct, sys, time
# Router advertisements (RFC 4861, 4.2 and 4.6.2): a prefix to make addresses of.
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
index = socket.if_nametoindex(sys.argv[1])
ra = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
prefix = struct.pack("!BBBBIII16s", 3, 4, 64, 0xc0, 3600, 3600, 0, socket.inet_pton(socket.AF_INET6, "2001:db8::"))
while True:
    try:
        s.sendto(ra + prefix, ("ff02::1", 0, 0, index))
    except OSError:
        pass
    time.sleep(0.5)
END
SERVERS="$SERVERS $!"
says "an IPv6 address that the kernel makes is enough" 'eth0 has an IPv6 address'
like "it is of the prefix that was advertised" "$(in_node ip -6 addr show dev eth0)" 'inet6 2001:db8:'

CABLES=0 node 'ip=dhcp'
serve 0 'option subnet 255.255.255.0'
says "a card" 'eth0 has address 10.7.0.9'
ip link del w0
says "that is unplugged is told" 'eth0 is gone'
: >"$T/console"
ip link add w0 type veth peer name eth0 netns "$NODE"
ip addr add 10.7.0.1/24 dev w0
ip link set w0 up
kill "${SERVERS##* }" # the server's interface is another one now
wait "${SERVERS##* }"
serve 0 'option subnet 255.255.255.0'
says "and is used again when it is back" 'eth0 has address 10.7.0.9'

CABLES=0 node "ip=dhcp BOOTIF=$(printf %s "$(in_node cat /sys/class/net/eth1/address)")"
says "BOOTIF without the type of hardware is read; when none has that address any other will do" 'no interface has the address that BOOTIF= names .*: any will do'
serve 0 'option subnet 255.255.255.0'
says "after it was waited for" 'eth0 has address 10.7.0.9'
end_node
NODE=
done_testing
