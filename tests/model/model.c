/* Clusters that nobody has: a discrete-event simulation of launches and of contents in a chain, without sockets, from the costs that
 * doc/performance.md has. usage: model DOC all PICTURE: the tables that stand there, and the picture beside it; model DOC check: what differs
 * by more than 20% from what was measured (status 1); model DOC launch NODES BELOW, model DOC send NODES MB MBIT: seconds, of one launch, of
 * contents in one chain. The same DOC gives the same bytes. Must never know of gproc's code. */
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 32, CHUNK = 65536, NONE = -1 };

static void
die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("model: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	exit(2);
}

static void *
xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size);

	if (!p)
		die("no memory");
	return p;
}

/* ---- what was measured: rows of the document that begin with a name in back quotes ---- */

/* Seconds, bytes and bytes a second; the document has microseconds, milliseconds and Mbit/s. */
static struct costs {
	double floor, job, start, turn, frame, event, entry, client, line; /* processor time */
	double delay, wire;						   /* of a real cluster's network, between any two */
	double content, loop_delay, detour, header;			   /* of contents */
	double map, launch;						   /* bytes a node on the master */
} cost;
static const struct {
	const char *name;
	double *to, unit;
} cost_rows[] = {{"floor", &cost.floor, 1e-3}, {"job", &cost.job, 1e-3}, {"start", &cost.start, 1e-6}, {"turn", &cost.turn, 1e-6},
	{"frame", &cost.frame, 1e-6}, {"event", &cost.event, 1e-6}, {"entry", &cost.entry, 1e-6}, {"client", &cost.client, 1e-3},
	{"line", &cost.line, 1e-6}, {"delay", &cost.delay, 1e-6}, {"wire", &cost.wire, 1e6 / 8}, {"content", &cost.content, 1e-9},
	{"loopback", &cost.loop_delay, 1e-6}, {"detour", &cost.detour, 1 << 20}, {"header", &cost.header, 0.01}, {"map", &cost.map, 1},
	{"launched", &cost.launch, 1}};

/* A launch on nodes, so many below the master: its ratio to the floor. Contents to nodes in a chain, MB, Mbit/s: seconds. */
static struct row {
	bool is_launch;
	unsigned nodes, below, mb, mbit;
	double measured;
} rows[MAX_ROWS];
static size_t row_count;

static void
take_row(const char *name, const char *value)
{
	struct row *r = &rows[row_count];
	size_t i;

	for (i = 0; i < sizeof(cost_rows) / sizeof(*cost_rows); i++)
		if (strcmp(name, cost_rows[i].name) == 0)
			*cost_rows[i].to = strtod(value, NULL) * cost_rows[i].unit;
	if (row_count == MAX_ROWS)
		die("too many rows");
	r->is_launch = sscanf(name, "launch %u %u", &r->nodes, &r->below) == 2;
	if (!r->is_launch && sscanf(name, "send %u %u %u", &r->nodes, &r->mb, &r->mbit) != 3)
		return;
	r->measured = strtod(value, NULL);
	row_count++;
}

static void
read_document(const char *file)
{
	char line[4096], *name, *end;
	FILE *from = fopen(file, "r");
	size_t i;

	if (!from)
		die("%s can't be read", file);
	while (fgets(line, sizeof(line), from)) {
		if (strncmp(line, "| `", 3) != 0 || !(end = strstr(name = line + 3, "` | ")))
			continue;
		*end = 0;
		take_row(name, end + 4);
	}
	fclose(from);
	for (i = 0; i < sizeof(cost_rows) / sizeof(*cost_rows); i++)
		if (*cost_rows[i].to <= 0)
			die("%s has no row `%s`", file, cost_rows[i].name);
}

/* ---- events, by time; those of one time in the order in which they were made ---- */

struct event {
	double at;
	uint32_t number;
	int32_t kind, who;
	uint32_t count;
};
static struct event *heap;
static size_t heap_count, heap_room;
static uint32_t event_number;
static double now;

