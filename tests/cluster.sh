# Helpers of the test scripts that boot machines: . tests/cluster.sh instead of tests/lib.sh, then need_kernel for each kind of machine,
# then enter_namespaces. The cluster is ramdisk/cluster's, in the test's own namespaces: it ends with the script whatever happens.
. tests/lib.sh

GPROC=$REPO/gproc # the image wants the static one
LIMIT_WAIT=$(limit 100) # seconds; what takes longer will never come
LIMIT=$(limit 150)s # of ramdisk/cluster: so that a failure still shows the consoles
export LIMIT

# need_kernel MACHINE: from Debian's packages, kept in build/kernel.
need_kernel() {
	command -v "qemu-system-$1" >/dev/null || skip_all "no qemu-system-$1"
	need_why=$(timeout "$(limit 300)" ramdisk/kernel "$1" "build/kernel/$1" 2>&1) ||
		skip_all "no kernel for $1: $(printf '%s' "$need_why" | tail -n 1)"
}

# start_cluster N [switches of ramdisk/cluster]
start_cluster() {
	export GPROC GPROC_CLUSTER="$T/cluster"
	UDS=$GPROC_CLUSTER/g
	ramdisk/cluster "$@" >"$T/cluster.log" 2>&1 && return
	fact 1 "the cluster comes up"
	show_consoles
	done_testing
}

# The client of this cluster.
g() {
	"$GPROC" -defaultMasterUDS="$UDS" "$@"
}

# pid_of NODE: its QEMU.
pid_of() {
	ramdisk/cluster pid "$1"
}

show_consoles() {
	diag "$(cat "$T/cluster.log")"
	for console in "$GPROC_CLUSTER"/*.console; do
		diag "$(echo "$console"; grep -v '^\[' "$console" | tail -n 15)"
	done
}

# wait_gone PID: until the process has ended; fails when it does not.
wait_gone() {
	timeout "$LIMIT_WAIT" sh -c 'while read -r _ name state _ 2>/dev/null <"/proc/$0/stat" && [ "$state" != Z ]; do sleep 0.1; done' "$1"
}

# wait_for FILE REGEX [COUNT]: until so many lines match.
wait_for() {
	timeout "$LIMIT_WAIT" sh -c 'until [ "$(grep -Ec -e "$1" "$0")" -ge "$2" ]; do sleep 0.1; done' "$1" "$2" "${3:-1}"
}
