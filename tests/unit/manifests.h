/* For tests: manifests put together in any order. */
#ifndef MANIFESTS_H
#define MANIFESTS_H

#include "unit/tap.h"
#include "bundle.h"

static int
entry_order(const void *a, const void *b)
{
	return path_order(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

/* Into the order that a manifest has to have. */
static void
sort_manifest(struct manifest *m)
{
	if (m->count > 1)
		qsort(m->at, m->count, sizeof(m->at[0]), entry_order);
}
#endif
