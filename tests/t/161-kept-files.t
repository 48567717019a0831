#!/bin/sh
# With -p=false what was sent stays; what is sent later takes its place, however alike it looks.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_slave 0 master -p=false
wait_up 1
mkdir "$T/job"
cd "$T/job" || exit 1

# program TEXT: a program that says so, always of the same time.
program() {
	printf '#!/bin/sh\necho %s\n' "$1" >program
	chmod 755 program
	touch -d 2001-01-01 program
}

program one
run "$GPROC" e 0 ./program
is "a program runs" "$status$out$err" 0one
kept=$(stat -c %i "/tmp/xproc$T/job/program")
run "$GPROC" e 0 ./program
is "again" "$status$out$err" 0one
is "and is left in place" "$(stat -c %i "/tmp/xproc$T/job/program")" "$kept"
program two
run "$GPROC" e 0 ./program
is "another one of its size and time is the one that runs" "$status$out$err" 0two
is "and that stays" "$(sed -n '$p' "/tmp/xproc$T/job/program")" "echo two"

# A directory link of the head's, as /bin is where /usr is merged: programs and files come by it in any order.
mkdir -p "$T/job/usr/bin"
ln -s usr/bin "$T/job/bin"
cp /bin/true "$T/job/usr/bin/one"
cp /bin/true "$T/job/usr/bin/two"
for first in file program; do
	rm -rf "/tmp/xproc$T/job"
	for kind in $first program file program; do
		case $kind in
		program) run "$GPROC" e 0 ./bin/one ;;
		file) run "$GPROC" -f=bin/two e 0 /bin/ls "/tmp/xproc$T/job/bin/two" ;;
		esac
		is "by a link to its directory, $first first: a $kind" "$status$err" 0
	done
done
done_testing
