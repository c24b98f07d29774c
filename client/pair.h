/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* An access key with its secret, as a client needs them. */

#include <sodium.h>

#include "base/span.h"

#define PAIR_PART_MAX 128

struct pair {
	char access_key[PAIR_PART_MAX + 1];
	char secret_key[PAIR_PART_MAX + 1]; /* empty: not known */
};

static inline void pair_clear(struct pair *p)
{
	sodium_memzero(p, sizeof(*p));
}

/* False where a part is missing, empty or too long; *ret is untouched then. */
must_check bool pair_set(const char *access_key, const char *secret_key, struct pair *ret);

enum pair_outcome {
	PAIR_OK = 0,
	PAIR_NONE,
	PAIR_INCOMPLETE, /* half of it, or too long: *ret_which names the variable */
};

/*
 * Takes the pair that the environment names, the first of MINIO_ACCESS_KEY, MINIO_ROOT_USER and
 * AWS_ACCESS_KEY_ID with their secrets. All of them are removed from the environment, from the
 * memory that /proc shows as well, so that no child and nobody looking there finds them.
 */
must_check int pair_take_from_environment(struct pair *ret, const char **ret_which);

/* Likewise of AWS_ACCESS_KEY_ID alone, as clients have it. */
must_check int pair_take_aws_from_environment(struct pair *ret, const char **ret_which);
