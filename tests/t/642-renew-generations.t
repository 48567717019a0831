#!/bin/sh
# renew between generations of the protocol: a head of the next one renews the nodes of this one, those below others too, which then run its
# jobs; and a client of the next one has a head of this one renew its nodes before the head itself. The next one is built from these sources.
. tests/lib.sh
next=build/next/gproc
if [ -z "${GPROC_TEST_INSIDE:-}" ]; then
	mkdir -p build/next
	for file in Makefile ./*.[ch] base ship link run node client init; do cp -pRu "$file" build/next/; done
	awk '$2 == "PROTO_GENERATION" { $3++ } { print }' proto.h >build/next/proto.h.new
	cmp -s build/next/proto.h.new build/next/proto.h || mv build/next/proto.h.new build/next/proto.h
	make -s -C build/next VERSION=0.2.0 gproc >build/next/log 2>&1 || skip_all "no other build can be made here: $(tail -n 1 build/next/log)"
fi
enter_namespaces "$@"
OWN_COPIES=1
this=$GPROC next=$REPO/$next
cd / || exit 1

versions() {
	"$1" -json i | sed -n 's/.*"node":"\([^"]*\)".*"state":"up".*"version":"\([^"]*\)".*/\1=\2/p' | LC_ALL=C sort -t = -k 1,1 | tr '\n' ' '
}
# tree HEAD: three nodes of this generation, one below another.
tree() {
	GPROC=$1
	start_master
	GPROC=$this
	start_slave 0 master
	start_slave 1 slave0
	start_slave 2 master
	GPROC=$1
	wait_up 3
}

tree "$next"
is "nodes of this generation below a head of the next" "$(versions "$next")" "0=0.1.0 0:1=0.1.0 2=0.1.0 "
run "$next" e ... /bin/echo works
like "run none of its jobs" "$status $err" '^255 .*another generation of the protocol'
run timeout "$(limit 100)" "$next" renew ...
is "they are renewed" "$status $err $(versions "$next")" "0  0=0.2.0 0:1=0.2.0 2=0.2.0 "
run "$next" e ... /bin/echo works
is "and run them" "$status $err $(echo $out)" "0  works works works"
end_tree_of_three() {
	kill -INT "$MASTER"
	wait "$MASTER"
	is "the tree ends" $? 0
	for i in 0 1 2; do wait "$(pid_of_slave $i)"; done
}
end_tree_of_three

# The nodes first, and the head last.
tree "$this"
run timeout "$(limit 100)" "$next" renew ...
is "a head of this generation has its nodes renewed for a client of the next" "$status $err $(versions "$this")" "0  0=0.2.0 0:1=0.2.0 2=0.2.0 "
run "$this" e ... /bin/echo works
like "they run none of its jobs" "$status $err" '^255 .*another generation of the protocol'
kill -TERM "$MASTER"
wait "$MASTER" 2>/dev/null
GPROC=$next
start_master
wait_up 3
run "$next" e ... /bin/echo works
is "but those of a head of the next" "$status $err $(echo $out)" "0  works works works"
end_tree_of_three
done_testing
