/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/canonical.h"

#include "s3/pairs.h"
#include "s3/target.h"
#include "s3/uri.h"
#include "s3/values.h"

void canonical_init(struct canonical *c)
{
	c->n_fields = c->n_params = 0;
	c->decoded = BUFFER_INIT(S3_TARGET_MAX);
	c->encoded = BUFFER_INIT(3 * S3_TARGET_MAX);
	c->path = BUFFER_INIT(3 * S3_TARGET_MAX);
	c->text = BUFFER_INIT(6 * S3_TARGET_MAX + 2 * S3_HEAD_MAX);
}

void canonical_clear(struct canonical *c)
{
	buffer_clear(&c->decoded);
	buffer_clear(&c->encoded);
	buffer_clear(&c->path);
	buffer_clear(&c->text);
}

/* --- taking apart ------------------------------------------------------------------------- */

static int read_fields(struct canonical *c, struct span rest)
{
	struct span name, value;
	int r;

	c->n_fields = 0;
	while ((r = pairs_next(&rest, &name, &value)) > 0) {
		if (c->n_fields == S3_FIELDS_MAX)
			return S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE;
		/* A line end in it could stand for the beginning of another field's line. */
		if (!value_is_printable(value))
			return S3_ERROR_INVALID_ARGUMENT;
		c->fields[c->n_fields++] =
			(struct canonical_field){ .name = name, .value = span_trim(value) };
	}
	return r < 0 ? S3_ERROR_INVALID_ARGUMENT : 0;
}

/*
 * Decodes and encodes once, so that two ways to write the same text become one. A plus is a space
 * in queries and a plus in paths: exactly as the parser in s3/ takes it, or `a+b` and `a%2Bb` would
 * have one signature and two meanings. Room was made before: *ret stays valid while others are
 * added.
 */
static bool encode(struct canonical *c, struct span raw, bool is_path, struct buffer *to,
		   struct span *ret)
{
	size_t start = to->len;

	buffer_reset(&c->decoded);
	if (!uri_decode(&c->decoded, raw, !is_path))
		return false;
	uri_encode(to, buffer_span(&c->decoded), is_path);
	*ret = (struct span){ buffer_span(to).data, to->len };
	*ret = span_skip(*ret, start);
	return true;
}

static int compare_params(const void *a, const void *b)
{
	const struct canonical_param *p = a, *q = b;
	int order = span_compare(p->name, q->name);

	return order ? order : span_compare(p->value, q->value);
}

static int read_params(struct canonical *c, struct span query)
{
	struct span name, value;

	c->n_params = 0;
	buffer_reset(&c->encoded);
	if (!buffer_reserve(&c->encoded, 3 * query.len))
		return -ENOMEM;
	while (query_next(&query, &name, &value)) {
		struct canonical_param *p = &c->params[c->n_params];

		if (c->n_params == CANONICAL_PARAMS_MAX)
			return S3_ERROR_INVALID_URI;
		if (!encode(c, name, false, &c->encoded, &p->name) ||
		    !encode(c, value, false, &c->encoded, &p->value))
			return S3_ERROR_INVALID_URI;
		c->n_params++;
	}
	qsort(c->params, c->n_params, sizeof(c->params[0]), compare_params);
	return 0;
}

int canonical_read(struct canonical *c, const struct s3_head *head)
{
	struct target target;
	struct span path;
	int r;

	r = target_split(head->target, &target);
	if (r)
		return S3_ERROR_INVALID_URI;
	if (!value_is_printable(head->method))
		return S3_ERROR_INVALID_ARGUMENT;
	c->method = head->method;
	buffer_reset(&c->path);
	if (!encode(c, target.path, true, &c->path, &path))
		return S3_ERROR_INVALID_URI;
	r = read_params(c, target.query);
	if (r)
		return r;
	r = read_fields(c, head->fields);
	if (r)
		return r;
	return c->path.error ? c->path.error : c->encoded.error;
}

struct span canonical_field(const struct canonical *c, struct span name, size_t *ret_count)
{
	struct span found = SPAN_NONE;

	*ret_count = 0;
	for (size_t i = 0; i < c->n_fields; i++) {
		if (!span_equal_nocase(c->fields[i].name, name))
			continue;
		found = c->fields[i].value;
		++*ret_count;
	}
	return *ret_count == 1 ? found : SPAN_NONE;
}

