/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/reservation.h"

#include "stored/engine/reading.h"

/* For a body of unknown length so much is reserved at a time, while there is so much. */
#define GROWTH_STEP MIB

/* --- what will be replaced ----------------------------------------------------------------- */

struct replaced {
	bool is_there;
	uint64_t bytes;
};

static int find_object(struct reading *r, uint64_t bucket, struct span key, struct replaced *ret)
{
	_cleanup_(query_end) struct query q = { 0 };
	struct object_name name = { bucket, key, SPAN("") };
	struct object_row row = { 0 };
	int found = object_row_find(r->db, &name, &q, &row);

	if (found < 0)
		return found;
	*ret = (struct replaced){ found, found ? row.size : 0 };
	return 0;
}

/* Where there is no such upload, the commit says so. */
static int find_part(struct reading *r, const struct reservation_terms *t, struct replaced *ret)
{
	_cleanup_(query_end) struct query q = query_begin(r->db, CATALOG_FIND_PART);
	uint8_t id[UPLOAD_ID_LEN];
	int found = upload_id_parse(t->upload_id, id);

	/* A part is not counted, only its bytes. */
	*ret = (struct replaced){ .is_there = true };
	if (found)
		return 0;
	query_bytes(&q, (struct span){ id, sizeof(id) });
	query_number(&q, t->part_number);
	found = query_step(&q);
	if (found > 0)
		ret->bytes = query_column_number(&q, 0);
	return found < 0 ? found : 0;
}

static int look(struct store *s, struct catalog *c, const struct reservation_terms *t,
		uint64_t *ret_bucket, struct replaced *ret)
{
	struct reading reading;
	struct bucket bucket;
	int r;

	r = reading_begin_in(s, c, false, &reading);
	if (r == 0)
		r = bucket_row_find(reading.db, t->bucket, &bucket);
	if (r == 0)
		r = span_is_none(t->upload_id) ? find_object(&reading, bucket.id, t->key, ret)
					       : find_part(&reading, t, ret);
	if (r == 0)
		*ret_bucket = bucket.id;
	return reading_result(&reading, t->bucket, r);
}

/* --- reserving ----------------------------------------------------------------------------- */

static struct ledger *ledger_of(struct reservation *r)
{
	return &r->catalog->ledger;
}

static struct growth growth_for(const struct reservation *r, bool is_there, uint64_t bytes)
{
	return (struct growth){ bytes > r->replaced ? bytes - r->replaced : 0, !is_there };
}

static int reserve(struct reservation *r, struct growth more, enum quota_limit *ret_limit)
{
	enum quota_limit limit = ledger_reserve(ledger_of(r), r->bucket, &more);

	if (limit) {
		*ret_limit = limit;
		return S3_ERROR_QUOTA_EXCEEDED;
	}
	r->growth.bytes += more.bytes;
	r->growth.objects += more.objects;
	return 0;
}

static int reserve_first(struct reservation *r, struct store *s, const struct reservation_terms *t,
			 enum quota_limit *ret_limit)
{
	struct replaced replaced = { 0 };
	int e = look(s, r->catalog, t, &r->bucket, &replaced);

	if (e != 0)
		return e;
	r->replaced = replaced.bytes;
	return reserve(r, growth_for(r, replaced.is_there, t->bytes), ret_limit);
}

int store_reserve(struct store *s, const struct reservation_terms *t, enum quota_limit *ret_limit,
		  struct reservation **ret)
{
	_cleanup_(reservation_freep) struct reservation *reservation = NULL;
	_cleanup_(catalog_putp) struct catalog *c = NULL;
	int r;

	r = catalog_get(&s->catalogs, t->tenant, false, &c);
	if (r < 0)
		return r == -ENOENT ? S3_ERROR_NO_SUCH_BUCKET : r;
	if (!ledger_has_quotas(&c->ledger)) {
		*ret = NULL;
		return 0;
	}
	reservation = calloc(1, sizeof(*reservation));
	if (!reservation)
		return -ENOMEM;
	reservation->catalog = steal_ptr(c);
	r = reserve_first(reservation, s, t, ret_limit);
	if (r == 0)
		*ret = steal_ptr(reservation);
	return r;
}

int reservation_grow(struct reservation *r, uint64_t bytes, enum quota_limit *ret_limit)
{
	uint64_t needed = growth_for(r, true, bytes).bytes;
	int e;

	if (needed <= r->growth.bytes)
		return 0;
	needed -= r->growth.bytes;
	e = reserve(r, (struct growth){ .bytes = MAX(needed, GROWTH_STEP) }, ret_limit);
	/* Near the end of what there may be, only what is there already. */
	return e ? reserve(r, (struct growth){ .bytes = needed }, ret_limit) : 0;
}

struct reservation *reservation_free(struct reservation *r)
{
	if (!r)
		return NULL;
	/* A commit has released what it spent, before it was told. */
	if (r->growth.bytes || r->growth.objects)
		ledger_release(ledger_of(r), r->bucket, &r->growth);
	catalog_put(r->catalog);
	free(r);
	return NULL;
}
