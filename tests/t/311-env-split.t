#!/bin/bash
# What env runs from a script's first line is found by coreutils' rules of words, quotes and escapes: held against env itself.
# shellcheck disable=SC2016 # variables of env
. tests/lib.sh
. tests/libsof

env --version 2>/dev/null | grep -q 'coreutils' || skip_all "env is not coreutils'"
mkdir "$T/bin" "$T/other" "$T/other/sub"
for name in prog 'two words' "o'clock" 'a"b' $'line\vin' '#hash' 'back\slash' 'dollar$' 'v=1' val; do
	printf '#!/bin/sh\n/usr/bin/readlink -f "$0"\n' >"$T/bin/$name"
	chmod +x "$T/bin/$name"
done
cp "$T/bin/prog" "$T/other/elsewhere"
cp "$T/bin/prog" "$T/other/sub/inner"
export PATH="$T/bin:/usr/bin:/bin" VALUE=val WORDS='two words' EMPTY='' QUOTED="'x"

# same LINE: env, told so, runs the program that is found; or none, and neither is anything found.
same() {
	printf '#!/usr/bin/env %s\n' "$1" >"$T/script"
	chmod +x "$T/script"
	theirs=$(timeout "$(limit 10)" "$T/script" 2>"$T/err") || theirs=none
	run "$libsof" "$T/script"
	ours=$(awk -F'\t' -v bin="$T/" '$1 == "program" && index($2, bin) == 1 && $2 != bin "script" { print $2 }' <<<"$out")
	is "$1" "${ours:-none}" "$theirs"
}

same '-S prog'
same "-S'prog' -e 'print 1'"
same '-S "prog" -e'
same "-S 'two words'"
same '-S two\_words'
same '-S "two\_words"'
same "-S 'two\\_words'"
same '-Sprog\_-x'
same "-S o\\'clock"
same "-S \"o'clock\""
same "-S 'o\\'clock'"
same '-S a\"b'
same "-S 'a\"b'"
same '-S "a\"b"'
same '-S line\vin'
same '-S "line\vin"'
same "-S 'tab\\tin'"
same '-S \#hash'
same '-S #hash'
same '-S prog #hash'
same '-S prog#hash'
same '-S back\\slash'
same "-S 'back\\slash'"
same "-S 'back\\\\slash'"
same '-S "back\\slash"'
same '-S dollar\$'
same "-S 'dollar\$'"
same '-S dollar$'
same '-S ${VALUE}'
same '-S "${VALUE}" -x'
same '-S ${WORDS}'
same '-S "${WORDS}"'
same "-S '\${VALUE}'"
same '-S ${EMPTY}prog'
same '-S ${EMPTY} prog'
same '-S ${UNSET_ONE} prog'
same '-S ${VALUE'
same '-S $VALUE'
same '-S ${1A} prog'
same '-S va${EMPTY}l'
same '-S "" prog'
same "-S pr''og"
same '-S pr"o"g'
same '-S prog\c garbage"'
same '-S "prog\c"'
same '-S prog\'
same '-S prog\q'
same '-S "prog'
same "-S 'prog"
same '-S -i prog'
same "-S -i PATH=$T/bin prog"
same "-S PATH=$T/other elsewhere"
same "-S PATH='$T/other' elsewhere"
same "-S -u PATH prog"
same "-S --unset=PATH PATH=$T/bin prog"
same "-S -u HOME -v prog"
same "-S -uHOME prog"
same "-S --uns HOME prog"
same "-S -C $T/other ./sub/inner"
same "-S --chdir=$T/other sub/inner"
same "-S -C$T/other sub/inner"
same '-S A=1 B=2 prog'
same '-S "A=1 2" prog'
same '-S v=1'
same '-S -- prog'
same '-S - prog'
same '-S -iS "prog"'
same '-S -S "prog -x"'
same "-S -S'prog' -x"
same '-vS prog'
same '-vSprog -x'
same '--split-string=prog -x'
same '--split-string prog'
same '--split=prog'
same '-S --ignore-signal=PIPE prog'
same '-S --default-signal prog'
same '-S --nosuch prog'
same '-S -z prog'
same '-S nosuch'
same '-S ./nosuch/prog'
same "-S	prog	-x"
same 'prog'
same 'v=1'

run "$libsof" "$T/bin/prog"
is "a script without env is found" "$status" 0
printf '#!/usr/bin/env -S nosuchprogram -x\n' >"$T/script"
run "$libsof" "$T/script"
is "a word that is not to be found stops nothing" "$status" 0
like "but is told" "$out" "^warning	no program \"nosuchprogram\" in .*, named by the first line of $T/script"
printf '#!/usr/bin/env -S /no/such/program -x\n' >"$T/script"
run "$libsof" "$T/script"
like "a path too" "$status $out" "^0 |^warning	/no/such/program, named by the first line of $T/script, is not there"
printf '#!/usr/bin/env -S "prog\n' >"$T/script"
run "$libsof" "$T/script"
like "and what env won't take" "$out" "^warning	env won't take the first line of $T/script: a quote is not closed"

# The loader of what env runs has the variables that env gives it.
mkdir "$T/lib"
echo 'int only(void) { return 0; }' >"$T/only.c"
echo 'int main(void) { return 0; }' >"$T/main.c"
gcc -shared -o "$T/lib/libonly.so" "$T/only.c" && gcc -o "$T/bin/needs" "$T/main.c" -Wl,--no-as-needed -L"$T/lib" -lonly
printf '#!/usr/bin/env -S LD_LIBRARY_PATH=%s needs\n' "$T/lib" >"$T/script"
ok "env's LD_LIBRARY_PATH serves the program" "$T/script"
run "$libsof" "$T/script"
like "and finds its library" "$out" "^library	$T/lib/libonly.so	"

printf '#!/bin/sh\r\necho fine\r\n' >"$T/script"
run "$libsof" "$T/script"
like "lines as on Windows are told" "$out" "^error	126	/bin/sh.*, named by the first line of $T/script, is not there; its lines end with a carriage return"
done_testing
