/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any head is a request of the REST dialect or a refusal; a request is the same however often it is
 * parsed, has a key that may exist exactly where it is about an object, and its key, encoded again,
 * is a path that names the same one. The input is text: the request line, then a line for each
 * field.
 */

#undef NDEBUG
#include <assert.h>

#include "head.h"
#include "s3/names.h"
#include "s3/pairs.h"
#include "s3/rest.h"
#include "s3/uri.h"
#include "s3/values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct s3_request *a, const struct s3_request *b)
{
	assert(a->operation == b->operation && a->length == b->length);
	assert(span_equal(a->key, b->key) && span_equal(a->attributes, b->attributes));
	for (unsigned int i = 0; i < S3_PARAM_COUNT; i++)
		assert(span_equal(a->params[i], b->params[i]));
}

static void check_key(const struct s3_request *r)
{
	_cleanup_(buffer_clear) struct buffer target = BUFFER_INIT(8 * S3_KEY_MAX);
	_cleanup_(s3_parsed_clear) struct s3_parsed again = { 0 };
	struct s3_head head = { .method = SPAN("GET"), .fields = SPAN("") };
	enum s3_operation operation;
	const char *detail;

	assert(span_is_none(r->key) == (r->operation == S3_LIST_OBJECTS_V2));
	if (span_is_none(r->key))
		return;
	assert(key_check(r->key) == 0);
	buffer_append_string(&target, REST_OBJECTS "/");
	uri_encode_key(&target, r->key);
	head.target = buffer_span(&target);
	assert(rest_route(&head, &operation) == 0 && operation == S3_GET_OBJECT);
	assert(rest_parse(&head, operation, &again, &detail) == 0);
	assert(span_equal(again.request.key, r->key));
}

static void check_request(const struct s3_request *r)
{
	struct span rest = r->attributes, name, value;

	assert(r->dialect == S3_DIALECT_REST && r->payload == S3_PAYLOAD_UNSIGNED);
	assert(span_is_none(r->bucket) && span_is_none(r->source_key));
	assert(r->length == S3_LENGTH_UNKNOWN || r->length <= S3_PUT_MAX);
	assert(s3_request_number(r, S3_PARAM_MAX_KEYS, 0) <= S3_LIST_MAX);
	assert(pairs_are_whole(rest));
	while (pairs_next(&rest, &name, &value) > 0)
		assert(value_is_printable(value));
	check_key(r);
}

static void parse(const struct s3_head *head)
{
	_cleanup_(s3_parsed_clear) struct s3_parsed once = { 0 }, again = { 0 };
	enum s3_operation operation;
	const char *detail;
	int r = rest_route(head, &operation);

	assert(r >= 0 && r < S3_ERROR_COUNT);
	assert((r == S3_ERROR_METHOD_NOT_ALLOWED) <= !!rest_allowed(head->target));
	if (r)
		return;
	r = rest_parse(head, operation, &once, &detail);
	assert(r >= 0 && r < S3_ERROR_COUNT);
	assert(rest_parse(head, operation, &again, &detail) == r);
	if (r)
		return;
	check_same(&once.request, &again.request);
	check_request(&once.request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buffer_clear) struct buffer fields = BUFFER_INIT(MIB);
	struct s3_head head = fuzz_head(data, size, &fields);

	parse(&head);
	return 0;
}
