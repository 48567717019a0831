#!/bin/sh
# The caller's umask and soft limits are the command's, as far as the nodes' hard limits go; where they don't that is said.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_slave 0 master
start_slave 1 master
(ulimit -n 300 && start_slave 2 master)
wait_up 3
cd /
for mask in 077 022 002 000; do
	run sh -c "umask $mask; exec \"\$0\" e 0 /bin/sh -c 'umask; : >/tmp/made.$mask; stat -c %a /tmp/made.$mask'" "$GPROC"
	is "umask $mask" "$err$(echo $out)" "0$mask $(printf %o $((0666 & ~0$mask)))"
done
run sh -c 'ulimit -S -n 77; ulimit -S -c 0; ulimit -S -s 4096; ulimit -S -f 1000; exec "$0" e 0-2 /bin/sh -c "echo \$(ulimit -n) \$(ulimit -c) \$(ulimit -s) \$(ulimit -f)"' "$GPROC"
is "soft limits" "$err$(printf '%s\n' "$out" | paste -sd' ')" "77 0 4096 1000 77 0 4096 1000 77 0 4096 1000"
run sh -c 'ulimit -S -n 77; exec "$0" e 0 /bin/sh -c "ulimit -H -n"' "$GPROC"
ok "they are soft ones" test "$out" != 77
run sh -c 'ulimit -S -n 400; exec "$0" -l e 0-2 /bin/sh -c "ulimit -n"' "$GPROC"
is "where there is less, that is what holds" "$status $(printf '%s\n' "$out" | sort | paste -sd' ')" "0 0: 400 1: 400 2: 300"
is "and it is said once" "$err" "gproc: node 2: your limits are beyond what may be had there, which is lower: open files"
kill -INT "$MASTER"
wait
done_testing
