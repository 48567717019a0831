#!/bin/sh
# A terminal as standard input: read for one node alone, by a client in the foreground alone.
. tests/lib.sh
enter_namespaces "$@"
command -v script >/dev/null || skip_all "no script(1) here"
start_master
start_flat 3
export GPROC T
end=$(printf '\004')

# type TEXT SCRIPT: a shell with job control on a terminal of its own, at which that is typed. What it writes to $T/said is in $out.
type_in() {
	: >"$T/said"
	printf '%s' "$1" | timeout "$(limit 60)" script -qec "sh -m -c '$2'" /dev/null >/dev/null 2>&1
	out=$(tr '\n' ' ' <"$T/said")
}

type_in "hello
$end" '"$GPROC" e 1 cat >>"$T/said" 2>&1'
is "one node reads what is typed, and its end" "$out" "hello "
type_in "" '"$GPROC" e 0-2 wc -c >>"$T/said" 2>&1'
is "several get their end at once" "$out" "0 0 0 "
type_in "mine
" '"$GPROC" e 0-2 wc -c >>"$T/said" 2>&1; read -r line; echo "$line" >>"$T/said"'
is "and what is typed is left" "$out" "0 0 0 mine "

# In the background it reads nothing and is not stopped; in the foreground it does.
type_in "first
second
$end" '"$GPROC" e 1 sh -c "echo up; cat" >>"$T/said" 2>&1 &
	until grep -q up "$T/said"; do :; done
	read -r line; echo "shell $line" >>"$T/said"; jobs >"$T/jobs"; fg'
is "a client in the background leaves the terminal to the shell" "$out" "up shell first second "
like "and is not stopped" "$(cat "$T/jobs")" 'Running'
type_in "mine
" '"$GPROC" e 1 echo done >>"$T/said" 2>&1 & wait; read -r line; echo "$line" >>"$T/said"'
is "it ends in the background" "$out" "done mine "
done_testing
