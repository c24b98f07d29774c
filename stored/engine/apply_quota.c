/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/apply.h"

static void bind_limit(struct query *q, uint64_t limit)
{
	if (limit == QUOTA_NONE)
		query_bytes(q, SPAN_NONE);
	else
		query_number(q, limit);
}

int apply_set_quota(struct work *w, struct change *c)
{
	bool is_tenant = span_is_none(c->bucket);
	struct bucket bucket = { .id = LEDGER_TENANT };
	struct holding holding;
	struct query q;
	int r = is_tenant ? 0 : work_find_bucket(w, c->bucket, &bucket);

	if (r != 0)
		return r;
	ledger_expect(&w->catalog->ledger, bucket.id, &holding);
	if (c->set_quota.bytes)
		holding.quota.bytes = c->set_quota.quota.bytes;
	if (c->set_quota.objects)
		holding.quota.objects = c->set_quota.quota.objects;
	q = query_begin(w->db, is_tenant ? CATALOG_PUT_TENANT_QUOTA : CATALOG_PUT_BUCKET_QUOTA);
	bind_limit(&q, holding.quota.bytes);
	bind_limit(&q, holding.quota.objects);
	if (!is_tenant)
		query_number(&q, bucket.id);
	w->bucket = bucket.id;
	w->quota = holding.quota;
	w->done = WORK_QUOTA;
	return query_run(&q);
}
