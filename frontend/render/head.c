/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/render/head.h"

/* What HTTP calls them, of those that are used here or come from authd; others are told without a
 * name. */
static const struct reason {
	unsigned int status;
	const char *phrase;
} reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 409, "Conflict" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 507, "Insufficient Storage" },
};

static const char *phrase_of(unsigned int status)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].phrase;
	return "";
}

static void append_line(struct buffer *to, const char *name, struct span value)
{
	buffer_append_string(to, name);
	buffer_append(to, SPAN(": "));
	buffer_append(to, value);
	buffer_append(to, SPAN("\r\n"));
}

static void append_status(struct buffer *to, unsigned int status)
{
	buffer_append(to, SPAN("HTTP/1.1 "));
	buffer_append_u64(to, status);
	buffer_append_byte(to, ' ');
	buffer_append_string(to, phrase_of(status));
	buffer_append(to, SPAN("\r\n"));
}

static void append_length(struct buffer *to, uint64_t length)
{
	buffer_append(to, SPAN("Content-Length: "));
	buffer_append_u64(to, length);
	buffer_append(to, SPAN("\r\n"));
}

void render_head(const struct reply *r, const struct render_connection *in, struct buffer *to)
{
	const char *name, *value;
	size_t at = 0;

	append_status(to, r->status);
	append_line(to, "Date", in->date);
	if (!in->persists)
		append_line(to, "Connection", SPAN("close"));
	else if (in->is_old)
		append_line(to, "Connection", SPAN("Keep-Alive"));
	while (reply_next_field(r, &at, &name, &value))
		append_line(to, name, span_from_string(value));
	if (r->status != 204)
		append_length(to, r->length);
	buffer_append(to, SPAN("\r\n"));
}

bool render_head_allows_body(unsigned int status)
{
	return status != 204 && status != 304;
}
