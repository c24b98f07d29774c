/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/sealed.h"

const char sealed_personal[SEALED_KIND_COUNT][SEALED_PERSONAL_LEN + 1] = {
#define KIND(SYMBOL, personal) [SEALED_##SYMBOL] = personal,
	SEALED_KINDS(KIND)
#undef KIND
};

/* Each is exactly as long as BLAKE2b's personalisation. */
#define KIND(SYMBOL, personal)                                                                     \
	_Static_assert(sizeof(personal) - 1 == SEALED_PERSONAL_LEN, "personalisation of " #SYMBOL);
SEALED_KINDS(KIND)
#undef KIND

#define CHAIN_TRAILER_MAX 128

bool sealed_split(struct span sealed, uint64_t *ret_epoch, struct span *ret_tag,
		  struct span *ret_contents)
{
	struct wire_reader r = wire_reader(sealed);

	if (sealed.len < SEALED_OVERHEAD)
		return false;
	*ret_epoch = wire_get_u64(&r);
	*ret_tag = span_first(r.rest, SEALED_TAG_LEN);
	*ret_contents = span_skip(r.rest, SEALED_TAG_LEN);
	return true;
}

void ticket_encode(const struct ticket *t, struct buffer *b)
{
	wire_put_raw(b, t->channel.bytes, sizeof(t->channel.bytes));
}

bool ticket_decode(struct span contents, struct ticket *ret)
{
	struct wire_reader r = wire_reader(contents);

	wire_get_raw(&r, ret->channel.bytes, sizeof(ret->channel.bytes));
	return wire_ended(&r);
}

void chain_seal_encode(const struct chain_seal *s, struct buffer *b)
{
	wire_put_raw(b, s->grant.bytes, sizeof(s->grant.bytes));
	wire_put_raw(b, s->channel.bytes, sizeof(s->channel.bytes));
	wire_put_u64(b, s->length);
	wire_put_bytes(b, s->trailer);
}

bool chain_seal_decode(struct span contents, struct chain_seal *ret)
{
	struct wire_reader r = wire_reader(contents);

	wire_get_raw(&r, ret->grant.bytes, sizeof(ret->grant.bytes));
	wire_get_raw(&r, ret->channel.bytes, sizeof(ret->channel.bytes));
	ret->length = wire_get_u64(&r);
	ret->trailer = wire_get_bytes(&r, CHAIN_TRAILER_MAX);
	return wire_ended(&r);
}
