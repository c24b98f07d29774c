/* SPDX-License-Identifier: Apache-2.0 */
#include "engine-fixture.h"

#include <openssl/evp.h>

/* Three parts: two of the smallest size that may be followed by another, and a rest. */
#define PART  S3_PART_MIN
#define REST  1000
#define WHOLE (2 * PART + REST)

static struct fixture f;
static uint8_t *bytes;

static const uint16_t numbers[] = { 1, 2, 3 };

static struct span part(int i)
{
	return (struct span){ bytes + (size_t)i * PART, i == 2 ? REST : PART };
}

static struct span whole(void)
{
	return (struct span){ bytes, WHOLE };
}

struct parts {
	char id[UPLOAD_ID_TEXT_MAX];
	char etags[3][ETAG_TEXT_MAX];
};

static void upload_parts(struct parts *p, enum checksum_algorithm a, enum checksum_type type)
{
	assert(create_upload(&f, "key", a, type, p->id) == 0);
	for (int i = 0; i < 3; i++)
		assert(put_part(&f, "key", p->id, numbers[i], part(i), p->etags[i]) == 0);
}

static void begin(struct parts *p)
{
	fixture_begin(&f);
	upload_parts(p, CHECKSUM_NONE, CHECKSUM_TYPE_NONE);
}

/* --- the usual ----------------------------------------------------------------------------- */

static void expected_etag(int n, char ret[static ETAG_TEXT_MAX])
{
	struct change_data d;
	uint8_t md5s[3][16], md5[16];
	unsigned int len;

	for (int i = 0; i < n; i++) {
		describe_data(&d, part(i));
		memcpy(md5s[i], d.md5, 16);
	}
	assert(EVP_Digest(md5s, (size_t)n * 16, md5, &len, EVP_md5(), NULL));
	etag_format(md5, (unsigned int)n, ret);
}

static void test_parts_become_an_object_without_copying(void)
{
	struct change_made made;
	char etag[ETAG_TEXT_MAX];
	struct change_data d;
	struct object *o;
	struct parts p;
	int r;

	begin(&p);
	assert(count_files(&f) == 3);
	assert(is_missing(&f, "key"));
	assert(complete(&f, "key", p.id, 3, numbers, p.etags, &made) == 0);
	assert(count_files(&f) == 3);
	assert(holds(&f, "key", whole()));
	expected_etag(3, etag);
	assert(strcmp(made.etag, etag) == 0 && made.size == WHOLE && made.parts_count == 3);

	o = find(&f, "key", STORE_WITH_PARTS, &r);
	assert(o->parts_count == 3 && o->n_parts == 3 && o->size == WHOLE);
	assert(o->parts[0].number == 1 && o->parts[0].size == PART && o->parts[2].size == REST);
	describe_data(&d, whole());
	assert(o->checksum.algorithm == CHECKSUM_CRC64NVME);
	assert(o->checksum_type == CHECKSUM_TYPE_FULL_OBJECT);
	assert(memcmp(o->checksum.bytes, d.crc64nvme, 8) == 0);
	object_free(o);

	assert(delete_object(&f, "key") == 0);
	bury(&f);
	assert(count_files(&f) == 0);
	fixture_end(&f);
}

static void test_a_completed_upload_answers_again(void)
{
	struct change_made first, again;
	struct parts p;

	begin(&p);
	assert(complete(&f, "key", p.id, 3, numbers, p.etags, &first) == 0);
	assert(complete(&f, "key", p.id, 3, numbers, p.etags, &again) == 0);
	assert(strcmp(first.etag, again.etag) == 0 && first.modified_ns == again.modified_ns);
	assert(checksum_equal(&first.checksum, &again.checksum) && again.size == WHOLE);
	/* Also when another object took its place: nothing is done a second time. */
	assert(put(&f, "key", SPAN("newer")) == 0);
	assert(complete(&f, "key", p.id, 3, numbers, p.etags, &again) == 0);
	assert(strcmp(first.etag, again.etag) == 0);
	assert(holds(&f, "key", SPAN("newer")));
	/* Another list, another key, or aborting it: no such upload. */
	assert(complete(&f, "key", p.id, 2, numbers, p.etags, NULL) == S3_ERROR_NO_SUCH_UPLOAD);
	assert(complete(&f, "kex", p.id, 3, numbers, p.etags, NULL) == S3_ERROR_NO_SUCH_UPLOAD);
	assert(abort_upload(&f, "key", p.id) == S3_ERROR_NO_SUCH_UPLOAD);
	assert(put_part(&f, "key", p.id, 1, part(0), NULL) == S3_ERROR_NO_SUCH_UPLOAD);
	fixture_end(&f);
}

