#!/bin/sh
# Small things that people run into at the command line.
. tests/lib.sh
enter_namespaces "$@"

start_master
start_flat 1
start_job 0 1 'echo up; exec sleep 1000'
until shown=$("$GPROC" i 0) && ! printf '%s\n' "$shown" | grep -q '  0 jobs'; do kill -0 "$CLIENT" || break; done
like "one job is no jobs" "$shown" '  1 job$'
kill -TERM "$CLIENT"
end_job
run "$GPROC" e 0 -- /bin/echo -- x
is "one -- right behind the nodes is dropped" "$status $out" "0 -- x"
run "$GPROC" -L=/nonexist e 0 /bin/true
is "a directory of -L that is not there is told" "$status $err" "0 gproc: -L=/nonexist: there is no directory /nonexist"
run env PATH=/a:/b:/c:/d:/e:/f:/g "$GPROC" e 0 nosuchprogram
is "a long PATH is not listed" "$status $err" '127 gproc: no program "nosuchprogram" in the PATH'
run env PATH=/a:/b "$GPROC" e 0 nosuchprogram
is "a short one is" "$status $err" '127 gproc: no program "nosuchprogram" in /a, /b'

run "$GPROC" -debug=2 -f=/etc/hostname e 0 /bin/true
like "-debug tells of a client, too: what it sends" "$err" "^gproc: the list of files for all nodes has [0-9]+ paths$"
like "its job" "$err" "^gproc: job [0-9]+\\.[0-9a-f]+ on 1 node$"
like "and what it is asked for" "$err" "^gproc: the list of files is asked for from byte 0 on$"

# A job to kill: signals in any form and case.
for form in "JOB term" "-TERM JOB" "-15 JOB" "JOB -term" "JOB SIGterm" "-sigTERM JOB"; do
	start_job 0 1 'trap "echo got; exit 5" TERM; echo up; while :; do sleep 0.01; done'
	job=$("$GPROC" ps | awk 'NR == 2 { print $1 }')
	# shellcheck disable=SC2086 # words
	run "$GPROC" kill $(echo "$form" | sed "s/JOB/$job/")
	[ "$status" = 0 ] || kill -KILL "$CLIENT"
	end_job
	is "kill $form" "$status $(printf '%s\n' "$out" | tail -n 1)" "5 got"
done
run "$GPROC" kill 1.2 NOSUCH
like "an unknown signal" "$status $err" '^2 gproc: unknown signal "NOSUCH"'

# A slave that could not join says when it has; what it said once it does not say again.
kill -TERM "$MASTER"
wait "$MASTER"
"$GPROC" -myParent=127.0.0.1 -myId=7 -myAddress=127.0.1.8 s >"$T/late.log" 2>&1 &
wait_log "$T/late.log" "can't join"
start_master
wait_up 2
ok "who could not join says that it has" wait_log "$T/late.log" '^gproc: 2[0-9TZ:-]* joined 127.0.0.1:6666 as node 7$'
is "and each reason once" "$(sed 's/ 2[0-9TZ:-]*Z / /' "$T/late.log" | sort | uniq -d)" ""

# ---- a directory of the site's that not all may look into ----
if command -v setpriv >/dev/null; then
	mkdir -p /etc/gproc
	chmod 700 /etc/gproc
	run setpriv --reuid=1001 --regid=1001 --clear-groups "$GPROC" version
	like "switches of the site that can't be read are missed aloud" "$status $err" \
		"^0 gproc: can't read /etc/gproc/switches: Permission denied; what it may set does not hold$"
fi
done_testing
