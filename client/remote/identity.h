/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who asks a server far away: an access key with its secret, and the region that his signature names.
 * They come from a file or from the environment, never from the command line, where everybody on the
 * host could read them.
 */

#include "client/complaint.h"
#include "client/pair.h"
#include "client/remote/signature.h"

#define IDENTITY_FILE_MAX (64 * KIB)
#define IDENTITY_REGION	  "us-east-1" /* where nobody says */

struct identity {
	struct pair pair;
	char region[SIGNATURE_REGION_MAX + 1];
};

static inline void identity_clear(struct identity *i)
{
	sodium_memzero(i, sizeof(*i));
}

/*
 * From that file, or NULL: from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which are gone from the
 * environment then. The file is JSON with access_key and secret_key, as `cofferctl key create --json`
 * and `coffer up --credentials` write it; for its owner only, or it is refused.
 */
must_check int identity_take(const char *file, struct identity *ret, struct complaint *why);
