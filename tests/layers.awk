# The checker of tests/layers. Reads, in this order: doc/architecture.md, tests/layers.except, the sources, and `nm -A -g` of their objects;
# the variable `reads` says which it is at. A module is x.c with its x.h, known by the bare name x.

function wrong(text) {
	print text | "sort"
	status = 1
}

function module_of(file) {
	sub(/.*\//, "", file)
	sub(/\.[cho]$/, "", file)
	return file
}

# Where a module stands in the order of the wings. gproc lies at the top level, but above all.
function wing_of(module) {
	return module == "gproc" || !(module in home) ? module : home[module]
}

function path_of(module) {
	return !(module in home) ? "" : (home[module] == "formats" ? "" : home[module] "/") module ".h"
}

function uses(user, used, how) {
	if (user != used && index(said[user, used] ",", " " how ",") == 0)
		said[user, used] = said[user, used] (said[user, used] == "" ? " " : ", ") how
}

# ---- doc/architecture.md: the order of the wings, and a row for each module below the heading of its wing ----

reads == "table" && /^`base` < / {
	gsub(/[`,.]/, " ")
	for (i = 1; i <= NF; i++)
		if ($i == "<")
			height++
		else
			rank[$i] = height + 1
}

reads == "table" && /^### / {
	wing = $2 ~ /^`[a-z]+\/`/ ? $2 : "formats"
	gsub(/[^a-z]/, "", wing)
}

reads == "table" && /^\| file \| its one job \| may use \|/ {
	in_table = 1
	next
}

reads == "table" && !/^\|/ { in_table = 0 }

reads == "table" && in_table && !/^\|---/ {
	split($0, column, "|")
	gsub(/[` ]/, "", column[2])
	gsub(/[`,]/, " ", column[4])
	home[column[2]] = wing
	count = split(column[4], names, " ")
	for (i = 1; i <= count; i++)
		allowed[column[2], names[i]] = 1
}

# ---- tests/layers.except: `user used-module why`, one exception a line ----

reads == "exceptions" && NF && !/^#/ {
	if (NF < 3)
		wrong("tests/layers.except: \"" $0 "\" gives no reason")
	excepted[$1, $2] = 1
}

# ---- the sources: what they include ----

reads == "source" && FNR == 1 {
	module = module_of(FILENAME)
	dir = FILENAME ~ /\// ? FILENAME : "formats"
	sub(/\/.*/, "", dir)
	if (!(module in home))
		wrong(FILENAME " has no row in doc/architecture.md")
	else if (home[module] != dir)
		wrong(FILENAME " has its row in doc/architecture.md under another wing: " home[module])
	exists[module] = 1
}

reads == "source" && /^[ \t]*#[ \t]*include/ {
	included = $0
	gsub(/^[^"<]*["<]|[">].*$/, "", included)
	used = module_of(included)
	if ($0 ~ /"/ || included == path_of(used))
		uses(module, used, "#include " included)
	else if (included ~ /^(zlib|zconf)\.h$/)
		uses(module, "zlib", "#include " included)
	else if (included ~ /^sodium/)
		uses(module, "libsodium", "#include " included)
	else if (included ~ /^bearssl/)
		uses(module, "bearssl", "#include " included)
}

# ---- the symbols ----

reads == "symbols" {
	sub(/:.*/, "", $1)
	if ($(NF - 1) ~ /^[Uwv]$/)
		wants[module_of($1), $NF] = 1
	else
		owner[$NF] = module_of($1)
}

function join_symbols(  key, part) {
	for (key in wants) {
		split(key, part, SUBSEP)
		if (part[2] in owner)
			uses(part[1], owner[part[2]], part[2])
		else if (part[2] ~ /^(crypto_|sodium_|randombytes)/)
			uses(part[1], "libsodium", part[2])
		else if (part[2] ~ /^br_/)
			uses(part[1], "bearssl", part[2])
		else if (part[2] ~ /^(deflate|inflate|compress|uncompress|adler32|crc32|zlib|gz)/)
			uses(part[1], "zlib", part[2])
	}
}

# Whether a module uses another, if only through others. Uses that are forbidden or exceptions do not count.
function leads(user, used,  part, count, i) {
	passed[user] = 1
	count = split(below[user], part, " ")
	for (i = 1; i <= count; i++)
		if (part[i] == used || (!(part[i] in passed) && leads(part[i], used)))
			return 1
	return 0
}

function is_circle(user, used) {
	split("", passed)
	return leads(used, user)
}

# Why the table forbids one module's use of another, or "".
function forbidden(user, used) {
	if (!((user, used) in allowed) && !((user, "everything") in allowed) && used != "util")
		return "its row in doc/architecture.md does not allow that"
	if (used in home && wing_of(used) != wing_of(user) && rank[wing_of(used)] >= rank[wing_of(user)])
		return wing_of(used) " does not lie below " wing_of(user)
	return ""
}

function objection(user, used,  why) {
	why = forbidden(user, used)
	return why == "" && is_circle(user, used) ? "that is a circle, for " used " uses " user " in turn" : why
}

END {
	for (module in home)
		if (!(module in exists))
			wrong("doc/architecture.md has a row for " module ", but there is no " module ".c")
		else if (!(wing_of(module) in rank))
			wrong("doc/architecture.md gives " wing_of(module) " no place in the order of the wings")
	join_symbols()
	for (key in said) {
		split(key, part, SUBSEP)
		if (!(key in excepted) && forbidden(part[1], part[2]) == "")
			below[part[1]] = below[part[1]] " " part[2]
	}
	for (key in said) {
		split(key, part, SUBSEP)
		why = objection(part[1], part[2])
		if (why == "")
			continue
		if (key in excepted)
			needed[key] = 1
		else
			wrong(part[1] " uses " part[2] " (" substr(said[key], 2) "): " why)
	}
	for (key in excepted) {
		split(key, part, SUBSEP)
		if (!(key in needed))
			wrong("tests/layers.except: the exception for " part[1] " and " part[2] " is no longer needed: take it out")
	}
	for (key in allowed) {
		split(key, part, SUBSEP)
		if (part[2] != "everything" && !(key in said))
			wrong("doc/architecture.md allows " part[1] " to use " part[2] ", which it never does: shorten its row")
	}
	close("sort")
	exit status
}
