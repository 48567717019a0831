#!/bin/bash
# Whatever makes the loader open another file than DT_NEEDED does: filters, audit libraries, variables. libs.c finds what a running
# program has mapped.
# shellcheck disable=SC2016 # variables of the loader
. tests/lib.sh
. tests/libsof
. tests/makelib.sh
cd "$T" || exit 1

# audit DIR NAME [flags]: one that the loader takes as an audit library.
audit() {
	mkdir -p "$1"
	audit_dir=$1 audit_name=$2
	shift 2
	echo 'unsigned la_version(unsigned v) { return v; }' >"$audit_name.c"
	gcc -shared -fPIC -Wl,-soname,"lib$audit_name.so.1" -o "$audit_dir/lib$audit_name.so.1" "$audit_name.c" -Wl,--no-as-needed "$@"
	ln -sf "lib$audit_name.so.1" "$audit_dir/lib$audit_name.so"
}

# same NAME PROGRAM [COMMAND...]: what is mapped is what is found, in the environment that the command makes.
same() {
	same_name=$1 same_program=$2
	shift 2
	theirs=$("$@" "$same_program" 2>"$T/err" | grep -vx "$same_program" | resolve_lines)
	ours=$(LD_PRELOAD='' LD_AUDIT='' "$@" env -u LD_PRELOAD -u LD_AUDIT "$libsof" "$same_program" | libraries_found | cut -f 2 | sort -u)
	is "$same_name" "$ours" "$theirs"
}

resolve_lines() {
	sort -u | xargs -d '\n' -r realpath -m -- | sort -u
}

# One that fails with the loader fails here.
same_missing() {
	run "$libsof" "$2"
	like "$1" "$out" "^error	126	$3"
	run "$2"
	is "$1, as the loader has it" "$status" 127
}

lib "$T/impl" real
lib "$T/own" front -Wl,-F,libreal.so.1 -Wl,-rpath,"$T/impl"
mapped_program "$T/filtered" -L"$T/own" -lfront -Wl,-rpath,"$T/own"
like "DT_FILTER is in the library" "$(readelf -d "$T/own/libfront.so.1")" FILTER
same "a filter brings what it stands for" "$T/filtered"
lib "$T/own" lone -Wl,-F,libnowhere.so.1
mapped_program "$T/unfiltered" -L"$T/own" -llone -Wl,-rpath,"$T/own"
same_missing "one that is missing is an error" "$T/unfiltered" "libnowhere.so.1, needed by $T/own/liblone.so.1, is in none of "
lib "$T/own" helped -Wl,-f,libreal.so.1 -Wl,-f,libnowhere.so.1 -Wl,-rpath,"$T/impl"
mapped_program "$T/auxiliary" -L"$T/own" -lhelped -Wl,-rpath,"$T/own"
like "DT_AUXILIARY is in the library" "$(readelf -d "$T/own/libhelped.so.1")" AUXILIARY
same "an auxiliary filter too, which may be missing" "$T/auxiliary"
lib "$T/own" origin '-Wl,-F,$ORIGIN/../impl/libreal.so.1'
mapped_program "$T/byorigin" -L"$T/own" -lorigin -Wl,-rpath,"$T/own"
same "by a path with a variable" "$T/byorigin"
lib "$T/own" inner -Wl,-F,libfront.so.1 -Wl,-rpath,"$T/own"
mapped_program "$T/chain" -L"$T/own" -linner -Wl,-rpath,"$T/own"
same "a filter of a filter" "$T/chain"

lib "$T/hidden" watched
audit "$T/hidden" spy -L"$T/hidden" -lwatched -Wl,-rpath,"$T/hidden"
mapped_program "$T/plain"
same "LD_AUDIT" "$T/plain" env LD_AUDIT="$T/hidden/libspy.so.1" WITH_LD_AUDIT="$T/hidden/libspy.so.1"
same "several, some of which are not there" "$T/plain" \
	env LD_AUDIT="/none.so:$T/hidden/libspy.so:" WITH_LD_AUDIT="/none.so:$T/hidden/libspy.so:"
