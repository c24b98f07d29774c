/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/reading.h"

const char *quota_sentence(enum quota_limit l)
{
	static const char *const sentences[] = {
#define LIMIT(SYMBOL, sentence) [QUOTA_##SYMBOL] = (sentence),
		QUOTA_LIMITS(LIMIT)
#undef LIMIT
	};

	return sentences[l];
}

struct noted {
	struct ipc_id tenant;
	struct holding holding;
};

/* Every request goes through the lock: nothing is done under it that a caller decides. */
static int note_holdings(struct catalogs *all, struct noted **ret, size_t *ret_n)
{
	struct noted *noted;
	size_t n = 0;

	pthread_mutex_lock(&all->lock);
	noted = calloc(MAX(all->count, 1u), sizeof(*noted));
	for (struct catalog *c = all->first; noted && c; c = c->next) {
		if (atomic_load(&c->state) != CATALOG_OPEN)
			continue;
		noted[n].tenant = c->tenant;
		ledger_read(&c->ledger, LEDGER_TENANT, &noted[n++].holding);
	}
	pthread_mutex_unlock(&all->lock);
	if (!noted)
		return -ENOMEM;
	*ret = noted;
	*ret_n = n;
	return 0;
}

int store_each_holding(struct store *s,
		       int (*each)(void *context, const struct ipc_id *tenant,
				   const struct holding *h),
		       void *context)
{
	_cleanup_(freep) struct noted *noted = NULL;
	size_t n = 0;
	int r = note_holdings(&s->catalogs, &noted, &n);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = each(context, &noted[i].tenant, &noted[i].holding);
	return r;
}

int store_find_holding(struct store *s, const struct ipc_id *tenant, struct span bucket,
		       struct holding *ret)
{
	_cleanup_(catalog_putp) struct catalog *c = NULL;
	struct bucket found = { .id = LEDGER_TENANT };
	int r = span_is_none(bucket) ? 0 : store_find_bucket(s, tenant, bucket, &found);

	if (r == 0)
		r = catalog_get(&s->catalogs, tenant, false, &c);
	if (r == 0)
		ledger_read(&c->ledger, found.id, ret);
	if (r == -ENOENT && span_is_none(bucket)) {
		*ret = HOLDING_NONE;
		return 0;
	}
	return r;
}
