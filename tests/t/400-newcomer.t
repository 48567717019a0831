#!/bin/sh
# A newcomer with three machines, led by nothing but the messages: no key is there to begin with, and no address is loopback.
. tests/lib.sh
enter_namespaces "$@"
start_network
mkdir -p /etc/gproc

# newcomer NAME WORDS...: gproc on a machine whose /etc/gproc is its own.
newcomer() {
	newcomer_name=$1
	shift
	host "$newcomer_name" sh -c 'mount -t tmpfs gproc-test /etc/gproc && rmdir /etc/gproc 2>/dev/null; exec "$@"' sh "$GPROC" "$@"
}
# told NAME REGEX: waits until that machine's gproc has said so; the line is in $line.
told() {
	eval "told_pid=\$HOST_$1"
	until line=$(grep -E "$2" "$T/$1.log"); do kill -0 "$told_pid" 2>/dev/null || break; done
	like "$1 says what is to be done" "$line" "$2"
}

newcomer slave0 -myParent=master s
told slave0 'no key at /etc/gproc/key: copy .* looking again'
first=$line
newcomer master m
told master "made the cluster's key"
made=$line
id=$(printf '%s\n' "$made" | sed -n "s/.*key, \([0-9a-f]*\),.*/\1/p")
newcomer slave1 -myParent=10.9.254.1 s
told slave1 'no key at /etc/gproc/key: copy .* looking again'

# What stands between quotes is run where it was said, with an scp that needs no server.
mkdir /etc/bin # each machine has a /tmp of its own
cat >/etc/bin/scp <<END
#!/bin/sh
[ "\$1" = -p ] && case \$2 in master:* | 10.9.254.1:*) exec cp -p "/proc/$HOST_master/root\${2#*:}" "\$3" ;; esac
exit 1
END
chmod 755 /etc/bin/scp
for name in slave0 slave1; do
	command=$(sed -n 's/.*"\(.*\)".*/\1/p' "$T/$name.log")
	ok "$name: its own words, run: $command" on "$name" env PATH="/etc/bin:$PATH" sh -ec "$command"
done
up_on master 2
run on master sh -c 'cd / && exec "$@"' sh "$GPROC" e . /bin/sh -c 'echo $GPROC_NODE'
is "a working tree" "$status$err $(printf '%s\n' "$out" | sort | tr '\n' ' ')" "0 1 2 "
is "each was told once" "$(grep -c 'no key' "$T/slave0.log")" 1
is "the key has one name everywhere" "$(on slave1 head -n 1 /etc/gproc/key | grep -c " $id")" 1

# A machine with another cluster's key: both ends name both keys, once.
"$GPROC" keygen -key=/etc/other 2>"$T/keygen"
other=$(sed -n 's/.*made the key \([0-9a-f]*\) .*/\1/p' "$T/keygen")
newcomer slave2 -key=/etc/other -myParent=master s
told slave2 "the peer's key is $id, ours $other"
until grep -q "$other" "$T/master.log"; do kill -0 "$HOST_master" || break; done
like "and the other end does" "$(cat "$T/master.log")" "10\\.9\\..*the peer's key is $other, ours $id"
# The pauses grow from a tenth of a second: by the time a third look at the parent has come, a line for each would show.
newcomer slave3 -key=none -myParent=master s
told slave3 "this end has -key=none, the peer the key $id: both must have the same"
until grep -q 'key=none' "$T/master.log"; do kill -0 "$HOST_master" || break; done
is "each end says it once, whatever it counts from then on" "$(grep -v 'more)' "$T/master.log" | grep -c "$other")$(grep -c "$other" "$T/slave2.log")$(grep -c none "$T/slave3.log")" 111
kill -INT "$HOST_master"
kill "$HOST_slave2" "$HOST_slave3"
wait
is "nobody is left" "$(gprocs_left)" ""
done_testing
