#!/bin/sh
# Everything can be tried without root: master, slave and client of one ordinary user.
. tests/lib.sh
enter_namespaces "$@"
command -v setpriv >/dev/null || skip_all "no setpriv"
user_namespaces || skip_all "$no_user_namespaces"
mkdir /tmp/user
chown 1000:1000 /tmp/user
chmod 755 "$T"

as_user='setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/tmp/user'
cd /tmp/user || exit 1
$as_user "$GPROC" m >"$T/master.log" 2>&1 &
MASTER=$!
until $as_user "$GPROC" i >/dev/null 2>&1; do kill -0 "$MASTER" || break; done
is "the key is made in the user's own place" "$(stat -c '%u %a' /tmp/user/.config/gproc/key)" "1000 600"
$as_user "$GPROC" s >"$T/slave.log" 2>&1 &
run $as_user "$GPROC" i -wait=1 -timeout=$LIMIT_UP
like "a slave comes up" "$out" '^1 up'
run $as_user "$GPROC" e . /bin/date
is "a command runs" "$status$err" 0
like "and answers" "$out" '[0-9]:[0-9][0-9]'
run $as_user "$GPROC" e . /usr/bin/id -u
is "as the user" "$out$err" 1000
run $as_user "$GPROC" e . /bin/sh -c 'sleep 1000 & echo started'
is "a child that stays does not hold the verdict" "$status$out" 0started
like "which is told" "$err" "^gproc: lingering: 1: children of the program hold its output"
run "$GPROC" e . /bin/true
is "root trusts no other user's master" "$status" 255
run setpriv --reuid=1001 --regid=1001 --clear-groups "$GPROC" e . /bin/true
is "but not another user" "$status" 255
kill -INT "$MASTER"
wait
is "nothing is left" "$(gprocs_left)$(grep -l '^Name:.sleep' /proc/[0-9]*/status 2>/dev/null)" ""
ok "no file either, but the key" test ! -e /tmp/g -a ! -e /tmp/xproc
done_testing
