#!/bin/sh
# gproc eval tries a formula at a desk.
. tests/lib.sh

run "$GPROC" eval -hostname=slave12 'hostname hostbase 4 %'
is "words in one argument" "$out$err" 0
run "$GPROC" eval -hostname=slave13 slave hostname hostbase 4 % strcat
is "words in several" "$out$err" slave1
run "$GPROC" eval 5 -3 +
is "a negative number is no switch" "$out$err" 2
run "$GPROC" eval hostname
is "the host name is this machine's by default" "$out" "$(uname -n)"
run "$GPROC" eval 40 20 roundup
is "roundup" "$out" 40
run "$GPROC" eval no yes 0 ifelse
is "ifelse: 0 takes the one below it, as the README says" "$out" yes
run "$GPROC" eval no yes 1 ifelse
is "ifelse: else the one below that" "$out" no
for words in + '1 +' '1 x +' '1 0 /' '1 0 %' '1 0 roundup' '1 2' 'r1n05 hostbase' '9223372036854775807 1 +'; do
	run "$GPROC" eval "$words"
	is "'$words' is an error" "$status$out" 2
	like "and told" "$err" '^gproc: .'
done
done_testing
