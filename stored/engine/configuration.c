/* SPDX-License-Identifier: Apache-2.0 */

/* What owners have said about their buckets, read. */

#include "stored/engine/reading.h"
#include "stored/engine/stamps.h"

/* The documents by their kinds, and what else is found. */
enum {
	FIND_OWNER_ID = STORE_CONFIGURATION_COUNT,
	FIND_OWNER_NAME,
	FIND_COUNT,
};

/* What is found is kept one after another; where each begins is known when memory does not move any
 * more. */
struct finds {
	struct buffer memory;
	size_t at[FIND_COUNT];
	size_t len[FIND_COUNT];
	bool there[FIND_COUNT];
};

static void keep(struct finds *f, unsigned int which, struct span s)
{
	if (span_is_none(s))
		return;
	f->there[which] = true;
	f->at[which] = f->memory.len;
	f->len[which] = s.len;
	buffer_append(&f->memory, s);
}

static struct span kept(const struct finds *f, unsigned int which)
{
	if (!f->there[which])
		return SPAN_NONE;
	return (struct span){ f->memory.data ? f->memory.data + f->at[which] : (const uint8_t *)"",
			      f->len[which] };
}

static int find_document(struct finds *f, struct database *db, uint64_t bucket,
			 enum store_configuration kind)
{
	_cleanup_(query_end) struct query q = query_begin(db, CATALOG_FIND_CONFIGURATION);
	int r;

	query_number(&q, bucket);
	query_text(&q, configuration_name(kind));
	r = query_step(&q);
	if (r == 1)
		keep(f, kind, query_column_bytes(&q, 0));
	return r < 0 ? r : 0;
}

static int find_owner(struct finds *f, struct database *db)
{
	_cleanup_(query_end) struct query q = query_begin(db, CATALOG_FIND_OWNER);
	int r = query_step(&q);

	if (r == 1) {
		keep(f, FIND_OWNER_ID, query_column_bytes(&q, 0));
		keep(f, FIND_OWNER_NAME, query_column_bytes(&q, 1));
	}
	return r < 0 ? r : 0;
}

static int find_all(struct finds *f, struct database *db, uint64_t bucket, unsigned int kinds)
{
	int r = find_owner(f, db);

	for (unsigned int i = 0; r == 0 && i < STORE_CONFIGURATION_COUNT; i++)
		if (kinds & 1u << i)
			r = find_document(f, db, bucket, (enum store_configuration)i);
	return r == 0 ? buffer_error(&f->memory) : r;
}

static void give(struct finds *f, struct configuration *ret)
{
	for (unsigned int i = 0; i < STORE_CONFIGURATION_COUNT; i++)
		ret->documents[i] = kept(f, i);
	ret->owner_id = kept(f, FIND_OWNER_ID);
	ret->owner_name = kept(f, FIND_OWNER_NAME);
	ret->memory = steal_ptr(f->memory.data);
}

int store_find_configuration(struct store *s, struct span bucket, unsigned int kinds,
			     struct configuration *ret)
{
	struct finds finds = { .memory = BUFFER_INIT((STORE_CONFIGURATION_COUNT + 1) *
						     STORE_CONFIGURATION_MAX) };
	struct ipc_id owner;
	struct reading reading;
	struct bucket found;
	int r;

	r = bucket_index_find(&s->index, bucket, &owner);
	if (r <= 0)
		return r < 0 ? r : S3_ERROR_NO_SUCH_BUCKET;
	r = reading_begin(s, &owner, false, &reading);
	if (r == 0)
		r = bucket_row_find(reading.db, bucket, &found);
	if (r == 0)
		r = find_all(&finds, reading.db, found.id, kinds);
	reading_end(&reading);
	if (r == 0) {
		*ret = (struct configuration){ .owner = owner, .bucket = found.id };
		give(&finds, ret);
	}
	buffer_clear(&finds.memory);
	return r;
}

void configuration_clear(struct configuration *c)
{
	free(c->memory);
	*c = (struct configuration){ 0 };
}

uint64_t store_stamp(struct store *s, struct span bucket)
{
	return stamps_find(&s->stamps, bucket);
}
