/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/recall.h"

#include "base/table.h"

/* What an object and its entry take beside their texts, as good as it can be known: three
 * allocations and a slot. */
#define ENTRY_ROOM 512

struct keeper;

struct entry {
	uint64_t number;
	struct keeper *keeper;
	struct entry *next, *prev; /* of the same tenant, most recently used first */
	struct object *object;
	bool has_body;
	size_t room;
	size_t bucket_len, key_len;
	uint8_t name[];
};

/* A tenant, for as long as it has anything here. */
struct keeper {
	struct ipc_id tenant;
	struct keeper *next, *prev; /* most recently used first */
	struct entry *first, *last;
	size_t bytes;
	uint64_t used_ns;
};

struct recall {
	struct store *store;
	size_t bytes_max, bytes;
	struct table by_number;
	struct table keepers; /* ipc_id_number() -> struct keeper */
	struct keeper *first, *last;
	uint64_t hits, misses;
};

/* --- names ----------------------------------------------------------------------------------- */

static uint64_t number_of(const struct recall *r, const struct recall_name *n)
{
	return store_number_of(r->store, n->tenant, n->bucket, n->key);
}

static bool is_name(const struct recall_name *n)
{
	return n->bucket.len && n->bucket.len <= S3_BUCKET_NAME_MAX && n->key.len &&
	       n->key.len <= S3_KEY_MAX;
}

static bool is_of(const struct entry *e, const struct recall_name *n)
{
	return ipc_id_equal(&e->keeper->tenant, n->tenant) &&
	       span_equal(n->bucket, (struct span){ e->name, e->bucket_len }) &&
	       span_equal(n->key, (struct span){ e->name + e->bucket_len, e->key_len });
}

/* --- tenants --------------------------------------------------------------------------------- */

static void unlink_keeper(struct recall *r, struct keeper *k)
{
	*(k->prev ? &k->prev->next : &r->first) = k->next;
	*(k->next ? &k->next->prev : &r->last) = k->prev;
}

static void link_keeper(struct recall *r, struct keeper *k)
{
	k->prev = NULL;
	k->next = r->first;
	*(k->next ? &k->next->prev : &r->last) = k;
	r->first = k;
}

static void use_keeper(struct recall *r, struct keeper *k, uint64_t now_ns)
{
	k->used_ns = now_ns;
	if (r->first == k)
		return;
	unlink_keeper(r, k);
	link_keeper(r, k);
}

static void forget_keeper(struct recall *r, struct keeper *k)
{
	table_remove(&r->keepers, ipc_id_number(&k->tenant));
	unlink_keeper(r, k);
	free(k);
}

/* NULL where there is no memory for it, or another's id has the same number. */
static struct keeper *find_or_add_keeper(struct recall *r, const struct ipc_id *tenant)
{
	struct keeper *k = table_find(&r->keepers, ipc_id_number(tenant));

	if (k)
		return ipc_id_equal(&k->tenant, tenant) ? k : NULL;
	k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	k->tenant = *tenant;
	if (table_add(&r->keepers, ipc_id_number(tenant), k) != TABLE_OK) {
		free(k);
		return NULL;
	}
	link_keeper(r, k);
	return k;
}

/* --- entries --------------------------------------------------------------------------------- */

static void unlink_entry(struct entry *e)
{
	struct keeper *k = e->keeper;

	*(e->prev ? &e->prev->next : &k->first) = e->next;
	*(e->next ? &e->next->prev : &k->last) = e->prev;
}

static void link_entry(struct entry *e)
{
	struct keeper *k = e->keeper;

	e->prev = NULL;
	e->next = k->first;
	*(e->next ? &e->next->prev : &k->last) = e;
	k->first = e;
}

/* Its tenant stays for the moment, also where that was its last. */
static void drop(struct recall *r, struct entry *e)
{
	table_remove(&r->by_number, e->number);
	unlink_entry(e);
	e->keeper->bytes -= e->room;
	r->bytes -= e->room;
	object_free(e->object);
	free(e);
}

static void forget(struct recall *r, struct entry *e)
{
	struct keeper *k = e->keeper;

	drop(r, e);
	if (!k->first)
		forget_keeper(r, k);
}

/* Of a tenant that has more than its part: there is one, if k has less than that and all together
 * too much. */
static struct keeper *find_greedy(struct recall *r, size_t part)
{
	struct keeper *k = r->last;

	while (k->prev && k->bytes <= part)
		k = k->prev;
	return k;
}

static struct entry *find_victim(struct recall *r, struct keeper *k, size_t room, uint64_t now_ns)
{
	size_t part = r->bytes_max / r->keepers.count;

	if (now_ns >= r->last->used_ns + RECALL_IDLE_NS)
		return r->last->last;
	if (k->first && k->bytes + room > part)
		return k->last;
	return find_greedy(r, part)->last;
}

