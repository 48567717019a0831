#!/bin/sh
# What a program's start needs is in its own place on every node: an interpreter in a directory that the node also has, the interpreter of
# an interpreter; and where it can't be, the message names the file that is in the way.
. tests/lib.sh
enter_namespaces "$@"
users alice
mount -t tmpfs -o mode=755 gproc-test /home
mkdir -p /home/u/venv/bin /home/u/tools/lib /tmp/wd /home/closed/bin
cp /bin/sh /home/u/venv/bin/copied
ln -s /bin/sh /home/u/venv/bin/linked
for name in copied linked; do
	printf '#!/home/u/venv/bin/%s\necho by %s\n' $name $name >/tmp/wd/$name
done
cp /bin/sh /home/closed/bin/sh
printf '#!/home/closed/bin/sh\necho never\n' >/tmp/wd/closed
chmod 755 /tmp/wd/*
cd /tmp/wd || exit 1
start_master -users=alice
start_bare 0 'mkdir -m 755 home'
start_bare 1 'mkdir -p -m 755 home/u/venv/bin home/u/other; echo own >home/u/other/file; mkdir -m 700 home/closed'
start_bare 2 ''
wait_up 3
for name in copied linked; do
	for who in '' alice; do
		run $who "$GPROC" e 0-2 ./$name
		is "a script whose interpreter is $name to /home, by ${who:-root}" "$status$err $(echo $out)" "0 by $name by $name by $name"
	done
done
run alice "$GPROC" e 1 /home/u/venv/bin/copied -c 'read -r line </home/u/other/file; echo $line'
is "what the node has beside it is there" "$status$out$err" 0own
run alice "$GPROC" e 0-2 ./closed
is "where she may not enter a directory that the start needs, it fails there" "$status $(echo $out)" "126 never never"
like "and that is told, with the file and the directory's user" "$err" \
	'could not start: 1: .*its interpreter /home/closed/bin/sh can.t be run: Permission denied; it was sent, but user 1001 may not enter'
run "$GPROC" e 1 ./closed
is "root may" "$status$out$err" 0never
kill -INT "$MASTER"
wait
done_testing
