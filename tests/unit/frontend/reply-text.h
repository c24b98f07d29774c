/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a reply says, for comparing: of the renderers of both dialects. */

#include <stdio.h>
#include <stdlib.h>

#include "frontend/render/reply.h"

#undef NDEBUG
#include <assert.h>

/* The fields as "name: value" lines, for comparing. */
static inline const char *fields_text(const struct reply *r)
{
	static char text[8192];
	const char *name, *value;
	size_t at = 0, len = 0;

	text[0] = '\0';
	while (reply_next_field(r, &at, &name, &value))
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s: %s\n", name, value);
	return text;
}

static inline void check_reply(const struct reply *r, unsigned int status, const char *fields,
			       const char *body)
{
	struct span got = buffer_span(&r->body);

	assert(reply_error(r) == 0);
	if (r->status != status || strcmp(fields_text(r), fields) != 0 ||
	    !span_equal(got, span_from_string(body))) {
		fprintf(stderr, "want %u\n%s%s\ngot %u\n%s%.*s\n", status, fields, body, r->status,
			fields_text(r), (int)got.len, (const char *)got.data);
		abort();
	}
}