static void test_what_is_not_listed_is_freed(void)
{
	static const uint16_t one_and_three[] = { 1, 3 };
	char etags[2][ETAG_TEXT_MAX];
	struct parts p;

	begin(&p);
	memcpy(etags[0], p.etags[0], ETAG_TEXT_MAX);
	memcpy(etags[1], p.etags[2], ETAG_TEXT_MAX);
	assert(complete(&f, "key", p.id, 2, one_and_three, etags, NULL) == 0);
	bury(&f);
	assert(count_files(&f) == 2);
	fixture_end(&f);
}

static void test_a_part_can_be_sent_again(void)
{
	char etag[ETAG_TEXT_MAX];
	struct parts p;

	begin(&p);
	assert(put_part(&f, "key", p.id, 1, part(1), etag) == 0);
	bury(&f);
	assert(count_files(&f) == 3);
	/* The old tag is no part any more. */
	assert(complete(&f, "key", p.id, 3, numbers, p.etags, NULL) == S3_ERROR_INVALID_PART);
	memcpy(p.etags[0], etag, sizeof(etag));
	assert(complete(&f, "key", p.id, 3, numbers, p.etags, NULL) == 0);
	fixture_end(&f);
}

static void test_aborting_frees_all(void)
{
	struct parts p;

	begin(&p);
	assert(abort_upload(&f, "kex", p.id) == S3_ERROR_NO_SUCH_UPLOAD);
	assert(abort_upload(&f, "key", p.id) == 0);
	assert(abort_upload(&f, "key", p.id) == S3_ERROR_NO_SUCH_UPLOAD);
	bury(&f);
	assert(count_files(&f) == 0);
	/* A part that comes too late is given back. */
	assert(put_part(&f, "key", p.id, 1, part(2), NULL) == S3_ERROR_NO_SUCH_UPLOAD);
	assert(complete(&f, "key", p.id, 3, numbers, p.etags, NULL) == S3_ERROR_NO_SUCH_UPLOAD);
	fixture_close(&f);
	assert(count_files(&f) == 0);
	fixture_remove(&f);
}

