/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/reading.h"

static int run_statement(struct database *db, enum catalog_statement statement)
{
	struct query q = query_begin(db, statement);

	return query_run(&q);
}

int reading_begin_in(struct store *s, struct catalog *c, bool pin, struct reading *ret)
{
	int r;

	*ret = (struct reading){ .store = s, .tenant = c->tenant, .catalog = c };
	r = database_pool_take(&c->readers, &ret->db);
	if (r < 0)
		return r;
	meter_add(&s->meters.reads, 1);
	if (pin) {
		pthread_rwlock_rdlock(&c->reading);
		ret->pinning = true;
	}
	return run_statement(ret->db, CATALOG_BEGIN_READ);
}

int reading_begin(struct store *s, const struct ipc_id *tenant, bool pin, struct reading *ret)
{
	struct catalog *c;
	int r;

	*ret = (struct reading){ .store = s, .tenant = *tenant };
	r = catalog_get(&s->catalogs, tenant, false, &c);
	if (r < 0)
		return r == -ENOENT ? S3_ERROR_NO_SUCH_BUCKET : r;
	r = reading_begin_in(s, c, pin, ret);
	ret->reference = c;
	return r;
}

void reading_end(struct reading *r)
{
	if (r->db) {
		/* A connection that does not come out of its transaction is no use to the next. */
		if (database_in_transaction(r->db) && run_statement(r->db, CATALOG_ROLLBACK) < 0)
			database_close(r->db);
		else
			database_pool_give(&r->catalog->readers, r->db);
		r->db = NULL;
	}
	if (r->pinning) {
		pthread_rwlock_unlock(&r->catalog->reading);
		r->pinning = false;
	}
	r->reference = catalog_put(r->reference);
	r->catalog = NULL;
}

int reading_result(struct reading *r, struct span bucket, int result)
{
	reading_end(r);
	if (result != S3_ERROR_NO_SUCH_BUCKET)
		return result;
	return store_explain_missing(r->store, &r->tenant, bucket);
}
