#!/bin/sh
# make install puts the binary and the man page where DESTDIR and PREFIX say; the binary is small, static and stripped.
. tests/lib.sh

ok "make install" make -s install DESTDIR="$T/dest" PREFIX=/opt/gproc
is "what is installed" "$(cd "$T/dest" && find . -type f | sort | tr '\n' ' ')" \
	"./opt/gproc/bin/gproc ./opt/gproc/share/man/man1/gproc.1 "
ok "it runs" "$T/dest/opt/gproc/bin/gproc" version
binary=$T/dest/opt/gproc/bin/gproc
unlike "it names no interpreter" "$(readelf -lW "$binary")" INTERP
is "it is stripped" "$(readelf -SW "$binary" | grep -c symtab)" 0
size=$(stat -c %s "$binary")
todo "it has $size bytes, at most 400 KiB" test "$size" -le $((400 * 1024))
ok "and at most 544 KiB until then" test "$size" -le $((544 * 1024)) # libsodium, zlib and musl are 340 of them
unlike "its stack is not executable" "$(readelf -lW "$binary" | grep GNU_STACK)" ' RWE '
unlike "it holds no path of the machine it was built on" "$(strings "$binary")" "$REPO"
done_testing
