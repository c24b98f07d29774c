/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "frontend/render/json.h"
#include "frontend/render/rest.h"
#include "s3/rest.h"
#include "s3/target.h"
#include "s3/uri.h"

/* --- documents that are not {"error": …} ------------------------------------------------- */

static json_t *detail_json(const struct render_error *in, const char *message)
{
	return json_pack("{s:s}", "detail", message);
}

/* The limit as it came, decoded, to be shown again. NULL where it is no text. */
static json_t *limit_json(struct span target)
{
	_cleanup_(buffer_clear) struct buffer decoded = BUFFER_INIT(S3_TARGET_MAX);
	struct span query, path, name, value;

	query = span_cut(target, '?', &path);
	while (query_next(&query, &name, &value))
		if (span_equal(name, SPAN("limit")) && uri_decode(&decoded, value, true))
			return json_span(buffer_span(&decoded));
	return NULL;
}

/* As the validation of the service that Coffer takes over says it, member for member. */
static json_t *limit_is_none(const struct render_error *in, const char *message)
{
	json_t *input = limit_json(in->target);
	const char *text = json_string_value(input);
	bool is_negative = text && text[0] == '-' && text[1] &&
			   strspn(text + 1, "0123456789") == strlen(text + 1);
	json_t *ctx = is_negative ? json_pack("{s:i}", "ge", 0) : NULL;

	return json_pack("{s:[{s:s, s:[ss], s:s, s:o, s:o*}]}", "detail", "type",
			 is_negative ? "greater_than_equal" : "int_parsing", "loc", "query",
			 "limit", "msg",
			 is_negative ? "Input should be greater than or equal to 0"
				     : "Input should be a valid integer, unable to parse string as "
				       "an integer",
			 "input", input ? input : json_null(), "ctx", ctx);
}

static json_t *error_json(unsigned int status, json_t *message)
{
	char code[16];

	snprintf(code, sizeof(code), "%u", status);
	return json_pack("{s:{s:s, s:o}}", "error", "code", code, "message", message);
}

static json_t *key_is_missing(const struct render_error *in, const char *message)
{
	struct span key = in->request ? in->request->key : SPAN_NONE;

	return error_json(404, span_is_none(key)
				       ? json_string(message)
				       : json_sprintf("Object %.*s not found", (int)key.len,
						      (const char *)key.data));
}

static unsigned int status_of(enum s3_error error);

/* In the words of this dialect, whatever authd or stored say of it in those of S3. */
static json_t *sentence_alone(const struct render_error *in, const char *message)
{
	return error_json(status_of(in->error), json_string(message));
}

/* --- the table --------------------------------------------------------------------------- */

/*
 * What this dialect says in other words, or under another number, than S3. An error that is not
 * here has the status and the sentence of s3/errors.h. `make` is for documents of another form.
 */
static const struct rest_error_row {
	unsigned int status;
	const char *message;
	json_t *(*make)(const struct render_error *in, const char *message);
} rest_errors[S3_ERROR_COUNT] = {
	[S3_ERROR_ACCESS_DENIED] = { 403, "Access denied" },
	[S3_ERROR_BAD_DIGEST] = { 400, "Content-MD5 is not that of the body", sentence_alone },
	[S3_ERROR_ENTITY_TOO_LARGE] = { 413, "An object has at most 5 GiB" },
	[S3_ERROR_INCOMPLETE_BODY] = { 400, "The body is shorter than Content-Length" },
	[S3_ERROR_INSUFFICIENT_STORAGE] = { 507, "Quota exceeded" },
	[S3_ERROR_INTERNAL_ERROR] = { 500, "Internal server error" },
	[S3_ERROR_INVALID_ARGUMENT] = { 400, "Bad request" },
	[S3_ERROR_INVALID_DIGEST] = { 400, "Content-MD5 is no base64 of 16 bytes",
				      sentence_alone },
	[S3_ERROR_INVALID_RANGE] = { 416, "Range not satisfiable" },
	[S3_ERROR_INVALID_REQUEST] = { 400, "Bad request" },
	[S3_ERROR_INVALID_URI] = { 400, "The path or query is malformed" },
	[S3_ERROR_KEY_TOO_LONG] = { 400, "The key is longer than 1024 bytes" },
	[S3_ERROR_METHOD_NOT_ALLOWED] = { 405, "Method Not Allowed", detail_json },
	[S3_ERROR_NO_SUCH_BUCKET] = { 404, "The token's bucket does not exist" },
	[S3_ERROR_NO_SUCH_KEY] = { 404, "Object not found", key_is_missing },
	[S3_ERROR_NOT_IMPLEMENTED] = { 400, "The condition or coding is not implemented" },
	[S3_ERROR_PRECONDITION_FAILED] = { 412, "Precondition failed" },
	[S3_ERROR_QUOTA_EXCEEDED] = { 507, "Quota exceeded", sentence_alone },
	[S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE] = { 431, "Request header fields too large" },
	[S3_ERROR_REQUEST_TIMEOUT] = { 408, "Request timeout" },
	[S3_ERROR_REST_INVALID_LIMIT] = { 422, NULL, limit_is_none },
	[S3_ERROR_REST_NOT_FOUND] = { 404, "Not Found", detail_json },
	[S3_ERROR_SERVICE_UNAVAILABLE] = { 503, "Service unavailable" },
	[S3_ERROR_SLOW_DOWN] = { 429, "Rate limit exceeded", sentence_alone },
};

static unsigned int status_of(enum s3_error error)
{
	return rest_errors[error].status ? rest_errors[error].status : s3_errors[error].status;
}

static json_t *document_of(const struct render_error *in)
{
	const struct rest_error_row *row = &rest_errors[in->error];
	const char *message = row->message ? row->message : s3_errors[in->error].message;

	if (row->make)
		return row->make(in, message);
	return error_json(status_of(in->error),
			  in->detail.len ? json_span(in->detail) : json_string(message));
}

void render_rest_error(const struct render_error *error, struct reply *out)
{
	struct render_error told = *error;
	const struct render_error *in = &told;

	if (!told.allowed)
		told.allowed = rest_allowed(told.target);
	reply_reset(out, status_of(in->error));
	render_rest_ids(&in->ids, out);
	render_error_fields(in, out);
	if (out->status == 401)
		reply_field_string(out, "WWW-Authenticate", "Bearer");
	if (in->error != S3_ERROR_NOT_MODIFIED)
		json_document(out, document_of(in));
}
