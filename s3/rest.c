/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/rest.h"

#include "s3/attributes.h"
#include "s3/cursor.h"
#include "s3/fields.h"
#include "s3/payload.h"
#include "s3/target.h"
#include "s3/uri.h"
#include "s3/values.h"

#define TEXT_OF(number)	 TEXT_OF_(number)
#define TEXT_OF_(number) SPAN(#number)

/* --- which operation --------------------------------------------------------------------- */

/* `/objects` is the list, and everything behind `/objects/` a key. */
struct path {
	bool is_objects;
	struct span key; /* raw; SPAN_NONE for the list */
};

static const struct rest_row {
	const char *method;
	bool has_key;
	enum s3_operation operation;
} rest_rows[] = {
	{ "GET", false, S3_LIST_OBJECTS_V2 }, { "GET", true, S3_GET_OBJECT },
	{ "HEAD", true, S3_HEAD_OBJECT },     { "PUT", true, S3_PUT_OBJECT },
	{ "DELETE", true, S3_DELETE_OBJECT },
};

static struct path read_path(struct span raw)
{
	struct path p = { .key = SPAN_NONE };
	struct span rest;

	if (!span_starts_with(raw, SPAN(REST_OBJECTS)))
		return p;
	rest = span_skip(raw, sizeof(REST_OBJECTS) - 1);
	p.is_objects = !rest.len || span_bytes(rest)[0] == '/';
	if (p.is_objects && rest.len)
		p.key = span_skip(rest, 1);
	return p;
}

int rest_route(const struct s3_head *head, enum s3_operation *ret)
{
	struct target target;
	struct path path;
	int e;

	e = target_split(head->target, &target);
	if (e)
		return e;
	path = read_path(target.path);
	if (!path.is_objects)
		return S3_ERROR_REST_NOT_FOUND;
	for (size_t i = 0; i < ARRAY_SIZE(rest_rows); i++) {
		const struct rest_row *row = &rest_rows[i];

		if (row->has_key == span_is_none(path.key) ||
		    !span_equal(head->method, span_from_string(row->method)))
			continue;
		*ret = row->operation;
		return 0;
	}
	return S3_ERROR_METHOD_NOT_ALLOWED;
}

const char *rest_allowed(struct span target)
{
	struct target t;
	struct path path;

	if (target_split(target, &t))
		return NULL;
	path = read_path(t.path);
	if (!path.is_objects)
		return NULL;
	return span_is_none(path.key) ? "GET" : "DELETE, GET, HEAD, PUT";
}

/* --- what it says ------------------------------------------------------------------------ */

struct parser {
	struct s3_request *request;
	struct buffer *decoded;
	const char **detail;
};

/*
 * A token ends at authd, and x-amz-* is another dialect's. Ranges are for GET alone (RFC
 * 9110, 14.2): who asks by HEAD whether there is an object must hear no 416.
 */
static int take_field(void *context, struct span name, struct span value)
{
	struct parser *p = context;
	enum s3_header h = s3_header_find(name);

	if (h == S3_HEADER_COUNT || h == S3_HEADER_AUTHORIZATION ||
	    span_starts_with_nocase(name, SPAN("x-amz-")) ||
	    (h == S3_HEADER_RANGE && p->request->operation == S3_HEAD_OBJECT))
		return 0;
	return fields_put(p->request->headers, h, value, p->decoded, p->detail);
}

/* Decodes into the buffer's end; what was absent is empty then. */
static bool decode(struct parser *p, struct span raw, bool plus_is_space, struct span *ret)
{
	size_t start = p->decoded->len;

	if (!uri_decode(p->decoded, raw, plus_is_space))
		return false;
	*ret = p->decoded->len > start ? span_skip(buffer_span(p->decoded), start) : SPAN("");
	return true;
}

static bool is_text(struct span s)
{
	return !memchr(s.data, '\0', s.len) && span_is_utf8(s);
}

static int take_key(struct parser *p, struct span raw)
{
	struct s3_request *r = p->request;

	if (!decode(p, raw, false, &r->key))
		return s3_refuse(S3_ERROR_INVALID_URI, "The key's percent-encoding is malformed",
				 p->detail);
	if (!r->key.len)
		return s3_refuse(S3_ERROR_INVALID_URI, "The key is empty", p->detail);
	if (memchr(r->key.data, '\0', r->key.len))
		return s3_refuse(S3_ERROR_INVALID_URI, "The key holds a NUL", p->detail);
	if (!span_is_utf8(r->key))
		return s3_refuse(S3_ERROR_INVALID_URI, "The key is not UTF-8", p->detail);
	if (r->key.len > S3_KEY_MAX)
		return s3_refuse(S3_ERROR_KEY_TOO_LONG, "The key is longer than 1024 bytes",
				 p->detail);
	return 0;
}

/* True for digits only, however many: what a page cannot hold anyway may be any number. */
static bool is_whole_number(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (span_bytes(s)[i] < '0' || span_bytes(s)[i] > '9')
			return false;
	return s.len > 0;
}