/* False where nothing can go: what is wanted does not fit at all. */
static bool make_room(struct recall *r, struct keeper *k, size_t room, uint64_t now_ns)
{
	while (r->bytes + room > r->bytes_max) {
		struct entry *victim = find_victim(r, k, room, now_ns);

		if (!victim)
			return false;
		if (victim->keeper == k)
			drop(r, victim);
		else
			forget(r, victim);
	}
	return true;
}

static struct entry *entry_new(const struct recall_name *n, size_t room)
{
	struct entry *e = calloc(1, sizeof(*e) + n->bucket.len + n->key.len);

	if (!e)
		return NULL;
	e->room = room;
	e->bucket_len = n->bucket.len;
	e->key_len = n->key.len;
	memcpy(e->name, span_bytes(n->bucket), n->bucket.len);
	memcpy(e->name + n->bucket.len, span_bytes(n->key), n->key.len);
	return e;
}

/* --- what is asked --------------------------------------------------------------------------- */

static struct object *miss(struct recall *r)
{
	r->misses++;
	return NULL;
}

struct object *recall_find(struct recall *r, const struct recall_name *name, bool with_body,
			   uint64_t now_ns)
{
	struct entry *e;

	if (!is_name(name) || !r->bytes_max)
		return NULL;
	e = table_find(&r->by_number, number_of(r, name));
	if (!e || !is_of(e, name) || (with_body && !e->has_body))
		return miss(r);
	if (!store_is_current(r->store, e->object)) {
		forget(r, e);
		return miss(r);
	}
	unlink_entry(e);
	link_entry(e);
	use_keeper(r, e->keeper, now_ns);
	r->hits++;
	return object_ref(e->object);
}

static size_t room_of(const struct recall_name *n, const struct object *o)
{
	return ENTRY_ROOM + n->bucket.len + n->key.len + o->etag.len + o->storage_class.len +
	       o->attributes.len + o->body.len;
}

static bool can_be_kept(const struct recall *r, const struct object *o, size_t room)
{
	return !o->n_extents && !o->n_parts && room <= MIN(RECALL_OBJECT_MAX, r->bytes_max) &&
	       store_is_current(r->store, o);
}

/* The tenants are too many: one that is idle loses something, and in the end its place. */
static void make_place(struct recall *r, const struct recall_name *n, uint64_t now_ns)
{
	if (r->keepers.count == RECALL_TENANTS_MAX &&
	    !table_find(&r->keepers, ipc_id_number(n->tenant)) &&
	    now_ns >= r->last->used_ns + RECALL_IDLE_NS)
		forget(r, r->last->last);
}

static void add(struct recall *r, struct keeper *k, struct entry *e, struct object *o)
{
	if (table_add(&r->by_number, e->number, e) != TABLE_OK) {
		free(e);
		return;
	}
	e->keeper = k;
	e->object = object_ref(o);
	link_entry(e);
	k->bytes += e->room;
	r->bytes += e->room;
}

/* What was under this number goes in any case: of two keys that share one, which hardly ever are,
 * the later stays. */
static void replace(struct recall *r, struct entry *before)
{
	if (before)
		forget(r, before);
}

/* A head has nothing to add to what is here with its body, and would take that away. */
static bool has_more(const struct recall *r, const struct entry *e, const struct recall_name *n,
		     bool with_body)
{
	return !with_body && e && e->has_body && is_of(e, n) &&
	       store_is_current(r->store, e->object);
}

void recall_add(struct recall *r, const struct recall_name *name, bool with_body, struct object *o,
		uint64_t now_ns)
{
	size_t room = room_of(name, o);
	struct entry *before, *e = NULL;
	struct keeper *k;
	uint64_t number;

	if (!is_name(name) || !can_be_kept(r, o, room))
		return;
	number = number_of(r, name);
	before = table_find(&r->by_number, number);
	if (has_more(r, before, name, with_body))
		return;
	replace(r, before);
	make_place(r, name, now_ns);
	k = find_or_add_keeper(r, name->tenant);
	if (!k)
		return;
	use_keeper(r, k, now_ns);
	if (make_room(r, k, room, now_ns))
		e = entry_new(name, room);
	if (e) {
		e->number = number;
		e->has_body = with_body;
		add(r, k, e, o);
	}
	if (!k->first)
		forget_keeper(r, k);
}

struct recall_figures recall_figures(const struct recall *r)
{
	return (struct recall_figures){ r->hits, r->misses, r->by_number.count, r->bytes,
					r->keepers.count };
}

/* --- life ------------------------------------------------------------------------------------ */

int recall_new(struct store *s, size_t bytes_max, struct recall **ret)
{
	struct recall *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->store = s;
	r->bytes_max = bytes_max;
	r->by_number = TABLE_INIT(bytes_max / ENTRY_ROOM);
	r->keepers = TABLE_INIT(RECALL_TENANTS_MAX);
	*ret = r;
	return 0;
}

struct recall *recall_free(struct recall *r)
{
	if (!r)
		return NULL;
	while (r->first)
		forget(r, r->first->last);
	table_clear(&r->by_number);
	table_clear(&r->keepers);
	free(r);
	return NULL;
}
