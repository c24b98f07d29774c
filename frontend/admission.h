/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who may have the metrics, which name tenants: over a UNIX socket root and the users and groups
 * named, over TCP whoever shows the bearer token. Of that only the SHA-256 is known here. The token
 * is 256 random bits, as `cofferctl metrics-token` makes it, so its hash is no secret.
 */

#include <sys/types.h>

#include "base/span.h"

#define ADMISSION_IDS_MAX 32
#define ADMISSION_HASH_LEN 32

struct admission {
	uid_t uids[ADMISSION_IDS_MAX];
	size_t n_uids;
	gid_t gids[ADMISSION_IDS_MAX];
	size_t n_gids;
	uint8_t token_hash[ADMISSION_HASH_LEN];
	bool has_token;
};

/* From an option's text; false where it is none, or there are too many. */
must_check bool admission_add_uid(struct admission *a, const char *text);
must_check bool admission_add_gid(struct admission *a, const char *text);
must_check bool admission_set_token(struct admission *a, const char *hex);

/* Whoever is at the other end of a connected UNIX socket. */
bool admission_admits_peer(const struct admission *a, int fd);

/* The value of an Authorization field; SPAN_NONE where there is none. */
bool admission_admits_bearer(const struct admission *a, struct span authorization);
