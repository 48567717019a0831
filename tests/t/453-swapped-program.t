#!/bin/sh
# A user puts a fifo, a device's link or another's file where the shipped program was put, between its placing and its start: the launch
# ends, nothing is read or waited for with root's rights, and the node goes on. With -p=false files stay, so that it can be done.
. tests/lib.sh
enter_namespaces "$@"
built denied
users alice
printf '#include <stdio.h>\nint main(void) { return puts("hers") < 0; }\n' >"$T/prog.c"
gcc -static -o /tmp/alice/prog "$T/prog.c"
chown -R 1001:1001 /tmp/alice
printf '#!/tmp/only-root secret\n' >/tmp/only-root
chmod 600 /tmp/only-root
cat >"$T/swap.c" <<'C'
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* swap DIR KIND: for ever puts something else in the place of DIR/prog. */
int
main(int argc, char **argv)
{
	if (argc < 3 || chdir(argv[1]) < 0)
		return 1;
	puts("swapping");
	fflush(stdout);
	for (;;) {
		(void)!(strcmp(argv[2], "fifo") == 0 ? mkfifo("x", 0777) : symlink(argv[2], "x"));
		(void)rename("x", "prog");
	}
}
C
gcc -O2 -o "$T/swap" "$T/swap.c"
cd / || exit 1
start_master -users=alice
unshare -u sh -c 'echo slave0 >/proc/sys/kernel/hostname; exec setsid "$@"' sh "$denied" unshare 1 "$GPROC" -myParent=master -myId=0 -myAddress=slave0 s \
	>"$T/slave0.log" 2>&1 &
wait_up 1
start_slave 1 master -p=false -binRoot=/tmp/kept
wait_up 2
cd /tmp/alice || exit 1
run alice "$GPROC" e 0 ./prog
like "a node where files of hers would lie in others' reach runs no job of hers with files" "$status$err" '^255.*no mount namespaces'
run alice "$GPROC" -binRoot=/tmp/kept e 1 ./prog
is "where they stay they run" "$status$out$err" 0hers
dir=$(find /tmp/kept* -name prog -printf '%h\n')
for view in merged none; do
	for kind in fifo /tmp/only-root /dev/zero; do
		rm -f "$T/swapping"
		mkfifo "$T/swapping"
		alice "$T/swap" "$dir" "$kind" >"$T/swapping" &
		swapper=$!
		read -r line <"$T/swapping"
		is "she swaps $kind in" "$line" swapping
		ended=0
		for i in 1 2 3 4 5 6; do
			run timeout -k 1 "$(limit 30)" setpriv --reuid=1001 --regid=1001 --clear-groups "$GPROC" -binRoot=/tmp/kept -view=$view e 1 ./prog
			[ "$status" = 124 ] || [ "$status" = 137 ] || ended=$((ended + 1))
			case $out$err in *secret*) ended=leaked ;; esac
		done
		is "every launch ends, with -view=$view" "$ended" 6
		kill -KILL "$swapper"
		wait "$swapper" 2>/dev/null
	done
done
run "$GPROC" e 0-1 /bin/echo fine
is "the nodes go on" "$(echo $out)" "fine fine"
kill -INT "$MASTER"
wait
done_testing
