/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/chain.h"

#include <assert.h>
#include <sodium.h>

#include "ipc/schema.h"
#include "ipc/wire.h"

#define TO(state) (1u << (state))

static const uint8_t chain_moves[CHAIN_STATES] = {
	[CHAIN_RUNNING] = TO(CHAIN_CLOSED) | TO(CHAIN_BROKEN),
	[CHAIN_CLOSED] = TO(CHAIN_CLAIMED) | TO(CHAIN_BROKEN),
	[CHAIN_CLAIMED] = TO(CHAIN_PROVEN) | TO(CHAIN_BROKEN),
};

static void chain_move(struct chain *c, enum chain_state to)
{
	assert(chain_moves[c->state] & TO(to));
	c->state = to;
}

static int refuse(struct chain *c, enum s3_error error)
{
	chain_move(c, CHAIN_BROKEN);
	c->error = error;
	return CHAIN_REFUSED;
}

/* --- what waits --------------------------------------------------------------------------- */

static size_t fifo_len(const struct chain_fifo *f)
{
	return f->bytes.len - f->taken;
}

static const uint8_t *fifo_take(struct chain_fifo *f, size_t n)
{
	const uint8_t *p = f->bytes.data + f->taken;

	f->taken += n;
	return p;
}

/* Room that was taken is given back before more is added; nothing points into it by then. */
static int fifo_put(struct chain_fifo *f, struct span bytes)
{
	size_t left = fifo_len(f);

	if (f->taken && left)
		memmove(f->bytes.data, f->bytes.data + f->taken, left);
	f->bytes.len = left;
	f->taken = 0;
	buffer_append(&f->bytes, bytes);
	return buffer_error(&f->bytes);
}

size_t chain_waiting(const struct chain *c)
{
	return c->claims.bytes.size + c->hashes.bytes.size + c->trailer.size;
}

void chain_init(struct chain *c, const struct s3_request *request, const uint8_t *key,
		const struct sigv4_scope *scope, const uint8_t seed[static SIGV4_LEN])
{
	*c = (struct chain){
		.key = key,
		.expected = request->length,
		.trailer_algorithm = request->trailer,
		.has_trailer = s3_payload_has_trailer(request->payload),
		.claims.bytes = BUFFER_INIT(CHAIN_WAITING_MAX * CHAIN_CLAIM_LEN),
		.hashes.bytes = BUFFER_INIT(CHAIN_WAITING_MAX * SIGV4_LEN),
		.trailer = BUFFER_INIT(IPC_TRAILER_MAX),
		.scope_len = MIN(scope->text.len, CHAIN_SCOPE_MAX),
	};
	memcpy(c->time, scope->time.data, SIGV4_TIME_LEN);
	memcpy(c->scope, scope->text.data, c->scope_len);
	memcpy(c->previous, seed, SIGV4_LEN);
}

void chain_clear(struct chain *c)
{
	buffer_clear(&c->claims.bytes);
	buffer_clear(&c->hashes.bytes);
	buffer_clear(&c->trailer);
	c->claims.taken = c->hashes.taken = 0;
}

/* --- walking ------------------------------------------------------------------------------ */

static struct sigv4_scope scope_of(const struct chain *c)
{
	return (struct sigv4_scope){ { c->time, SIGV4_TIME_LEN }, { c->scope, c->scope_len } };
}

static bool take_chunk(struct chain *c, const uint8_t *claimed, const uint8_t *hash)
{
	struct sigv4_scope scope = scope_of(c);
	uint8_t own[SIGV4_LEN];
	bool matches;

	sigv4_sign_chunk(c->key, &scope, c->previous, hash, own);
	matches = sodium_memcmp(own, claimed, SIGV4_LEN) == 0;
	memcpy(c->previous, claimed, SIGV4_LEN);
	sodium_memzero(own, sizeof(own));
	return matches;
}

static bool trailer_is_signed(struct chain *c)
{
	struct sigv4_scope scope = scope_of(c);
	uint8_t own[SIGV4_LEN];
	bool matches;

	sigv4_sign_trailer(c->key, &scope, c->previous, buffer_span(&c->trailer), own);
	matches = sodium_memcmp(own, c->trailer_signature, SIGV4_LEN) == 0;
	sodium_memzero(own, sizeof(own));
	return matches;
}

static uint32_t length_of(const uint8_t *claim)
{
	struct wire_reader r = wire_reader((struct span){ claim, sizeof(uint32_t) });

	return wire_get_u32(&r);
}

