/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/wire.h"

#include <endian.h>

#include "s3/encoding.h"

const char *ipc_id_text(const struct ipc_id *id, char buf[static IPC_ID_TEXT_SIZE])
{
	return hex_encode((struct span){ id->bytes, sizeof(id->bytes) }, buf);
}

void wire_get_raw(struct wire_reader *r, void *to, size_t len)
{
	if (r->failed || r->rest.len < len) {
		r->failed = true;
		memset(to, 0, len);
		return;
	}
	memcpy(to, r->rest.data, len);
	r->rest = span_skip(r->rest, len);
}

uint8_t wire_get_u8(struct wire_reader *r)
{
	uint8_t value;

	wire_get_raw(r, &value, sizeof(value));
	return value;
}

uint16_t wire_get_u16(struct wire_reader *r)
{
	uint16_t value;

	wire_get_raw(r, &value, sizeof(value));
	return le16toh(value);
}

uint32_t wire_get_u32(struct wire_reader *r)
{
	uint32_t value;

	wire_get_raw(r, &value, sizeof(value));
	return le32toh(value);
}

uint64_t wire_get_u64(struct wire_reader *r)
{
	uint64_t value;

	wire_get_raw(r, &value, sizeof(value));
	return le64toh(value);
}

struct span wire_get_bytes(struct wire_reader *r, size_t limit)
{
	uint32_t len = wire_get_u32(r);
	struct span s;

	if (r->failed || len > limit || len > r->rest.len) {
		r->failed = true;
		return SPAN_NONE;
	}
	s = span_first(r->rest, len);
	r->rest = span_skip(r->rest, len);
	return s;
}

void wire_put_raw(struct buffer *b, const void *from, size_t len)
{
	buffer_append(b, (struct span){ from, len });
}

void wire_put_u8(struct buffer *b, uint8_t value)
{
	wire_put_raw(b, &value, sizeof(value));
}

void wire_put_u16(struct buffer *b, uint16_t value)
{
	value = htole16(value);
	wire_put_raw(b, &value, sizeof(value));
}

void wire_put_u32(struct buffer *b, uint32_t value)
{
	value = htole32(value);
	wire_put_raw(b, &value, sizeof(value));
}

void wire_put_u64(struct buffer *b, uint64_t value)
{
	value = htole64(value);
	wire_put_raw(b, &value, sizeof(value));
}

void wire_put_bytes(struct buffer *b, struct span s)
{
	if (s.len > UINT32_MAX) {
		b->error = -EMSGSIZE;
		return;
	}
	wire_put_u32(b, (uint32_t)s.len);
	buffer_append(b, s);
}
