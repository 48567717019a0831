#!/bin/sh
# The tree is drawn as a tree too where nodes on the way are none that is shown.
. tests/lib.sh
enter_namespaces "$@"
start_master
start_slave 1 master
start_slave 2 master
start_slave 3 slave1
start_slave 4 slave1
start_slave 5 slave2
wait_up 5

# drawn [nodes]: the tree's lines up to the paths.
drawn() {
	"$GPROC" i "$@" | sed -n '2,$s/ *\(- [0-9:]*\).*/\1/p'
}

is "all of it" "$(drawn)" "|- 1
|  |- 1:3
|  \`- 1:4
\`- 2
   \`- 2:5"
is "a part, without its parents" "$(drawn 1-2:.)" "|- 1
|  |- 1:3
|  \`- 1:4
\`- 2
   \`- 2:5"
is "one node" "$(drawn 1:4)" "\`- 1
   \`- 1:4"

# Nodes of a master that is gone find the next one, which has never heard of those on the way.
kill -KILL "$SLAVE_1" "$SLAVE_2" "$MASTER"
wait "$SLAVE_1" "$SLAVE_2" "$MASTER" 2>/dev/null
start_master
wait_up 3
is "below nodes that never came" "$(drawn)" "|- 1
|  |- 1:3
|  \`- 1:4
\`- 2
   \`- 2:5"
done_testing
