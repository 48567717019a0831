#!/bin/bash
# A keeper that clears away with the lowest priority has left its job's mounts before: the kernel has one lock for all mounts, and who
# holds it while others have the processors keeps all jobs from starting.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master
start_deep

# keepers NUMBER: looks at the keepers of a node: the nice ones, and those of them that still have mounts of their own.
keepers() {
	local daemon keeper line
	daemon=$(pid_of_slave "$1")
	for keeper in $(<"/proc/$daemon/task/$daemon/children"); do
		read -r line 2>/dev/null <"/proc/$keeper/stat" || continue
		set -- ${line##*) }
		[ "${17}" = 19 ] || continue
		nice=$((nice + 1))
		[ ! "/proc/$keeper/ns/mnt" -ef "/proc/$daemon/ns/mnt" ] || continue
		[ ! -e "/proc/$keeper/ns/mnt" ] || holding="$holding $keeper"
	done
} 2>/dev/null

nice=0 holding=
(for ((i = 0; i < 30; i++)); do "$GPROC" e ... /bin/true; done) &
launches=$!
while kill -0 $launches 2>/dev/null; do
	for ((n = 0; n < 14; n++)); do keepers $n; done
done
diag "$nice looks at one that clears away"
is "none of them holds mounts" "$holding" ""
done_testing
