#!/bin/bash
# A job that writes until there is no more room, in bytes or in files, has a part of the node's memory and not all of it: other users'
# launches go on, a program's first one too, and have their own part. What it took is there again when it has ended.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
users
cp "$(command -v perl || command -v bash)" /tmp/fresh # a program that no node has seen
start_master -users='*'
start_slave 0 master -store=64m
wait_up 1
# until_says FILE: the job that writes to it has said so.
until_says() {
	until grep -q said "$1"; do kill -0 "$client" || break; done
}

# fill USER WORDS: a job of the user's does that in its working directory, and then stays.
fill() {
	: >"$T/filled"
	as "$1" "$GPROC" e 0 /bin/sh -c "$2; echo said; exec flock -s /tmp/held true" >"$T/filled" 2>&1 4>&- &
	client=$!
	until_says "$T/filled"
}
# again TEST COMMAND...: runs it as alice until the test holds, for jobs whose ends were told may still be going; not for ever.
again() {
	again_test=$1 again_left=100
	shift
	while run as 1001 timeout "$(limit 60)" "$GPROC" e 0 "$@" && ! eval "$again_test" 2>/dev/null && [ $((again_left -= 1)) -gt 0 ]; do :; done
}
dd='dd if=/dev/zero of=big bs=64k 2>/dev/null; stat -c %s big'
inodes='i=0; while true >f$i; do i=$((i + 1)); done 2>/dev/null; echo $i'

for kind in dd inodes; do
	hold
	fill 1001 "${!kind}"
	took=$(head -n 1 "$T/filled")
	case $kind in
	dd) ok "$kind: it has about a half: $took bytes" test "$took" -gt 25000000 -a "$took" -lt 33554432 ;;
	inodes) ok "$kind: it has about a half: $took files" test "$took" -gt 1000 -a "$took" -lt 2048 ;;
	esac
	run as 1002 timeout "$(limit 60)" "$GPROC" e 0 /bin/sh -c 'dd if=/dev/zero of=big bs=64k count=64 2>/dev/null && for i in 1 2 3 4 5 6 7 8 9; do : >$i || exit; done && echo wrote; rm -f big'
	is "$kind: another user's job runs, and writes" "$status$out$err" 0wrote
	cat /proc/sys/kernel/random/uuid >>/tmp/fresh # contents of a digest that is nowhere
	run as 1003 timeout "$(limit 60)" "$GPROC" e 0 /tmp/fresh -e 'print "first\n"'
	is "$kind: so does a third's first launch of a program" "$status$out$err" 0first
	run as 1001 timeout "$(limit 60)" "$GPROC" e 0 /bin/true
	is "$kind: the one who has it all gets no more" "$status" 126
	like "$kind: and is told" "$err" "^gproc: could not start: 0: it needs [0-9.]+ [KM]iB, and of the store's 64.0 MiB there are "
	# And a second one who does the same.
	first=$client
	mv "$T/filled" "$T/first"
	fill 1002 "${!kind}"
	second=$(head -n 1 "$T/filled")
	ok "$kind: a second one has less: $second" test "$second" -gt $((took / 8)) -a "$second" -lt "$took"
	run as 1003 timeout "$(limit 60)" "$GPROC" e 0 /tmp/fresh -e 'print "third\n"'
	is "$kind: the third still runs" "$status$out$err" 0third
	run timeout "$(limit 60)" "$GPROC" e 0 /bin/date +%Y
	is "$kind: root, too" "$status$out$err" "0$(date +%Y)"
	release
	wait $first $client
	again 'test "$out" -gt 25000000' /bin/sh -c "$dd; rm big"
	ok "$kind: when they have ended all is there again: $out" test "$out" -gt 25000000
done

# What one launch sends counts, too: it is refused before it is sent, and others go on.
head -c 40000000 /dev/urandom >/tmp/big
chmod 644 /tmp/big
run as 1001 "$GPROC" -f=/tmp/big e 0 /bin/true
is "a file beyond the user's part is refused" "$status" 126
like "before it is sent" "$err" 'it needs [0-9.]+ MiB'
mkdir /tmp/same
head -c 1000000 /tmp/big >/tmp/same/1
for ((i = 2; i <= 36; i++)); do cp /tmp/same/1 /tmp/same/$i && chmod 6$((i % 8))4 /tmp/same/$i; done
chmod -R a+r /tmp/same
run as 1001 "$GPROC" -f=/tmp/same e 0 /bin/true
is "so is one file that is sent under many names and copied" "$status" 126
run as 1002 "$GPROC" -f=/tmp/same/1,/tmp/same/2 e 0 /bin/sh -c 'cmp /tmp/xproc/tmp/same/1 /tmp/xproc/tmp/same/2 && echo same'
is "under a few it fits" "$status$out$err" 0same

# The limits are those of the rule, as df shows them in the job.
again 'test "$(printf "%s\\n" "$out" | head -n 1)" -gt 26000000' /bin/sh -c 'df -B1 --output=size . | tail -n 1; df --output=itotal . | tail -n 1'
read -r size inodes <<<"$(echo $out)"
ok "alone on the node: half of what the store does not use: $size" test "$size" -gt 26000000 -a "$size" -le 33554432
ok "with an inode for each 16 KiB: $inodes" test "$inodes" -le $((size / 16384 + 1)) -a "$inodes" -ge $((size / 16384 - 1))

# What nobody uses goes away.
daemon=$(pid_of_slave 0)

until ! grep -q ' /room\|/room/' /proc/"$daemon"/mountinfo; do kill -0 "$daemon" || break; done
ok "users' file systems go when they have no jobs" kill -0 "$daemon"
kill -INT "$MASTER"
wait
done_testing
