/* SPDX-License-Identifier: Apache-2.0 */
#include "client/remote/remote.h"

#include <sodium.h>
#include <stdio.h>

#include "base/clock.h"
#include "client/remote/answer.h"
#include "client/remote/http.h"
#include "client/remote/identity.h"
#include "client/remote/route.h"
#include "client/remote/signature.h"
#include "s3/encoding.h"
#include "s3/uri.h"

#define NONCE_LEN (SIGNATURE_NONCE_MAX / 2)

struct remote {
	struct endpoint endpoint;
	struct identity identity;
	struct http *http;
	const struct route *route;
	struct buffer path, query, target, body;
	uint64_t received; /* by all pages of a list */
};

static void remote_clear(struct remote *r)
{
	identity_clear(&r->identity);
	r->http = http_free(r->http);
	buffer_clear(&r->path);
	buffer_clear(&r->query);
	buffer_clear(&r->target);
	buffer_clear(&r->body);
}

/* --- whom ---------------------------------------------------------------------------------- */

static int find_endpoint(const struct invocation *i, struct endpoint *ret, struct complaint *why)
{
	if (!endpoint_parse(i->endpoint, ret)) {
		complain(why, -EINVAL, "the endpoint cannot be \"%s\"", i->endpoint);
		complaint_hint(why, "it takes " ENDPOINT_FORM ", without a path");
		return -EINVAL;
	}
	if (ret->is_tls || ret->is_loopback || i->options[OPTION_INSECURE_HTTP])
		return 0;
	complain(why, -EPERM,
		 "http://%s is another host, and what it answers can be read on the way",
		 ret->authority);
	complaint_hint(why,
		       "use https, or a tunnel to this host; --insecure-http asks all the same, "
		       "and new secrets come in the clear");
	return -EPERM;
}

static int prepare(const struct invocation *i, const json_t *request, struct remote *r,
		   struct complaint *why)
{
	int result = find_endpoint(i, &r->endpoint, why);

	if (result < 0)
		return result;
	r->route = route_find(i->command, request);
	if (!r->route)
		return complain(why, -ENOTSUP, "that cannot be asked with --endpoint");
	result = route_path(r->route, request, &r->path, why);
	if (result >= 0)
		result = route_body(r->route, request, &r->body, why);
	if (result >= 0)
		result = identity_take(i->options[OPTION_CREDENTIALS], &r->identity, why);
	if (result >= 0 && sodium_init() < 0)
		result = complain(why, -EIO, "there are no random numbers");
	if (result >= 0)
		result = http_open(&r->endpoint, i->options[OPTION_CA_FILE], REMOTE_PATIENCE_S,
				   &r->http, why);
	return result;
}

/* --- one request --------------------------------------------------------------------------- */

static int sign(struct remote *r, const char *nonce, struct signature *ret)
{
	const struct signature_of of = {
		.method = r->route->method,
		.authority = r->endpoint.authority,
		.path = (const char *)r->path.data,
		.query = (const char *)r->query.data,
		.body = buffer_span(&r->body),
		.region = r->identity.region,
		.now_s = (int64_t)(clock_realtime_ns() / NS_PER_S),
		.nonce = nonce,
	};

	return signature_make(&of, &r->identity.pair, ret);
}

/* Puts the target together. Its parts end with a NUL from here on, which is not in their length. */
static int make_target(struct remote *r)
{
	struct buffer *parts[] = { &r->path, &r->query, &r->target };

	buffer_reset(&r->target);
	buffer_append(&r->target, buffer_span(&r->path));
	if (r->query.len)
		buffer_append_byte(&r->target, '?');
	buffer_append(&r->target, buffer_span(&r->query));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		uint8_t *end = buffer_reserve(parts[i], 1);

		if (!end)
			return buffer_error(parts[i]);
		*end = '\0';
	}
	return 0;
}

