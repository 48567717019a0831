#!/bin/sh
# What a job inherits of all that survives fork and exec, from a daemon that was started with odd values of it: the table in
# doc/security.md, row by row. What would be an advantage or a surprise is as usual; what only restrains stays.
. tests/lib.sh
enter_namespaces "$@"
built heir
cp "$heir" /tmp/heir
start_master -users=1001
unshare -u sh -c 'echo slave0 >/proc/sys/kernel/hostname; exec setsid "$@"' sh /tmp/heir odd \
	"$GPROC" -myParent=master -myId=0 -myAddress=slave0 s >"$T/slave0.log" 2>&1 &
wait_up 1
cd /
# has NAME VALUE: as the job showed it; what the kernel here did not let the daemon have can't show anything.
has() {
	is "$1" "$(printf '%s\n' "$out" | sed -n "s/^$1 //p")" "$2"
}
run setpriv --reuid=1001 --regid=1001 --groups=1001,2001 --inh-caps=-all --bounding-set=-all \
	sh -c 'ulimit -S -f 100; umask 037; exec "$0" e 0 /tmp/heir show' "$GPROC"
is "a user's job shows what it has" "$status$err" 0
has key none
has destination 0
has Groups "1001 2001 "
has CapInh 0000000000000000
has CapPrm 0000000000000000
has CapEff 0000000000000000
has CapAmb 0000000000000000
has securebits 0
has keeps-capabilities 0
has SigBlk 0000000000000000
has SigIgn 0000000000000000
has SigPnd 0000000000000000
has ShdPnd 0000000000000000
has score 0
has nice 0
has io 0
has policy 0
has slack 50000
has huge-pages 0
has memory-failure 2
has merging 0
has personality 0
has timer 0
has death-signal 0
has dumpable 1
has session own
has terminal none
has environment clean
has descriptors "0 1 2"
has umask 037
like "file-size" "$out" '^file-size 51200 '
[ "$(cat /proc/self/loginuid 2>/dev/null || echo none)" = none ] || has login 1001
# What restrains.
has affinity 1
has memory-policy 1
has NoNewPrivs 1
has Seccomp 2
has dump-filter 00000007
like "file-size, the hard one" "$out" '^file-size [0-9]* 8589934592$'
bounding=$(printf '%s\n' "$out" | sed -n 's/^CapBnd //p')
is "CapBnd" "$bounding" "$(awk '$1 == "CapBnd:" { print $2 }' "/proc/$(pgrep -f -o 'myId=0')/status")"

umask 027
run "$GPROC" e 0 /tmp/heir show
is "a job of root's does too" "$status" 0
has key none
has CapInh 0000000000000000
has CapAmb 0000000000000000
has CapPrm "$bounding"
has securebits 0
has score 0
has nice 0
has policy 0
has personality 0
has descriptors "0 1 2"
has umask 027
kill -INT "$MASTER"
wait
done_testing
