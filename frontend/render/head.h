/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The head of a reply as HTTP/1.1 has it on the wire: status line, fields, and the empty line behind them. */

#include "frontend/render/reply.h"

struct render_connection {
	bool persists;		/* another request may follow */
	bool is_old;		/* the client speaks HTTP/1.0, and has to be told that */
	struct span date;	/* as HTTP writes it */
};

void render_head(const struct reply *r, const struct render_connection *in, struct buffer *to);

/* Whether HTTP lets a reply of that status have one (RFC 9110, 6.4.1). */
bool render_head_allows_body(unsigned int status);
