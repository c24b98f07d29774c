/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Documents of the REST dialect: JSON in, an answer's body out. */

#include <jansson.h>

#include "frontend/render/reply.h"

/* Text of a client's or an object's; it must be UTF-8. NULL where it is not, or memory ran out. */
static inline json_t *json_span(struct span s)
{
	return json_stringn(s.data ? s.data : "", s.len);
}

/*
 * Makes `root` the document, and drops it. A NULL, which is what jansson makes of everything once
 * memory ran out, becomes the reply's error.
 */
void json_document(struct reply *out, json_t *root);
