#!/bin/bash
# The manual's examples, as printed there, on hosts of their own, in order; each mode has one.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
command -v script >/dev/null || skip_all "no script(1)"
own_root
mkdir /scratch
start_network
PATH=${GPROC%/*}:$PATH
# Lines of the literal displays; one that ends in \e goes on in the next.
sed -n '/^\.Sh EXAMPLES/,/^\.Sh [^E]/p' "$REPO/gproc.1" | sed -n '/^\.Bd -literal/,/^\.Ed/{/^\.[BE]d/d;p;}' |
	sed -e ':a' -e '/\\e$/{N;s/\\e\n[[:space:]]*/ /;ta' -e '}' >"$T/examples"

# Modes that have none. init is what PID 1 of a machine runs, which t/701 and those of QEMU do.
for mode in $("$GPROC" help | sed -n '/^modes:/,/^$/s/^  \([a-z, ]*[a-z]\)[ ].*/\1/p' | sed 's/  .*//' | tr -d ','); do
	"$GPROC" help "$mode" | grep -q "^usage: gproc \[switches\] $mode\( \|\$\)" || continue
	grep -Eq "^gproc (-[^ ]*(=(\"[^\"]*\"|'[^']*'|[^ ]*))? +)*$mode( |\$)" "$T/examples" || echo "$mode"
done >"$T/lacking"
is "each mode has an example" "$(tr '\n' ' ' <"$T/lacking")" "init "

line_of() {
	sed -n "$1p" "$T/examples"
}
is "first a key" "$(line_of 1)" "gproc keygen"
gproc keygen 2>/dev/null
like "then a master" "$(line_of 2)" '^gproc m$'
host master sh -c "exec $(line_of 2)"
for i in 0 1 2 3; do host "slave$i" sh -c "exec $(line_of 3)"; done
for i in 4 5 6 7; do host "slave$i" sh -c "exec $(line_of 4)"; done
until on master "$GPROC" i >/dev/null 2>&1; do kill -0 "$HOST_master" || break; done
up_on master 8
for i in 0 1 2 3 4 5 6 7; do on "slave$i" mkdir /tmp/ramdisk; done
head -c 300000 /dev/urandom >/scratch/megawin2.img
printf '#!/bin/sh\necho migrate\n' >/scratch/migrate
chmod 755 /scratch/migrate
for file in /bin/date $(ldd /bin/date | grep -o '/[^ ]*'); do
	mkdir -p "/arm${file%/*}"
	cp -L "$file" "/arm$file"
done
mkdir /desk
cd /desk || exit 1

# again WORD: typed until nobody reads it; a flood would stop script(1) itself, which writes before it reads.
again() {
	while echo "$1"; do sleep 0.2; done 2>/dev/null
}

# try LINE: as a shell on the master runs it
try() {
	status=0
	case $1 in
	*' -t e '*) out=$(again exit | TERM=vt100 on master timeout "$(limit 60)" script -qec "$1" /dev/null 2>&1) || status=$? ;;
	*) out=$(on master timeout "$(limit 60)" sh -c "cd /desk; $1" 2>&1 </dev/null) || status=$? ;;
	esac
}
sed 1,4d "$T/examples" >"$T/rest"
while IFS= read -r line <&4; do
	case $line in
	*' forget '*)
		kill -KILL "$HOST_slave7"
		until on master "$GPROC" i | grep -q ' 1 down'; do kill -0 "$HOST_master" || break; done
		;;
	esac
	try "$line"
	case $line in
	*' reboot '* | *' halt '*) like "$line: those whose PID 1 is another" "$out" "^gproc: nodes? [0-9:,-]* can't be (halted or )?rebooted from here: PID 1 there is not gproc" ;;
	*' doctor') ok "$line: 0, or 1 where it finds something" test "$status" -le 1 || diag "$(printf '%s\n' "$out" | head -n 8)" ;;
	*) is "$line" "$status" 0 || diag "$(printf '%s\n' "$out" | head -n 8)" ;;
	esac
done 4<"$T/rest"
ok "what was got is there" cmp /scratch/migrate /desk/migrate.slave6
ok "what was copied too" cmp /scratch/megawin2.img "/proc/$HOST_slave5/root/tmp/ramdisk/megawin2.img"
done_testing
