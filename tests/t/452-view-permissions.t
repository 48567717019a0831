#!/bin/sh
# Where the view merges directories of the node's, they deny what they deny on the node: by mode, by group, by access list, through a
# user's own link, and below mounts; and they look as they do there.
. tests/lib.sh
enter_namespaces "$@"
command -v setpriv >/dev/null || skip_all "no setpriv"
{
	echo 'root:x:0:0::/root:/bin/sh'
	echo 'alice:x:1001:1001::/home/alice:/bin/sh'
	echo 'bob:x:1002:1002::/home/bob:/bin/sh'
} >/etc/passwd
alice() {
	setpriv --reuid=1001 --regid=1001 --groups=1001,2001 --inh-caps=-all --bounding-set=-all env HOME=/home/alice "$@"
}

# The node: another's home, root's private directory with a setuid program, her own link, groups, an access list, a mount.
mount -t tmpfs -o mode=755 gproc-test /home
mount -t tmpfs -o mode=755 gproc-test /opt
mkdir -p /home/bob/deep /home/alice/own /opt/priv /opt/alice /opt/odd/deep /opt/group /opt/listed /opt/mnt/here /opt/searched
echo secret | tee /home/bob/secret /home/bob/deep/secret /opt/priv/secret /opt/group/secret /opt/listed/secret /opt/searched/secret >/dev/null
printf '#include <stdio.h>\n#include <unistd.h>\nint main(void) { return printf("euid %%d\\n", geteuid()) < 0; }\n' >"$T/own.c"
gcc -o /opt/priv/own "$T/own.c"
chmod 4755 /opt/priv/own
chmod 700 /opt/priv /home/bob
chmod 711 /opt/searched
chmod 1751 /opt/odd
chown 1002:2001 /opt/odd/deep
chmod 2750 /opt/odd/deep
chown -R 1002:1002 /home/bob
chown -R 1001:1001 /home/alice /opt/alice
chmod 700 /home/alice/own
chgrp 2001 /opt/group
chmod 750 /opt/group
ln -s /home/bob /opt/alice/way
ln -s /opt/priv /opt/alice/root
mount -t tmpfs gproc-test /opt/mnt/here
echo mounted >/opt/mnt/here/file
cat >"$T/list.c" <<'C'
#include <stdint.h>
#include <stdio.h>
#include <sys/xattr.h>
struct one { uint16_t tag, rights; uint32_t id; };
static struct { uint32_t version; struct one at[5]; } list =
	{2, {{1, 7, -1u}, {2, 0, 1001}, {4, 5, -1u}, {16, 7, -1u}, {32, 5, -1u}}};
int
main(int argc, char **argv)
{
	char got[64];

	if (argc > 2)
		return setxattr(argv[1], "system.posix_acl_access", &list, sizeof(list), 0) < 0;
	return printf("%zd\n", getxattr(argv[1], "system.posix_acl_access", got, sizeof(got))) < 0;
}
C
gcc -static -o "$T/list" "$T/list.c"
"$T/list" /opt/listed set || skip_all "no access lists on a tmpfs"

# What she ships has something of her own in each of them.
evil=/home/alice/root
for dir in bin home/bob/deep home/alice/own opt/priv opt/alice/way/deep opt/alice/root opt/group opt/listed opt/odd/deep opt/data/here opt/searched etc; do
	mkdir -p "$evil/$dir"
done
ln -s data "$evil/opt/mnt"
for file in $(ldd /bin/sh | grep -o '/[^ ]*'); do
	mkdir -p "$evil${file%/*}"
	cp "$file" "$evil$file"
done
cp -a /etc/ld.so.conf /etc/ld.so.conf.d "$evil/etc/"
for dir in bin home/bob/deep home/alice/own opt/priv opt/alice/way/deep opt/alice/root opt/group opt/listed opt/odd/deep opt/data/here opt/searched; do
	cp /bin/sh "$evil/$dir/sh"
