/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/wire.h"

#include "s3/encoding.h"

const char *ipc_id_text(const struct ipc_id *id, char buf[static IPC_ID_TEXT_SIZE])
{
	return hex_encode((struct span){ id->bytes, sizeof(id->bytes) }, buf);
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

void wire_put_bytes(struct buffer *b, struct span s)
{
	if (s.len > UINT32_MAX) {
		b->error = -EMSGSIZE;
		return;
	}
	wire_put_u32(b, (uint32_t)s.len);
	buffer_append(b, s);
}
