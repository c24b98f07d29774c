/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/limits.h"

#include <sodium.h>

#define SETS (LIMITS_ADDRESSES_MAX / LIMITS_WAYS)
_Static_assert((SETS & (SETS - 1)) == 0, "sets are chosen by the bits of a hash");

/* One whose allowance is whole again is free: there is nothing to remember of it. */
struct address {
	struct ip ip;
	struct allowance failures, strangers;
};

struct limits {
	struct allowance_size requests, failures;
	struct ceilings of_all;
	uint8_t hash_key[crypto_shorthash_KEYBYTES];
	struct address addresses[SETS][LIMITS_WAYS];
};

static struct allowance_size size_of_rate(uint32_t rate, uint32_t burst)
{
	return (struct allowance_size){ NS_PER_S / rate, burst ? burst : LIMITS_BURST_S * rate };
}

void limits_configure(struct limits *l, const struct limits_config *config)
{
	l->requests = (struct allowance_size){ 0 };
	if (config->request_rate)
		l->requests = size_of_rate(config->request_rate, config->request_burst);
	l->of_all = config->of_all;
	l->failures =
		(struct allowance_size){ config->login_pause_s * NS_PER_S, config->login_failures };
}

int limits_new(const struct limits_config *config, struct limits **ret)
{
	/* Zeroed by the kernel: pages of it that nobody fails in take no memory. */
	struct limits *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	limits_configure(l, config);
	crypto_shorthash_keygen(l->hash_key);
	*ret = l;
	return 0;
}

struct limits *limits_free(struct limits *l)
{
	free(l);
	return NULL;
}

/* A client that waits so long must not come too early. */
static uint32_t whole_seconds(uint64_t ns)
{
	return (uint32_t)((ns + NS_PER_S - 1) / NS_PER_S);
}

uint32_t limits_request(const struct limits *l, struct allowance *a, uint32_t own_rate,
			uint64_t now_ns)
{
	struct allowance_size size = own_rate ? size_of_rate(own_rate, 0) : l->requests;

	return size.times ? whole_seconds(allowance_take(a, &size, now_ns)) : 0;
}

uint32_t limits_tenant(const struct limits *l, struct allowance *a, const struct ceilings *own,
		       uint64_t now_ns)
{
	int64_t rate = ceiling_in_force(own, &l->of_all, CEILING_RATE);
	int64_t burst = ceiling_in_force(own, &l->of_all, CEILING_BURST);
	struct allowance_size size;

	if (rate == CEILING_NONE)
		return 0;
	size = size_of_rate((uint32_t)rate, (uint32_t)burst);
	return whole_seconds(allowance_take(a, &size, now_ns));
}

/* Keyed, so that nobody can choose addresses that fill the set of another. */
static struct address *set_of(struct limits *l, const struct ip *ip)
{
	uint64_t hash;

	crypto_shorthash((uint8_t *)&hash, ip->bytes, sizeof(ip->bytes), l->hash_key);
	return l->addresses[hash & (SETS - 1)];
}

static uint64_t whole_ns(const struct address *a)
{
	return MAX(a->failures.whole_ns, a->strangers.whole_ns);
}

/* The address's own place or a free one; NULL where the set has none, and when it will. */
static struct address *place_of(struct limits *l, const struct ip *ip, uint64_t now_ns,
				uint64_t *ret_free_ns)
{
	struct address *set = set_of(l, ip), *free_one = NULL;

	*ret_free_ns = UINT64_MAX;
	for (size_t i = 0; i < LIMITS_WAYS; i++) {
		if (whole_ns(&set[i]) <= now_ns)
			free_one = &set[i];
		else if (memcmp(&set[i].ip, ip, sizeof(*ip)) == 0)
			return &set[i];
		*ret_free_ns = MIN(*ret_free_ns, whole_ns(&set[i]));
	}
	if (free_one)
		*free_one = (struct address){ .ip = *ip };
	return free_one;
}

/* The place of the party that has the address; NULL where there is none, and *ret_wait_s to wait.
 */
static struct address *place_of_party(struct limits *l, const struct ip *from, uint64_t now_ns,
				      uint32_t *ret_wait_s)
{
	struct ip party = ip_is_v4(from) ? *from : ip_mask(from, LIMITS_V6_BITS);
	uint64_t free_ns;
	struct address *a = place_of(l, &party, now_ns, &free_ns);

	*ret_wait_s = a ? 0 : whole_seconds(free_ns - now_ns);
	return a;
}

uint32_t limits_failure(struct limits *l, const struct ip *from, uint64_t now_ns)
{
	struct address *a;
	uint32_t wait_s;

	if (!l->failures.times)
		return 0;
	a = place_of_party(l, from, now_ns, &wait_s);
	return a ? whole_seconds(allowance_take(&a->failures, &l->failures, now_ns)) : wait_s;
}

uint32_t limits_stranger(struct limits *l, const struct ip *from, uint64_t now_ns)
{
	struct allowance_size size = size_of_rate(LIMITS_STRANGER_RATE, LIMITS_STRANGER_BURST);
	uint32_t wait_s;
	struct address *a = place_of_party(l, from, now_ns, &wait_s);

	return a ? whole_seconds(allowance_take(&a->strangers, &size, now_ns)) : wait_s;
}
