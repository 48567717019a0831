#!/bin/sh
# A job's output survives the death of a node on its way: every line, in order, once; and the orphans go home afterwards.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_deep

hold
# 5,000 lines before and 5,000 behind the moment when the node on the way dies.
start_job 0:2:6-7,1:5:12-13 4 'awk "BEGIN { for (i = 1; i <= 5000; i++) print ENVIRON[\"GPROC_NODE\"], i }"
	flock -s /tmp/held true
	awk "BEGIN { for (i = 5001; i <= 10000; i++) print ENVIRON[\"GPROC_NODE\"], i }"'
kill -KILL "$(pid_of_slave 2)" "$(pid_of_slave 5)"
wait "$(pid_of_slave 2)" "$(pid_of_slave 5)" 2>/dev/null
release
end_job
is "the job ends well: nodes that are only on the way do not matter" "$status$err" 0
is "40,000 lines are there" "$(printf '%s\n' "$out" | wc -l)" 40000
is "each node's in order, once" "$(printf '%s\n' "$out" | awk '$2 != ++n[$1] { bad++ } END { print bad + 0 }')" 0
run "$GPROC" i
like "the orphans keep their paths" "$(printf '%s\n' "$out" | head -n 1)" '^12 up, 2 down: 0:2,1:5$'
run "$GPROC" e 0:2:6,1:5:12 /bin/uname -n
is "and can be launched on" "$status $(printf '%s\n' "$out" | sort | tr '\n' ' ')" "0 slave12 slave6 "
start_slave 2 slave0
start_slave 5 slave1
wait_up 14
run "$GPROC" e ... /bin/uname -n
is "all 14 are there when the two are back" "$status $(printf '%s\n' "$out" | sort -u | wc -l)" "0 14"

# A master that was killed has its whole tree again, without anyone touching a slave.
kill -KILL "$MASTER"
wait "$MASTER" 2>/dev/null
start_master
wait_up 14
same=0
i=0
while [ $i -lt 14 ]; do
	kill -0 "$(pid_of_slave $i)" && same=$((same + 1))
	i=$((i + 1))
done
is "a new master has the same slaves" $same 14
run "$GPROC" nodes ...
is "under the same paths" "$out" "0-1,0:2-3,1:4-5,0:2:6-7,0:3:8-9,1:4:10-11,1:5:12-13"

# Who joined a node that had no parent itself at that time finds another way all the same when that one dies later.
kill -KILL "$MASTER" "$(pid_of_slave 6)"
wait "$MASTER" "$(pid_of_slave 6)" 2>/dev/null
wait_log "$T/slave0.log" 'can.t join master'
start_slave 6 slave2 -debug=1
wait_log "$T/slave6.log" 'joined .* as node 0:2:6'
start_master
wait_up 14
for victim in 2 0; do
	hold
	start_job 0:2:6 1 'echo up; flock -s /tmp/held true; echo end'
	kill -KILL "$(pid_of_slave $victim)"
	wait "$(pid_of_slave $victim)" 2>/dev/null
	release
	end_job
	is "$victim dies above one that joined an orphan: its job goes on" "$status$err $(echo $out)" "0 up end"
done
start_slave 0 master
start_slave 2 slave0
wait_up 14

# A slave may be there before its parent.
start_slave 20 slave30
start_slave 30 master
wait_up 16
run "$GPROC" e 30:20 /bin/uname -n
is "a slave waits for its parent" "$out$err" slave20
done_testing
