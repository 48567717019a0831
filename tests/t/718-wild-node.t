#!/bin/bash
# A booted node with a second network card without a cable, a console that nobody reads, jobs that fill its memory, and a power button.
. tests/cluster.sh
need_kernel x86_64
ulimit -Sn 1024 # what any node allows: no note on limits
TEST_SHELL=bash enter_namespaces "$@"
command -v python3 >/dev/null || skip_all "no python3"

# A reader of the console who stops reading at SIGUSR1, and keeps the line.
python3 -c '
import socket, signal, sys, time
reads = True
def stop(*_):
    global reads
    reads = False
signal.signal(signal.SIGUSR1, stop)
while True:
    try:
        s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); break
    except OSError:
        time.sleep(0.05)
out = open(sys.argv[2], "ab", 0)
s.settimeout(0.1)
while reads:
    try:
        data = s.recv(65536)
        out.write(data)
        if not data: break
    except socket.timeout:
        pass
signal.pause()' "$T/serial" "$T/serial.log" &
reader=$!
start_cluster 1 --build "-modules ?virtio_mmio,virtio_pci,virtio_net,overlay,8021q,?button,?evdev" \
	--qemu "-serial unix:$T/serial,server=on,wait=off -monitor unix:$T/monitor,server=on,wait=off -nic tap,ifname=loose,script=no,downscript=no,model=virtio" \
	--append "ip=10.66.0.2:10.66.0.1::255.255.0.0:node1 vlan=backbone7:eth1 ip=10.8.7.2:::24::backbone7:off ip=10.8.5.2:::24::eth1.5:off"
is "it comes up" "$(g i | grep -c node1)" 1
run g e 1 /bin/busybox sh -c 'cat /proc/net/vlan/backbone7; busybox ip -4 addr show dev backbone7; ls /sys/class/net'
like "a VLAN of vlan= is made" "$out" 'VID: 7'
like "and has its address" "$out" 'inet 10.8.7.2/24'
like "so is one that ip= names alone" "$out" '^eth1\.5$'

run g e 1 /bin/busybox sh -c 'busybox dd if=/dev/zero of=/tmp/fill bs=1M; busybox dd if=/dev/zero of=/dev/shm/fill bs=1M; echo filled'
is "jobs that fill /tmp and /dev/shm meet their end" "$out" filled
like "with a word" "$err" 'No space left'
run g e 1 /bin/busybox echo alive
is "and the node has memory for others" "$status$err$out" 0alive

kill -USR1 $reader
g -detach e 1 /bin/busybox sh -c 'while :; do busybox dd if=/dev/zero of=/dev/console bs=64k; done' >/dev/null
run g e 1 /bin/busybox echo alive
is "while a job floods a console that nobody reads the node lives" "$status$err$out" 0alive
node=$(pid_of 1)
run g halt 1
is "it takes the order to halt" "$status" 0
# The kernel waits for each character of its own that the line does not take, and told of that at length on the same line, which never ended.
ok "and does, whatever its kernel has to say" wait_gone "$node"

kill $reader
ok "it is booted again" ramdisk/cluster boot 1
run g i -wait=1 -timeout=${LIMIT_WAIT}s
is "and joins" "$status" 0
node=$(pid_of 1)
python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
# QEMU reads a byte at a time, and nothing more when the other end has gone: until it prompts again.
def prompted():
    said = b""
    while b"(qemu) " not in said:
        more = s.recv(1000)
        if not more: break
        said += more
prompted(); s.sendall(b"system_powerdown\n"); prompted()' "$T/monitor"
ok "the power button ends it" wait_gone "$node"
ramdisk/cluster stop
done_testing
