#!/bin/sh
# A bare node whose root directory is no mount, in a plain chroot without /proc, has the view all the same.
. tests/lib.sh
enter_namespaces "$@"
start_master

BARE=$T/bare
mkdir "$BARE" "$BARE/proc" "$BARE/dev" "$BARE/tmp"
chmod 1777 "$BARE/tmp"
cp "$GPROC" "$BARE/gproc"
cp /etc/gproc/key "$BARE/key"
before=$(find "$BARE" | sort)
chroot "$BARE" /gproc -key=/key -myParent=127.0.0.1 -myId=0 -myAddress=127.0.1.1 s >"$T/slave0.log" 2>&1 &
wait_up 1
unlike "it has mounts of its own" "$("$GPROC" i)" 'no mount namespace'
run "$GPROC" -f=/bin/date e 0 /usr/bin/env -i /bin/date +%Y
is "a program finds another by its path" "$status$err" 0
like "which answers" "$out" '^[0-9]{4}$'
cd / || exit 1
run "$GPROC" e 0 /bin/sh -c 'for i in /*; do echo "$i"; done; [ -c /dev/null ] && echo >/tmp/mark'
is "the node's own directories are there" "$status$(printf '%s\n' "$out" | grep -Ecx '/(dev|gproc|key|proc|tmp)')" 05
is "and its /tmp is what it wrote to" "$(ls "$BARE/tmp/mark")" "$BARE/tmp/mark"
rm "$BARE/tmp/mark"
is "its root is as it was" "$(find "$BARE" -path "$BARE/tmp/xproc" -prune -o -print | sort)" "$before"
done_testing
