#!/bin/sh
# Programs of all kinds run on a node whose root holds nothing but gproc, and on one with another libc in its own /lib.
. tests/lib.sh
enter_namespaces "$@"
export LC_ALL=C
start_master

start_bare 0 ''
BARE=$SLAVE
# Node 1 has /proc and /dev, and a musl libc with a program that needs it.
printf 'int puts(const char *);\nint main(void) { return puts("own libc") < 0; }\n' >"$T/own.c"
musl-gcc -o "$T/own" "$T/own.c" || skip_all "no musl-gcc"
musl_libc=$(realpath "$(readelf -lW "$T/own" | sed -n 's/.*interpreter: \(.*\)\]/\1/p')")
start_bare 1 "mkdir lib bin; cp '$musl_libc' lib/libc.so; ln -s libc.so lib/ld-musl-$(uname -m).so.1; cp '$T/own' bin/own
	mount -t proc proc proc; mount --bind /dev dev"
MUSL=$SLAVE
wait_up 2
before=$(find "/proc/$BARE/root" "/proc/$MUSL/root/lib" "/proc/$MUSL/root/bin" -xdev | sort)
mounts=$(cat "/proc/$BARE/mountinfo")

# works NAME WANTED-REGEX [switches] e 0-1 COMMAND...: on both nodes, with the same answer.
works() {
	name=$1 want=$2
	shift 2
	run "$GPROC" "$@"
	is "$name: status" "$status$err" 0
	is "$name: both answer" "$(printf '%s\n' "$out" | grep -Ec "$want")" 2
}

works "date" '[0-9]:[0-9][0-9]' e 0-1 /bin/date
mkdir "$T/job"
cd "$T/job" || exit 1
cat >script.sh <<'S'
#!/bin/bash
[ -n "$(date)" ] && [ -n "$(/bin/date)" ] && echo dates
S
printf '#!/usr/bin/env bash\necho by env $0\n' >env.sh
chmod 755 script.sh env.sh
works "a script that calls what was sent, by name and by path" '^dates$' -f=/bin/date e 0-1 ./script.sh
works "a script of env" '^by env .*env.sh$' e 0-1 ./env.sh
if command -v perl >/dev/null; then
	works "perl with its modules" '^3$' -f="$(dirname "$(perl -MConfig -e 'print $INC{"Config.pm"}')")" \
		e 0-1 /usr/bin/perl -MList::Util=sum -e 'print sum(1, 2), "\n"'
fi
if [ -x /usr/bin/python3 ]; then
	python_lib=$(/usr/bin/python3 -c 'import os; print(os.path.dirname(os.__file__))')
	works "python with its modules" '^\{"a": 1\}$' -f="$python_lib" e 0-1 "$(realpath /usr/bin/python3)" -c \
		'import json; print(json.dumps({"a": 1}))'
fi
printf '#include <stdio.h>\nint main(void) { puts("fine"); }\n' >fine.c
musl-gcc -o fine-musl fine.c
works "a musl program" '^fine$' e 0-1 ./fine-musl
gcc -static-pie -o fine-pie fine.c
works "a static-pie program" '^fine$' e 0-1 ./fine-pie
mkdir lib
printf 'int seven(void) { return 7; }\n' >seven.c
printf '#include <stdio.h>\nint seven(void);\nint main(void) { printf("%%d\\n", seven()); }\n' >origin.c
gcc -shared -fPIC -o lib/libseven.so seven.c
gcc -o origin origin.c -Llib -lseven '-Wl,-rpath,$ORIGIN/lib'
works "a library beside its program, by \$ORIGIN" '^7$' e 0-1 ./origin
works "an empty environment" '^A=1$' e 0-1 /usr/bin/env -i A=1 /usr/bin/env
works "the program's own path" '/bin/readlink$' e 0-1 /bin/readlink /proc/self/exe
run "$GPROC" e 1 /bin/sh -c '/bin/own'
is "the node's own program still uses the node's libc" "$out$err" "own libc"
run sh -c 'cd / && exec "$0" -localbin e 1 /bin/own' "$GPROC"
is "and runs by -localbin" "$out$err" "own libc"
for view in all none; do
	works "-view=$view" '[0-9]:[0-9][0-9]' -view=$view e 0-1 /bin/date
done
jobs=
for i in 1 2 3 4 5 6 7 8; do
	"$GPROC" e 0-1 /bin/echo "$i" >"$T/out.$i" 2>&1 &
	jobs="$jobs $!"
done
for job in $jobs; do wait "$job"; done
is "several jobs at once" "$(cat "$T"/out.* | sort | uniq -c | awk '{ print $1 ":" $2 }' | tr '\n' ' ')" \
	"2:1 2:2 2:3 2:4 2:5 2:6 2:7 2:8 "
cd "$REPO" || exit 1
is "the nodes' roots are as they were" \
	"$(find "/proc/$BARE/root" "/proc/$MUSL/root/lib" "/proc/$MUSL/root/bin" -xdev | sort)" "$before"
same_mounts() { [ "$(cat "/proc/$BARE/mountinfo")" = "$mounts" ]; }
ok "so are the mounts" until_true same_mounts
end_tree
done_testing
