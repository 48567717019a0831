# The rows of tests/bench/run, and what they are measured with: . tests/bench/measure.sh behind lib.sh and wires.sh.
ROUNDS=${ROUNDS:-11}                   # of a launch that is warm
COLD_ROUNDS=${COLD_ROUNDS:-5}          # of one on new nodes
CONTENTS_ROUNDS=${CONTENTS_ROUNDS:-3}  # of large contents
SIZES=${SIZES:-64 256 1024 4096}       # of the trees in which the static program is launched
BENCH=$REPO/build/bench
WORD=$BENCH/word # the least static program, which prints a line
STATIC="$(command -v busybox || echo "$WORD") echo" # a usual one
CSV=${CSV:-$REPO/build/bench.csv}
[ -s "$CSV" ] || echo row,what,unit,floor,floor_least,floor_most,gproc,gproc_least,gproc_most,ratio,at_most >"$CSV"

die() {
	echo "bench: $*" >&2
	exit 1
}

# spread FILE: median, least and most of its numbers.
spread() {
	sort -n "$1" | awk '{ at[NR] = $1 } END { print at[int((NR + 1) / 2)], at[1], at[NR] }'
}

heading() {
	printf '\n| %s | floor (least to most) | gproc (least to most) | ratio | at most |\n|---|---|---|---|---|\n' "$1"
}

# row ROW WHAT UNIT SCALE AT_MOST: of the numbers in $T/floor and $T/gproc, times SCALE; "-": that there is no floor.
row() {
	echo "$(spread "$T/floor") $(spread "$T/gproc")" | awk -v row="$1" -v what="$2" -v unit="$3" -v scale="$4" -v most="$5" -v csv="$CSV" '
		function range(v, least, most) {
			return sprintf(least == most ? "%.4g%s" : "%.4g%s (%.4g to %.4g)", v, unit == "" ? "" : " " unit, least, most)
		}
		{
			for (i = 1; i <= NF; i++) $i *= scale
			ratio = "-"
			below = "-"
			if ($1 > 0) {
				ratio = sprintf("%.2f", $4 / $1)
				below = range($1, $2, $3)
			}
			printf "| %s | %s | %s | %s | %s |\n", what, below, range($4, $5, $6), ratio, most
			gsub(",", ";", what)
			printf "%s,%s,%s,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%s,%s\n", row, what, unit, $1, $2, $3, $4, $5, $6, ratio, most >>csv
		}'
}

# one ROW WHAT UNIT FLOOR VALUE AT_MOST: a row of one number each.
one() {
	echo "$4" >"$T/floor"
	echo "$5" >"$T/gproc"
	row "$1" "$2" "$3" 1 "$6"
}

# ---- trees ----

# start SHAPE N [switches]: N nodes, so many below the master as SHAPE says ("flat": all), the others below those.
start() {
	local top=$1 nodes=$2 i parent
	shift 2
	[ "$top" != flat ] || top=$nodes
	start_master "$@" ${MASTER_ONLY:-} || die "no master"
	for ((i = 0; i < nodes; i++)); do
		parent=master
		[ "$i" -lt "$top" ] || parent="slave hostname hostbase $top % strcat"
		start_slave "$i" "$parent" "$@"
	done
	wait_up "$nodes" || die "the nodes do not come up"
}

stop() {
	kill -INT "$MASTER"
	wait
}

# launch N COMMAND [switches]: seconds that a launch on all N nodes takes, from the shell's fork to the client's end; its lines are counted.
launch() {
	local nodes=$1 program=$2 begin end
	shift 2
	begin=$EPOCHREALTIME
	${LAUNCHER:-} "$GPROC" "$@" e ... $program >"$T/out" 2>"$T/err" || die "launch: $(cat "$T/err")"
	end=$EPOCHREALTIME
	[ "$(wc -l <"$T/out")" = "$nodes" ] || die "$(wc -l <"$T/out") lines came back from $nodes nodes"
	awk "BEGIN { printf \"%.6f\n\", $end - $begin }"
}

# Seconds of processor time that a process has had.
processor_time() {
	awk '{ printf "%.6f\n", $1 / 1e9 }' "/proc/$1/schedstat"
}

# Seconds of processor time that all that was started here has had.
all_time() {
	if [ -e "$BENCH_GROUP/cpuacct.usage" ]; then
		awk '{ printf "%.6f\n", $1 / 1e9 }' "$BENCH_GROUP/cpuacct.usage"
	elif [ -n "$BENCH_GROUP" ]; then
		awk '/^usage_usec/ { printf "%.6f\n", $2 / 1e6 }' "$BENCH_GROUP/cpu.stat"
	else
		echo 0
	fi
}

