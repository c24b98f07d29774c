/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/documents.h"

#undef NDEBUG
#include <assert.h>
#include <stdio.h>

#include "s3/errors.h"
#include "s3/public_access.h"
#include "s3/request.h"
#include "s3/xml.h"

#define XMLNS " xmlns=\"" XML_NAMESPACE "\""

static int read_delete(struct span xml)
{
	struct delete_document d;
	int r = delete_document_read(xml, &d);

	delete_document_clear(&d);
	return r;
}

static int read_complete(struct span xml)
{
	struct complete_document d;
	int r = complete_document_read(xml, &d);

	complete_document_clear(&d);
	return r;
}

static int read_public_access(struct span xml, unsigned int *ret_blocks)
{
	struct public_access_document d;
	int r = public_access_document_read(xml, &d);

	*ret_blocks = d.blocks;
	public_access_document_clear(&d);
	return r;
}

static int read_bucket(struct span xml)
{
	struct bucket_document d;
	int r = bucket_document_read(xml, &d);

	bucket_document_clear(&d);
	return r;
}

/* --- what is read ---------------------------------------------------------------------------- */

static void test_delete_gives_keys_as_they_were_written(void)
{
	struct delete_document d;

	assert(delete_document_read(SPAN("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
					 "<Delete" XMLNS
					 ">\n  <Object><Key>a &amp; b/&lt;\xc3\xa4&#x20;</Key>"
					 "<VersionId>null</VersionId></Object>\n"
					 "<Quiet>true</Quiet><Object><ETag>\"e\"</ETag><Key> "
					 "</Key></Object></Delete>\n"),
				    &d) == 0);
	assert(d.n_entries == 2 && d.quiet);
	assert(span_equal(d.entries[0].key, SPAN("a & b/<\xc3\xa4 ")));
	assert(span_equal(d.entries[0].version_id, SPAN("null")));
	assert(span_is_none(d.entries[0].etag));
	assert(span_equal(d.entries[1].key, SPAN(" ")));
	assert(span_equal(d.entries[1].etag, SPAN("\"e\"")));
	delete_document_clear(&d);
}

static void test_a_document_without_namespace_is_read(void)
{
	struct delete_document d;

	assert(delete_document_read(SPAN("<Delete><Object><Key>k</Key></Object></Delete>"), &d) ==
	       0);
	assert(d.n_entries == 1 && !d.quiet);
	delete_document_clear(&d);
}

static void test_a_prefix_for_the_namespace_is_read(void)
{
	assert(read_delete(SPAN("<s3:Delete xmlns:s3=\"" XML_NAMESPACE
				"\"><s3:Object><s3:Key>k</s3:Key></s3:Object></s3:Delete>")) == 0);
}

static void test_complete_gives_parts_in_the_order_of_the_document(void)
{
	struct complete_document d;

	assert(complete_document_read(
		       SPAN("<CompleteMultipartUpload" XMLNS ">"
			    "<Part><PartNumber>2</PartNumber><ETag>&quot;x&quot;</ETag>"
			    "<ChecksumCRC32C>AAAAAA==</ChecksumCRC32C></Part>"
			    "<Part><ETag>y</ETag><PartNumber> 1 </PartNumber></Part>"
			    "</CompleteMultipartUpload>"),
		       &d) == 0);
	assert(d.n_parts == 2 && d.parts[0].number == 2 && d.parts[1].number == 1);
	assert(span_equal(d.parts[0].etag, SPAN("\"x\"")));
	assert(span_equal(d.parts[0].checksums[CHECKSUM_CRC32C], SPAN("AAAAAA==")));
	assert(span_is_none(d.parts[1].checksums[CHECKSUM_CRC32C]));
	complete_document_clear(&d);
}

static void test_a_list_of_ten_thousand_parts_is_read(void)
{
	struct buffer xml = BUFFER_INIT(S3_COMMAND_MAX);
	struct complete_document d;

	buffer_append_string(&xml, "<CompleteMultipartUpload>");
	for (unsigned int n = 1; n <= DOCUMENT_PARTS_MAX; n++)
		buffer_printf(&xml, "<Part><PartNumber>%u</PartNumber><ETag>%032u</ETag></Part>", n,
			      n);
	buffer_append_string(&xml, "</CompleteMultipartUpload>");
	assert(complete_document_read(buffer_span(&xml), &d) == 0);
	assert(d.n_parts == DOCUMENT_PARTS_MAX && d.parts[9999].number == 10000);
	/* Entries point into one run of text that must not have moved while it grew. */
	assert(span_equal(d.parts[0].etag, SPAN("00000000000000000000000000000001")));
	complete_document_clear(&d);
	buffer_clear(&xml);
}

