/* What each user makes the master hold, and how much that may be.
 * Must never know what it is held for. */
#include "node/share.h"
#include "node/access.h"
#include "node/self.h"

#include <stdlib.h>

enum { BUDGET = 256 << 20 }; /* bytes, of all users together; on a small machine an eighth of its memory */

struct account {
	uint32_t uid;
	size_t used; /* never 0 */
	struct account *next;
};
static struct account *accounts;

static struct account **
account_of(uint32_t uid)
{
	struct account **at;

	for (at = &accounts; *at && (*at)->uid != uid; at = &(*at)->next)
		;
	return at;
}

/* Whatever the others hold, something is left for each: a new user has half of the rest at least when there is but one other. */
static size_t
limit_of(uint32_t uid)
{
	size_t budget = self.info.memory / 8 < BUDGET ? (size_t)self.info.memory / 8 : BUDGET, others = 0, users = 2;
	const struct account *a;

	for (a = accounts; a; a = a->next)
		if (a->uid != uid) {
			others += a->used;
			users++;
		}
	return others < budget ? (budget - others) / users : 0;
}

bool
share_take(uint32_t uid, size_t bytes)
{
	struct account **at = account_of(uid);
	size_t used = *at ? (*at)->used : 0, limit;

	if (access_is_chief(uid) || bytes == 0)
		return true;
	limit = limit_of(uid);
	if (used > limit || bytes > limit - used)
		return false;
	if (!*at) {
		*at = xcalloc(1, sizeof(**at));
		(*at)->uid = uid;
	}
	(*at)->used += bytes;
	return true;
}

void
share_give(uint32_t uid, size_t bytes)
{
	struct account **at = account_of(uid), *a = *at;

	if (access_is_chief(uid) || bytes == 0)
		return;
	a->used -= bytes;
	if (a->used > 0)
		return;
	*at = a->next;
	free(a);
}

char *
share_refusal(uint32_t uid, size_t bytes)
{
	const struct account *a = *account_of(uid);

	return xasprintf(
		"the clients and jobs of user %u count as %zu KiB of this master's memory, of %zu KiB that they may have now; this "
		"needs %zu KiB: wait until some have ended",
		uid, (a ? a->used : 0) >> 10, limit_of(uid) >> 10, (bytes + 1023) >> 10);
}
