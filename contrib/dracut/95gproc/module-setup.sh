#!/bin/bash
# dracut: takes gproc, every network driver and the overlay file system into the image. Boot it with root=gproc.
# Belongs in /usr/lib/dracut/modules.d/95gproc. The cluster's key is never taken in: it is a second initrd.
# gproc has to be PID 1, so systemd stays out: dracut --no-hostonly --modules "base udev-rules kernel-modules gproc" FILE VERSION

check() {
	require_binaries gproc || return 1
	return 255 # only when it is asked for
}

depends() {
	echo base
}

installkernel() {
	hostonly='' instmods =drivers/net overlay
}

install() {
	inst_simple "$(command -v gproc)" /bin/gproc
	inst_hook cmdline 95 "$moddir/root-gproc.sh"
	inst_hook pre-mount 99 "$moddir/become-gproc.sh"
	# The names of the cluster, where there is a file of them.
	if [ -e "${dracutsysrootdir-}/etc/gproc/hosts" ]; then
		inst_simple /etc/gproc/hosts /etc/hosts
	fi
}
