/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/commits.h"

/* What a change is about. What is not said here is about all of its tenant, so that a new kind is
 * no mistake. */
enum reach {
	REACH_TENANT = 0,
	REACH_NOTHING, /* no row of a bucket or an object, and nothing else that a look-up reads */
	REACH_KEY, /* its own, in its bucket */
	REACH_ITEMS, /* those that it lists */
};

static const enum reach reaches[CHANGE_KIND_COUNT] = {
	[CHANGE_PUT_OBJECT] = REACH_KEY,
	[CHANGE_COPY_OBJECT] = REACH_KEY,
	[CHANGE_DELETE_OBJECT] = REACH_KEY,
	[CHANGE_DELETE_OBJECTS] = REACH_ITEMS,
	[CHANGE_CREATE_UPLOAD] = REACH_KEY,
	[CHANGE_PUT_PART] = REACH_KEY,
	[CHANGE_COPY_PART] = REACH_KEY,
	[CHANGE_COMPLETE_UPLOAD] = REACH_KEY,
	[CHANGE_ABORT_UPLOAD] = REACH_KEY,
	/* Blobs that no row of an object refers to any more, and figures. Both come by themselves,
	 * and often: the one behind each large object that is replaced or deleted, the other for
	 * each few thousand rows that are counted. */
	[CHANGE_FORGET_DEAD] = REACH_NOTHING,
	[CHANGE_RECOUNT] = REACH_NOTHING,
};

void commits_init(struct commits *c)
{
	crypto_shorthash_keygen(c->key);
}

/* --- which counters ------------------------------------------------------------------------ */

static uint32_t place_of_tenant(const struct commits *c, const struct ipc_id *tenant)
{
	uint64_t number;

	crypto_shorthash((uint8_t *)&number, tenant->bytes, sizeof(tenant->bytes), c->key);
	return (uint32_t)(number % COMMITS_COUNT);
}

static size_t put(uint8_t *to, struct span s, size_t most)
{
	size_t len = MIN(s.len, most);

	if (len)
		memcpy(to, span_bytes(s), len);
	return len;
}

/* No name of a bucket has a slash, so no two names are the same text. Of longer ones there are no
 * rows. */
uint64_t commits_number(const struct commits *c, const struct ipc_id *tenant, struct span bucket,
			struct span key)
{
	uint8_t text[sizeof(tenant->bytes) + S3_BUCKET_NAME_MAX + 1 + S3_KEY_MAX];
	size_t len = sizeof(tenant->bytes);
	uint64_t number;

	memcpy(text, tenant->bytes, len);
	len += put(text + len, bucket, S3_BUCKET_NAME_MAX);
	text[len++] = '/';
	len += put(text + len, key, S3_KEY_MAX);
	crypto_shorthash((uint8_t *)&number, text, len, c->key);
	return number;
}

static uint32_t place_of_key(const struct commits *c, const struct ipc_id *tenant,
			     struct span bucket, struct span key)
{
	return (uint32_t)(commits_number(c, tenant, bucket, key) % COMMITS_COUNT);
}

/* --- what happens -------------------------------------------------------------------------- */

static void advance(struct commits_pair *p, bool begins)
{
	atomic_fetch_add(begins ? &p->begun : &p->ended, 1);
}

static void advance_key(struct commits *c, const struct change *change, struct span key,
			bool begins)
{
	advance(&c->pairs[place_of_key(c, &change->tenant, change->bucket, key)], begins);
}

static void advance_tenant(struct commits *c, const struct ipc_id *tenant, bool begins)
{
	advance(&c->pairs[place_of_tenant(c, tenant)], begins);
}

static void advance_change(struct commits *c, const struct change *change, bool begins)
{
	switch (reaches[change->kind]) {
	case REACH_TENANT:
		advance_tenant(c, &change->tenant, begins);
		break;
	case REACH_NOTHING:
		break;
	case REACH_KEY:
		advance_key(c, change, change->key, begins);
		break;
	case REACH_ITEMS:
		for (size_t i = 0; i < change->delete_objects.n; i++)
			advance_key(c, change, change->delete_objects.items[i].key, begins);
		break;
	}
}

void commits_begin(struct commits *c, struct change *const *changes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		advance_change(c, changes[i], true);
}

void commits_end(struct commits *c, struct change *const *changes, size_t n)
{
	atomic_fetch_add(&c->n_ended, 1);
	for (size_t i = 0; i < n; i++)
		advance_change(c, changes[i], false);
}

void commits_begin_all(struct commits *c, const struct ipc_id *tenant)
{
	advance_tenant(c, tenant, true);
}

void commits_end_all(struct commits *c, const struct ipc_id *tenant)
{
	atomic_fetch_add(&c->n_ended, 1);
	advance_tenant(c, tenant, false);
}

/* --- what is asked ------------------------------------------------------------------------- */

uint64_t commits_ended(const struct commits *c)
{
	return atomic_load(&c->n_ended);
}

/* Two numbers that never go back: their sum is what it was only if each of them is. */
static uint64_t begun(const struct commits *c, const struct store_mark *m)
{
	return atomic_load(&c->pairs[m->key].begun) + atomic_load(&c->pairs[m->tenant].begun);
}

bool commits_mark(const struct commits *c, const struct ipc_id *tenant, struct span bucket,
		  struct span key, struct store_mark *ret)
{
	struct store_mark m = { .key = place_of_key(c, tenant, bucket, key),
				.tenant = place_of_tenant(c, tenant) };
	uint64_t ended =
		atomic_load(&c->pairs[m.key].ended) + atomic_load(&c->pairs[m.tenant].ended);

	m.begun = begun(c, &m);
	*ret = m;
	return m.begun == ended;
}

bool commits_hold(const struct commits *c, const struct store_mark *m)
{
	return begun(c, m) == m->begun;
}
