#!/bin/sh
# The simulated clusters of doc/performance.md: what the program says of measured ones is within 20% of what was measured, its tables and its picture are
# those that stand there, and it is sane: the same again, and never better for more nodes, bytes or delay.
. tests/lib.sh
make -s build/bench/model 2>"$T/err" || { cat "$T/err"; exit 1; }
model=build/bench/model
doc=doc/performance.md

run $model $doc check
is "each measured launch and transfer is within a fifth" "$status $out$err" "0 "
ok "there are launches on 64, 256, 1,024 and 4,096" test "$(grep -cE '^\| `launch (64|256|1024|4096) ' $doc)" = 4
ok "and transfers over cables with a rate" test "$(grep -cE '^\| `send ' $doc)" -ge 5

mkdir "$T/doc"
cp $doc "$T/doc/performance.md"
ok "the tables are made" tests/model/write "$T/doc"
ok "they are those that stand in the document" cmp "$T/doc/performance.md" $doc
ok "and so is the picture" cmp "$T/doc/model.svg" doc/model.svg
is "with nothing between the marks it says the same" \
	"$(sed '/^<!-- made by/,/^<!-- end/{/^<!--/!d}' $doc >"$T/bare.md" && $model "$T/bare.md" all "$T/bare.svg" | cksum)" \
	"$(sed -n '/^<!-- made by/,/^<!-- end/{/^<!--/!p}' $doc | cksum)"

# rising NAME VALUE...: each is as large as the last or larger.
rising() {
	rising_name=$1
	shift
	ok "$rising_name ($*)" awk 'BEGIN { for (i = 2; i < ARGC; i++) if (ARGV[i] < ARGV[i - 1]) exit 1 }' "$@"
}
launches() { for n in 1 10 100 1000 10000 100000; do $model "$1" launch $n "$2"; done; }
for below in 8 32 1024; do
	rising "more nodes take no less, $below below each" $(launches $doc $below)
done
rising "nor in a chain" $(for n in 1 64 100 1000 10000; do $model $doc send $n 16 1000; done)
rising "nor more bytes" $(for mb in 16 32 256 1000; do $model $doc send 100 $mb 1000; done)
rising "nor slower wires" $(for mbit in 10000 1000 100 10; do $model $doc send 100 16 $mbit; done)

# dearer ROW: the document with ten times that cost.
dearer() {
	awk -v row="| \`$1\` |" 'index($0, row) == 1 { split($0, cell, "|"); sub(/[0-9.]+/, 10 * cell[3], cell[3]); print "|" cell[2] "|" cell[3] "|"; next } { print }' $doc >"$T/dearer.md"
}
for row in turn frame event entry client line start job delay; do
	dearer $row
	rising "ten times the cost \`$row\` takes no less" "$($model $doc launch 10000 32)" "$($model "$T/dearer.md" launch 10000 32)"
done
for row in content delay header; do
	dearer $row
	rising "ten times \`$row\` neither, in a chain" "$($model $doc send 1000 16 1000)" "$($model "$T/dearer.md" send 1000 16 1000)"
done
grep -v '^| `delay` ' $doc >"$T/less.md"
run $model "$T/less.md" check
is "a cost that is missing is named" "$status $err" "2 model: $T/less.md has no row \`delay\`"
done_testing
