/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What cofferctl asks the admin API is what the server understands: whatever a request's members
 * are, the target leads to the route of that command, with the member as it was. Only the name of a
 * token may have a slash in it. The input is a command and the JSON of a request.
 */

#undef NDEBUG
#include <assert.h>

#include "client/remote/route.h"
#include "s3/administration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_target(const struct route *r, const json_t *request, struct span target)
{
	_cleanup_(buffer_clear) struct buffer decoded = BUFFER_INIT(ROUTE_TARGET_MAX);
	struct administration_target found;
	char member[32] = "";

	assert(administration_is_meant(target));
	assert(administration_find(span_from_string(r->method), target, &decoded, &found) ==
	       ADMINISTRATION_OK);
	assert(span_is_none(found.member) == !strchr(r->path, '{'));
	if (span_is_none(found.member))
		return;
	memcpy(member, found.member.data, found.member.len);
	assert(span_equal(found.value,
			  span_from_string(json_string_value(json_object_get(request, member)))));
}

/* A body of members is an object, and has none that is in the path. */
static void check_body(const struct route *r, struct span body)
{
	json_t *parsed;

	if (r->body == ROUTE_BODY_NONE)
		assert(!body.len);
	if (r->body != ROUTE_BODY_MEMBERS)
		return;
	parsed = json_loadb(body.data, body.len, 0, NULL);
	assert(json_is_object(parsed) && !json_object_get(parsed, "do"));
	json_decref(parsed);
}

static void try_request(enum manual_command command, const json_t *request)
{
	_cleanup_(buffer_clear) struct buffer target = BUFFER_INIT(ROUTE_TARGET_MAX);
	_cleanup_(buffer_clear) struct buffer body = BUFFER_INIT(ROUTE_BODY_MAX);
	const struct route *r = route_find(command, request);
	struct complaint why = { 0 };

	if (!r)
		return;
	if (route_path(r, request, &target, &why) == 0)
		check_target(r, request, buffer_span(&target));
	else
		assert(why.error[0]);
	if (route_body(r, request, &body, &why) == 0)
		check_body(r, buffer_span(&body));
	else
		assert(why.error[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *request;

	if (!size)
		return 0;
	request = json_loadb((const char *)data + 1, size - 1, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(request))
		try_request(data[0] % COMMANDS, request);
	json_decref(request);
	return 0;
}
