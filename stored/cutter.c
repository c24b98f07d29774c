/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/cutter.h"

#include <assert.h>
#include <endian.h>

#define LENGTH_LEN sizeof(uint32_t)

/* An upload of the largest size in chunks of the smallest, and hashes nobody has come for. */
#define HASHES_LIMIT (32 * MIB)

int cutter_init(struct cutter *c, const struct hash_methods *methods)
{
	*c = (struct cutter){ .methods = methods,
			      .lengths = BUFFER_INIT(CUTTER_PENDING_MAX * LENGTH_LEN),
			      .hashes = BUFFER_INIT(HASHES_LIMIT) };
	c->sha256 = EVP_MD_CTX_new();
	return c->sha256 ? 0 : -ENOMEM;
}

void cutter_clear(struct cutter *c)
{
	EVP_MD_CTX_free(c->sha256);
	buffer_clear(&c->lengths);
	buffer_clear(&c->hashes);
	*c = (struct cutter){ 0 };
}

static uint32_t length_at(struct span lengths, size_t at)
{
	uint32_t length;

	memcpy(&length, span_bytes(lengths) + at, sizeof(length));
	return le32toh(length);
}

/* Lengths that were used up make room for those to come. */
static void forget_used(struct cutter *c)
{
	memmove(c->lengths.data, c->lengths.data + c->at, c->lengths.len - c->at);
	c->lengths.len -= c->at;
	c->at = 0;
}

/*
 * The frontend refuses clients whose chunks are shorter than S3 allows. Were they taken from it, each
 * byte of an upload could cost a hash of 32 on the one channel to authd that all uploads share.
 */
int cutter_expect(struct cutter *c, struct span lengths)
{
	uint64_t ahead = c->ahead;
	bool closed = c->closed;

	if (lengths.len % LENGTH_LEN)
		return CUTTER_ABSURD;
	for (size_t at = 0; at < lengths.len; at += LENGTH_LEN) {
		uint32_t length = length_at(lengths, at);

		if (!length || closed)
			return CUTTER_ABSURD;
		closed = length < CHUNKED_SIGNED_MIN;
		ahead += length;
	}
	if (c->at)
		forget_used(c);
	if (lengths.len > c->lengths.limit - c->lengths.len)
		return CUTTER_ABSURD;
	buffer_append(&c->lengths, lengths);
	if (buffer_error(&c->lengths))
		return buffer_error(&c->lengths);
	c->ahead = ahead;
	c->closed = closed;
	return CUTTER_OK;
}

static int begin_chunk(struct cutter *c)
{
	c->left = length_at(buffer_span(&c->lengths), c->at);
	c->at += LENGTH_LEN;
	return evp_result(EVP_DigestInit_ex2(c->sha256, c->methods->sha256, NULL));
}

static int end_chunk(struct cutter *c)
{
	uint8_t hash[HASH_SHA256_LEN];
	int r = evp_result(EVP_DigestFinal_ex(c->sha256, hash, NULL));

	if (r < 0)
		return r;
	buffer_append(&c->hashes, (struct span){ hash, sizeof(hash) });
	return buffer_error(&c->hashes);
}

int cutter_update(struct cutter *c, struct span bytes)
{
	assert(bytes.len <= c->ahead);
	while (bytes.len) {
		size_t n;
		int r = c->left ? 0 : begin_chunk(c);

		if (r < 0)
			return r;
		n = MIN(bytes.len, (size_t)c->left);
		r = evp_result(EVP_DigestUpdate(c->sha256, bytes.data, n));
		if (r < 0)
			return r;
		bytes = span_skip(bytes, n);
		c->ahead -= n;
		c->left -= (uint32_t)n;
		r = c->left ? 0 : end_chunk(c);
		if (r < 0)
			return r;
	}
	return 0;
}
