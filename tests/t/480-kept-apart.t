#!/bin/bash
# With -p=false files stay on the node. What one user does to theirs meanwhile leads none of root's hands astray, and no other user's
# launch comes upon it. Done here by users who may launch, on a node of root's.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
users alice bob
kept=/tmp/kept
start_master -users=alice,bob
start_slave 0 master -p=false -binRoot=$kept
wait_up 1

# A program in a directory that everybody may write to, as the head has it: on the node another user's `ls` lies beside it. PATH begins
# with that directory.
mkdir -m 1777 /tmp/tools
cp "$(command -v bash)" /tmp/tools/runner
printf '#!/bin/sh\necho PLANTED by user $(id -u)\n' >/tmp/planted
chmod 755 /tmp/planted
# plant DIRECTORY: alice puts an ls of hers there.
plant() {
	as 1001 sh -c 'cp /tmp/planted "$0/ls" 2>/dev/null' "$1" || true
}
for user in 1002 0; do
	case $user in 0) by() { "$@"; } ;; *) by() { as 1002 "$@"; } ;; esac
	run by "$GPROC" -binRoot=$kept -f=/tmp/tools e 0 /tmp/tools/runner -c true
	is "user $user places a program beside what everybody may add to" "$status" 0
	for dir in $kept/tmp/tools $kept.users/*/tmp/tools $kept/tmp $kept $kept.users $kept.users/*; do
		plant "$dir"
	done
	run by "$GPROC" -binRoot=$kept -f=/tmp/tools e 0 /tmp/tools/runner -c 'ls / >/dev/null; echo "$PATH"'
	is "user $user runs it" "$status" 0
	like "user $user looks for programs beside it" "$out" "^$kept/tmp/tools:"
	unlike "user $user meets no planted program" "$out" PLANTED
done
is "what users have of root's hand is theirs alone" \
	"$(stat -c '%n %u %a' $kept.users $kept.users/1002 | tr '\n' ' ')" "$kept.users 0 1755 $kept.users/1002 1002 700 "
ok "another user can't even look into it" as 1001 sh -c '! ls /tmp/kept.users/1002 2>/dev/null'
run as 1001 "$GPROC" -binRoot=$kept e 0 /bin/sh -c "ls $kept/tmp/tools; ls $kept.users/1002"
like "nor in a job" "$err" "No such file.*" 
like "nor by its other path" "$err" "Permission denied"

# Names that change between two steps. Each file that root makes and then gives away is one that alice has swapped meanwhile: strace
# holds every fchownat of the node's keepers until she has put what is root's in the place of what was made.
# In her directory root's hands have no power of their own: what she may not do is not done.
mkdir -p /tmp/alice/d
echo data >/tmp/alice/d/file
chown -R 1001 /tmp/alice
run as 1001 "$GPROC" -binRoot=$kept -f=/tmp/alice/d e 0 /bin/true
is "alice's files are placed" "$status$err" 0
home=$(echo $kept.users/1001 $kept)
placed=
for dir in $home; do [ ! -e "$dir/tmp/alice/d/file" ] || placed=$dir; done
ok "they stay on the node" test -n "$placed"
is "as hers" "$(find "$placed/tmp/alice/d" ! -uid 1001)" ""
rm "$placed/tmp/alice/d/file"
chown 0 "$placed/tmp/alice/d" # by root, which she can't undo; of her own she may change the mode, and her launch does
run as 1001 "$GPROC" -binRoot=$kept -f=/tmp/alice/d e 0 /bin/true
is "what she may not write is not written by root for her" "$status" 255
like "and it is told" "$err" 'could not start: .*tmp/alice/d/file: Permission denied'
ok "nothing is there" test ! -e "$placed/tmp/alice/d/file"
chown 1001 "$placed/tmp/alice/d"

# The race itself, slowed down where strace can: root's chown by name is held while she swaps the name for a file of root's.
if command -v strace >/dev/null; then
	cat >"$T/swap.c" <<'C'
#include <stdio.h>
#include <unistd.h>
#include <sys/inotify.h>
/* In a directory of hers: what root makes there is moved away, and the first file of root's is put in its place. */
int
main(int argc, char **argv)
{
	char event[4096];
	int fd = inotify_init();

	if (argc < 3 || chdir(argv[1]) < 0 || inotify_add_watch(fd, ".", IN_CREATE) < 0)
		return 1;
	(void)puts("watches");
	(void)fflush(stdout);
	while (read(fd, event, sizeof(event)) > 0)
		if (rename("sub", "gone") == 0 && rename(argv[2], "sub") == 0)
			return puts("swapped") < 0;
	return 1;
}
C
	gcc -o /tmp/swap "$T/swap.c"
	mkdir /tmp/alice/d/sub
	chown 1001 /tmp/alice/d/sub
	cp /bin/true /tmp/alice/d/prog
	chown 0 /tmp/alice/d/prog
	run as 1001 "$GPROC" -binRoot=$kept e 0 /tmp/alice/d/prog
	is "a program stands in a directory of hers" "$status" 0
	mkfifo "$T/watch"
	as 1001 /tmp/swap "$placed/tmp/alice/d" prog >"$T/watch" &
	swap=$!
	exec 7<"$T/watch"
	read -r line <&7
	is "alice watches" "$line" watches
	victim=$(stat -c '%i %u' "$placed/tmp/alice/d/prog")
	strace -qq -f -o "$T/trace" -e trace=fchownat,fchown,chown,lchown -e inject=fchownat:delay_enter=2000000 -p "$(pid_of_slave 0)" 2>"$T/strace.err" &
	tracer=$!
	until grep -q TracerPid:.$tracer /proc/"$(pid_of_slave 0)"/status; do kill -0 $tracer || break; done
	run as 1001 "$GPROC" -binRoot=$kept -f=/tmp/alice/d/sub e 0 /bin/true
	kill -INT $tracer
	wait $tracer
	kill $swap 2>/dev/null
	is "no file of root's became hers by a swapped name" \
		"$(find $kept $kept.users -inum "${victim% *}" -printf '%i %U\n')" "$victim"
	exec 7<&-
fi
kill -INT "$MASTER"
wait
ok "root's files are root's" test -z "$(find $kept ! -uid 0)"
rm -rf $kept $kept.users

# Who was there first.
as 1001 mkdir -m 755 $kept.users
start_master -users=alice,bob
timeout "$(limit 30)" "$GPROC" -myParent=master -myId=7 -myAddress=slave7 -p=false -binRoot=$kept s >"$T/squat.log" 2>&1
is "a user's directory in that place is told at the start" "$?" 255
like "with whose it is" "$(cat "$T/squat.log")" "$kept.users belongs to user 1001"
rm -rf $kept.users
mkdir -m 1777 $kept
timeout "$(limit 30)" "$GPROC" -myParent=master -myId=7 -myAddress=slave7 -p=false -binRoot=$kept s >"$T/squat.log" 2>&1
is "so is a binRoot that others may change" "$?" 255
like "with what to do" "$(cat "$T/squat.log")" "others than root may change .*$kept .*chmod go-w"
kill -INT "$MASTER"
wait
done_testing
