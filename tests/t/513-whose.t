#!/bin/sh
# Whose job one may come back to: one's own; root all; names are each user's own.
. tests/lib.sh
enter_namespaces "$@"
users
printf 'root:x:0:0::/root:/bin/sh\nalice:x:1001:1001::/tmp:/bin/sh\nbob:x:1002:1002::/tmp:/bin/sh\n' >/etc/passwd
printf 'root:x:0:\nalice:x:1001:\nbob:x:1002:\n' >/etc/group
LIMIT=$(limit 60)
cd / || exit 1
chmod 755 "$T"

start_master -users='*'
start_flat 2
hold
chmod 666 /tmp/held
run as 1001 "$GPROC" -detach -name=mine e 0-1 sh -c 'echo secret; flock -s /tmp/held true'
alices=$out
for word in "$alices" "${alices%%.*}"; do
	for mode in attach ps; do
		run as 1002 timeout "$LIMIT" "$GPROC" $mode "$word"
		is "a foreign job: $mode $word" "$status$out" 255
		like "is told whose it is" "$err" "^gproc: job .* is user 1001's: only they and root may "
	done
done
run as 1002 "$GPROC" attach mine
is "a foreign name is none" "$status$err" "255gproc: there is no job mine"
run as 1002 "$GPROC" kill -only=0 mine
is "nor for kill" "$status$err" "255gproc: there is no job mine"
run as 1002 "$GPROC" -detach -name=mine e 1 sh -c 'echo other; flock -s /tmp/held true'
is "the name is free for another user" "$status" 0
bobs=$out
run "$GPROC" ps mine
is "root is told of both" "$status$err" "255gproc: there are 2 jobs mine: say which by its id, $bobs, $alices"
run as 1001 "$GPROC" ps mine
is "their owner means their own" "$status $(printf '%s\n' "$out" | grep -c running)" "0 2"
release
run as 1001 timeout "$LIMIT" "$GPROC" attach mine
is "and sees it" "$status$out" "$(printf '0secret\nsecret')"
run timeout "$LIMIT" "$GPROC" attach "$bobs"
is "root sees all" "$status$out" 0other
run as 1002 "$GPROC" attach "$alices"
is "an ended one too is its owner's" "$status$out" 255

# What is kept goes for what is to run: in the user's share.
end_tree
start_master -users='*'
start_slave 5 master -store=16m
wait_up 1
for i in 1 2 3 4 5 6; do as 1001 "$GPROC" -name="big$i" e 5 sh -c 'head -c 1000000 /dev/zero | tr "\0" x' >"$T/big" || fact 1 "big$i runs"; done
kept=0
for i in 1 2 3 4 5 6; do [ "$(as 1001 "$GPROC" attach "big$i" 2>/dev/null | wc -c)" -lt 1000000 ] || kept="$kept $i"; done
is "an eighth of the store is for what is kept: the newest have it" "$kept" "0 6"
head -c 5500000 /dev/urandom >"$T/file"
chmod 644 "$T/file"
run as 1001 "$GPROC" -f="$T/file" e 5 true
is "a launch that needs the room has it" "$status$err" 0
run as 1001 "$GPROC" attach big6
like "and the output has gone for it, or fits beside" "$status" '^0$'
end_tree
done_testing