done
chown -R 1001:1001 "$evil"
cd / || exit 1
start_master -users=alice
start_slave 0 master
wait_up 1
# On node 1 the kernel refuses one more overlay, so that it merges entry by entry.
mkdir /tmp/none
mount --make-private /opt
for dir in /opt /home /opt /home; do
	mount -t overlay -o "lowerdir=$dir:/tmp/none" gproc-test "$dir" || skip_all "no overlay"
done
mount -t tmpfs gproc-test /opt/mnt/here
echo mounted >/opt/mnt/here/file
start_slave 1 master
wait_up 2

# job SCRIPT FROM [switches]: her job whose program lies in the directory FROM.
job() {
	job_script=$1 job_from=$2
	shift 2
	run alice "$GPROC" -r="$evil" "$@" e "$node" "/$job_from/sh" -c "$job_script"
}
denied="for f in \$F; do [ ! -r \$f ] || echo \"read \$f\"; ls \$f 2>/dev/null; case \$f in */secret) cat \$f 2>/dev/null ;; esac; \$f -c : 2>/dev/null; done; :"
for node in 0 1; do
	for view in -view=merged -view=all; do
		job "F='/opt/priv /opt/priv/secret /opt/priv/own /opt/priv/sh'; $denied" opt/priv $view
		is "root's private directory, $view on node $node" "$status$out$err" 0
		job "F='/opt/alice/way /opt/alice/way/secret /opt/alice/way/deep/secret'; $denied" opt/alice/way/deep $view
		unlike "another's, through a link of her own on the node, $view on node $node" "$out$err" secret
		job "F='/opt/alice/root/secret /opt/alice/root/own'; $denied" opt/alice/root $view
		is "and root's, $view on node $node" "$status$out$err" 0
		job "F='/opt/listed/secret /opt/listed'; $denied" opt/listed $view
		is "by an access list, $view on node $node" "$status$out$err" 0
		job "cat /opt/group/secret /opt/group/sh >/dev/null && cat /opt/searched/secret; ls /opt/searched 2>/dev/null" opt/group $view
		is "what her groups and a known name give her she has, $view on node $node" "$status$(echo $out)" "2secret"
		job "cat /opt/mnt/here/file; ls /opt/data/here" opt/mnt/here $view
		is "a mount of the node's is where it was, not behind a link that was shipped, $view on node $node" "$(echo $out)" "mounted sh"
		for from in opt/odd/deep opt/listed opt/group; do
			job "stat -c '%A %u %g %n' /opt /opt/priv /opt/odd /opt/odd/deep /opt/listed /opt/group 2>/dev/null" $from $view
			is "directories look as on the node with $from merged, $view on node $node" "$out" \
				"$(alice stat -c '%A %u %g %n' /opt /opt/priv /opt/odd /opt/odd/deep /opt/listed /opt/group)"
		done
	done
	job "F='/home/bob /home/bob/secret /home/bob/deep /home/bob/deep/secret /home/bob/sh'; $denied; stat -c '%a %u' /home/bob /home/alice/own" home/bob/deep -view=all
	is "another's home on node $node" "$status$(echo $out)$err" "0700 1002 700 1001"
	job "ls /opt/group; grep -c '^gproc /opt overlay' /proc/self/mounts" opt/group
	is "node $node merges as it should" "$(echo $out)" "secret sh $((1 - node))"
	job "ls /home/alice/own; stat -c '%a %u' /home/alice/own" home/alice/own -view=all
	is "her own is merged and hers alone on node $node" "$status$(echo $out)$err" "0sh 700 1001"
done

# Root's own view is no hole either, for others that root lets into it.
run "$GPROC" -r="$evil" -view=all e 0 /home/bob/deep/sh -c \
	"stat -c '%a %u' /home/bob /opt/odd/deep; ls /home/bob; exec setpriv --reuid=1001 --regid=1001 --clear-groups ls /home/bob"
is "root sees what is there, and others in root's job don't" "$status $(echo $out)" "2 700 1002 2750 1002 deep secret"
like "since it is denied" "$err" '/home/bob.: Permission denied'
kill -INT "$MASTER"
wait
done_testing
