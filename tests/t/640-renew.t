#!/bin/sh
# renew: nodes of a tree of three levels run another build in the place of theirs, under their old paths, each when those below it are done;
# what runs there is waited for, or ended by -now; a node that can't or may not goes on as it was, and it is said why.
. tests/lib.sh
enter_namespaces "$@"
OWN_COPIES=1
cd / || exit 1
# Builds that differ in nothing but their version.
for v in 1 2 3 4; do
	sed "s/0\.1\.0/0.1.$v/g" "$GPROC" >"$T/gproc$v"
	chmod 755 "$T/gproc$v"
done
one=$T/gproc1 two=$T/gproc2 three=$T/gproc3 four=$T/gproc4

# versions: of all nodes.
versions() {
	"$GPROC" -json i | sed -n 's/.*"node":"\([^"]*\)".*"state":"up".*"version":"\([^"]*\)".*/\1=\2/p' | LC_ALL=C sort -t = -k 1,1 | tr '\n' ' '
}
# file_of NUMBER: its own.
file_of() {
	echo "$T/copies/$1/gproc"
}

start_master -users='*'
start_slave 0 master
start_slave 1 master
wait_up 2
start_slave 2 slave0
start_slave 3 slave1
wait_up 4
start_slave 4 slave2
wait_up 5
is "they begin alike" "$(versions)" "0=0.1.0 0:2=0.1.0 0:2:4=0.1.0 1=0.1.0 1:3=0.1.0 "
chmod 731 "$(file_of 1)"
chown 12:34 "$(file_of 1)"
run "$one" renew ...
is "all of three levels are renewed" "$status $err $(echo "$out" | sort | tr '\n' ' ')" \
	"0  renewed 0: 0.1.1 renewed 0:2: 0.1.1 renewed 0:2:4: 0.1.1 renewed 1: 0.1.1 renewed 1:3: 0.1.1 "
is "those below before those above" "$(echo "$out" | grep -n '' | sed -n 's/^\([0-9]*\):renewed \(0.*\): .*/\2/p' | tr '\n' ' ')" "0:2:4 0:2 0 "
is "as i has it" "$(versions)" "0=0.1.1 0:2=0.1.1 0:2:4=0.1.1 1=0.1.1 1:3=0.1.1 "
is "their processes are the same" "$(for i in 0 1 2 3 4; do kill -0 "$(pid_of_slave $i)" || echo "$i is gone"; done)" ""
is "the new file is in the place of the old one" "$(for i in 0 1 2 3 4; do cmp "$one" "$(file_of $i)" 2>&1; done)" ""
is "with its mode, but nobody else's to write" "$(stat -c '%a %u:%g' "$(file_of 1)")" "711 0:0"
is "and nothing beside it" "$(ls -A "$T/copies/1")" gproc
run "$GPROC" e ... /bin/echo works
is "jobs run on them" "$status $err $(echo "$out" | sort -u)" "0  works"
first=$(wc -l <"/proc/$SLAVE_0/mounts")
for v in 1 2 3; do
	run "$two" renew 0
	run "$one" renew 0
done
ok "again and again, and no mount is left of those before" test "$(wc -l <"/proc/$SLAVE_0/mounts")" -le "$first"

# What runs is waited for.
hold
start_job 0:2,1:3 2 'echo started; flock -s /tmp/held true; echo ended'
"$two" renew 0:2,1:3 >"$T/renew.out" 2>&1 4>&- &
renewing=$!
run "$two" -timeout="$(span 3000)" renew 1:3
is "a node where a job runs is not renewed in time" "$status $out" "1 "
is "which is said" "$err" "gproc: not renewed: 1:3: jobs run there"
is "and what runs there goes on" "$(cat "$T/renew.out")$(versions)" "0=0.1.1 0:2=0.1.1 0:2:4=0.1.1 1=0.1.1 1:3=0.1.1 "
release
end_job
is "it ends well" "$status $(echo "$out" | sort | uniq -c | tr -s ' ' | tr '\n' ,)" "0  2 ended, 2 started,"
wait $renewing
is "then they are renewed" "$? $(sort "$T/renew.out" | tr '\n' ' ')" "0 renewed 0:2: 0.1.2 renewed 1:3: 0.1.2 "
is "a node below is none the worse" "$(versions)" "0=0.1.1 0:2=0.1.2 0:2:4=0.1.1 1=0.1.1 1:3=0.1.2 "
# A job below a node that is renewed goes on.
hold
start_job 0:2:4 1 'echo started; flock -s /tmp/held true; echo ended'
run "$two" renew 0,0:2
is "nodes above one where a job runs are renewed" "$status $err" "0 "
release
end_job
is "and the job is whole" "$status $out" "0 started
ended"
hold
start_job 1:3 1 'echo started; flock -s /tmp/held true; echo ended'
run "$one" -now renew 1:3
is "-now does not wait" "$status $out" "0 renewed 1:3: 0.1.1"
end_job
is "the job is lost" "$status $out" "255 started"
like "and it is said why" "$err" 'lost: 1:3: a newer gproc takes over'
release

