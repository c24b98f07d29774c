/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Seals as authd makes them, for tests of who opens them. Written from ipc/sealed.h alone: that
 * authd's own seals open here, too, is tested where both processes run.
 */

#include <assert.h>
#include <sodium.h>

#include "ipc/grant.h"
#include "ipc/operator.h"
#include "ipc/sealed.h"

#define SEALS_MAX (64 * 1024)

struct seals {
	uint64_t epoch;
	struct ipc_hash key;
};

static inline struct seals seals_make(uint64_t epoch)
{
	struct seals s = { .epoch = epoch };

	assert(sodium_init() >= 0);
	randombytes_buf(s.key.bytes, sizeof(s.key.bytes));
	return s;
}

/* Appends the sealed contents to `out`. */
static inline void seals_seal(const struct seals *s, enum sealed_kind kind, struct span contents,
			      struct buffer *out)
{
	struct buffer message = BUFFER_INIT(SEALS_MAX);
	uint8_t tag[SEALED_TAG_LEN];

	wire_put_u64(&message, s->epoch);
	buffer_append(&message, contents);
	assert(buffer_error(&message) == 0);
	assert(crypto_generichash_blake2b_salt_personal(
		       tag, sizeof(tag), message.data, message.len, s->key.bytes,
		       sizeof(s->key.bytes), NULL, (const uint8_t *)sealed_personal[kind]) == 0);
	wire_put_u64(out, s->epoch);
	wire_put_raw(out, tag, sizeof(tag));
	buffer_append(out, contents);
	assert(buffer_error(out) == 0);
	buffer_clear(&message);
}

static inline void seals_seal_ticket(const struct seals *s, const struct ticket *t,
				     struct buffer *out)
{
	struct buffer contents = BUFFER_INIT(SEALS_MAX);

	ticket_encode(t, &contents);
	seals_seal(s, SEALED_TICKET, buffer_span(&contents), out);
	buffer_clear(&contents);
}

static inline void seals_seal_grant(const struct seals *s, const struct grant *g,
				    struct buffer *out)
{
	struct buffer contents = BUFFER_INIT(SEALS_MAX);

	grant_encode(g, &contents);
	seals_seal(s, SEALED_GRANT, buffer_span(&contents), out);
	buffer_clear(&contents);
}

static inline void seals_seal_chain(const struct seals *s, const struct chain_seal *c,
				    struct buffer *out)
{
	struct buffer contents = BUFFER_INIT(SEALS_MAX);

	chain_seal_encode(c, &contents);
	seals_seal(s, SEALED_CHAIN, buffer_span(&contents), out);
	buffer_clear(&contents);
}

static inline void seals_seal_operator(const struct seals *s, const struct operator_grant *g,
				       struct buffer *out)
{
	struct buffer contents = BUFFER_INIT(SEALS_MAX);

	operator_grant_encode(g, &contents);
	seals_seal(s, SEALED_OPERATOR, buffer_span(&contents), out);
	buffer_clear(&contents);
}
