#!/bin/sh
# Bad input gets a clear error and harms nothing.
. tests/lib.sh
enter_namespaces "$@"

# fails STATUS REGEX NAME WORDS...
fails() {
	want=$1 said=$2 name=$3
	shift 3
	run "$GPROC" "$@"
	is "$name: status" "$status" "$want"
	like "$name: told" "$err" "^gproc: .*($said)"
}

fails 255 '/tmp/g' "no master" e . /bin/true
fails 255 '/tmp/nobody' "no master at another socket" -defaultMasterUDS=/tmp/nobody i
printf '%064d\n' 1 >"$T/key"
chmod 644 "$T/key"
fails 255 "$T/key" "a key that others can read" -key="$T/key" m
chmod 600 "$T/key"
echo nonsense >"$T/key"
fails 255 "$T/key.*1" "a key that is none" -key="$T/key" m
fails 2 'division by zero' "a formula that fails" -myParent='1 0 /' s
fails 2 'myId' "an id that is no number" -myId=x s
start_master
run "$GPROC" -defaultMasterUDS=/tmp/g2 -myAddress=127.0.0.1 m
is "a taken port" "$status" 255
like "is named" "$err" '6666'
start_tree 7 3

head -c 100 /bin/true >"$T/cut"
chmod 755 "$T/cut"
cp /bin/true "$T/lies"
printf '\377\377\377\377' | dd of="$T/lies" bs=1 seek=32 conv=notrunc 2>/dev/null
chmod 755 "$T/lies"
printf '#!/nonexistent/interpreter\n' >"$T/script"
chmod 755 "$T/script"
fails 126 'cut' "a truncated program" e ./. "$T/cut"
fails 126 'lies' "a program that lies about itself" e ./. "$T/lies"
fails 126 'nonexistent/interpreter' "a script without its interpreter" e ./. "$T/script"
fails 127 '/arm' "a program that is not below the root" -r=/arm e ./. /bin/true
fails 255 "$T/missing" "an -f entry that is missing" -f="$T/missing" e ./. /bin/true
fails 127 'shell' "a shell line" e ./. 'ls | wc'
mkfifo "$T/fifo"
fails 255 "$T/fifo" "an -f entry that is no file" -f="$T/fifo" e ./. /bin/true

mkdir -p "$T/root/bin"
cp /bin/true "$T/root/bin/true"
loader=$(readelf -lW /bin/true | sed -n 's/.*interpreter: \(.*\)\]/\1/p')
mkdir -p "$T/root$(dirname "$loader")"
cp "$loader" "$T/root$loader"
fails 126 'libc\.so\.6, needed by /bin/true' "a library that is missing" -r="$T/root" e ./. /bin/true

run "$GPROC" e ./. /bin/true
is "and the tree is as it was" "$status$err" 0

# A slave whose parent's name does not resolve waits for it and says so; nobody else is troubled.
"$GPROC" -myParent=nobody.invalid -myId=9 -myAddress=127.0.0.9 s >"$T/lost.log" 2>&1 &
wait_log "$T/lost.log" nobody.invalid
like "a parent's name that does not resolve is told" "$(cat "$T/lost.log")" '^gproc: .*nobody\.invalid'
# An id that is taken is refused, and both ends say so.
"$GPROC" -myParent=master -myId=1 -myAddress=127.0.0.8 s >"$T/second.log" 2>&1 &
wait_log "$T/second.log" .
like "a second node with a living id is refused" "$(cat "$T/second.log")" '1.*(taken|already|in use|lives)'
run "$GPROC" i
like "and the tree is still as it was" "$out" '^7 up, 0 down$'
done_testing
