#!/bin/bash
# A launch as large as a frame reaches the nodes or is refused, and harms no link either way.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_flat 16
ulimit -s unlimited # what exec takes in words and environment grows with it

# large BYTES: a launch with so many bytes in its environment, in words of less than the kernel's 128 KiB.
large() {
	run perl -e 'my $n = shift; %ENV = (PATH => $ENV{PATH});
		for (my $i = 0; $n > 0; $i++) { my $len = $n > 100000 ? 100000 : $n; $ENV{"V$i"} = "x" x $len; $n -= $len }
		exec @ARGV' "$1" "$GPROC" e . /bin/true
}

large 1000000
is "a million bytes" "$status $err" "0 "
large 4194304
like "more than a frame holds is refused by the client" "$err" "arguments and environment take [0-9]* bytes"
taken=$(printf '%s\n' "$err" | sed -n 's/.*environment take \([0-9]*\) bytes.*/\1/p')
large $((4194304 - (taken - (4194304 - 13))))
is "one that fills a frame to the last byte, but not with what each node must know besides, is refused by the master" "$status" 255
like "who says why" "$err" "than a message holds"
run "$GPROC" i
like "no node was lost" "$out" "^16 up"
unlike "no link ended" "$(cat "$T/master.log")" "lost"
done_testing
