/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a request claims of itself: by which key, for when and where, over which fields it is
 * signed. It stands in the Authorization header or in the query, never in both. Reading checks the
 * form, and claim_check() what needs a clock and a region, but no key: whether it is true, the
 * judge decides.
 */

#include "authd/canonical.h"
#include "authd/sigv4.h"

#define CLAIM_SKEW_S (15 * 60)
#define CLAIM_EXPIRES_MAX_S (7 * 24 * 60 * 60)
#define CLAIM_KEY_MAX 128	/* of an access key id */

struct claim {
	bool absent;			/* with ACCESS_DENIED: there is none at all */
	bool presigned;
	enum sigv4_service service;	/* that it must be for */
	struct span access_key;
	struct span region;
	struct span day;
	struct span payload;		/* as the canonical request has it */
	struct span signed_headers;
	struct sigv4_scope scope;
	int64_t time_s;
	uint64_t expires_s;		/* presigned: so long behind time_s */
	uint8_t signature[SIGV4_LEN];
	char time[SIGV4_TIME_LEN + 1];
	char detail[256];		/* where an error has a sentence of its own, "" else */
};

/*
 * For that service. 0, or the enum s3_error: ACCESS_DENIED where there is no claim at all. `decoded` keeps what had
 * to be decoded. The claim borrows from it, from the head and from itself: it must not be moved.
 */
must_check int claim_read(const struct canonical *c, enum sigv4_service service,
			  struct buffer *decoded, struct claim *ret);

/* 0, or the enum s3_error. `region` is the only one to be accepted, NULL for any. */
must_check int claim_check(struct claim *m, int64_t now_s, const char *region);
