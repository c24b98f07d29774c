/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/gate.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>

#include "base/log.h"
#include "base/table.h"
#include "s3/policy/cost.h"
#include "s3/policy/public.h"
#include "stored/documents.h"

/* The counted one that is behind each struct gate. */
struct kept_gate {
	struct gate gate; /* first: it is what callers have */
	_Atomic unsigned int refs;
	struct policy_document *policy;
	struct configuration configuration;

	/* Of those that are kept, under the lock: */
	uint64_t number, stamp;
	char name[S3_BUCKET_NAME_MAX];
	size_t name_len;
	struct kept_gate *next, *prev; /* most recently used first */
};

struct gates {
	struct store *store;
	uint8_t key[crypto_shorthash_KEYBYTES]; /* or names could be chosen that share a number */
	pthread_mutex_t lock; /* of all below */
	struct table by_number;
	struct kept_gate *first, *last;
	size_t policies_len, policies_max;
};

/* --- one ------------------------------------------------------------------------------------- */

int gate_read_blocks(struct span document, unsigned int *ret)
{
	_cleanup_(public_access_document_clear) struct public_access_document d = { 0 };
	int e = span_is_none(document) ? 0 : public_access_document_read(document, &d);

	if (e == 0)
		*ret = d.blocks;
	return e > 0 ? -EUCLEAN : e;
}

static struct span policy_text(const struct kept_gate *k)
{
	return k->configuration.documents[STORE_CONFIGURATION_POLICY];
}

/* What a policy is compiled to can be many times as much. */
static size_t len_of_policy(const struct kept_gate *k)
{
	return policy_text(k).len + (k->policy ? k->policy->arena.total : 0);
}

/* It was sound when it was put. */
static int compile(struct kept_gate *k, struct span bucket)
{
	struct policy_rules rules = { .kind = POLICY_BUCKET, .bucket = bucket };
	struct policy_complaint complaint;
	int r = gate_read_blocks(
		k->configuration.documents[STORE_CONFIGURATION_PUBLIC_ACCESS_BLOCK],
		&k->gate.blocks);

	if (r == 0 && !span_is_none(policy_text(k)))
		r = policy_parse(policy_text(k), &rules, &k->policy, &complaint);
	if (r > 0 || r == -EUCLEAN) {
		log_error("configuration-damaged bucket=%s note=%s", LOG_VALUE(bucket),
			  "\"nobody is allowed anything in it\"");
		k->gate.is_damaged = true;
		return 0;
	}
	k->gate.policy = k->policy;
	k->gate.is_public = k->policy && policy_is_public(k->policy);
	k->gate.is_brief = !k->policy || policy_cost(k->policy) <= GATE_BRIEF_STEPS;
	return r;
}

const struct gate *gate_put(const struct gate *g)
{
	struct kept_gate *k = (struct kept_gate *)g;

	if (!k || atomic_fetch_sub(&k->refs, 1) > 1)
		return NULL;
	policy_free(k->policy);
	configuration_clear(&k->configuration);
	free(k);
	return NULL;
}

static void kept_gate_putp(struct kept_gate **k)
{
	if (*k)
		gate_put(&(*k)->gate);
}

static int read_gate(struct gates *all, struct span bucket, struct kept_gate **ret)
{
	_cleanup_(kept_gate_putp) struct kept_gate *k = calloc(1, sizeof(*k));
	const unsigned int kinds =
		1u << STORE_CONFIGURATION_POLICY | 1u << STORE_CONFIGURATION_PUBLIC_ACCESS_BLOCK;
	int r;

	if (!k)
		return -ENOMEM;
	k->refs = 1;
	/* What changes while it is read makes it one of yesterday. */
	k->stamp = store_stamp(all->store, bucket);
	r = store_find_configuration(all->store, bucket, kinds, &k->configuration);
	if (r != 0)
		return r;
	k->gate.owner = k->configuration.owner;
	k->gate.owner_id = k->configuration.owner_id;
	k->gate.owner_name = k->configuration.owner_name;
	r = compile(k, bucket);
	if (r != 0)
		return r;
	*ret = steal_ptr(k);
	return 0;
}

/* --- those that are kept -----------------------------------------------------------------------
 */