static void test_a_bucket_document_may_name_a_place_or_none(void)
{
	struct bucket_document d;

	assert(bucket_document_read(
		       SPAN("<CreateBucketConfiguration" XMLNS "><LocationConstraint>"
			    "eu-west-1</LocationConstraint></CreateBucketConfiguration>"),
		       &d) == 0);
	assert(span_equal(d.location, SPAN("eu-west-1")));
	bucket_document_clear(&d);
	assert(read_bucket(SPAN("<CreateBucketConfiguration><Tags><Tag><Key>k</Key></Tag></Tags>"
				"</CreateBucketConfiguration>")) == S3_ERROR_NOT_IMPLEMENTED);
	assert(bucket_document_read(SPAN("<CreateBucketConfiguration/>"), &d) == 0);
	assert(span_is_none(d.location));
	bucket_document_clear(&d);
}

static void test_utf_16_is_read_as_the_same_text(void)
{
	static const char ascii[] = "<Delete><Object><Key>k\xe4</Key></Object></Delete>";
	uint8_t wide[2 + 2 * sizeof(ascii)] = { 0xff, 0xfe };
	struct delete_document d;
	size_t len = 2;

	for (const char *p = ascii; *p; p++) {
		wide[len++] = (uint8_t)*p;
		wide[len++] = 0;
	}
	assert(delete_document_read((struct span){ wide, len }, &d) == 0);
	assert(span_equal(d.entries[0].key, SPAN("k\xc3\xa4")));
	delete_document_clear(&d);
}

static void test_latin_1_that_doubles_in_length_fits(void)
{
	struct buffer xml = BUFFER_INIT(8192);
	struct delete_document d;

	buffer_append_string(
		&xml, "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Delete><Object><Key>");
	for (int i = 0; i < 1000; i++)
		buffer_append_byte(&xml, 0xe4);
	buffer_append_string(&xml, "</Key></Object></Delete>");
	assert(delete_document_read(buffer_span(&xml), &d) == 0);
	assert(d.entries[0].key.len == 2000);
	delete_document_clear(&d);
	buffer_clear(&xml);
}

/* --- T55 -------------------------------------------------------------------------------------- */

static void test_t55_a_document_type_is_refused_before_it_declares_anything(void)
{
	static const char *const bombs[] = {
		"<!DOCTYPE Delete><Delete><Object><Key>k</Key></Object></Delete>",
		"<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
		"<!ENTITY c "
		"\"&b;&b;&b;&b;&b;&b;&b;&b;\">]><Delete><Object><Key>&c;</Key></Object></Delete>",
		"<!DOCTYPE d SYSTEM "
		"\"file:///etc/passwd\"><Delete><Object><Key>k</Key></Object></Delete>",
		"<!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
		"<Delete><Object><Key>&x;</Key></Object></Delete>",
		"<!DOCTYPE d [<!ENTITY % x SYSTEM \"http://192.0.2.1/\">%x;]>"
		"<Delete><Object><Key>k</Key></Object></Delete>",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bombs); i++)
		assert(read_delete(span_from_string(bombs[i])) == S3_ERROR_MALFORMED_XML);
}

static void test_t55_an_entity_that_nobody_declared_is_refused(void)
{
	assert(read_delete(SPAN("<Delete><Object><Key>&x;</Key></Object></Delete>")) ==
	       S3_ERROR_MALFORMED_XML);
}

static void test_t55_depth_is_refused_at_the_first_element_too_many(void)
{
	struct buffer xml = BUFFER_INIT(S3_COMMAND_MAX);

	for (int i = 0; i < 100000; i++)
		buffer_append_string(&xml, "<Delete>");
	assert(read_delete(buffer_span(&xml)) == S3_ERROR_MALFORMED_XML);
	buffer_clear(&xml);
}

