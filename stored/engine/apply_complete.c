/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/apply.h"

/*
 * CompleteMultipartUpload: the parts that the client lists become one object. No data is copied:
 * the references to the blobs move from the parts to the object.
 */

#include <openssl/evp.h>
#include <sodium.h>

#include "stored/engine/layout.h"

#define REMEMBERED_MS	(24 * 60 * 60 * UINT64_C(1000))
#define CLAIMS_HASH_LEN 32

static void evp_freep(EVP_MD_CTX **p)
{
	EVP_MD_CTX_free(*p);
}

/* The object in the making, part by part. */
struct assembly {
	enum checksum_algorithm algorithm; /* of the object */
	enum checksum_type type;
	enum checksum_algorithm
		part_algorithm; /* of the upload; NONE: parts have only the CRC-64 */
	uint64_t size;
	bool too_small; /* a part that is not the last is */
	EVP_MD_CTX *md5;
	struct checksum *composite;
	struct checksum_value checksum; /* FULL_OBJECT: of what is there so far */
	struct buffer extents, parts;
};

static void assembly_clear(struct assembly *a)
{
	buffer_clear(&a->extents);
	buffer_clear(&a->parts);
	a->composite = checksum_free(a->composite);
	evp_freep(&a->md5);
}

static int assembly_init(struct assembly *a, const struct upload_row *upload)
{
	bool asked = upload->checksum_algorithm != CHECKSUM_NONE;

	*a = (struct assembly){
		.algorithm = asked ? upload->checksum_algorithm : CHECKSUM_CRC64NVME,
		.type = asked ? upload->checksum_type : CHECKSUM_TYPE_FULL_OBJECT,
		.part_algorithm = upload->checksum_algorithm,
		.extents = BUFFER_INIT(LAYOUT_EXTENTS_MAX),
		.parts = BUFFER_INIT(LAYOUT_PARTS_MAX),
	};
	layout_begin_parts(&a->parts, a->part_algorithm);
	a->md5 = EVP_MD_CTX_new();
	if (!a->md5 || !EVP_DigestInit_ex(a->md5, EVP_md5(), NULL))
		return -ENOMEM;
	if (a->type == CHECKSUM_TYPE_COMPOSITE)
		return checksum_new(a->algorithm, &a->composite);
	return 0;
}

/* A part as it was uploaded. */
struct stored_part {
	struct object_part part;
	uint8_t md5[16];
	struct checksum_value crc64nvme;
	bool has_blob;
	struct ipc_id blob;
};

/* 1: found; 0: there is none. */
static int find_part(struct work *w, struct span id, uint16_t number,
		     enum checksum_algorithm algorithm, struct stored_part *ret)
{
	_cleanup_(query_end) struct query q = query_begin(w->db, CATALOG_FIND_PART);
	struct stored_part p = {
		.part = { .number = number, .checksum.algorithm = algorithm },
		.crc64nvme.algorithm = CHECKSUM_CRC64NVME,
	};
	int r;

	query_bytes(&q, id);
	query_number(&q, number);
	r = query_step(&q);
	if (r <= 0)
		return r;
	p.part.size = query_column_number(&q, 0);
	r = query_column_copy(&q, 2, p.md5, sizeof(p.md5));
	if (r == 0 && algorithm != CHECKSUM_NONE)
		r = query_column_copy(&q, 3, p.part.checksum.bytes, checksum_rows[algorithm].len);
	if (r == 0)
		r = query_column_copy(&q, 4, p.crc64nvme.bytes, 8);
	p.has_blob = !span_is_none(query_column_bytes(&q, 5));
	if (r == 0 && p.has_blob)
		r = query_column_copy(&q, 5, p.blob.bytes, sizeof(p.blob.bytes));
	if (r < 0)
		return r;
	*ret = p;
	return 1;
}

static bool claim_holds(const struct change_part_claim *claim, const struct stored_part *p)
{
	const struct checksum_value *v = &claim->checksum;
	uint8_t md5[16];
	unsigned int parts;

	if (!etag_parse(claim->etag, md5, &parts) || parts || memcmp(md5, p->md5, 16) != 0)
		return false;
	if (v->algorithm == CHECKSUM_NONE)
		return true;
	if (v->algorithm == CHECKSUM_CRC64NVME)
		return checksum_equal(v, &p->crc64nvme);
	/* Of an upload without an algorithm, others were checked as the part came, and not kept. */
	return p->part.checksum.algorithm == CHECKSUM_NONE || checksum_equal(v, &p->part.checksum);
}

