/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any head is a request or a refusal; a request is the same however often it is parsed, names only
 * buckets and keys that may exist, and keeps nothing that could break out of a header. The input is
 * text: the request line, then a line for each field.
 */

#undef NDEBUG
#include <assert.h>

#include "head.h"
#include "s3/names.h"
#include "s3/pairs.h"
#include "s3/request.h"
#include "s3/values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct s3_request *a, const struct s3_request *b)
{
	assert(a->operation == b->operation && a->payload == b->payload && a->length == b->length);
	assert(span_equal(a->bucket, b->bucket) && span_equal(a->key, b->key));
	assert(span_equal(a->source_key, b->source_key));
	assert(span_equal(a->attributes, b->attributes));
}

static void check_names(const struct s3_request *r)
{
	const struct s3_operation_row *row = &s3_operations[r->operation];

	assert(span_is_none(r->bucket) == (row->level == S3_LEVEL_SERVICE));
	assert(span_is_none(r->key) == (row->level != S3_LEVEL_OBJECT));
	assert(span_is_none(r->bucket) || bucket_name_is_valid(r->bucket));
	assert(span_is_none(r->key) || key_check(r->key) == 0);
	assert(span_is_none(r->source_key) == !row->copy_source);
	if (row->copy_source)
		assert(bucket_name_is_valid(r->source_bucket) && key_check(r->source_key) == 0);
}

static void check_attributes(const struct s3_request *r)
{
	struct span rest = r->attributes, name, value;

	assert(pairs_are_whole(rest));
	while (pairs_next(&rest, &name, &value) > 0) {
		assert(value_is_printable(value));
		assert(span_is_none(pairs_find(rest, name)));
	}
}

static void check_body(const struct s3_request *r)
{
	enum s3_body body = s3_operations[r->operation].body;

	assert(!s3_payload_is_framed(r->payload) || body == S3_BODY_OBJECT);
	assert(!s3_payload_is_framed(r->payload) || r->length <= S3_PUT_MAX);
	assert(body != S3_BODY_NONE || r->length == 0);
}

static void parse(const struct s3_head *head)
{
	static const char *const domains[] = { "test", "s3.test", NULL };
	_cleanup_(s3_parsed_clear) struct s3_parsed once = { 0 }, again = { 0 };
	const char *detail;
	int r;

	r = s3_request_parse(head, domains, &once, &detail);
	assert(r >= 0 && r < S3_ERROR_COUNT);
	assert(s3_request_parse(head, domains, &again, &detail) == r);
	if (r)
		return;
	check_same(&once.request, &again.request);
	check_names(&once.request);
	check_attributes(&once.request);
	check_body(&once.request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buffer_clear) struct buffer fields = BUFFER_INIT(MIB);
	struct s3_head head = fuzz_head(data, size, &fields);

	parse(&head);
	return 0;
}
