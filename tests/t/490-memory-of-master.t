#!/bin/bash
# What users can make the master hold: the largest launches, with as many machines as there may be, from several users at once, cost what
# doc/architecture.md says; one user's share has an end, and leaves room for the others; a user who may only look has next to nothing.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
users
built asker swarm
cd / || exit 1
start_master -key=none -users=1001,1002,1003,1004 -heartbeat="$(span 2000)"
exec {open}<> <(:) # what is read from it never ends
coproc SWARM { exec "$swarm" 127.0.0.1:6666 1 64 32; }
read -r -u "${SWARM[0]}" said
is "65 nodes of 32 machines" "$said $("$GPROC" i -wait=65 -timeout="$(limit 60)s" | sed -n '1s/,.*//p')" "up 65 up"

# The master's own memory, in KiB.
held() {
	awk '/^RssAnon/ { print $2 }' "/proc/$MASTER/status"
}
# ask UID WHAT...: one that stays until let_go; what it says is in $said.
asked=0
ask() {
	asked=$((asked + 1))
	mkfifo "$T/hold.$asked" "$T/said.$asked"
	as "$1" "$asker" /tmp/g "${@:2}" <"$T/hold.$asked" >"$T/said.$asked" 2>&1 &
	exec {hold}>"$T/hold.$asked"
	exec {hear}<"$T/said.$asked"
	holds="$holds $hold" hears="$hears $hear"
	read -r -u "$hear" said
}
let_go() {
	for fd in $holds $hears; do exec {fd}>&-; done
	holds= hears=
}
holds= hears=
no_jobs() {
	until_true no_job
	"$GPROC" ps | wc -l
}

before=$(held)
accepted=0
for round in 1 2 3; do
	for uid in 1001 1002 1003; do
		ask $uid launch 1:. 4000 32
		[ "$said" != accepted ] && diag "$said" || accepted=$((accepted + 1))
	done
done
is "nine launches of 4,000 KiB from three users" $accepted 9
after=$(held)
bound=$((before + 9 * (4096 + 640) + 8192))
ok "for which the master holds $((after - before)) KiB more, bound $((bound - before))" test "$after" -le $bound
let_go
is "they end with their clients" "$(no_jobs)" 1
ok "and leave nothing: $before KiB before, $(held) after" test "$(held)" -le $((before + 2048))

count=0
while ask 1001 launch 1:. 4000 32 && [ "$said" = accepted ] && [ $count -lt 100 ]; do count=$((count + 1)); done
like "one user's share has an end, after $count such launches" "$said" \
	'^error the clients and jobs of user 1001 count as [0-9]+ KiB of this master.s memory, .*wait until some have ended'
after=$(held)
ok "within 128 MiB: $((after - before)) KiB" test $((after - before)) -le $((128 * 1024 + 8192))
ask 1002 launch 1:. 4000 32
is "another user has room" "$said" accepted
ask 1001 pour 4000
like "the first has none for the beginning of a launch either" "$said" '^error the clients and jobs of user 1001'
run "$GPROC" i 1
is "and the master answers" "$status$err" 0
let_go
is "all end" "$(no_jobs)" 1

ask 1001 idle 400
like "nor may one user have any number of clients" "$said" '^in (1[0-9]{2}|20[0-9]) the clients and jobs of user 1001'
run as 1002 "$GPROC" ps
is "while another has theirs" "$status$err" 0
run as 2000 "$GPROC" ps
is "and so has one who may only look" "$status$err" 0
ask 2000 idle 20
like "up to a number" "$said" '^in 16 user 2000 has 16 clients here already'
let_go
ask 2000 pour 4000
like "nothing large is taken from one who may only look" "$said" '^error user 2000 may not use this master'
ask 2000 launch 1 2000 1
like "nor a launch" "$said" '^error user 2000 may not use this master'
let_go
ok "in the end nothing is left: $before KiB before, $(held) after" test "$(held)" -le $((before + 4096))
kill -INT "$MASTER"
wait "$MASTER"
done_testing