static void take_out(struct gates *all, struct kept_gate *k)
{
	if (k->prev)
		k->prev->next = k->next;
	else
		all->first = k->next;
	if (k->next)
		k->next->prev = k->prev;
	else
		all->last = k->prev;
	k->next = k->prev = NULL;
}

static void put_first(struct gates *all, struct kept_gate *k)
{
	k->next = all->first;
	if (k->next)
		k->next->prev = k;
	else
		all->last = k;
	all->first = k;
}

static void forget(struct gates *all, struct kept_gate *k)
{
	table_remove(&all->by_number, k->number);
	take_out(all, k);
	all->policies_len -= len_of_policy(k);
	gate_put(&k->gate);
}

/* All the same where there is no memory for it: it is only not kept. */
static void keep(struct gates *all, struct kept_gate *k, struct span name)
{
	struct kept_gate *before = table_find(&all->by_number, k->number);

	if (name.len > sizeof(k->name))
		return;
	if (before)
		forget(all, before);
	while (all->last && (all->by_number.count >= all->by_number.limit ||
			     all->policies_len + len_of_policy(k) > all->policies_max))
		forget(all, all->last);
	if (table_add(&all->by_number, k->number, k) != TABLE_OK)
		return;
	memcpy(k->name, name.data, name.len);
	k->name_len = name.len;
	all->policies_len += len_of_policy(k);
	atomic_fetch_add(&k->refs, 1);
	put_first(all, k);
}

static struct kept_gate *find_kept(struct gates *all, uint64_t number, struct span name,
				   uint64_t stamp)
{
	struct kept_gate *k = table_find(&all->by_number, number);

	if (!k || !span_equal(name, (struct span){ k->name, k->name_len }) || k->stamp != stamp)
		return NULL;
	take_out(all, k);
	put_first(all, k);
	atomic_fetch_add(&k->refs, 1);
	return k;
}

static uint64_t number_of(const struct gates *all, struct span bucket)
{
	uint64_t number;

	crypto_shorthash((uint8_t *)&number, span_bytes(bucket), bucket.len, all->key);
	return number;
}

const struct gate *gates_peek(struct gates *all, struct span bucket)
{
	uint64_t number = number_of(all, bucket), stamp = store_stamp(all->store, bucket);
	struct kept_gate *k;

	if (pthread_mutex_trylock(&all->lock) != 0)
		return NULL;
	k = find_kept(all, number, bucket, stamp);
	pthread_mutex_unlock(&all->lock);
	return k ? &k->gate : NULL;
}

bool gates_confirm(const struct gates *all, const struct gate *g)
{
	const struct kept_gate *k = (const struct kept_gate *)g;

	return k->name_len &&
	       store_stamp(all->store, (struct span){ k->name, k->name_len }) == k->stamp;
}

int gates_find(struct gates *all, struct span bucket, const struct gate **ret)
{
	/* Before the lock, which all readers share: what changes from here on may come behind this
	 * request. */
	uint64_t number = number_of(all, bucket), stamp = store_stamp(all->store, bucket);
	struct kept_gate *k;
	int r;

	pthread_mutex_lock(&all->lock);
	k = find_kept(all, number, bucket, stamp);
	pthread_mutex_unlock(&all->lock);
	if (!k) {
		r = read_gate(all, bucket, &k);
		if (r != 0)
			return r;
		k->number = number;
		pthread_mutex_lock(&all->lock);
		keep(all, k, bucket);
		pthread_mutex_unlock(&all->lock);
	}
	*ret = &k->gate;
	return 0;
}

/* --- life --------------------------------------------------------------------------------------
 */

int gates_new(struct store *s, size_t max, size_t policies_max, struct gates **ret)
{
	struct gates *all = calloc(1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	all->store = s;
	all->by_number = TABLE_INIT(max);
	all->policies_max = policies_max;
	crypto_shorthash_keygen(all->key);
	pthread_mutex_init(&all->lock, NULL);
	*ret = all;
	return 0;
}

size_t gates_count(struct gates *all)
{
	size_t n;

	pthread_mutex_lock(&all->lock);
	n = all->by_number.count;
	pthread_mutex_unlock(&all->lock);
	return n;
}

struct gates *gates_free(struct gates *all)
{
	if (!all)
		return NULL;
	while (all->last)
		forget(all, all->last);
	table_clear(&all->by_number);
	pthread_mutex_destroy(&all->lock);
	free(all);
	return NULL;
}
