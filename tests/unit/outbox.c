/* outbox: what a program that ends at once has said goes up as one frame; output alone waits for milliseconds, and only where it may. */
#include "unit/tap.h"
#include "node/neighbour.h"
#include "node/outbox.h"
#include "node/self.h"

#include <sys/socket.h>

static struct link *head; /* the other end of the way up */
static int64_t credit;
static uint32_t window = 8 << 10;
static const struct part_share share = {.credit = &credit, .window = &window};

static void
no_signal(int signal)
{
	(void)signal;
}

static void
nothing_follows(struct neighbour *n)
{
	(void)n;
}

static void
begin(void)
{
	static const struct neighbour_hooks hooks = {.flushed = nothing_follows};
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		exit(1);
	loop_open(no_signal);
	neighbour_set_hooks(&hooks);
	head = link_new(ends[0], NULL, false);
	self.path = (struct path){1, {5}};
	self.parent = neighbour_new(link_new(ends[1], NULL, true), NB_PARENT);
}

static struct outbox
fresh(bool holds)
{
	struct outbox o;

	credit = window;
	outbox_begin(&o, 7, &share);
	o.holds = holds;
	return o;
}

/* As outbox_begin has it, an empty one ends where it lies. */
#define FRESH(o, holds)                                                                                                                    \
	struct outbox o = fresh(holds);                                                                                                    \
	o.last = &o.first

static void
prints(struct outbox *o, size_t len)
{
	static const uint8_t text[OUTBOX_PIECE];

	outbox_add(o, &(struct msg_event){.kind = EVENT_STDOUT, .data = text, .len = len});
}

static void
exits(struct outbox *o)
{
	outbox_add(o, &(struct msg_event){.kind = EVENT_EXITED});
}

/* What has gone up at the end of this turn: a letter for each event, a blank before each frame. */
static const char *
came(void)
{
	static const char letters[] = "?oesfxg???????t";
	static char text[512];
	struct frame f;
	size_t at = 0;

	neighbours_flush();
	link_read(head);
	while (link_next(head, &f)) {
		struct reader r = reader_over(f.body, f.len);

		text[at++] = f.type == MSG_EVENTS && f.job == 7 && f.len + FRAME_HEAD <= SHARED_FRAME ? ' ' : '!';
		while (reader_left(&r) && at + 2 < sizeof(text)) {
			struct reader one = take_block(&r);

			text[at++] = letters[event_kind(one.at, reader_left(&one))];
		}
	}
	text[at] = '\0';
	return text;
}

static void
ends_at_once(void)
{
	uint64_t before = now_ms();
	FRESH(o, true);

	prints(&o, 100);
	ok(o.hold.set && o.hold.at >= before + OUTBOX_HOLD && o.hold.at <= now_ms() + OUTBOX_HOLD && OUTBOX_HOLD <= 5,
		"a line waits for what follows, 5 ms at most");
	is(came(), "", "and does not go");
	ok(credit == window, "nor take credit");
	prints(&o, 100);
	exits(&o);
	is(came(), " oox", "the verdict goes at once, in one frame with all before it");
	ok(!o.hold.set && credit == window - 2 * 164, "then nothing waits, and all is paid");
	outbox_resend(&o);
	is(came(), " oox", "what is not acknowledged goes again");
	outbox_drop(&o, 2);
	outbox_resend(&o);
	is(came(), " x", "what is does not");
	outbox_drop(&o, UINT64_MAX);
}

static void
goes_on(void)
{
	uint64_t before = now_ms();
	FRESH(o, true);

	prints(&o, 100);
	outbox_await_end(&o);
	ok(o.hold.at > before + OUTBOX_HOLD && o.hold.at <= now_ms() + 50, "one that has closed its output is waited for a little longer");
	is(came(), "", "as long as that takes");
	o.hold.due(&o.hold);
	is(came(), " o", "then it goes without");
	outbox_await_end(&o);
	ok(!o.hold.set, "and nothing is waited for when nothing waits");
	outbox_drop(&o, UINT64_MAX);
}

static void
may_not_wait(void)
{
	FRESH(terminal, false);
	FRESH(much, true);
	FRESH(starved, true);

	prints(&terminal, 1);
	is(came(), " o", "at a terminal nothing is held");
	outbox_drop(&terminal, UINT64_MAX);
	credit = 1 << 20;
	prints(&much, 5000);
	is(came(), " o", "nor is much");
	outbox_drop(&much, UINT64_MAX);
	credit = window / 2;
	prints(&starved, 1);
	is(came(), " o", "nor what keeps credit from coming");
	credit = 0;
	prints(&starved, 1);
	exits(&starved);
	is(came(), "", "without credit all waits, in its order");
	credit = 1;
	while (outbox_pump(&starved))
		;
	is(came(), " ox", "until there is some");
	outbox_drop(&starved, UINT64_MAX);
}

/* How much shares a frame. */
static void
is_bounded(void)
{
	FRESH(o, true);
	struct frame f;
	size_t frames = 0, most = 0, i;

	credit = 1 << 20;
	for (i = 0; i < 12; i++)
		prints(&o, 15000);
	neighbours_flush();
	for (i = 0; i < 100 && frames * 4 < 12; i++) {
		neighbour_touch(self.parent);
		neighbours_flush();
		link_read(head);
		while (link_next(head, &f)) {
			frames++;
			most = f.len > most ? f.len : most;
		}
	}
	ok(frames == 3 && most > 60000 && most + FRAME_HEAD <= SHARED_FRAME, "180,000 bytes are %zu frames, of %zu at most", frames, most);
	outbox_drop(&o, UINT64_MAX);
}

static void
other_generation(void)
{
	FRESH(o, true);

	self.parent->between = PROTO_FIRST;
	exits(&o);
	outbox_say(7, &(struct msg_event){.kind = EVENT_GONE});
	is(came(), "", "a parent of another generation is told nothing that it can't read");
	self.parent->between = PROTO_GENERATION;
	outbox_resend(&o);
	is(came(), " x", "one of this is");
	outbox_drop(&o, UINT64_MAX);
}

int
main(void)
{
	begin();
	ends_at_once();
	goes_on();
	may_not_wait();
	is_bounded();
	other_generation();
	return done();
}
