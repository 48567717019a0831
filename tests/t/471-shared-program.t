#!/bin/sh
# Programs that everybody may read are fetched once for all users: the second user's launch of /bin/date sends its manifest alone, over
# the client's socket and over each link. What is somebody's own is fetched for each.
. tests/lib.sh
enter_namespaces "$@"
users alice bob
cd / || exit 1
start_master -users=alice,bob -debug=9
start_slave 0 master -debug=9
start_slave 1 master -debug=9
wait_up 2

# pieces COMMAND...: runs it; $pieces is how many pieces of contents the master and each slave got for it.
pieces() {
	before_master=$(grep -c ': DATA, ' "$T/master.log") before_0=$(grep -c ': DATA, ' "$T/slave0.log")
	before_1=$(grep -c ': DATA, ' "$T/slave1.log")
	run "$@"
	pieces="$(($(grep -c ': DATA, ' "$T/master.log") - before_master))"
	pieces="$pieces $(($(grep -c ': DATA, ' "$T/slave0.log") - before_0)) $(($(grep -c ': DATA, ' "$T/slave1.log") - before_1))"
}
pieces alice "$GPROC" e . /bin/date
is "the first user's launch" "$status$err" 0
ok "brings program and libraries: $pieces pieces" test "${pieces%% *}" -gt 3
pieces bob "$GPROC" e . /bin/date
is "the second user's sends its manifest alone, over every wire" "$status$err $pieces" "0 1 1 1"
pieces alice "$GPROC" e . /bin/date
is "a user's second nothing at all" "$status$err $pieces" "0 0 0 0"
pieces bob "$GPROC" e . /bin/date
is "nor that of the other" "$status$err $pieces" "0 0 0 0"

# A script of alice's own that all may read: bob's is public, hers is not, for it is hers.
mkdir -m 755 /tmp/alice
printf '#!/bin/sh\necho ran\n' >/tmp/alice/run
chmod 755 /tmp/alice/run
chown -R 1001:1001 /tmp/alice
alice "$GPROC" e . /bin/sh -c : # its interpreter is there for both
bob "$GPROC" e . /bin/sh -c :
pieces alice "$GPROC" e 0 /tmp/alice/run
is "a user's own file is sent in that user's scope" "$status$err$out $pieces" "0ran 2 2 0"
pieces bob "$GPROC" e 0 /tmp/alice/run
is "and for the other in everybody's" "$status$err$out $pieces" "0ran 2 2 0"
pieces alice "$GPROC" -f=/tmp/alice/run e 0 /bin/sh -c :
is "which is there for its owner when she sends it again" "$status$err ${pieces%% *}" "0 1"
chmod 750 /tmp/alice
chgrp 1002 /tmp/alice
printf '#!/bin/sh\necho again\n' >/tmp/alice/run
pieces bob "$GPROC" e 0 /tmp/alice/run
is "a directory that not all may search makes it bob's alone" "$status$err$out $pieces" "0again 2 2 0"
chmod 755 /tmp/alice
pieces bob "$GPROC" e 0 /tmp/alice/run
is "until it is open" "$status$err$out $pieces" "0again 2 2 0"
done_testing
