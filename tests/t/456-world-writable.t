#!/bin/sh
# A library with an absolute path, or an interpreter, below a directory of the node's that everybody writes to is where the program looks
# for it; that directory is the node's own all the same, and nothing stays in it.
. tests/lib.sh
enter_namespaces "$@"
users alice
mkdir -p /tmp/x/deep /tmp/v/bin /tmp/wd
printf 'int seven(void) { return 7; }\n' >"$T/seven.c"
printf '#include <stdio.h>\nint seven(void);\nint main(void) { return printf("%%d\\n", seven()) < 0; }\n' >"$T/main.c"
for lib in /tmp/x/libr.so /tmp/x/deep/libs.so /tmp/libd.so; do
	gcc -shared -fPIC -o "$lib" "$T/seven.c"
	gcc -o "/tmp/wd/${lib##*/}.prog" "$T/main.c" "$lib"
done
cp /bin/sh /tmp/v/bin/sh
printf '#!/tmp/v/bin/sh\necho by it\n' >/tmp/wd/script
chmod 755 /tmp/wd/script
cd /tmp/wd || exit 1
like "the library is needed by its path" "$(readelf -d libr.so.prog)" 'NEEDED.*/tmp/x/libr.so'
start_master -users=alice
start_bare 0 ''
ZERO=$SLAVE
start_bare 1 'mkdir -m 755 tmp/x; echo own >tmp/x/own'
ONE=$SLAVE
wait_up 2
# quiet PID: until the node has no keeper any more.
quiet() { until ! pgrep -P "$1" >/dev/null; do kill -0 "$1" || break; done; }
left() { quiet "$1"; (cd "/proc/$1/root/tmp" && find . ! -path './xproc*' ! -name . | sort | tr '\n' ' '); }
for who in '' alice; do
	for lib in libr libs libd; do
		run $who "$GPROC" e 0-1 ./$lib.so.prog
		is "$lib.so is found, by ${who:-root}" "$status$err $(echo $out)" "0 7 7"
	done
	run $who "$GPROC" e 0-1 ./script
	is "a script's interpreter is found, by ${who:-root}" "$status$err $(echo $out)" "0 by it by it"
done
is "nothing is left there" "$(left "$ZERO")|$(left "$ONE")" "|./x ./x/own "
printf '#!/tmp/v/bin/sh\necho written >/tmp/by-job\necho written >/tmp/v/no 2>/dev/null || echo denied\n' >writes
chmod 755 writes
run alice "$GPROC" e 0 ./writes
is "the job writes to the node's own directory, not to what was shipped" "$out $(cat "/proc/$ZERO/root/tmp/by-job")" "denied written"

# Two at once: the first to end leaves the place to the other.
rm -f "$T/first"
mkfifo "$T/first"
printf '#!/tmp/v/bin/sh\necho started\nread line <"$1"\n/tmp/v/bin/sh -c "echo still there"\n' >waits
chmod 755 waits
mkfifo "$T/go"
start_slave 2 master
wait_up 3
chmod 666 "$T/go"
mv /tmp/v /tmp/v.away
for file in $(ldd /bin/sh | grep -o '/[^ ]*'); do
	mkdir -p "/tmp/root${file%/*}"
	cp "$file" "/tmp/root$file"
done
mkdir -p /tmp/root/tmp /tmp/root/etc
cp -a /etc/ld.so.conf /etc/ld.so.conf.d /tmp/root/etc/
cp -a /tmp/v.away /tmp/root/tmp/v
cp waits script /tmp/root/tmp/
alice "$GPROC" -r=/tmp/root e 2 /tmp/waits "$T/go" >"$T/first" &
client=$!
exec 3<"$T/first"
read -r line <&3
is "one runs" "$line" started
run alice "$GPROC" -r=/tmp/root e 2 /tmp/script
is "and another beside it" "$status$out$err" "0by it"
echo >"$T/go"
read -r line <&3
is "the first has what it needs still" "$line" "still there"
wait "$client"
quiet "$SLAVE"
ok "then it is gone" until_true test ! -e /tmp/v
# What is somebody's own is not taken for such a place.
mkdir /tmp/v
chmod 700 /tmp/v
run alice "$GPROC" -r=/tmp/root e 2 /tmp/script
is "where another's directory is in the way it can't start" "$status" 126
like "and why" "$err" 'interpreter /tmp/v/bin/sh can.t be run: Permission denied; it was sent, but'
ok "which stays" test -d /tmp/v
kill -INT "$MASTER"
wait
done_testing
