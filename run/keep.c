/* The last output of the jobs that run here, and of those that have ended, in their users' shares of the store.
 * Must never know links, or who reads it. */
#include "run/keep.h"

#include <stdlib.h>
#include <string.h>

enum {
	ROOM_MIN = 4 * 1024, /* bytes that a job's output begins with; it doubles */
	RUN_LEAST = 64,	     /* bytes that a change from one stream to the other counts as where it takes more room than the output */
	PART_OF_STORE = 8,
};

/* From here on, up to where the next one begins, it is this stream's. */
struct run_of {
	uint64_t at;
	int stream;
};

struct kept {
	struct keep *keep;
	uint64_t job, limit;
	uint32_t uid;
	bool ended;
	uint64_t start, end; /* bytes since the job began: what is kept */
	bool torn[2];	     /* what is kept of the stream begins in the middle of a line */
	uint8_t *data;	     /* a ring of room bytes: the byte at x lies in x % room */
	uint64_t room;
	struct run_of *runs;
	size_t run_count, run_room;
	uint64_t promised;
	struct keep_reader *readers;
	struct kept *next; /* begun before it */
};

struct keep {
	struct store *store;
	struct kept *all; /* the newest first */
	uint64_t promised;
	bool growing; /* a promise is being asked for: nothing is given back for that but by us */
};

/* ---- room ---- */

static void
wake(struct kept *k)
{
	struct keep_reader *r, *next;

	for (r = k->readers; r; r = next) {
		next = r->next;
		r->more(r);
	}
}

static void
drop(struct kept *k)
{
	struct kept **at;

	for (at = &k->keep->all; *at != k; at = &(*at)->next)
		;
	*at = k->next;
	k->keep->promised -= k->promised;
	if (k->promised) {
		store_yield(k->keep->store, k->uid, 0, k->promised);
		store_release(k->keep->store, k->uid, k->promised);
	}
	while (k->readers) {
		struct keep_reader *r = k->readers;

		keep_leave(r);
		r->more(r);
	}
	free(k->runs);
	free(k->data);
	free(k);
}

static uint64_t
kept_of(const struct keep *keep, uint32_t uid)
{
	const struct kept *k;
	uint64_t sum = 0;

	for (k = keep->all; k; k = k->next)
		sum += k->uid == uid ? k->promised : 0;
	return sum;
}

/* The oldest ended job of a user that holds anything, or NULL. */
static struct kept *
oldest_of(const struct keep *keep, uint32_t uid)
{
	struct kept *k, *oldest = NULL;

	for (k = keep->all; k; k = k->next)
		if (k->ended && k->uid == uid && k->promised)
			oldest = k;
	return oldest;
}

/* Of the user who holds most, among those who have ended jobs. */
static struct kept *
oldest_of_most(const struct keep *keep)
{
	struct kept *k, *victim = NULL;
	uint64_t most = 0;

	for (k = keep->all; k; k = k->next) {
		uint64_t sum = k->ended && k->promised ? kept_of(keep, k->uid) : 0;

		if (sum > most || (sum && victim && k->uid == victim->uid)) {
			most = sum;
			victim = k;
		}
	}
	return victim;
}

/* What all ended jobs hold. */
static uint64_t
idle_bytes(const struct keep *keep)
{
	const struct kept *k;
	uint64_t sum = 0;

	for (k = keep->all; k; k = k->next)
		sum += k->ended ? k->promised : 0;
	return sum;
}

/* Others want room: the user's own go first, but none for nothing. */
static bool
give_back(void *owner, uint32_t uid, uint64_t lacking)
{
	struct keep *keep = owner;
	struct kept *victim;

	if (keep->growing || idle_bytes(keep) < lacking)
		return false;
	victim = oldest_of(keep, uid);
	if (!victim)
		victim = oldest_of_most(keep);
	if (victim)
		drop(victim);
	return victim != NULL;
}

static bool
promise(struct kept *k, uint64_t bytes)
{
	struct keep *keep = k->keep;
	struct kept *victim;
	bool got = false;

	while (!got) {
		keep->growing = true;
		got = keep->promised + bytes <= store_budget(keep->store) / PART_OF_STORE &&
		      store_reserve(keep->store, k->uid, bytes) == 0;
		keep->growing = false;
		victim = got ? NULL : oldest_of_most(keep);
		if (!got && !victim)
			return false;
		if (victim)
			drop(victim);
	}
	store_yield(keep->store, k->uid, bytes, 0);
	keep->promised += bytes;
	k->promised += bytes;
	return true;
}

