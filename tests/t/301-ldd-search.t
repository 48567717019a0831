#!/bin/bash
# Programs built here for each rule of search, by glibc's and by musl's own linker: libs.c finds what their loaders load.
# shellcheck disable=SC2016 # variables of the loader
. tests/lib.sh
. tests/libsof
. tests/makelib.sh
cd "$T" || exit 1

# program NAME [flags]
program() {
	mkdir -p "$(dirname "$1")"
	program_name=$1
	shift
	echo 'int main(void) { return 0; }' >main.c
	${CC:-gcc} -o "$program_name" main.c -Wl,--no-as-needed -Wl,--allow-shlib-undefined "$@"
}

# same NAME PROGRAM [COMMAND...]: both find the same files in the environment that the command makes.
same() {
	same_name=$1 same_program=$2
	shift 2
	loader=$("$@" "$libsof" "$same_program" | sed -n 's/^interpreter\t//p')
	theirs=$("$@" "${loader:-/none}" --list "$same_program" 2>&1 | sed "s|^|x\t|" | libraries_listed | resolve | sort -u)
	ours=$("$@" "$libsof" "$same_program" | libraries_found | cut -f 2 | sed 's/^/x\t/' | sort -u)
	is "$same_name" "$ours" "$theirs"
}

# The missing library, as both name it.
same_missing() {
	run "$libsof" "$2"
	like "$1" "$out" "^error	126	$3"
	loader=$(sed -n 's/^interpreter\t//p' <<<"$out")
	like "$1, as the loader finds too" "$("$loader" --list "$2" 2>&1)" 'not found|rror (while )?loading'
}

lib "$T/deep" inner
lib "$T/shallow" outer -L"$T/deep" -Wl,--no-as-needed -linner
program "$T/rpath" -L"$T/shallow" -louter -Wl,-rpath-link,"$T/deep" -Wl,--disable-new-dtags,-rpath,"$T/shallow:$T/deep"
same "RPATH is inherited" "$T/rpath"
program "$T/runpath" -L"$T/shallow" -louter -Wl,-rpath-link,"$T/deep" -Wl,--enable-new-dtags,-rpath,"$T/shallow:$T/deep"
same_missing "RUNPATH is not" "$T/runpath" "libinner.so.1, needed by $T/shallow/libouter.so.1, is in none of "
same "LD_LIBRARY_PATH helps" "$T/runpath" env LD_LIBRARY_PATH="/nowhere:$T/deep"
program "$T/direct" -L"$T/shallow" -louter -L"$T/deep" -linner -Wl,--enable-new-dtags,-rpath,"$T/shallow:$T/deep"
same "what the program has loaded itself is used again" "$T/direct"

lib "$T/other" inner
program "$T/first" -L"$T/shallow" -louter -L"$T/deep" -linner -Wl,--disable-new-dtags,-rpath,"$T/other:$T/shallow:$T/deep"
same "the first directory that has it wins" "$T/first"
same "LD_LIBRARY_PATH comes after RPATH" "$T/first" env LD_LIBRARY_PATH="$T/deep"
program "$T/firstrun" -L"$T/shallow" -louter -L"$T/deep" -linner -Wl,--enable-new-dtags,-rpath,"$T/other:$T/shallow"
same "and before RUNPATH" "$T/firstrun" env LD_LIBRARY_PATH="$T/deep;/nowhere"

lib "$T/app/lib" near
program "$T/app/bin/prog" -L"$T/app/lib" -lnear '-Wl,-rpath,$ORIGIN/../lib'
same '$ORIGIN' "$T/app/bin/prog"
program "$T/app/bin/braces" -L"$T/app/lib" -lnear '-Wl,-rpath,${ORIGIN}/../lib'
same '${ORIGIN}' "$T/app/bin/braces"
dst=$("$(sed -n 's/^interpreter\t//p' < <("$libsof" "$T/app/bin/prog"))" --help | sed -n '/search path/,$s|^  /\(lib[^ ]*\) (system.*|\1|p' | head -n 1)
lib "$T/app/${dst:-lib}/$(uname -m)" token
program "$T/app/bin/tokens" -L"$T/app/$dst/$(uname -m)" -ltoken '-Wl,-rpath,$ORIGIN/../$LIB/${PLATFORM}'
same '$LIB and $PLATFORM' "$T/app/bin/tokens"

