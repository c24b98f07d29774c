/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The API by which a tenant's administrator manages it: its resources, in one table. The frontend
 * finds out here what there is none of, authd by itself what it is asked. frontend/administration.json
 * describes the same, and a test holds the two together.
 *
 *   ROUTE(SYMBOL, "METHOD", "path, below the prefix", "order", status, members of the body)
 *
 * A {member} of the path is one of the order, and so are those of the body; which they are, only
 * authd expands. The name of a token may have slashes, of anything else it ends at one.
 */

#include "base/buffer.h"

#define ADMINISTRATION_TREE   "/-/admin/"	/* all below is the API's, also of versions to come */
#define ADMINISTRATION_PREFIX ADMINISTRATION_TREE "v1"
#define ADMINISTRATION_BODY_MAX (64 * 1024)
#define ADMINISTRATION_METHODS_MAX 40

#define ADMINISTRATION_ROUTES(ROUTE)                                                               \
	ROUTE(TENANT_SHOW, "GET", "/tenant", "tenant.show", 200, NONE)                             \
	ROUTE(USER_LIST, "GET", "/users", "user.list", 200, NONE)                                  \
	ROUTE(USER_CREATE, "POST", "/users", "user.create", 201, BIT(USER))                        \
	ROUTE(USER_SHOW, "GET", "/users/{user}", "user.show", 200, NONE)                           \
	ROUTE(USER_DELETE, "DELETE", "/users/{user}", "user.delete", 200, NONE)                    \
	ROUTE(POLICY_GET, "GET", "/users/{user}/policy", "policy.get", 200, NONE)                  \
	ROUTE(POLICY_PUT, "PUT", "/users/{user}/policy", "policy.put", 200, BIT(POLICY))           \
	ROUTE(POLICY_DELETE, "DELETE", "/users/{user}/policy", "policy.delete", 200, NONE)         \
	ROUTE(USER_KEYS, "GET", "/users/{user}/keys", "key.list", 200, NONE)                       \
	ROUTE(KEY_CREATE, "POST", "/users/{user}/keys", "key.create", 201, BIT(TTL_DAYS))          \
	ROUTE(KEY_LIST, "GET", "/keys", "key.list", 200, NONE)                                     \
	ROUTE(KEY_UPDATE, "PATCH", "/keys/{access_key}", "key.update", 200, BIT(ENABLED))          \
	ROUTE(KEY_DELETE, "DELETE", "/keys/{access_key}", "key.delete", 200, NONE)                 \
	ROUTE(TOKEN_LIST, "GET", "/tokens", "token.list", 200, NONE)                               \
	ROUTE(TOKEN_CREATE, "POST", "/tokens", "token.create", 201, BIT(TOKEN_NAME) | TERMS)       \
	ROUTE(TOKEN_GET, "GET", "/tokens/{token_name}", "token.get", 200, NONE)                    \
	ROUTE(TOKEN_DELETE, "DELETE", "/tokens/{token_name}", "token.delete", 200, NONE)           \
	ROUTE(TOKEN_REFRESH, "POST", "/tokens/{token_name}/refresh", "token.refresh", 200, TERMS)

enum administration_route {
#define ROUTE(SYMBOL, ...) ADMINISTRATION_##SYMBOL,
	ADMINISTRATION_ROUTES(ROUTE)
#undef ROUTE
	ADMINISTRATION_ROUTE_COUNT,
};

enum administration_outcome {
	ADMINISTRATION_OK = 0,
	ADMINISTRATION_NOWHERE,		/* there is no such resource */
	ADMINISTRATION_NO_METHOD,	/* it does not take this method, but those in `methods` */
	ADMINISTRATION_MALFORMED,	/* a target that is none */
};

struct administration_target {
	enum administration_route route;
	struct span member;	/* of the path, "user" for one; SPAN_NONE where it has none */
	struct span value;	/* what stands in its place, decoded */
	struct span query;	/* raw */
	char methods[ADMINISTRATION_METHODS_MAX];	/* "GET, POST": also where the method is none of them */
};

/* *ret borrows from `decoded`, which must be empty, and from the target. -ENOMEM, or an outcome. */
must_check int administration_find(struct span method, struct span target, struct buffer *decoded,
				   struct administration_target *ret);

/* Whether a raw target is in the tree of the API. */
static inline bool administration_is_meant(struct span target)
{
	return span_starts_with(target, SPAN(ADMINISTRATION_TREE));
}
