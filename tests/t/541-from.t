#!/bin/bash
# doc/from.md: each line that it says to type, as it is printed there, in the tree that it speaks of.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
command -v script >/dev/null || skip_all "no script(1)"
start_master
# n1 to n4 below the master, n5 to n8 below those.
for i in 1 2 3 4 5 6 7 8; do
	parent=127.0.0.1
	[ $i -le 4 ] || parent=127.0.5.$((i - 4))
	unshare -u sh -c 'echo "$0" >/proc/sys/kernel/hostname; exec setsid "$@"' "n$i" "$GPROC" -myParent=$parent \
		-myId="hostname hostbase" -myAddress="127.0.5.$i" >"$T/n$i.log" 2>&1 &
done
wait_up 8
echo 'rack1: n[1-4]' >/etc/gproc/groups
PATH=${GPROC%/*}:$PATH
mkdir "$T/work" /srv 2>/dev/null
cd "$T/work" || exit 1
echo conf >app.conf
printf '1\n2\n3\n' >list
cp /bin/true prog

# The second column of a table's rows, without its quotes; a \| within a cell is a bar.
sed -n 's/^| [^|]*\(\\|[^|]*\)* | `\(gproc [^`]*\)` |.*/\2/p' "$REPO/doc/from.md" | sed 's/\\|/|/g' >"$T/lines"
ok "there are rows of all five" test "$(wc -l <"$T/lines")" -ge 60

# again WORD: typed until nobody reads it; a flood would stop script(1) itself, which writes before it reads.
again() {
	while echo "$1"; do sleep 0.2; done 2>/dev/null
}
no_nap() {
	! gproc ps | grep -q nap
}

# type LINE: $status, and both streams in $out; a terminal where a terminal is asked for.
type_line() {
	status=0
	case $1 in
	*' -t e '*top) out=$(again q | TERM=vt100 timeout "$(limit 60)" script -qec "$1" /dev/null 2>&1) || status=$? ;;
	*' -t e '*) out=$(again exit | TERM=vt100 timeout "$(limit 60)" script -qec "$1" /dev/null 2>&1) || status=$? ;;
	*) out=$(timeout "$(limit 60)" sh -c "$1" 2>&1 </dev/null) || status=$? ;;
	esac
}
while IFS= read -r line <&4; do
	case $line in
	*' attach nap' | *' kill nap'*)
		gproc kill -9 nap >/dev/null 2>&1
		until_true no_nap
		case $line in *attach*) for=1 ;; *) for=1000 ;; esac # what is to be killed must not have ended
		gproc -detach -name=nap e 1 sh -c "exec sleep $for"
		;;
	esac
	type_line "$line"
	case $line in
	*' reboot '*) is "$line, of a node whose PID 1 is another" "$out" "gproc: node 4 can't be halted or rebooted from here: PID 1 there is not gproc" ;;
	*) is "$line" "$status" 0 || diag "$(printf '%s\n' "$out" | head -n 5)" ;;
	esac
done 4<"$T/lines"
is "files have come where they were to" "$(cat /tmp/app.conf /tmp/list got/hosts.n8 | head -n 2 | tr '\n' ' ')" "conf 1 "
ok "output too" test -s out/n8.out -a -s out.3
done_testing
