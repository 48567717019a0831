#!/bin/sh
# renew where others may write to the directory that the node's gproc was started from: what a user has put in its place is neither taken for
# the newer gproc, though it has the same bytes, nor replaced, nor run.
. tests/lib.sh
enter_namespaces "$@"
users alice
cd / || exit 1
for v in 1 2; do
	sed "s/0\.1\.0/0.1.$v/g" "$GPROC" >"$T/gproc$v"
	chmod 755 "$T/gproc$v"
done
start_master -users='*'
cp "$GPROC" /tmp/gproc
GPROC=/tmp/gproc start_slave 0 master
GPROC=$REPO/gproc
wait_up 1
rm /tmp/gproc
# What runs there: "hers" where it is the file that she has put.
whose() {
	[ "$(stat -Lc %d:%i "/proc/$SLAVE_0/exe")" = "$(stat -c %d:%i /tmp/gproc)" ] && echo hers || echo not hers
}

alice cp "$T/gproc1" /tmp/gproc
hers=$(stat -c '%i %u %a' /tmp/gproc)
run "$T/gproc1" -timeout="$(limit 60)s" renew 0
like "her copy of the newer gproc is not its place" "$status $err" "^0 gproc: renewed: 0: it runs from memory .*another file is at /tmp/gproc by now"
is "and is not what runs" "$(whose)" "not hers"
is "and stays as it was" "$(stat -c '%i %u %a' /tmp/gproc)" "$hers"

rm /tmp/gproc
alice sh -c 'echo anything >/tmp/gproc; chmod 4755 /tmp/gproc'
hers=$(stat -c '%i %u %a %s' /tmp/gproc)
run "$T/gproc2" -timeout="$(limit 60)s" renew 0
like "a node that runs from memory already does not take it for its place either" "$status $err" \
	"^0 gproc: renewed: 0: it runs from memory .*another file is at /tmp/gproc by now"
is "nor writes over it" "$(stat -c '%i %u %a %s' /tmp/gproc)" "$hers"
run "$GPROC" e 0 /bin/echo works
is "and works" "$status$err$out" 0works
rm /tmp/gproc
end_tree
done_testing
