/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/documents.h"

#include <expat.h>

#include "s3/errors.h"
#include "s3/public_access.h"
#include "s3/request.h"
#include "s3/xml.h"

/* Between the namespace and the name, where expat joins them; no name and no URI holds it. */
#define SEPARATOR '\n'

_Static_assert(DOCUMENT_PARTS_MAX == S3_PART_COUNT_MAX, "a list of parts has as many as an upload");

/*
 * A schema is a list of elements, each with the one it stands in. Element 0 is the document. A leaf
 * has text and no elements; the others have elements and blanks.
 */
struct schema_element {
	const char *name;
	int parent;
	bool leaf;
};

struct schema {
	const struct schema_element *elements;
	int n_elements;
	int (*open)(void *document, int element); /* may be NULL */
	int (*leaf)(void *document, int element, struct span text);
	int (*close)(void *document, int element); /* may be NULL */
};

struct reading {
	XML_Parser parser;
	const struct schema *schema;
	void *document;
	struct buffer *text;
	int element; /* the one we are in */
	size_t text_at; /* where its text begins, if it is a leaf */
	unsigned int depth;
	int result; /* the first thing that was wrong */
};

static void reading_stop(struct reading *r, int result)
{
	if (r->result)
		return;
	r->result = result;
	XML_StopParser(r->parser, XML_FALSE);
}

/* The name without S3's namespace; NULL where it stands in another. */
static const char *local_name(const char *name)
{
	const char *separator = strchr(name, SEPARATOR);

	if (!separator)
		return name;
	if (!span_equal((struct span){ name, (size_t)(separator - name) }, SPAN(XML_NAMESPACE)))
		return NULL;
	return separator + 1;
}

/* The element of that name in the one we are in, or 0. */
static int schema_find(const struct schema *s, int parent, const char *name)
{
	for (int i = 1; i < s->n_elements; i++)
		if (s->elements[i].parent == parent && strcmp(s->elements[i].name, name) == 0)
			return i;
	return 0;
}

static void on_start(void *data, const char *name, const char **attributes)
{
	struct reading *r = data;
	const char *local = local_name(name);
	int element = 0, result = 0;

	if (r->result)
		return;
	if (local && ++r->depth <= DOCUMENT_DEPTH_MAX)
		element = schema_find(r->schema, r->element, local);
	if (!element) {
		reading_stop(r, S3_ERROR_MALFORMED_XML);
		return;
	}
	r->element = element;
	r->text_at = r->text->len;
	if (r->schema->open)
		result = r->schema->open(r->document, element);
	if (result)
		reading_stop(r, result);
}

static void on_end(void *data, const char *name)
{
	struct reading *r = data;
	const struct schema_element *e = &r->schema->elements[r->element];
	struct span text;
	int result = 0;

	if (r->result)
		return;
	text = (struct span){ r->text->data + r->text_at, r->text->len - r->text_at };
	if (e->leaf)
		result = r->schema->leaf(r->document, r->element, text);
	else if (r->schema->close)
		result = r->schema->close(r->document, r->element);
	r->element = e->parent;
	r->depth--;
	if (result)
		reading_stop(r, result);
}

static bool is_blank(const char *text, int len)
{
	for (int i = 0; i < len; i++)
		if (!strchr(" \t\r\n", text[i]))
			return false;
	return true;
}

static void on_text(void *data, const char *text, int len)
{
	struct reading *r = data;

	if (r->result)
		return;
	if (r->element && r->schema->elements[r->element].leaf)
		buffer_append(r->text, (struct span){ text, (size_t)len });
	else if (!is_blank(text, len))
		reading_stop(r, S3_ERROR_MALFORMED_XML);
	if (buffer_error(r->text))
		reading_stop(r, buffer_error(r->text));
}

/* Told before a single declaration is read: nothing is ever expanded, counted or fetched. */
static void on_doctype(void *data, const char *name, const char *system_id, const char *public_id,
		       int has_internal_subset)
{
	reading_stop(data, S3_ERROR_MALFORMED_XML);
}

/*
 * The text goes to one run that never moves, since entries point into it. UTF-8 that expat makes
 * of a document is at most twice as long as what it was made of (ISO 8859-1).
 */
