#!/bin/sh
# The README's first hour, as printed there, on three hosts of their own: its commands, and each message of its table, provoked.
. tests/lib.sh
enter_namespaces "$@"
own_root
start_network
printf '10.9.254.2 front\n10.9.254.3 n1\n10.9.254.4 n2\n' >>/etc/hosts
PATH=${GPROC%/*}:$PATH
sed -n '/^## The first hour/,/^## A cluster/p' "$REPO/README.md" >"$T/section"
# said COMMAND: the README's line that begins so, without its comment and the & of a shell
said() {
	sed -n "s/^	\\($1.*\\)/\\1/p" "$T/section" | sed 's/ *#.*//; s/ &$//'
}
# promises MESSAGE: the README's table has it, and it was printed
promises() {
	ok "the README has \"$1\"" grep -qF "| \`$1\` |" "$T/section"
	ok "and so it is said" grep -qF "$1" "$T/err"
}
is "the two commands" "$(said 'gproc m')|$(said 'gproc -my')" "gproc m|gproc -myParent=front s"

"$GPROC" keygen 2>/dev/null # one /etc for all of them: the nodes have their copy
host front $(said "gproc m")
until on front "$GPROC" i >/dev/null 2>&1; do kill -0 "$HOST_front" || break; done
host n1 $(said "gproc -my")
up_on front 1
host n2 $(said "gproc -my")
up_on front 2
run on front $(said "gproc i")
like "i shows both" "$status $out" '^0 2 up, 0 down'
run on front $(said "gproc e")
is "e runs on both" "$status $(printf '%s\n' "$out" | sort | tr '\n' ' ')$err" "0 n1 n2 "
run on front gproc e n1 hostname
is "and on one" "$status $out$err" "0 n1"

run on front gproc -defaultMasterUDS=/tmp/other i
sed 's,/tmp/other,/tmp/g,' "$T/err" >"$T/err2" && mv "$T/err2" "$T/err"
promises "no master at /tmp/g"
run on front gproc e 1,7 true
is "what is not there" "$status" 255
promises "not there: 7"
mkdir /scratch
cp "$GPROC" /scratch/prog
printf '\267\0' | dd of=/scratch/prog bs=1 seek=18 conv=notrunc 2>/dev/null
run on front sh -c "cd /scratch && exec gproc e 1 ./prog"
is "the wrong machine" "$status" 126
sed "s/node 1 is $(uname -m),/node 1 is x86_64,/" "$T/err" >"$T/err2" && mv "$T/err2" "$T/err"
promises "node 1 is x86_64, ./prog is for aarch64: -r=ROOT/%m takes each its own"
two=$(on front gproc nodes n2)
kill -KILL "$HOST_n2"
until on front "$GPROC" i | grep -q '1 up, 1 down'; do kill -0 "$HOST_front" || break; done
run on front gproc e 1,"$two" true
is "what is down" "$status" 255
promises "down: 2"
run on front gproc -x=@down e 1-2 hostname
is "-x=@down does without" "$status $out" "0 n1"
run on front gproc forget 2
is "forget" "$status" 0
run on front gproc i
like "it is gone" "$out" '^1 up, 0 down'
done_testing
