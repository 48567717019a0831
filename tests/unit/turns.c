/* turns: who may begin, who is next when others end, and whose time is over. */
#include "unit/tap.h"
#include "node/turns.h"

static unsigned
begin(struct turns *t)
{
	unsigned begun = 0;
	size_t at;

	while (turns_next(t, &at))
		begun++;
	return begun;
}

int
main(void)
{
	struct turns t;
	size_t at;

	turns_begin(&t, 5, 0, 0);
	ok(!turns_wait(&t) && turns_had(&t, 4) && !turns_next(&t, &at), "without a limit all have had their turn");
	turns_ended(&t, 0);
	ok(turns_when(&t, TURN_OVERDUE, 0) == UINT64_MAX, "and no clock of their own");
	turns_free(&t);
	turns_begin(&t, 5, 9, 0);
	ok(!turns_wait(&t), "a limit beyond their number is none");
	turns_free(&t);

	turns_begin(&t, 5, 2, 2);
	ok(begin(&t) == 2 && turns_wait(&t) && turns_had(&t, 1) && !turns_had(&t, 2), "two begin");
	turns_ended(&t, 3);
	ok(begin(&t) == 0, "one that ends before its turn makes no room");
	turns_ended(&t, 1);
	ok(turns_next(&t, &at) && at == 2 && begin(&t) == 0, "one that ends does, for one");
	ok(!turns_due(&t, TURN_KILLED, 0, &at) && turns_due(&t, TURN_OVERDUE, 0, &at) && at == 0, "time is over for the first first");
	ok(turns_due(&t, TURN_KILLED, 0, &at) && at == 0 && !turns_due(&t, TURN_KILLED, 0, &at), "the next stage follows for that one alone");
	ok(!turns_due(&t, TURN_OVERDUE, 1000000, &at), "not before its time");
	ok(turns_when(&t, TURN_OVERDUE, 1000000) <= now_ms() + 1000000 && turns_when(&t, TURN_GIVEN_UP, 0) <= now_ms(), "which can be asked");
	ok(!turns_failed(&t) && turns_failed(&t), "the second failure is enough");
	turns_close(&t);
	turns_ended(&t, 0);
	ok(!turns_wait(&t) && begin(&t) == 0, "no more begin");
	ok(!turns_failed(&t), "and later failures change nothing");
	turns_free(&t);
	return done();
}