static int reserve_text(struct buffer *text, size_t xml_len)
{
	*text = BUFFER_INIT(2 * xml_len + 1);
	return buffer_reserve(text, 2 * xml_len + 1) ? 0 : buffer_error(text);
}

static int document_read(struct span xml, const struct schema *schema, struct buffer *text,
			 void *document)
{
	struct reading r = { .schema = schema, .document = document, .text = text };
	enum XML_Status status;
	int result;

	if (xml.len > S3_COMMAND_MAX)
		return S3_ERROR_MAX_MESSAGE_LENGTH_EXCEEDED;
	result = reserve_text(text, xml.len);
	if (result < 0)
		return result;
	r.parser = XML_ParserCreateNS(NULL, SEPARATOR);
	if (!r.parser)
		return -ENOMEM;
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start, on_end);
	XML_SetCharacterDataHandler(r.parser, on_text);
	XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
	status = XML_Parse(r.parser, xml.data, (int)xml.len, XML_TRUE);
	if (!r.result && status != XML_STATUS_OK)
		r.result = XML_GetErrorCode(r.parser) == XML_ERROR_NO_MEMORY
				   ? -ENOMEM
				   : S3_ERROR_MALFORMED_XML;
	XML_ParserFree(r.parser);
	return r.result;
}

/* Each leaf may stand once. */
static int take_once(struct span *ret, struct span text)
{
	if (!span_is_none(*ret))
		return S3_ERROR_MALFORMED_XML;
	*ret = text;
	return 0;
}

static bool take_bool(struct span text, bool *ret)
{
	struct span word = span_trim(text);

	*ret = span_equal_nocase(word, SPAN("true")) || span_equal(word, SPAN("1"));
	return *ret || span_equal_nocase(word, SPAN("false")) || span_equal(word, SPAN("0"));
}

/* Makes room for one more of `size` bytes each in an array that doubles. */
static int array_grow(void **array, size_t *array_size, size_t n, size_t size)
{
	size_t larger = *array_size ? *array_size * 2 : 16;
	void *moved;

	if (n < *array_size)
		return 0;
	moved = realloc(*array, larger * size);
	if (!moved)
		return -ENOMEM;
	*array = moved;
	*array_size = larger;
	return 0;
}

/* --- CreateBucketConfiguration --------------------------------------------------------------- */

enum bucket_element {
	BUCKET_ROOT = 1,
	BUCKET_LOCATION_CONSTRAINT,
	BUCKET_LOCATION,
	BUCKET_BUCKET,
	BUCKET_TAGS,
	BUCKET_ELEMENTS,
};

static const struct schema_element bucket_elements[BUCKET_ELEMENTS] = {
	[BUCKET_ROOT] = { "CreateBucketConfiguration", 0, false },
	[BUCKET_LOCATION_CONSTRAINT] = { "LocationConstraint", BUCKET_ROOT, true },
	[BUCKET_LOCATION] = { "Location", BUCKET_ROOT, false },
	[BUCKET_BUCKET] = { "Bucket", BUCKET_ROOT, false },
	[BUCKET_TAGS] = { "Tags", BUCKET_ROOT, false },
};

/* Directory buckets, and tags at birth: known, and not there. */
static int bucket_open(void *document, int element)
{
	return element > BUCKET_LOCATION_CONSTRAINT ? S3_ERROR_NOT_IMPLEMENTED : 0;
}

static int bucket_leaf(void *document, int element, struct span text)
{
	struct bucket_document *d = document;

	return take_once(&d->location, text);
}

static const struct schema bucket_schema = { bucket_elements, BUCKET_ELEMENTS, bucket_open,
					     bucket_leaf, NULL };

int bucket_document_read(struct span xml, struct bucket_document *ret)
{
	*ret = (struct bucket_document){ 0 };
	return document_read(xml, &bucket_schema, &ret->text, ret);
}

void bucket_document_clear(struct bucket_document *d)
{
	buffer_clear(&d->text);
}

/* --- PublicAccessBlockConfiguration ------------------------------------------------------------
 */

enum public_access_element {
	PUBLIC_ACCESS_ROOT = 1,
	PUBLIC_ACCESS_BLOCKS, /* the first of them */
	PUBLIC_ACCESS_ELEMENTS = PUBLIC_ACCESS_BLOCKS + S3_BLOCK_COUNT,
};