# since NAME: what all_time has gained since it was $all_before goes to $T/NAME.
since() {
	awk "BEGIN { printf \"%.6f\n\", $(all_time) - $all_before }" >>"$T/$1"
}

# in_turns N COMMAND ROUNDS: the floor and a launch in turns. $T/floor and $T/gproc are seconds, $T/floor_all and $T/gproc_all those of
# processor time; $T/forker and $T/master too, of the floor's one process and of the master.
in_turns() {
	local i before all_before forker
	launch "$1" "$2" >/dev/null
	for i in floor forker floor_all gproc master gproc_all; do : >"$T/$i"; done
	for ((i = 0; i < $3; i++)); do
		all_before=$(all_time)
		"$BENCH/floor" "$1" $2 2>"$T/seconds" >/dev/null
		since floor_all
		read -r before forker <"$T/seconds"
		echo "$before" >>"$T/floor"
		echo "$forker" >>"$T/forker"
		before=$(processor_time "$MASTER") all_before=$(all_time)
		launch "$1" "$2" >>"$T/gproc"
		since gproc_all
		awk "BEGIN { printf \"%.6f\n\", $(processor_time "$MASTER") - $before }" >>"$T/master"
	done
}

# launch_rows ROW WHAT MASTER_AT_MOST: what in_turns found.
launch_rows() {
	row "$1" "$2" ms 1000 1.5
	if [ -n "$BENCH_GROUP" ]; then
		mv "$T/floor_all" "$T/floor"
		mv "$T/gproc_all" "$T/gproc"
		row "$1" "$2: processor time of all" ms 1000 1.5
	fi
	mv "$T/forker" "$T/floor"
	mv "$T/master" "$T/gproc"
	row "$1" "$2: the master's own" ms 1000 "$3"
}

# ---- launches ----

rows_warm() {
	local shape
	heading "/bin/date, warm"
	for shape in "flat 64" "32 1024"; do
		start $shape -key=none
		in_turns "${shape#* }" /bin/date "$ROUNDS"
		launch_rows warm "${shape#* } nodes, ${shape% *} below the master" -
		stop
	done
}

# The floor of a user's launch is root's.
rows_user() {
	local i
	heading "/bin/date, warm, a user's beside root's"
	users alice
	MASTER_ONLY=-users=* start flat 64 -key=none
	for i in floor gproc; do : >"$T/$i"; done
	launch 64 /bin/date >/dev/null
	LAUNCHER=alice launch 64 /bin/date >/dev/null
	for ((i = 0; i < ROUNDS; i++)); do
		launch 64 /bin/date >>"$T/floor"
		LAUNCHER=alice launch 64 /bin/date >>"$T/gproc"
	done
	row user "64 nodes, flat" ms 1000 1.2
	stop
}

# Trees of K x K: K below the master, the others below those.
rows_static() {
	local nodes top most
	heading "a static program, warm"
	host_lines 8192 >>/etc/hosts
	for nodes in $SIZES; do
		top=$(awk "BEGIN { print int(sqrt($nodes)) }")
		start "$top" "$nodes" -key=none
		in_turns "$nodes" "$STATIC" $((nodes > 1024 ? (ROUNDS + 1) / 2 : ROUNDS))
		case $nodes in 64) most=4 ;; 256) most=9 ;; 1024) most=25 ;; 4096) most=60 ;; *) most=- ;; esac
		launch_rows static "$nodes nodes, $top below the master" "$most ms"
		stop
	done
}

