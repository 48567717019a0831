#!/bin/sh
# As the README says: the first level starts the second through gproc itself, and it outlives the client.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_flat 3
cp "$GPROC" "$T/gproc"
chmod 755 "$T"
run sh -c 'cd "$0" && exec ./gproc -detach e 0-2 ./gproc -myParent="hostname" -cmdport=6666 -myAddress="127.0.7. hostname hostbase strcat" s' "$T"
is "the launch returns when the second level has been started" "$status" 0
wait_up 6
run "$GPROC" nodes ./.
is "it is below the first" "$out" "0-2,0-2:1"
run "$GPROC" e ./. /bin/uname -n
is "and runs commands" "$status $(printf '%s\n' "$out" | sort | uniq -c | awk '{ print $1, $2 }' | tr '\n' ' ')" \
	"0 2 slave0 2 slave1 2 slave2 "
end_tree
done_testing
