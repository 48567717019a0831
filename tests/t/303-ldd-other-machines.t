#!/bin/bash
# Under roots of big-endian and of 32-bit machines, libs.c finds every library that readelf says is needed, and no other.
. tests/lib.sh
. tests/libsof
command -v readelf >/dev/null || skip_all "readelf is not installed"

# What is needed in turn, by readelf, each library being in the one directory of its machine: lines "program TAB path".
closure() {
	declare -A needed_by=()
	while IFS=$'\t' read -r program interp; do
		declare -A seen=()
		todo=("$root$program")
		while [ ${#todo[@]} -gt 0 ]; do
			file=${todo[0]}
			todo=("${todo[@]:1}")
			[ -n "${needed_by[$file]+x}" ] || needed_by[$file]=$(readelf -dW "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
			for name in ${needed_by[$file]}; do
				real=$(realpath "$root/usr/lib/$triplet/$name")
				[ -z "${seen[$real]+x}" ] || continue
				seen[$real]=1
				todo+=("$real")
				echo "$program	${real#"$root"}"
			done
		done
		unset seen
		real=$(realpath "$root/usr/lib/$triplet/$(basename "$interp")")
		echo "$program	${real#"$root"}"
	done
}

compare() {
	arch=$1 machine=$2 triplet=$3
	if ! root=$(tests/roots "$arch" 2>"$T/why"); then
		skip "the libraries of $arch" "no $arch root: $(tail -n 1 "$T/why")"
		return
	fi
	find "$root/usr/bin" "$root/usr/sbin" -type f -perm /111 | sed "s|^$root||" | sort | elf_files "$root" >"$T/programs"
	"$libsof" -r "$root" - <"$T/programs" >"$T/found"
	dynamic_programs "$machine" "$T/found" >"$T/dynamic"
	closure <"$T/dynamic" | sort -u >"$T/theirs"
	libraries_found "$T/found" >"$T/ours"
	no_difference "$arch: every library needed is found" "$(comm -23 "$T/theirs" "$T/ours")"
	no_difference "$arch: and nothing else" "$(comm -13 "$T/theirs" "$T/ours")"
	diag "$(wc -l <"$T/dynamic") programs, $(wc -l <"$T/theirs") libraries"
	ok "$arch: there was something to compare" test "$(wc -l <"$T/theirs")" -gt 100
}

compare s390x s390x s390x-linux-gnu
compare i386 i686 i386-linux-gnu
done_testing
