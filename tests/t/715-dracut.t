#!/bin/sh
# contrib/dracut: an image that dracut makes for Debian's kernel boots with root=gproc as a node.
. tests/cluster.sh
need_kernel x86_64
packages="dracut-core kpartx udev libudev1"
cat >"$T/make" <<'END'
set -e
install -D "$1" /usr/bin/gproc
mkdir -p /etc/gproc
echo '10.66.0.1 master
10.66.0.2 node1' >/etc/gproc/hosts
cp -r contrib/dracut/95gproc /usr/lib/dracut/modules.d/
dracut --quiet --compress "gzip -1" --no-hostonly --modules "base udev-rules kernel-modules gproc" --tmpdir /tmp --force "$2" "$(ls /lib/modules)"
END
image=build/tests-$(basename "$0" .t).image
if [ -z "${GPROC_TEST_INSIDE:-}" ]; then # here the packages can be had
	status=0
	# shellcheck disable=SC2086 # a list
	tests/tools/overlaid build/kernel/x86_64 $packages -- sh "$T/make" "$GPROC" "$image" >"$T/out" 2>&1 || status=$?
	[ $status != 77 ] || skip_all "these packages can't be had: $packages"
	[ $status = 0 ] || { fact 1 "an image is made"; diag "$(tail -n 20 "$T/out")"; done_testing; }
fi
enter_namespaces "$@"
start_cluster 1 --image "$image" --memory 512 --append "ip=10.66.0.2:10.66.0.1::255.255.0.0:node1::off root=gproc"
rm -f "$image"
run g e 1 /bin/uname -n
is "the machine is a node" "$status$err$out" 0node1
like "whose PID 1 is gproc" "$(ramdisk/cluster console 1)" 'gproc init: this is node1'
run g reboot 1
is "it reboots when it is told" "$status" 0
wait_for "$GPROC_CLUSTER/node1.console" 'this is node1' 2
is "and is a node again" "$?" 0
ramdisk/cluster stop
done_testing