struct span canonical_param(const struct canonical *c, struct span name, size_t *ret_count)
{
	struct span found = SPAN_NONE;

	*ret_count = 0;
	for (size_t i = 0; i < c->n_params; i++) {
		if (!span_equal(c->params[i].name, name))
			continue;
		found = c->params[i].value;
		++*ret_count;
	}
	return *ret_count == 1 ? found : SPAN_NONE;
}

/* --- putting together --------------------------------------------------------------------- */

static void put_query(struct canonical *c)
{
	bool first = true;

	for (size_t i = 0; i < c->n_params; i++) {
		/* The one parameter that cannot be part of what it signs. */
		if (span_equal(c->params[i].name, SPAN("X-Amz-Signature")))
			continue;
		if (!first)
			buffer_append_byte(&c->text, '&');
		first = false;
		buffer_append(&c->text, c->params[i].name);
		buffer_append_byte(&c->text, '=');
		buffer_append(&c->text, c->params[i].value);
	}
	buffer_append_byte(&c->text, '\n');
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool has_blanks(struct span value)
{
	return value.len &&
	       (memchr(value.data, ' ', value.len) || memchr(value.data, '\t', value.len));
}

/* Runs of blanks inside a value count as one space; at its ends there are none. */
static void put_value(struct buffer *text, struct span value)
{
	const uint8_t *from = value.data;
	uint8_t *to;
	size_t n = 0;

	if (!has_blanks(value)) {
		buffer_append(text, value);
		return;
	}
	to = buffer_reserve(text, value.len);
	if (!to)
		return;
	for (size_t i = 0; i < value.len; i++)
		if (!is_blank(from[i]))
			to[n++] = from[i];
		else if (!is_blank(from[i - 1]))
			to[n++] = ' ';
	buffer_commit(text, n);
}

/* One signed field, or all of that name with commas between. False where there is none. */
static bool put_field(struct canonical *c, struct span name)
{
	bool found = false;

	for (size_t i = 0; i < c->n_fields; i++) {
		struct canonical_field *f = &c->fields[i];

		if (!span_equal_nocase(f->name, name))
			continue;
		if (found)
			buffer_append_byte(&c->text, ',');
		else
			buffer_append(&c->text, name);
		if (!found)
			buffer_append_byte(&c->text, ':');
		put_value(&c->text, f->value);
		f->is_signed = true;
		found = true;
	}
	buffer_append_byte(&c->text, '\n');
	return found;
}

static bool is_lower_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = span_bytes(s)[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    !(c && strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return s.len > 0;
}

static int put_fields(struct canonical *c, struct span signed_headers)
{
	struct span rest = signed_headers, name, before = SPAN("");
	bool absent = false;

	for (size_t i = 0; i < c->n_fields; i++)
		c->fields[i].is_signed = false;
	while (!span_is_none(rest)) {
		rest = span_cut(rest, ';', &name);
		if (!is_lower_token(name) || span_compare(before, name) >= 0)
			return CANONICAL_MALFORMED;
		before = name;
		absent |= !put_field(c, name);
	}
	return absent ? CANONICAL_ABSENT : CANONICAL_OK;
}

int canonical_write(struct canonical *c, struct span signed_headers, struct span payload,
		    struct span *ret)
{
	int r;

	buffer_reset(&c->text);
	buffer_append(&c->text, c->method);
	buffer_append_byte(&c->text, '\n');
	buffer_append(&c->text, buffer_span(&c->path));
	buffer_append_byte(&c->text, '\n');
	put_query(c);
	r = put_fields(c, signed_headers);
	if (r)
		return r;
	buffer_append_byte(&c->text, '\n');
	buffer_append(&c->text, signed_headers);
	buffer_append_byte(&c->text, '\n');
	buffer_append(&c->text, payload);
	r = buffer_error(&c->text);
	if (r < 0)
		return r;
	*ret = buffer_span(&c->text);
	return CANONICAL_OK;
}

struct span canonical_unsigned(const struct canonical *c)
{
	bool host = false;

	for (size_t i = 0; i < c->n_fields; i++) {
		const struct canonical_field *f = &c->fields[i];

		if (f->is_signed)
			host |= span_equal_nocase(f->name, SPAN("host"));
		else if (span_starts_with_nocase(f->name, SPAN("x-amz-")))
			return f->name;
	}
	return host ? SPAN_NONE : SPAN("host");
}