static int ask(struct remote *r, struct http_answer *ret, struct complaint *why)
{
	char nonce[SIGNATURE_NONCE_MAX + 1],
		fields[4][sizeof(((struct signature *)0)->authorization) + 32];
	uint8_t random[NONCE_LEN];
	struct signature s;
	int result = make_target(r);

	randombytes_buf(random, sizeof(random));
	hex_encode((struct span){ random, sizeof(random) }, nonce);
	if (result >= 0)
		result = sign(r, nonce, &s);
	if (result < 0)
		return complain_errno(why, result, "cannot ask the server");
	snprintf(fields[0], sizeof(fields[0]), "Authorization: %s", s.authorization);
	snprintf(fields[1], sizeof(fields[1]), "x-amz-content-sha256: %s", s.hash);
	snprintf(fields[2], sizeof(fields[2]), "x-amz-date: %s", s.date);
	snprintf(fields[3], sizeof(fields[3]), SIGNATURE_NONCE ": %s", nonce);
	return http_ask(r->http,
			&(struct http_request){
				.method = r->route->method,
				.target = (const char *)r->target.data,
				.fields = { fields[0], fields[1], fields[2], fields[3] },
				.body = r->route->body == ROUTE_BODY_NONE ? SPAN_NONE
									  : buffer_span(&r->body),
			},
			ret, why);
}

/* --- lists --------------------------------------------------------------------------------- */

static int complain_endless(const struct remote *r, struct complaint *why)
{
	return complain(why, -EPROTO, "the list that %s://%s answers with does not end",
			endpoint_scheme(&r->endpoint), r->endpoint.authority);
}

/* One page onto *list; the cursor of the next is then in r->query, which is empty behind the last.
 */
static int take_page(struct remote *r, json_t **list, json_t **ret_refusal, struct complaint *why)
{
	json_t *cursor = NULL;
	struct http_answer a;
	int result = ask(r, &a, why);

	if (result < 0)
		return result;
	r->received += a.body.len;
	if (r->received > ADMIN_ANSWER_MAX)
		return complain_endless(r, why);
	result = answer_page(&a, r->route->member, *list, &cursor, ret_refusal, why);
	buffer_reset(&r->query);
	if (result == ADMIN_OK && cursor) {
		buffer_append_string(&r->query, "cursor=");
		uri_encode(&r->query,
			   (struct span){ json_string_value(cursor), json_string_length(cursor) },
			   false);
		if (buffer_error(&r->query) < 0)
			result = complain(why, -EPROTO, "the cursor of a page is too long");
	}
	json_decref(cursor);
	return result;
}

static int take_list(struct remote *r, json_t **ret, struct complaint *why)
{
	json_t *list = json_array(), *refusal = NULL;
	int result = list ? ADMIN_OK : complain_errno(why, -ENOMEM, "cannot ask the server");

	for (size_t pages = 0; result == ADMIN_OK && (pages == 0 || r->query.len); pages++)
		result = pages == REMOTE_PAGES_MAX ? complain_endless(r, why)
						   : take_page(r, &list, &refusal, why);
	if (result == ADMIN_OK)
		*ret = json_pack("{s:b, s:O}", "ok", 1, r->route->member, list);
	if (result == ADMIN_REFUSED)
		*ret = refusal;
	json_decref(list);
	return result == ADMIN_OK && !*ret
		       ? complain_errno(why, -ENOMEM, "cannot understand the server")
		       : result;
}

static int take_one(struct remote *r, json_t **ret, struct complaint *why)
{
	struct http_answer a;
	int result = ask(r, &a, why);

	if (result < 0)
		return result;
	return r->route->form == ROUTE_POLICY ? answer_policy(&a, ret, why)
					      : answer_object(&a, r->route->member, ret, why);
}

int remote_call(const struct invocation *i, const json_t *request, json_t **ret,
		struct complaint *why)
{
	_cleanup_(remote_clear) struct remote r = {
		.path = BUFFER_INIT(ROUTE_TARGET_MAX),
		.query = BUFFER_INIT(ROUTE_TARGET_MAX),
		.target = BUFFER_INIT(2 * ROUTE_TARGET_MAX),
		.body = BUFFER_INIT(ROUTE_BODY_MAX),
	};
	int result = prepare(i, request, &r, why);

	if (result < 0)
		return result;
	return r.route->form == ROUTE_LIST ? take_list(&r, ret, why) : take_one(&r, ret, why);
}
