# Completion of gproc's command line for bash, and by bashcompinit for zsh: modes and switches as `gproc help` of the program there is has
# them, nodes and groups as they are now, jobs that run.

_gproc_modes() {
	"$GPROC_COMPLETED" help 2>/dev/null | sed -n '/^modes:/,/^$/ { /^  /!d; s/^  //; s/  .*//; s/[<[].*//; s/, */ /g; p; }' | tr ' ' '\n'
}

# The switches of a mode, or of all.
_gproc_switches() {
	local mode
	for mode in ${1:-$(_gproc_modes)}; do
		"$GPROC_COMPLETED" help "$mode" 2>/dev/null | sed -n 's/^  \(-[A-Za-z-]*\)=false .*/\1/p; s/^  \(-[A-Za-z-]*=\).*/\1/p'
	done | sort -u
}

# What the last part of a node spec may become: the part's beginning decides whether hosts, paths or groups are wanted.
_gproc_nodes() {
	case $1 in
	@*)
		printf '%s\n' @down @arch= @version= @host=
		sed -n 's/^[[:space:]]*\([A-Za-z0-9._-]*\)[[:space:]]*:.*/@\1/p' /etc/gproc/groups
		;;
	[0-9]*) "$GPROC_COMPLETED" nodes -e ... ;;
	*) "$GPROC_COMPLETED" nodes -names -e ... ;;
	esac 2>/dev/null
}

# Jobs by id and, where they have one, by name.
_gproc_jobs() {
	"$GPROC_COMPLETED" ps 2>/dev/null | awk 'NR == 1 { named = $2 == "NAME"; next } { print $1; if (named && $2 != "-") print $2 }'
}

# Where in the command line the word is: sets mode and operands.
_gproc_place() {
	local word
	for word in ${1-}; do
		case $word in
		-*) ;;
		*) if [ -z "$mode" ]; then mode=$word; else operands=$((operands + 1)); fi ;;
		esac
	done
}

# Words that what is typed may become: _gproc_choices WORD MODE OPERANDS-BEFORE
_gproc_choices() {
	local before=
	case $1 in
	-x=* | -only=*)
		before=${1%%=*}=
		set -- "${1#*=}" nodes 0
		;;
	-*)
		compgen -W "$(_gproc_switches "$2")" -- "$1"
		return
		;;
	esac
	case $2,$3 in
	,* | help,0) compgen -W "$(_gproc_modes)" -- "$1" ;;
	e,0 | exec,0 | i,0 | info,0 | nodes,0 | cp,0 | get,0 | halt,0 | reboot,0 | renew,0 | forget,0)
		case $1 in *,*) before=$before${1%,*},; esac
		compgen -W "$(_gproc_nodes "${1##*,}")" -- "${1##*,}" | sed "s|^|$before|"
		;;
	kill,0 | attach,0 | ps,0) compgen -W "$(_gproc_jobs)" -- "$1" ;;
	kill,1) compgen -W $'TERM\nKILL\nINT\nHUP\nQUIT\nUSR1\nUSR2\nSTOP\nCONT' -- "$1" ;;
	e,1 | exec,1 | ldd,*)
		compgen -c -- "$1"
		compgen -f -- "$1"
		;;
	*) compgen -f -- "$1" ;;
	esac
}

_gproc_complete() {
	[ -z "${ZSH_VERSION-}" ] || emulate -L ksh
	local GPROC_COMPLETED=$1 line=${COMP_LINE:0:COMP_POINT} word rest mode= operands=0 IFS
	word=${line##*[[:space:]]}
	rest=${line%"$word"}
	_gproc_place "${rest#*[[:space:]]}"
	IFS=$'\n'
	COMPREPLY=($(_gproc_choices "$word" "$mode" "$operands"))
	# bash breaks words at these, and takes only what stands behind the last one; of @ it takes the @ too.
	if [ -z "${ZSH_VERSION-}" ]; then
		rest=${word%"${word##*[=:@]}"}
		COMPREPLY=("${COMPREPLY[@]#"${rest%@}"}")
	fi
	case ${COMPREPLY[0]-} in *=) [ -n "${ZSH_VERSION-}" ] || compopt -o nospace 2>/dev/null ;; esac
}
complete -F _gproc_complete gproc
