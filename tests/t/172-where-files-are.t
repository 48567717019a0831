#!/bin/sh
# Where nodes have a sent file elsewhere than the command looks, or their binRoot elsewhere, that is told once for all of them.
. tests/lib.sh
enter_namespaces "$@"

start_master
start_flat 3
start_slave 9 master -binRoot=/tmp/other
wait_up 4
mkdir /tmp/d
echo one >/tmp/d/one
echo 'echo script' >/tmp/d/a.sh

# The nodes share this machine's files: what the client sends lies where only it can see it.
hidden() {
	unshare -m sh -c 'mount -t tmpfs none /media && cp -a /tmp/d /media/ && exec "$@"' sh "$GPROC" "$@"
}
run hidden -f=/media/d e 0-2 /bin/cat /media/d/one
is "a sent file that the node can't show at its own path" "$status $out" "1 "
like "is not found there" "$err" "No such file"
like "with one hint for all nodes" "$err" "^gproc: /media/d/one is at /tmp/xproc/media/d/one on nodes 0-2$"
is "and only one" "$(printf '%s\n' "$err" | grep -c ' is at ')" 1
run hidden -f=/media/d e 0 /bin/cat /tmp/xproc/media/d/one
is "where that was said, nothing needs saying" "$status $out$err" "0 one"
run hidden -f=/media/d e 0 /bin/dd if=/media/d/one
like "behind a = too" "$err" "^gproc: /media/d/one is at .* on node 0$"
run hidden -f=/media/d e 0 /bin/sh -c '. /media/d/a.sh; cat </media/d/one'
like "within a word for a shell" "$err" "^gproc: /media/d/a.sh is at [^ ]*, /media/d/one is at [^ ]* on node 0$"
run hidden -f=/media/d e 0 /bin/ls -I/media/d/one /media/none
like "and behind a letter" "$err" "^gproc: /media/d/one is at [^ ]* on node 0$"
run hidden -f=/media/d e 0 /bin/sh -c 'exit 0' /media/d/one
is "nothing is said where all is well" "$status $err" "0 "
run hidden -f=/media/d e 0 /bin/sh -c 'exit 7' /media/d/two
is "nor of what was not sent" "$err" "gproc: exit 7: 0"

run "$GPROC" e 0-2,9 /bin/true
is "another binRoot does not matter where nobody names one" "$status $err" "0 "
run "$GPROC" -f=/tmp/d/one e 0,9 /bin/sh -c 'cat /tmp/xproc/tmp/d/one'
like "where a path below binRoot is named, it does" "$err" "^gproc: node 9: binRoot is /tmp/other there, not /tmp/xproc$"

# A node that is missing is told before the output, and once more behind it.
run "$GPROC" e 0,77 /bin/echo fine
is "who is not there is told again at the end" "$status $out $(printf '%s\n' "$err" | grep -c 'not there: 77')" "255 fine 2"
done_testing
