/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/operator.h"

#include "s3/request.h"

static const char *const names[OPERATOR_PURPOSE_COUNT] = {
#define PURPOSE(SYMBOL, name) [OPERATOR_##SYMBOL] = name,
	OPERATOR_PURPOSES(PURPOSE)
#undef PURPOSE
};

void operator_grant_encode(const struct operator_grant *g, struct buffer *b)
{
	wire_put_raw(b, g->id.bytes, sizeof(g->id.bytes));
	wire_put_u64(b, g->epoch);
	wire_put_u64(b, g->expires_ns);
	wire_put_u32(b, g->uid);
	principal_put(b, &g->principal);
	wire_put_bytes(b, g->bucket);
	wire_put_u8(b, (uint8_t)g->purpose);
}

bool operator_grant_decode(struct span contents, struct operator_grant *ret)
{
	struct wire_reader r = wire_reader(contents);
	uint8_t purpose;

	*ret = (struct operator_grant){ 0 };
	wire_get_raw(&r, ret->id.bytes, sizeof(ret->id.bytes));
	ret->epoch = wire_get_u64(&r);
	ret->expires_ns = wire_get_u64(&r);
	ret->uid = wire_get_u32(&r);
	principal_get(&r, &ret->principal);
	ret->bucket = wire_get_bytes(&r, S3_BUCKET_NAME_MAX);
	purpose = wire_get_u8(&r);
	if (purpose >= OPERATOR_PURPOSE_COUNT)
		return false;
	ret->purpose = purpose;
	return wire_ended(&r) && operator_fits_bucket(ret->purpose, ret->bucket.len);
}

bool operator_fits_bucket(enum operator_purpose p, bool is_named)
{
	bool for_all = p == OPERATOR_BACKUP || p == OPERATOR_RESTORE;

	return is_named ? !for_all : for_all || p == OPERATOR_MANAGE;
}

const char *operator_purpose_name(enum operator_purpose p)
{
	return names[p];
}

bool operator_purpose_parse(struct span name, enum operator_purpose *ret)
{
	for (enum operator_purpose p = 0; p < OPERATOR_PURPOSE_COUNT; p++)
		if (span_equal(name, span_from_string(names[p]))) {
			*ret = p;
			return true;
		}
	return false;
}

#define BIT(OPERATION) (UINT64_C(1) << S3_##OPERATION)
_Static_assert(S3_OPERATION_COUNT <= 64, "an operation is a bit");

#define READING (BIT(GET_OBJECT) | BIT(HEAD_OBJECT) | BIT(LIST_OBJECTS_V2))

/* What says whom a bucket is open to. */
#define OPENING                                                                                    \
	(BIT(GET_BUCKET_POLICY) | BIT(GET_BUCKET_POLICY_STATUS) | BIT(PUT_BUCKET_POLICY) |         \
	 BIT(DELETE_BUCKET_POLICY) | BIT(GET_PUBLIC_ACCESS_BLOCK) | BIT(PUT_PUBLIC_ACCESS_BLOCK) | \
	 BIT(DELETE_PUBLIC_ACCESS_BLOCK))

static const uint64_t comprised[OPERATOR_PURPOSE_COUNT] = {
	[OPERATOR_IMPORT] = READING | BIT(PUT_OBJECT),
	[OPERATOR_EXPORT] = READING,
	[OPERATOR_MANAGE] = BIT(LIST_BUCKETS) | BIT(HEAD_BUCKET) | BIT(DELETE_BUCKET) |
			    BIT(LIST_OBJECTS_V2) | BIT(DELETE_OBJECT) |
			    BIT(LIST_MULTIPART_UPLOADS) | BIT(ABORT_MULTIPART_UPLOAD) | OPENING,
};

bool operator_may(enum operator_purpose p, enum s3_operation o)
{
	return comprised[p] >> o & 1;
}
