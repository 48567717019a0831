#!/bin/sh
# A process of the user's that is not of the job goes down from the job's directory, into one new directory after the other, while what lies above
# is removed: the keeper gives up in the end, and what stays goes with the last of that user's jobs.
. tests/lib.sh
enter_namespaces "$@"
users alice
cat >"$T/fill.c" <<'C'
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
/* fill DIR: enters it and goes down from there for ever, whoever removes what lies above. */
int
main(int argc, char **argv)
{
	if (argc < 2 || chdir(argv[1]) < 0)
		return 1;
	puts("filling");
	fflush(stdout);
	for (;;)
		if ((mkdir("d", 0777) == 0 || errno == EEXIST) && chdir("d") < 0)
			return 1;
}
C
gcc -O2 -o "$T/fill" "$T/fill.c"
cd /tmp/alice || exit 1
start_master -users=alice
start_slave 0 master -store=64m # so that 2,000 inodes are all that she has
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
for store in /proc/"$SLAVE"/fd/*; do [ ! -d "$store/room" ] || break; done
ok "the store is found" test -d "$store/room"
ok "while she goes on" kill -0 "$filler"
kill -KILL "$filler"
wait "$filler" 2>/dev/null
run "$GPROC" e 0 /bin/echo fine
is "and the node goes on for others" "$status$out$err" 0fine
tidy() { [ ! -d "$store/room/1001" ]; }
ok "what stayed goes with the room" until_true tidy
run alice "$GPROC" e 0 /bin/echo fine
is "and she has another" "$status$out$err" 0fine
kill -INT "$MASTER"
wait
done_testing
