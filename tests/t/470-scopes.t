#!/bin/sh
# A digest opens nothing: whoever knows or guesses one of another user's file, or manifest, is asked for it like everybody, whatever is
# claimed of it; what lies in the store for one user, root too, is not there for another. Done with a client of the thief's own.
. tests/lib.sh
enter_namespaces "$@"
users alice bob
built thief
alice() {
	setpriv --reuid=1001 --regid=1001 --clear-groups timeout "$(limit 120)" "$@"
}
bob() {
	setpriv --reuid=1002 --regid=1002 --clear-groups timeout "$(limit 120)" "$@"
}
cd / || exit 1
start_master -users=alice,bob -store=256m
start_flat 2

# Bob's file, which only he may read, as the real client sends it; it stays in the stores of the master and of node 0.
mkdir -m 700 /tmp/bob
echo pin4711 >/tmp/bob/pin
chmod 600 /tmp/bob/pin
chown -R 1002:1002 /tmp/bob
run bob "$GPROC" -f=/tmp/bob/pin e 0 /bin/cat /tmp/xproc/tmp/bob/pin
is "bob's job reads his file" "$status$out$err" 0pin4711
is "of ten thousand guesses at it the right one is asked for like the others" \
	"$(alice "$thief" /tmp/g 0 guess private pin 10000 | grep -v '^failed')" \
	"$(printf 'asked manifest 1001\nasked program 1001\nall asked')"
is "so they are at the master, which has it too" "$(alice "$thief" /tmp/g 1 guess private pin 10000 | grep asked | tail -n 1)" "all asked"
is "and when all are claimed to be public" "$(alice "$thief" /tmp/g 0 guess public pin 10000 | grep asked | tail -n 1)" "all asked"
# The same while his job holds it.
mkfifo "$T/running"
bob "$GPROC" -f=/tmp/bob/pin e 0-1 /bin/sh -c 'echo running; sleep 600' >"$T/running" 2>"$T/bob" &
bob=$!
exec 6<"$T/running"
read -r _ <&6
read -r _ <&6
is "and while his job has it in use" "$(alice "$thief" /tmp/g 0-1 guess private pin 10000 | grep asked | tail -n 1)" "all asked"

# What bob and root have sent by clients that a thief can do exactly as.
is "an owner is asked once, in his own scope" "$(bob "$thief" /tmp/g 0 own private secret | tr '\n' ' ')" \
	"asked manifest 1002 asked program 1002 asked loot 1002 out secretexited 0 "
is "and not again" "$(bob "$thief" /tmp/g 0 own private secret | tr '\n' ' ')" "out secretexited 0 "
is "at another node the master has it" "$(bob "$thief" /tmp/g 1 own private secret | tr '\n' ' ')" "out secretexited 0 "
is "root's scope is 0" "$("$thief" /tmp/g 0 own private root | tr '\n' ' ')" "asked manifest 0 asked program 0 asked loot 0 out rootexited 0 "
for node in 0 1; do
	for text in secret root; do
		is "node $node: with the digest of $text's manifest alone nothing runs" \
			"$(alice "$thief" /tmp/g $node manifest private $text | tr '\n' ' ')" \
			"asked manifest 1001 failed a thief has nothing "
		is "with that of the file it is asked for" "$(alice "$thief" /tmp/g $node take private $text | sed '/program\|manifest/d' | tr '\n' ' ')" \
			"asked loot 1001 failed a thief has nothing "
		is "and as a public one" "$(alice "$thief" /tmp/g $node take public $text | sed '/program\|manifest/d' | tr '\n' ' ')" \
			"asked loot public failed a thief has nothing "
	done
done
is "root has no way into a user's either but by asking" "$("$thief" /tmp/g 0 take private secret | grep loot)" "asked loot 0"

# What somebody chose to publish is everybody's, but nobody's private file by that.
is "a published file is asked for in the public scope" "$(bob "$thief" /tmp/g 0 own public shown | grep loot)" "asked loot public"
is "and is there for others" "$(alice "$thief" /tmp/g 0 take public shown | sed '/program\|manifest/d' | tr '\n' ' ')" "out shownexited 0 "
is "but in nobody's own scope" "$(alice "$thief" /tmp/g 0 take private shown | sed '/program\|manifest/d' | tr '\n' ' ')" \
	"asked loot 1001 failed a thief has nothing "
is "a manifest is not public whatever it names" "$(alice "$thief" /tmp/g 0 manifest public shown | tr '\n' ' ')" \
	"asked manifest 1001 failed a thief has nothing "
kill "$bob"
wait "$bob"
run bob "$GPROC" -f=/tmp/bob/pin e 0-1 /bin/cat /tmp/xproc/tmp/bob/pin
is "bob's own launches go on" "$status$err $(echo $out)" "0 pin4711 pin4711"
done_testing
