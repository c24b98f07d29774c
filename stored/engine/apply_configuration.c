/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/apply.h"

static struct query query_of_kind(struct work *w, enum catalog_statement statement, uint64_t bucket,
				  enum store_configuration kind)
{
	struct query q = query_begin(w->db, statement);

	query_number(&q, bucket);
	query_text(&q, configuration_name(kind));
	return q;
}

static bool is_same(struct span a, struct span b)
{
	return span_is_none(a) == span_is_none(b) && span_equal(a, b);
}

static int check_premise(struct work *w, uint64_t bucket, const struct change_set_configuration *s)
{
	_cleanup_(query_end) struct query q = { 0 };
	struct span there;
	int r;

	if (!s->depends)
		return 0;
	q = query_of_kind(w, CATALOG_FIND_CONFIGURATION, bucket, s->on);
	r = query_step(&q);
	if (r < 0)
		return r;
	there = r == 1 ? query_column_bytes(&q, 0) : SPAN_NONE;
	return is_same(there, s->on_document) ? 0 : -ESTALE;
}

static int put_owner(struct work *w, const struct change_set_configuration *s)
{
	struct query q;

	if (span_is_none(s->owner_id))
		return 0;
	q = query_begin(w->db, CATALOG_PUT_OWNER);
	query_text(&q, s->owner_id);
	query_text(&q, s->owner_name);
	return query_run(&q);
}

static int put_document(struct work *w, uint64_t bucket, const struct change_set_configuration *s)
{
	bool goes = span_is_none(s->document);
	struct query q =
		query_of_kind(w, goes ? CATALOG_DELETE_CONFIGURATION : CATALOG_PUT_CONFIGURATION,
			      bucket, s->kind);

	if (!goes)
		query_bytes(&q, s->document);
	return query_run(&q);
}

int apply_set_configuration(struct work *w, struct change *c)
{
	const struct change_set_configuration *s = &c->set_configuration;
	struct bucket bucket;
	int r = work_find_bucket(w, c->bucket, &bucket);

	if (r == 0 && s->document.len > STORE_CONFIGURATION_MAX)
		r = -EMSGSIZE;
	if (r == 0)
		r = check_premise(w, bucket.id, s);
	if (r == 0)
		r = put_document(w, bucket.id, s);
	return r == 0 ? put_owner(w, s) : r;
}