static int add_checksum(struct assembly *a, const struct stored_part *p)
{
	const struct checksum_value *v =
		a->part_algorithm == CHECKSUM_NONE ? &p->crc64nvme : &p->part.checksum;

	if (a->composite)
		return checksum_update(a->composite,
				       (struct span){ v->bytes, checksum_rows[a->algorithm].len });
	if (a->checksum.algorithm == CHECKSUM_NONE)
		a->checksum = *v;
	else
		checksum_combine(&a->checksum, v, p->part.size);
	return 0;
}

static int add_part(struct assembly *a, const struct stored_part *p, bool last)
{
	if (__builtin_add_overflow(a->size, p->part.size, &a->size) || a->size > S3_OBJECT_MAX)
		return S3_ERROR_ENTITY_TOO_LARGE;
	a->too_small |= !last && p->part.size < S3_PART_MIN;
	if (!EVP_DigestUpdate(a->md5, p->md5, sizeof(p->md5)))
		return -ENOMEM;
	if (p->has_blob && p->part.size)
		layout_put_extent(&a->extents, &(struct extent){ p->blob, 0, p->part.size });
	layout_put_part(&a->parts, &p->part);
	return add_checksum(a, p);
}

static int assemble(struct work *w, struct span id, const struct change_complete_upload *complete,
		    struct assembly *a)
{
	struct stored_part p;
	int r;

	if (!complete->n_parts)
		return S3_ERROR_MALFORMED_XML;
	if (complete->n_parts > S3_PART_COUNT_MAX)
		return S3_ERROR_INVALID_REQUEST;
	for (size_t i = 1; i < complete->n_parts; i++)
		if (complete->parts[i].number <= complete->parts[i - 1].number)
			return S3_ERROR_INVALID_PART_ORDER;
	for (size_t i = 0; i < complete->n_parts; i++) {
		const struct change_part_claim *claim = &complete->parts[i];

		r = find_part(w, id, claim->number, a->part_algorithm, &p);
		if (r < 0)
			return r;
		if (r == 0 || !claim_holds(claim, &p))
			return S3_ERROR_INVALID_PART;
		r = add_part(a, &p, i + 1 == complete->n_parts);
		if (r != 0)
			return r;
	}
	return a->too_small ? S3_ERROR_ENTITY_TOO_SMALL : 0;
}

static int finish_checksum(struct assembly *a)
{
	int r;

	if (!a->composite)
		return 0;
	r = checksum_finish(a->composite, &a->checksum);
	return r < 0 ? r : 0;
}

/* What the client said of the whole, against what the parts came to. */
static int check_whole(const struct change_complete_upload *complete, const struct assembly *a)
{
	const struct checksum_value *v = &complete->checksum;

	if (complete->size != S3_LENGTH_UNKNOWN && complete->size != a->size)
		return S3_ERROR_INVALID_REQUEST;
	if (complete->checksum_type != CHECKSUM_TYPE_NONE && complete->checksum_type != a->type)
		return S3_ERROR_INVALID_REQUEST;
	if (v->algorithm == CHECKSUM_NONE)
		return 0;
	if (v->algorithm != a->algorithm)
		return S3_ERROR_INVALID_REQUEST;
	if (!checksum_equal(v, &a->checksum))
		return S3_ERROR_BAD_DIGEST;
	if (complete->checksum_parts && complete->checksum_parts != complete->n_parts)
		return S3_ERROR_BAD_DIGEST;
	return 0;
}

/* --- remembering --------------------------------------------------------------------------- */

/* Two lists with the same parts have the same hash, however their tags are quoted. */
static void hash_claims(const struct change_complete_upload *complete,
			uint8_t ret[static CLAIMS_HASH_LEN])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, CLAIMS_HASH_LEN);
	for (size_t i = 0; i < complete->n_parts; i++) {
		const struct change_part_claim *claim = &complete->parts[i];
		struct span etag = etag_unquote(claim->etag);
		uint8_t head[3] = { (uint8_t)claim->number, (uint8_t)(claim->number >> 8),
				    (uint8_t)MIN(etag.len, UINT8_MAX) };

		crypto_generichash_update(&state, head, sizeof(head));
		crypto_generichash_update(&state, etag.data ? etag.data : head, head[2]);
	}
	crypto_generichash_final(&state, ret, CLAIMS_HASH_LEN);
}

static uint64_t oldest_remembered(const struct work *w)
{
	return w->now_ms > REMEMBERED_MS ? w->now_ms - REMEMBERED_MS : 0;
}

static int remember(struct work *w, const struct object_name *name, struct span id,
		    const struct change_complete_upload *complete, const struct object_row *row)
{
	struct query q = query_begin(w->db, CATALOG_DELETE_COMPLETED);
	uint8_t claims[CLAIMS_HASH_LEN];
	int r;

	query_number(&q, oldest_remembered(w));
	r = query_run(&q);
	if (r < 0)
		return r;
	hash_claims(complete, claims);
	q = query_begin(w->db, CATALOG_INSERT_COMPLETED);
	query_bytes(&q, id);
	query_number(&q, name->bucket);
	query_bytes(&q, name->key);
	query_number(&q, w->now_ms);
	query_bytes(&q, (struct span){ claims, sizeof(claims) });
	query_number(&q, row->size);
	query_text(&q, row->etag);
	row_bind_checksum(&q, &row->checksum, row->checksum_type);
	query_number(&q, row->parts_count);
	return query_run(&q);
}

