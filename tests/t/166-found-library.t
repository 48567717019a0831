#!/bin/sh
# A library that only -L finds on the head is found by the program on the node too, wherever it lies; PWD is the job's own directory.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_flat 2
cd "$T" || exit 1
mkdir lib work
echo 'int answer(void) { return 42; }' >answer.c
echo 'int answer(void); int main(void) { return answer(); }' >ask.c
cc -shared -fPIC -Wl,-soname,libanswer.so.1 -o lib/libanswer.so.1.0 answer.c
ln -s libanswer.so.1.0 lib/libanswer.so.1
ln -s libanswer.so.1 lib/libanswer.so
cc -o ask ask.c -Llib -lanswer
chmod 755 . lib work
run "$GPROC" -L="$T/lib" e . ./ask
is "a program with a library from -L runs" "$status" 42
run "$GPROC" e . ./ask
like "without -L the launch stops, before anything is sent" "$err" "libanswer.so.1, needed by .*ask, is in none of"
cd work || exit 1
run "$GPROC" e 0 /usr/bin/printenv PWD
is "PWD is where the program is" "$out" "/tmp/xproc$T/work"
run "$GPROC" -localbin e 0 /usr/bin/printenv PWD
is "with -localbin as well" "$out" "$T/work"
kill -INT "$MASTER"
wait
done_testing
