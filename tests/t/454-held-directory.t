#!/bin/sh
# A process of the user's that is not of the job holds the job's directory open and goes on filling it when the job has ended: the
# keeper's removal comes to its end all the same, and nothing stays.
. tests/lib.sh
enter_namespaces "$@"
users alice
cat >"$T/fill.c" <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
/* fill DIR: enters it and makes files and directories there for ever, whoever removes them. */
int
main(int argc, char **argv)
{
	char name[32];
	unsigned i;

	if (argc < 2 || chdir(argv[1]) < 0)
		return 1;
	puts("filling");
	fflush(stdout);
	for (i = 0;; i++) {
		snprintf(name, sizeof(name), "f%u", i % 500);
		(void)mkdir(name, 0777);
		(void)chmod(".", 0777);
		close(open(i % 2 ? "file" : "other", O_WRONLY | O_CREAT, 0666));
	}
}
C
gcc -O2 -o "$T/fill" "$T/fill.c"
cd /tmp/alice || exit 1
start_master -users=alice
start_slave 0 master
wait_up 1
mkfifo "$T/pid"
alice "$GPROC" e 0 /bin/sh -c 'echo $$; exec sleep 1000' >"$T/pid" &
client=$!
exec 3<"$T/pid"
read -r pid <&3
mkfifo "$T/filling"
alice "$T/fill" "/proc/$pid/root/tmp/xproc/tmp/alice" >"$T/filling" &
filler=$!
read -r line <"$T/filling"
is "another process of hers fills the job's directory" "$line" filling
job=$("$GPROC" ps | awk '/ 1001 / { print $1 }')
"$GPROC" kill "$job" KILL
wait "$client"
exec 3<&-
gone() { ! pgrep -P "$SLAVE" >/dev/null; }
ok "its keeper ends" until_true gone
store=$(store_of "$SLAVE")
ok "the store is found" test -d "$store/room"
is "nothing of the job is left in the node's memory" "$(find "$store/room" -mindepth 2)" ""
ok "while she goes on" kill -0 "$filler"
kill -KILL "$filler"
wait "$filler" 2>/dev/null
run alice "$GPROC" e 0 /bin/echo fine
is "and the node" "$status$out$err" 0fine
kill -INT "$MASTER"
wait
done_testing
