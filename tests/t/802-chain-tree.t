#!/bin/bash
# In a tree of two levels, 8 below the master and 8 below each, all is one chain: each wire carries large contents about once, also where
# those on the way don't take part; then their parents pass them on once.
. tests/lib.sh
TEST_SHELL=bash
enter_namespaces "$@"
. tests/wires.sh

SIZE=4000000
start_cabled 20mbit "" $(eights 8)
run on master "$GPROC" -localbin e ... /bin/true
fresh one $SIZE
bring one 0
alone=$took
fresh all $SIZE
count_wires
bring all ...
all_have 72
wires_at_most $SIZE "8 x 8 and the 8 above them"
ok "in not much more time than one node takes ($took ms, $alone)" test "$took" -lt $((3 * alone))
fresh leaves $SIZE
count_wires
bring leaves .:.
all_have 64
wires_at_most $SIZE "the 64 below alone"
end_tree
done_testing
