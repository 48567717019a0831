#!/bin/sh
# cp and get on three levels under faults and attacks: each node's files are whole or not there, what fails is told with its name, and the
# other nodes have theirs.
. tests/lib.sh
enter_namespaces "$@"

start_master -users='*' -heartbeat="$(span 2000)"
# deep NUMBER PARENT PREPARE: a node with a root of its own, below another.
deep() {
	deep_number=$1 deep_address=$2
	start_bare "$1" "mkdir -m 1777 data; mkdir -m 755 roots; $3" -myParent="$deep_address"
	eval "root$deep_number=/proc/$SLAVE/root"
}
deep 1 127.0.0.1 'mkdir -m 700 secret; echo hidden >secret/key; mount -t proc proc proc'
wait_up 1
deep 2 127.0.1.2 'mkdir small; mount -t tmpfs -o size=1m small small'
wait_up 2
deep 3 127.0.1.3 :
wait_up 3
mkdir -m 777 "$T/from" "$T/to"
chmod 755 "$T"
cd "$T/from" || exit 1
all() {
	for all_root in "$root1" "$root2" "$root3"; do "$@" "$all_root"; done
}
user() {
	setpriv --reuid=1007 --regid=1007 --clear-groups "$@"
}
# swap FIRST SECOND NAME: NAME is a hard link to one and to the other in turn, until it is killed.
swap() {
	while :; do
		ln -f "$1" "$3" && ln -f "$2" "$3"
	done 2>/dev/null
}

# ---- a copy of what is there already, where names change under way ----
head -c 2000000 /dev/urandom >same
head -c 2000000 /dev/urandom >other
chmod 644 same
mkdir -m 777 "$root3/data/mine"
"$GPROC" cp 1:2:3 same /data/mine/same
cp other "$root3/roots/victim"
chmod 600 "$root3/roots/victim"
cp -p "$root3/data/mine/same" "$root3/data/mine/kept"
swap "$root3/data/mine/kept" "$root3/roots/victim" "$root3/data/mine/same" &
swapper=$!
i=0
while [ $((i += 1)) -le 20 ]; do "$GPROC" cp 1:2:3 same /data/mine/same >/dev/null 2>&1; done
kill "$swapper"
wait "$swapper" 2>/dev/null
is "no other file gets the rights of a copy" "$(stat -c %a "$root3/roots/victim") $(cmp other "$root3/roots/victim" && echo same)" "600 same"

# ---- what stands where files go ----
echo new >one
all_have() {
	got=
	for have_root in "$root1" "$root2" "$root3"; do got="$got$(cat "$have_root/data/$1" 2>&1) "; done
}
mkfifo "$root1/data/what"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$root2/data/what"
mknod "$root3/data/what" c 1 3
run "$GPROC" -timeout="$(limit 60)" cp 1/2/3 one /data/what
all_have what
is "a fifo, a socket and a device are replaced, and never opened" "$status $err$got" "0 new new new "
run "$GPROC" cp 1/2/3 one /proc/one
is "a file system without files of one's own" "$status $err" "1 gproc: failed: 1: /proc/one: No such file or directory"
mkdir -p "$root1/small" "$root3/small"
head -c 3000000 /dev/urandom >large
run "$GPROC" cp 1/2/3 large one /small/
is "a full disk in the middle: that one file of that one node fails" "$status $err $(ls "$root2/small") $(cmp large "$root3/small/large" && echo same)" \
	"1 gproc: failed: 1:2: /small/large: No space left on device one same"
run "$GPROC" cp 1/2/3 one /
is "TO is /" "$status $err $(cat "$root3/one")" "0  new"

# ---- paths as long and deep as they get ----
long=$(printf '%0255d' 7)
mkdir -p "$long/$long/$long/$long/$long/$long/$long"
echo far >"$long/$long/$long/$long/$long/$long/$long/$long"
run "$GPROC" cp 1/2/3 "$long" /data/
is "paths of 2,000 bytes" "$status $err $(cat "$root3/data/$long/$long/$long/$long/$long/$long/$long/$long")" "0  far"
run "$GPROC" get 1/2/3 "/data/$long" "$T/to/long"
is "and back" "$status $err $(cat "$T/to/long/1:2:3/$long/$long/$long/$long/$long/$long/$long/$long")" "0  far"
deepest=$(printf 'd/%.0s' $(seq 140))
mkdir -p "$deepest" "$root3/data/$deepest"
run "$GPROC" cp 1/2/3 d /data/
like "directories deeper than can be sent: told, and nothing is" "$status $err $(find "$root1/data/d" 2>/dev/null)" '^(1|2|255) gproc: .*d/d/d.* $'
run "$GPROC" get 1:2:3 /data/d "$T/to/deep"
like "or fetched" "$status $err" '^1 gproc: failed: 1:2:3: .*d/d/d'

