/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A cutter computes the SHA-256 of each chunk of a signed stream, out of the bytes themselves and of the
 * chunk lengths that the frontend reports. Lengths and bytes may run ahead of each other. Whether
 * chunks so cut are the client's, authd finds out from the hashes: nothing here is believed.
 */

#include "base/buffer.h"
#include "s3/chunked.h"
#include "stored/hasher.h"

#define CUTTER_PENDING_MAX (64 * 1024)	/* lengths that are ahead of the bytes */

struct cutter {
	const struct hash_methods *methods;
	EVP_MD_CTX *sha256;
	struct buffer lengths;	/* of chunks to come, each a uint32_t */
	size_t at;		/* of the next one in there */
	uint64_t ahead;		/* bytes that known lengths cover and that have not come */
	uint32_t left;		/* of the chunk under way */
	bool closed;		/* a short chunk was announced, which only the last may be */
	struct buffer hashes;	/* of whole chunks, 32 bytes each, until somebody takes them */
};

enum cutter_outcome {
	CUTTER_OK = 0,
	CUTTER_ABSURD,	/* what no honest peer says: half a number, too many, a chunk of no bytes,
			 * or one behind a chunk of less than CHUNKED_SIGNED_MIN */
};

/* Nothing to clear where it fails. The methods must outlive the cutter. */
must_check int cutter_init(struct cutter *c, const struct hash_methods *methods);
void cutter_clear(struct cutter *c);	/* also of a zeroed one */

/* Little-endian numbers of 32 bits, as LENGTHS brings them. -errno, or an outcome. */
must_check int cutter_expect(struct cutter *c, struct span lengths);

/* At most c->ahead bytes. */
must_check int cutter_update(struct cutter *c, struct span bytes);

/* True where all chunks that were announced have come whole. */
static inline bool cutter_is_even(const struct cutter *c)
{
	return c->ahead == 0;
}
