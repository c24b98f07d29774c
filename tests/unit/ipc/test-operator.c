/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/operator.h"

#include "ipc/schema.h"
#include "ipc/sealed.h"

#undef NDEBUG
#include <assert.h>

static const struct operator_grant full = {
	.id = { { 1, 2, 3 } },
	.epoch = 4,
	.expires_ns = 5,
	.uid = 1000,
	.principal = { .tenant = { { 6 } },
		       .tenant_name = SPAN("tenant"),
		       .canonical_id = SPAN("0123"),
		       .display_name = SPAN("Tenant"),
		       .user = SPAN(""),
		       .credential = SPAN("uid:1000"),
		       .prefix = SPAN("") },
	.bucket = SPAN("bucket"),
	.purpose = OPERATOR_EXPORT,
};

static void test_an_operator_grant_travels_whole(void)
{
	struct buffer b = BUFFER_INIT(IPC_SEAL_MAX);
	struct operator_grant got;

	operator_grant_encode(&full, &b);
	assert(buffer_error(&b) == 0 && operator_grant_decode(buffer_span(&b), &got));
	assert(ipc_id_equal(&got.id, &full.id) && got.epoch == 4 && got.expires_ns == 5);
	assert(got.uid == 1000 && got.purpose == OPERATOR_EXPORT);
	assert(ipc_id_equal(&got.principal.tenant, &full.principal.tenant));
	assert(span_equal(got.principal.display_name, SPAN("Tenant")));
	assert(span_equal(got.bucket, SPAN("bucket")));
	buffer_clear(&b);
}

static void test_t71_cut_or_longer_bytes_are_no_operator_grant(void)
{
	struct buffer b = BUFFER_INIT(IPC_SEAL_MAX);
	struct operator_grant got;

	operator_grant_encode(&full, &b);
	for (size_t len = 0; len < b.len; len++) {
		/* Of exactly that length, so that a read past it is seen. */
		uint8_t *exact = malloc(len + 1);

		memcpy(exact, b.data, len);
		assert(!operator_grant_decode((struct span){ exact, len }, &got));
		free(exact);
	}
	b.data[b.len - 1] = OPERATOR_PURPOSE_COUNT;
	assert(!operator_grant_decode(buffer_span(&b), &got));
	b.data[b.len - 1] = OPERATOR_IMPORT;
	assert(operator_grant_decode(buffer_span(&b), &got));
	buffer_append_byte(&b, 0);
	assert(!operator_grant_decode(buffer_span(&b), &got));
	buffer_clear(&b);
}

static bool is_decoded(enum operator_purpose p, struct span bucket)
{
	struct operator_grant g = full, got;
	struct buffer b = BUFFER_INIT(IPC_SEAL_MAX);
	bool decoded;

	g.purpose = p;
	g.bucket = bucket;
	operator_grant_encode(&g, &b);
	decoded = operator_grant_decode(buffer_span(&b), &got);
	buffer_clear(&b);
	return decoded;
}

static void test_t21_a_grant_names_a_bucket_where_its_purpose_has_one(void)
{
	static const struct {
		bool one, none;
	} may[OPERATOR_PURPOSE_COUNT] = {
		[OPERATOR_IMPORT] = { .one = true },   [OPERATOR_EXPORT] = { .one = true },
		[OPERATOR_MANAGE] = { true, true },    [OPERATOR_BACKUP] = { .none = true },
		[OPERATOR_RESTORE] = { .none = true },
	};

	for (enum operator_purpose p = 0; p < OPERATOR_PURPOSE_COUNT; p++) {
		assert(is_decoded(p, SPAN("")) == may[p].none);
		assert(is_decoded(p, SPAN("bucket")) == may[p].one);
	}
}

/* With the longest names that a tenant can have. */
static void test_the_largest_fits_the_message_that_presents_it(void)
{
	static char name[PRINCIPAL_NAME_MAX], id[64], tenant[63], bucket[63];
	struct operator_grant g = full;
	struct buffer b = BUFFER_INIT(IPC_SEAL_MAX - SEALED_OVERHEAD);

	g.principal.display_name = (struct span){ name, sizeof(name) };
	g.principal.tenant_name = (struct span){ tenant, sizeof(tenant) };
	g.principal.canonical_id = (struct span){ id, sizeof(id) };
	g.bucket = (struct span){ bucket, sizeof(bucket) };
	operator_grant_encode(&g, &b);
	assert(buffer_error(&b) == 0);
	buffer_clear(&b);
}

/* Of a bucket it is said whom it is open to, and nothing else is put. */
static bool is_about_opening(enum s3_operation o)
{
	return o == S3_PUT_BUCKET_POLICY || o == S3_PUT_PUBLIC_ACCESS_BLOCK;
}

static void test_a_purpose_comprises_what_it_needs_and_no_more(void)
{
	for (enum s3_operation o = 0; o < S3_OPERATION_COUNT; o++) {
		bool reads = o == S3_GET_OBJECT || o == S3_HEAD_OBJECT || o == S3_LIST_OBJECTS_V2;

		assert(operator_may(OPERATOR_EXPORT, o) == reads);
		assert(!operator_may(OPERATOR_BACKUP, o) && !operator_may(OPERATOR_RESTORE, o));
		assert(operator_may(OPERATOR_IMPORT, o) == (reads || o == S3_PUT_OBJECT));
		if (is_about_opening(o))
			assert(operator_may(OPERATOR_MANAGE, o));
		else if (operator_may(OPERATOR_MANAGE, o))
			assert(o != S3_GET_OBJECT && s3_operations[o].body == S3_BODY_NONE &&
			       s3_operations[o].method != S3_METHOD_PUT);
	}
}

static void test_purposes_have_names(void)
{
	enum operator_purpose p;

	assert(operator_purpose_parse(SPAN("import"), &p) && p == OPERATOR_IMPORT);
	assert(operator_purpose_parse(SPAN("export"), &p) && p == OPERATOR_EXPORT);
	assert(operator_purpose_parse(SPAN("manage"), &p) && p == OPERATOR_MANAGE);
	assert(strcmp(operator_purpose_name(OPERATOR_EXPORT), "export") == 0);
	assert(!operator_purpose_parse(SPAN("Import"), &p));
	assert(!operator_purpose_parse(SPAN(""), &p));
}

int main(void)
{
	test_an_operator_grant_travels_whole();
	test_t71_cut_or_longer_bytes_are_no_operator_grant();
	test_t21_a_grant_names_a_bucket_where_its_purpose_has_one();
	test_the_largest_fits_the_message_that_presents_it();
	test_a_purpose_comprises_what_it_needs_and_no_more();
	test_purposes_have_names();
	return 0;
}
