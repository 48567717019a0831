#!/bin/bash
# gproc init finds the interface that reaches something, whatever cables are in and whatever is odd on its command line.
. tests/lib.sh
TEST_SHELL=bash enter_namespaces "$@"
. tests/machine.sh

CABLES=0 node 'ip=dhcp'
serve 0 'option subnet 255.255.255.0' 'option router 10.7.0.1'
says "the interface with a cable is asked, the other one not chosen" 'eth0 has address 10.7.0.9, netmask 255.255.255.0'
like "and has its route" "$(in_node ip route)" '^default via 10.7.0.1 dev eth0'

CABLES='' node 'ip=dhcp'
serve 1 'option subnet 255.255.255.0'
ip link set w1 up
says "a cable that comes later is seen" 'eth1 has address 10.7.1.9'

CABLES='0 1' node 'ip=dhcp'
serve 1 'option subnet 255.255.255.0'
says "with both cables in, the one behind which somebody answers" 'eth1 has address 10.7.1.9'
is "and only that one is configured" "$(in_node ip -4 -o addr show scope global | awk '{ print $2 }')" eth1
ip link set w1 down
serve 0 'option subnet 255.255.255.0'
says "when its cable goes, another way is found" 'eth0 has address 10.7.0.9'

CABLES='0 1' node 'ip=10.7.1.5::10.7.1.1:255.255.255.0::'
says "a static address goes where its gateway answers" 'eth1 has address 10.7.1.5'
like "with the gateway" "$(in_node ip route)" '^default via 10.7.1.1 dev eth1'

CABLES=0 node 'ip=words:and:more BOOTIF=nonsense'
serve 0 'option subnet 255.255.255.0'
says "what is wrong in ip= is told" 'gproc init: ip=: .*asking for an address by DHCP instead'
says "so is BOOTIF=" 'BOOTIF=nonsense is no Ethernet address'
says "and the node comes up by DHCP" 'eth0 has address 10.7.0.9'

CABLES=0 node 'ip=eth7:dhcp'
serve 0 'option subnet 255.255.255.0'
says "an interface that is not there is told, with those that are" 'there is no interface eth7 \(there are: eth[01], eth[01]\): any will do'
says "and another one is taken" 'eth0 has address 10.7.0.9'

CABLES='0 1' node 'ip=eth0:dhcp ip=10.7.1.7:::255.255.255.0::eth1:off'
serve 0 'option subnet 255.255.255.0'
says "of several ip= each has its interface: DHCP" 'eth0 has address 10.7.0.9'
says "and static" 'eth1 has address 10.7.1.7'

end_node
NODE=
done_testing
