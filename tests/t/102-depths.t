#!/bin/sh
# Trees of depth 1, 2 and 3, and node counts one below, at and above the fan-out: everyone runs once, whatever names them.
. tests/lib.sh
enter_namespaces "$@"

# selects SPEC NUMBERS: the host numbers that the spec runs on.
selects() {
	run "$GPROC" e "$1" /bin/uname -n
	is "$1 runs on $2" "$status $(printf '%s\n' "$out" | sed 's/slave//' | sort -n | tr '\n' ' ')" "0 $2 "
}

for n in 1 2 3; do
	start_master
	start_flat "$n"
	selects . "$(seq -s ' ' 0 $((n - 1)))"
	selects ... "$(seq -s ' ' 0 $((n - 1)))"
	end_tree
done

for n in 3 4 5 7; do # about a fan-out of 3
	start_master
	start_tree "$n" 3
	selects ./. "$(seq -s ' ' 0 $((n - 1)))"
	selects . "0 1 2"
	end_tree
done

start_master
start_deep
selects ... "0 1 2 3 4 5 6 7 8 9 10 11 12 13"
selects ./. "0 1 2 3 4 5"
selects ././. "0 1 2 3 4 5 6 7 8 9 10 11 12 13"
selects . "0 1"
selects 1/. "1 4 5"
selects 0/2/6 "0 2 6"
selects 0:2:6 "6"
selects 0:2:. "6 7"
selects 1:... "4 5 10 11 12 13"
selects 0-1:4-. "4 5"
selects 1,0:3,1:5:12 "1 3 12"
selects 1,1,.,1 "0 1"
run "$GPROC" -x 0:... e ... /bin/uname -n
is "-x leaves a subtree out" "$(printf '%s\n' "$out" | sed 's/slave//' | sort -n | tr '\n' ' ')" "0 1 4 5 10 11 12 13 "
for spec in ... ./. 1/. 0:2:. 1,0:3,1:5:12; do
	folded=$("$GPROC" nodes "$spec")
	is "$spec, printed as $folded, selects the same again" "$("$GPROC" nodes "$folded")" "$folded"
done
run "$GPROC" nodes 1/.
is "a printed path is written with colons" "$out" "1,1:4-5"
end_tree
done_testing