# ---- get: files and directories that change while they are read ----
mkdir -m 777 "$root1/data/live" "$root1/data/live/sub"
echo mine >"$root1/data/live/sub/key"
swap_dir() {
	while :; do
		mv "$1" "$1.away" && ln -s "$2" "$1"
		rm "$1" && mv "$1.away" "$1"
	done 2>/dev/null
}
swap_dir "$root1/data/live/sub" /secret &
swapper=$!
i=0
while [ $((i += 1)) -le 20 ]; do "$GPROC" get 1 /data/live "$T/to/live" >/dev/null 2>&1; done
kill "$swapper"
wait "$swapper" 2>/dev/null
ok "root's get of a directory that turns into a link brings nothing of another" sh -c '! grep -rq hidden "$0"' "$T/to/live"
# What is cut while it is read is told, or it had been read; it is never shorter than it says.
cut_and_grow() {
	while :; do
		truncate -s 1000 "$1"
		truncate -s 8000000 "$1"
	done 2>/dev/null
}
cut_and_grow "$root3/data/cut" &
cutter=$!
until_true test -e "$root3/data/cut"
i=0 bad=
while [ $((i += 1)) -le 20 ]; do
	rm -rf "$T/to/cut"
	run "$GPROC" get 1:2:3 /data/cut "$T/to/cut"
	size=$(stat -c %s "$T/to/cut/1:2:3/cut" 2>/dev/null)
	case "$status $size" in "0 1000" | "0 8000000" | "0 0" | "1 ") ;; *) bad="$bad, status $status with $size bytes: $err" ;; esac
done
kill "$cutter"
wait "$cutter" 2>/dev/null
is "a file that changes: whole, or told and not there" "$bad" ""

# ---- a node dies, and another stands still, in the middle ----
partial() {
	find "$root1/data" "$root2/data" "$root3/data" "$T/to" -name '.gproc-*' 2>/dev/null | grep -q .
}
head -c 60000000 /dev/urandom >huge
head -c 60000000 /dev/urandom >second
# midway: the client, just started, has read all of a file for its digest, and is stopped when it has begun to send it: which takes seconds.
midway() {
	tc qdisc replace dev lo root tbf rate 160mbit burst 256kb latency 100ms
	until [ "$(awk '/^rchar/ { print $2 }' "/proc/$copier/io")" -gt 61000000 ]; do kill -0 "$copier" || return; done
	kill -STOP "$copier"
	tc qdisc del dev lo root
}
"$GPROC" cp 1/2/3 huge /data/huge 2>"$T/err" &
copier=$!
midway
ok "no node has it yet" eval '! [ -e "$root1/data/huge" ] && ! [ -e "$root3/data/huge" ]'
kill -KILL "$(pid_of_slave 2)"
kill -CONT "$copier"
wait "$copier"
is "one on the way dies: its child has the copy by another way" "$? $(cat "$T/err") $(cmp huge "$root3/data/huge" && echo same)" \
	"255 gproc: lost: 1:2: the connection was closed same"
is "and so has its parent" "$(cmp huge "$root1/data/huge" && echo same)" same
wait_up 2
"$GPROC" cp 1,1:2:3 second /data/second 2>"$T/err" &
copier=$!
midway
kill -STOP "$(pid_of_slave 3)"
kill -CONT "$copier"
wait "$copier"
is "one that stands still for too long is lost, and the other has it" \
	"$? $(sed 's/silent for [0-9]* s/silent/' "$T/err") $(cmp second "$root1/data/second" && echo same)" "255 gproc: lost: 1:2:3: silent same"
kill -CONT "$(pid_of_slave 3)"
wait_up 2
run "$GPROC" cp 1:2:3 second /data/second
is "when it is back it takes the copy as ever" "$status $err $(cmp second "$root3/data/second" && echo same)" "0  same"
ok "nothing partial stays" eval '! partial'
done_testing
