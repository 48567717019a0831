#!/bin/sh
# What a program finds on its node: environment, working directory, user, descriptors.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_tree 7 3

run env FOO="a b" "$GPROC" e 0:3 /bin/sh -c 'echo "$GPROC_NODE $GPROC_RANK $GPROC_SIZE $GPROC_ROOT $FOO"'
is "the caller's environment and gproc's own" "$out$err" "0:3 0 1 /tmp/xproc a b"
run "$GPROC" e ./. /bin/sh -c 'echo "$GPROC_RANK of $GPROC_SIZE"'
is "ranks are from 0 to one less than the size" "$(printf '%s\n' "$out" | sort | tr '\n' ' ')" \
	"0 of 7 1 of 7 2 of 7 3 of 7 4 of 7 5 of 7 6 of 7 "
run "$GPROC" e ./. /bin/sh -c 'echo "$GPROC_JOB"'
is "the job is the same for all" "$(printf '%s\n' "$out" | sort -u | wc -l)" 1
mkdir -p "$T/work"
chmod 755 "$T" "$T/work"
run sh -c 'cd "$0/work" && exec "$1" e 1 /bin/pwd' "$T" "$GPROC"
is "the working directory is the caller's, below binRoot" "$out$err" "/tmp/xproc$T/work"
run sh -c 'cd "$0/work" && exec "$1" e 1 /bin/sh -c "echo x >file && cat file"' "$T" "$GPROC"
is "it can be written to, for as long as the job is there" "$out $err" \
	"x gproc: node 1: 1 file written in the working directory went with the job (file); -cwd=. uses the node's own"
is "which is the job's own" "$(ls "$T/work")" ""
run sh -c 'cd "$0/work" && exec "$1" -localbin e 1 /bin/pwd' "$T" "$GPROC"
is "with -localbin it is the node's own" "$out$err" "$T/work"
run "$GPROC" e 1 /bin/sh -c 'echo $PPID; ls /proc/self/fd | tr "\n" " "'
like "no descriptor leaks into a program" "$out" '^0 1 2 3 $'
run "$GPROC" e 1 /bin/sh -c 'ulimit -n'
is "the limit of descriptors is as the node had it" "$out" "$(sh -c 'ulimit -n')"
run "$GPROC" e 1 /bin/sh -c 'grep -E "^Sig(Blk|Ign)" /proc/self/status | cut -f2 | sort -u'
is "no signal is blocked or ignored" "$out" 0000000000000000
if command -v setpriv >/dev/null; then
	kill -INT "$MASTER"
	wait
	start_master -users=65534
	start_tree 3 3
	run setpriv --reuid=65534 --regid=65534 --groups=65533,65532 "$GPROC" e . /usr/bin/id
	is "a user's program runs as that user, with their groups" "$status $(printf '%s\n' "$out" | sort -u)" \
		"0 $(setpriv --reuid=65534 --regid=65534 --groups=65533,65532 /usr/bin/id)"
	run setpriv --reuid=65533 --regid=65533 --clear-groups "$GPROC" e . /usr/bin/id
	is "who may not launch is refused" "$status$out" 255
	like "and told" "$err" '^gproc: .'
fi
done_testing
