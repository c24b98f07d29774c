/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Signatures under which a change was asked for, so that none is good for a second one: a broken
 * frontend could ask again for whatever went through it as long as its time is near enough. Each is
 * kept until its time can be near no more. Those of before authd's start are not known, so that what
 * says that it was signed before then is refused.
 */

#include "authd/claim.h"
#include "base/table.h"

#define SPENT_MAX 65536
#define SPENT_LIFE_S (2 * CLAIM_SKEW_S)	/* from CLAIM_SKEW_S ahead of our clock to as much behind it */

struct spent_signature {
	uint64_t number;	/* its first bytes: it is an HMAC's */
	uint64_t tenant;
	int64_t until_s;
};

/* A ring, in the order of until_s. */
struct spent {
	struct spent_signature *all;	/* SPENT_MAX of them */
	size_t first;
	size_t n;
	struct table numbers;
	int64_t since_s;
};

must_check int spent_init(struct spent *s, int64_t now_s);
void spent_clear(struct spent *s);

enum spent_outcome {
	SPENT_NEW = 0,	/* and now it is known */
	SPENT_BEFORE,
	SPENT_UNKNOWN,	/* whether it was used: it is from before the start */
	SPENT_FULL,	/* of this tenant's, or of all */
};

/* A signature that is good otherwise, of the time that it says. -ENOMEM, or an outcome. */
must_check int spent_take(struct spent *s, const struct claim *m, uint64_t tenant, int64_t now_s);