static bool
is_before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static void
at_time(double at, int kind, int who, uint32_t count)
{
	struct event e = {at, event_number++, kind, who, count};
	size_t i = heap_count++;

	if (heap_count > heap_room) {
		heap_room = heap_room * 2 + 1024;
		heap = realloc(heap, heap_room * sizeof(*heap));
		if (!heap)
			die("no memory");
	}
	for (; i > 0 && is_before(&e, &heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = e;
}

static bool
next_event(struct event *out)
{
	struct event last;
	size_t i = 0, child;

	if (heap_count == 0)
		return false;
	*out = heap[0];
	last = heap[--heap_count];
	while ((child = 2 * i + 1) < heap_count) {
		child += child + 1 < heap_count && is_before(&heap[child + 1], &heap[child]);
		if (!is_before(&heap[child], &last))
			break;
		heap[i] = heap[child];
		i = child;
	}
	if (heap_count > 0)
		heap[i] = last;
	now = out->at;
	return true;
}

/* ---- processors: those of one machine, shared by all, or a daemon's own ---- */

static unsigned processors; /* 0: each node has its own */
static double *busy_until;  /* of each of the shared */

/* When so much work, ready at that time, will be done. */
static double
work(double ready, double seconds)
{
	unsigned i, first = 0;

	if (processors == 0)
		return ready + seconds;
	for (i = 1; i < processors; i++)
		if (busy_until[i] < busy_until[first])
			first = i;
	busy_until[first] = (busy_until[first] > ready ? busy_until[first] : ready) + seconds;
	return busy_until[first];
}

static void
share_processors(unsigned count)
{
	free(busy_until);
	processors = count;
	busy_until = xcalloc(count, sizeof(*busy_until));
	heap_count = 0;
	event_number = 0;
}

/* ---- a launch in a tree ---- */

/* Its children are children nodes of one size, one after the other: as even as they can be. */
struct node {
	int32_t parent;
	uint32_t below; /* nodes below it */
	uint32_t runs;	/* RUN has come: 1; in hand: 2 */
	uint32_t ups;	/* events that wait for its turn */
	uint32_t frames;
	bool busy, started;
	double wire_free;
};
#define TURN 3e-3 /* seconds after which a turn begins nothing more */
static struct node *tree;
static uint32_t tree_count, fan_out, depth;

enum { LINES = 500 }; /* that a client takes at a time */
enum { RUN_COMES, UP_COMES, JOB_ENDS, TURN_ENDS, CLIENT_ENDS };

static struct launch {
	double over;
	uint64_t frames; /* to and from the head, that is its own */
	uint32_t lines, waiting;
	bool client_busy, on_wire;
} launch;

/* Makes the nodes below one, and theirs. */
static void
grow_tree(int32_t at, uint32_t below, uint32_t level)
{
	uint32_t i, children = below < fan_out ? below : fan_out, rest = below - children;

	if (level > depth)
		depth = level;
	tree[at].below = below;
	for (i = 0; i < children; i++) {
		int32_t child = (int32_t)tree_count++;

		tree[child] = (struct node){.parent = at};
		grow_tree(child, rest / children + (i < rest % children), level + 1);
	}
}

static double
entry_bytes(void)
{
	return 4 + 1 + 4.0 * depth + 4 + 16; /* rank, path, the address of the one before */
}

/* A frame goes from a node: when it is there. */
static double
send_frame(int32_t from, double ready, double bytes)
{
	double begin = ready > tree[from].wire_free ? ready : tree[from].wire_free;

	if (!launch.on_wire)
		return ready;
	tree[from].wire_free = begin + (bytes + 100) / cost.wire;
	return tree[from].wire_free + cost.delay;
}

static bool
has_news(const struct node *n)
{
	return n->runs == 1 || n->ups > 0;
}

/* One turn of a daemon's loop takes what has come, as much as 3 ms are enough for. */
static void
begin_turn(int32_t at)
{
	struct node *n = &tree[at];
	double event = at == 0 ? cost.event : cost.event / 2, takes = cost.turn + n->frames * cost.frame;
	uint32_t children = n->below < fan_out ? n->below : fan_out, ups = n->ups < TURN / event ? n->ups : (uint32_t)(TURN / event);

	takes += ups * event;

	if (n->runs == 1)
		takes += children * cost.frame + n->below * cost.entry + (at == 0 ? 0 : cost.start);
	if (ups > 0 && at != 0)
		takes += cost.frame;
	n->busy = true;
	n->frames = 0;
	at_time(work(now, takes), TURN_ENDS, at, ups);
	n->ups -= ups;
	if (n->runs == 1)
		n->runs = 2;
}

static void
hand_run_on(int32_t at)
{
	struct node *n = &tree[at];
	uint32_t i, children = n->below < fan_out ? n->below : fan_out;
	int32_t child = at + 1;

	n->runs = 3;
	n->started = true;
	for (i = 0; i < children; i++) {
		at_time(send_frame(at, now, 200 + (tree[child].below + 1) * entry_bytes()), RUN_COMES, child, 0);
		child += (int32_t)tree[child].below + 1;
	}
	launch.frames += at == 0 ? children : 0;
	if (at != 0)
		at_time(work(now, cost.job), JOB_ENDS, at, 0);
}

static void
client_takes(void)
{
	uint32_t lines = launch.waiting < LINES ? launch.waiting : LINES;

	launch.client_busy = true;
	launch.waiting -= lines;
	at_time(work(now, lines * cost.line), CLIENT_ENDS, 0, lines);
}

/* The events that this turn took go up. */
static void
end_turn(int32_t at, uint32_t ups)
{
	struct node *n = &tree[at];

	n->busy = false;
	if (n->runs == 2)
		hand_run_on(at);
	if (ups > 0 && at != 0) {
		at_time(send_frame(at, now, 60.0 * ups), UP_COMES, n->parent, ups);
	} else if (ups > 0) {
		launch.waiting += ups;
		if (!launch.client_busy)
			client_takes();
	}
	if (has_news(n))
		begin_turn(at);
}

static void
client_ends(uint32_t lines)
{
	launch.lines += lines;
	launch.over = now;
	launch.client_busy = false;
	if (launch.waiting > 0)
		client_takes();
}

static void
launch_event(const struct event *e)
{
	struct node *n = &tree[e->who];

	switch (e->kind) {
	case TURN_ENDS: end_turn(e->who, e->count); return;
	case CLIENT_ENDS: client_ends(e->count); return;
	case RUN_COMES: n->runs = 1; n->frames++; break;
	case JOB_ENDS: n->ups++; break;
	default:
		n->ups += e->count;
		n->frames++;
		launch.frames += e->who == 0;
		break;
	}
	if (!n->busy)
		begin_turn(e->who);
}

/* Seconds of a launch on so many nodes: on one machine of so many processors, or (0) on machines of their own, on a network. */
static double
launch_takes(uint32_t nodes, uint32_t below, unsigned on)
{
	struct event e;

	share_processors(on);
	fan_out = below;
	depth = 0;
	tree_count = 1;
	tree = xcalloc((size_t)nodes + 1, sizeof(*tree));
	tree[0].parent = NONE;
	grow_tree(0, nodes, 0);
	launch = (struct launch){.on_wire = on == 0};
	now = 0;
	at_time(work(0, cost.client), RUN_COMES, 0, 0);
	while (next_event(&e))
		launch_event(&e);
	free(tree);
	if (launch.lines != nodes)
		die("%u of %u nodes have ended", launch.lines, nodes);
	return launch.over;
}

/* ---- contents in a chain ---- */

/* Node i's chunk c comes when the node before has proved it and both wires are free; then it is opened, hashed, written and sealed anew. */
struct link {
	double out_free, in_free;
	uint32_t next; /* the chunk that it sends next */
	uint32_t have; /* chunks that are proved here */
	bool sending;
};
static struct link *chain;
static uint32_t chunk_count;
enum { CHUNK_COMES, CHUNK_PROVED };

static void
try_to_send(int32_t at, int32_t last, double rate, double delay)
{
	struct link *from = &chain[at];

	if (at == last || from->sending || from->next >= from->have)
		return;
	from->sending = true;
	from->out_free = (from->out_free > now ? from->out_free : now) + CHUNK * (1 + cost.header) / rate;
	at_time(from->out_free + delay, CHUNK_COMES, at + 1, from->next++);
}

/* Seconds until the last of so many nodes has it. */
static double
chain_takes(uint32_t nodes, double bytes, double rate, unsigned on, double delay)
{
	int32_t last = (int32_t)nodes;
	double over = 0;
	struct event e;

	share_processors(on);
	chunk_count = (uint32_t)ceil(bytes / CHUNK);
	chain = xcalloc((size_t)nodes + 1, sizeof(*chain));
	now = 0;
	chain[0].have = chunk_count;
	chain[0].out_free = cost.detour * (1 + cost.header) / rate; /* what was asked of the master besides */
	try_to_send(0, last, rate, delay);
	while (next_event(&e)) {
		if (e.kind == CHUNK_COMES) {
			at_time(work(now, CHUNK * cost.content), CHUNK_PROVED, e.who, e.count);
			chain[e.who - 1].sending = false;
			try_to_send(e.who - 1, last, rate, delay);
		} else {
			chain[e.who].have++;
			over = now;
			try_to_send(e.who, last, rate, delay);
		}
	}
	free(chain);
	return over + cost.client + 2 * cost.job;
}

/* The same for so many nodes and bytes that it would take long to simulate: the time grows by the same for each node, and for each byte. */
static double
long_chain_takes(double nodes, double bytes, double rate)
{
	const double few = 100, many = 1000, some = 16e6, more = 32e6;
	double begin = chain_takes((uint32_t)few, some, rate, 0, cost.delay);
	double node = (chain_takes((uint32_t)many, some, rate, 0, cost.delay) - begin) / (many - few);
	double byte = (chain_takes((uint32_t)few, more, rate, 0, cost.delay) - begin) / (more - some);

	return begin + node * (nodes - few) + byte * (bytes - some);
}

/* ---- what is printed ---- */

static const uint32_t sizes[] = {10000, 100000, 1000000}, fan_outs[] = {8, 16, 32, 64, 128, 256, 512, 1024};
enum { SIZES = 3, FAN_OUTS = 8, FRAME = 4 << 20, HEARTBEAT = 15, SHARE = 128 << 20 };
static struct prediction {
	double seconds;
	uint64_t frames;
	uint32_t depth;
} predicted[SIZES][FAN_OUTS];

static double
simulated(const struct row *r)
{
	if (r->is_launch)
		return launch_takes(r->nodes, r->below, 2) / (r->nodes * cost.floor / 2);
	return chain_takes(r->nodes, r->mb * 1e6, r->mbit * 1e6 / 8, 2, cost.loop_delay);
}

static void
print_reproduced(void)
{
	size_t i;

	puts("| what was measured | is | simulated | differs by |\n|---|---|---|---|");
	for (i = 0; i < row_count; i++) {
		const struct row *r = &rows[i];
		double is = simulated(r), differs = 100 * (is / r->measured - 1);

		if (r->is_launch)
			printf("| a launch on %u nodes, %u below the master, on 2 processors | %.2f times its floor | %.2f | %+.0f%% |\n", r->nodes, r->below,
				r->measured, is, differs);
		else
			printf("| %u MB to %u nodes behind %u Mbit/s each, on 2 processors | %.2f s | %.2f s | %+.0f%% |\n", r->mb, r->nodes, r->mbit,
				r->measured, is, differs);
	}
}

static void
predict(void)
{
	size_t s, f;

	for (s = 0; s < SIZES; s++)
		for (f = 0; f < FAN_OUTS; f++) {
			double seconds = launch_takes(sizes[s], fan_outs[f], 0);

			predicted[s][f] = (struct prediction){seconds, launch.frames, depth};
		}
}

static void
print_launches(void)
{
	size_t s, f;

	puts("\n| below each | 10,000 nodes | levels | frames of the master | 100,000 nodes | levels | frames | 1,000,000 nodes | levels | frames |");
	puts("|---|---|---|---|---|---|---|---|---|---|");
	for (f = 0; f < FAN_OUTS; f++) {
		printf("| %u |", fan_outs[f]);
		for (s = 0; s < SIZES; s++)
			printf(" %.3g s | %u | %llu |", predicted[s][f].seconds, predicted[s][f].depth, (unsigned long long)predicted[s][f].frames);
		putchar('\n');
	}
}

static void
print_chains(void)
{
	static const double bytes[] = {16e6, 256e6, 1e9}, nodes[] = {1, 64, 1000, 10000, 100000, 1000000};
	size_t b, n;

	puts("\n| contents in one chain, 1 Gbit/s | 1 node | 64 | 1,000 | 10,000 | 100,000 | 1,000,000 |\n|---|---|---|---|---|---|---|");
	for (b = 0; b < sizeof(bytes) / sizeof(*bytes); b++) {
		printf("| %.0f MB |", bytes[b] / 1e6);
		for (n = 0; n < sizeof(nodes) / sizeof(*nodes); n++)
			printf(" %.3g s |", long_chain_takes(nodes[n], bytes[b], cost.wire));
		putchar('\n');
	}
}

/* The most nodes of which so many bytes each, and 4 for each level, fit: the tree is as deep as they make it. */
static double
most_nodes(double room, double each, uint32_t below)
{
	double nodes = 0;
	uint32_t levels;

	for (levels = 1; levels <= 32; levels++) {
		double can = room / (each + 4.0 * levels), first = (pow(below, levels) - 1) / (below - 1) * below; /* so many need no more levels */

		if (can <= nodes)
			break;
		nodes = can < first ? can : first;
		if (can < first)
			break;
	}
	return nodes;
}

static void
print_breaks(void)
{
	size_t f, s;

	puts("\n| below each | a launch is refused: its RUN is larger than a frame, from | a user's launch is refused: the share is used up, from |\n|---|---|---|");
	for (f = 0; f < FAN_OUTS; f++)
		printf("| %u | %.0f nodes | %.0f nodes |\n", fan_outs[f], most_nodes(FRAME - 8192, 4 + 1 + 4 + 16, fan_outs[f]),
			most_nodes(SHARE, cost.launch + 37, fan_outs[f]));
	puts("\n| of the master, 32 below each | 10,000 nodes | 100,000 | 1,000,000 |\n|---|---|---|---|");
	printf("| memory of the map |");
	for (s = 0; s < SIZES; s++)
		printf(" %.3g MB |", sizes[s] * cost.map / 1e6);
	printf("\n| memory of a launch, while it runs |");
	for (s = 0; s < SIZES; s++)
		printf(" %.3g MB |", sizes[s] * (cost.launch + 37 + 4 * predicted[s][2].depth) / 1e6);
	printf("\n| figures (`STAT`) that come to it, five times a heartbeat |");
	for (s = 0; s < SIZES; s++)
		printf(" %.3g MB/s |", sizes[s] * (17 + 4.0 * predicted[s][2].depth) * 5 / HEARTBEAT / 1e6);
	printf("\n| processor time that they take |");
	for (s = 0; s < SIZES; s++)
		printf(" %.2g%% |", 100 * sizes[s] * cost.entry * 5 / HEARTBEAT);
	printf("\n| `PING`s, out and in |");
	for (s = 0; s < SIZES; s++)
		printf(" %u a second |", 2 * 32 * 5 / HEARTBEAT);
	printf("\n| `ACK`s, each node printing 64 KiB |");
	for (s = 0; s < SIZES; s++)
		printf(" %u, %.2g s |", 4 * sizes[s], 4 * sizes[s] * cost.frame);
	putchar('\n');
}

/* ---- the picture ---- */

enum { LEFT = 70, TOP = 50, WIDE = 330, HIGH = 260, APART = 440 };

static double
place(double value, double least, double most, double length)
{
	return length * (log(value) - log(least)) / (log(most) - log(least));
}

static void
frame_of(int x, const char *title, const char *below)
{
	printf("<rect x='%d' y='%d' width='%d' height='%d' fill='none' stroke='#888'/>\n", x, TOP, WIDE, HIGH);
	printf("<text x='%d' y='%d' font-weight='bold'>%s</text>\n<text x='%d' y='%d'>%s</text>\n", x, TOP - 14, title, x + 90, TOP + HIGH + 38, below);
}

static void
mark_y(int x, double value, double least, double most)
{
	double y = TOP + HIGH - place(value, least, most, HIGH);

	printf("<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='#ddd'/><text x='%d' y='%.1f' text-anchor='end'>%g s</text>\n", x, x + WIDE, y, y,
		x - 6, y + 4, value);
}

static void
mark_x(int x, double value, double least, double most, const char *text)
{
	printf("<text x='%.1f' y='%d' text-anchor='middle'>%s</text>\n", x + place(value, least, most, WIDE), TOP + HIGH + 18, text);
}

static void
print_picture(void)
{
	static const char *const colours[] = {"#1b6ca8", "#c0392b", "#27803b"}, *const names[] = {"10,000", "100,000", "1,000,000"};
	static const double bytes[] = {16e6, 256e6, 1e9};
	double y, n;
	size_t s, f;

	puts("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 960 370' font-family='sans-serif' font-size='12'>");
	puts("<rect width='960' height='370' fill='white'/>");
	frame_of(LEFT, "A launch, by what is below each node", "nodes below each (simulated)");
	for (y = 0.01; y < 200; y *= 10)
		mark_y(LEFT, y, 0.01, 100);
	for (f = 0; f < FAN_OUTS; f++) {
		char text[16];

		snprintf(text, sizeof(text), "%u", fan_outs[f]);
		mark_x(LEFT, fan_outs[f], 8, 1024, text);
	}
	for (s = 0; s < SIZES; s++) {
		printf("<polyline fill='none' stroke='%s' stroke-width='2' points='", colours[s]);
		for (f = 0; f < FAN_OUTS; f++)
			printf("%.1f,%.1f ", LEFT + place(fan_outs[f], 8, 1024, WIDE), TOP + HIGH - place(predicted[s][f].seconds, 0.01, 100, HIGH));
		printf("'/>\n<text x='%d' y='%.1f' fill='%s'>%s nodes</text>\n", LEFT + 110, TOP + HIGH - place(predicted[s][3].seconds, 0.01, 100, HIGH) - 7,
			colours[s], names[s]);
	}
	frame_of(LEFT + APART, "Contents in one chain, 1 Gbit/s", "nodes in the chain (simulated)");
	for (y = 0.1; y < 20000; y *= 10)
		mark_y(LEFT + APART, y, 0.1, 10000);
	for (n = 1, s = 0; s < 7; s += 2, n *= 100)
		mark_x(LEFT + APART, n, 1, 1e6, s == 0 ? "1" : s == 2 ? "100" : s == 4 ? "10,000" : "1,000,000");
	for (s = 0; s < 3; s++) {
		printf("<polyline fill='none' stroke='%s' stroke-width='2' points='", colours[s]);
		for (n = 1; n < 2e6; n *= 10)
			printf("%.1f,%.1f ", LEFT + APART + place(n, 1, 1e6, WIDE),
				TOP + HIGH - place(long_chain_takes(n, bytes[s], cost.wire), 0.1, 10000, HIGH));
		printf("'/>\n<text x='%d' y='%.1f' fill='%s'>%.0f MB</text>\n", LEFT + APART + 8,
			TOP + HIGH - place(long_chain_takes(1, bytes[s], cost.wire), 0.1, 10000, HIGH) - 7, colours[s], bytes[s] / 1e6);
	}
	puts("</svg>");
}

static int
check(void)
{
	size_t i;
	int bad = 0;

	for (i = 0; i < row_count; i++) {
		double is = simulated(&rows[i]);

		if (fabs(is / rows[i].measured - 1) <= 0.2)
			continue;
		printf("%s %u: measured %.2f, simulated %.2f\n", rows[i].is_launch ? "launch" : "send", rows[i].nodes, rows[i].measured, is);
		bad = 1;
	}
	return bad;
}

/* Tables to standard output, the picture to a file. */
static int
print_all(const char *picture)
{
	predict();
	print_reproduced();
	print_launches();
	print_chains();
	print_breaks();
	if (fflush(stdout) != 0 || !freopen(picture, "w", stdout))
		die("%s can't be written", picture);
	print_picture();
	return fflush(stdout) != 0;
}

int
main(int argc, char **argv)
{
	const char *how = argc > 2 ? argv[2] : "";

	if (argc > 2)
		read_document(argv[1]);
	if (argc == 3 && strcmp(how, "check") == 0)
		return check();
	if (argc == 4 && strcmp(how, "all") == 0)
		return print_all(argv[3]);
	if (argc == 5 && strcmp(how, "launch") == 0)
		return printf("%.9f\n", launch_takes((uint32_t)strtoul(argv[3], NULL, 10), (uint32_t)strtoul(argv[4], NULL, 10), 0)) < 0;
	if (argc == 6 && strcmp(how, "send") == 0)
		return printf("%.9f\n", long_chain_takes(strtod(argv[3], NULL), strtod(argv[4], NULL) * 1e6, strtod(argv[5], NULL) * 1e6 / 8)) < 0;
	die("usage: model DOC check | all PICTURE | launch NODES BELOW | send NODES MB MBIT");
}
