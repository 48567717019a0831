#!/bin/sh
# Contents are hashed once: by the client when it first sees them, by each node when they come, whatever it then does with them.
. tests/lib.sh
enter_namespaces "$@"

SIZE=16777216 # whole chunks: the digest of a shorter last one is compared with that of as many zeros
DIGESTS=$HOME/.cache/gproc/digests

# settled FILE: returns when it has not changed for three seconds: what changed a moment ago is not remembered.
is_settled() { [ -n "$(find "$1" ! -newerct '3 seconds ago')" ]; }
settled() { until_true is_settled "$1"; }

# hashed_by LOG: the number of bytes that this process has hashed so far, at its last word.
hashed_by() { sed -n 's/.* \([0-9]*\) bytes of [a-z]* were hashed.*/\1/p' "$T/$1" | tail -n 1; }

# launch [SWITCHES]: sends the file and has each node sum it up; $sums, $hashed: bytes that the client has hashed, $read: and read.
launch() {
	sums=$(sh -c '"$@"; echo "$?" >"$0.status"; cat /proc/self/../$$/io >"$0.io"' "$T/client" "$GPROC" -debug=2 -f="$T/big" "$@" e ... \
		/bin/sh -c "cksum <\$GPROC_ROOT$T/big" 2>"$T/client.log" | sort -u)
	status=$(cat "$T/client.status")
	hashed=$(hashed_by client.log)
	read=$(awk '$1 == "rchar:" { print $2 }' "$T/client.io")
}

# is_anew NAME, is_known NAME: what the last launch's client did with the file, and that the nodes have it as it is.
is_anew() {
	is "$1: it comes as it is" "$sums" "$(cksum <"$T/big")"
	ok "$1: it is hashed, $hashed" test "$hashed" -ge "$SIZE"
}
is_known() {
	is "$1: it comes as it is" "$sums" "$(cksum <"$T/big")"
	ok "$1: it is not hashed, $hashed" test "$hashed" -lt $((SIZE / 4))
	ok "$1: nor read, $read" test "$read" -lt $((SIZE / 2))
}

# overwrite TEXT: in place, with the size and the time of last change as before.
overwrite() {
	touch -r "$T/big" "$T/time"
	printf %s "$1" | dd of="$T/big" bs=1 seek=70000 conv=notrunc status=none
	touch -r "$T/time" "$T/big"
}

head -c "$SIZE" /dev/urandom >"$T/big"
start_master -debug=2
start_slave 0 master -debug=2
start_slave 1 slave0 -debug=2
wait_up 2
"$GPROC" e ... /bin/sh -c "cksum </dev/null" >"$T/first" || fact 1 "the nodes run something"

# ---- on the nodes ----

# told LOG COUNT: it has told of so many jobs that are over.
told() { [ "$(grep -c 'contents were hashed' "$T/$1")" -ge "$2" ]; }
for node in slave0 slave1; do
	until_true told $node.log 1
	eval "before_$node=$(hashed_by $node.log)"
done
settled "$T/big"
launch
is_anew "the first time"
for node in slave0 slave1; do
	until_true told $node.log 2
	eval "more=\$(($(hashed_by $node.log) - before_$node))"
	ok "$node hashes each byte once, whether it places it or serves it: $more" test "$more" -ge "$SIZE" -a "$more" -lt $((SIZE + 32768))
done

# ---- by the client ----

launch
is_known "the second time"
is "the digests are the user's alone" "$(stat -c '%a %u' "$DIGESTS")" "600 0"
launch -t=false -n
is_known "with other switches"
overwrite one
launch
is_anew "changed in place, times set back"
launch
is_anew "changed a moment ago"
settled "$T/big"
launch
is_anew "changed, and not hashed since it settled"
launch
is_known "and then"

# While it is being hashed: refused, or sent as it was at some moment; but it is never known as that.
(while [ ! -e "$T/enough" ]; do overwrite "$(od -An -N2 -tx2 /dev/urandom)"; done) &
writer=$!
launch
: >"$T/enough"
wait "$writer"
launch
is_anew "changed while it was hashed"

settled "$T/big"
launch
launch
is_known "a while later"
cat /proc/sys/kernel/random/boot_id >"$T/boot"
tr 0-9a-f 1-9a-f0 <"$T/boot" >"$T/boot.other"
mount --bind "$T/boot.other" /proc/sys/kernel/random/boot_id
launch
is_anew "another host with the same home"
launch
is_known "that host again"
umount /proc/sys/kernel/random/boot_id
launch
is_known "the first host again"

rm "$DIGESTS"
for i in 1 2 3 4 5 6 7 8; do
	"$GPROC" -f="$T/big" e 0 /bin/true 2>"$T/together.$i" &
	eval "together_$i=$!"
done
for i in 1 2 3 4 5 6 7 8; do
	eval "wait \$together_$i" || fact 1 "number $i of several at once runs"
done
is "several at once say nothing" "$(cat "$T"/together.*)" ""
is "and leave one file" "$(ls -A "${DIGESTS%/*}")" "digests"
launch
is_known "after several at once"

# ---- whatever the user's file is ----

for damage in 'head -c 200000 /dev/urandom >"$DIGESTS"' ': >"$DIGESTS"' 'truncate -s -100 "$DIGESTS"' 'truncate -s 3G "$DIGESTS"' \
	'chmod 644 "$DIGESTS"' 'chown 1001 "$DIGESTS"' 'rm "$DIGESTS"; mkfifo "$DIGESTS"' 'rm "$DIGESTS"; ln -s /dev/zero "$DIGESTS"'; do
	eval "$damage"
	launch
	is_anew "$damage"
	unlike "$damage: nothing is said" "$(cat "$T/client.log")" "digests|cache"
	launch
	is_known "$damage, and then"
done
rm "$DIGESTS"
mkdir "$DIGESTS"
launch
is_anew "a directory in its place"
rmdir "$DIGESTS"
chown 1001 "${DIGESTS%/*}"
launch
ok "nothing is written to another user's directory" test ! -e "$DIGESTS"
chown 0 "${DIGESTS%/*}"
run env HOME=/proc/none "$GPROC" e 0 /bin/echo ran
is "without a home it runs too" "$status$out$err" "0ran"
run env -u HOME -u XDG_CACHE_HOME "$GPROC" e 0 /bin/echo ran
is "nor is one needed" "$status$out$err" "0ran"
run sh -c "ulimit -f 0; exec \"\$0\" e 0 /bin/echo ran | cat" "$GPROC"
is "where no file may grow it runs" "$status$out$err" "0ran"
mkdir -m 755 "$T/hers" "$T/hers/cache"
chown 1001:1001 "$T/hers" "$T/hers/cache"
run env HOME="$T/hers" "$GPROC" e 0 /bin/echo ran
run env XDG_CACHE_HOME="$T/hers/cache" "$GPROC" e 0 /bin/echo ran
is "root with another user's home makes nothing there" "$status$err$out$(find "$T/hers" -uid 0)" 0ran
ok "XDG_CACHE_HOME is where it lies" env XDG_CACHE_HOME="$T/cache" "$GPROC" e 0 /bin/true
ok "if it is set" test -s "$T/cache/gproc/digests"
end_tree
done_testing
