#!/bin/sh
# renew on booted nodes of two machines, one below the other: the newer gproc runs under the old path, PID 1 stays as it is and starts its
# next slave from the newer file; a boot brings back what the image has.
. tests/cluster.sh
need_kernel x86_64
need_kernel aarch64
make -s ARCH=aarch64 >/dev/null 2>"$T/why" || skip_all "no gproc for aarch64: $(tail -n 1 "$T/why")"
arm=$PWD/gproc-aarch64
enter_namespaces "$@"
start_cluster 1 --arm 1 --fanout 1 --build "-busybox $(command -v busybox)" # of x86_64: the aarch64 node merely carries it
for machine in x86_64 aarch64; do mkdir -p "$T/roots/$machine/bin"; done
sed 's/0\.1\.0/0.1.9/g' "$GPROC" >"$T/roots/x86_64/bin/gproc"
sed 's/0\.1\.0/0.1.9/g' "$arm" >"$T/roots/aarch64/bin/gproc"
chmod 755 "$T"/roots/*/bin/gproc

versions() {
	g -json i | sed -n 's/.*"node":"\([^"]*\)".*"state":"up".*"version":"\([^"]*\)".*/\1=\2/p' | LC_ALL=C sort -t = -k 1,1 | tr '\n' ' '
}
cd /
is "they are booted alike" "$(versions)" "1=0.1.0 1:2=0.1.0 "
run timeout "$LIMIT_WAIT" "$T/roots/x86_64/bin/gproc" -defaultMasterUDS="$UDS" renew ...
like "another machine's gproc is not taken" "$status $out $err" '^1 .*1:2.*aarch64'
is "the other node has it" "$(versions)" "1=0.1.9 1:2=0.1.0 "
run timeout "$LIMIT_WAIT" "$GPROC" -defaultMasterUDS="$UDS" -r="$T/roots/%m" renew ...
is "each machine has its own from -r" "$status $(versions)" "0 1=0.1.9 1:2=0.1.9 "
run g -localbin e 1 /bin/busybox sh -c 'ls -l /bin/gproc /bin/gproc.newer >/dev/null && echo both'
is "it lies beside the image's" "$status$err$out" 0both
run g -l e 1 /bin/echo works
is "jobs run there" "$status$err$out" "01: works"

# The slave ends as by a fault; PID 1 starts the next one.
g -localbin e 1 /bin/busybox sh -c 'for p in /proc/[0-9]*; do
	read -r _ name _ parent _ <$p/stat && [ "$parent" = 1 ] && [ "$name" = "(gproc)" ] && echo "${p#/proc/}"; done; true' >"$T/slave"
is "the slave is a child of PID 1" "$(wc -l <"$T/slave")" 1
g -detach -localbin e 1 /bin/busybox kill -KILL "$(cat "$T/slave")" >/dev/null 2>&1
back() { [ "$(g -localbin e 1 /bin/busybox sh -c 'for p in /proc/[0-9]*; do
	read -r _ name _ parent _ <$p/stat && [ "$parent" = 1 ] && [ "$name" = "(gproc)" ] && echo "${p#/proc/}"; done' 2>/dev/null)" != "$(cat "$T/slave")" ] &&
	[ "$(versions)" = "1=0.1.9 1:2=0.1.9 " ]; }
ok "the next slave is the newer gproc, too" until_true back

run g -yes reboot 1
is "a boot" "$status" 0
old() { versions | grep -q '^1=0\.1\.0 '; }
ok "brings back the image's" until_true old
done_testing
