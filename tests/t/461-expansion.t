#!/bin/sh
# Arguments that stand for files without end, or for files that can't be looked at in time, hold up nobody and cost the node little:
# their expansion has limits, and ends with its job. Whatever belongs to a job is the first to go when memory runs out, not the last.
. tests/lib.sh
enter_namespaces "$@"
as() {
	as_user=$1
	shift
	setpriv --reuid="$as_user" --regid="$as_user" --clear-groups --inh-caps=-all env HOME=/tmp "$@"
}
start_master -users=1001
start_slave 0 master
wait_up 1
node=$SLAVE

# A directory in which every name is the directory itself, and long: each level of a pattern stands for ten times as many.
mkdir -p /tmp/loops
chown 1001 /tmp/loops
name=$(printf '%0200d' 0)
for i in 0 1 2 3 4 5 6 7 8 9; do as 1001 ln -s . "/tmp/loops/$i$name"; done
mkdir /tmp/many
for i in $(seq 2000); do : >"/tmp/many/$i$name"; done
mkdir /tmp/few
: >/tmp/few/a
: >/tmp/few/b

cd /
run as 1001 "$GPROC" -f=/tmp/few e 0 /bin/echo '/tmp/xproc/tmp/few/*' '/tmp/xproc/tmp/few/c*'
is "what is there is named, a pattern without files is itself" "$status$err $out" \
	"0 /tmp/xproc/tmp/few/a /tmp/xproc/tmp/few/b /tmp/xproc/tmp/few/c*"

# The keeper's own memory and that of the child is what the limit is for: ten to the ninth names would take hundreds of GiB.
run as 1001 "$GPROC" -f=/tmp/loops e 0 /bin/echo '/tmp/xproc/tmp/loops/*/*/*/*/*/*/*/*/*'
is "names without end: it could not start" "$status$out" 126
like "and why" "$err" '^gproc: could not start: 0: .*loops/.*(more than 64 MiB|processor time)'

# A size that execve does not take.
run as 1001 "$GPROC" -f=/tmp/many e 0 /bin/echo '/tmp/xproc/tmp/many/*' '/tmp/xproc/tmp/many/*' '/tmp/xproc/tmp/many/*' '/tmp/xproc/tmp/many/*' \
	'/tmp/xproc/tmp/many/*' '/tmp/xproc/tmp/many/*' '/tmp/xproc/tmp/many/*' '/tmp/xproc/tmp/many/*' '/tmp/xproc/tmp/many/*' \
	'/tmp/xproc/tmp/many/*' '/tmp/xproc/tmp/many/*' '/tmp/xproc/tmp/many/*' '/tmp/xproc/tmp/many/*' '/tmp/xproc/tmp/many/*'
is "more names than a program can be given: it could not start" "$status$out" 126
like "with their size" "$err" 'its arguments take 6[0-9]{6} bytes'
run "$GPROC" ps
is "nothing of these launches goes on" "$(printf '%s\n' "$out" | sed 1d)" ""

# While it expands, a kill and a time limit end it.
deep=/tmp/xproc/tmp/loops
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do deep="$deep/*"; done
run as 1001 "$GPROC" -f=/tmp/loops -timeout="$(span 1000)" e 0 /bin/echo "$deep/none"
like "the time limit or that of the expansion ends it" "$status" '^(124|126)$'
until [ -z "$(pgrep -P "$node")" ]; do kill -0 "$node" || break; done
is "and nothing of it is left" "$(pgrep -P "$node")" ""

# Out of memory: the daemon is spared, where it may have that, all else is as others are.
run "$GPROC" e 0 /bin/sh -c 'cat /proc/self/oom_score_adj /proc/$PPID/oom_score_adj'
is "a job and its keeper have the usual place when memory runs out" "$(echo $out)" "0 0"
if sh -c 'echo -1000 >/proc/self/oom_score_adj' 2>/dev/null; then
	is "the daemon is spared" "$(cat "/proc/$node/oom_score_adj")" -1000
else
	diag "nobody is spared here: without CAP_SYS_RESOURCE there is no protection to be taken off"
fi
kill -INT "$MASTER"
wait
done_testing
