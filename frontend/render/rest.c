/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/render/rest.h"

#include "frontend/field.h"
#include "frontend/render/json.h"
#include "s3/cursor.h"
#include "s3/date.h"
#include "s3/pairs.h"

#define DEFAULT_CONTENT_TYPE SPAN("application/octet-stream")

/* --- objects ----------------------------------------------------------------------------- */

/* The one media type that a client accepts, if it says so: neither a list nor a wildcard. */
static struct span accepted_type(struct span accept)
{
	struct span type, name, subtype;

	if (!accept.len || memchr(accept.data, ',', accept.len) ||
	    memchr(accept.data, '*', accept.len))
		return SPAN_NONE;
	span_cut(accept, ';', &type);
	type = span_trim(type);
	subtype = span_cut(type, '/', &name);
	return field_is_token(name) && field_is_token(subtype) ? type : SPAN_NONE;
}

/* What the object was put with, but for S3's metadata, which this dialect knows nothing of. */
static void render_attributes(const struct render *in, struct reply *out)
{
	struct span rest = in->answer->attributes, name, value, type = SPAN_NONE;

	while (pairs_next(&rest, &name, &value) > 0) {
		if (span_equal(name, SPAN("content-type")))
			type = value;
		else if (!span_starts_with(name, SPAN("x-amz-")))
			reply_field_named(out, name, value);
	}
	if (!type.len)
		type = accepted_type(in->request->headers[S3_HEADER_ACCEPT]);
	reply_field(out, "Content-Type", type.len ? type : DEFAULT_CONTENT_TYPE);
}

static void render_get(const struct render *in, struct reply *out)
{
	render_bytes(in->answer, out);
	render_attributes(in, out);
}

static void render_put(const struct render *in, struct reply *out)
{
	const struct answer *a = in->answer;
	char created[DATE_TEXT_MAX];

	reply_reset(out, 200);
	reply_field_quoted(out, "ETag", a->etag);
	json_document(out, json_pack("{s:o, s:I, s:s}", "key", json_span(in->request->key), "size",
				     (json_int_t)a->size, "created_at",
				     date_format_iso8601_us(a->last_modified, created)));
}

static void render_delete(const struct render *in, struct reply *out)
{
	reply_reset(out, 204);
}

/* --- the list ---------------------------------------------------------------------------- */

static json_t *cursor_json(struct span key)
{
	_cleanup_(buffer_clear) struct buffer text = BUFFER_INIT(16 * S3_TARGET_MAX);

	cursor_encode(&text, key);
	return buffer_error(&text) ? NULL : json_span(buffer_span(&text));
}

/* The keys of the page; *last is the last of them, or stays as it is. */
static json_t *keys_json(struct span items, struct span *last)
{
	json_t *keys = json_array();
	struct answer item;

	while (answer_next_item(&items, &item) > 0) {
		if (item.kind != ANSWER_KIND_OBJECT)
			continue;
		if (json_array_append_new(keys, json_span(item.key)) < 0) {
			json_decref(keys);
			return NULL;
		}
		*last = item.key;
	}
	return keys;
}

/*
 * A page for which no key was wanted ends where it began, and says that there is more: whether
 * there is, nobody has looked.
 */
static void render_list(const struct render *in, struct reply *out)
{
	struct span last = in->request->params[S3_PARAM_START_AFTER];
	json_t *keys = keys_json(in->items, &last);
	bool has_more = in->answer->limit == 0 || in->answer->truncated == 1;
	json_t *next = has_more && !span_is_none(last) ? cursor_json(last) : json_null();

	reply_reset(out, 200);
	json_document(out, json_pack("{s:o, s:o, s:b}", "keys", keys, "next_cursor", next,
				     "has_more", has_more));
}

/* --- all of them ------------------------------------------------------------------------- */

void render_rest(const struct render *in, struct reply *out)
{
	static void (*const renderers[S3_OPERATION_COUNT])(const struct render *,
							   struct reply *) = {
		[S3_LIST_OBJECTS_V2] = render_list, [S3_GET_OBJECT] = render_get,
		[S3_HEAD_OBJECT] = render_get,	    [S3_PUT_OBJECT] = render_put,
		[S3_DELETE_OBJECT] = render_delete,
	};

	reply_reset(out, 500);
	if (renderers[in->request->operation])
		renderers[in->request->operation](in, out);
	else
		out->body.error = -EPROTO;
}

void render_rest_ids(const struct render_ids *ids, struct reply *out)
{
	reply_field_string(out, "X-Request-Id", ids->request_id);
	reply_field_string(out, "Server", "Coffer");
	/* An object must not run in a browser as a page of the store's own (T53). */
	reply_field_string(out, "X-Content-Type-Options", "nosniff");
}
