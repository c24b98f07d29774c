/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/admission.h"

#include "s3/bearer.h"
#include "s3/checksum.h"
#include "s3/encoding.h"

bool admission_set_token(struct admission *a, const char *hex)
{
	a->has_token = hex_decode(span_from_string(hex), a->token_hash, sizeof(a->token_hash));
	return a->has_token;
}

bool admission_admits_peer(const struct admission *a, int fd)
{
	struct peer p;

	return peer_of(fd, &p) == 0 && peer_list_has(&a->peers, &p);
}

static bool hash(struct span text, struct checksum_value *ret)
{
	_cleanup_(checksum_freep) struct checksum *c = NULL;

	return checksum_new(CHECKSUM_SHA256, &c) == 0 && checksum_update(c, text) == 0 &&
	       checksum_finish(c, ret) == 0;
}

bool admission_admits_bearer(const struct admission *a, struct span authorization)
{
	struct span token = bearer_token(authorization);
	struct checksum_value shown;
	uint8_t difference = 0;

	if (!a->has_token || span_is_none(token) || !hash(token, &shown))
		return false;
	/* As long for every token, near or far. */
	for (size_t i = 0; i < sizeof(a->token_hash); i++)
		difference |= shown.bytes[i] ^ a->token_hash[i];
	return difference == 0;
}
