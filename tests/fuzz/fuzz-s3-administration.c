/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any method and target is a resource of the admin API or none; whether there is one does not
 * depend on the method, which is allowed exactly where it is listed. What stands in the place of a
 * member is the same when it is encoded again. The input is a method, a blank, and a target.
 */

#undef NDEBUG
#include <assert.h>

#include "s3/administration.h"
#include "s3/request.h"
#include "s3/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const paths[] = {
#define ROUTE(SYMBOL, method, path, ...) path,
	ADMINISTRATION_ROUTES(ROUTE)
#undef ROUTE
};

/* "GET" is in "GET, POST"; "ET" is not. */
static bool is_listed(struct span method, const char *methods)
{
	struct span rest = span_from_string(methods), one;

	while (rest.len) {
		rest = span_cut(rest, ',', &one);
		if (span_equal(span_trim(one), method))
			return true;
	}
	return false;
}

static void check_again(struct span method, const struct administration_target *t)
{
	_cleanup_(buffer_clear) struct buffer decoded = BUFFER_INIT(S3_TARGET_MAX);
	_cleanup_(buffer_clear) struct buffer target = BUFFER_INIT(4 * S3_TARGET_MAX);
	struct span before, behind = span_cut(span_from_string(paths[t->route]), '{', &before);
	struct administration_target again;
	struct span member;

	assert(span_is_none(t->member) == span_is_none(behind));
	buffer_append_string(&target, ADMINISTRATION_PREFIX);
	buffer_append(&target, before);
	if (!span_is_none(behind)) {
		behind = span_cut(behind, '}', &member);
		assert(span_equal(member, t->member) && t->value.len);
		uri_encode(&target, t->value, false);
		buffer_append(&target, behind);
	}
	if (target.len > S3_TARGET_MAX)
		return;
	assert(administration_find(method, buffer_span(&target), &decoded, &again) ==
	       ADMINISTRATION_OK);
	assert(again.route == t->route && strcmp(again.methods, t->methods) == 0);
	assert(span_equal(again.value, t->value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buffer_clear) struct buffer decoded = BUFFER_INIT(S3_TARGET_MAX);
	_cleanup_(buffer_clear) struct buffer other = BUFFER_INIT(S3_TARGET_MAX);
	struct span input = { data ? data : (const uint8_t *)"", size }, method, target;
	struct administration_target t, u;
	int r, of_none;

	target = span_cut(input, ' ', &method);
	if (span_is_none(target))
		return 0;
	r = administration_find(method, target, &decoded, &t);
	of_none = administration_find(SPAN("NONE"), target, &other, &u);
	switch ((enum administration_outcome)r) {
	case ADMINISTRATION_OK:
		assert(of_none == ADMINISTRATION_NO_METHOD || span_equal(method, SPAN("NONE")));
		assert(administration_is_meant(target) || memchr(target.data, '%', target.len));
		assert(is_listed(method, t.methods));
		check_again(method, &t);
		return 0;
	case ADMINISTRATION_NO_METHOD:
		assert(of_none == r && t.methods[0] && strcmp(t.methods, u.methods) == 0);
		assert(!is_listed(method, t.methods));
		return 0;
	case ADMINISTRATION_NOWHERE:
	case ADMINISTRATION_MALFORMED:
		assert(of_none == r);
		return 0;
	}
	assert(!"an outcome");
}
