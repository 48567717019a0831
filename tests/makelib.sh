# shellcheck shell=bash
# For scripts that try libraries and programs of their own, sourced after lib.sh: made in the working directory by ${CC:-gcc}.

# lib DIR NAME [flags]: DIR/libNAME.so.1, a library with a function of its name, and the link to it.
lib() {
	mkdir -p "$1"
	lib_dir=$1 lib_name=$2
	shift 2
	echo "int $lib_name(void) { return 1; }" >"$lib_name.c"
	${CC:-gcc} -shared -fPIC -Wl,-soname,"lib$lib_name.so.1" -o "$lib_dir/lib$lib_name.so.1" "$lib_name.c" -Wl,--no-as-needed "$@"
	ln -sf "lib$lib_name.so.1" "$lib_dir/lib$lib_name.so"
}

# mapped_program NAME [flags]: it prints the files that are mapped into it.
mapped_program() {
	program_name=$1
	shift
	cat >mapped.c <<-'END'
		#include <stdio.h>
		#include <string.h>
		int main(void)
		{
			char line[4096];
			FILE *f = fopen("/proc/self/maps", "r");
			while (f && fgets(line, sizeof(line), f))
				if (strchr(line, '/'))
					fputs(strchr(line, '/'), stdout);
			return 0;
		}
	END
	${CC:-gcc} -o "$program_name" mapped.c -Wl,--no-as-needed -Wl,--allow-shlib-undefined "$@"
}
