#!/bin/sh
# gproc keygen makes a key once, for its owner alone, and packs it as a second initrd.
. tests/lib.sh

run "$GPROC" keygen -out="$T/deep/key"
is "a key is made, with its directory" "$status" 0
like "its short id is told, not the key" "$err" 'made the key [0-9a-f]{8} in .*deep/key'
is "only its owner may read it" "$(stat -c %a "$T/deep/key")" 600
like "it is 64 hexadecimal digits" "$(cat "$T/deep/key")" '^[0-9a-f]{64}$'
key=$(grep -v '^#' "$T/deep/key")
before=$(cat "$T/deep/key")
run "$GPROC" keygen -out="$T/deep/key"
is "a second time is refused" "$status" 255
is "and the key is as it was" "$(cat "$T/deep/key")" "$before"
run "$GPROC" keygen -cpio -key="$T/deep/key" -out="$T/key.cpio"
is "the archive is made" "$status" 0
is "for its owner alone" "$(stat -c %a "$T/key.cpio")" 600
if command -v cpio >/dev/null; then
	mkdir "$T/root"
	(cd "$T/root" && cpio -id --quiet <"$T/key.cpio")
	is "it holds etc/gproc/key, the same" "$(grep -v '^#' "$T/root/etc/gproc/key")" "$key"
	is "with the mode of a key" "$(stat -c %a "$T/root/etc/gproc/key")" 600
fi
"$GPROC" keygen -cpio -key="$T/deep/key" >"$T/stdout.cpio" 2>/dev/null
ok "the archive is the same every time, on standard output too" cmp "$T/key.cpio" "$T/stdout.cpio"
run "$GPROC" keygen -cpio -key="$T/new" -out="$T/new.cpio"
is "where there is no key one is made" "$status$(test -s "$T/new" && test -s "$T/new.cpio" && echo both)" 0both
chmod 644 "$T/deep/key"
run "$GPROC" keygen -cpio -key="$T/deep/key" -out="$T/bad.cpio"
is "a key that others can read is refused" "$status$(test -e "$T/bad.cpio" && echo made)" 255
run "$GPROC" keygen -key=none
is "none is no place for a key" "$status" 2
done_testing
