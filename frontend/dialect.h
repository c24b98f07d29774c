/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is particular to a dialect in a worker: the name of its listening sockets, and how it says what
 * went through and what did not. Everything else about a request is the same in both.
 */

#include "frontend/render/render.h"

struct dialect {
	const char *socket;
	void (*operation)(const struct render *in, struct reply *out);
	void (*error)(const struct render_error *in, struct reply *out);
	void (*ids)(const struct render_ids *ids, struct reply *out);
};

extern const struct dialect dialects[S3_DIALECT_COUNT];

/* The admin API's, behind the same doors as S3: errors in JSON, and no operations. */
extern const struct dialect dialect_admin;

/* Whose listening sockets have that name; false where it is nobody's. */
must_check bool dialect_of_socket(const char *name, enum s3_dialect *ret);