# The first launch, each time on new nodes. Its floor: what a warm one takes, and 1.5 times the plain TCP of as many bytes.
rows_cold() {
	local i bytes warm
	heading "/bin/date, cold"
	for i in floor gproc; do : >"$T/$i"; done
	"$GPROC" ldd /bin/date | awk '$2 != "->" && $1 !~ "/$" { print $1 }' | xargs -r cat >"$T/contents"
	bytes=$(wc -c <"$T/contents")
	mkdir "$T/flood"
	for ((i = 0; i < COLD_ROUNDS; i++)); do
		start flat 64 -key=none
		launch 64 /bin/date >>"$T/gproc"
		warm=$(launch 64 /bin/date)
		awk "BEGIN { printf \"%.6f\n\", $warm + 1.5 * $("$BENCH/flood" 64 "$T/contents" "$T/flood") }" >>"$T/floor"
		rm -f "$T/flood"/*
		stop
	done
	rmdir "$T/flood"
	row cold "64 nodes, flat, $bytes bytes each" ms 1000 1
}

# ---- contents ----

# bring_to N: seconds that a launch takes whose new file goes to all N nodes.
bring_to() {
	launch 0 /bin/true -f="$T/big"
}

rows_contents() {
	local kind shape key most i
	heading "64 MiB of random bytes"
	mkdir "$T/flood"
	for kind in plain sealed; do
		if [ $kind = plain ]; then key=-key=none most=1.3; else key=-key= most=2.5; fi
		for shape in flat 8; do
			start $shape 64 $key
			for i in floor gproc; do : >"$T/$i"; done
			launch 0 /bin/true >/dev/null
			for ((i = 0; i < CONTENTS_ROUNDS; i++)); do
				head -c 67108864 /dev/urandom >"$T/big"
				"$BENCH/flood" 64 "$T/big" "$T/flood" >>"$T/floor" || die "the flood fails"
				rm -f "$T/flood"/*
				bring_to >>"$T/gproc"
			done
			row contents "64 nodes, $shape below the master, $kind" ms 1000 $most
			stop
		done
	done
	rm -r "$T/flood" "$T/big"
}

# cabled_floor NAME: seconds of plain TCP of the file /tmp/NAME from the master's machine to slave0's.
cabled_floor() {
	mkdir -p "/proc/$MASTER/root/tmp/flood"
	on master "$BENCH/flood" 1 "/tmp/$1" /tmp/flood 10.9.254.1 "$HOST_slave0" || die "the flood fails"
	rm -f "/proc/$MASTER/root/tmp/flood"/*
}

# Machines behind cables of 100 Mbit/s. What one node needs by plain TCP is the floor for any number.
rows_wire() {
	local shape nodes what i
	heading "16 MB of random bytes over 100 Mbit/s each, sealed"
	for shape in "flat 16" "flat 64" "eights 8"; do
		start_cabled 100mbit "" $($shape) >&2
		nodes=$(($(echo $CABLED | wc -w) - 1)) what="$(echo $CABLED | awk '{ print NF - 1 }') nodes, ${shape% *}"
		for i in floor gproc bytes; do : >"$T/$i"; done
		run on master "$GPROC" -localbin e ... /bin/true
		for ((i = 0; i < CONTENTS_ROUNDS; i++)); do
			fresh big 16000000
			cabled_floor big >>"$T/floor" || exit
			count_wires
			bring big ...
			[ "$status $(printf '%s\n' "$out" | grep -c "^$fresh_sum")" = "0 $nodes" ] || die "not all nodes have it: $err"
			echo "$took" | awk '{ print $1 / 1000 }' >>"$T/gproc"
			count_wires
			busiest | cut -d' ' -f1 >>"$T/bytes"
		done
		row wire "$what" s 1 1.5
		echo 16000000 >"$T/floor"
		mv "$T/bytes" "$T/gproc"
		row wire "$what: the busiest cable" MB 1e-6 1.3
		kill -INT "$MASTER"
		wait
	done
}

rows_packed() {
	local file
	heading "16 MB of shared libraries to 4 nodes over 100 Mbit/s, flat"
	start_cabled 100mbit "" $(flat 4) >&2
	file=/proc/$MASTER/root/tmp/libraries
	cat /usr/lib/*-linux-gnu*/*.so* 2>/dev/null | head -c 16000000 >"$file"
	fresh_sum=$(cksum <"$file")
	run on master "$GPROC" -localbin e ... /bin/true
	count_wires
	bring libraries ...
	[ "$status $(printf '%s\n' "$out" | grep -c "^$fresh_sum")" = "0 4" ] || die "not all nodes have it: $err"
	count_wires
	one packed "bytes that leave the master (gzip -1 of the file)" MB "$(gzip -1 <"$file" | wc -c | awk '{ print $1 / 1e6 }')" \
		"$(awk "BEGIN { print $out_master / 1e6 }")" 1.2
	one packed "the busiest cable" MB "$(gzip -1 <"$file" | wc -c | awk '{ print $1 / 1e6 }')" "$(busiest | awk '{ print $1 / 1e6 }')" 1.3
	kill -INT "$MASTER"
	wait
}

