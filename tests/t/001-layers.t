#!/bin/sh
# Every file uses, by include and by symbol, only what doc/architecture.md allows; and the checker sees each thing that can be wrong.
. tests/lib.sh

run tests/layers
is "the source keeps to doc/architecture.md" "$status:$out$err" "0:"

# ---- the checker on a tree of five modules: elf uses util, libs and view use elf, gproc uses libs ----

# module FILE USED...: x.h that declares x(), and x.c that calls what it uses.
module() {
	name=${1##*/} sum=0
	echo "int $name(void);" >"$T/tree/$1.h"
	echo "#include \"$1.h\"" >"$T/tree/$1.c"
	for used in "$@"; do
		[ "$used" != "$1" ] || continue
		echo "#include \"$used.h\"" >>"$T/tree/$1.c"
		sum="$sum + ${used##*/}()"
	done
	printf 'int\n%s(void)\n{\n\treturn %s;\n}\n' "$name" "$sum" >>"$T/tree/$1.c"
}

fresh() {
	rm -rf "$T/tree"
	mkdir -p "$T/tree/base" "$T/tree/ship" "$T/tree/run" "$T/tree/doc" "$T/tree/tests"
	cp Makefile "$T/tree"
	module base/util
	module elf base/util
	module ship/libs elf
	module run/view elf
	module gproc ship/libs
	cat >"$T/tree/doc/architecture.md" <<-'END'
		`base` < `formats` < `ship`, `run` < `gproc`

		### `base/`: below all

		| file | its one job | may use | must never know |
		|---|---|---|---|
		| util | to help | | why |

		### The top level

		| file | its one job | may use | must never know |
		|---|---|---|---|
		| elf | bytes | | files |
		| gproc | all | everything | how |

		### `ship/`: a wing

		| file | its one job | may use | must never know |
		|---|---|---|---|
		| libs | libraries | elf | links |

		### `run/`: a wing beside it

		| file | its one job | may use | must never know |
		|---|---|---|---|
		| view | mounts | elf | users |
	END
}

# may MODULE NAMES: its row allows these.
may() {
	sed -i "s/^\(| $1 |[^|]*|\)[^|]*|/\1 $2 |/" "$T/tree/doc/architecture.md"
}

# says NAME LINES: what the checker has to say; nothing: that all is well.
says() {
	run tests/layers "$T/tree"
	[ -n "$2" ] && wanted=1 || wanted=0
	is "$1" "$status:$out$err" "$wanted:$2"
}

denied="its row in doc/architecture.md does not allow that"

fresh
says "a tree that keeps to its table" ""

fresh
echo '#include "ship/libs.h"' >>"$T/tree/run/view.c"
says "an include across" "view uses libs (#include ship/libs.h): $denied"

fresh
module elf base/util run/view
sed -i '/view.h/s/.*/int view(void);/' "$T/tree/elf.c"
says "a call upwards, without an include" "elf uses view (view): $denied"

echo "elf view it was always so" >"$T/tree/tests/layers.except"
says "an exception" ""

echo "elf view" >"$T/tree/tests/layers.except"
says "an exception without a reason" 'tests/layers.except: "elf view" gives no reason'

fresh
echo "elf view it was always so" >"$T/tree/tests/layers.except"
says "an exception that is no longer needed" "tests/layers.except: the exception for elf and view is no longer needed: take it out"

fresh
module run/view elf ship/libs
may view "elf libs"
says "a wing beside, though the row allows it" "view uses libs (#include ship/libs.h, libs): ship does not lie below run"

fresh
module base/util elf
may util elf
says "a wing above, though the row allows it" "util uses elf (#include elf.h, elf): formats does not lie below base"

fresh
module ship/needs ship/libs
module ship/libs elf ship/needs
sed -i 's/^| libs |.*/| libs | libraries | elf needs | links |\n| needs | files | libs | links |/' "$T/tree/doc/architecture.md"
says "two files that use each other, though their rows allow it" \
	"libs uses needs (#include ship/needs.h, needs): that is a circle, for needs uses libs in turn
needs uses libs (#include ship/libs.h, libs): that is a circle, for libs uses needs in turn"
echo "needs libs it was always so" >"$T/tree/tests/layers.except"
says "an exception opens a circle" ""

fresh
may libs "elf view"
says "a row that allows more than is used" "doc/architecture.md allows libs to use view, which it never does: shorten its row"

fresh
echo '#include <zlib.h>' >>"$T/tree/base/util.c"
says "a package's header" "util uses zlib (#include zlib.h): $denied"

fresh
printf 'void sodium_memzero(void *, unsigned long);\nvoid wipe(void *p);\nvoid\nwipe(void *p)\n{\n\tsodium_memzero(p, 1);\n}\n' >>"$T/tree/elf.c"
says "a package's function, without its header" "elf uses libsodium (sodium_memzero): $denied"

fresh
module run/place
says "a file without a row" "run/place.c has no row in doc/architecture.md
run/place.h has no row in doc/architecture.md"

fresh
rm "$T/tree/run/view.c" "$T/tree/run/view.h"
says "a row without a file" "doc/architecture.md allows view to use elf, which it never does: shorten its row
doc/architecture.md has a row for view, but there is no view.c"

fresh
mv "$T/tree/run/view.c" "$T/tree/run/view.h" "$T/tree/ship"
sed -i 's|run/view|ship/view|' "$T/tree/ship/view.c"
says "a file in another wing than its row's" "ship/view.c has its row in doc/architecture.md under another wing: run
ship/view.h has its row in doc/architecture.md under another wing: run"

fresh
sed -i '/^`base` </s/, `run`//' "$T/tree/doc/architecture.md"
like "a wing without a place in the order" "$(tests/layers "$T/tree")" "^doc/architecture.md gives run no place in the order of the wings$"

fresh
echo 'broken' >>"$T/tree/run/view.c"
run tests/layers "$T/tree"
is "a source that does not build fails" "$status" 1
like "and the compiler says why" "$out" 'view\.c:.*error'
done_testing
