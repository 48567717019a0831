#!/bin/sh
# ramdisk/build: the same input gives the same bytes, modules come in the order they load in, and an image stays small.
. tests/cluster.sh
need_kernel x86_64
need_kernel aarch64

# build NAME SWITCHES...
build() {
	build_name=$1
	shift
	run ramdisk/build "$@" -o "$T/$build_name"
}
size() {
	wc -c <"$T/$1"
}

build alone -gproc "$GPROC"
is "an image of gproc alone is built" "$status$err" 0
ok "is below 300 KiB" test "$(size alone)" -lt $((300 * 1024))
like "the table says what takes how much" "$out" '^gproc +[0-9]+ +[0-9]+$'
build net -gproc "$GPROC" -kernel build/kernel/x86_64
is "one with the kernel's modules" "$status$err" 0
ok "is below 1 MiB" test "$(size net)" -lt 1048576
like "it has the driver" "$out" '^virtio_net.ko '
xz -dc "$T/net" 2>/dev/null | cpio -i --quiet --to-stdout etc/gproc/modules >"$T/modules"
is "modules stand behind what they need" \
	"$(sed 's|.*/||' "$T/modules" | grep -nE '^(virtio_ring|virtio|failover|net_failover|virtio_net).ko' | cut -d: -f2 | tr '\n' ' ')" \
	"virtio_ring.ko virtio.ko failover.ko net_failover.ko virtio_net.ko "
build shell -gproc "$GPROC" -kernel build/kernel/x86_64 -busybox "$(command -v busybox)"
ok "with busybox it is below 2.5 MiB" test "$(size shell)" -lt 2621440

# The same again, from files that are as another user, time and folder would have them.
mkdir "$T/other"
cp "$GPROC" "$T/other/gproc"
chmod 700 "$T/other/gproc"
touch -d 2001-01-01 "$T/other/gproc"
export TMPDIR="$T/other"
build again -gproc "$T/other/gproc" -kernel build/kernel/x86_64
is "the same input" "$status" 0
ok "gives the same bytes" cmp "$T/net" "$T/again"
is "and leaves nothing behind" "$(ls "$T/other")" gproc

mkdir -p "$T/tree/sub"
echo text >"$T/tree/sub/file"
build added -gproc "$GPROC" -compress=none -add "$T/tree:/opt/tree" -add "$T/tree/sub/file:/etc/motd"
is "files and folders are added" "$(cpio -t --quiet <"$T/added" | grep -E 'opt|motd' | tr '\n' ' ')" \
	"etc/motd opt opt/tree opt/tree/sub opt/tree/sub/file "
for how in gzip zstd; do
	build "$how" -gproc "$GPROC" -compress $how
	is "-compress $how" "$status" 0
	is "is padded for a second archive" "$(($(size $how) % 4))" 0
done

[ -x "$GPROC-aarch64" ] && {
	build arm -gproc "$GPROC-aarch64" -kernel build/kernel/aarch64
	is "an image for aarch64" "$status$err" 0
	ok "is below 1 MiB" test "$(size arm)" -lt 1048576
}
build bad -gproc "$GPROC" -kernel build/kernel/x86_64 -modules no_such
is "an unknown module is an error" "$status$err" "1build: this kernel has no module no_such"
build bad -gproc "$T/nothing"
like "a missing binary is one" "$status$err" '^1build: .*nothing is not there'
build bad -compress=best
like "an unknown way to compress is one" "$status$err" '^1build: -compress is'
run ramdisk/build -nothing
is "wrong usage is told" "$status" 1
ok "a failure leaves no image" test ! -e "$T/bad"
done_testing
