/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who may have the metrics, which name tenants: over a UNIX socket root and the users and groups
 * named, over TCP whoever shows the bearer token. Of that only the SHA-256 is known here. The token
 * is 256 random bits, as `cofferctl metrics-token` makes it, so its hash is no secret.
 */

#include "base/span.h"
#include "ipc/peer_list.h"

#define ADMISSION_HASH_LEN 32

struct admission {
	struct peer_list peers;
	uint8_t token_hash[ADMISSION_HASH_LEN];
	bool has_token;
};

/* From an option's text; false where it is none. */
must_check bool admission_set_token(struct admission *a, const char *hex);

/* Whoever is at the other end of a connected UNIX socket. */
bool admission_admits_peer(const struct admission *a, int fd);

/* The value of an Authorization field; SPAN_NONE where there is none. */
bool admission_admits_bearer(const struct admission *a, struct span authorization);
