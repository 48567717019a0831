#!/bin/bash
# A signal that was ignored when the client began stays ignored; the others are passed on, as ever.
. tests/lib.sh
enter_namespaces "$@"

start_master
start_flat 1
# Not a child of this shell: its own children would have INT and QUIT ignored.
mkfifo /tmp/go
cat >"$T/launch" <<'END'
#!/bin/bash
trap "$1" "$2"
exec "$3" e 0 /bin/sh -c 'trap "echo caught; exit 9" INT QUIT TERM HUP USR1 USR2; echo begun; read line </tmp/go'
END
chmod +x "$T/launch"

# client TRAP SIGNAL: begins one; its lines come on descriptor 3.
client() {
	rm -f "$T/fifo"
	mkfifo "$T/fifo"
	env --default-signal=INT,QUIT,TERM,HUP,USR1,USR2 "$T/launch" "$1" "$2" "$GPROC" >"$T/fifo" 2>"$T/err" &
	CLIENT=$!
	exec 3<"$T/fifo"
	read -r line <&3
}

for signal in INT QUIT TERM HUP USR1 USR2; do
	client '' $signal
	kill -$signal $CLIENT
	# The next order to the same master comes after it, had the client sent one.
	"$GPROC" e 0 /bin/true
	echo >/tmp/go
	status=0
	wait $CLIENT || status=$?
	is "an ignored SIG$signal is none" "$status $(cat <&3)" "0 "
	client - $signal
	kill -$signal $CLIENT
	status=0
	wait $CLIENT || status=$?
	is "SIG$signal goes to the program" "$status $(cat <&3)" "9 caught"
done
done_testing
