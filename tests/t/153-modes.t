#!/bin/sh
# The modes of what -f sends come along, also those of directories that are closed to their owner, and also in a binRoot that stays; set-id
# bits of files do not, which is told once.
. tests/lib.sh
enter_namespaces "$@"
command -v setpriv >/dev/null || skip_all "no setpriv"
start_master -users=1001
start_slave 0 master
start_slave 1 master -p=false -binRoot=/tmp/real
wait_up 2
user() { setpriv --reuid=1001 --regid=1001 --clear-groups "$@"; }
modes='cd "$0" && stat -c "%n %a" . sticky group shut shut/in no'

mkdir -p /tmp/d/sticky /tmp/d/group /tmp/d/shut/in /tmp/d/no
echo one >/tmp/d/shut/in/file
chmod 1777 /tmp/d/sticky
chmod 2775 /tmp/d/group
chmod 555 /tmp/d/shut/in /tmp/d/shut
chmod 0 /tmp/d/no
want=". 755 sticky 1777 group 2775 shut 555 shut/in 555 no 0"
run "$GPROC" -f=/tmp/d e 0 /bin/sh -c "$modes" /tmp/xproc/tmp/d
is "directories have their modes" "$status$err $(echo $out)" "0 $want"
run "$GPROC" -binRoot=/tmp/real -f=/tmp/d e 1 /bin/sh -c "$modes" /tmp/real/tmp/d
is "in a binRoot that stays they do, where others could not write there" "$status$err $(echo $out)" \
	"0 . 755 sticky 1755 group 2755 shut 555 shut/in 555 no 0"

# ---- ordinary users, whom such modes bind ----
chmod 755 /tmp/d/no
rmdir /tmp/d/no
mkdir -m 0 /tmp/e
for node in 0 1; do
	case $node in 0) root=/tmp/xproc ;; 1) root=/tmp/real ;; esac
	run user "$GPROC" -binRoot=$root -f=/tmp/d e $node /bin/sh -c 'cat "$0/shut/in/file"; stat -c "%n %a" $0/shut $0/shut/in; true 2>/dev/null >$0/shut/new || echo closed' $root/tmp/d
	is "an ordinary user's are closed on node $node" "$status$err $(echo $out)" \
		"0 one $root/tmp/d/shut 555 $root/tmp/d/shut/in 555 closed"
done
chmod 755 /tmp/d/shut/in
echo two >/tmp/d/shut/in/second
chmod 555 /tmp/d/shut/in
run user "$GPROC" -binRoot=/tmp/real -f=/tmp/d/shut/in/second e 1 /bin/sh -c 'cat $0/second; stat -c %a $0' /tmp/real/tmp/d/shut/in
is "what comes later goes in, and leaves it closed" "$status$err $(echo $out)" "0 two 555"

# ---- several launches of one user at once into the same closed directory ----
seq 200 | while read -r i; do echo "$i" >"/tmp/d/group/$i"; done
chmod 555 /tmp/d/group
for i in 1 2 3 4; do
	(
		for k in 1 2 3; do
			touch -d "2001-01-0$i 00:00:0$k" /tmp/d/sticky
			user "$GPROC" -binRoot=/tmp/real -f=/tmp/d e 1 /bin/sh -c 'cat $0/group/* | wc -l; stat -c %a $0/shut/in' /tmp/real/tmp/d
		done
	) >"$T/at-once.$i" 2>&1 &
done
wait_for_all() { for i in 1 2 3 4; do [ "$(wc -l <"$T/at-once.$i")" -ge 6 ] || return 1; done; }
until_true wait_for_all
is "at once none is in the other's way" "$(cat "$T"/at-once.* | grep -v '^555$' | grep -v '^755$' | sort | uniq -c | sed 's/^ *//')" "12 200"
run user "$GPROC" -binRoot=/tmp/real e 1 /bin/stat -c %a /tmp/real/tmp/d/group /tmp/real/tmp/d/shut/in
is "and the last has closed it" "$(echo $out)" "2555 555"

# ---- set-id bits ----
cp /bin/echo /tmp/d/first
cp /bin/echo /tmp/d/other
chmod 4755 /tmp/d/first
chmod 2755 /tmp/d/other
mkdir /tmp/one
mv /tmp/d/first /tmp/one/su
run "$GPROC" -f=/tmp/one e 0 /bin/stat -c %a /tmp/xproc/tmp/one/su
is "a set-id bit stays here, and that is told" "$status $out $err" "0 755 gproc: /tmp/one/su has set-id bits or capabilities: \
they stay here (gproc cp takes set-id bits along where root copies)"
run "$GPROC" -f=/tmp/one,/tmp/d/other e 0 /bin/true
is "once for several" "$status $err" "0 gproc: /tmp/one/su and 1 other file have set-id bits or capabilities: \
they stay here (gproc cp takes set-id bits along where root copies)"
end_tree
done_testing
