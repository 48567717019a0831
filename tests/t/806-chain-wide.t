#!/bin/bash
# 64 nodes below one master, 100 Mbit/s each: large contents go over each wire about once, sealed.
. tests/lib.sh
TEST_SHELL=bash
enter_namespaces "$@"
. tests/wires.sh

SIZE=6000000
start_cabled 100mbit "" $(flat 64)
run on master "$GPROC" -localbin e . /bin/true
fresh all $SIZE
count_wires
bring all .
all_have 64
wires_at_most $SIZE "64 nodes"
end_tree
done_testing
