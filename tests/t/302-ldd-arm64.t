#!/bin/bash
# Under an arm64 root, libs.c finds what that root's own loader names when it runs there, emulated.
. tests/lib.sh
. tests/libsof
emulator=$(command -v qemu-aarch64-static) || skip_all "qemu-aarch64-static is not installed"
root=$(tests/roots arm64 2>"$T/why") || skip_all "no arm64 root: $(tail -n 1 "$T/why")"

# The places that both sides know but spell differently are told apart by resolving them inside the root.
resolve_inside() {
	while IFS=$'\t' read -r program path; do
		path=${path#"$root"}
		echo "$program	$(realpath -m "$root$(inside "$path")" | sed "s|^$root||")"
	done
}

# The links of these packages are relative, or absolute in a single step.
inside() {
	inside_target=$(readlink "$root$1") || { echo "$1"; return; }
	case $inside_target in
	/*) inside "$inside_target" ;;
	*) echo "$1" ;;
	esac
}

find "$root/usr/bin" "$root/usr/sbin" -type f -perm /111 | sed "s|^$root||" | sort | elf_files "$root" >"$T/programs"
"$libsof" -r "$root" - <"$T/programs" >"$T/found"
dynamic_programs aarch64 "$T/found" >"$T/dynamic"
while IFS=$'\t' read -r program loader; do
	"$emulator" -L "$root" "$root$(inside "$loader")" --list "$root$program" 2>&1 | sed "s|^|$program\t|"
done <"$T/dynamic" >"$T/listed"
libraries_listed "$T/listed" | resolve_inside | sort -u >"$T/theirs"
libraries_found "$T/found" >"$T/ours"
no_difference "every file that the loader names is found" "$(comm -23 "$T/theirs" "$T/ours")"
no_difference "and nothing else" "$(comm -13 "$T/theirs" "$T/ours")"
diag "$(wc -l <"$T/dynamic") programs, $(wc -l <"$T/theirs") libraries"
ok "there was something to compare" test "$(wc -l <"$T/theirs")" -gt 100
awk -F'\t' -v root="$root/" '$1 ~ /^(program|library|loader)$/ && index($3, root) != 1' "$T/found" >"$T/outside"
no_difference "every file comes from the root" "$(cat "$T/outside")"
run "$libsof" -r "$root" nosuch
like "a program that is not there" "$out" "^error	127	no program \"nosuch\" in .* \(under $root\)"

# This machine's own libraries are no use there.
if [ -e /lib64/ld-linux-x86-64.so.2 ]; then
	cp -L "$(command -v date)" "$T/date"
	like "this machine's program finds no loader there" "$(cd "$T" && "$libsof" -r "$root" ./date)" \
		"^error	126	/lib64/ld-linux-x86-64.so.2, the loader of $T/date, is not there \(under $root\)"
fi
done_testing