audit "$T/hidden" lame -L"$T/own" -llone
run env LD_AUDIT="$T/hidden/liblame.so.1" "$T/plain"
is "one whose own libraries are missing stops nothing there" "$status" 0
run env WITH_LD_AUDIT="$T/hidden/liblame.so.1" "$libsof" "$T/plain"
is "nor here" "$status" 0
mapped_program "$T/audited" -Wl,--audit=libspy.so.1 '-Wl,-rpath,$ORIGIN/hidden'
like "DT_AUDIT is in the program" "$(readelf -d "$T/audited")" AUDIT
same "DT_AUDIT" "$T/audited"
mapped_program "$T/depaudited" "-Wl,--depaudit=$T/hidden/libspy.so.1:/none.so"
same "DT_DEPAUDIT, a list" "$T/depaudited"
# The same name is another file in the audit library's own namespace.
lib "$T/here" twin
lib "$T/there" twin
audit "$T/there" looker -L"$T/there" -ltwin -Wl,-rpath,"$T/there"
mapped_program "$T/twins" -L"$T/here" -ltwin -Wl,-rpath,"$T/here" -Wl,--audit="$T/there/liblooker.so.1"
same "an audit library has libraries of its own" "$T/twins"

lib "$T/pre" load -L"$T/pre"
same "LD_PRELOAD" "$T/plain" env LD_PRELOAD="$T/pre/libload.so.1" WITH_LD_PRELOAD="$T/pre/libload.so.1"
same "LD_PRELOAD by a name, in LD_LIBRARY_PATH" "$T/plain" \
	env LD_LIBRARY_PATH="$T/pre" LD_PRELOAD="/none.so libload.so.1:libreal.so.1" WITH_LD_PRELOAD="/none.so libload.so.1:libreal.so.1"

lib "$T/a;b" odd
mapped_program "$T/semicolon" -L"$T/a;b" -lodd "-Wl,--enable-new-dtags,-rpath,$T/a;b"
same "a semicolon parts nothing in RUNPATH" "$T/semicolon"
mapped_program "$T/semirpath" -L"$T/a;b" -lodd "-Wl,--disable-new-dtags,-rpath,/none:$T/a;b"
same "nor in RPATH" "$T/semirpath"
lib "$T/a" twin
lib "$T/b" odd
mapped_program "$T/environment" -L"$T/a" -ltwin -L"$T/b" -lodd
same "in LD_LIBRARY_PATH it does" "$T/environment" env LD_LIBRARY_PATH="$T/a;$T/b"
same "even in the working directory" "$T/environment" env -C "$T/a" LD_LIBRARY_PATH=";$T/b"

# DF_1_NODEFLIB: only RPATH, RUNPATH and LD_LIBRARY_PATH, not the loader's own directories.
mapped_program "$T/nodefault" -Wl,-z,nodefaultlib
same_missing "-z nodefaultlib" "$T/nodefault" "libc.so.6, needed by $T/nodefault, is in none of "
libc=$(realpath "$(ldd "$T/plain" | awk '$1 == "libc.so.6" { print $3 }')")
mapped_program "$T/nodefaultpath" -Wl,-z,nodefaultlib -Wl,-rpath,"${libc%/*}"
same "and with a path" "$T/nodefaultpath"

if command -v musl-gcc >/dev/null; then
	CC=musl-gcc
	lib "$T/m" real
	lib "$T/m" filter -Wl,-F,libnowhere.so.1 -Wl,-f,libreal.so.1 -Wl,-rpath,"$T/m"
	mapped_program "$T/musl" -L"$T/m" -lfilter -Wl,-rpath,"$T/m"
	same "musl knows no filters" "$T/musl"
	same "nor audit libraries" "$T/musl" env LD_AUDIT="$T/hidden/libspy.so.1" WITH_LD_AUDIT="$T/hidden/libspy.so.1"
	lib "$T/m;n" semi
	mapped_program "$T/muslsemi" -L"$T/m;n" -lsemi "-Wl,-rpath,:$T/m;n"
	same "nor a semicolon" "$T/muslsemi"
	mv "$T/m;n/libsemi.so.1" "$T/libsemi.so.1"
	run "$libsof" "$T/muslsemi"
	like "nor the working directory, where a path is empty" "$out" "^error	126	libsemi.so.1, needed by "
fi
done_testing
