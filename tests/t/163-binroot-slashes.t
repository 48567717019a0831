#!/bin/sh
# A binRoot written with slashes too many is the same directory.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_slave 0 master -binRoot=/tmp//xproc/
wait_up 1
mkdir "$T/job"
echo one >"$T/job/one"
cd "$T/job" || exit 1

for root in /tmp/xproc /tmp/xproc/ //tmp/xproc///; do
	run "$GPROC" -binRoot="$root" -f=one e 0 /bin/sh -c 'cat "$1"; echo "$GPROC_ROOT"' sh "/tmp/xproc$T/job/*"
	is "-binRoot=$root" "$status$err $out" "0 one
/tmp/xproc"
done
run "$GPROC" -binRoot=// e 0 /bin/true
is "the root directory is none" "$status $err" "2 gproc: -binRoot=//: give an absolute path other than /"
done_testing