/* SDKs repeat what they got no answer to: the same list is told the same again. */
static int recall(struct work *w, const struct object_name *name, struct span id,
		  const struct change_complete_upload *complete, struct change_made *ret)
{
	_cleanup_(query_end) struct query q = query_begin(w->db, CATALOG_FIND_COMPLETED);
	uint8_t claims[CLAIMS_HASH_LEN];
	struct object_row row = { 0 };
	int r;

	query_bytes(&q, id);
	query_number(&q, name->bucket);
	query_bytes(&q, name->key);
	query_number(&q, oldest_remembered(w));
	r = query_step(&q);
	if (r <= 0)
		return r < 0 ? r : S3_ERROR_NO_SUCH_UPLOAD;
	hash_claims(complete, claims);
	if (!span_equal(query_column_bytes(&q, 1), (struct span){ claims, sizeof(claims) }))
		return S3_ERROR_NO_SUCH_UPLOAD;
	row.modified_ms = query_column_number(&q, 0);
	row.size = query_column_number(&q, 2);
	row.etag = query_column_bytes(&q, 3);
	row.parts_count = (uint32_t)query_column_number(&q, 7);
	r = row_checksum(&q, 4, &row.checksum, &row.checksum_type);
	if (r < 0)
		return r;
	work_made(&row, ret);
	return 0;
}

/* --- the change ---------------------------------------------------------------------------- */

static int write_object(struct work *w, const struct object_name *name, struct span id,
			struct change_complete_upload *complete, const struct upload_row *upload,
			const struct assembly *a, const struct standing *before)
{
	struct body_row body = { .parts = buffer_span(&a->parts) };
	char etag[ETAG_TEXT_MAX];
	uint8_t md5[16];
	int r;

	if (a->extents.len)
		body.extents = buffer_span(&a->extents);
	else
		body.body = SPAN("");
	if (!EVP_DigestFinal_ex(a->md5, md5, NULL))
		return -ENOMEM;
	struct object_row row = {
		.size = a->size,
		.modified_ms = w->now_ms,
		.etag = span_from_string(etag_format(md5, (unsigned int)complete->n_parts, etag)),
		.storage_class = upload->storage_class,
		.attributes = upload->attributes,
		.checksum = a->checksum,
		.checksum_type = a->type,
		.parts_count = (uint32_t)complete->n_parts,
	};
	r = work_put(w, name, &row, &body, before);
	if (r < 0)
		return r;
	work_made(&row, &complete->made);
	return remember(w, name, id, complete, &row);
}

static int complete_upload(struct work *w, const struct object_name *name, struct span id,
			   struct change_complete_upload *complete, const struct upload_row *upload)
{
	_cleanup_(assembly_clear) struct assembly a;
	struct standing before;
	int r;

	r = assembly_init(&a, upload);
	if (r == 0)
		r = assemble(w, id, complete, &a);
	if (r == 0)
		r = finish_checksum(&a);
	if (r == 0)
		r = check_whole(complete, &a);
	if (r == 0)
		r = work_check_condition(w, name, &complete->condition, &before);
	if (r == 0)
		r = buffer_error(&a.extents);
	if (r == 0)
		r = buffer_error(&a.parts);
	if (r == 0)
		r = write_object(w, name, id, complete, upload, &a, &before);
	if (r == 0)
		r = work_delete_upload(w, name->bucket, name->key, id, complete->parts,
				       complete->n_parts);
	return r;
}

int apply_complete_upload(struct work *w, struct change *c)
{
	struct change_complete_upload *complete = &c->complete_upload;
	struct object_name name = { .key = c->key, .version = SPAN("") };
	_cleanup_(query_end) struct query q = { 0 };
	uint8_t id_bytes[UPLOAD_ID_LEN];
	struct span id = { id_bytes, sizeof(id_bytes) };
	struct upload_row upload;
	struct bucket bucket;
	int r;

	r = work_find_bucket(w, c->bucket, &bucket);
	if (r == 0)
		r = upload_id_parse(complete->upload_id, id_bytes);
	if (r != 0)
		return r;
	name.bucket = bucket.id;
	r = upload_row_find(w->db, bucket.id, c->key, id, &q, &upload);
	if (r < 0)
		return r;
	if (r == 0)
		return recall(w, &name, id, complete, &complete->made);
	return complete_upload(w, &name, id, complete, &upload);
}
