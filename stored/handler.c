/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/handler.h"

#include "stored/bounds.h"
#include "stored/command.h"
#include "stored/permission.h"
#include "stored/service.h"

static int (*const handlers[S3_OPERATION_COUNT])(struct call *) = {
#define OPERATION(SYMBOL, symbol, ...) [S3_##SYMBOL] = handler_##symbol,
	S3_OPERATIONS(OPERATION)
#undef OPERATION
};

/* Only the tenant's own buckets can be reached at all, so the owner expected must be the tenant. */
static bool is_owner(const struct call *c, enum s3_header expected)
{
	struct span id = call_request(c)->headers[expected];

	return span_is_none(id) || span_equal_nocase(id, c->grant.principal.canonical_id);
}

static int check_inside(const struct call *c)
{
	const struct s3_request *r = call_request(c);

	if (!c->has_inside || r->length == S3_LENGTH_UNKNOWN || r->length == c->inside.len)
		return 0;
	return S3_ERROR_INCOMPLETE_BODY;
}

int handler_run(struct call *c)
{
	const struct s3_request *r = call_request(c);
	int e;

	if (!is_owner(c, S3_HEADER_AMZ_EXPECTED_BUCKET_OWNER) ||
	    !is_owner(c, S3_HEADER_AMZ_SOURCE_EXPECTED_BUCKET_OWNER))
		return S3_ERROR_ACCESS_DENIED;
	e = bounds_check(&c->grant);
	if (e == 0)
		e = permission_check(&c->grant);
	if (e == 0)
		e = check_inside(c);
	if (e == 0 && c->command_fd >= 0)
		e = command_read(c->command_fd, c->command_len, r, &c->service->methods,
				 &c->document, &c->detail);
	return e ? e : handlers[r->operation](c);
}