static void delete_of(struct buffer *xml, size_t n)
{
	buffer_append_string(xml, "<Delete>");
	for (size_t i = 0; i < n; i++)
		buffer_append_string(xml, "<Object><Key>k</Key></Object>");
	buffer_append_string(xml, "</Delete>");
	assert(buffer_error(xml) == 0);
}

static void test_t55_a_thousand_keys_are_read_and_one_more_is_refused(void)
{
	struct buffer xml = BUFFER_INIT(S3_COMMAND_MAX);

	delete_of(&xml, DOCUMENT_DELETE_MAX);
	assert(read_delete(buffer_span(&xml)) == 0);
	buffer_reset(&xml);
	delete_of(&xml, DOCUMENT_DELETE_MAX + 1);
	assert(read_delete(buffer_span(&xml)) == S3_ERROR_MALFORMED_XML);
	buffer_reset(&xml);
	delete_of(&xml, 60000);
	assert(read_delete(buffer_span(&xml)) == S3_ERROR_MALFORMED_XML);
	buffer_clear(&xml);
}

static void test_t55_size_is_refused_without_reading(void)
{
	struct buffer xml = BUFFER_INIT(S3_COMMAND_MAX + 1);
	uint8_t *to = buffer_reserve(&xml, S3_COMMAND_MAX + 1);

	memset(to, ' ', S3_COMMAND_MAX + 1);
	buffer_commit(&xml, S3_COMMAND_MAX + 1);
	assert(read_delete(buffer_span(&xml)) == S3_ERROR_MAX_MESSAGE_LENGTH_EXCEEDED);
	buffer_clear(&xml);
}

static void test_t55_what_does_not_fit_the_schema_is_refused(void)
{
	static const char *const wrong[] = {
		"",
		" ",
		"<Delete/>",
		"<Delete><Object/></Delete>",
		"<Delete><Object><Key></Key></Object></Delete>",
		"<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>",
		"<Delete><Object><Key>a<b/></Key></Object></Delete>",
		"<Delete><Object><Name>a</Name></Object></Delete>",
		"<Delete><Key>a</Key></Delete>",
		"<Delete>text<Object><Key>a</Key></Object></Delete>",
		"<Delete><Quiet>perhaps</Quiet><Object><Key>a</Key></Object></Delete>",
		"<Other><Object><Key>a</Key></Object></Other>",
		"<Delete xmlns=\"http://example.org/\"><Object><Key>a</Key></Object></Delete>",
		"<Delete xmlns=\"" XML_NAMESPACE
		"\"><Object><Key xmlns=\"urn:x\">a</Key></Object></Delete>",
		"<Delete><Object><Key>a</Key></Object></Delete>trailing",
		"<Delete><Object><Key>a</Key></Object></Delete><Delete/>",
		"<Delete><Object><Key>a</Key></Object>",
		"<Delete><Object><Key>a</Object></Key></Delete>",
		"<Delete><Object><Key>\x01</Key></Object></Delete>",
		"<Delete><Object><Key>&#0;</Key></Object></Delete>",
		"<Delete><Object><Key>\xff</Key></Object></Delete>",
		"<?xml version=\"1.0\" "
		"encoding=\"UTF-16\"?><Delete><Object><Key>a</Key></Object></Delete>",
		"<?xml version=\"1.0\" "
		"encoding=\"x-none\"?><Delete><Object><Key>a</Key></Object></Delete>",
		"{\"Delete\":[]}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert(read_delete(span_from_string(wrong[i])) == S3_ERROR_MALFORMED_XML);
}

static void test_a_part_needs_a_number_within_limits_and_an_etag(void)
{
	static const struct {
		const char *part;
		int error;
	} cases[] = {
		{ "", S3_ERROR_MALFORMED_XML },
		{ "<PartNumber>1</PartNumber>", S3_ERROR_MALFORMED_XML },
		{ "<ETag>e</ETag>", S3_ERROR_MALFORMED_XML },
		{ "<PartNumber>0</PartNumber><ETag>e</ETag>", S3_ERROR_INVALID_ARGUMENT },
		{ "<PartNumber>10001</PartNumber><ETag>e</ETag>", S3_ERROR_INVALID_ARGUMENT },
		{ "<PartNumber>-1</PartNumber><ETag>e</ETag>", S3_ERROR_MALFORMED_XML },
		{ "<PartNumber>x</PartNumber><ETag>e</ETag>", S3_ERROR_MALFORMED_XML },
		{ "<PartNumber>1</PartNumber><PartNumber>1</PartNumber><ETag>e</ETag>",
		  S3_ERROR_MALFORMED_XML },
		{ "<PartNumber>10000</PartNumber><ETag>e</ETag>", 0 },
	};
	char xml[512];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(xml, sizeof(xml),
			 "<CompleteMultipartUpload><Part>%s</Part></CompleteMultipartUpload>",
			 cases[i].part);
		assert(read_complete(span_from_string(xml)) == cases[i].error);
	}
	assert(read_complete(SPAN("<CompleteMultipartUpload/>")) == S3_ERROR_MALFORMED_XML);
}

