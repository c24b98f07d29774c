/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/sigv4.h"

#include "authd/hmac.h"
#include "s3/encoding.h"

_Static_assert(SIGV4_LEN == HMAC_LEN, "SigV4 is made of SHA-256");
_Static_assert(sizeof(SIGV4_PREFIX) - 1 == SIGV4_PREFIX_LEN, "length of the prefix");

const char *const sigv4_services[SIGV4_SERVICES] = {
	[SIGV4_S3] = "s3",
	[SIGV4_COFFER] = "coffer",
};

const uint8_t sigv4_empty_hash[SIGV4_LEN] = {
	0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
	0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
	0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
};

static void put_hex(struct hmac *h, const uint8_t bytes[static SIGV4_LEN])
{
	char text[2 * SIGV4_LEN + 1];

	hex_encode((struct span){ bytes, SIGV4_LEN }, text);
	hmac_put(h, (struct span){ text, 2 * SIGV4_LEN });
}

/* Every string to sign begins with what it is, when, and for what. */
static void begin(struct hmac *h, const uint8_t key[static SIGV4_LEN], struct span algorithm,
		  const struct sigv4_scope *scope)
{
	hmac_begin(h, key, SIGV4_LEN);
	hmac_put(h, algorithm);
	hmac_put(h, SPAN("\n"));
	hmac_put(h, scope->time);
	hmac_put(h, SPAN("\n"));
	hmac_put(h, scope->text);
	hmac_put(h, SPAN("\n"));
}

static void step(const uint8_t *key, size_t key_len, struct span message,
		 uint8_t ret[static SIGV4_LEN])
{
	struct hmac h;

	hmac_begin(&h, key, key_len);
	hmac_put(&h, message);
	hmac_end(&h, ret);
}

void sigv4_derive(struct span prefixed_secret, struct span day, struct span region,
		  enum sigv4_service service, uint8_t ret[static SIGV4_LEN])
{
	step(prefixed_secret.data, prefixed_secret.len, day, ret);
	step(ret, SIGV4_LEN, region, ret);
	step(ret, SIGV4_LEN, span_from_string(sigv4_services[service]), ret);
	step(ret, SIGV4_LEN, SPAN("aws4_request"), ret);
}

void sigv4_sign(const uint8_t key[static SIGV4_LEN], const struct sigv4_scope *scope,
		struct span canonical, uint8_t ret[static SIGV4_LEN])
{
	struct hmac h;
	uint8_t hash[SIGV4_LEN];

	sha256(canonical, hash);
	begin(&h, key, SPAN(SIGV4_ALGORITHM), scope);
	put_hex(&h, hash);
	hmac_end(&h, ret);
}

void sigv4_sign_chunk(const uint8_t key[static SIGV4_LEN], const struct sigv4_scope *scope,
		      const uint8_t previous[static SIGV4_LEN],
		      const uint8_t hash[static SIGV4_LEN], uint8_t ret[static SIGV4_LEN])
{
	struct hmac h;

	begin(&h, key, SPAN(SIGV4_ALGORITHM "-PAYLOAD"), scope);
	put_hex(&h, previous);
	hmac_put(&h, SPAN("\n"));
	/* Of the chunk's headers, of which there are none. */
	put_hex(&h, sigv4_empty_hash);
	hmac_put(&h, SPAN("\n"));
	put_hex(&h, hash);
	hmac_end(&h, ret);
}

void sigv4_sign_trailer(const uint8_t key[static SIGV4_LEN], const struct sigv4_scope *scope,
			const uint8_t previous[static SIGV4_LEN], struct span trailer,
			uint8_t ret[static SIGV4_LEN])
{
	struct hmac h;
	uint8_t hash[SIGV4_LEN];

	sha256(trailer, hash);
	begin(&h, key, SPAN(SIGV4_ALGORITHM "-TRAILER"), scope);
	put_hex(&h, previous);
	hmac_put(&h, SPAN("\n"));
	put_hex(&h, hash);
	hmac_end(&h, ret);
}