# What can't be.
run setpriv --reuid=1007 --regid=1007 --clear-groups "$two" renew 1
is "it is no user's to say" "$status $err" "255 gproc: only root and the user who runs the master may renew nodes"
run "$two" renew 77
like "one that never was" "$status $err" '^255 gproc: not there: 77'
before=$(versions)
head -c 300000 "$two" >"$T/cut"
printf '#!/bin/sh\necho gproc 9.9.9\n' >"$T/script"
cp "$two" "$T/other"
dd if=/dev/zero of="$T/other" bs=1000 seek=100 count=300 conv=notrunc 2>/dev/null
chmod 755 "$T/cut" "$T/script" "$T/other"
run "$two" -r="$T/script" renew 1
like "what is no program is not sent" "$status $err" '^1 gproc: not renewed: 1: the file for it is no program: '
run "$two" -r="$T/cut" renew 1
like "what is cut short neither, or is refused" "$status $err" '^1 gproc: not renewed: 1: the (file for it is no program|newer one does not work here): '
run "$two" -r="$T/other" renew ...
is "what does not pass its trial is refused by all" "$status $out" "1 "
like "each says why" "$err" '^gproc: not renewed: 0-1,0:2,1:3,0:2:4 \(5\): the newer one does not work here: '
run "$two" -r=/nowhere/%m renew 1
is "what isn't there" "$status $err" "1 gproc: not renewed: 1: there is no gproc under /nowhere/$(uname -m)"
is "all goes on as it was" "$(versions)$(cmp "$one" "$(file_of 1)")" "$before"
mkdir -p "$T/roots/$(uname -m)/usr/bin"
cp "$two" "$T/roots/$(uname -m)/usr/bin/gproc"
run "$GPROC" -r="$T/roots/%m" renew 1
is "out of a root for its machine" "$status $out$err" "0 renewed 1: 0.1.2"

# No place for it.
mount --bind "$T/copies/1" "$T/copies/1"
nsenter -t "$SLAVE_1" -m mount --bind "$T/copies/1" "$T/copies/1"
nsenter -t "$SLAVE_1" -m mount -o remount,bind,ro "$T/copies/1"
run "$three" renew 1
is "where it can't be put in place it runs from memory" "$status $out" "0 renewed 1: 0.1.3"
like "and that is said" "$err" "^gproc: renewed: 1: it runs from memory until it is started anew, for it can't be put in place: .*/copies/1/gproc: Read-only"
is "the old file is as it was" "$(cmp "$two" "$(file_of 1)")" ""
is "it is called gproc all the same" "$(cat "/proc/$SLAVE_1/comm")" gproc
nsenter -t "$SLAVE_1" -m mount -o remount,bind,rw "$T/copies/1"
run "$four" renew 1
is "from there too, and to its place where that can be" "$status $out$err$(cmp "$four" "$(file_of 1)")" "0 renewed 1: 0.1.4"
rm "$(file_of 3)"
run "$three" renew 1:3
like "where its file has gone" "$status $out$err" '^0 renewed 1:3: 0.1.3gproc: renewed: 1:3: it runs from memory .*No such file'
cp "$two" "$(file_of 0).new"
mv "$(file_of 0).new" "$(file_of 0)"
echo >>"$(file_of 0)"
run "$three" renew 0
like "another file that somebody has put there stays" "$status $out$err" '^0 renewed 0: 0.1.3gproc: renewed: 0: it runs from memory .*another file is at'
is "nothing partial is left" "$(ls -A "$T/copies"/* | grep -v : | grep . | sort | uniq -c | tr -s ' ' | tr '\n' ' ')" " 4 gproc "

# Nodes that are not there.
kill -9 "$SLAVE_4"
until_true sh -c '"$0" -json i | grep -q "\"state\":\"down\""' "$GPROC"
run "$two" renew 0:2:4,1:3
like "one that is down is named, and the others are renewed" "$status $out$err" '^255 renewed 1:3: 0.1.2gproc: down: 0:2:4'
run "$two" renew 0:2:4
like "none is left" "$status $err" '^255 gproc: '
umount "$T/copies/1"
end_tree
done_testing
