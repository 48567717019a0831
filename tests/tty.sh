# A real terminal for scripts: tmux shows what is on it and types. Sourced behind lib.sh: . "$REPO/tests/tty.sh"
command -v tmux >/dev/null || skip_all "tmux is missing"
tty_count=0

tty_tmux() {
	env -u TMUX tmux -f /dev/null -S "$T/tmux" "$@"
}

# tty_open COLUMNS ROWS COMMAND: a fresh terminal on which that runs; with TERM as $TTY_TERM.
tty_open() {
	tty_count=$((tty_count + 1))
	env TERM=screen tmux -f /dev/null -S "$T/tmux" new-session -d -s "t$tty_count" -x "$1" -y "$2" \
		"export TERM=${TTY_TERM:-screen}; $3" </dev/null >/dev/null 2>&1 4>&- 5>&-
	tty_tmux set -g status off >/dev/null
	tty_tmux resize-window -t "t$tty_count" -x "$1" -y "$2" >/dev/null 2>&1
}

# start_tty [COLUMNS ROWS]: a terminal with a shell in it, whose prompt is "here$ ".
start_tty() {
	printf 'PS1="here$ "\nunset PROMPT_COMMAND\n' >"$T/bashrc"
	tty_open "${1:-80}" "${2:-24}" "exec bash --noprofile --rcfile $T/bashrc"
	sees 'here\$'
}

# The text on the terminal, without empty lines at the end.
screen() {
	tty_tmux capture-pane -p -t "t$tty_count" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

# types KEYS...: as tmux names them; a word that is no key's name is typed as it is.
types() {
	tty_tmux send-keys -t "t$tty_count" "$@"
}
# line TEXT: types it, and Enter.
line() {
	tty_tmux send-keys -t "t$tty_count" -l "$1"
	types Enter
}

tty_shows() {
	screen | grep -Eq -e "$1"
}
# sees REGEX: waits until a line of the terminal matches; what is there else is shown.
sees() {
	until_true tty_shows "$1" && return
	diag "the terminal never showed: $1"
	diag "$(screen)"
	return 1
}
# The last line begins with the shell's own prompt and nothing is behind it.
tty_at_prompt() {
	[ "$(screen | tail -n 1)" = 'here$' ]
}
sees_prompt() {
	until_true tty_at_prompt && return
	diag "$(screen)"
	return 1
}

# modes: how the terminal's line discipline is set, from outside.
tty_name() {
	tty_tmux display-message -p -t "t$tty_count" '#{pane_tty}'
}
modes() {
	stty -a -F "$(tty_name)" | tail -n +2 | tr '\n' ' '
}

# sees_there: a shell on a node, whose prompt is "there$ ", waits for a line. What is typed right behind a Ctrl-C is lost.
tty_is_there() {
	[ "$(screen | tail -n 1)" = 'there$' ]
}
sees_there() {
	until_true tty_is_there
}

# put_back NAME MODES: the terminal's modes are those again. A shell sets them for its prompt some time after its job has ended.
put_back() {
	until_true modes_are "$2"
	is "$1" "$(modes)" "$2"
}
modes_are() {
	[ "$(modes)" = "$1" ]
}

# cat_reads WORD: at a shell's prompt, starts cat and types the word: returns when cat has printed it, behind the terminal's own echo.
cat_reads() {
	line "echo to $1; cat"
	sees "^to $1\$"
	types "$1" Enter
	until_true shown_twice "$1"
}
shown_twice() {
	[ "$(screen | grep -cx -e "$1")" -ge 2 ]
}

# resize COLUMNS ROWS: returns when the terminal has that size, which tmux takes its time for.
resize() {
	tty_tmux resize-window -t "t$tty_count" -x "$1" -y "$2"
	until_true eval '[ "$(stty size -F "$(tty_name)")" = "'"$2 $1"'" ]'
}
