/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/bucket_index.h"

/*
 * Putting the index right by the catalogs, at start, while there is one thread only and so each
 * catalog's writer may be used. One that cannot be opened hurts its own tenant: its claims stay.
 */

#include "base/log.h"
#include "stored/engine/claims.h"
#include "stored/engine/engine.h"

/* The bucket as its catalog has it. */
struct row {
	uint64_t created_ms;
	bool shadowed;
};

/* 1: the tenant's catalog has it, served or not; 0: no. */
static int find_row(struct store *s, const struct ipc_id *tenant, struct span name, struct row *ret)
{
	_cleanup_(catalog_putp) struct catalog *c = NULL;
	_cleanup_(query_end) struct query q = { 0 };
	int r;

	r = catalog_get(&s->catalogs, tenant, false, &c);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	q = query_begin(c->writer, CATALOG_FIND_ANY_BUCKET);
	query_bytes(&q, name);
	r = query_step(&q);
	if (r == 1)
		*ret = (struct row){ query_column_number(&q, 1), query_column_number(&q, 2) };
	query_end(&q);
	return r;
}

static int shadow(struct store *s, const struct ipc_id *tenant, struct span name, bool shadowed)
{
	_cleanup_(catalog_putp) struct catalog *c = NULL;
	struct query q;
	int r;

	r = catalog_get(&s->catalogs, tenant, false, &c);
	if (r < 0)
		return r;
	q = query_begin(c->writer, CATALOG_SHADOW_BUCKET);
	query_bytes(&q, name);
	query_number(&q, shadowed);
	return query_run(&q);
}

static void report_double(struct span name, const struct ipc_id *served,
			  const struct ipc_id *shadowed)
{
	char a[IPC_ID_TEXT_SIZE], b[IPC_ID_TEXT_SIZE];

	log_error("bucket-claimed-twice bucket=%s served=%s shadowed=%s", LOG_VALUE(name),
		  ipc_id_text(served, a), ipc_id_text(shadowed, b));
}

/* Two catalogs have the name: the older bucket's is served, the id decides between twins. */
static int settle_double(struct bucket_index *x, struct span name, const struct ipc_id *mine,
			 const struct row *my_row, const struct ipc_id *other,
			 const struct row *other_row)
{
	bool older = my_row->created_ms < other_row->created_ms ||
		     (my_row->created_ms == other_row->created_ms &&
		      memcmp(mine->bytes, other->bytes, sizeof(mine->bytes)) < 0);
	const struct ipc_id *served = older ? mine : other, *hidden = older ? other : mine;
	int r;

	report_double(name, served, hidden);
	r = shadow(x->store, hidden, name, true);
	if (r == 0)
		r = shadow(x->store, served, name, false);
	return r < 0 ? r : claims_put(x->writer, name, served);
}

static int settle_row(struct bucket_index *x, const struct ipc_id *tenant, struct span name,
		      const struct row *row)
{
	struct row other_row;
	struct ipc_id other;
	int r;

	r = claims_find(x->writer, name, &other);
	if (r < 0)
		return r;
	if (r == 1 && !ipc_id_equal(&other, tenant)) {
		r = find_row(x->store, &other, name, &other_row);
		/* Nobody can tell, so who has the name keeps it. */
		if (r < 0)
			return 0;
		if (r == 1)
			return settle_double(x, name, tenant, row, &other, &other_row);
		r = 0;
	}
	if (row->shadowed && shadow(x->store, tenant, name, false) < 0)
		return -EIO;
	return r == 1 ? 0 : claims_put(x->writer, name, tenant);
}

/* Names are read one after another, so that no query is open while rows change. */
static int settle_rows(struct bucket_index *x, const struct ipc_id *tenant, struct catalog *c)
{
	struct claim at = { 0 };
	struct row row;
	int r;

	for (;;) {
		_cleanup_(query_end) struct query q = query_begin(c->writer, CATALOG_NEXT_BUCKET);
		struct span name;

		query_bytes(&q, (struct span){ at.name, at.name_len });
		r = query_step(&q);
		if (r <= 0)
			return r;
		name = query_column_bytes(&q, 0);
		if (name.len > sizeof(at.name))
			return -EUCLEAN;
		memcpy(at.name, name.data, name.len);
		at.name_len = name.len;
		row = (struct row){ query_column_number(&q, 1), query_column_number(&q, 2) };
		query_end(&q);
		r = settle_row(x, tenant, (struct span){ at.name, at.name_len }, &row);
		if (r < 0)
			return r;
	}
}

static int settle_tenant(void *context, const struct ipc_id *tenant)
{
	_cleanup_(catalog_putp) struct catalog *c = NULL;
	struct bucket_index *x = context;
	char text[IPC_ID_TEXT_SIZE];
	int r;

	r = catalog_get(&x->store->catalogs, tenant, false, &c);
	if (r == 0)
		r = settle_rows(x, tenant, c);
	if (r < 0 && r != -ENOENT)
		log_error("catalog-damaged tenant=%s error=%d", ipc_id_text(tenant, text), -r);
	return 0;
}

static int drop_empty_claims(struct bucket_index *x)
{
	struct claim at = { 0 };
	struct row row;
	int r, k;

	while ((r = claims_next(x->writer, &at)) == 1) {
		struct span name = { at.name, at.name_len };

		k = find_row(x->store, &at.tenant, name, &row);
		if (k == 0)
			k = claims_delete(x->writer, name, &at.tenant);
		else
			k = 0;
		if (k < 0)
			return k;
	}
	return r;
}

int bucket_index_reconcile(struct bucket_index *x)
{
	int r;

	r = claims_begin(x->writer);
	if (r == 0)
		r = store_each_tenant(x->store, settle_tenant, x);
	if (r == 0)
		r = drop_empty_claims(x);
	if (r == 0)
		r = claims_commit(x->writer);
	claims_roll_back(x->writer);
	return r;
}
