/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/render/admin.h"

#include "frontend/render/json.h"

void render_admin_error(const struct render_error *in, struct reply *out)
{
	const struct s3_error_row *row = &s3_errors[in->error];
	struct span message = in->detail.len ? in->detail : span_from_string(row->message);

	reply_reset(out, row->status);
	render_ids(&in->ids, out);
	render_error_fields(in, out);
	json_document(out, json_pack("{s:{s:s, s:o}}", "error", "code", row->code, "message",
				     json_span(message)));
}

void render_admin_answer(uint32_t retry_after_s, struct span document, struct reply *out)
{
	if (out->status == 503)
		reply_field_u64(out, "Retry-After",
				retry_after_s ? retry_after_s : RENDER_RETRY_AFTER_S);
	reply_field_string(out, "Cache-Control", "no-store");
	buffer_append(&out->body, document);
	reply_document(out, "application/json");
}