static int take_limit(struct parser *p, struct span value)
{
	uint64_t n;

	if (!is_whole_number(value))
		return S3_ERROR_REST_INVALID_LIMIT;
	if (!span_to_u64(value, &n) || n > S3_LIST_MAX)
		value = TEXT_OF(S3_LIST_MAX);
	p->request->params[S3_PARAM_MAX_KEYS] = value;
	return 0;
}

static int take_prefix(struct parser *p, struct span value)
{
	if (value.len)
		p->request->params[S3_PARAM_PREFIX] = value;
	return 0;
}

static int take_cursor(struct parser *p, struct span value)
{
	size_t start = p->decoded->len;
	int e;

	if (!value.len)
		return 0;
	e = cursor_decode(value, p->decoded);
	if (e)
		return e;
	if (p->decoded->len > start)
		p->request->params[S3_PARAM_START_AFTER] =
			span_skip(buffer_span(p->decoded), start);
	return 0;
}

/* A cursor that its client did not encode keeps its plus signs: no base64 holds a space. */
static const struct rest_param {
	const char *name;
	bool plus_is_space;
	int (*take)(struct parser *p, struct span value);
} rest_params[] = {
	{ "prefix", true, take_prefix },
	{ "limit", true, take_limit },
	{ "cursor", false, take_cursor },
};

/* The index of a parameter that the operation takes, or how many there are. */
static size_t find_param(const struct parser *p, struct span name)
{
	size_t i = 0;

	if (p->request->operation != S3_LIST_OBJECTS_V2)
		return ARRAY_SIZE(rest_params);
	while (i < ARRAY_SIZE(rest_params) &&
	       !span_equal(name, span_from_string(rest_params[i].name)))
		i++;
	return i;
}

/* One that means nothing is passed over, but is still to be a parameter. */
static int take_param(struct parser *p, struct span name, struct span value, unsigned int *seen)
{
	size_t i;

	if (!decode(p, name, true, &name))
		return S3_ERROR_INVALID_URI;
	i = find_param(p, name);
	if (!decode(p, value, i == ARRAY_SIZE(rest_params) || rest_params[i].plus_is_space, &value))
		return s3_refuse(S3_ERROR_INVALID_URI,
				 "A query parameter's percent-encoding is malformed", p->detail);
	if (!is_text(name) || !is_text(value))
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT, "A query parameter is not UTF-8",
				 p->detail);
	if (i == ARRAY_SIZE(rest_params))
		return 0;
	if (*seen & 1u << i)
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT,
				 "A query parameter was sent more than once", p->detail);
	*seen |= 1u << i;
	return rest_params[i].take(p, value);
}

static int take_query(struct parser *p, struct span query)
{
	struct span name, value;
	unsigned int seen = 0;
	int e = 0;

	while (!e && query_next(&query, &name, &value))
		e = take_param(p, name, value, &seen);
	return e;
}

/* What S3 asks of a head that this dialect does not. */
static void fill_in(struct s3_request *r)
{
	if (r->operation == S3_LIST_OBJECTS_V2 && span_is_none(r->params[S3_PARAM_MAX_KEYS]))
		r->params[S3_PARAM_MAX_KEYS] = TEXT_OF(REST_LIMIT_DEFAULT);
	/* Neither length nor coding: there is no body (RFC 9112, 6.3), and the object is empty. */
	if (span_is_none(r->headers[S3_HEADER_CONTENT_LENGTH]) &&
	    span_is_none(r->headers[S3_HEADER_TRANSFER_ENCODING]))
		r->headers[S3_HEADER_CONTENT_LENGTH] = SPAN("0");
}

static int take_attributes(struct parser *p)
{
	static const struct attributes_meta none;
	size_t start = p->decoded->len;
	int e;

	if (p->request->operation != S3_PUT_OBJECT)
		return 0;
	e = attributes_build(p->request, &none, p->decoded, p->detail);
	if (!e && p->decoded->len > start)
		p->request->attributes = span_skip(buffer_span(p->decoded), start);
	return e;
}

static int parse(struct parser *p, const struct s3_head *head, const struct target *target)
{
	struct path path = read_path(target->path);
	int e;

	e = fields_walk(head->fields, take_field, p, p->detail);
	if (!e && !span_is_none(path.key))
		e = take_key(p, path.key);
	if (!e)
		e = take_query(p, target->query);
	if (e)
		return e;
	fill_in(p->request);
	e = values_check(p->request, p->detail);
	if (!e)
		e = payload_parse(p->request, p->detail);
	return e ? e : take_attributes(p);
}

int rest_parse(const struct s3_head *head, enum s3_operation operation, struct s3_parsed *ret,
	       const char **ret_detail)
{
	_cleanup_(s3_parsed_clear) struct s3_parsed parsed = {
		.request = { .dialect = S3_DIALECT_REST, .operation = operation },
	};
	struct parser p = {
		.request = &parsed.request,
		.decoded = &parsed.decoded,
		.detail = ret_detail,
	};
	struct target target;
	int r;

	*ret_detail = NULL;
	r = target_split(head->target, &target);
	if (!r)
		r = fields_reserve(head, &parsed.decoded);
	if (!r)
		r = parse(&p, head, &target);
	if (r)
		return r;
	if (buffer_error(&parsed.decoded))
		return S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE;
	*ret = parsed;
	parsed.decoded = (struct buffer){ 0 };
	return 0;
}
