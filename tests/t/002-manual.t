#!/bin/sh
# The man page and the tables say the same: modes, switches, defaults, which switch belongs where, stack words.
. tests/lib.sh

# "name=default (modes)" of each switch. Where there is no default the usage shows what the switch takes: that is cut off.
"$GPROC" help | sed -n '/^switches/,$p' | sed -n 's/^  -//p' | sed -e 's/ and /, /g' \
	-e 's/^\([^ ]*\) .* (\([a-z, ]*\))$/\1 (\2)/' -e t -e 's/ .*/ ()/' |
	sed -e 's/=[A-Za-z,:.]*[A-Z,][A-Z,:.]* (/= (/' | sort >"$T/table"
awk '
	function flush() { if (name != "") print name "=" value " (" modes ")"; name = modes = "" }
	/^\.(It|El|Ss)/ { flush() }
	/^\.It Fl / { name = $3; value = $7 == "Cm" ? $8 : "" }
	name != "" && /^\([a-z, ]+\)$/ { modes = substr($0, 2, length($0) - 2) }
' gproc.1 | sort >"$T/manual"
is "switches, defaults and modes" "$(cat "$T/manual")" "$(cat "$T/table")"

"$GPROC" help | sed -n '/^modes:/,/^$/s/^  \([a-z, ]*[a-z]\)[ ].*/\1/p' | sed 's/  .*//' | tr -d ' ' | tr ',' '\n' | sort >"$T/table"
sed -n '/^\.Ss Modes/,/^\.Ss Switches/s/^\.It Cm //p' gproc.1 | sed -e 's/ Op .*//' -e 's/Ar [a-z. ]*//g' -e 's/Cm //g' |
	tr -d ' ' | tr ',' '\n' | sort >"$T/manual"
is "modes and their names" "$(cat "$T/manual")" "$(cat "$T/table")"

if command -v mandoc >/dev/null; then
	run mandoc -T lint -W warning gproc.1
	is "the man page is clean mdoc" "$out" ""
fi
set -f
for word in $(sed -n 's/^[[:space:]]*{"\([^"]*\)", [0-9], .*/\1/p' stackvm.c); do
	ok "the man page has the stack word $word" grep -Eq "^\.It Li (\"\* )?.*$(printf %s "$word" | sed 's/[*+]/\\&/')" gproc.1
done
done_testing
