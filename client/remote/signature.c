/* SPDX-License-Identifier: Apache-2.0 */
#include "client/remote/signature.h"

#include <sodium.h>
#include <stdio.h>

#include "base/buffer.h"
#include "s3/date.h"
#include "s3/encoding.h"
#include "s3/uri.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define PREFIX	  "AWS4"
#define SIGNED	  "host;x-amz-content-sha256;x-amz-date;" SIGNATURE_NONCE
#define HASH_LEN  crypto_hash_sha256_BYTES
#define DAY_LEN	  8

/* A request has no long parts but names of at most 128 bytes, three characters for each, in its
 * target. */
#define CANONICAL_MAX (8 * KIB)
#define SCOPE_SIZE    (SIGNATURE_REGION_MAX + 64)

_Static_assert(sizeof(((struct signature *)0)->authorization) >
		       sizeof(ALGORITHM " Credential=/,SignedHeaders=" SIGNED ",Signature=") +
			       PAIR_PART_MAX + SCOPE_SIZE + SIGNATURE_HASH_SIZE,
	       "an authorization fits");

static void hash_hex(struct span s, char to[static SIGNATURE_HASH_SIZE])
{
	uint8_t hash[HASH_LEN];

	crypto_hash_sha256(hash, s.data, s.len);
	hex_encode((struct span){ hash, sizeof(hash) }, to);
}

/* One step of the derivation; the result may take the key's place. */
static void step(struct span key, struct span message, uint8_t ret[static HASH_LEN])
{
	crypto_auth_hmacsha256_state h;

	crypto_auth_hmacsha256_init(&h, key.data, key.len);
	crypto_auth_hmacsha256_update(&h, message.data, message.len);
	crypto_auth_hmacsha256_final(&h, ret);
	sodium_memzero(&h, sizeof(h));
}

static void sign(const struct pair *by, const struct signature_of *of, const char *date,
		 struct span text, uint8_t ret[static HASH_LEN])
{
	char secret[sizeof(PREFIX) + PAIR_PART_MAX];
	uint8_t key[HASH_LEN];
	struct span known = { key, sizeof(key) };

	snprintf(secret, sizeof(secret), PREFIX "%s", by->secret_key);
	step(span_from_string(secret), (struct span){ date, DAY_LEN }, key);
	step(known, span_from_string(of->region), key);
	step(known, SPAN(SIGNATURE_SERVICE), key);
	step(known, SPAN("aws4_request"), key);
	step(known, text, ret);
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(key, sizeof(key));
}

/* As for S3: encoded once, and a slash is a slash, also one that was sent as %2F. */
static int put_path(struct buffer *canonical, const char *path)
{
	struct buffer decoded = BUFFER_INIT(CANONICAL_MAX);
	int r = uri_decode(&decoded, span_from_string(path), false) ? buffer_error(&decoded)
								    : -EINVAL;

	if (r >= 0)
		uri_encode(canonical, buffer_span(&decoded), true);
	buffer_clear(&decoded);
	return r;
}

static int hash_request(const struct signature_of *of, const struct signature *s,
			char ret[static SIGNATURE_HASH_SIZE])
{
	struct buffer canonical = BUFFER_INIT(CANONICAL_MAX);
	int r;

	buffer_printf(&canonical, "%s\n", of->method);
	r = put_path(&canonical, of->path);
	buffer_printf(&canonical, "\n%s\n", of->query);
	buffer_printf(&canonical, "host:%s\nx-amz-content-sha256:%s\nx-amz-date:%s\n",
		      of->authority, s->hash, s->date);
	buffer_printf(&canonical, SIGNATURE_NONCE ":%s\n\n", of->nonce);
	buffer_printf(&canonical, SIGNED "\n%s", s->hash);
	if (r >= 0)
		r = buffer_error(&canonical);
	if (r >= 0)
		hash_hex(buffer_span(&canonical), ret);
	buffer_clear(&canonical);
	return r;
}

int signature_make(const struct signature_of *of, const struct pair *by, struct signature *ret)
{
	char date[DATE_TEXT_MAX], scope[SCOPE_SIZE], request[SIGNATURE_HASH_SIZE],
		text[SCOPE_SIZE + 2 * SIGNATURE_HASH_SIZE], hex[SIGNATURE_HASH_SIZE];
	uint8_t signature[HASH_LEN];
	struct signature s;
	int r;

	date_format_basic(of->now_s, date);
	memcpy(s.date, date, sizeof(s.date));
	hash_hex(of->body, s.hash);
	r = hash_request(of, &s, request);
	if (r < 0)
		return r;
	snprintf(scope, sizeof(scope), "%.*s/%s/" SIGNATURE_SERVICE "/aws4_request", DAY_LEN, date,
		 of->region);
	snprintf(text, sizeof(text), ALGORITHM "\n%s\n%s\n%s", date, scope, request);
	sign(by, of, date, span_from_string(text), signature);
	hex_encode((struct span){ signature, sizeof(signature) }, hex);
	snprintf(s.authorization, sizeof(s.authorization),
		 ALGORITHM " Credential=%s/%s,SignedHeaders=" SIGNED ",Signature=%s",
		 by->access_key, scope, hex);
	*ret = s;
	return 0;
}
