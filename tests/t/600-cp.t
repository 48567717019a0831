#!/bin/sh
# cp: what it puts where is decided by the command line alone; a copy is what rsync would have made; whole or not at all.
. tests/lib.sh
enter_namespaces "$@"

start_master -users='*'
start_slave 0 master
start_bare 1 'mkdir -m 777 data; mkdir -m 755 roots'
root1=/proc/$SLAVE/root
start_bare 2 'mkdir -m 777 data; mkdir -m 755 roots'
root2=/proc/$SLAVE/root
wait_up 3
mkdir "$T/from"
cd "$T/from" || exit 1
odd_tree tree
chown 12:34 tree/none tree/-dash
chmod 4711 tree/none
same() {
	rm -rf "$T/seen"
	cp -a "$2" "$T/seen" && rsync -aHni --delete "$1/" "$T/seen/" || echo failed
}

run "$GPROC" cp 1-2 tree /data/
is "a tree of odd names" "$status $out$err" "0 "
is "is on node 1 what rsync would have made" "$(same tree "$root1/data/tree")" ""
is "and on node 2" "$(same tree "$root2/data/tree")" ""
like "holes stay holes" "$(du -k "$root1/data/tree/hole" | cut -f1)" '^[0-9]$'
run "$GPROC" cp 1-2 tree/ /data/inner
is "dir/ with a name" "$status $out$err$(same tree "$root1/data/inner")" "0 "
run "$GPROC" cp 1 tree/. /data/made/on/the/way/
is "dir/. into a directory, which is made" "$status $out$err$(ls -A "$root1/data/made/on/the/way" | wc -l)" "0 $(ls -A tree | wc -l)"
run "$GPROC" cp 1 tree/one tree/big /data/two
is "several go into a directory, with or without a slash" "$status $err $(ls "$root1/data/two" | tr '\n' ' ')" "0  big one "
run "$GPROC" cp 1-2 tree/one /data/name
is "one gets the name" "$status $err $(cat "$root2/data/name")" "0  one"
run "$GPROC" cp 1 tree/to-one /data/followed
is "a link that is named is followed" "$status $err $(cat "$root1/data/followed") $(test -L "$root1/data/followed" && echo link)" "0  one "

before=$(stat -c %i "$root1/data/tree/big" "$root2/data/tree/big" | tr '\n' ' ')
run "$GPROC" cp 1-2 tree /data/
is "what all have already is not sent again: it is the same file still" \
	"$status $out$err$(stat -c %i "$root1/data/tree/big" "$root2/data/tree/big" | tr '\n' ' ')" "0 $before"
printf y | dd of="$root2/data/tree/big" bs=1 seek=1000 conv=notrunc status=none
before=$(stat -c %i "$root1/data/tree/big")
run "$GPROC" cp 1-2 tree /data/
is "what differs on one is sent" "$status $out$err$(same "$T/from/tree" "$root2/data/tree")" "0 "
is "to that one alone: on the other it is the same file still" "$(stat -c %i "$root1/data/tree/big")" "$before"
rm "$root1/data/tree/big"
before=$(stat -c %i "$root2/data/tree/big")
run "$GPROC" -x 0 cp 0-2,77 tree /data/
is "of those that aren't there it is told all the same" "$status $err" "255 gproc: not there: 77
gproc: not there: 77"
is "and what one lacks comes, to that one alone" "$(same "$T/from/tree" "$root1/data/tree")$(stat -c %i "$root2/data/tree/big")" "$before"
rm "$root2/data/tree/big"
mkdir "$root2/data/tree/big"
run "$GPROC" cp 1-2 tree /data/
is "one fails, of the two launches" "$status $err" "1 gproc: failed: 2: /data/tree/big: there is a directory of this name"
rmdir "$root2/data/tree/big"

printf two >two
ln -s /data/victim "$root1/data/link"
printf victim >"$root1/data/victim"
run "$GPROC" cp 1 two /data/link
is "a link at TO is replaced, never written through" "$status $err $(cat "$root1/data/victim") $(cat "$root1/data/link")" "0  victim two"
mkdir "$root1/data/dir"
run "$GPROC" cp 1-2 two /data/dir
is "a directory where a file was meant: that node fails, the others don't" "$status $err $(cat "$root2/data/dir")" \
	"1 gproc: failed: 1: /data/dir: there is a directory of this name two"
