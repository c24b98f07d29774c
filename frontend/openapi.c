/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/openapi.h"

#include "administration-bytes.h"
#include "frontend/exchange.h"
#include "openapi-bytes.h"
#include "s3/etag.h"

/* Another one comes with another version only; who asks again soon hears that it is the same. */
#define CACHE_CONTROL "public, max-age=300"

static void answer(struct exchange *e, struct span document, struct span etag)
{
	const struct s3_head head = { e->head.method, e->head.target,
				      buffer_span(&e->head.fields) };
	struct span known = s3_head_find(&head, "if-none-match");

	reply_reset(&e->reply, 200);
	exchange_sign(e);
	reply_field_quoted(&e->reply, "ETag", etag);
	reply_field_string(&e->reply, "Cache-Control", CACHE_CONTROL);
	if (!span_is_none(known) && etag_list_has(known, etag, true)) {
		e->reply.status = 304;
		e->reply.length = document.len;
	} else {
		buffer_append(&e->reply.body, document);
		reply_document(&e->reply, "application/json");
	}
	exchange_conclude(e);
}

void openapi_answer_rest(struct exchange *e)
{
	answer(e, (struct span){ openapi_bytes, sizeof(openapi_bytes) },
	       span_from_string(openapi_bytes_tag));
}

void openapi_answer_admin(struct exchange *e)
{
	answer(e, (struct span){ administration_bytes, sizeof(administration_bytes) },
	       span_from_string(administration_bytes_tag));
}
