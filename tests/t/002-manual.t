#!/bin/sh
# The man page and the tables say the same: modes, switches, defaults, which switch belongs where, stack words.
. tests/lib.sh

"$GPROC" help | sed -n '/^modes:/,/^$/s/^  \([a-z, ]*[a-z]\)[ ].*/\1/p' | sed 's/  .*//' | tr -d ' ' | tr ',' '\n' | sort >"$T/modes"
# "name=default (modes)" of each switch, by the help of each mode under its short name. Where there is no default the usage shows what the
# switch takes: that is cut off. What belongs to all modes has none.
for mode in $(cat "$T/modes"); do
	"$GPROC" help "$mode" >"$T/one"
	grep -q "^usage: gproc \[switches\] $mode\( \|\$\)" "$T/one" || continue
	echo "$mode" >>"$T/short"
	sed -n 's/^  -\([^ ]*\) .*/\1/p' "$T/one" | sed "s/=[A-Za-z,:.]*[A-Z,][A-Z,:.]*\$/=/; s/\$/ $mode/" >>"$T/all"
done
sort "$T/all" | awk -v modes="$(wc -l <"$T/short")" '
	function flush() { if (name != "") print name " (" (count == modes ? "" : list) ")" }
	$1 != name { flush(); name = $1; list = ""; count = 0 }
	{ list = list (list == "" ? "" : ", ") $2; count++ }
	END { flush() }' | sort >"$T/table"
awk '
	function flush() { if (name != "") print name "=" value " (" modes ")"; name = modes = "" }
	/^\.(It|El|Ss)/ { flush() }
	/^\.It Fl / { name = $3; value = $7 == "Cm" ? $8 : "" }
	name != "" && /^\([a-z, ]+\)$/ {
		n = split(substr($0, 2, length($0) - 2), one, ", ")
		for (i = 2; i <= n; i++)
			for (k = i; k > 1 && one[k - 1] > one[k]; k--) { t = one[k]; one[k] = one[k - 1]; one[k - 1] = t }
		modes = one[1]
		for (i = 2; i <= n; i++) modes = modes ", " one[i]
	}
' gproc.1 | sort >"$T/manual"
is "switches, defaults and modes" "$(cat "$T/manual")" "$(cat "$T/table")"

sed -n '/^\.Ss Modes/,/^\.Ss Switches/s/^\.It Cm //p' gproc.1 | sed -e 's/ Op .*//' -e 's/Ar [a-z. ]*//g' -e 's/Cm //g' |
	tr -d ' ' | tr ',' '\n' | sort >"$T/manual"
is "modes and their names" "$(cat "$T/manual")" "$(cat "$T/modes")"

if command -v mandoc >/dev/null; then
	run mandoc -T lint -W warning gproc.1
	is "the man page is clean mdoc" "$out" ""
fi
set -f
for word in $(sed -n 's/^[[:space:]]*{"\([^"]*\)", [0-9], .*/\1/p' stackvm.c); do
	ok "the man page has the stack word $word" grep -Eq "^\.It Li (\"\* )?.*$(printf %s "$word" | sed 's/[*+]/\\&/')" gproc.1
done
done_testing
