#!/bin/sh
# cp and get under attack and under faults: links swapped under way, other users' directories, what is killed in the middle.
. tests/lib.sh
enter_namespaces "$@"

start_master -users='*'
start_bare 1 'mkdir -m 1777 data; mkdir -m 755 roots; mkdir -m 700 secret; echo hidden >secret/key; mkdir sys'
root1=/proc/$SLAVE/root
start_bare 2 'mkdir -m 1777 data; mount -t proc proc proc' # by which a file that is not whole has no name
root2=/proc/$SLAVE/root
wait_up 2
mkdir -m 777 "$T/from" "$T/to"
chmod 755 "$T"
cd "$T/from" || exit 1
user() {
	setpriv --reuid=1007 --regid=1007 --clear-groups "$@"
}

# ---- cp: a directory on the way turns into a link to root's and back, as fast as it goes ----
mkdir tree
for i in 1 2 3 4 5 6 7 8 9; do echo new >tree/$i; done
mkdir "$root1/data/mine"
chown 1007:1007 "$root1/data/mine"
# swap DIRECTORY TARGET: until it is killed.
swap() {
	while :; do
		mv "$1" "$1.away" && ln -s "$2" "$1"
		rm "$1" && mv "$1.away" "$1"
	done 2>/dev/null
}
mkdir "$root1/data/mine/tree"
chown 1007:1007 "$root1/data/mine/tree"
swap "$root1/data/mine/tree" /roots &
swapper=$!
i=0
while [ $((i += 1)) -le 15 ]; do user "$GPROC" cp 1 tree /data/mine/ >/dev/null 2>&1; done
is "a user's copy never lands in root's directory" "$(ls -A "$root1/roots")" ""
i=0
while [ $((i += 1)) -le 15 ]; do "$GPROC" cp 1 tree /data/mine/ >/dev/null 2>&1; done
is "nor root's, below TO, where a user swaps a link in" "$(ls -A "$root1/roots")" ""
kill "$swapper"
wait "$swapper" 2>/dev/null

# ---- cp: other users' directories, FIFOs, what is not to be replaced ----
mkdir -m 755 "$root1/data/theirs"
chown 1008:1008 "$root1/data/theirs"
run user "$GPROC" cp 1 tree/1 /data/theirs/
is "another's directory" "$status $err" "1 gproc: failed: 1: /data/theirs/1: Permission denied"
echo theirs >"$root1/data/file"
chmod 666 "$root1/data/file"
chown 1008:1008 "$root1/data/file"
run user "$GPROC" cp 1 tree/1 /data/file
like "another's file in a sticky directory stays" "$status $err $(cat "$root1/data/file")" '^1 gproc: failed: 1: /data/file: Operation not permitted theirs$'
is "and no other name is left" "$(find "$root1/data" -name '.gproc-*')" ""
mkfifo -m 666 "$root1/data/fifo"
run "$GPROC" -timeout="$(limit 20)" cp 1 tree/1 /data/fifo
is "a fifo at TO is replaced, and never opened" "$status $err $(cat "$root1/data/fifo")" "0  new"

# ---- the contents of others can't be had by their digest ----
head -c 2000000 /dev/urandom >big
chmod 600 big
"$GPROC" cp 1 big /secret/big
cp big "$T/to/guess"
chmod 644 "$T/to/guess"
inode=$(stat -c %i "$root1/secret/big")
run user "$GPROC" cp 1 "$T/to/guess" /secret/big
like "whether a file that one can't read has these contents is not told" "$status $err" '^1 .*Permission denied'
is "and it is as it was" "$(stat -c %i "$root1/secret/big")" "$inode"

# ---- get: what a user may not read, by links too ----
ln -s /secret "$root1/data/mine/way"
ln -s /secret/key "$root1/data/mine/key"
chown -h 1007:1007 "$root1/data/mine/way" "$root1/data/mine/key"
run user "$GPROC" get 1 /data/mine/way/key "$T/to/a"
like "through a link of one's own" "$status $err" '^1 .*/data/mine/way/key: Permission denied'
run user "$GPROC" get 1 /data/mine/key "$T/to/b"
is "the link itself is all that comes" "$status $err $(readlink "$T/to/b/1/key")" "0  /secret/key"
run user "$GPROC" get 1 '/secret/*' "$T/to/c"
like "a pattern finds nothing there" "$status $err" '^1 '

# ---- get: a file that is swapped and one that shrinks while it is read ----
head -c 4000000 /dev/urandom >"$root1/data/mine/file"
chown 1007:1007 "$root1/data/mine/file"
swap "$root1/data/mine/file" /secret/key &
swapper=$!
i=0
while [ $((i += 1)) -le 15 ]; do "$GPROC" get 1 /data/mine/file "$T/to/swapped" >/dev/null 2>&1; done
kill "$swapper"
wait "$swapper" 2>/dev/null
ok "root's get of a name that turns into a link brings no other file" sh -c '! grep -rq hidden "$0"' "$T/to/swapped"

# ---- killed in the middle ----
truncate -s 0 "$T/to/none"
yes 'a line that fills a file' | head -c 30000000 >large
{
	"$GPROC" cp 1-2 large /data/large &
	client=$!
	until [ "$(awk '/^rchar/ { print $2 }' /proc/$client/io)" -gt 40000000 ]; do kill -0 $client || break; done # it has read all once, for the digest
	kill -KILL $client
	wait $client
} 2>/dev/null
run "$GPROC" cp 1-2 large /data/large
is "a copy after one whose client was killed" "$status $err $(cmp large "$root2/data/large" && echo same)" "0  same"
partial() { find "$root2/data" -name ".gproc-*" | grep -q .; }
"$GPROC" -timeout="$(span 60)" cp 1-2 large /data/cut >/dev/null 2>&1
for root in "$root1" "$root2"; do
	[ ! -e "$root/data/cut" ] || cmp -s large "$root/data/cut" || fact 1 "what is cut short is whole or not there"
done
ok "nothing partial stays" eval '! partial'
"$GPROC" get 2 /data/large "$T/to/lost" >/dev/null 2>"$T/err" &
getter=$!
kill -KILL "$(pid_of_slave 2)"
wait "$getter"
status=$?
case $status in
255) ok "a node that is lost: told, and nothing half done" sh -c '! [ -e "$0/2/large" ] || cmp -s large "$0/2/large"' "$T/to/lost" ;;
*) is "or it had come before" "$status $(cmp large "$T/to/lost/2/large" && echo same)" "0 same" ;;
esac
done_testing
