#!/bin/sh
# Files that something writes to while they are sent, and files of the kernel's, whose size says nothing.
. tests/lib.sh
enter_namespaces "$@"

start_master
start_bare 1 :
wait_up 1

head -c 30000000 /dev/urandom >"$T/log"
while :; do echo line >>"$T/log"; done &
writer=$!
"$GPROC" -f="$T/log" e 1 /bin/cat "/tmp/xproc$T/log" >"$T/copy"
is "a file that grows stops nothing" "$?" 0
kill $writer
wait $writer 2>/dev/null
ok "all that it had is there" test "$(stat -c %s "$T/copy")" -ge 30000000
ok "and it is its beginning" cmp -n "$(stat -c %s "$T/copy")" "$T/copy" "$T/log"

head -c 30000000 /dev/urandom >"$T/changing"
"$GPROC" -f="$T/changing" e 1 /bin/true &
client=$!
while kill -0 $client 2>/dev/null; do dd if=/dev/urandom of="$T/changing" bs=64k seek=450 count=1 conv=notrunc status=none; done 2>"$T/dd"
status=0
wait $client || status=$?
like "a change in what was hashed may be met or not, but nothing hangs" "$status" "^(0|255)$"

run "$GPROC" -f=/proc/sys/kernel/ostype,/proc/cpuinfo e 1 /bin/cat /tmp/xproc/proc/sys/kernel/ostype
is "a file of size 0 that is not empty" "$status $out$err" "0 Linux"
: >"$T/empty"
run "$GPROC" -f="$T/empty" e 1 /bin/cat "/tmp/xproc$T/empty"
is "one that is empty" "$status $out$err" "0 "
run "$GPROC" -f=/proc/self/mem e 1 /bin/true
like "one that can't be read is named" "$status $err" "^255 gproc: can.t read /proc/[0-9a-z]*/mem: "

mkdir "$T/odd"
echo one >"$T/odd/end\\"
echo two >"$T/odd/a,b"
run "$GPROC" -f="$T/odd/end\\\\,$T/odd/a\\,b" -f=/etc/hostname e 1 /bin/cat "/tmp/xproc$T/odd/end\\" "/tmp/xproc$T/odd/a,b" /tmp/xproc/etc/hostname
is "names with a backslash at the end, or a comma; a second -f" "$status $out" "0 one
two
$(cat /etc/hostname)"
done_testing
