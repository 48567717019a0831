#!/bin/sh
# get: files of nodes come with the user's rights there, to where a pattern has them; each whole or not at all.
. tests/lib.sh
enter_namespaces "$@"

start_master -users='*'
start_slave 0 master
start_bare 1 'mkdir -m 777 data; mkdir -m 700 roots; echo 1 >data/who; echo secret >roots/secret'
root1=/proc/$SLAVE/root
start_bare 2 'mkdir -m 777 data; echo 2 >data/who'
root2=/proc/$SLAVE/root
start_slave 3 slave0
start_slave 4 slave3
wait_up 5
mkdir -m 777 "$T/to"
cd "$T/to" || exit 1
odd_tree "$root1/data/tree"
odd_tree "$root2/data/tree"

run "$GPROC" get 1-2 /data/tree out
is "trees of odd names" "$status $out$err" "0 "
is "are what rsync would have made, of node 1" "$(rsync -aHni --delete "$root1/data/tree/" out/1/tree/ || echo failed)" ""
is "and of node 2" "$(rsync -aHni --delete "$root2/data/tree/" out/2/tree/ || echo failed)" ""
like "holes stay holes" "$(du -k out/1/tree/hole | cut -f1)" '^[0-9]$'
run "$GPROC" get 1-2 /data/who new/way
is "without a % it is TO/NODE/" "$status $err $(cat new/way/1/who new/way/2/who | tr '\n' ' ')" "0  1 2 "
run "$GPROC" get 1-2 /data/who 'who.%n'
is "with one it is the name" "$status $err $(cat who.1 who.2 | tr '\n' ' ')" "0  1 2 "
run "$GPROC" get 1-2 /data/who /data/tree/one 'sub/%n-%r'
is "or the directory of several" "$status $err $(cat sub/1-0/who sub/2-1/one | tr '\n' ' ')" "0  1 one"
run "$GPROC" get 1 /data/tree/ flat.%n
is "dir/ is what is in it" "$status $err $(cat flat.1/one)" "0  one"
run "$GPROC" get 1-2 '/data/w*' globbed
is "patterns are expanded on the node" "$status $err $(cat globbed/2/who)" "0  2"
run "$GPROC" -glob=false get 1 '/data/w*' globbed
is "or not" "$status $err" '1 gproc: failed: 1: /data/w*: No such file or directory'
run "$GPROC" get 0:3:4 /etc/hostname deep
is "a node three levels down" "$status $err $(cmp /etc/hostname deep/0:3:4/hostname && echo same)" "0  same"
run "$GPROC" get 0,0:3 /proc/version proc
is "a file that does not say its size" "$status $err $(cmp /proc/version proc/0:3/version && echo same)" "0  same"
run "$GPROC" get 1-2 /data/who one-name/who%%
is "%% is no letter of a node" "$status $err" "2 gproc: one-name/who%%: 2 nodes' files would be one; put %n (the node) into it"
run "$GPROC" get 1 /data/who 'x%q'
like "an unknown letter" "$status $err" '^2 gproc: x%q: %q is none of'
run "$GPROC" get 1 data/who x
like "FROM must be absolute" "$status $err" '^2 .*absolute paths: get NODES FROM'
run "$GPROC" get 1-2 /data/none /data/who some
is "one that is not there; the rest comes" "$status $err $(cat some/1/who)" "1 gproc: failed: 1-2 (2): /data/none: No such file or directory 1"
mkfifo "$root1/data/fifo" "$root1/data/tree/fifo"
run "$GPROC" -timeout="$(limit 20)" get 1 /data/fifo x
is "a fifo is not waited for" "$status $err" "1 gproc: failed: 1: /data/fifo: it is neither a file, a directory nor a link"
run "$GPROC" -timeout="$(limit 20)" get 1 /data/tree x
like "and within a directory left out" "$status $err" '^0 .*1 devices, sockets or fifos were left out'
run "$GPROC" get 1 /data/who /data/tree/../who twice
is "two of one name" "$status $err" "2 gproc: /data/who and /data/tree/../who would both become who here"
run "$GPROC" get 1 /data/who '/data/tree/../wh*' thrice
like "two of one name, which only the node knows" "$status $err" '^1 .*something else of this name was asked for'

# ---- what is there already ----
mkdir -p there/1/who
run "$GPROC" get 1 /data/who there
like "a directory of the name" "$status $err" '^1 gproc: failed: 1: there/1/who: Is a directory'
mkdir -p links/1
ln -s /etc/passwd links/1/who
run "$GPROC" get 1 /data/who links
is "a link is replaced, not followed" "$status $err $(cat links/1/who) $(test -L links/1/who && echo link)" "0  1 "
mkdir -p led/1
ln -s /tmp led/1/tree
run "$GPROC" get 1 /data/tree led
like "a link on the way is not followed either" "$status $err" '^1 gproc: failed: 1: led/1/tree: Not a directory'
mkdir -p mounted/1/tree/deep
mount -t tmpfs gproc-test mounted/1/tree/deep
run "$GPROC" get 1 /data/tree mounted
like "but a mount that lies there is" "$status $(stat -c %m mounted/1/tree/deep/er)" '^0 .*/mounted/1/tree/deep$'
umount mounted/1/tree/deep

# ---- a user ----
user() {
	setpriv --reuid=1007 --regid=1007 --clear-groups "$@"
}
chmod 755 "$T"
run user "$GPROC" get 1 /roots/secret mine
is "the user's rights on the node" "$status $err" "1 gproc: failed: 1: /roots/secret: Permission denied"
chmod 4755 "$root1/data/who"
run user "$GPROC" get 1 /data/who mine
is "what comes is theirs, without rights" "$status $err $(stat -c '%u %a' mine/1/who)" "0  1007 755"

# ---- no room at the head, a node that is lost, a client that is killed ----
mkdir full
mount -t tmpfs -o size=2m full full
run "$GPROC" get 1-2 /data/tree/big full
is "a full disk is told with a file's name" "$status $err" "1 gproc: failed: 1: full/1/big: No space left on device
gproc: failed: 2: full/2/big: No space left on device"
is "and nothing of it is there" "$(find full -type f)" ""
truncate -s 2G "$root2/data/long"
yes | head -c 20000000 >"$root2/data/text"
run "$GPROC" get 2 /data/text /data/long many
is "2 GB of nothing take no room" "$status $err $(du -m many/2/long | cut -f1)" "0  0"
done_testing
