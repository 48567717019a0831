#!/bin/sh
# `gproc ldd` prints what a launch sends, in the same environment and with the same switches: asked on a node that has nothing of its own.
. tests/lib.sh
. tests/makelib.sh
enter_namespaces "$@"
mount -t tmpfs -o mode=755 gproc-test /opt # what lies below /tmp is not shown at its own path
W=/opt/work
mkdir $W
cd $W || exit 1

start_master
start_bare 1 :
wait_up 1

mkdir lib data data/empty
echo 'int pre(void) { return 1; }' >pre.c
for name in pre early front real; do gcc -shared -fPIC -o "lib/lib$name.so" pre.c -Wl,-soname,"lib$name.so"; done
echo 'unsigned la_version(unsigned v) { return v; }' >audit.c
gcc -shared -fPIC -o lib/libspy.so audit.c -Wl,--no-as-needed -L"$W/lib" -learly -Wl,-rpath,"$W/lib"
gcc -shared -fPIC -o lib/libfront.so pre.c -Wl,-F,libreal.so -Wl,-rpath,"$W/lib"
mkdir 'a;b'
gcc -shared -fPIC -o 'a;b/libodd.so' pre.c -Wl,-soname,libodd.so
mapped_program maps -L"$W/lib" -lfront "-La;b" -lodd "-Wl,-rpath,$W/lib:$W/a;b"
echo text >data/file
ln -s file data/link
ln data/file data/again

# differences SWITCHES...: between what ldd tells and what lies below binRoot on the node: files and links. A library outside the loader's
# own directories has its name in one of them, too.
differences() {
	"$GPROC" "$@" ldd /usr/bin/find | sed -e 's/  (.*//' -e 's/ -> .*//' | grep -v '/$' | sort -u >told
	"$GPROC" "$@" e 1 /usr/bin/find /tmp/xproc ! -type d | sed 's|^/tmp/xproc||' | sort -u >sent
	comm -23 told sent
	comm -13 told sent | while IFS= read -r extra; do
		case $extra in /usr/lib/*.so) grep -q "/${extra##*/}$" told || echo "not told: $extra" ;; *) echo "not told: $extra" ;; esac
	done
}
is "ldd tells what is sent" "$(differences)" ""
is "with -f" "$(differences -f="$W/data,/etc/hosts")" ""
export LD_PRELOAD="$W/lib/libpre.so"
is "with LD_PRELOAD" "$(differences)" ""
like "which is sent" "$(cat sent)" "^$W/lib/libpre.so$"
run "$GPROC" e 1 ./maps
like "and has its effect" "$out" "/lib/libpre.so$"
is "no message of a loader" "$err" ""
unset LD_PRELOAD
export LD_AUDIT="$W/lib/libspy.so"
is "with LD_AUDIT" "$(differences)" ""
run "$GPROC" e 1 ./maps
is "a bare node runs filters, audit libraries and odd directories" "$status $err" "0 "
for name in lib/libspy lib/libearly lib/libfront lib/libreal 'a;b/libodd'; do
	like "$name is there" "$out" "/$name.so$"
done
unset LD_AUDIT

mkdir -p "roots/$(uname -m)/bin" roots/other/bin
cp "$GPROC" "roots/$(uname -m)/bin/gproc"
run "$GPROC" -r="$W/roots/%m" ldd /bin/gproc
is "%m in -r: each machine that there is a root for" "$status $out" "0 $(uname -m):
/bin/gproc  (for /bin/gproc)
$W/  (the working directory)"
run "$GPROC" -r="$W/none/%m" ldd /bin/gproc
is "none is an error" "$status $err" "127 gproc: there is no directory $W/none/%m for any machine"
run "$GPROC" -f=/no/such/file ldd /usr/bin/find
is "an error of -f is one" "$status $err" "255 gproc: /no/such/file: No such file or directory"
done_testing