/* Lays what is kept out anew, in so many bytes. */
static void
move(struct kept *k, uint64_t room)
{
	uint8_t *data = room ? xmalloc(room) : NULL;
	uint64_t x;

	for (x = k->start; x < k->end;) {
		uint64_t from = x % k->room, to = x % room, len = k->end - x;

		len = len < k->room - from ? len : k->room - from;
		len = len < room - to ? len : room - to;
		memcpy(data + to, k->data + from, len);
		x += len;
	}
	free(k->data);
	k->data = data;
	k->room = room;
}

static uint64_t
runs_cost(uint64_t room)
{
	return (room / RUN_LEAST + 1) * sizeof(struct run_of);
}

/* As much as is wanted and can be had, by doubling. */
static void
make_room(struct kept *k, uint64_t wanted)
{
	while (k->room < wanted && k->room < k->limit) {
		uint64_t room = k->room ? 2 * k->room : ROOM_MIN;

		room = room < k->limit ? room : k->limit;
		if (!promise(k, room + runs_cost(room) - (k->room ? k->room + runs_cost(k->room) : 0)))
			return;
		move(k, room);
	}
}

/* ---- what is kept ---- */

struct kept *
keep_begin(struct keep *keep, uint64_t job, uint32_t uid, uint64_t limit)
{
	struct kept *k, *next;

	for (k = keep->all; k; k = next) {
		next = k->next;
		if (k->ended && (k->job == job || k->job >> 32 != job >> 32))
			drop(k);
	}
	k = xcalloc(1, sizeof(*k));
	*k = (struct kept){.keep = keep, .job = job, .uid = uid, .limit = limit, .next = keep->all};
	keep->all = k;
	return k;
}

struct kept *
keep_find(struct keep *keep, uint64_t job)
{
	struct kept *k;

	for (k = keep->all; k && k->job != job; k = k->next)
		;
	return k;
}

static uint8_t
byte_at(const struct kept *k, uint64_t x)
{
	return k->data[x % k->room];
}

static uint64_t
run_end(const struct kept *k, size_t run)
{
	return run + 1 < k->run_count ? k->runs[run + 1].at : k->end;
}

/* Drops what lies before the offset. */
static void
forget_until(struct kept *k, uint64_t offset)
{
	size_t i;

	for (i = 0; i < k->run_count && k->runs[i].at < offset; i++) {
		uint64_t end = run_end(k, i) < offset ? run_end(k, i) : offset;

		if (end > k->start)
			k->torn[k->runs[i].stream - 1] = byte_at(k, end - 1) != '\n';
	}
	if (i > 0 && run_end(k, i - 1) > offset)
		k->runs[--i].at = offset;
	if (i > 0)
		memmove(k->runs, k->runs + i, (k->run_count - i) * sizeof(k->runs[0]));
	k->run_count -= i;
	k->start = offset;
}

static void
begin_run(struct kept *k, int stream)
{
	if (k->run_count > 0 && k->runs[k->run_count - 1].stream == stream)
		return;
	if (k->run_count > k->room / RUN_LEAST)
		forget_until(k, run_end(k, k->run_count / 4)); /* several at a time: it moves all others */
	k->runs = grow(k->runs, k->run_count, &k->run_room, sizeof(k->runs[0]));
	k->runs[k->run_count++] = (struct run_of){k->end, stream};
}

/* Output that is not kept, for want of room. */
static void
pass_over(struct kept *k, int stream, const uint8_t *data, size_t len)
{
	forget_until(k, k->end);
	k->torn[stream - 1] = data[len - 1] != '\n';
	k->start = k->end += len;
	k->run_count = 0;
}

static void
append(struct kept *k, int stream, const uint8_t *data, size_t len)
{
	begin_run(k, stream);
	while (len > 0) {
		uint64_t to = k->end % k->room, n = len < k->room - to ? len : k->room - to;

		memcpy(k->data + to, data, n);
		data += n;
		len -= n;
		k->end += n;
	}
}

void
keep_add(struct kept *k, int stream, const uint8_t *data, size_t len)
{
	size_t over;

	make_room(k, k->end - k->start + len);
	over = len > k->room ? len - (size_t)k->room : 0;
	if (over > 0)
		pass_over(k, stream, data, over);
	else if (k->end + len - k->start > k->room)
		forget_until(k, k->end + len - k->room);
	if (len > over)
		append(k, stream, data + over, len - over);
	wake(k);
}

