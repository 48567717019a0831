#!/bin/sh
# A user who may launch, with a client of their own that lies: about files, digests, sizes, and who they are. Each lie is refused with
# a reason or harms only its own job; the master and the nodes go on.
. tests/lib.sh
enter_namespaces "$@"
users alice bob
built liar
lie() {
	alice timeout "$(limit 60)" "$liar" /tmp/g "$@"
}
cd / || exit 1
start_master -users=alice,bob -store=64m -heartbeat="$(span 3000)"
start_slave 0 master -store=64m
start_slave 1 master -store=64m
wait_up 2

# lies NAME WANTED WHAT: what the lie NAME comes to.
lies() {
	like "$3" "$(lie "$1")" "$2"
}
lies nothing '^exited 0$' "who does not lie is served"
lies dots '^failed 255 .*refused.*inside the root' "a path that leads up"
lies absolute '^failed 255 .*refused.*inside the root' "an absolute path"
lies through-link '^failed 255 .*refused.*no directory' "something below a link"
lies device '^failed 255 .*refused.*unknown kind' "a device"
lies setuid '^failed 255 .*refused.*mode' "a setuid bit"
lies twice '^failed 255 .*refused.*twice' "a path that is there twice"
lies overflow '^failed 255 .*refused.*(overflow|size)' "sizes that overflow"
lies huge '^failed 126 .*(needs|size|fit)' "a file larger than any store"
lies short-size '^failed 255 .*refused.*another size' "a size that is too small: the next user's file would be cut"
lies no-size '^failed 255 .*refused.*another size' "or none at all"
lies deep '^failed 255 .*refused.*inside the root' "200 levels"
lies count '^failed 255 .*refused.*more entries' "a count that is too large for memory"
lies more '^failed 255 .*refused' "a count that is one too large"
lies program '^failed 255 .*refused.*inside the root' "a program outside"
lies program-link '^failed 12[67] ' "a program that is a link out of the root is sought inside it"
lies link-out '^exited 0$' "a link out of the root is only a link"
lies newline '^exited 0$' "a newline in a name is only a name"
lies cwd-dots '^failed 255 .*working directory' "a working directory that leads up"
lies cwd-link '^failed 255 .*' "a working directory through a link"
lies other-bytes '^failed 255 .*does not match' "contents that are not those of the digest"
lies other-file '^failed 255 ' "another file's contents"
lies other-size '^failed 255 ' "another size with each piece"
lies impossible-size '^failed 255 .*(impossible|size|fit)' "a size near 2^64"
lies bomb '^(closed|failed 255 .*)$' "a zlib bomb"
lies large-piece '^(closed|failed 255 .*)$' "a piece of two gigabytes"
lies long-frame '^closed$' "a frame of four gigabytes"
lies event '^closed$' "an event, which only nodes send"
lies join '^closed$' "a node's hello at the socket"
lies ps-body "^(closed|error .*can't read)" "a question with a body of another shape"
lies nonsense '^closed$' "a message of no known type"
like "questions without end, whose answers are not read, are held back" "$(lie deaf 400000)" '^(held|closed)$'
# A million entries take the nodes' processors a while, but nobody else's turn, and go with their client.
alice "$liar" /tmp/g million >"$T/million" &
until "$GPROC" ps | grep -q ' alice '; do [ ! -s "$T/million" ] || break; done
run bob "$GPROC" e . /bin/true
is "others run while a million entries are placed" "$status$out$err" 0
for job in $("$GPROC" ps | sed -n 's/^\([^ ]*\) .* alice .*/\1/p'); do "$GPROC" kill "$job" KILL; done
until ! "$GPROC" ps | grep -q ' alice '; do kill -0 "$MASTER" || break; done
fact 0 "they can be ended"
run "$GPROC" i
like "the nodes are both there" "$out" '^2 up, 0 down$'
run bob "$GPROC" e . /bin/true
is "and serve others" "$status$out$err" 0
ok "nothing was written outside" test ! -e /etc/evil -a ! -e /evil -a ! -e /tmp/evil
memory=$(awk '/^VmRSS/ { print $2 }' "/proc/$MASTER/status")
ok "the master is as small as before: $memory KiB" test "$memory" -lt 32768

# Whose turn it is to send something, and does not, holds up nobody else who has it.
mkfifo "$T/said"
alice "$liar" /tmp/g fixed >"$T/first" 2>&1
is "a program that runs" "$(sort "$T/first")" "$(printf 'exited 0\nexited 0\nout ran\nout ran')"
alice "$liar" /tmp/g shared-silent >"$T/said" 2>&1 &
exec 6<"$T/said"
read -r line <&6
is "one of them stands silent" "$line" accepted
run bob "$GPROC" e . /bin/echo works
is "another's launch does not wait for it" "$status$err $(echo $out)" "0 works works"
is "nor that of another who can send what is awaited" "$(bob timeout "$(limit 60)" "$liar" /tmp/g shared | sort -u | tr '\n' ' ')" "exited 0 out ran "
exec 6<&-
mkfifo "$T/again"
alice "$liar" /tmp/g silent >"$T/again" 2>&1 &
exec 6<"$T/again"
read -r line <&6
run bob "$GPROC" ps
job=$(printf '%s\n' "$out" | sed -n 's/^\([^ ]*\) .* alice .*/\1/p' | head -n 1)
bob "$liar" /tmp/g signal "${job#*.}$(printf '%08x' "${job%%.*}")" >"$T/signal" 2>&1
run bob "$GPROC" ps
like "a signal on another's link does not reach a job" "$out" "^$job .*running"
run "$GPROC" kill "$job" KILL
exec 6<&-
end_tree
done_testing
