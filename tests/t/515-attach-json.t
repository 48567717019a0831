#!/bin/sh
# attach -json, -names, -q: the objects and words of e, told of the job's own start and end, at depth 1, 2 and 3.
. tests/lib.sh
enter_namespaces "$@"
jq -n 1 >/dev/null 2>&1 || skip_all "no jq"
LIMIT=$(limit 60)
start_master
start_deep
attach() {
	run timeout "$LIMIT" "$GPROC" attach "$@"
}

run "$GPROC" -name=three e 1,0:3,0:2:6 sh -c 'echo "out $GPROC_NODE"; printf "\377" >&2; exit $GPROC_RANK'
attach -json three
is "-json: what begins it" "$(printf '%s\n' "$out" | head -n 1 | jq -c '[.type,.gproc,.name,.uid,.nodes,.count,.command[0]]')" \
	'["start",1,"three",0,"1,0:3,0:2:6",3,"sh"]'
ok "told of when the job began" [ "$(printf '%s\n' "$out" | head -n 1 | jq '.time < now and .time > now - 3600')" = true ]
is "the output of each node" "$(printf '%s\n' "$out" | jq -r 'select(.type == "data") | .node + .stream + (.text // .base64)' | sed '/^$/d' | sort | tr '\n' ' ')" \
	"0:2:6err/w== 0:2:6outout 0:2:6 0:3err/w== 0:3outout 0:3 1err/w== 1outout 1 "
is "how each ended" "$(printf '%s\n' "$out" | jq -c 'select(.type == "exit") | [.node,.code]' | sort | tr '\n' ' ')" '["0:2:6",0] ["0:3",1] ["1",2] '
ok "and how long it ran" [ "$(printf '%s\n' "$out" | jq -s '[.[] | select(.type == "exit") | .ran < 60] | all')" = true ]
is "the end" "$(printf '%s\n' "$out" | tail -n 1 | jq -c '[.type,.status,.count,.ok]')" '["end",2,3,1]'
is "and the status" "$status" 2
attach -names -l three
is "-names: hosts label" "$(printf '%s\n' "$out" | sort | tr '\n' ' ')" "slave1: out 1 slave3: out 0:3 slave6: out 0:2:6 "
like "and are told" "$err" 'exit 1: slave3'
attach -q three
is "-q says nothing of it" "$status$(printf '%s' "$err" | grep -ac gproc)" 20
attach -names -o="$T/%h.%s" three
is "-o takes hosts too" "$(cat "$T/slave6.out")" "out 0:2:6"

# A launch that timed out, one of which a culprit ended all, one that could not start: attach returns what e returned.
for switches in "-timeout=$(span 500) -name=late" "-kill-on-bad -name=bad" "-localbin -name=none"; do
	case $switches in
	*late) set -- sleep 1000 ;;
	*bad) set -- sh -c '[ "$GPROC_NODE" != 0:3 ] || exit 9; exec sleep 1000' ;;
	*) set -- /no/such/program ;;
	esac
	run "$GPROC" $switches e 1,0:3,0:2:6 "$@"
	was=$status said=$(printf '%s\n' "$err" | sed 's/after.*s: /after: /')
	attach "${switches##*=}"
	is "$switches: the same status" "$status" "$was"
	is "$switches: the same last word" "$(printf '%s\n' "$err" | sed 's/after.*s: /after: /')" "$said"
done
end_tree
done_testing
