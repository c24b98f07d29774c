/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/render/json.h"

static int append(const char *bytes, size_t len, void *buffer)
{
	buffer_append(buffer, (struct span){ bytes, len });
	return buffer_error((struct buffer *)buffer);
}

void json_document(struct reply *out, json_t *root)
{
	if (!root || json_dump_callback(root, append, &out->body, JSON_COMPACT) < 0)
		out->body.error = out->body.error ? out->body.error : -ENOMEM;
	json_decref(root);
	reply_document(out, "application/json");
}