cp -r "$T/app" "$T/elsewhere"
mkdir -p "$T/app/linked"
ln -s "$T/elsewhere/lib/libnear.so.1" "$T/app/linked/libnear.so.1"
program "$T/app/bin/bylink" -L"$T/app/lib" -lnear '-Wl,-rpath,$ORIGIN/../linked'
same "a library that is a link" "$T/app/bin/bylink"

lib "$T/caps" fast
mkdir -p "$T/caps/glibc-hwcaps/x86-64-v2" "$T/caps/glibc-hwcaps/unknown-v9"
cp "$T/caps/libfast.so.1" "$T/caps/glibc-hwcaps/x86-64-v2/"
cp "$T/caps/libfast.so.1" "$T/caps/glibc-hwcaps/unknown-v9/"
program "$T/fast" -L"$T/caps" -lfast -Wl,-rpath,"$T/caps"
run "$libsof" "$T/fast"
like "the baseline" "$out" "^library	$T/caps/libfast.so.1	"
like "a variant" "$out" "^library	$T/caps/glibc-hwcaps/x86-64-v2/libfast.so.1	"
like "any variant there is" "$out" "^library	$T/caps/glibc-hwcaps/unknown-v9/libfast.so.1	"
if [ "$(uname -m)" = x86_64 ]; then
	like "one of which the loader takes" "$(/lib64/ld-linux-x86-64.so.2 --list "$T/fast")" "$T/caps/(glibc-hwcaps/x86-64-v2/)?libfast"
fi

program "$T/slash" "$T/deep/libinner.so" # its SONAME has no slash
lib "$T/named" path
${CC:-gcc} -shared -fPIC -o "$T/named/libbare.so" path.c
program "$T/slashed" "$T/named/libbare.so" # it has none: the path itself is needed
same "a needed path" "$T/slashed"

lib "$T/caller" preload
LD_PRELOAD='' WITH_LD_PRELOAD="$T/caller/libpreload.so.1" "$libsof" "$T/slashed" >"$T/preloaded"
like "LD_PRELOAD is followed" "$(cat "$T/preloaded")" "^library	$T/caller/libpreload.so.1	"

cp "$T/slashed" "$T/cut"
truncate -s 2000 "$T/cut"
run "$libsof" "$T/cut"
like "a truncated program is told" "$out" "^error	126	$T/cut is truncated: "
truncate -s 1000 "$T/deep/libinner.so.1"
run "$libsof" "$T/rpath"
like "a truncated library is passed over, and told" "$out" "^error	126	libinner.so.1, needed by .*; $T/deep/libinner.so.1 is truncated"

if command -v musl-gcc >/dev/null; then
	CC=musl-gcc
	rm -rf "$T/deep" "$T/shallow" "$T/app"
	lib "$T/deep" inner
	lib "$T/shallow" outer -L"$T/deep" -Wl,--no-as-needed -linner
	program "$T/musl" -L"$T/shallow" -louter -Wl,-rpath-link,"$T/deep" -Wl,--enable-new-dtags,-rpath,"$T/shallow:$T/deep"
	same "musl: RUNPATH is inherited" "$T/musl"
	same "musl: LD_LIBRARY_PATH comes first" "$T/musl" env LD_LIBRARY_PATH="$T/other:$T/deep"
	lib "$T/app/lib" near
	program "$T/app/bin/prog" -L"$T/app/lib" -lnear '-Wl,-rpath,$ORIGIN/../lib'
	same 'musl: $ORIGIN' "$T/app/bin/prog"
	program "$T/app/bin/odd" -L"$T/app/lib" -lnear '-Wl,-rpath,$ORIGIN/../lib:$LIB'
	same_missing "musl: a path with another variable is dropped" "$T/app/bin/odd" "libnear.so.1, needed by $T/app/bin/odd, is in none of "
fi
done_testing
