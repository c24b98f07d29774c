/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Documents from strangers. What is read must be what a client could have meant: within the limits,
 * of UTF-8 that XML can hold, inside the document's own text; and written out again it must read
 * the same.
 */

#undef NDEBUG
#include <assert.h>

#include "s3/errors.h"
#include "s3/xml.h"
#include "stored/documents.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct buffer *text, struct span s)
{
	if (span_is_none(s))
		return;
	assert(span_bytes(s) >= text->data && span_bytes(s) + s.len <= text->data + text->len);
	assert(span_is_utf8(s) && !memchr(s.data, '\0', s.len));
}

static void write_optional(struct buffer *b, const char *name, struct span s)
{
	if (!span_is_none(s))
		xml_element(b, name, s);
}

static void write_delete(struct buffer *b, const struct delete_document *d)
{
	buffer_append_string(b, "<Delete>");
	xml_element_bool(b, "Quiet", d->quiet);
	for (size_t i = 0; i < d->n_entries; i++) {
		const struct delete_entry *e = &d->entries[i];

		xml_open(b, "Object");
		xml_element(b, "Key", e->key);
		write_optional(b, "VersionId", e->version_id);
		write_optional(b, "ETag", e->etag);
		write_optional(b, "LastModifiedTime", e->last_modified);
		write_optional(b, "Size", e->size);
		xml_close(b, "Object");
	}
	buffer_append_string(b, "</Delete>");
}

static bool same(struct span a, struct span b)
{
	return span_is_none(a) == span_is_none(b) && span_equal(a, b);
}

static void check_again(const struct delete_document *d)
{
	struct buffer xml = BUFFER_INIT(2 * MIB);
	struct delete_document again;

	write_delete(&xml, d);
	/* Escapes make it longer, at worst beyond what a command may be. */
	if (buffer_error(&xml)) {
		buffer_clear(&xml);
		return;
	}
	assert(delete_document_read(buffer_span(&xml), &again) == 0);
	assert(again.n_entries == d->n_entries && again.quiet == d->quiet);
	for (size_t i = 0; i < d->n_entries; i++) {
		assert(same(again.entries[i].key, d->entries[i].key));
		assert(same(again.entries[i].version_id, d->entries[i].version_id));
		assert(same(again.entries[i].etag, d->entries[i].etag));
	}
	delete_document_clear(&again);
	buffer_clear(&xml);
}

static void try_delete(struct span xml)
{
	struct delete_document d;
	int r = delete_document_read(xml, &d);

	assert(r >= 0 && r < S3_ERROR_COUNT);
	if (r == 0) {
		assert(d.n_entries >= 1 && d.n_entries <= DOCUMENT_DELETE_MAX);
		for (size_t i = 0; i < d.n_entries; i++) {
			assert(d.entries[i].key.len);
			check_text(&d.text, d.entries[i].key);
			check_text(&d.text, d.entries[i].version_id);
			check_text(&d.text, d.entries[i].etag);
		}
		check_again(&d);
	}
	delete_document_clear(&d);
}

static void try_complete(struct span xml)
{
	struct complete_document d;
	int r = complete_document_read(xml, &d);

	assert(r >= 0 && r < S3_ERROR_COUNT);
	if (r == 0) {
		assert(d.n_parts >= 1 && d.n_parts <= DOCUMENT_PARTS_MAX);
		for (size_t i = 0; i < d.n_parts; i++) {
			assert(d.parts[i].number >= 1 && d.parts[i].number <= DOCUMENT_PARTS_MAX);
			assert(!span_is_none(d.parts[i].etag));
			check_text(&d.text, d.parts[i].etag);
			for (size_t a = 0; a < CHECKSUM_COUNT; a++)
				check_text(&d.text, d.parts[i].checksums[a]);
		}
	}
	complete_document_clear(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bucket_document bucket;
	struct span xml = { data, size };
	int r = bucket_document_read(xml, &bucket);

	assert(r >= 0 && r < S3_ERROR_COUNT);
	if (r == 0)
		check_text(&bucket.text, bucket.location);
	bucket_document_clear(&bucket);
	try_delete(xml);
	try_complete(xml);
	return 0;
}