run "$GPROC" cp 1 tree /data/name
like "a file where a directory was meant" "$status $err" '^1 gproc: failed: 1: /data/name: Not a directory'
run "$GPROC" cp 1-2 two /nowhere/else
is "no such directory" "$status $err" "1 gproc: failed: 1-2 (2): /nowhere: No such file or directory"
run "$GPROC" cp 1 tree/one ./two two /data/
like "two sources of one name" "$status $err" '^2 gproc: .*two and two would both become two there'
run "$GPROC" cp 1 two data/x
like "TO must be absolute" "$status $err" '^2 .*absolute path: cp NODES FROM'
run "$GPROC" cp 1 nothing /data/x
like "nothing to copy" "$status $err" '^255 gproc: nothing: No such file'
run "$GPROC" cp 7 two /data/x
is "nobody there" "$status $err" "255 gproc: \"7\" selects no node that is up; not there: 7"
mkfifo fifo
run "$GPROC" cp 1 fifo /data/
like "a fifo is refused by name" "$status $err" '^255 .*fifo is neither a file'
mv fifo tree/
run "$GPROC" cp 1 tree /data/with
like "and left out within a directory, which is told" "$status $err" '^0 .*tree/fifo is no file, directory or link, and is left out'
rm tree/fifo

# ---- each its own ----
for node in 1 2; do
	mkdir own.$node
	echo "I am $node" >own.$node/who
done
run "$GPROC" -subst cp 1-2 'own.%n/who' /data/who
is "with -subst each node has its own file" "$status $err $(cat "$root1/data/who" "$root2/data/who" | tr '\n' ' ')" "0  I am 1 I am 2 "
run "$GPROC" -subst cp 1-2 'own.%n' 'own.%i/' /data/each/
is "or directory, or what is in it" "$status $err $(cat "$root1/data/each/own.1/who" "$root2/data/each/who" | tr '\n' ' ')" "0  I am 1 I am 2 "
is "and nothing else" "$(ls "$root1/data/each")" "own.1
who"
run "$GPROC" -subst cp 0-2 'own.%n/who' /data/who
like "one that is missing: nothing is sent" "$status $err" '^255 gproc: own.0/who: No such file or directory'
run "$GPROC" -subst cp 1-2 'own.%q' /data/who
like "no such letter" "$status $err" '^2 .*%q'

# ---- a user ----
chmod 4755 two
user() {
	setpriv --reuid=1007 --regid=1007 --clear-groups "$@"
}
chmod 755 "$T" "$T/from"
run user "$GPROC" cp 1 two /roots/x
is "a user may not write where root may" "$status $err" "1 gproc: failed: 1: /roots/x: Permission denied"
mkdir -m 777 "$root1/data/open"
run user "$GPROC" cp 1 two /data/open/
is "what they put is theirs, without rights" "$status $err $(stat -c '%u %a' "$root1/data/open/two")" "0  1007 755"
head -c 2000000 /dev/urandom >theirs
run user "$GPROC" cp 1-2 theirs /data/theirs
before=$(stat -c %i "$root1/data/theirs")
chmod 640 theirs
chown 1007 theirs
run user "$GPROC" cp 1-2 theirs /data/theirs
is "what is theirs already isn't sent again" "$status $err $(stat -c '%i %a' "$root1/data/theirs")" "0  $before 640"
run user "$GPROC" cp 1 "$T/from/tree" /data/open/
like "what they can't read they can't send" "$status $err" '^255 .*tree/.*: Permission denied'
ln -s /roots "$root1/data/open/way"
run user "$GPROC" cp 1 two /data/open/way/x
like "nor by a way that they have laid" "$status $err" '^1 .*Permission denied'

# ---- no room ----
start_bare 3 'mkdir small; mount -t tmpfs -o size=1m small small'
root3=/proc/$SLAVE/root
wait_up 4
mkdir "$root1/small"
run "$GPROC" cp 1,3 tree/big /small/
is "a full disk: the node fails, with the file's name" "$status $err" "1 gproc: failed: 3: /small/big: No space left on device"
is "and nothing of it is there" "$(ls -A "$root3/small")" ""
start_bare 7 'mkdir data' -store=8m -debug=9
root7=/proc/$SLAVE/root
wait_up 5
head -c 6000000 /dev/urandom >larger
run "$GPROC" cp 1,7 larger /data/larger
like "more than a node's store has room for is told before it is sent" "$status $err" \
	'^1 gproc: could not start: 7: it needs 5\.9 MiB, and of the store.s 8\.0 MiB there are [34]\.[0-9] MiB to be had$'
is "nothing of it has come there" "$(grep -c 'DATA, 6[0-9]* bytes' "$T/slave7.log") $(ls "$root7/data")" "0 "
is "the other has it" "$(cmp larger "$root1/data/larger" && echo same)" same
kill "$SLAVE"
wait_down() {
	[ "$("$GPROC" -json i | grep -c '"state":"down"')" = 1 ]
}
until_true wait_down
"$GPROC" forget 7 >/dev/null
is "on the other all is" "$(cmp tree/big "$root1/small/big" && echo same)" same

# ---- three levels, all on the head's root: everybody writes one file ----
start_slave 4 master
start_slave 5 slave4
start_slave 6 slave5
wait_up 7
mkdir "$T/all"
run "$GPROC" cp 0,4:... tree "$T/all/"
is "nodes at all depths, each with the others in its way" "$status $err$(same tree "$T/all/tree")" "0 "
is "no other name is left" "$(find "$T/all" "$root1/data" -name '.gproc-*')" ""
done_testing
