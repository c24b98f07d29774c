/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/request.h"

#include "s3/attributes.h"
#include "s3/encoding.h"
#include "s3/fields.h"
#include "s3/pairs.h"
#include "s3/payload.h"
#include "s3/route.h"
#include "s3/target.h"
#include "s3/uri.h"
#include "s3/values.h"

/* A request in the making. */
struct parser {
	struct s3_request *request;
	struct buffer *decoded;
	const char **detail;
	struct target target;
	const char *subresource;
	struct attributes_meta *meta;
};

struct span s3_head_find(const struct s3_head *head, const char *name)
{
	struct span rest = head->fields, n, value;

	while (pairs_next(&rest, &n, &value) > 0)
		if (span_equal_nocase(n, span_from_string(name)))
			return span_trim(value);
	return SPAN_NONE;
}

static int take_header(void *context, struct span name, struct span value)
{
	struct parser *p = context;
	enum s3_header h;
	int e;

	if (span_starts_with_nocase(name, SPAN(ATTRIBUTES_META_PREFIX)))
		return attributes_add_meta(p->meta, name, value, p->detail);
	e = values_check_name(name);
	if (e)
		return e;
	h = s3_header_find(name);
	if (h == S3_HEADER_COUNT)
		return 0;
	return fields_put(p->request->headers, h, value, p->decoded, p->detail);
}

/* Decodes one side of a parameter; a missing one stays missing, an empty one stays empty. */
static bool decode(struct parser *p, struct span raw, struct span *ret)
{
	size_t start = p->decoded->len;

	*ret = raw;
	if (!raw.len)
		return true;
	if (!uri_decode(p->decoded, raw, true))
		return false;
	*ret = span_skip(buffer_span(p->decoded), start);
	return true;
}

static int take_param(struct parser *p, struct span name, struct span value)
{
	const char *subresource = route_subresource(name);
	enum s3_param which = s3_param_find(name);

	if (subresource) {
		if (p->subresource)
			return s3_refuse(S3_ERROR_INVALID_ARGUMENT,
					 "Conflicting query string parameters.", p->detail);
		p->subresource = subresource;
	}
	if (which == S3_PARAM_COUNT)
		return 0;
	if (!span_is_none(p->request->params[which]))
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT,
				 "A query parameter was sent more than once.", p->detail);
	if (memchr(value.data, '\0', value.len) || !span_is_utf8(value))
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT, "A query parameter is not valid UTF-8.",
				 p->detail);
	p->request->params[which] = value;
	return 0;
}

/* Walks the query and hands each decoded parameter to `take`. */
static int take_query(struct parser *p, int (*take)(struct parser *, struct span, struct span))
{
	struct span rest = p->target.query, name, value;
	int e;

	while (query_next(&rest, &name, &value)) {
		if (!decode(p, name, &name) || !decode(p, value, &value))
			return S3_ERROR_INVALID_URI;
		e = take(p, name, span_is_none(value) ? SPAN("") : value);
		if (e)
			return e;
	}
	return 0;
}

/* Whether a header or parameter of that name has been taken. */
static bool is_taken(const struct parser *p, struct span name)
{
	enum s3_header h = s3_header_find(name);

	for (size_t i = 0; i < p->meta->count; i++)
		if (span_equal_nocase(p->meta->fields[i].name, name))
			return true;
	return h != S3_HEADER_COUNT && !span_is_none(p->request->headers[h]);
}

/*
 * Of a presigned query: `x-amz-*` that are no parts of the signature stand for headers. A signature
 * does not tell in which order parameters came, so that two of a name would have two meanings.
 */
static int take_hoisted(struct parser *p, struct span name, struct span value)
{
	if (!span_starts_with_nocase(name, SPAN("x-amz-")) || s3_param_find(name) != S3_PARAM_COUNT)
		return 0;
	if (is_taken(p, name))
		return s3_refuse(S3_ERROR_INVALID_REQUEST, "A header was sent more than once.",
				 p->detail);
	if (!fields_is_one_line(value))
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT,
				 "A query parameter holds a line break or a NUL.", p->detail);
	return take_header(p, name, span_trim(value));
}

static int take_params(struct parser *p)
{
	const struct span *params = p->request->params;
	int e;

	e = take_query(p, take_param);
	if (e)
		return e;
	if (!span_is_none(params[S3_PARAM_AMZ_SECURITY_TOKEN]))
		return S3_ERROR_INVALID_TOKEN;
	if (span_is_none(params[S3_PARAM_AMZ_SIGNATURE]))
		return 0;
	return take_query(p, take_hoisted);
}

static int find_operation(struct parser *p, struct span method, enum s3_level level)
{
	struct s3_request *r = p->request;
	struct route route = {
		.method = method,
		.level = level,
		.subresource = p->subresource,
		.copy_source = !span_is_none(r->headers[S3_HEADER_AMZ_COPY_SOURCE]),
		.params = r->params,
	};

	return route_find(&route, &r->operation, &r->configuration, p->detail);
}

