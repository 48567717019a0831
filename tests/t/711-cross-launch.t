#!/bin/sh
# From an x86_64 head: programs for aarch64 on real (emulated) machines of that kind, which have no libc of their own.
. tests/cluster.sh
need_kernel x86_64
need_kernel aarch64
tests/roots arm64 >/dev/null 2>"$T/why" || skip_all "no arm64 root: $(tail -n 1 "$T/why")"
tests/roots amd64 >/dev/null 2>"$T/why" || skip_all "no amd64 root: $(tail -n 1 "$T/why")"
enter_namespaces "$@"
mkdir "$T/roots"
ln -s "$REPO/build/roots/arm64" "$T/roots/aarch64"
ln -s "$REPO/build/roots/amd64" "$T/roots/x86_64"
start_cluster 2 --arm 2
cd "$T"

run g -r=roots/aarch64 e 3-4 /bin/date +%Y
is "-r=ARMROOT e 3-4 /bin/date" "$status$err$out" "0$(date +%Y)
$(date +%Y)"
run g -r=roots/aarch64 -l e 1-4 /bin/date +%Y
is "on nodes of the wrong kind it is not run" "$status" 126
like "which is told" "$err" 'nodes? 1-2'
is "and the others run" "$(printf '%s\n' "$out" | sort)" "3: $(date +%Y)
4: $(date +%Y)"
run g -r='roots/%m' -l e ./. /bin/uname -m
is "-r='roots/%m' runs each node's own" "$status$err$(printf '%s\n' "$out" | sort | tr '\n' ' ')" "01: x86_64 2: x86_64 3: aarch64 4: aarch64 "
run g -r='roots/%m' e 2-3 /bin/bash -c 'exec /bin/bash -c "echo \$BASH_VERSION on \$HOSTTYPE"'
like "a shell and what it starts" "$out" 'on aarch64$'
like "of both kinds" "$out" 'on x86_64$'

cat >a.c <<'END'
#include <stdio.h>
#include <gnu/libc-version.h>
int main(int argc, char **argv) { return printf("%s %d %d\n", argv[0], argc, gnu_get_libc_version()[0] == '2') < 0 ? 1 : 7; }
END
if aarch64-linux-gnu-gcc -o a.out a.c 2>"$T/err"; then
	run g -r=roots/aarch64 e 3-4 ./a.out x
	is "./a.out, cross-built on the head" "$status$out" "7./a.out 2 1
./a.out 2 1"
else
	skip "./a.out, cross-built on the head" "aarch64-linux-gnu-gcc or its libc is not there"
fi
cd "$REPO" || exit
ramdisk/cluster stop
done_testing
