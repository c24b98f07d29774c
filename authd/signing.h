/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Signing keys that were derived lately, so that a request costs one HMAC and not five. Bounded;
 * keys lie in memory that is locked and guarded. Both known and unknown access keys leave one here,
 * or the time of an answer would tell them apart.
 */

#include "authd/sigv4.h"

#define SIGNING_SETS 256
#define SIGNING_WAYS 4

struct signing;

must_check int signing_new(struct signing **ret);
struct signing *signing_free(struct signing *s);
DEFINE_CLEANUP(struct signing *, signing_free)

/* Whose key of which day, region and service. */
struct signing_name {
	uint64_t holder;	/* a number that no other access key ever has in this process */
	struct span day;	/* SIGV4_DAY_LEN */
	struct span region;	/* at most SIGV4_REGION_MAX */
	enum sigv4_service service;
};

/* The key, or NULL; borrowed until the next signing_add(). */
const uint8_t *signing_find(struct signing *s, const struct signing_name *name);

/* A place for a key that signing_find() did not have: SIGV4_LEN bytes for the caller to fill. */
uint8_t *signing_add(struct signing *s, const struct signing_name *name);

/* Wipes every key of a holder. */
void signing_forget(struct signing *s, uint64_t holder);