/* True if the next claim is of a chunk without bytes, whose hash everybody knows. */
static bool next_is_closing(const struct chain *c)
{
	return length_of(c->claims.bytes.data + c->claims.taken) == 0;
}

/* Goes as far as claims and hashes reach. */
static int walk(struct chain *c)
{
	while (fifo_len(&c->claims)) {
		const uint8_t *hash = sigv4_empty_hash;

		if (!next_is_closing(c)) {
			if (!fifo_len(&c->hashes))
				return CHAIN_OK;
			hash = fifo_take(&c->hashes, SIGV4_LEN);
		}
		if (!take_chunk(c, fifo_take(&c->claims, CHAIN_CLAIM_LEN) + sizeof(uint32_t), hash))
			return refuse(c, S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	}
	if (c->state != CHAIN_CLAIMED)
		return CHAIN_OK;
	/* More was hashed than claimed: the two sides were told different things. */
	if (fifo_len(&c->hashes))
		return refuse(c, S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	if (c->has_trailer && !trailer_is_signed(c))
		return refuse(c, S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	chain_move(c, CHAIN_PROVEN);
	return CHAIN_DONE;
}

/* --- claims ------------------------------------------------------------------------------- */

/* Counts lengths and sees the closing chunk; behind it none may come. */
static int count_chunks(struct chain *c, struct span chunks)
{
	for (; chunks.len; chunks = span_skip(chunks, CHAIN_CLAIM_LEN)) {
		uint32_t length = length_of(chunks.data);

		if (c->state != CHAIN_RUNNING)
			return CHAIN_VIOLATION;
		if (!length)
			chain_move(c, CHAIN_CLOSED);
		else if (__builtin_add_overflow(c->length, length, &c->length))
			return CHAIN_VIOLATION;
	}
	if (c->length > c->expected)
		return refuse(c, S3_ERROR_INCOMPLETE_BODY);
	return CHAIN_OK;
}

/* One `name:value\n`, of the name that was announced. */
static int take_trailer(struct chain *c, struct span trailer, struct span signature)
{
	struct span name, value, line, rest = span_cut(trailer, '\n', &line);

	value = span_cut(line, ':', &name);
	if (span_is_none(rest) || rest.len || span_is_none(value) ||
	    value.len >= sizeof(c->checksum) || signature.len != SIGV4_LEN)
		return refuse(c, S3_ERROR_MALFORMED_TRAILER);
	if (c->trailer_algorithm == CHECKSUM_NONE ||
	    checksum_by_header(name) != c->trailer_algorithm)
		return refuse(c, S3_ERROR_MALFORMED_TRAILER);
	memcpy(c->checksum, value.data, value.len);
	memcpy(c->trailer_signature, signature.data, SIGV4_LEN);
	buffer_append(&c->trailer, trailer);
	return buffer_error(&c->trailer);
}

static int close_claims(struct chain *c, struct span trailer, struct span signature)
{
	int r = CHAIN_OK;

	if (c->state != CHAIN_CLOSED)
		return CHAIN_VIOLATION;
	if (c->length != c->expected)
		return refuse(c, S3_ERROR_INCOMPLETE_BODY);
	if (c->has_trailer)
		r = take_trailer(c, trailer, signature);
	else if (trailer.len || signature.len)
		return CHAIN_VIOLATION;
	if (r == CHAIN_OK)
		chain_move(c, CHAIN_CLAIMED);
	return r;
}

/* Over the limit of what may wait, the stream cannot be followed any more. */
static int put(struct chain *c, struct chain_fifo *f, struct span bytes)
{
	int r = fifo_put(f, bytes);

	return r == -EMSGSIZE ? refuse(c, S3_ERROR_SLOW_DOWN) : r;
}

int chain_claim(struct chain *c, struct span chunks, bool last, struct span trailer,
		struct span trailer_signature)
{
	int r;

	if (chunks.len % CHAIN_CLAIM_LEN || (!last && (trailer.len || trailer_signature.len)) ||
	    c->state >= CHAIN_CLAIMED)
		return CHAIN_VIOLATION;
	r = count_chunks(c, chunks);
	if (r == CHAIN_OK)
		r = put(c, &c->claims, chunks);
	if (r == CHAIN_OK && last)
		r = close_claims(c, trailer, trailer_signature);
	return r == CHAIN_OK ? walk(c) : r;
}

int chain_hash(struct chain *c, struct span hashes)
{
	int r;

	if (hashes.len % SIGV4_LEN || c->state >= CHAIN_PROVEN)
		return CHAIN_VIOLATION;
	r = put(c, &c->hashes, hashes);
	return r == CHAIN_OK ? walk(c) : r;
}
