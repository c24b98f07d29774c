/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/answer.h"

#include <endian.h>

void answer_init(struct answer *a)
{
	*a = (struct answer){
#define TEXT(SYMBOL, name, limit) .name = SPAN_NONE,
#define NUMBER(SYMBOL, name) .name = ANSWER_ABSENT,
		ANSWER_FIELDS(TEXT, NUMBER)
#undef TEXT
#undef NUMBER
	};
}

static void put_text(struct buffer *b, enum answer_field f, struct span s)
{
	if (span_is_none(s))
		return;
	wire_put_u8(b, (uint8_t)f);
	wire_put_bytes(b, s);
}

static void put_number(struct buffer *b, enum answer_field f, uint64_t n)
{
	if (n == ANSWER_ABSENT)
		return;
	wire_put_u8(b, (uint8_t)f);
	wire_put_u64(b, n);
}

void answer_encode(const struct answer *a, struct buffer *b)
{
#define TEXT(SYMBOL, name, limit) put_text(b, ANSWER_##SYMBOL, a->name);
#define NUMBER(SYMBOL, name) put_number(b, ANSWER_##SYMBOL, a->name);
	ANSWER_FIELDS(TEXT, NUMBER)
#undef TEXT
#undef NUMBER
}

static void get_field(struct wire_reader *r, struct answer *a)
{
	switch (wire_get_u8(r)) {
#define TEXT(SYMBOL, name, limit)                                                                  \
	case ANSWER_##SYMBOL:                                                                      \
		a->name = wire_get_bytes(r, limit);                                                \
		break;
#define NUMBER(SYMBOL, name)                                                                       \
	case ANSWER_##SYMBOL:                                                                      \
		a->name = wire_get_u64(r);                                                         \
		break;
		ANSWER_FIELDS(TEXT, NUMBER)
#undef TEXT
#undef NUMBER
	default:
		r->failed = true;
	}
}

bool answer_decode(struct span bytes, struct answer *ret)
{
	struct wire_reader r = wire_reader(bytes);

	answer_init(ret);
	while (r.rest.len && !r.failed)
		get_field(&r, ret);
	return !r.failed;
}

void answer_append_item(const struct answer *a, struct buffer *items)
{
	size_t at = items->len;
	uint32_t len;

	wire_put_u32(items, 0);
	answer_encode(a, items);
	if (items->error)
		return;
	len = htole32((uint32_t)(items->len - at - sizeof(len)));
	memcpy(items->data + at, &len, sizeof(len));
}

int answer_next_item(struct span *rest, struct answer *ret)
{
	struct wire_reader r = wire_reader(*rest);
	struct span item;

	if (!rest->len)
		return 0;
	item = wire_get_bytes(&r, IPC_ITEMS_MAX);
	if (r.failed || !answer_decode(item, ret))
		return -EBADMSG;
	*rest = r.rest;
	return 1;
}
