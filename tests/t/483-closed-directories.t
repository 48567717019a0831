#!/bin/sh
# Directories that are sent keep their mode, also where it keeps their owner from writing or looking; and nothing is left of them.
. tests/lib.sh
enter_namespaces "$@"
command -v setpriv >/dev/null || skip_all "no setpriv"
start_master -users=1001
start_slave 0 master
wait_up 1
mkdir -p /tmp/closed/sub/deep
echo data >/tmp/closed/sub/file
echo deep >/tmp/closed/sub/deep/file
chmod 555 /tmp/closed/sub/deep /tmp/closed/sub /tmp/closed
run "$GPROC" -f=/tmp/closed e 0 /bin/sh -c 'cd $0 && stat -c "%n %a" . sub sub/deep && cat sub/file sub/deep/file' /tmp/xproc/tmp/closed
is "root's" "$status$err $(echo $out)" "0 . 555 sub 555 sub/deep 555 data deep"
run setpriv --reuid=1001 --regid=1001 --clear-groups "$GPROC" -f=/tmp/closed e 0 /bin/sh -c \
	'cd $0 && stat -c "%n %a %u" . sub sub/deep && cat sub/file sub/deep/file; true >new || echo closed' /tmp/xproc/tmp/closed
is "another user's" "$status $(echo $out)" "0 . 555 1001 sub 555 1001 sub/deep 555 1001 data deep closed"
chmod 0 /tmp/closed/sub/deep
run "$GPROC" -f=/tmp/closed e 0 /bin/sh -c 'stat -c "%n %a" $0/sub/deep' /tmp/xproc/tmp/closed
is "one that nobody may look into" "$status$err $out" "0 /tmp/xproc/tmp/closed/sub/deep 0"
run "$GPROC" e 0 /bin/true
is "the node goes on" "$status$err" 0
done_testing
