#!/bin/sh
# A job's terminal is its user's and nobody else's, on nodes of all kinds: as root, without root, in a plain chroot, with an empty /dev.
. tests/lib.sh
enter_namespaces "$@"
users
cd / || exit 1
LC_ALL=C
export LC_ALL
start_master '-users=*'
start_slave 0 master
start_bare 1 true # no /dev at all
start_bare 2 'mount --bind /dev dev'
# A plain chroot: no mount of its own, the devices made by hand.
mkdir -p "$T/plain/dev/pts" "$T/plain/tmp" "$T/plain/proc"
chmod 755 "$T/plain" "$T/plain/dev" "$T/plain/dev/pts" "$T/plain/proc"
chmod 1777 "$T/plain/tmp"
cp "$GPROC" "$T/plain/gproc"
cp /etc/gproc/key "$T/plain/key"
mknod -m 666 "$T/plain/dev/null" c 1 3
mknod -m 666 "$T/plain/dev/tty" c 5 0
chroot "$T/plain" /gproc -key=/key -myParent=127.0.0.1 -myId=3 -myAddress=127.0.1.4 s >"$T/slave3.log" 2>&1 &
wait_up 4

tools=
for tool in tty stat ps grep ls wc; do tools=$tools,$(command -v $tool); done
tools=${tools#,}
# look NODE: what a terminal is like there, for user $user.
look() {
	run as "$user" timeout "$(limit 60)" "$GPROC" -t -f="$tools" e "$1" sh -c '
		name=$(tty) && stat -c "%a %u" "$name" && [ "$(stat -L -c %t:%T:%i /proc/self/fd/0)" = "$(stat -c %t:%T:%i "$name")" ] && echo same
		(: </dev/tty) && echo controlling; ps -o tty= $$ | grep -q pts && echo known
		ls /proc/self/fd | wc -l; echo typed >/dev/tty'
	out=$(printf '%s\n' "$out" | tr -d '\r' | tr '\n' ' ')
}
for user in 0 1001; do
	for node in 0 1 2 3; do
		look $node
		like "node $node, user $user: it is the user's, its name leads to it, it is the controlling one, and nothing else is open" "$status $out$err" \
			"^0 620 $user same controlling (known )?4 typed"
	done
done
run "$GPROC" -t -f="$(command -v stat)" e 1 sh -c 'exec 3<>/dev/ptmx && stat -L -c %F:%t:%T /proc/self/fd/3'
like "where /dev is empty the job has /dev/ptmx too" "$(printf %s "$out" | tr -d '\r')" '^character special file:5:2$'
# Another one of its name may be there by then, for this machine has one /dev/pts: it was made later.
run as 1001 "$GPROC" -t e 0 sh -c 'stat -c "%n %z" "$(tty)"'
out=$(printf %s "$out" | tr -d '\r')
gone_with_it() { [ "$(stat -c '%n %z' "${out%% *}" 2>/dev/null)" != "$out" ]; }
like "a terminal has a name" "$out" '^/dev/pts/[0-9]+ 20'
ok "each is gone with its job" until_true gone_with_it

# Another user's job can't get at it: neither by its name, nor by what it may have open.
cat >/tmp/other.pl <<'S'
my $name = shift;
print open(my $in, "+<", $name) ? "opened\n" : "refused: $!\n";
print ioctl(STDIN, 0x5412, "x") ? "pushed\n" : "not pushed: $!\n"; # TIOCSTI
S
mkfifo -m 666 /tmp/go
as 1001 "$GPROC" -t e 0 sh -c 'tty; read x </tmp/go' >"$T/alice" 2>&1 </dev/null &
wait_log "$T/alice" pts
name=$(tr -d '\r' <"$T/alice" | head -n 1)
run as 1002 "$GPROC" e 0 perl /tmp/other.pl "$name"
like "another user's job can't open it" "$out" '^refused: Permission denied'
run as 1002 "$GPROC" -t e 0 sh -c "echo x >$name; exec 3<>$name"
like "nor write to it" "$out" 'Permission denied'
echo x >/tmp/go
wait $!

# Of a terminal nothing stays open in the daemon, though something of the job lives on.
open_terminals() { ls -l "/proc/$SLAVE_0/fd" | grep -c -e ptmx -e /pts/; }
for i in 1 2 3 4; do
	"$GPROC" -t e 0 sh -c 'trap "" HUP; sleep 1000 & exit 3' </dev/null >/dev/null 2>&1
done
ok "what was left running has no terminal" until_true eval '[ "$("$GPROC" ps | grep -c lingering)" = 4 ]'
ok "and no descriptor of one stays open" until_true eval '[ "$(open_terminals)" = 0 ]'
for job in $("$GPROC" ps | sed -n 's/^\([0-9][0-9.a-f]*\) .*/\1/p'); do "$GPROC" kill "$job" KILL; done

# A session and a process group of its own, and the usual signals.
run "$GPROC" -t e 0 sh -c 'set -- $(cut -d " " -f 5-8 /proc/$$/stat); [ $1 = $2 ] && [ $1 = $4 ] && [ $1 = $$ ] && echo leads; grep SigIgn /proc/self/status'
like "the program leads the terminal's session, in the foreground" "$(printf '%s\n' "$out" | tr -d '\r')" '^leads$'
like "and ignores nothing" "$out" 'SigIgn:.*0000000000000000'
kill -INT "$MASTER"
wait

# Without root.
if user_namespaces; then
	mkdir /tmp/user
	chown 1000:1000 /tmp/user
	cd /tmp/user || exit 1
	as_user='setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/tmp/user'
	$as_user "$GPROC" m >"$T/master.log" 2>&1 &
	MASTER=$!
	until $as_user "$GPROC" i >/dev/null 2>&1; do kill -0 "$MASTER" || break; done
	$as_user "$GPROC" s >"$T/slave.log" 2>&1 &
	$as_user "$GPROC" i -wait=1 -timeout="$LIMIT_UP" >/dev/null
	run $as_user "$GPROC" -t e . sh -c 'tty; (: </dev/tty) && echo controlling; stty size; ls /proc/self/fd | wc -l'
	like "without root there is one too" "$(printf '%s\n' "$out" | tr -d '\r' | tr '\n' ' ')" '^/dev/pts/[0-9]+ controlling 0 0 4 $'
	kill -INT "$MASTER"
	wait
else
	skip "without root" "$no_user_namespaces"
fi
done_testing
