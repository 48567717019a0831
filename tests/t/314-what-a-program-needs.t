#!/bin/sh
# Every line of the manual page's "What a program needs" works on a node that has nothing of its own but empty directories.
. tests/lib.sh
enter_namespaces "$@"

start_master
start_bare 1 'mkdir etc home root'
wait_up 1
mkdir "$T/bin"
ln -s "$GPROC" "$T/bin/gproc"
PATH=$T/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset LANG LC_ALL LC_CTYPE
cd /tmp || exit 1

sed -n '/^\.Ss What a program needs/,/^\.S[hs] ENV/p' "$REPO/gproc.1" | sed -n 's/^\.Dl //p' | sed 's/\\(dq/"/g; s/\\-/-/g' >"$T/lines"
# What each should print, in their order.
cat >"$T/expected" <<END
$(grep -c tcp /etc/services)
.
b
1
2
stdio.h
UTF-8
^CES?T
[Ll]inux
root
END
ok "there are lines" test "$(wc -l <"$T/lines")" = "$(wc -l <"$T/expected")"
while IFS= read -r line <&3 && IFS= read -r expected <&4; do
	run sh -c "$line"
	is "returns 0, without a warning: $line" "$status $err" "0 "
	like "and prints what it should" "$(printf '%s\n' "$out" | tr -d '\000')" "$expected"
done 3<"$T/lines" 4<"$T/expected"
done_testing
