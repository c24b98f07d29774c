/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Two heads of one canonical form mean the same. The form that a head has is made a head of its
 * own: its canonical form is that form again, and the parser of s3/ takes both for the same
 * request, or one of them for none. Runs of blanks aside, which are one blank in what is signed.
 * The input is text: the request line, then a line for each field.
 */

#undef NDEBUG
#include <assert.h>

#include "authd/canonical.h"
#include "head.h"
#include "s3/values.h"

#define LIST_MAX (64 * KIB)
#define PAYLOAD	 "UNSIGNED-PAYLOAD"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct canonical first, second;

/* --- what is signed ----------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
	return span_compare(*(const struct span *)a, *(const struct span *)b);
}

/* The names of all fields, in lower case and in order, each once. */
static void list_names(const struct canonical *c, struct buffer *lower, struct buffer *list)
{
	struct span names[S3_FIELDS_MAX];
	size_t at = 0;

	assert(buffer_reserve(lower, S3_HEAD_MAX));
	for (size_t i = 0; i < c->n_fields; i++)
		for (size_t j = 0; j < c->fields[i].name.len; j++)
			buffer_append_byte(lower, ascii_lower(span_bytes(c->fields[i].name)[j]));
	for (size_t i = 0; i < c->n_fields; at += c->fields[i++].name.len)
		names[i] = span_first(span_skip(buffer_span(lower), at), c->fields[i].name.len);
	qsort(names, c->n_fields, sizeof(names[0]), compare_names);
	for (size_t i = 0; i < c->n_fields; i++) {
		if (i && span_equal(names[i - 1], names[i]))
			continue;
		if (i)
			buffer_append_byte(list, ';');
		buffer_append(list, names[i]);
	}
}

/* --- a head out of it ----------------------------------------------------------------------- */

/* What is not in the form, and makes a request a presigned one. */
static void put_signatures(const struct canonical *c, bool is_first, struct buffer *target)
{
	for (size_t i = 0; i < c->n_params; i++) {
		if (!span_equal(c->params[i].name, SPAN("X-Amz-Signature")))
			continue;
		buffer_append_byte(target, is_first ? '?' : '&');
		buffer_append(target, c->params[i].name);
		buffer_append_byte(target, '=');
		buffer_append(target, c->params[i].value);
		is_first = false;
	}
}

/* "name:value" in each line up to an empty one. */
static struct s3_head rebuild(const struct canonical *c, struct span text, struct buffer *target,
			      struct buffer *fields)
{
	struct s3_head head;
	struct span line, name, value;

	text = span_cut(text, '\n', &head.method);
	text = span_cut(text, '\n', &line);
	buffer_append(target, line);
	text = span_cut(text, '\n', &line);
	if (line.len) {
		buffer_append_byte(target, '?');
		buffer_append(target, line);
	}
	put_signatures(c, !line.len, target);
	while (text = span_cut(text, '\n', &line), line.len) {
		value = span_cut(line, ':', &name);
		pairs_append(fields, name, value);
	}
	head.target = buffer_span(target);
	head.fields = buffer_span(fields);
	return head;
}

/* --- the same request ------------------------------------------------------------------------- */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* But for the length of runs of blanks, and for a tab that is one. */
static bool alike(struct span a, struct span b)
{
	const uint8_t *p = span_bytes(a), *q = span_bytes(b);
	size_t i = 0, j = 0;

	if (span_is_none(a) != span_is_none(b))
		return false;
	while (i < a.len && j < b.len) {
		if (is_blank(p[i]) && is_blank(q[j])) {
			while (i < a.len && is_blank(p[i]))
				i++;
			while (j < b.len && is_blank(q[j]))
				j++;
		} else if (p[i++] != q[j++]) {
			return false;
		}
	}
	return i == a.len && j == b.len;
}

/* The order of fields is no part of the form; names of metadata stand once. */
static void check_attributes(struct span a, struct span b)
{
	struct span rest = a, name, value;
	size_t n_a = 0, n_b = 0;

	while (pairs_next(&rest, &name, &value) > 0) {
		assert(alike(pairs_find(b, name), value));
		n_a++;
	}
	for (rest = b; pairs_next(&rest, &name, &value) > 0;)
		n_b++;
	assert(n_a == n_b);
}

static void check_same(const struct s3_request *a, const struct s3_request *b)
{
	assert(a->operation == b->operation && a->configuration == b->configuration);
	assert(a->payload == b->payload && a->length == b->length && a->trailer == b->trailer);
	assert(memcmp(a->payload_sha256, b->payload_sha256, sizeof(a->payload_sha256)) == 0);
	assert(span_equal(a->bucket, b->bucket) && span_equal(a->key, b->key));
	assert(span_equal(a->source_bucket, b->source_bucket));
	assert(span_equal(a->source_key, b->source_key));
	assert(span_equal(a->source_version, b->source_version));
	assert(a->checksum_algorithm == b->checksum_algorithm);
	for (enum s3_param p = 0; p < S3_PARAM_COUNT; p++)
		assert(p == S3_PARAM_AMZ_SIGNATURE || span_equal(a->params[p], b->params[p]));
	for (enum s3_header h = 0; h < S3_HEADER_COUNT; h++)
		assert(alike(a->headers[h], b->headers[h]));
	check_attributes(a->attributes, b->attributes);
}

static void check_parsed(const struct s3_head *a, const struct s3_head *b)
{
	static const char *const domains[] = { "test", NULL };
	_cleanup_(s3_parsed_clear) struct s3_parsed one = { 0 }, other = { 0 };
	const char *detail;

	if (s3_request_parse(a, domains, &one, &detail) == 0 &&
	    s3_request_parse(b, domains, &other, &detail) == 0)
		check_same(&one.request, &other.request);
}

static void check(const struct s3_head *head)
{
	_cleanup_(buffer_clear) struct buffer lower = BUFFER_INIT(LIST_MAX);
	_cleanup_(buffer_clear) struct buffer list = BUFFER_INIT(LIST_MAX);
	_cleanup_(buffer_clear) struct buffer target = BUFFER_INIT(MIB), fields = BUFFER_INIT(MIB);
	struct span text, again;
	struct s3_head other;
	int r = canonical_read(&first, head);

	assert(r >= 0 && r < S3_ERROR_COUNT);
	if (r)
		return;
	list_names(&first, &lower, &list);
	r = canonical_write(&first, buffer_span(&list), SPAN(PAYLOAD), &text);
	/* A name with a semicolon in it is two of the list. */
	assert(r == CANONICAL_OK || r == CANONICAL_MALFORMED ||
	       (r == CANONICAL_ABSENT && lower.data && memchr(lower.data, ';', lower.len)));
	if (r)
		return;
	other = rebuild(&first, text, &target, &fields);
	r = canonical_read(&second, &other);
	/* Encoding makes a target longer, joining makes a field longer. */
	if (r && (target.len > S3_TARGET_MAX || fields.len > S3_HEAD_MAX))
		return;
	assert(r == 0);
	assert(canonical_write(&second, buffer_span(&list), SPAN(PAYLOAD), &again) == CANONICAL_OK);
	assert(span_equal(text, again));
	check_parsed(head, &other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buffer_clear) struct buffer fields = BUFFER_INIT(MIB);
	struct s3_head head = fuzz_head(data, size, &fields);

	/* As large as a message may be: a larger head does not come to authd. */
	if (head.target.len > S3_TARGET_MAX || head.fields.len > S3_HEAD_MAX)
		return 0;
	canonical_init(&first);
	canonical_init(&second);
	check(&head);
	canonical_clear(&first);
	canonical_clear(&second);
	return 0;
}