# ---- one node ----

# cost_of COUNT: what a slave and all its processes took in a life with so many launches: context switches, processes, milliseconds.
cost_of() {
	local i pid_before pid_after
	start_master -key=none
	"$BENCH/cost" "$T/cost" unshare -u sh -c 'echo slave0 >/proc/sys/kernel/hostname; exec "$@"' x "$GPROC" -key=none -myParent=master \
		-myId=0 -myAddress=hostname s >"$T/slave0.log" 2>&1 &
	wait_up 1 || die "no node"
	launch 1 "$WORD" >/dev/null
	pid_before=$(cut -d' ' -f5 /proc/loadavg)
	for ((i = 0; i < $1; i++)); do "$GPROC" e 0 "$WORD" >/dev/null || die "a launch"; done
	pid_after=$(cut -d' ' -f5 /proc/loadavg)
	stop
	echo "$(cat "$T/cost") $((pid_after - pid_before))"
}

# calls_of COUNT: system calls of a slave and all its processes meanwhile.
calls_of() {
	local i tracer
	start_master -key=none
	start_slave 0 master -key=none
	wait_up 1 || die "no node"
	launch 1 "$WORD" >/dev/null
	strace -f -qq -o "$T/calls" -p "$SLAVE" 2>/dev/null &
	tracer=$!
	until grep -q "TracerPid:	$tracer" "/proc/$SLAVE/status"; do kill -0 $tracer || die "no strace"; done
	for ((i = 0; i < $1; i++)); do "$GPROC" e 0 "$WORD" >/dev/null || die "a launch"; done
	stop
	grep -vcE 'resumed>|^[0-9]+ (\+\+\+|---)' "$T/calls"
}

# What one launch costs a node is what twice as many in its life cost it more.
rows_node() {
	local few many own
	heading "one node, a warm launch of root's, a static program"
	few=$(cost_of 50) many=$(cost_of 150)
	set -- $few $many
	"$BENCH/cost" "$T/floored" "$BENCH/floor" 64 "$WORD" >/dev/null 2>&1
	one node "context switches" "" "$(awk '{ printf "%.1f", $1 / 64 }' "$T/floored")" "$(awk "BEGIN { printf \"%.1f\", ($4 - $1) / 100 }")" "25 of them"
	one node "processor time, children's too" ms "$(awk '{ printf "%.2f", $2 / 64 }' "$T/floored")" \
		"$(awk "BEGIN { printf \"%.2f\", ($5 - $2) / 100 }")" -
	one node "processes made, beside the client" "" 1 "$(awk "BEGIN { printf \"%.2f\", ($6 - $3) / 100 - 1 }")" "2 of them"
	own=$(strace -f -qq -o /dev/stdout "$WORD" | grep -vcE '^[0-9]+ |^(\+\+\+|word)')
	few=$(calls_of 20) many=$(calls_of 60)
	one node "system calls beside the program's own" "" 0 "$(awk "BEGIN { printf \"%.1f\", ($many - $few) / 40 - $own }")" "100 of them"
}

# ---- what is held ----

private_kib() {
	awk '/^Private/ { sum += $2 } END { print sum }' "/proc/$1/smaps_rollup"
}

rows_memory() {
	local i
	heading "private memory"
	start flat 64 -key=none
	one memory "an idle slave" KiB 0 "$(private_kib "$(pid_of_slave 0)")" "300 KiB"
	one memory "an idle master above 64 nodes" KiB 0 "$(private_kib "$MASTER")" -
	for ((i = 0; i < 1000; i++)); do "$GPROC" e 0 "$WORD" >/dev/null || die "a launch"; done
	one memory "a slave after 1,000 jobs" KiB 0 "$(private_kib "$(pid_of_slave 0)")" "300 KiB"
	one memory "its master" KiB 0 "$(private_kib "$MASTER")" -
	stop
	start flat 1024 -key=none
	one memory "an idle master above 1,024 nodes" KiB 0 "$(private_kib "$MASTER")" "4096 KiB"
	stop
}

rows_image() {
	heading "sizes"
	one image "the binary" KiB 0 $(($(stat -c %s "$GPROC") / 1024)) "600 KiB"
	"$REPO/ramdisk/build" -gproc "$GPROC" -o "$T/alone" >/dev/null || die "no image"
	one image "an image with gproc alone" KiB 0 $(($(stat -c %s "$T/alone") / 1024)) "300 KiB"
}
