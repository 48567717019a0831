# Inside namespaces of its own (contrib/apart) a test has what it writes to for itself: . tests/places.sh, then private_places.

# The source tree stays reachable, in $REPO: one below a directory that is covered, or out of other users' reach, is bound to /mnt before.
private_places() {
	places_move=no
	case $REPO in
	/tmp/* | /run/*) places_move=yes ;;
	*) setpriv --reuid=65534 --regid=65534 --clear-groups test -r "$REPO/Makefile" || places_move=yes ;;
	esac
	if [ "$places_move" = yes ]; then
		mount --bind "$REPO" /mnt
		REPO=/mnt
	fi
	mount -t tmpfs -o mode=1777 gproc-test /tmp
	mount -t tmpfs gproc-test /run
	[ ! -d /dev/shm ] || mount -t tmpfs -o mode=1777 gproc-test /dev/shm
	unset TMPDIR XDG_CACHE_HOME
	export HOME=/tmp/home
	mkdir -p "$HOME"
	ip link set lo up
	cd "$REPO" || exit 1
}
