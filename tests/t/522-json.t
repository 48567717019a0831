#!/bin/bash
# -json: one UTF-8 object a line, each as the law of the command line has it, at every depth; bytes that are no text come whole.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master
start_deep

# has NAME EXPRESSION WANTED: of what the last run printed
has() {
	is "$1" "$(printf '%s\n' "$out" | tests/tools/jsonlines "$2" 2>&1)" "$3"
}

for depth in 1 2 3; do
	case $depth in 1) one=0 two=1 ;; 2) one=0:2 two=1:5 ;; 3) one=0:2:6 two=1:5:13 ;; esac
	both=$one,$two
	[ $depth != 1 ] || both=0-1
	run "$GPROC" -json e $one,$two,77 sh -c 'echo out; echo err >&2; [ $GPROC_RANK = 0 ] || kill -9 $$; exit 3'
	has "depth $depth: in order" '[o["type"] for o in all][:2], all[-1]["type"]' "(['start', 'absent'], 'end')"
	has "depth $depth: start" '[(o["gproc"], o["nodes"], o["count"], o["command"][:2], o["uid"], o["job"].split(".")[0].isdigit(), abs(o["time"] - __import__("time").time()) < 1000) for o in of("start")]' \
		"[(1, '$both', 2, ['sh', '-c'], 0, True, True)]"
	has "depth $depth: absent" 'of("absent")' "[{'type': 'absent', 'nodes': '77', 'state': 'missing'}]"
	has "depth $depth: data" '[data(n, s) for n in ("'$one'", "'$two'") for s in ("out", "err")]' "[b'out\\n', b'err\\n', b'out\\n', b'err\\n']"
	has "depth $depth: exit" '[(o["node"], o.get("code"), o.get("signal"), 0 <= o["ran"] < 100, o["time"] > 1e9) for o in sorted(of("exit"), key=lambda o: o["node"])]' \
		"[('$one', 3, None, True, True), ('$two', None, 9, True, True)]"
	has "depth $depth: end" '[(o["status"], o["count"], o["ok"], o["bad"]) for o in of("end")]' \
		"[(255, 2, 0, [{'what': 'exit', 'code': 3, 'nodes': '$one', 'count': 1}, {'what': 'signal', 'signal': 9, 'nodes': '$two', 'count': 1}, {'what': 'missing', 'nodes': '77', 'count': 1}])]"
	has "depth $depth: one job" 'len({o["job"] for o in of("start", "end")}), keys("exit"), keys("data"), keys("end")' \
		"(1, 'code,node,ran,signal,time,type', 'node,stream,text,type', 'bad,count,job,ok,status,type')"
	is "depth $depth: the last word is on stderr too" "$(printf '%s\n' "$err" | tail -n 3)" "gproc: exit 3: $one
gproc: killed by signal 9: $two
gproc: not there: 77"
	run "$GPROC" -json -localbin e $one,$two /nowhere/prog
	has "depth $depth: failed" '[(o["node"], o["code"], "nowhere" in o["reason"]) for o in sorted(of("failed"), key=lambda o: o["node"])]' \
		"[('$one', 127, True), ('$two', 127, True)]"
	has "depth $depth: and folded at the end" '[(b["what"], b["code"], b["nodes"], b["count"]) for b in of("end")[0]["bad"]]' "[('failed', 127, '$both', 2)]"
	# all bytes, characters cut anywhere, no newline at the end
	run "$GPROC" -json e $one,$two perl -e 'binmode STDOUT; $| = 1; print map chr, 0 .. 255; print "\r\n"; for (1 .. 3000) { syswrite STDOUT, $_ for split //, $_ % 500 ? "" : "\xe2\x82\xac" } print "\xc3"'
	has "depth $depth: every byte" 'data("'$one'", "out") == data("'$two'", "out") == bytes(range(256)) + b"\r\n" + b"\xe2\x82\xac" * 6 + b"\xc3"' True
	run "$GPROC" -json e $one sh -c "head -c 3000000 /dev/zero | tr '\\0' x; head -c 1000 /dev/zero"
	has "depth $depth: a line of 3 MB, and zeros" 'data("'$one'", "out") == b"x" * 3000000 + bytes(1000)' True
	has "depth $depth: zeros are text" 'keys("data")' "node,stream,text,type"
done

run "$GPROC" -json -names e 0,1:5 printf %s "a \"quoted\" \\ ä $(printf '\001\377')"
has "-names: the host stands beside the path" '[(o["node"], o["host"]) for o in of("data", "exit") if o["node"] == "1:5"][0]' "('1:5', 'slave5')"
has "arguments" 'of("start")[0]["command"][2]' "a \"quoted\" \\ ä $(printf '\001\357\277\275')"
kill -KILL "$(pid_of_slave 13)"
wait_down 1
victim=$(pid_of_slave 12)
victim=$victim run "$GPROC" -json e 0,1:5:. sh -c '[ $GPROC_NODE != 1:5:12 ] || { kill -KILL $victim; sleep 1000; }'
has "down, of what is open" 'of("absent")' "[{'type': 'absent', 'nodes': '1:5:13', 'state': 'down'}]"
has "lost" '[(o["node"], "connection" in o["reason"]) for o in of("lost")]' "[('1:5:12', True)]"
has "and in the end" '[(b["what"], b["nodes"]) for b in of("end")[0]["bad"]]' "[('lost', '1:5:12')]"
run "$GPROC" -json -timeout="$(span 1000)" e 0-1 sleep 1000
has "-timeout" '[(o["status"], o["bad"][0]["what"], o["bad"][0]["nodes"]) for o in of("end")]' "[(124, 'timeout', '0-1')]"
run "$GPROC" -json e 88 true
is "no launch: no object" "$status$out" 255
"$GPROC" -json e 0 sh -c 'while :; do echo x; done' 2>"$T/err" | head -n 1 >"$T/first"
is "its reader may go" "${PIPESTATUS[0]} $(head -c 16 "$T/first") $(wc -l <"$T/err")" '141 {"type":"start", 0'
end_tree
done_testing