static const struct schema_element public_access_elements[PUBLIC_ACCESS_ELEMENTS] = {
	[PUBLIC_ACCESS_ROOT] = { "PublicAccessBlockConfiguration", 0, false },
#define BLOCK(SYMBOL, element)                                                                     \
	[PUBLIC_ACCESS_BLOCKS + S3_BLOCK_##SYMBOL] = { element, PUBLIC_ACCESS_ROOT, true },
	S3_PUBLIC_ACCESS_BLOCKS(BLOCK)
#undef BLOCK
};

static int public_access_leaf(void *document, int element, struct span text)
{
	struct public_access_document *d = document;
	unsigned int bit = 1u << (element - PUBLIC_ACCESS_BLOCKS);
	bool on;

	if (d->said & bit || !take_bool(text, &on))
		return S3_ERROR_MALFORMED_XML;
	d->said |= bit;
	d->blocks |= on ? bit : 0;
	return 0;
}

static const struct schema public_access_schema = { public_access_elements, PUBLIC_ACCESS_ELEMENTS,
						    NULL, public_access_leaf, NULL };

int public_access_document_read(struct span xml, struct public_access_document *ret)
{
	*ret = (struct public_access_document){ 0 };
	return document_read(xml, &public_access_schema, &ret->text, ret);
}

void public_access_document_clear(struct public_access_document *d)
{
	buffer_clear(&d->text);
}

/* --- Delete ---------------------------------------------------------------------------------- */

enum delete_element {
	DELETE_ROOT = 1,
	DELETE_QUIET,
	DELETE_OBJECT,
	DELETE_KEY,
	DELETE_VERSION_ID,
	DELETE_ETAG,
	DELETE_LAST_MODIFIED,
	DELETE_SIZE,
	DELETE_ELEMENTS,
};

static const struct schema_element delete_elements[DELETE_ELEMENTS] = {
	[DELETE_ROOT] = { "Delete", 0, false },
	[DELETE_QUIET] = { "Quiet", DELETE_ROOT, true },
	[DELETE_OBJECT] = { "Object", DELETE_ROOT, false },
	[DELETE_KEY] = { "Key", DELETE_OBJECT, true },
	[DELETE_VERSION_ID] = { "VersionId", DELETE_OBJECT, true },
	[DELETE_ETAG] = { "ETag", DELETE_OBJECT, true },
	[DELETE_LAST_MODIFIED] = { "LastModifiedTime", DELETE_OBJECT, true },
	[DELETE_SIZE] = { "Size", DELETE_OBJECT, true },
};

static int delete_open(void *document, int element)
{
	struct delete_document *d = document;
	int r;

	if (element != DELETE_OBJECT)
		return 0;
	if (d->n_entries == DOCUMENT_DELETE_MAX)
		return S3_ERROR_MALFORMED_XML;
	r = array_grow((void **)&d->entries, &d->entries_size, d->n_entries, sizeof(*d->entries));
	if (r < 0)
		return r;
	d->entries[d->n_entries++] = (struct delete_entry){ 0 };
	return 0;
}

static int delete_leaf(void *document, int element, struct span text)
{
	struct delete_document *d = document;
	struct delete_entry *e = d->n_entries ? &d->entries[d->n_entries - 1] : NULL;

	switch ((enum delete_element)element) {
	case DELETE_QUIET:
		return take_bool(text, &d->quiet) ? 0 : S3_ERROR_MALFORMED_XML;
	case DELETE_KEY:
		return take_once(&e->key, text);
	case DELETE_VERSION_ID:
		return take_once(&e->version_id, text);
	case DELETE_ETAG:
		return take_once(&e->etag, text);
	case DELETE_LAST_MODIFIED:
		return take_once(&e->last_modified, text);
	case DELETE_SIZE:
		return take_once(&e->size, text);
	case DELETE_ROOT:
	case DELETE_OBJECT:
	case DELETE_ELEMENTS:
		break;
	}
	return S3_ERROR_MALFORMED_XML;
}

static int delete_close(void *document, int element)
{
	const struct delete_document *d = document;

	if (element == DELETE_OBJECT && !d->entries[d->n_entries - 1].key.len)
		return S3_ERROR_MALFORMED_XML;
	if (element == DELETE_ROOT && !d->n_entries)
		return S3_ERROR_MALFORMED_XML;
	return 0;
}

static const struct schema delete_schema = { delete_elements, DELETE_ELEMENTS, delete_open,
					     delete_leaf, delete_close };

int delete_document_read(struct span xml, struct delete_document *ret)
{
	*ret = (struct delete_document){ 0 };
	return document_read(xml, &delete_schema, &ret->text, ret);
}

void delete_document_clear(struct delete_document *d)
{
	free(d->entries);
	buffer_clear(&d->text);
	*d = (struct delete_document){ 0 };
}

/* --- CompleteMultipartUpload ----------------------------------------------------------------- */

/* The elements of checksums come last, one for each algorithm, in the order of their enum. */
enum complete_element {
	COMPLETE_ROOT = 1,
	COMPLETE_PART,
	COMPLETE_NUMBER,
	COMPLETE_ETAG,
	COMPLETE_CHECKSUMS,
	COMPLETE_ELEMENTS = COMPLETE_CHECKSUMS + CHECKSUM_COUNT,
};

static const struct schema_element complete_elements[COMPLETE_ELEMENTS] = {
	[COMPLETE_ROOT] = { "CompleteMultipartUpload", 0, false },
	[COMPLETE_PART] = { "Part", COMPLETE_ROOT, false },
	[COMPLETE_NUMBER] = { "PartNumber", COMPLETE_PART, true },
	[COMPLETE_ETAG] = { "ETag", COMPLETE_PART, true },
	/* No element is called so; the row keeps the numbers below those of the algorithms. */
	[COMPLETE_CHECKSUMS + CHECKSUM_NONE] = { "", COMPLETE_PART, true },
#define CHECKSUM(SYMBOL, name, ...)                                                                \
	[COMPLETE_CHECKSUMS + CHECKSUM_##SYMBOL] = { "Checksum" name, COMPLETE_PART, true },
	S3_CHECKSUMS(CHECKSUM)
#undef CHECKSUM
};

static int complete_open(void *document, int element)
{
	struct complete_document *d = document;
	int r;

	if (element != COMPLETE_PART)
		return 0;
	if (d->n_parts == DOCUMENT_PARTS_MAX)
		return S3_ERROR_MALFORMED_XML;
	r = array_grow((void **)&d->parts, &d->parts_size, d->n_parts, sizeof(*d->parts));
	if (r < 0)
		return r;
	d->parts[d->n_parts++] = (struct complete_part){ 0 };
	return 0;
}

static int take_number(struct complete_part *p, struct span text)
{
	uint64_t number;

	if (p->number || !span_to_u64(span_trim(text), &number))
		return S3_ERROR_MALFORMED_XML;
	if (number < 1 || number > DOCUMENT_PARTS_MAX)
		return S3_ERROR_INVALID_ARGUMENT;
	p->number = (unsigned int)number;
	return 0;
}

static int complete_leaf(void *document, int element, struct span text)
{
	struct complete_document *d = document;
	struct complete_part *p = &d->parts[d->n_parts - 1];

	if (element == COMPLETE_NUMBER)
		return take_number(p, text);
	if (element == COMPLETE_ETAG)
		return take_once(&p->etag, text);
	return take_once(&p->checksums[element - COMPLETE_CHECKSUMS], text);
}

static int complete_close(void *document, int element)
{
	const struct complete_document *d = document;
	const struct complete_part *p = d->n_parts ? &d->parts[d->n_parts - 1] : NULL;

	if (element == COMPLETE_PART && (!p->number || span_is_none(p->etag)))
		return S3_ERROR_MALFORMED_XML;
	if (element == COMPLETE_ROOT && !p)
		return S3_ERROR_MALFORMED_XML;
	return 0;
}

static const struct schema complete_schema = { complete_elements, COMPLETE_ELEMENTS, complete_open,
					       complete_leaf, complete_close };

int complete_document_read(struct span xml, struct complete_document *ret)
{
	*ret = (struct complete_document){ 0 };
	return document_read(xml, &complete_schema, &ret->text, ret);
}

void complete_document_clear(struct complete_document *d)
{
	free(d->parts);
	buffer_clear(&d->text);
	*d = (struct complete_document){ 0 };
}

int documents_warm_up(void)
{
	struct bucket_document d;
	int r = bucket_document_read(SPAN("<CreateBucketConfiguration/>"), &d);

	bucket_document_clear(&d);
	return r > 0 ? fold(r) : r;
}
