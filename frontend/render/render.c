/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/render/render.h"

void render_operation(const struct render *in, struct reply *out)
{
	static void (*const renderers[S3_OPERATION_COUNT])(const struct render *,
							   struct reply *) = {
#define OPERATION(SYMBOL, symbol, ...) [S3_##SYMBOL] = render_##symbol,
		S3_OPERATIONS(OPERATION)
#undef OPERATION
	};

	renderers[in->request->operation](in, out);
}

void render_ids(const struct render_ids *ids, struct reply *out)
{
	reply_field_string(out, "x-amz-request-id", ids->request_id);
	reply_field_string(out, "x-amz-id-2", ids->host_id);
	reply_field_string(out, "Server", "Coffer");
	/* An object must not run in a browser as a page of the store's own (T53). */
	reply_field_string(out, "X-Content-Type-Options", "nosniff");
}
