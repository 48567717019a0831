#!/bin/sh
# Machines without a disk, three x86_64 and an aarch64, in a tree of two levels: programs, a script and a large file reach all of them,
# and leave a node's root as it was.
. tests/cluster.sh
need_kernel x86_64
need_kernel aarch64
tests/roots arm64 >/dev/null 2>"$T/why" || skip_all "no arm64 root: $(tail -n 1 "$T/why")"
tests/roots amd64 >/dev/null 2>"$T/why" || skip_all "no amd64 root: $(tail -n 1 "$T/why")"
enter_namespaces "$@"
mkdir "$T/roots"
ln -s "$REPO/build/roots/arm64" "$T/roots/aarch64"
ln -s "$REPO/build/roots/amd64" "$T/roots/x86_64"
start_cluster 3 --arm 1 --fanout 2 --build "-busybox $(command -v busybox)" # of x86_64: the aarch64 node merely carries it

run g i
is "the formula makes a tree of two levels" "$(printf '%s\n' "$out" | grep -oE '[0-9:]+ +10.66.[0-9.:]+ +node[0-9] +[a-z0-9_]+' | tr -s ' ' | sort)" \
	"1 10.66.0.2:6666 node1 x86_64
1:3 10.66.0.4:6666 node3 x86_64
2 10.66.0.3:6666 node2 x86_64
2:4 10.66.0.5:6666 node4 aarch64"

# What there is on node 3 outside of /proc and the like: its root has one file system, and no gproc mount in it.
root_of_3() {
	(cd / && g -localbin e 1:3 busybox sh -c 'busybox find / -xdev -exec busybox stat -c "%n %A %u %s %Y" {} + | busybox sort; busybox cat /proc/1/mounts')
}
root_of_3 >"$T/before"
ok "a node can be asked for its root" grep -q '^/bin/gproc ' "$T/before"

run g e 1:3 /bin/date +%Y
is "date" "$status$err$out" "0$(date +%Y)"
run g e 1:3 /bin/sh -c 'for name in hardlinks symlinks fifos regular; do read -r value </proc/sys/fs/protected_$name; echo $value; done'
is "users' links, FIFOs and files in /tmp lead nobody astray there" "$(echo $out)$err" "1 1 2 2"
run g -r="$T/roots/%m" e ./. /bin/date +%Y
is "date on both kinds of machine" "$status$err$(printf '%s' "$out" | sort | uniq -c | tr -s ' ')" "0 4 $(date +%Y)"
cat >"$T/script" <<'END'
#!/bin/bash
# Counts to three with nothing but the shell.
for i in 1 2 3; do echo "$HOSTNAME $i"; done
exit 5
END
chmod +x "$T/script"
cd "$T"
run g -r="roots/%m" e ./. ./script
is "a script has its status" "$status" 5
is "and speaks on every node" "$(printf '%s\n' "$out" | sort | tr '\n' ' ')" \
	"node1 1 node1 2 node1 3 node2 1 node2 2 node2 3 node3 1 node3 2 node3 3 node4 1 node4 2 node4 3 "

head -c 20000000 /dev/urandom >"$T/large"
run g -f="$T/large" -r="roots/%m" e ./. /usr/bin/sha256sum "/tmp/xproc$T/large"
is "20 MB reach every node" "$status$err" 0
is "whole" "$(printf '%s\n' "$out" | cut -d ' ' -f 1 | sort | uniq -c | tr -s ' ')" " 4 $(sha256sum <"$T/large" | cut -d ' ' -f 1)"
cd "$REPO" || exit
root_of_3 >"$T/after"
ok "the root of a node is as it was before" diff "$T/before" "$T/after"

run g halt ...
is "all of them are halted" "$status" 0
for i in 1 2 3 4; do
	! pid=$(pid_of $i 2>/dev/null) || wait_gone "$pid" || fact 1 "node $i powers off"
done
run g i
like "and are down" "$out" '^0 up, 4 down'
ok "the cluster ends" ramdisk/cluster stop
is "and leaves nothing" "$(ls "$T/cluster" 2>&1 >/dev/null; gprocs_left; mounts_left)" \
	"ls: cannot access '$T/cluster': No such file or directory"
done_testing
