/* SPDX-License-Identifier: Apache-2.0 */
#include "client/remote/route.h"

#include <string.h>

#include "s3/uri.h"

#define BASE "/-/admin/v1"

/* Of several that a command has, the first whose path has what was said. */
static const struct route routes[] = {
	{ COMMAND_USER_CREATE, "POST", "/users", ROUTE_BODY_MEMBERS, ROUTE_OBJECT, "user" },
	{ COMMAND_USER_LIST, "GET", "/users", ROUTE_BODY_NONE, ROUTE_LIST, "users" },
	{ COMMAND_USER_SHOW, "GET", "/users/{user}", ROUTE_BODY_NONE, ROUTE_OBJECT, "user" },
	{ COMMAND_USER_DELETE, "DELETE", "/users/{user}", ROUTE_BODY_NONE, ROUTE_OBJECT, "user" },
	{ COMMAND_POLICY_PUT, "PUT", "/users/{user}/policy", ROUTE_BODY_POLICY, ROUTE_OBJECT,
	  "user" },
	{ COMMAND_POLICY_GET, "GET", "/users/{user}/policy", ROUTE_BODY_NONE, ROUTE_POLICY,
	  "policy" },
	{ COMMAND_POLICY_DELETE, "DELETE", "/users/{user}/policy", ROUTE_BODY_NONE, ROUTE_OBJECT,
	  "user" },
	{ COMMAND_KEY_CREATE, "POST", "/users/{user}/keys", ROUTE_BODY_MEMBERS, ROUTE_OBJECT,
	  "key" },
	{ COMMAND_KEY_LIST, "GET", "/users/{user}/keys", ROUTE_BODY_NONE, ROUTE_LIST, "keys" },
	{ COMMAND_KEY_LIST, "GET", "/keys", ROUTE_BODY_NONE, ROUTE_LIST, "keys" },
	{ COMMAND_KEY_DISABLE, "PATCH", "/keys/{access_key}", ROUTE_BODY_DISABLED, ROUTE_OBJECT,
	  "key" },
	{ COMMAND_KEY_ENABLE, "PATCH", "/keys/{access_key}", ROUTE_BODY_ENABLED, ROUTE_OBJECT,
	  "key" },
	{ COMMAND_KEY_DELETE, "DELETE", "/keys/{access_key}", ROUTE_BODY_NONE, ROUTE_OBJECT,
	  "key" },
	{ COMMAND_TOKEN_ADD, "POST", "/tokens", ROUTE_BODY_MEMBERS, ROUTE_OBJECT, "token" },
	{ COMMAND_TOKEN_LIST, "GET", "/tokens", ROUTE_BODY_NONE, ROUTE_LIST, "tokens" },
	{ COMMAND_TOKEN_REFRESH, "POST", "/tokens/{token_name}/refresh", ROUTE_BODY_MEMBERS,
	  ROUTE_OBJECT, "token" },
	{ COMMAND_TOKEN_DELETE, "DELETE", "/tokens/{token_name}", ROUTE_BODY_NONE, ROUTE_OBJECT,
	  "token" },
};

/* --- the path ----------------------------------------------------------------------------- */

#define MEMBER_SIZE 32

/* The next member that a path names, and what stands behind; NULL: none is left. */
static const char *next_member(const char *path, char member[static MEMBER_SIZE])
{
	const char *open = strchr(path, '{'), *close = open ? strchr(open, '}') : NULL;
	size_t len = close ? (size_t)(close - open - 1) : 0;

	if (!close || len >= MEMBER_SIZE)
		return NULL;
	memcpy(member, open + 1, len);
	member[len] = '\0';
	return close + 1;
}

static bool has_members(const struct route *r, const json_t *request)
{
	const char *rest = r->path;
	char member[MEMBER_SIZE];

	while ((rest = next_member(rest, member)))
		if (!json_object_get(request, member))
			return false;
	return true;
}

static bool is_in_path(const struct route *r, const char *name)
{
	const char *rest = r->path;
	char member[MEMBER_SIZE];

	while ((rest = next_member(rest, member)))
		if (strcmp(member, name) == 0)
			return true;
	return false;
}

const struct route *route_find(enum manual_command c, const json_t *request)
{
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (routes[i].command == c && has_members(&routes[i], request))
			return &routes[i];
	return NULL;
}

/* What is called so on the command line. */
static const char *spoken(const struct route *r, const char *member)
{
	const char *operand = manual_commands[r->command].operand;

	return operand ? operand : member;
}

int route_path(const struct route *r, const json_t *request, struct buffer *to,
	       struct complaint *why)
{
	const char *from = r->path, *rest;
	char member[MEMBER_SIZE];

	buffer_append_string(to, BASE);
	while ((rest = next_member(from, member))) {
		const char *value = json_string_value(json_object_get(request, member));

		if (!value || !value[0])
			return complain(why, -EINVAL, "the %s is empty", spoken(r, member));
		/* To the server "%2F" is "/": user alice/policy would be alice, and her policy. */
		if (strchr(value, '/') && strcmp(member, "token_name") != 0)
			return complain(why, -EINVAL, "there is no %s with a \"/\" in its name",
					spoken(r, member));
		buffer_append(to, (struct span){ from, strcspn(from, "{") });
		uri_encode(to, span_from_string(value), false);
		from = rest;
	}
	buffer_append_string(to, from);
	if (buffer_error(to) == -EMSGSIZE)
		return complain(why, -EMSGSIZE, "that name is longer than any can be");
	return buffer_error(to) < 0 ? complain_errno(why, buffer_error(to), "cannot ask the server")
				    : 0;
}

/* --- the body ----------------------------------------------------------------------------- */

static int put_members(const struct route *r, const json_t *request, struct buffer *to)
{
	json_t *body = json_copy((json_t *)request);
	const char *name;
	json_t *value;
	void *next;
	size_t len;
	int result = -ENOMEM;

	json_object_foreach_safe(body, next, name,
				 value) if (strcmp(name, "do") == 0 || is_in_path(r, name))
		json_object_del(body, name);
	len = body ? json_dumpb(body, NULL, 0, JSON_COMPACT) : 0;
	if (len && buffer_reserve(to, len)) {
		buffer_commit(to, json_dumpb(body, (char *)to->data + to->len, len, JSON_COMPACT));
		result = 0;
	}
	json_decref(body);
	return buffer_error(to) < 0 ? buffer_error(to) : result;
}

static int put_body(const struct route *r, const json_t *request, struct buffer *to)
{
	const json_t *policy;

	switch (r->body) {
	case ROUTE_BODY_NONE:
		break;
	case ROUTE_BODY_MEMBERS:
		return put_members(r, request, to);
	case ROUTE_BODY_POLICY:
		policy = json_object_get(request, "policy");
		buffer_append(
			to, (struct span){ json_string_value(policy), json_string_length(policy) });
		break;
	case ROUTE_BODY_ENABLED:
		buffer_append_string(to, "{\"enabled\":true}");
		break;
	case ROUTE_BODY_DISABLED:
		buffer_append_string(to, "{\"enabled\":false}");
		break;
	}
	return buffer_error(to);
}

int route_body(const struct route *r, const json_t *request, struct buffer *to,
	       struct complaint *why)
{
	int result = put_body(r, request, to);

	if (result == -EMSGSIZE)
		return complain(why, result, "that is more than the server takes, %llu bytes",
				(unsigned long long)ROUTE_BODY_MAX);
	return result < 0 ? complain_errno(why, result, "cannot ask the server") : 0;
}
