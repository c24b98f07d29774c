/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/change.h"

/* Memory comes in pieces, in a list, and goes with the change. */
struct change_memory {
	struct change_memory *next;
	max_align_t bytes[];
};

static void *allocate(struct change *c, size_t size)
{
	struct change_memory *m;
	size_t whole;

	if (__builtin_add_overflow(sizeof(*m), size, &whole))
		return NULL;
	m = calloc(1, whole);
	if (!m)
		return NULL;
	m->next = c->memory;
	c->memory = m;
	return m->bytes;
}

int change_keep(struct change *c, struct span bytes, struct span *ret)
{
	void *to;

	if (span_is_none(bytes)) {
		*ret = SPAN_NONE;
		return 0;
	}
	to = allocate(c, bytes.len + 1);
	if (!to)
		return -ENOMEM;
	memcpy(to, bytes.data, bytes.len);
	*ret = (struct span){ to, bytes.len };
	return 0;
}

int change_keep_condition(struct change *c, const struct condition *from, struct condition *ret)
{
	int r;

	r = change_keep(c, from->if_match, &ret->if_match);
	if (r == 0)
		r = change_keep(c, from->if_none_match, &ret->if_none_match);
	if (r == 0)
		r = change_keep(c, from->if_modified_since, &ret->if_modified_since);
	if (r == 0)
		r = change_keep(c, from->if_unmodified_since, &ret->if_unmodified_since);
	return r;
}

void *change_keep_array(struct change *c, size_t n, size_t size)
{
	size_t whole;

	if (__builtin_mul_overflow(n, size, &whole))
		return NULL;
	return allocate(c, whole);
}

int change_new(enum change_kind kind, const struct ipc_id *tenant, struct span bucket,
	       struct span key, struct change **ret)
{
	_cleanup_(change_freep) struct change *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->kind = kind;
	c->tenant = *tenant;
	r = change_keep(c, bucket, &c->bucket);
	if (r == 0)
		r = change_keep(c, key, &c->key);
	if (r < 0)
		return r;
	*ret = steal_ptr(c);
	return 0;
}

struct change_data *change_data(struct change *c)
{
	if (c->kind == CHANGE_PUT_OBJECT)
		return &c->put_object.data;
	if (c->kind == CHANGE_PUT_PART)
		return &c->put_part.data;
	return NULL;
}

struct change *change_free(struct change *c)
{
	struct change_data *data;

	if (!c)
		return NULL;
	data = change_data(c);
	if (data)
		data->blob = blob_drop(data->blob);
	c->reservation = reservation_free(c->reservation);
	while (c->memory) {
		struct change_memory *m = c->memory;

		c->memory = m->next;
		free(m);
	}
	free(c);
	return NULL;
}

const char *change_name(enum change_kind kind)
{
	static const char *const names[CHANGE_KIND_COUNT] = {
#define CHANGE(SYMBOL, symbol, more) [CHANGE_##SYMBOL] = #symbol,
		CHANGES(CHANGE)
#undef CHANGE
	};

	return names[kind];
}
