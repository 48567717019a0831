#!/bin/sh
# Where binRoot may be while others than root launch, and what a daemon's odd beginnings do to its jobs: nothing.
. tests/lib.sh
enter_namespaces "$@"
own_root
users alice
mkdir /tmp/closed /tmp/open
chmod 700 /tmp/closed
chmod 777 /tmp/open
mount -t tmpfs -o mode=755 gproc-test /usr/local
mount -t tmpfs -o mode=755 gproc-test /opt
ln -s /usr/local /tmp/way
cd / || exit 1
start_master -users=alice

# refused NODE BINROOT WHY
refused() {
	start_slave "$1" master -binRoot="$2"
	"$GPROC" i -wait="$1" "-timeout=$LIMIT_UP" >/dev/null
	run alice "$GPROC" -binRoot="$2" e "$1" /bin/true
	is "another user's job with the binRoot $2" "$status$out" 255
	like "and why" "$err" "$3"
	like "the node has said so when it began" "$(cat "$T/slave$1.log")" "binRoot $2 .*only root's jobs"
	run "$GPROC" -binRoot="$2" e "$1" /bin/echo fine
	is "root's runs" "$status$out$err" 0fine
}
refused 1 /opt/xproc 'lies in /opt'
refused 2 /usr/local/../local/xproc 'lies in /usr'
refused 3 /tmp/way/xproc 'lies in /usr'
refused 4 /usr 'lies in /usr'
refused 5 /tmp/alice/xproc 'lies below /tmp/alice, which is not root'
refused 6 /tmp/open/xproc 'lies below /tmp/open, in which others'
refused 7 /etc/xproc 'lies in /etc'
mkdir -p /tmp/holds/inner
[ -e /libx32 ] || ln -s /tmp/holds/inner /libx32
refused 8 /tmp/holds 'holds /libx32'
run "$GPROC" -binRoot=/ s
is "/ is none for anybody" "$status" 2

# A kernel told to leave capabilities alone when a process becomes another user.
setpriv --securebits=+no_setuid_fixup unshare -u sh -c 'echo slave9 >/proc/sys/kernel/hostname; exec setsid "$@"' sh "$GPROC" \
	-myParent=master -myId=9 -myAddress=slave9 s >"$T/slave9.log" 2>&1 &
"$GPROC" i -wait=9 "-timeout=$LIMIT_UP" >/dev/null
cd /tmp/closed || exit 1
run alice "$GPROC" -localbin e 9 /bin/true
like "a job has no capability of the daemon's even before its exec" "$status$err" "^255.*can't enter the working directory /tmp/closed"
cd / || exit 1
run alice "$GPROC" e 9 /bin/grep -E '^Cap(Inh|Prm|Eff|Amb)' /proc/self/status
is "nor afterwards" "$status$(echo "$out" | tr -d '\n')" \
	"0CapInh:	0000000000000000CapPrm:	0000000000000000CapEff:	0000000000000000CapAmb:	0000000000000000"
run setpriv --securebits=+no_setuid_fixup,+no_setuid_fixup_locked "$GPROC" -myParent=master -myId=10 s
is "where that can't be undone the node doesn't start" "$status" 255
like "and why" "$err" 'SECBIT_NO_SETUID_FIXUP'
kill -INT "$MASTER"
wait
done_testing