static int find_source(struct parser *p)
{
	struct s3_request *r = p->request;
	struct place place;
	int e;

	if (!s3_operations[r->operation].copy_source)
		return 0;
	e = target_locate_source(r->headers[S3_HEADER_AMZ_COPY_SOURCE], p->decoded, &place,
				 &r->source_version);
	if (e == S3_ERROR_INVALID_ARGUMENT)
		*p->detail = "Copy Source must mention the source bucket and key: "
			     "sourcebucket/sourcekey";
	if (e)
		return e;
	r->source_bucket = place.bucket;
	r->source_key = place.key;
	return 0;
}

static bool keeps_attributes(enum s3_operation o)
{
	return o == S3_PUT_OBJECT || o == S3_COPY_OBJECT || o == S3_CREATE_MULTIPART_UPLOAD;
}

static int find_attributes(struct parser *p)
{
	struct s3_request *r = p->request;
	size_t start = p->decoded->len;
	int e;

	if (!keeps_attributes(r->operation))
		return 0;
	e = attributes_build(r, p->meta, p->decoded, p->detail);
	if (e)
		return e;
	if (p->decoded->len > start)
		r->attributes = span_skip(buffer_span(p->decoded), start);
	return 0;
}

static int parse(struct parser *p, const struct s3_head *head, const char *const *domains,
		 bool *ret_virtual_host)
{
	struct s3_request *r = p->request;
	struct place place;
	int e;

	e = fields_walk(head->fields, take_header, p, p->detail);
	if (!e)
		e = target_locate(p->target.path, r->headers[S3_HEADER_HOST], domains, p->decoded,
				  &place);
	if (e)
		return e;
	r->bucket = place.bucket;
	r->key = place.key;
	*ret_virtual_host = place.virtual_host;
	e = take_params(p);
	if (!e)
		e = find_operation(p, head->method, place.level);
	if (!e)
		e = find_source(p);
	if (!e)
		e = values_check(r, p->detail);
	if (!e)
		e = payload_parse(r, p->detail);
	return e ? e : find_attributes(p);
}

int s3_request_parse(const struct s3_head *head, const char *const *domains, struct s3_parsed *ret,
		     const char **ret_detail)
{
	_cleanup_(buffer_clear) struct buffer decoded = { 0 };
	struct s3_request request = { 0 };
	struct attributes_meta meta;
	struct parser p = {
		.request = &request,
		.decoded = &decoded,
		.detail = ret_detail,
		.meta = &meta,
	};
	bool virtual_host;
	int r;

	*ret_detail = NULL;
	attributes_meta_init(&meta);
	r = target_split(head->target, &p.target);
	if (r)
		return r;
	r = fields_reserve(head, &decoded);
	if (r)
		return r;
	r = parse(&p, head, domains, &virtual_host);
	if (r)
		return r;
	/* Joins may have left too little for the rest, which would then be cut short. */
	if (buffer_error(&decoded))
		return S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE;
	*ret = (struct s3_parsed){ request, decoded, virtual_host };
	decoded = (struct buffer){ 0 };
	return 0;
}

void s3_parsed_clear(struct s3_parsed *p)
{
	buffer_clear(&p->decoded);
}

static uint64_t number(struct span text, bool is_page, uint64_t absent)
{
	uint64_t n;

	if (!span_to_u64(text, &n))
		return absent;
	return is_page ? MIN(n, (uint64_t)S3_LIST_MAX) : n;
}

uint64_t s3_request_number(const struct s3_request *r, enum s3_param p, uint64_t absent)
{
	bool is_page =
		p == S3_PARAM_MAX_KEYS || p == S3_PARAM_MAX_PARTS || p == S3_PARAM_MAX_UPLOADS;

	return number(r->params[p], is_page, absent);
}

uint64_t s3_request_header_number(const struct s3_request *r, enum s3_header h, uint64_t absent)
{
	return number(r->headers[h], h == S3_HEADER_AMZ_MAX_PARTS, absent);
}

bool s3_request_content_md5(const struct s3_request *r, uint8_t ret[static 16])
{
	struct span text = r->headers[S3_HEADER_CONTENT_MD5];

	return !span_is_none(text) && base64_decode(text, ret, 16);
}

bool s3_request_wanted_attributes(const struct s3_request *r, unsigned int *ret)
{
	static const struct {
		const char *name;
		enum s3_attribute bit;
	} known[] = {
		{ "ETag", S3_ATTRIBUTE_ETAG },
		{ "Checksum", S3_ATTRIBUTE_CHECKSUM },
		{ "ObjectParts", S3_ATTRIBUTE_OBJECT_PARTS },
		{ "StorageClass", S3_ATTRIBUTE_STORAGE_CLASS },
		{ "ObjectSize", S3_ATTRIBUTE_OBJECT_SIZE },
	};
	struct span rest = r->headers[S3_HEADER_AMZ_OBJECT_ATTRIBUTES];
	unsigned int wanted = 0;

	if (!rest.len)
		return false;
	while (!span_is_none(rest)) {
		struct span name;
		size_t i = 0;

		rest = span_cut(rest, ',', &name);
		name = span_trim(name);
		while (i < ARRAY_SIZE(known) && !span_equal(name, span_from_string(known[i].name)))
			i++;
		if (i == ARRAY_SIZE(known))
			return false;
		wanted |= known[i].bit;
	}
	*ret = wanted;
	return true;
}