static void test_an_upload_of_one_small_or_empty_part(void)
{
	char id[UPLOAD_ID_TEXT_MAX], etags[1][ETAG_TEXT_MAX];
	struct change_made made;

	fixture_begin(&f);
	assert(create_upload(&f, "small", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	assert(put_part(&f, "small", id, 7, SPAN("tiny"), etags[0]) == 0);
	assert(complete(&f, "small", id, 1, (uint16_t[]){ 7 }, etags, NULL) == 0);
	assert(holds(&f, "small", SPAN("tiny")));
	assert(create_upload(&f, "empty", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	assert(put_part(&f, "empty", id, 1, SPAN(""), etags[0]) == 0);
	assert(complete(&f, "empty", id, 1, (uint16_t[]){ 1 }, etags, &made) == 0);
	assert(holds(&f, "empty", SPAN("")) && made.size == 0);
	fixture_end(&f);
}

/* --- what is refused ----------------------------------------------------------------------- */

static void test_lists_that_are_not_right_are_refused(void)
{
	static const struct {
		size_t n;
		uint16_t numbers[3];
		const char *etag; /* in place of the second's */
		int expected;
	} cases[] = {
		{ 0, { 0 }, NULL, S3_ERROR_MALFORMED_XML },
		{ 3, { 2, 1, 3 }, NULL, S3_ERROR_INVALID_PART_ORDER },
		{ 3, { 1, 1, 3 }, NULL, S3_ERROR_INVALID_PART_ORDER },
		{ 3, { 1, 2, 4 }, NULL, S3_ERROR_INVALID_PART },
		{ 3, { 0, 2, 3 }, NULL, S3_ERROR_INVALID_PART },
		{ 3, { 1, 2, 3 }, "00000000000000000000000000000000", S3_ERROR_INVALID_PART },
		{ 3, { 1, 2, 3 }, "nonsense", S3_ERROR_INVALID_PART },
	};
	struct parts p;

	begin(&p);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char etags[3][ETAG_TEXT_MAX];

		memcpy(etags, p.etags, sizeof(etags));
		if (cases[i].etag)
			strcpy(etags[1], cases[i].etag);
		assert(complete(&f, "key", p.id, cases[i].n, cases[i].numbers, etags, NULL) ==
		       cases[i].expected);
		assert(is_missing(&f, "key"));
	}
	/* None of this did any harm. */
	assert(complete(&f, "key", p.id, 3, numbers, p.etags, NULL) == 0);
	assert(holds(&f, "key", whole()));
	fixture_end(&f);
}

static void test_small_parts_in_the_middle_are_refused(void)
{
	struct parts p;

	begin(&p);
	assert(put_part(&f, "key", p.id, 2, SPAN("small"), p.etags[1]) == 0);
	assert(complete(&f, "key", p.id, 3, numbers, p.etags, NULL) == S3_ERROR_ENTITY_TOO_SMALL);
	assert(is_missing(&f, "key"));
	assert(complete(&f, "key", p.id, 2, numbers, p.etags, NULL) == 0);
	fixture_end(&f);
}

static void test_numbers_out_of_range_are_refused(void)
{
	struct parts p;

	begin(&p);
	assert(put_part(&f, "key", p.id, 0, part(2), NULL) == S3_ERROR_INVALID_ARGUMENT);
	assert(put_part(&f, "key", p.id, 10001, part(2), NULL) == S3_ERROR_INVALID_ARGUMENT);
	assert(put_part(&f, "key", p.id, 10000, part(2), NULL) == 0);
	fixture_end(&f);
}

static void test_an_id_has_one_text(void)
{
	char id[UPLOAD_ID_TEXT_MAX];
	struct parts p;

	begin(&p);
	memcpy(id, p.id, sizeof(id));
	for (char *at = id; *at; at++)
		if (*at >= 'a' && *at <= 'f')
			*at = (char)(*at - 'a' + 'A');
	assert(strcmp(id, p.id) != 0);
	assert(abort_upload(&f, "key", id) == S3_ERROR_NO_SUCH_UPLOAD);
	assert(abort_upload(&f, "key", "") == S3_ERROR_NO_SUCH_UPLOAD);
	assert(abort_upload(&f, "key", "' OR 1=1 --") == S3_ERROR_NO_SUCH_UPLOAD);
	fixture_end(&f);
}

/* --- claims about the whole ---------------------------------------------------------------- */

struct claim_of_whole {
	struct checksum_value checksum;
	uint32_t parts;
	enum checksum_type type;
	uint64_t size;
	const char *if_match, *if_none_match;
};

static int complete_claiming(struct parts *p, const struct claim_of_whole *claim)
{
	struct change *c = new_change(&f, CHANGE_COMPLETE_UPLOAD, "key");
	struct change_part_claim *claims = change_keep_array(c, 3, sizeof(*claims));
	struct change_complete_upload *complete_upload = &c->complete_upload;
	int r;

	for (int i = 0; i < 3; i++)
		claims[i] = (struct change_part_claim){ .number = numbers[i],
							.etag = span_from_string(p->etags[i]) };
	complete_upload->upload_id = span_from_string(p->id);
	complete_upload->parts = claims;
	complete_upload->n_parts = 3;
	complete_upload->checksum = claim->checksum;
	complete_upload->checksum_parts = claim->parts;
	complete_upload->checksum_type = claim->type;
	complete_upload->size = claim->size;
	complete_upload->condition.if_match = span_from_string(claim->if_match);
	complete_upload->condition.if_none_match = span_from_string(claim->if_none_match);
	r = submit(&f, c);
	change_free(c);
	return r;
}

static struct checksum_value checksum_of(enum checksum_algorithm a, struct span s)
{
	struct checksum_value v;
	struct checksum *c;

	assert(checksum_new(a, &c) == 0);
	assert(checksum_update(c, s) == 0);
	assert(checksum_finish(c, &v) == 0);
	checksum_free(c);
	return v;
}

static void test_size_type_and_checksum_are_held_against_the_parts(void)
{
	struct claim_of_whole claim = { .size = S3_LENGTH_UNKNOWN };
	struct parts p;

	begin(&p);
	claim.size = WHOLE - 1;
	assert(complete_claiming(&p, &claim) == S3_ERROR_INVALID_REQUEST);
	claim.size = WHOLE;
	claim.type = CHECKSUM_TYPE_COMPOSITE;
	assert(complete_claiming(&p, &claim) == S3_ERROR_INVALID_REQUEST);
	claim.type = CHECKSUM_TYPE_FULL_OBJECT;
	claim.checksum = checksum_of(CHECKSUM_CRC32, whole());
	assert(complete_claiming(&p, &claim) == S3_ERROR_INVALID_REQUEST);
	claim.checksum = checksum_of(CHECKSUM_CRC64NVME, part(0));
	assert(complete_claiming(&p, &claim) == S3_ERROR_BAD_DIGEST);
	assert(is_missing(&f, "key"));
	claim.checksum = checksum_of(CHECKSUM_CRC64NVME, whole());
	assert(complete_claiming(&p, &claim) == 0);
	assert(holds(&f, "key", whole()));
	fixture_end(&f);
}

static void test_conditions_on_completing(void)
{
	struct claim_of_whole claim = { .size = S3_LENGTH_UNKNOWN };
	struct parts p;

	begin(&p);
	assert(put(&f, "key", SPAN("old")) == 0);
	claim.if_none_match = "*";
	assert(complete_claiming(&p, &claim) == S3_ERROR_PRECONDITION_FAILED);
	claim.if_none_match = NULL;
	claim.if_match = "\"0\"";
	assert(complete_claiming(&p, &claim) == S3_ERROR_PRECONDITION_FAILED);
	assert(holds(&f, "key", SPAN("old")));
	assert(delete_object(&f, "key") == 0);
	claim.if_match = "*";
	assert(complete_claiming(&p, &claim) == S3_ERROR_NO_SUCH_KEY);
	claim.if_match = NULL;
	claim.if_none_match = "*";
	assert(complete_claiming(&p, &claim) == 0);
	fixture_end(&f);
}

/* --- checksums ----------------------------------------------------------------------------- */

static int put_summed_part(struct parts *p, int i, enum checksum_algorithm a)
{
	struct change *c = new_change(&f, CHANGE_PUT_PART, "key");
	int r;

	c->put_part.upload_id = span_from_string(p->id);
	c->put_part.number = numbers[i];
	describe_data(&c->put_part.data, part(i));
	if (a != CHECKSUM_NONE)
		c->put_part.data.checksum = checksum_of(a, part(i));
	c->put_part.data.blob = make_blob(&f, part(i));
	r = submit(&f, c);
	memcpy(p->etags[i], c->put_part.made.etag, ETAG_TEXT_MAX);
	change_free(c);
	return r;
}

static void test_parts_must_have_the_uploads_checksum(void)
{
	struct parts p;

	fixture_begin(&f);
	assert(create_upload(&f, "key", CHECKSUM_SHA256, CHECKSUM_TYPE_NONE, p.id) == 0);
	assert(put_summed_part(&p, 0, CHECKSUM_NONE) == S3_ERROR_INVALID_REQUEST);
	assert(put_summed_part(&p, 0, CHECKSUM_CRC32) == S3_ERROR_INVALID_REQUEST);
	assert(put_summed_part(&p, 0, CHECKSUM_SHA256) == 0);
	assert(create_upload(&f, "key", CHECKSUM_CRC64NVME, CHECKSUM_TYPE_NONE, p.id) == 0);
	assert(put_summed_part(&p, 0, CHECKSUM_NONE) == 0);
	fixture_end(&f);
}

static void test_types_that_do_not_exist_are_refused(void)
{
	static const struct {
		enum checksum_algorithm algorithm;
		enum checksum_type type;
		int expected;
	} cases[] = {
		{ CHECKSUM_SHA1, CHECKSUM_TYPE_FULL_OBJECT, S3_ERROR_INVALID_REQUEST },
		{ CHECKSUM_CRC64NVME, CHECKSUM_TYPE_COMPOSITE, S3_ERROR_INVALID_REQUEST },
		{ CHECKSUM_NONE, CHECKSUM_TYPE_COMPOSITE, S3_ERROR_INVALID_REQUEST },
		{ CHECKSUM_CRC32, CHECKSUM_TYPE_FULL_OBJECT, 0 },
		{ CHECKSUM_CRC32, CHECKSUM_TYPE_COMPOSITE, 0 },
	};
	char id[UPLOAD_ID_TEXT_MAX];

	fixture_begin(&f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert(create_upload(&f, "key", cases[i].algorithm, cases[i].type, id) ==
		       cases[i].expected);
	fixture_end(&f);
}

/* The checksum of the object, by its definition. */
static struct checksum_value expected_checksum(enum checksum_algorithm a, enum checksum_type type)
{
	uint8_t sums[3 * CHECKSUM_MAX_LEN];
	size_t len = checksum_rows[a].len;

	if (type == CHECKSUM_TYPE_FULL_OBJECT)
		return checksum_of(a, whole());
	for (int i = 0; i < 3; i++) {
		struct checksum_value v = checksum_of(a, part(i));

		memcpy(sums + (size_t)i * len, v.bytes, len);
	}
	return checksum_of(a, (struct span){ sums, 3 * len });
}

static void check_checksum(enum checksum_algorithm a, enum checksum_type type)
{
	struct checksum_value expected = expected_checksum(a, type);
	struct claim_of_whole claim = {
		.checksum = expected,
		.type = type,
		.parts = type == CHECKSUM_TYPE_COMPOSITE ? 4 : 0,
		.size = WHOLE,
	};
	struct object *o;
	struct parts p;
	int r;

	assert(create_upload(&f, "key", a, type, p.id) == 0);
	for (int i = 0; i < 3; i++)
		assert(put_summed_part(&p, i, a) == 0);
	if (claim.parts) {
		assert(complete_claiming(&p, &claim) == S3_ERROR_BAD_DIGEST);
		claim.parts = 3;
	}
	assert(complete_claiming(&p, &claim) == 0);
	o = find(&f, "key", STORE_WITH_PARTS, &r);
	assert(o->checksum_type == type && checksum_equal(&o->checksum, &expected));
	for (int i = 0; i < 3; i++) {
		struct checksum_value v = checksum_of(a, part(i));

		assert(checksum_equal(&o->parts[i].checksum, &v));
	}
	object_free(o);
	assert(holds(&f, "key", whole()));
}

static void test_composite_and_full_checksums(void)
{
	fixture_begin(&f);
	check_checksum(CHECKSUM_CRC32, CHECKSUM_TYPE_COMPOSITE);
	check_checksum(CHECKSUM_CRC32, CHECKSUM_TYPE_FULL_OBJECT);
	check_checksum(CHECKSUM_CRC32C, CHECKSUM_TYPE_COMPOSITE);
	check_checksum(CHECKSUM_CRC32C, CHECKSUM_TYPE_FULL_OBJECT);
	check_checksum(CHECKSUM_CRC64NVME, CHECKSUM_TYPE_FULL_OBJECT);
	check_checksum(CHECKSUM_SHA1, CHECKSUM_TYPE_COMPOSITE);
	check_checksum(CHECKSUM_SHA256, CHECKSUM_TYPE_COMPOSITE);
	fixture_end(&f);
}

/* --- reading uploads ----------------------------------------------------------------------- */

static void test_parts_are_listed(void)
{
	struct upload_part parts[4];
	struct upload upload;
	struct change *c;
	uint32_t count;
	bool truncated;
	struct parts p;

	begin(&p);
	assert(store_list_parts(f.store, &f.tenant, SPAN("bucket"), SPAN("key"),
				span_from_string(p.id), 0, 2, parts, &count, &truncated) == 0);
	assert(count == 2 && truncated && parts[0].number == 1 && parts[1].number == 2);
	assert(parts[0].size == PART && strcmp(parts[1].etag, p.etags[1]) == 0);
	assert(store_list_parts(f.store, &f.tenant, SPAN("bucket"), SPAN("key"),
				span_from_string(p.id), 2, 2, parts, &count, &truncated) == 0);
	assert(count == 1 && !truncated && parts[0].number == 3);
	assert(store_list_parts(f.store, &f.tenant, SPAN("bucket"), SPAN("kex"),
				span_from_string(p.id), 0, 2, parts, &count,
				&truncated) == S3_ERROR_NO_SUCH_UPLOAD);

	c = new_change(&f, CHANGE_CREATE_UPLOAD, "key");
	c->create_upload.attributes = SPAN("attributes");
	c->create_upload.storage_class = SPAN("GLACIER");
	c->create_upload.checksum_algorithm = CHECKSUM_SHA1;
	assert(submit(&f, c) == 0);
	assert(store_find_upload(f.store, &f.tenant, SPAN("bucket"), SPAN("key"),
				 span_from_string(c->create_upload.upload_id), &upload) == 0);
	assert(span_equal(upload.attributes, SPAN("attributes")));
	assert(span_equal(upload.storage_class, SPAN("GLACIER")));
	assert(upload.checksum_algorithm == CHECKSUM_SHA1);
	assert(upload.checksum_type == CHECKSUM_TYPE_COMPOSITE);
	assert(upload.created_ns == c->create_upload.created_ns);
	upload_clear(&upload);
	change_free(c);
	fixture_end(&f);
}

/* --- copies -------------------------------------------------------------------------------- */

static int copy_part(const char *from, const char *id, uint16_t number, struct change_made *ret)
{
	struct change *c = new_change(&f, CHANGE_COPY_PART, "key");
	int r;

	c->copy_part.source =
		(struct change_source){ .bucket = SPAN("bucket"), .key = span_from_string(from) };
	c->copy_part.upload_id = span_from_string(id);
	c->copy_part.number = number;
	r = submit(&f, c);
	*ret = c->copy_part.made;
	change_free(c);
	return r;
}

static void test_an_object_can_be_a_part_by_reference(void)
{
	char etags[2][ETAG_TEXT_MAX];
	struct change_made made;
	struct object *o;
	struct parts p;
	int r;

	fixture_begin(&f);
	assert(put_blob(&f, "from", part(0)) == 0);
	assert(put(&f, "small", SPAN("small")) == 0);
	assert(create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, p.id) == 0);
	assert(copy_part("missing", p.id, 1, &made) == S3_ERROR_NO_SUCH_KEY);
	assert(copy_part("small", p.id, 1, &made) == -EXDEV);
	assert(copy_part("from", p.id, 1, &made) == 0);
	memcpy(etags[0], made.etag, sizeof(made.etag));
	assert(copy_part("from", p.id, 2, &made) == 0);
	memcpy(etags[1], made.etag, sizeof(made.etag));
	assert(count_files(&f) == 1);
	assert(delete_object(&f, "from") == 0);
	assert(complete(&f, "key", p.id, 2, numbers, etags, NULL) == 0);
	bury(&f);
	assert(count_files(&f) == 1);
	o = find(&f, "key", 0, &r);
	assert(o->size == 2 * PART);
	object_free(o);
	fixture_end(&f);
}

static void test_a_part_by_reference_keeps_the_uploads_checksum(void)
{
	struct change_made made;
	struct parts p;

	fixture_begin(&f);
	assert(put_blob(&f, "from", part(0)) == 0);
	assert(create_upload(&f, "key", CHECKSUM_CRC64NVME, CHECKSUM_TYPE_NONE, p.id) == 0);
	assert(copy_part("from", p.id, 1, &made) == 0);
	assert(made.checksum.algorithm == CHECKSUM_CRC64NVME);
	assert(create_upload(&f, "key", CHECKSUM_SHA256, CHECKSUM_TYPE_NONE, p.id) == 0);
	assert(copy_part("from", p.id, 1, &made) == -EXDEV);
	/* A multipart object's tag is no MD5 of its bytes. */
	upload_parts(&p, CHECKSUM_NONE, CHECKSUM_TYPE_NONE);
	assert(complete(&f, "key", p.id, 1, numbers, p.etags, NULL) == 0);
	assert(create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, p.id) == 0);
	assert(copy_part("key", p.id, 1, &made) == -EXDEV);
	fixture_end(&f);
}

static void test_a_multipart_object_is_copied_with_its_parts(void)
{
	struct object *o;
	struct parts p;
	int r;

	begin(&p);
	assert(complete(&f, "key", p.id, 3, numbers, p.etags, NULL) == 0);
	assert(copy(&f, "key", "copy") == 0);
	assert(delete_object(&f, "key") == 0);
	bury(&f);
	assert(holds(&f, "copy", whole()));
	o = find(&f, "copy", STORE_WITH_PARTS, &r);
	assert(o->n_parts == 3 && o->parts[1].number == 2);
	object_free(o);
	assert(count_files(&f) == 3);
	fixture_end(&f);
}

/* --- races --------------------------------------------------------------------------------- */

struct racer {
	pthread_t thread;
	struct parts *parts;
	int result;
};

static void *race_to_complete(void *context)
{
	struct racer *r = context;

	r->result = complete(&f, "key", r->parts->id, 3, numbers, r->parts->etags, NULL);
	return NULL;
}

static void *race_to_abort(void *context)
{
	struct racer *r = context;

	r->result = abort_upload(&f, "key", r->parts->id);
	return NULL;
}

static void test_t81_two_completes_at_once_destroy_nothing(void)
{
	struct racer racers[2];
	struct parts p;

	fixture_begin(&f);
	for (int round = 0; round < 5; round++) {
		upload_parts(&p, CHECKSUM_NONE, CHECKSUM_TYPE_NONE);
		for (int i = 0; i < 2; i++) {
			racers[i].parts = &p;
			pthread_create(&racers[i].thread, NULL, race_to_complete, &racers[i]);
		}
		for (int i = 0; i < 2; i++)
			pthread_join(racers[i].thread, NULL);
		assert(racers[0].result == 0 && racers[1].result == 0);
		bury(&f);
		assert(holds(&f, "key", whole()));
		assert(count_files(&f) == 3);
	}
	fixture_end(&f);
}

static void test_t81_abort_racing_complete_has_one_winner(void)
{
	struct racer completing, aborting;
	struct parts p;

	fixture_begin(&f);
	for (int round = 0; round < 8; round++) {
		upload_parts(&p, CHECKSUM_NONE, CHECKSUM_TYPE_NONE);
		completing.parts = aborting.parts = &p;
		pthread_create(round % 2 ? &completing.thread : &aborting.thread, NULL,
			       round % 2 ? race_to_complete : race_to_abort,
			       round % 2 ? &completing : &aborting);
		pthread_create(round % 2 ? &aborting.thread : &completing.thread, NULL,
			       round % 2 ? race_to_abort : race_to_complete,
			       round % 2 ? &aborting : &completing);
		pthread_join(completing.thread, NULL);
		pthread_join(aborting.thread, NULL);
		assert((completing.result == 0) != (aborting.result == 0));
		assert(completing.result == 0 || completing.result == S3_ERROR_NO_SUCH_UPLOAD);
		assert(aborting.result == 0 || aborting.result == S3_ERROR_NO_SUCH_UPLOAD);
		assert(is_missing(&f, "key") == (completing.result != 0));
		assert(delete_object(&f, "key") == 0);
		bury(&f);
		assert(count_files(&f) == 0);
	}
	fixture_end(&f);
}

int main(void)
{
	bytes = malloc(WHOLE);
	fill(bytes, WHOLE, 3);
	RUN(test_parts_become_an_object_without_copying);
	RUN(test_a_completed_upload_answers_again);
	RUN(test_what_is_not_listed_is_freed);
	RUN(test_a_part_can_be_sent_again);
	RUN(test_aborting_frees_all);
	RUN(test_an_upload_of_one_small_or_empty_part);
	RUN(test_lists_that_are_not_right_are_refused);
	RUN(test_small_parts_in_the_middle_are_refused);
	RUN(test_numbers_out_of_range_are_refused);
	RUN(test_an_id_has_one_text);
	RUN(test_size_type_and_checksum_are_held_against_the_parts);
	RUN(test_conditions_on_completing);
	RUN(test_parts_must_have_the_uploads_checksum);
	RUN(test_types_that_do_not_exist_are_refused);
	RUN(test_composite_and_full_checksums);
	RUN(test_parts_are_listed);
	RUN(test_an_object_can_be_a_part_by_reference);
	RUN(test_a_part_by_reference_keeps_the_uploads_checksum);
	RUN(test_a_multipart_object_is_copied_with_its_parts);
	RUN(test_t81_two_completes_at_once_destroy_nothing);
	RUN(test_t81_abort_racing_complete_has_one_winner);
	free(bytes);
	return 0;
}
