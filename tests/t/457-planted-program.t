#!/bin/sh
# A user who owns, on the node, the directory from which another one's program comes, puts a link there that leads to what was sent, and turns
# it elsewhere once it has been looked at: what runs is what was sent.
. tests/lib.sh
enter_namespaces "$@"
users alice bob
mount -t tmpfs -o mode=755 gproc-test /opt
# The interpreter waits before it opens its script, as a slow machine does.
cat >"$T/waits.c" <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int
main(int argc, char **argv)
{
	static char text[256];
	int fd;

	puts(argv[1]);
	fflush(stdout);
	close(open("/tmp/go", O_RDONLY));
	fd = open(argv[1], O_RDONLY);
	return argc != 2 || fd < 0 || write(1, text, (size_t)read(fd, text, sizeof(text))) < 0;
}
C
gcc -static -o /opt/waits "$T/waits.c" 2>/dev/null || skip_all "no static libc"
mkdir -m 755 /tmp/wd /tmp/deep /tmp/deep/down
for dir in /tmp/wd /tmp/deep/down /tmp; do
	printf '#!/opt/waits\nas it was sent\n' >$dir/script
	chmod 755 $dir/script
done
start_master -users=bob
# Alice's on the node: a directory, a link in place of one on the way, the file itself in /tmp.
start_bare 0 '
	mkfifo -m 666 tmp/go
	mkdir -m 755 tmp/wd tmp/hers tmp/hers/down
	ln -s /tmp/xproc/tmp/wd/script tmp/wd/script
	ln -s /tmp/hers tmp/deep
	ln -s /tmp/xproc/tmp/deep/down/script tmp/hers/down/script
	ln -s /tmp/xproc/tmp/script tmp/script
	chown -h 1001:1001 tmp/wd tmp/wd/script tmp/hers tmp/hers/down tmp/hers/down/script tmp/deep tmp/script'
wait_up 1
node=/proc/$SLAVE/root
# attack NAME WHO DIRECTORY LINK: what runs, when the link changes as soon as it has begun.
attack() {
	rm -f "$T/said"
	mkfifo "$T/said"
	(cd "$3" && $2 "$GPROC" e 0 ./script) >"$T/said" 2>"$T/err" &
	job=$!
	exec 3<"$T/said"
	IFS= read -r begun <&3
	rm "$node$4"
	printf 'planted\n' >"$node$4"
	: >"$node/tmp/go"
	is "$1" "$(cat <&3; cat "$T/err")" "#!/opt/waits
as it was sent"
	exec 3<&-
	wait "$job"
	rm "$node$4"
	ln -s "/tmp/xproc$3/script" "$node$4"
	chown -h 1001:1001 "$node$4"
}
for who in '' bob; do
	attack "a link in another's directory, for ${who:-root}" "$who" /tmp/wd /tmp/wd/script
	attack "one on the way, for ${who:-root}" "$who" /tmp/deep/down /tmp/hers/down/script
	attack "one in a directory that everybody writes to, for ${who:-root}" "$who" /tmp /tmp/script
done

# What the program needs comes from such a directory: hers is not taken for it, whether it is there, or may come to be there.
mkdir -m 755 /tmp/need /tmp/need/bin
printf '#include <stdio.h>\nint main(void) { return puts(SAYS) < 0; }\n' >"$T/says.c"
gcc -static -DSAYS='"sent"' -o /tmp/need/bin/says "$T/says.c"
gcc -static -DSAYS='"planted"' -o "$T/planted" "$T/says.c"
printf '#!/tmp/need/bin/says\n' >/opt/needs
chmod 755 /opt/needs
for who in '' bob; do
	run $who "$GPROC" e 0 /opt/needs
	is "an interpreter is found where nothing is in its way, for ${who:-root}" "$status$out$err" "0sent"
done
mkdir -m 755 "$node/tmp/hers/bin"
cp "$T/planted" "$node/tmp/hers/bin/says"
chown -R 1001:1001 "$node/tmp/hers/bin"
# plants NAME COMMAND...
plants() {
	plants_name=$1
	shift
	(cd "$node/tmp" && "$@")
	for who in '' bob; do
		run $who "$GPROC" e 0 /opt/needs
		is "not where there is $plants_name, for ${who:-root}" "$status$out" 126
		like "and why" "$err" '/opt/needs: /tmp/need/bin/says was sent, but where everybody writes on this node'
	done
	rm -rf "$node/tmp/need"
}
plants "a link of hers" sh -c 'ln -s hers need; chown -h 1001 need'
plants "a directory of hers" sh -c 'cp -a hers need'
plants "a file of hers" sh -c ': >need; chown 1001 need'
plants "a directory where she may write" sh -c 'mkdir -m 777 need; mkdir -m 755 need/bin'
run "$GPROC" e 0 /opt/needs
is "and again when it is gone" "$status$out$err" "0sent"
kill -INT "$MASTER"
wait
done_testing
