/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/request.h"

#include "s3/pairs.h"

/* Marks the end of a list of tagged values. */
#define TAG_END 0xff
_Static_assert((int)S3_HEADER_COUNT < TAG_END && (int)S3_PARAM_COUNT < TAG_END, "tags are one byte");

/* Credentials end at authd: nobody behind it needs them. */
static bool header_travels(enum s3_header h)
{
	return h != S3_HEADER_AUTHORIZATION && h != S3_HEADER_AMZ_SECURITY_TOKEN;
}

static bool param_travels(enum s3_param p)
{
	return p != S3_PARAM_AMZ_SIGNATURE && p != S3_PARAM_AMZ_CREDENTIAL &&
	       p != S3_PARAM_AMZ_SECURITY_TOKEN && p != S3_PARAM_SIGNATURE &&
	       p != S3_PARAM_AWS_ACCESS_KEY_ID;
}

/* An absent value and an empty one are different things; presence travels as a byte. */
static void put_optional(struct buffer *b, struct span s)
{
	wire_put_u8(b, !span_is_none(s));
	if (!span_is_none(s))
		wire_put_bytes(b, s);
}

static struct span get_optional(struct wire_reader *r, size_t limit)
{
	return wire_get_u8(r) ? wire_get_bytes(r, limit) : SPAN_NONE;
}

static void put_checksum(struct buffer *b, const struct checksum_value *v)
{
	wire_put_u8(b, (uint8_t)v->algorithm);
	wire_put_raw(b, v->bytes, checksum_rows[v->algorithm].len);
}

static enum checksum_algorithm get_algorithm(struct wire_reader *r)
{
	uint8_t a = wire_get_u8(r);

	if (a < CHECKSUM_COUNT)
		return a;
	r->failed = true;
	return CHECKSUM_NONE;
}

static void get_checksum(struct wire_reader *r, struct checksum_value *ret)
{
	*ret = (struct checksum_value){ .algorithm = get_algorithm(r) };
	wire_get_raw(r, ret->bytes, checksum_rows[ret->algorithm].len);
}

static void put_params(struct buffer *b, const struct s3_request *q)
{
	for (enum s3_param p = 0; p < S3_PARAM_COUNT; p++) {
		if (span_is_none(q->params[p]) || !param_travels(p))
			continue;
		wire_put_u8(b, (uint8_t)p);
		wire_put_bytes(b, q->params[p]);
	}
	wire_put_u8(b, TAG_END);
}

static void put_headers(struct buffer *b, const struct s3_request *q)
{
	for (enum s3_header h = 0; h < S3_HEADER_COUNT; h++) {
		if (span_is_none(q->headers[h]) || !header_travels(h))
			continue;
		wire_put_u8(b, (uint8_t)h);
		wire_put_bytes(b, q->headers[h]);
	}
	wire_put_u8(b, TAG_END);
}

/* Each tag at most once and below `count`. */
static void get_tagged(struct wire_reader *r, struct span *values, unsigned int count, size_t limit)
{
	uint8_t tag;

	while ((tag = wire_get_u8(r)) != TAG_END && !r->failed) {
		if (tag >= count || !span_is_none(values[tag])) {
			r->failed = true;
			return;
		}
		values[tag] = wire_get_bytes(r, limit);
	}
}

void request_put(struct buffer *b, const struct s3_request *q)
{
	wire_put_u8(b, (uint8_t)q->dialect);
	wire_put_u8(b, (uint8_t)q->operation);
	wire_put_u8(b, (uint8_t)q->configuration);
	put_optional(b, q->bucket);
	put_optional(b, q->key);
	put_params(b, q);
	put_headers(b, q);
	put_optional(b, q->attributes);
	put_optional(b, q->source_bucket);
	put_optional(b, q->source_key);
	put_optional(b, q->source_version);
	wire_put_u8(b, (uint8_t)q->payload);
	wire_put_raw(b, q->payload_sha256, sizeof(q->payload_sha256));
	wire_put_u64(b, q->length);
	wire_put_u8(b, (uint8_t)q->trailer);
	put_checksum(b, &q->checksum);
	wire_put_u8(b, (uint8_t)q->checksum_algorithm);
}

void request_get(struct wire_reader *r, struct s3_request *ret)
{
	uint8_t dialect = wire_get_u8(r), operation = wire_get_u8(r),
		configuration = wire_get_u8(r), payload;

	*ret = (struct s3_request){ 0 };
	ret->bucket = get_optional(r, S3_BUCKET_NAME_MAX);
	ret->key = get_optional(r, S3_KEY_MAX);
	get_tagged(r, ret->params, S3_PARAM_COUNT, S3_TARGET_MAX);
	get_tagged(r, ret->headers, S3_HEADER_COUNT, S3_HEAD_MAX);
	ret->attributes = get_optional(r, S3_HEAD_MAX);
	ret->source_bucket = get_optional(r, S3_BUCKET_NAME_MAX);
	ret->source_key = get_optional(r, S3_KEY_MAX);
	ret->source_version = get_optional(r, S3_KEY_MAX);
	payload = wire_get_u8(r);
	wire_get_raw(r, ret->payload_sha256, sizeof(ret->payload_sha256));
	ret->length = wire_get_u64(r);
	ret->trailer = get_algorithm(r);
	get_checksum(r, &ret->checksum);
	ret->checksum_algorithm = get_algorithm(r);
	if (dialect >= S3_DIALECT_COUNT || operation >= S3_OPERATION_COUNT ||
	    configuration >= S3_CONFIGURATION_COUNT ||
	    payload > S3_PAYLOAD_STREAMING_UNSIGNED_TRAILER || !pairs_are_whole(ret->attributes)) {
		r->failed = true;
		return;
	}
	ret->dialect = dialect;
	ret->operation = operation;
	ret->configuration = configuration;
	ret->payload = payload;
}
