/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a command is in the API for a tenant's administrators, whose description is served at
 * /-/admin/v1/openapi.json: a method, a path, and a body. It is made of the same request that authd's
 * admin socket takes; members that stand in the path are not in the body.
 */

#include <jansson.h>

#include "base/buffer.h"
#include "client/complaint.h"
#include "client/manual.h"

#define ROUTE_TARGET_MAX (1 * KIB)
#define ROUTE_BODY_MAX	 (64 * KIB) /* as the server has it */

enum route_body {
	ROUTE_BODY_NONE,
	ROUTE_BODY_MEMBERS,	/* those of the request that are not in the path */
	ROUTE_BODY_POLICY,	/* the text that is in its `policy` */
	ROUTE_BODY_ENABLED,
	ROUTE_BODY_DISABLED,
};

enum route_form {
	ROUTE_OBJECT,	/* answered with an object in one member */
	ROUTE_LIST,	/* with a page of them */
	ROUTE_POLICY,	/* with a policy, which is the whole body */
};

struct route {
	enum manual_command command;
	const char *method;
	const char *path;	/* with the names of members in braces */
	enum route_body body;
	enum route_form form;
	const char *member;	/* of the answer */
};

/* The route of a command with that request; NULL: there is none. */
const struct route *route_find(enum manual_command c, const json_t *request);

/* Appends the path of the target, percent-encoded. Less than 0: a member in it is empty, or too long. */
must_check int route_path(const struct route *r, const json_t *request, struct buffer *to,
			  struct complaint *why);

/* Appends the body; nothing where there is none. It may hold a secret. */
must_check int route_body(const struct route *r, const json_t *request, struct buffer *to,
			  struct complaint *why);
