#!/bin/sh
# doc/protocol.md and the headers say the same: messages and their numbers, flags, kinds and states, limits.
. tests/lib.sh

DOC=doc/protocol.md

# The values of the header's enums, "NAME value", counted on where none is given: those whose name begins with one of the prefixes.
enumerated() {
	awk -v prefix="^($1)_" '
		/^enum [a-z_]+ \{/ { inside = 1; value = -1; sub(/^[^{]*\{/, "") }
		inside {
			gsub(/\/\*[^*]*\*\//, "")
			last = /\}/
			sub(/\}.*/, "")
			parts = split($0, word, ",")
			for (i = 1; i <= parts; i++) {
				if (split(word[i], side, "=") == 0 || word[i] !~ /[A-Z]/) continue
				value = side[2] != "" ? side[2] + 0 : value + 1
				gsub(/[ \t]/, "", side[1])
				if (side[1] ~ prefix) print side[1], value
			}
			if (last) inside = 0
		}' proto.h | sort
}

enumerated MSG | sed 's/^MSG_//' >"$T/header"
[ "$(wc -l <"$T/header")" -gt 20 ] || fact 1 "the messages can be read out of proto.h"
sed -n '/^## All messages/,/^## The tree/s/^| \([0-9][0-9]*\) | \([A-Z_]*\) |.*/\2 \1/p' $DOC | sort >"$T/table"
is "the table has every message with its number, and no other" "$(cat "$T/table")" "$(cat "$T/header")"
sed -n 's/^### \(.*[A-Z_]* ([0-9]*)\)$/\1/p' $DOC | tr ',' '\n' | sed 's/^ *\([A-Z_]*\) (\([0-9]*\))/\1 \2/' | sort >"$T/sections"
is "so have the sections" "$(cat "$T/sections")" "$(cat "$T/header")"

enumerated 'RUN|EVENT|EXITED|LAUNCH|NODE' >"$T/header"
sed -n 's/^| \(\(RUN\|EVENT\|EXITED\|LAUNCH\|NODE\)_[A-Z_]*\) | \([0-9]*\) |.*/\1 \3/p' $DOC | sort >"$T/table"
is "flags, kinds of events and states of nodes have their values" "$(cat "$T/table")" "$(cat "$T/header")"

# limit NAME VALUE: some header defines it so, whatever way it is written.
limit() {
	value=$(sed -n "/#define $1\\>/{N;s/#define $1[ \\t\\\\]*\n\{0,1\}[ \t]*//;s,\n.*,,;s,/\\*.*,,;p}" ./*.h ./*/*.h | tr -d 'u')
	[ "$(($value))" = "$2" ]
}
sed -n '/^## Limits/,$s/^| \([A-Z_]*\) | \([0-9]*\) |.*/\1 \2/p' $DOC >"$T/limits"
while read -r name value; do
	ok "$name is $value" limit "$name" "$value"
done <"$T/limits"
is "a frame's length reaches to MAX_FRAME" "$(grep -c '^| 0 | length | u32 | of all that follows, 9 to 4,194,304 |' $DOC)" 1
is "the generation is PROTO_GENERATION" "$(sed -n 's/.*generation | u32 | of the messages: \([0-9]*\) |/\1/p' $DOC)" \
	"$(sed -n 's/^#define PROTO_GENERATION \([0-9]*\).*/\1/p' proto.h)"
done_testing
