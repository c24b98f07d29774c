/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/render/document.h"

#include "s3/checksum.h"
#include "s3/date.h"
#include "s3/uri.h"
#include "s3/xml.h"

void document_begin(struct reply *out, const char *root)
{
	struct buffer *b = &out->body;

	buffer_append_string(b, XML_DECLARATION "<");
	buffer_append_string(b, root);
	buffer_append_string(b, " xmlns=\"" XML_NAMESPACE "\">");
}

void document_end(struct reply *out, const char *root)
{
	xml_close(&out->body, root);
	reply_document(out, "application/xml");
}

void document_etag(struct buffer *b, struct span etag)
{
	xml_open(b, "ETag");
	xml_text(b, SPAN("\""));
	xml_text(b, etag);
	xml_text(b, SPAN("\""));
	xml_close(b, "ETag");
}

void document_time(struct buffer *b, const char *name, uint64_t ns)
{
	char text[DATE_TEXT_MAX];

	if (ns != ANSWER_ABSENT)
		xml_element_string(b, name, date_format_iso8601(ns, text));
}

void document_optional(struct buffer *b, const char *name, struct span text)
{
	if (!span_is_none(text))
		xml_element(b, name, text);
}

void document_optional_u64(struct buffer *b, const char *name, uint64_t value)
{
	if (value != ANSWER_ABSENT)
		xml_element_u64(b, name, value);
}

void document_key(struct buffer *b, const char *name, struct span key, bool url)
{
	xml_open(b, name);
	/* What percent-encoding leaves needs no escaping in XML. */
	if (url)
		uri_encode_key(b, key);
	else
		xml_text_exact(b, key);
	xml_close(b, name);
}

static void owner_parts(struct buffer *b, const struct answer *a)
{
	xml_element(b, "ID", a->owner_id);
	document_optional(b, "DisplayName", a->owner_name);
}

void document_owner(struct buffer *b, const char *name, const struct answer *a)
{
	if (span_is_none(a->owner_id))
		return;
	xml_open(b, name);
	owner_parts(b, a);
	xml_close(b, name);
}

#define GRANTEE                                                                                    \
	"<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "                        \
	"xsi:type=\"CanonicalUser\">"

void document_acl(struct reply *out, const struct answer *a)
{
	struct buffer *b = &out->body;

	document_begin(out, "AccessControlPolicy");
	document_owner(b, "Owner", a);
	xml_open(b, "AccessControlList");
	xml_open(b, "Grant");
	buffer_append_string(b, GRANTEE);
	owner_parts(b, a);
	xml_close(b, "Grantee");
	xml_element_string(b, "Permission", "FULL_CONTROL");
	xml_close(b, "Grant");
	xml_close(b, "AccessControlList");
	document_end(out, "AccessControlPolicy");
}

void document_storage_class(struct buffer *b, const struct answer *a)
{
	xml_element(b, "StorageClass",
		    span_is_none(a->storage_class) ? SPAN("STANDARD") : a->storage_class);
}

static const char *algorithm_name(const struct answer *a)
{
	if (a->checksum_algorithm <= CHECKSUM_NONE || a->checksum_algorithm >= CHECKSUM_COUNT)
		return NULL;
	return checksum_rows[a->checksum_algorithm].name;
}

void document_checksum(struct buffer *b, const struct answer *a)
{
	const char *algorithm = algorithm_name(a);
	char name[sizeof("Checksum") + 16];

	if (!algorithm || span_is_none(a->checksum))
		return;
	strcpy(stpcpy(name, "Checksum"), algorithm);
	xml_element(b, name, a->checksum);
}

const char *document_checksum_type_name(uint64_t type)
{
	if (type == CHECKSUM_TYPE_FULL_OBJECT)
		return "FULL_OBJECT";
	return type == CHECKSUM_TYPE_COMPOSITE ? "COMPOSITE" : "";
}

void document_checksum_type(struct buffer *b, const struct answer *a)
{
	const char *name = document_checksum_type_name(a->checksum_type);

	if (*name)
		xml_element_string(b, "ChecksumType", name);
}

void document_checksum_algorithm(struct buffer *b, const struct answer *a)
{
	const char *name = algorithm_name(a);

	if (name)
		xml_element_string(b, "ChecksumAlgorithm", name);
}
