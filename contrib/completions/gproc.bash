# Completion of gproc's command line for bash: modes and switches as `gproc help` has them, so that they are those of the program there is.

# The modes, or with one the switches that it takes.
_gproc_words() {
	if [ -z "${1-}" ]; then
		"$GPROC_COMPLETED" help 2>/dev/null | sed -n '/^modes:/,/^$/ { s/^  \([a-z, ]*\) *.*/\1/; s/<.*//; s/,//g; s/^\([a-z]*\) \{2,\}.*/\1/; p }'
	fi
	"$GPROC_COMPLETED" help ${1:+"$1"} 2>/dev/null | sed -n 's/^  \(-[A-Za-z-]*\)=.*/\1/p'
}

_gproc() {
	local GPROC_COMPLETED=$1 word=${COMP_WORDS[COMP_CWORD]} mode='' i operands=0
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-* | =) [ "${COMP_WORDS[i]}" != = ] || ((i++)) ;;
		*) if [ -z "$mode" ]; then mode=${COMP_WORDS[i]}; else ((++operands)); fi ;;
		esac
	done
	if [ -z "$mode" ] || { [ $operands = 0 ] && [[ $word == -* ]]; }; then
		mapfile -t COMPREPLY < <(compgen -W "$(_gproc_words "$mode")" -- "$word")
	elif [ $operands = 1 ] && [[ $mode == e || $mode == exec ]]; then
		mapfile -t COMPREPLY < <(compgen -c -- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
}
complete -o default -F _gproc gproc
