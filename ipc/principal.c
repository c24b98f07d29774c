/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/principal.h"

#include "s3/request.h"

void principal_put(struct buffer *b, const struct principal *p)
{
	wire_put_u8(b, p->anonymous);
	wire_put_raw(b, p->tenant.bytes, sizeof(p->tenant.bytes));
	wire_put_bytes(b, p->tenant_name);
	wire_put_bytes(b, p->canonical_id);
	wire_put_bytes(b, p->display_name);
	wire_put_bytes(b, p->user);
	wire_put_raw(b, p->user_id.bytes, sizeof(p->user_id.bytes));
	wire_put_bytes(b, p->credential);
	wire_put_bytes(b, p->prefix);
}

void principal_get(struct wire_reader *r, struct principal *ret)
{
	uint8_t anonymous = wire_get_u8(r);

	/* There is one way to say it. */
	if (anonymous > 1)
		r->failed = true;
	ret->anonymous = anonymous == 1;
	wire_get_raw(r, ret->tenant.bytes, sizeof(ret->tenant.bytes));
	ret->tenant_name = wire_get_bytes(r, PRINCIPAL_NAME_MAX);
	ret->canonical_id = wire_get_bytes(r, PRINCIPAL_NAME_MAX);
	ret->display_name = wire_get_bytes(r, PRINCIPAL_NAME_MAX);
	ret->user = wire_get_bytes(r, PRINCIPAL_NAME_MAX);
	wire_get_raw(r, ret->user_id.bytes, sizeof(ret->user_id.bytes));
	ret->credential = wire_get_bytes(r, PRINCIPAL_NAME_MAX);
	ret->prefix = wire_get_bytes(r, S3_KEY_MAX);
}