/* Whatever prefix of a sound document comes, it is refused, and nothing is read past its end. */
static void test_a_document_cut_at_any_byte_is_refused(void)
{
	static const char xml[] = "<?xml version=\"1.0\"?><CreateBucketConfiguration" XMLNS
				  "><LocationConstraint>&#101;u</LocationConstraint>"
				  "</CreateBucketConfiguration>";

	for (size_t len = 0; len < sizeof(xml) - 1; len++) {
		uint8_t *copy = malloc(len + 1);

		memcpy(copy, xml, len);
		assert(read_bucket((struct span){ copy, len }) == S3_ERROR_MALFORMED_XML);
		free(copy);
	}
	assert(read_bucket(SPAN(xml)) == 0);
}

static void test_of_a_public_access_block_what_is_not_said_is_off(void)
{
	unsigned int blocks;

	assert(read_public_access(SPAN("<PublicAccessBlockConfiguration" XMLNS ">"
				       "<BlockPublicPolicy>true</BlockPublicPolicy>"
				       "<RestrictPublicBuckets> FALSE </RestrictPublicBuckets>"
				       "</PublicAccessBlockConfiguration>"),
				  &blocks) == 0);
	assert(blocks == 1u << S3_BLOCK_POLICY);
	assert(read_public_access(SPAN("<PublicAccessBlockConfiguration/>"), &blocks) == 0);
	assert(!blocks);
}

static void test_a_public_access_block_is_said_once_and_in_words(void)
{
	static const char *const inside[] = {
		"<BlockPublicAcls>true</BlockPublicAcls><BlockPublicAcls>true</BlockPublicAcls>",
		"<BlockPublicAcls>yes</BlockPublicAcls>",
		"<BlockPublicAcls></BlockPublicAcls>",
		"<BlockEverything>true</BlockEverything>",
		"true",
	};
	char xml[256];
	unsigned int blocks;

	for (size_t i = 0; i < ARRAY_SIZE(inside); i++) {
		snprintf(xml, sizeof(xml),
			 "<PublicAccessBlockConfiguration>%s</PublicAccessBlockConfiguration>",
			 inside[i]);
		assert(read_public_access(span_from_string(xml), &blocks) ==
		       S3_ERROR_MALFORMED_XML);
	}
}

int main(void)
{
	test_of_a_public_access_block_what_is_not_said_is_off();
	test_a_public_access_block_is_said_once_and_in_words();
	test_delete_gives_keys_as_they_were_written();
	test_a_document_without_namespace_is_read();
	test_a_prefix_for_the_namespace_is_read();
	test_complete_gives_parts_in_the_order_of_the_document();
	test_a_list_of_ten_thousand_parts_is_read();
	test_a_bucket_document_may_name_a_place_or_none();
	test_utf_16_is_read_as_the_same_text();
	test_latin_1_that_doubles_in_length_fits();
	test_t55_a_document_type_is_refused_before_it_declares_anything();
	test_t55_an_entity_that_nobody_declared_is_refused();
	test_t55_depth_is_refused_at_the_first_element_too_many();
	test_t55_a_thousand_keys_are_read_and_one_more_is_refused();
	test_t55_size_is_refused_without_reading();
	test_t55_what_does_not_fit_the_schema_is_refused();
	test_a_part_needs_a_number_within_limits_and_an_etag();
	test_a_document_cut_at_any_byte_is_refused();
	return 0;
}
