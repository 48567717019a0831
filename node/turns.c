/* Which nodes have their turn in a launch that is to run on some at a time.
 * Must never know which nodes these are, or how they are told. */
#include "node/turns.h"

#include <stdlib.h>

void
turns_begin(struct turns *t, size_t count, uint32_t most, uint32_t stop_after)
{
	*t = (struct turns){.most = most < count ? most : 0, .stop_after = stop_after, .count = count};
	if (t->most)
		t->began = xcalloc(count, sizeof(t->began[0]));
	else
		t->next = count;
}

bool
turns_wait(const struct turns *t)
{
	return t->next < t->count;
}

bool
turns_had(const struct turns *t, size_t place)
{
	return place < t->next;
}

bool
turns_next(struct turns *t, size_t *place)
{
	if (!turns_wait(t) || t->going >= t->most)
		return false;
	*place = t->next++;
	t->began[*place] = now_ms();
	t->going++;
	return true;
}

void
turns_ended(struct turns *t, size_t place)
{
	if (t->most && turns_had(t, place))
		t->going--;
}

bool
turns_failed(struct turns *t)
{
	t->failed++;
	return t->stop_after && t->failed >= t->stop_after && turns_wait(t);
}

void
turns_close(struct turns *t)
{
	t->count = t->next;
}

bool
turns_due(struct turns *t, enum turn_stage stage, uint64_t time, size_t *place)
{
	if (turns_when(t, stage, time) > now_ms())
		return false;
	*place = t->stage[stage]++;
	return true;
}

/* Those that begin first are first in each stage. */
uint64_t
turns_when(const struct turns *t, enum turn_stage stage, uint64_t time)
{
	size_t place = t->stage[stage];

	if (!t->most || place >= (stage ? t->stage[stage - 1] : t->next))
		return UINT64_MAX;
	return t->began[place] + time;
}

void
turns_free(struct turns *t)
{
	free(t->began);
	t->began = NULL;
}
