#!/bin/sh
# The README's own lines, as printed there, on 65 hosts: each with a name, an address and a /tmp of its own.
. tests/lib.sh
enter_namespaces "$@"
own_root
mkdir /scratch
start_network

"$GPROC" keygen 2>/dev/null # one /etc for all of them: the nodes have their copy
host master "$GPROC" m
MASTER=$HOST
for i in 0 1 2 3; do
	host "slave$i" "$GPROC" -myParent="master" -myId="hostname hostbase" -myAddress="hostname"
done
i=4
while [ $i -lt 64 ]; do
	host "slave$i" "$GPROC" -myParent="slave hostname hostbase 4 % strcat" -myId="hostname hostbase" -myAddress="hostname"
	i=$((i + 1))
done
until on master "$GPROC" i >/dev/null 2>&1; do kill -0 "$MASTER" || break; done
up_on master 64

run on master "$GPROC" e ./. /bin/date
is "e ./. /bin/date returns 0" "$status$err" 0
is "64 dates return" "$(printf '%s\n' "$out" | grep -c ':[0-9][0-9]:[0-9][0-9]')" 64
run on master "$GPROC" e ./. /bin/uname -n
is "from each node one" "$(printf '%s\n' "$out" | sort -u | grep -c '^slave')" 64
run on master "$GPROC" e 1/. /bin/uname -n
is "1/. is the first-level node 1 and all its children" "$(printf '%s\n' "$out" | sort -V | tr '\n' ' ')" \
	"$(printf 'slave%s ' 1 5 9 13 17 21 25 29 33 37 41 45 49 53 57 61)"
run on master "$GPROC" e . /bin/uname -n
is ". is the first level" "$(printf '%s\n' "$out" | sort | tr '\n' ' ')" "slave0 slave1 slave2 slave3 "

# The files lie on the master alone; the nodes get a ramdisk directory each.
on master mkdir /tmp/scratch
on master mount --bind /tmp/scratch /scratch
on master sh -c 'head -c 300000 /dev/urandom >/scratch/megawin2.img; printf "#!/bin/sh\necho migrate\n" >/scratch/migrate; chmod 755 /scratch/migrate'
files=/proc/$MASTER/root/tmp/scratch
run on master "$GPROC" -localbin e ./. /bin/mkdir /tmp/ramdisk
is "the nodes get a ramdisk directory each, by a program of theirs" "$status$out$err" 0
# The command line is the README's, unquoted: the shell finds nothing to expand below /tmp/xproc and passes it on.
run on master sh -c 'exec "$0" -f="/scratch/megawin2.img,/scratch/migrate" e ./. /bin/cp /tmp/xproc/scratch/* /tmp/ramdisk' "$GPROC"
is "the README's copy returns 0" "$status$out$err" 0
good=0
for i in 0 3 4 37 63; do
	eval "pid=\$HOST_slave$i"
	cmp -s "/proc/$pid/root/tmp/ramdisk/megawin2.img" "$files/megawin2.img" &&
		cmp -s "/proc/$pid/root/tmp/ramdisk/migrate" "$files/migrate" && good=$((good + 1))
done
is "and the files are in the nodes' own /tmp/ramdisk" "$good" 5
is "but not in the master's" "$(ls "/proc/$MASTER/root/tmp/ramdisk" 2>/dev/null)" ""
end_tree
done_testing
