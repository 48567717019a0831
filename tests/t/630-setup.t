#!/bin/sh
# contrib/setup: nodes that have ssh get gproc, the key and what starts it; then they are up.
. tests/lib.sh
enter_namespaces "$@"
command -v dropbear >/dev/null || skip_all "no dropbear, which is the server of ssh here"

own_root
mkdir "$T/ssh"
dropbearkey -t ed25519 -f "$T/ssh/host" >/dev/null 2>&1
dropbearkey -t ed25519 -f "$T/ssh/user" 2>/dev/null | grep '^ssh-' >"$T/ssh/user.pub"
start_master
key=$T/key.head
cp /etc/gproc/key "$key"

# A node: its own /root, /etc/gproc, /usr/local, /var/log, /etc/default and /etc/systemd, and an ssh server at its address.
node() {
	unshare -u -m sh -c '
		echo "slave$0" >/proc/sys/kernel/hostname
		for dir in /root /etc/gproc /usr/local /var/log /etc/default /etc/systemd; do
			mkdir -p "$dir"
			mount -t tmpfs gproc-test "$dir"
		done
		chmod 700 /root
		mkdir -m 700 /root/.ssh
		cp "$1/user.pub" /root/.ssh/authorized_keys
		chmod 600 /root/.ssh/authorized_keys
		exec dropbear -F -E -s -r "$1/host" -p "127.0.2.$0:2222" -P "$2/pid.$0"' "$1" "$T/ssh" 2>"$T/sshd.$1" &
	eval "sshd_$1=$!"
	until_true sh -c "grep -q 'Not backgrounding' $T/sshd.$1"
}
node 1
node 2
export SSH="dbclient -p 2222 -i $T/ssh/user -y -y" HOME="$T"
run env GPROC="$GPROC" KEY="$key" contrib/setup 127.0.0.1 127.0.2.1 127.0.2.2
is "two nodes are set up" "$status $out" "0 "
wait_up 2
run "$GPROC" e 1-2 hostname
is "and take part" "$status $(echo "$out" | sort | tr '\n' ' ')" "0 slave1 slave2 "
# shellcheck disable=SC2154
is "the key is root's alone" "$(stat -c %a "/proc/$sshd_1/root/etc/gproc/key")" 600
is "the unit is there" "$(cat "/proc/$sshd_1/root/etc/default/gproc-slave")" "GPROC_PARENT=127.0.0.1"
run env GPROC="$GPROC" KEY="$key" contrib/setup 127.0.0.1 127.0.2.9 127.0.2.1
like "one that can't be reached is named, the rest is done; what runs is replaced" "$status $err" 'setup: 127.0.2.9: failed$'
run contrib/setup 127.0.0.1
like "usage" "$status $err" '^2 usage:'
done_testing
