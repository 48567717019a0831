#!/bin/sh
# A user ships a loader, a library or a configuration of their own, and has a setuid program of the node's start with it: it stays the
# user's, in every view. Root through it was had before.
. tests/lib.sh
enter_namespaces "$@"
users alice
[ "$(uname -m)" = x86_64 ] || skip_all "the hostile loader is written for x86_64"
echo 'the cluster key' >/tmp/only-root
chmod 600 /tmp/only-root

# The node's setuid program, which needs a loader and a library of the node's; and one with a file capability.
printf 'int trusted(void) { return 0; }\n' >"$T/trusted.c"
printf '#include <stdio.h>\n#include <unistd.h>\nint trusted(void);\nint main(void) { return printf("euid %%d\\n", geteuid() + trusted()) < 0; }\n' >"$T/own.c"
mount -t tmpfs -o mode=755 gproc-test /opt
mkdir /opt/lib
gcc -shared -fPIC -o /opt/lib/libtrusted.so "$T/trusted.c"
gcc -o /opt/own "$T/own.c" -L/opt/lib -ltrusted -Wl,-rpath,/opt/lib
chmod 4755 /opt/own
is "the node's program is root's for everybody" "$(alice /opt/own)" "euid 0"

# Her loader: as root it shows root's file; the first time, as her, it starts the node's program, whose loader is again this one.
cat >"$T/loader.c" <<'C'
#include <sys/syscall.h>
static char *none[] = {0}, buf[64];
static long
call(long number, long a, long b, long c, long d)
{
	register long fourth __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth) : "rcx", "r11", "memory");
	return result;
}
void
_start(void)
{
	static char *argv[2] = {"/opt/own", 0};

	if (call(SYS_geteuid, 0, 0, 0, 0) == 0) {
		call(SYS_write, 1, (long)"ROOT ", 5, 0);
		call(SYS_write, 1, (long)buf, call(SYS_read, call(SYS_open, (long)"/tmp/only-root", 0, 0, 0), (long)buf, sizeof(buf), 0), 0);
	} else {
		if (call(SYS_umask, 0777, 0, 0, 0) != 0777)
			call(SYS_execve, (long)argv[0], (long)argv, (long)none, 0);
		call(SYS_write, 1, (long)"still a user\n", 13, 0);
	}
	call(SYS_exit, 0, 0, 0, 0);
}
C
gcc -static -nostdlib -fno-stack-protector -Wl,-Ttext-segment=0x70000000 -o "$T/loader" "$T/loader.c"
loader=$(readelf -lW /bin/true | sed -n 's/.*interpreter: \(.*\)\]/\1/p')
evil=/tmp/alice/root
mkdir -p "$evil/etc"
for file in /bin/true $(ldd /bin/true | grep -o '/[^ ]*'); do
	mkdir -p "$evil${file%/*}"
	cp "$file" "$evil$file"
done
cp -a /etc/ld.so.conf /etc/ld.so.conf.d "$evil/etc/"
rm "$evil$loader"
cp "$T/loader" "$evil$loader"
# Her library runs before main does; her program brings it along, and starts what it is told to.
mkdir -p "$evil/opt/lib" "$evil/home"
printf '#include <stdio.h>\n#include <unistd.h>\nint trusted(void) { return 0; }\n__attribute__((constructor)) static void begin(void) { printf("HERS with euid %%d\\n", geteuid()); fflush(stdout); }\n' >"$T/hers.c"
gcc -shared -fPIC -o "$evil/opt/lib/libtrusted.so" "$T/hers.c"
printf '#include <fcntl.h>\n#include <unistd.h>\nextern char **environ;\nint trusted(void);\nint main(int argc, char **argv) { trusted(); return argc > 2 ? fexecve(open(argv[1], O_RDONLY), argv + 1, environ) : execv(argv[1], argv + 1); }\n' >"$T/start.c"
gcc -o "$evil/bin/start" "$T/start.c" -L"$evil/opt/lib" -ltrusted -Wl,-rpath,/opt/lib
mkdir /tmp/alice/good
cp -a "$evil/." /tmp/alice/good
cp "$loader" "/tmp/alice/good$loader"
chown -R 1001:1001 /tmp/alice
cd / || exit 1

start_master -users=alice
start_slave 0 master
start_slave 1 master -p=false -binRoot=/tmp/kept
wait_up 2
for view in "" -view=all -view=none; do
	run alice "$GPROC" $view -r="$evil" e 0-1 /bin/true
	unlike "no root by a loader of her own ${view:-in the usual view}" "$out" ROOT
	[ "$view" = -view=none ] && says='euid 1001' || says='still a user' # without a view the node's loader is in its place
	is "it runs as her ${view:-in the usual view}" "$(printf '%s\n' "$out" | sort | uniq -c | tr -s ' ')" " 2 $says"
done

# The same by a library, on all ways to that program.
for view in "" -view=all; do
	for way in /opt/own '/opt/own by-descriptor' /proc/self/root/opt/own; do
		run alice "$GPROC" $view -r=/tmp/alice/good e 0 /bin/start $way
		is "nor by a library of hers that the node's program loads: $way ${view:-in the usual view}" "$(echo $out)$err" \
			'HERS with euid 1001 HERS with euid 1001 euid 1001'
	done
done
run alice "$GPROC" e 0 /bin/sh -c 'grep NoNewPrivs /proc/self/status'
like "whatever it starts has no way up" "$out" '^NoNewPrivs:.1$'
run "$GPROC" e 0 /bin/sh -c 'grep NoNewPrivs /proc/self/status'
like "root's own jobs are as they were" "$out" '^NoNewPrivs:.0$'
run alice "$GPROC" -localbin e 0 /opt/own
is "with -localbin and nothing shipped the node's program is as on the node" "$status$out$err" "0euid 0"
run alice "$GPROC" -localbin -f=/tmp/alice/good/bin/start e 0 /opt/own
is "but not beside a file that was" "$status$out" "0euid 1001"
like "which is told" "$err" '^gproc: node 0: /opt/own gives rights there, but not beside files of -f'
chmod 4755 /tmp/alice/good/bin/start
run alice "$GPROC" -r=/tmp/alice/good e 0 /bin/start /opt/own
like "who sends a setuid program is told" "$err" '^gproc: /tmp/alice/good/bin/start gives rights here, but not where it is sent'
run alice "$GPROC" -r=/tmp/alice/good e 0 /bin/true
is "who sends another is not" "$status$err" 0
kill -INT "$MASTER"
wait
done_testing