/* The ended jobs of a user are so many at most. */
static void
bound_count(struct keep *keep, uint32_t uid)
{
	struct kept *k, *next;
	unsigned count = 0;

	for (k = keep->all; k; k = next) {
		next = k->next;
		if (k->ended && k->uid == uid && ++count > KEEP_JOBS)
			drop(k);
	}
}

static void
shrink(struct kept *k)
{
	uint64_t used = k->end - k->start, back;

	if (used == k->room)
		return;
	move(k, used);
	back = k->promised - (used ? used + runs_cost(used) : 0);
	if (k->run_count > used / RUN_LEAST + 1) /* they have grown with a larger room */
		back = 0;
	k->promised -= back;
	k->keep->promised -= back;
	store_yield(k->keep->store, k->uid, 0, back);
	store_release(k->keep->store, k->uid, back);
}

void
keep_end(struct kept *k)
{
	struct keep *keep = k->keep;
	uint32_t uid = k->uid;

	k->ended = true;
	shrink(k);
	wake(k);
	bound_count(keep, uid);
}

/* ---- reading ---- */

/* Where the last so many lines begin: 0 when not all of them are kept. */
static uint64_t
lines_before_end(const struct kept *k, uint64_t lines)
{
	uint64_t x, at, left = lines;

	if (lines == 0)
		return k->end;
	at = k->end > k->start + 1 ? (k->end - 2) % k->room : 0;
	for (x = k->end; x > k->start + 1; x--) {
		if (k->data[at] == '\n' && --left == 0)
			return x - 1;
		at = at ? at - 1 : k->room - 1;
	}
	return 0;
}

void
keep_read(struct keep_reader *r, struct kept *of, uint64_t lines)
{
	r->of = of;
	r->missed = 0;
	r->torn[0] = r->torn[1] = false;
	if (!of)
		return;
	r->at = lines == UINT64_MAX ? 0 : lines_before_end(of, lines);
	r->next = of->readers;
	of->readers = r;
}

void
keep_leave(struct keep_reader *r)
{
	struct keep_reader **at;

	if (!r->of)
		return;
	for (at = &r->of->readers; *at != r; at = &(*at)->next)
		;
	*at = r->next;
	r->of = NULL;
}

static void
catch_up(struct keep_reader *r)
{
	const struct kept *k = r->of;

	if (r->at >= k->start)
		return;
	r->missed += k->start - r->at;
	r->at = k->start;
	r->torn[0] = k->torn[0];
	r->torn[1] = k->torn[1];
}

/* The run that an offset lies in. */
static size_t
run_at(const struct kept *k, uint64_t offset)
{
	size_t low = 0, high = k->run_count;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (k->runs[mid].at <= offset)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* What is left of a line whose beginning has gone; one that has no end as yet is taken as it is. */
static void
skip_torn(struct keep_reader *r, size_t run)
{
	const struct kept *k = r->of;
	uint64_t end = run_end(k, run), x = r->at, at = x % k->room;
	bool *torn = &r->torn[k->runs[run].stream - 1];

	while (*torn && x < end && k->data[at] != '\n') {
		x++;
		at = at + 1 < k->room ? at + 1 : 0;
	}
	if (*torn && x < end) {
		r->missed += x + 1 - r->at;
		r->at = x + 1;
	}
	*torn = false;
}

bool
keep_next(struct keep_reader *r, size_t most, struct keep_piece *p)
{
	struct kept *k = r->of;
	uint64_t from, len;
	size_t run;

	*p = (struct keep_piece){0};
	if (!k)
		return false;
	catch_up(r);
	if (r->at < k->end)
		skip_torn(r, run_at(k, r->at));
	p->missed = r->missed;
	r->missed = 0;
	if (r->at == k->end)
		return false;
	run = run_at(k, r->at);
	from = r->at % k->room;
	len = run_end(k, run) - r->at;
	len = len < k->room - from ? len : k->room - from;
	p->stream = k->runs[run].stream;
	p->data = k->data + from;
	p->len = len < most ? (size_t)len : most;
	r->at += p->len;
	return true;
}

bool
keep_over(const struct keep_reader *r)
{
	return !r->of || (r->of->ended && r->at == r->of->end);
}

/* ---- all of it ---- */

struct keep *
keep_open(struct store *store)
{
	struct keep *keep = xcalloc(1, sizeof(*keep));

	keep->store = store;
	store_set_idle(store, give_back, keep);
	return keep;
}

void
keep_close(struct keep *keep)
{
	while (keep->all)
		drop(keep->all);
	store_set_idle(keep->store, NULL, NULL);
	free(keep);
}
