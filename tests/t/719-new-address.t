#!/bin/bash
# A slave is shown with, and reached at, an address that its machine has, whatever -myAddress says and whatever a later lease gives.
. tests/lib.sh
. tests/world.sh
TEST_SHELL=bash enter_namespaces "$@"
start_network
host master "$GPROC" -myAddress=master m
until on master "$GPROC" i >/dev/null 2>&1; do kill -0 "$HOST_master" || break; done
host slave0 "$GPROC" -key=/etc/gproc/key -heartbeat="$(span 2000)" -myParent=master -myId=0 -myAddress=10.9.77.77
host slave1 "$GPROC" -key=/etc/gproc/key -myParent=slave0 -myId=1 -myAddress=hostname
up_on master 2
like "an address that the machine never had is not shown" "$(on master "$GPROC" i)" '- 0 +10\.9\.1\.1:6666 '
slave=$HOST_slave0
nsenter -t "$slave" -n ip addr del 10.9.1.1/16 dev eth0
nsenter -t "$slave" -n ip addr add 10.9.5.5/16 dev eth0
shown() { on master "$GPROC" i | grep -q '10\.9\.5\.5:6666'; }
until_true shown
like "after a new lease it is the new one" "$(on master "$GPROC" i)" '- 0 +10\.9\.5\.5:6666 '
on master "$GPROC" i -wait=2 -timeout="$LIMIT_UP" >/dev/null
is "a program runs there" "$(on master "$GPROC" e 0 /bin/echo well 2>&1)" well
done_testing
