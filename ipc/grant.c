/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/grant.h"

#include "ipc/request.h"

void grant_encode(const struct grant *g, struct buffer *b)
{
	wire_put_raw(b, g->id.bytes, sizeof(g->id.bytes));
	wire_put_raw(b, g->channel.bytes, sizeof(g->channel.bytes));
	wire_put_u64(b, g->epoch);
	wire_put_u64(b, g->expires_ns);
	wire_put_u64(b, g->request_id);
	principal_put(b, &g->principal);
	identity_put(b, &g->identity);
	wire_put_u64(b, g->limits.bandwidth);
	wire_put_u32(b, g->limits.parallel);
	wire_put_bytes(b, g->peer);
	request_put(b, &g->request);
}

bool grant_decode(struct span contents, struct grant *ret)
{
	struct wire_reader r = wire_reader(contents);

	*ret = (struct grant){ 0 };
	wire_get_raw(&r, ret->id.bytes, sizeof(ret->id.bytes));
	wire_get_raw(&r, ret->channel.bytes, sizeof(ret->channel.bytes));
	ret->epoch = wire_get_u64(&r);
	ret->expires_ns = wire_get_u64(&r);
	ret->request_id = wire_get_u64(&r);
	principal_get(&r, &ret->principal);
	identity_get(&r, &ret->identity);
	ret->limits.bandwidth = wire_get_u64(&r);
	ret->limits.parallel = wire_get_u32(&r);
	ret->peer = wire_get_bytes(&r, GRANT_PEER_MAX);
	request_get(&r, &ret->request);
	return wire_ended(&r);
}
