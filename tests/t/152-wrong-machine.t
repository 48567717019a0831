#!/bin/sh
# A program for a machine whose programs a node can't run is not sent there: told at once, folded for each kind; what its kernel runs beside
# its own, runs.
. tests/lib.sh
enter_namespaces "$@"

# Static programs that end with status 7, in machine code.
word() { printf '%b' "$1"; }
zeros() { head -c "$1" /dev/zero; }
program64() { # MACHINE CODE, 12 bytes
	word '\0177ELF\02\01\01' && zeros 9 && word '\02\00'"$1"'\01\00\00\00' && word '\0170\00\0100\00\00\00\00\00' && word '\0100' && zeros 15
	zeros 4 && word '\0100\00\070\00\01\00' && zeros 6
	word '\01\00\00\00\05\00\00\00' && zeros 8 && word '\00\00\0100\00\00\00\00\00\00\00\0100\00\00\00\00\00'
	word '\0204\00\00\00\00\00\00\00\0204\00\00\00\00\00\00\00\00\020\00\00\00\00\00\00' && word "$2"
}
program32() { # MACHINE CODE, 12 bytes
	word '\0177ELF\01\01\01' && zeros 9 && word '\02\00'"$1"'\01\00\00\00' && word '\0124\00\0100\00' && word '\064' && zeros 11
	word '\064\00\040\00\01\00' && zeros 6
	word '\01\00\00\00' && zeros 4 && word '\00\00\0100\00\00\00\0100\00' && word '\0140\00\00\00\0140\00\00\00\05\00\00\00\00\020\00\00' && word "$2"
}
mkdir "$T/bin"
program64 '\0267\00' '\0340\00\0200\0322\0250\013\0200\0322\01\00\00\0324' >"$T/bin/arm"
program64 '\076\00' '\0277\07\00\00\00\0270\074\00\00\00\017\05' >"$T/bin/amd"
program32 '\03\00' '\0273\07\00\00\00\0270\01\00\00\00\0315\0200' >"$T/bin/i386"
program64 '\026\00' '\0340\00\0200\0322\0250\013\0200\0322\01\00\00\0324' >"$T/bin/s390" # little-endian: no such machine
printf '#!%s/bin/arm\n' "$T" >"$T/bin/script"
chmod 755 "$T"/bin/*
[ "$(uname -m)" = x86_64 ] || skip_all "this machine is $(uname -m), not x86_64"
"$T/bin/amd"
is "the programs made here are sound" $? 7

start_master
start_flat 3
start_slave 3 slave1
wait_up 4
run "$GPROC" e 0,2 "$T/bin/arm"
is "a program for another machine: status" "$status" 126
is "and it is told which nodes are what" "$err" \
	"gproc: nodes 0,2 are x86_64, $T/bin/arm is for aarch64: -r=ROOT/%m takes each its own"
run "$GPROC" e 1/3 "$T/bin/script"
is "a script is for its interpreter's machine" "$status $err" \
	"126 gproc: nodes 1,1:3 are x86_64, $T/bin/script is for aarch64: -r=ROOT/%m takes each its own"
ok "nothing is sent there" test -z "$(find /tmp/xproc -name arm 2>/dev/null)"
run "$GPROC" -detach e 2 "$T/bin/arm"
is "with -detach too" "$status $err" "126 gproc: node 2 is x86_64, $T/bin/arm is for aarch64: -r=ROOT/%m takes each its own"
run "$GPROC" -localbin e 0 sh -c "exit 5"
is "the node's own programs are its own affair" "$status $err" "5 gproc: exit 5: 0"
if "$T/bin/i386"; [ $? = 7 ]; then
	run "$GPROC" e 0,1:3 "$T/bin/i386"
	is "32-bit programs of its own kind run where its kernel has them" "$status $err" "7 gproc: exit 7: 0,1:3 (2)"
else
	skip "32-bit programs of its own kind" "this kernel runs none"
fi
mkdir -p "$T/roots/x86_64/bin"
cp "$T/bin/arm" "$T/roots/x86_64/bin/p"
run "$GPROC" -r="$T/roots/%m" e 0-2 /bin/p
is "a root that holds another machine's programs" "$status $err" "126 gproc: nodes 0-2 are x86_64, /bin/p is for aarch64"
run "$GPROC" -kill-on-bad e 0-1 "$T/bin/arm"
like "with -kill-on-bad" "$status $err" "^126 gproc: nodes 0-1 are x86_64, "

# ---- an emulated node: what the machine below can do is of no use to it ----
all=4 arm=$REPO/gproc-aarch64 emulator=$(command -v qemu-aarch64-static)
if [ -n "$emulator" ] && make -s -C "$REPO" ARCH=aarch64 >/dev/null 2>&1; then
	unshare -u sh -c 'echo slave4 >/proc/sys/kernel/hostname; exec setsid "$@"' sh "$emulator" "$arm" -myParent=master \
		-myId="hostname hostbase" -myAddress=hostname >"$T/slave4.log" 2>&1 &
	all=5
	wait_up $all
	run "$GPROC" -l e . /bin/echo fine
	is "the others run it" "$(printf '%s\n' "$out" | sort | tr '\n' ' ')" "0: fine 1: fine 2: fine "
	is "and it is told where it does not run, first and at the end" "$status $err" \
		"126 gproc: node 4 is aarch64, /bin/echo is for x86_64: -r=ROOT/%m takes each its own
gproc: could not start: 4: aarch64, /bin/echo is for x86_64: -r=ROOT/%m takes each its own"
	run "$GPROC" -q -l e 0,4 /bin/echo fine
	is "-q says nothing of it" "$status $err $out" "126  0: fine"
	run "$GPROC" -strict e 4 "$T/bin/amd"
	is "a static one neither" "$status" 126
else
	skip "an emulated node" "no gproc for aarch64 can be built here, or there is no qemu-aarch64-static"
fi

runs_there() {
	"$GPROC" e 5 "$T/bin/arm" 2>"$T/five"
	[ $? = 7 ]
}

# ---- an emulator that is registered while the node is up ----
if [ -n "$emulator" ] && unshare -U -r -m mount -t binfmt_misc gproc-test /proc/sys/fs/binfmt_misc 2>/dev/null; then
	mkfifo "$T/mapped"
	unshare -u -U -m sh -c '
		read -r mapped
		echo slave5 >/proc/sys/kernel/hostname
		mount -t binfmt_misc gproc-test /proc/sys/fs/binfmt_misc
		exec setsid "$@"' sh "$GPROC" -myParent=master -myId="hostname hostbase" -myAddress=hostname >"$T/slave5.log" 2>&1 <"$T/mapped" &
	five=$!
	exec 7>"$T/mapped" # opened when the child is in its namespace or about to be
	until_true sh -c '[ "$(readlink "/proc/$0/ns/user")" != "$(readlink /proc/self/ns/user)" ]' $five
	echo "0 0 65536" | tee "/proc/$five/uid_map" >"/proc/$five/gid_map"
	echo >&7
	wait_up $((all + 1))
	run "$GPROC" e 5 "$T/bin/arm"
	like "before it is registered" "$status $err" "^126 gproc: node 5 is x86_64, "
	nsenter -t $five -U -m sh -c 'printf "%s" ":arm:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00::$1:F" \
		>/proc/sys/fs/binfmt_misc/register' sh "$emulator"
	until_true runs_there
	is "when it is registered, it runs" "$(cat "$T/five")" "gproc: exit 7: 5"
	for switch in arm status; do
		nsenter -t $five -U -m sh -c "echo 0 >/proc/sys/fs/binfmt_misc/$switch"
		until_true eval '! runs_there && grep -q "^gproc: node 5 is" "$T/five"' # the head hears of it with the next heartbeat
		like "switched off by $switch, it does not, and it is told why" "$(cat "$T/five")" "^gproc: node 5 is x86_64, "
		nsenter -t $five -U -m sh -c "echo 1 >/proc/sys/fs/binfmt_misc/$switch"
		until_true runs_there
		is "and when it is on again it does" "$(cat "$T/five")" "gproc: exit 7: 5"
	done
else
	skip "an emulator that is registered while the node is up" "binfmt_misc can't be had in a user namespace here"
fi
end_tree
done_testing
