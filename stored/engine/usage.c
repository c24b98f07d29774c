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

int store_each_holding(struct store *s,
		       int (*each)(void *context, const struct ipc_id *tenant,
				   const struct holding *h),
		       void *context)
{
	struct holding h;
	int r = 0;

	pthread_mutex_lock(&s->catalogs.lock);
	for (struct catalog *c = s->catalogs.first; c && r == 0; c = c->next) {
		if (atomic_load(&c->state) != CATALOG_OPEN)
			continue;
		ledger_read(&c->ledger, LEDGER_TENANT, &h);
		r = each(context, &c->tenant, &h);
	}
	pthread_mutex_unlock(&s->catalogs.lock);
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
		*ret = (struct holding){ .quota = { QUOTA_NONE, QUOTA_NONE } };
		return 0;
	}
	return r;
}
