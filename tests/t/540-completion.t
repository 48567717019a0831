#!/bin/bash
# Completion: modes, switches, live nodes, groups and jobs, in a real bash at a terminal, and in zsh by the same file.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
command -v script >/dev/null || skip_all "no script(1)"
start_master
start_tree 6 3 # slave0 to slave2; below them slave3 to slave5
printf 'rack1: slave[0-2]\nrack2: slave3\n# none: 1\n' >/etc/gproc/groups
make -s -C "$REPO" install DESTDIR="$T/dest" PREFIX=/usr
share=$T/dest/usr/share
PATH=${GPROC%/*}:$PATH
run "$GPROC" -detach e 0 /bin/sleep 1000
job=$("$GPROC" ps | awk 'NR == 2 { print $1 }')

# offers WANTED WORD...: what the function gives for the last word, all that is typed before it
offers() {
	local wanted=$1
	shift
	is "gproc $*" "$(bash -c '
		. "$0"
		COMP_LINE=$1 COMP_POINT=${#1}
		_gproc_complete gproc
		printf "%s\n" "${COMPREPLY[@]}"' "$share/bash-completion/completions/gproc" "gproc $*" | sort | tr '\n' ' ')" "$wanted "
}
offers reboot reb
offers "e eval exec" e
offers -only= e -on
offers "-names" nodes -n
offers "-c -cmdport= -cpio -cwd=" -c
offers "slave0 slave1 slave2 slave3 slave4 slave5" e slave
offers slave5 -l e slave5
offers "2 2:5" e 2
offers "slave0,slave3" e slave0,slave3
offers "@arch= @down @host= @rack1 @rack2 @version=" e @
offers "@rack1 @rack2" e @r
offers "@rack2" -x=1 e slave0,@rack2
offers "slave0,slave3" e -x=@down slave0,slave3
offers "slave2" e -x=slave2
offers "@rack1" nodes -only=@rack1
offers "$job" kill "${job%????}"
offers "USR1 USR2" kill "$job" US
offers "help" he
offers "halt" help hal
offers "-timeout=" i -time
ok "a command behind the nodes" test "$(bash -c '. "$0"; COMP_LINE="gproc e 1 slee" COMP_POINT=14; _gproc_complete gproc
	printf "%s\n" "${COMPREPLY[@]}" | grep -cx sleep' "$share/bash-completion/completions/gproc")" -ge 1

# typed KEYS: what a bash at a terminal has on its line when they have been typed
typed() {
	printf 'PS1=; bind "set bell-style none"; . %s\n%b\n' "$share/bash-completion/completions/gproc" "$1" >"$T/keys"
	TERM=dumb timeout "$(limit 60)" script -qec 'bash --norc --noprofile -i' /dev/null <"$T/keys" 2>&1 | tr -d '\r'
}
like "bash, typing: a node" "$(typed 'echo; gproc nodes slave5\t; exit')" '^1:4$|^2:5$'
like "a group, though @ breaks words" "$(typed 'gproc nodes @rack2\t; exit')" '^0:3$'
like "a switch and its value" "$(typed 'gproc nodes -onl\t@rack2\t ... ; exit')" '^0:3$'

if command -v zsh >/dev/null; then
	cat >"$T/zsh" <<-'END'
	zmodload zsh/zpty
	zpty z "TERM=dumb zsh -f"
	zpty -w z "PS1=; fpath=($1/zsh/site-functions \$fpath); autoload -U compinit; compinit -u -D; echo rea''dy"
	while zpty -r z line && [[ $line != *ready* ]]; do :; done
	zpty -w -n z $'gproc nodes @rack2\t; exit\n'
	while zpty -r z line; do print -r -- $line; done
	END
	like "zsh, by bashcompinit" "$(timeout "$(limit 60)" zsh -f "$T/zsh" "$share" | tr -d '\r')" '^0:3 *$'
else
	skip "zsh" "there is no zsh"
fi
"$GPROC" kill -9 "$job"
done_testing
