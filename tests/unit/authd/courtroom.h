/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A judge over a small keyring, for tests: a key of tenant acme, the signer's, and one of b. */

#include "authd/judge.h"
#include "signer.h"

#define COURTROOM_OTHER_KEY "OTHERTENANTSKEY00001"
#define COURTROOM_OTHER_SECRET "another tenant's secret key"

struct courtroom {
	struct keyring *keyring;
	struct limits *limits;
	struct judge *judge;
	struct tenant *acme, *b;
	struct access_key *key, *other_key;
	char detail[256];		/* of the last ruling */
};

/* `region` may be NULL. Base domains are s3.amazonaws.com and s3.example.org. */
void courtroom_open(struct courtroom *c, const char *region);
void courtroom_close(struct courtroom *c);

/* What the judge says at SIGNER_TIME_S + later_s. */
enum s3_error courtroom_hear_at(struct courtroom *c, const struct request *q, int64_t later_s);
enum s3_error courtroom_hear(struct courtroom *c, const struct request *q);
