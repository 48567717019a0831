#!/bin/bash
# For every dynamic program of this machine, libs.c finds the files that the program's own loader names, and no others.
. tests/lib.sh
. tests/libsof

find -H /usr/bin /usr/sbin -maxdepth 1 -perm /111 -exec readlink -f {} + | sort -u | elf_files "" >"$T/programs"
"$libsof" - <"$T/programs" >"$T/found"
dynamic_programs "$(uname -m)" "$T/found" >"$T/dynamic"
while IFS=$'\t' read -r program loader; do
	"$loader" --list "$program" 2>&1 | sed "s|^|$program\t|"
done <"$T/dynamic" >"$T/listed"

# Where the loader misses a library, that is an error of ours, and what else it names does not count.
awk -F'\t' '/ => not found|rror while loading|Error loading/ { print $1 }' "$T/listed" | sort -u >"$T/broken"
awk -F'\t' '$1 == "name" { name = $2 } $1 == "error" { print name }' "$T/found" | sort -u >"$T/errors"
no_difference "libraries are missing where the loader misses them" "$(comm -23 "$T/broken" "$T/errors")"

whole() {
	awk -F'\t' -v list="$T/broken" 'BEGIN { while ((getline line <list) > 0) broken[line] } !($1 in broken)'
}
libraries_listed "$T/listed" | resolve | sort -u | whole >"$T/theirs"
libraries_found "$T/found" | whole >"$T/ours"
no_difference "every file that the loader names is found" "$(comm -23 "$T/theirs" "$T/ours")"
no_difference "and nothing else" "$(comm -13 "$T/theirs" "$T/ours")"
diag "$(wc -l <"$T/dynamic") programs, $(wc -l <"$T/theirs") libraries"
ok "there was something to compare" test "$(wc -l <"$T/theirs")" -gt 50

# The links are enough for the loader to find everything in a root that has nothing else.
copy_needs() {
	mkdir -p "$2"
	"$libsof" "$1" | while IFS=$'\t' read -r kind path source _; do # for read, tabs in a row are one
		case $kind in
		link) mkdir -p "$2${path%/*}" && ln -s "$source" "$2$path" ;;
		program | library | loader) mkdir -p "$2${path%/*}" && cp "$source" "$2$path" ;;
		esac
	done
}
if unshare -r true 2>/dev/null; then
	for name in date bash perl tar apt-get gcc python3 ssh; do
		program=$(PATH=/usr/bin:/bin command -v "$name") || continue
		copy_needs "$program" "$T/root"
		out=$(unshare -r chroot "$T/root" "$program" --version 2>&1) || out="$?: $out"
		unlike "$name starts in a root that has only its files and links" "$out" '^127:|error while loading'
		rm -rf "$T/root"
	done
else
	diag "no user namespace can be had: nothing was started in a root of its own"
fi
done_testing
