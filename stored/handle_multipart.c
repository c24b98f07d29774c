/* SPDX-License-Identifier: Apache-2.0 */

/* Uploads in parts: begin, part, list of parts, complete, abort. */

#include "stored/answers.h"
#include "stored/documents.h"
#include "stored/handler.h"
#include "stored/incoming.h"
#include "stored/service.h"

static struct span upload_id(const struct call *c)
{
	return call_request(c)->params[S3_PARAM_UPLOAD_ID];
}

static int find_upload(struct call *c, struct upload *ret)
{
	const struct s3_request *r = call_request(c);

	return store_find_upload(c->service->store, call_owner(c), r->bucket, r->key, upload_id(c),
				 ret);
}

static void answer_name(struct call *c)
{
	c->answer.bucket = call_request(c)->bucket;
	c->answer.key = call_request(c)->key;
}

/* --- CreateMultipartUpload ------------------------------------------------------------------- */

static enum checksum_type asked_type(const struct s3_request *r)
{
	struct span type = r->headers[S3_HEADER_AMZ_CHECKSUM_TYPE];

	if (span_is_none(type))
		return CHECKSUM_TYPE_NONE;
	return span_equal_nocase(type, SPAN("COMPOSITE")) ? CHECKSUM_TYPE_COMPOSITE
							  : CHECKSUM_TYPE_FULL_OBJECT;
}

/* Unless it is said: composite, but for the one that cannot be. */
static enum checksum_type type_of_upload(const struct s3_request *r)
{
	if (r->checksum_algorithm == CHECKSUM_NONE)
		return CHECKSUM_TYPE_NONE;
	if (asked_type(r) != CHECKSUM_TYPE_NONE)
		return asked_type(r);
	return checksum_rows[r->checksum_algorithm].composite ? CHECKSUM_TYPE_COMPOSITE
							      : CHECKSUM_TYPE_FULL_OBJECT;
}

static int settle_create(struct call *c)
{
	const struct change_create_upload *u = &c->change->create_upload;

	if (c->change->result)
		return c->change->result;
	answer_name(c);
	c->answer.upload_id = span_from_string(u->upload_id);
	if (u->checksum_algorithm != CHECKSUM_NONE) {
		c->answer.checksum_algorithm = u->checksum_algorithm;
		c->answer.checksum_type = u->checksum_type;
	}
	return 0;
}

int handler_create_multipart_upload(struct call *c)
{
	const struct s3_request *r = call_request(c);
	struct change_create_upload *u;
	int e = call_change(c, CHANGE_CREATE_UPLOAD);

	if (e)
		return e;
	u = &c->change->create_upload;
	u->attributes = r->attributes;
	u->storage_class = r->headers[S3_HEADER_AMZ_STORAGE_CLASS];
	u->checksum_algorithm = r->checksum_algorithm;
	u->checksum_type = type_of_upload(r);
	return call_submit(c, settle_create);
}

/* --- UploadPart ------------------------------------------------------------------------------ */

static int put_part(struct call *c)
{
	const struct s3_request *r = call_request(c);
	int e = call_change(c, CHANGE_PUT_PART);

	if (e)
		return e;
	c->change->put_part.upload_id = upload_id(c);
	c->change->put_part.number = (uint16_t)s3_request_number(r, S3_PARAM_PART_NUMBER, 0);
	e = incoming_keep(c, &c->change->put_part.data);
	return e ? e : call_submit(c, incoming_settle_part);
}

int handler_upload_part(struct call *c)
{
	const struct s3_request *r = call_request(c);
	_cleanup_(upload_clear) struct upload u = { 0 };
	int e = find_upload(c, &u);

	if (e == 0)
		e = incoming_reserve(c, r->length);
	if (e)
		return e;
	if (u.checksum_algorithm != CHECKSUM_NONE && r->checksum_algorithm != CHECKSUM_NONE &&
	    u.checksum_algorithm != r->checksum_algorithm)
		return call_say(
			c, S3_ERROR_INVALID_REQUEST,
			"Checksum Type mismatch occurred: the part's checksum is of another "
			"algorithm than its upload's.");
	/* A part is always a blob: an object made of it refers to it, and copies nothing. */
	return incoming_receive(c, 0, u.checksum_algorithm, put_part);
}

/* --- ListParts ------------------------------------------------------------------------------- */

static int emit_part(struct call *c, const struct upload_part *p)
{
	char text[CHECKSUM_TEXT_MAX];
	struct answer a;

	answer_init(&a);
	a.kind = ANSWER_KIND_PART;
	a.part_number = p->number;
	a.size = p->size;
	a.etag = span_from_string(p->etag);
	a.last_modified = p->modified_ns;
	answer_checksum(&a, &p->checksum, CHECKSUM_TYPE_NONE, 0, text);
	return items_add(&c->items, &a);
}

static int list_parts(struct call *c, uint32_t limit)
{
	const struct s3_request *r = call_request(c);
	uint64_t after = s3_request_number(r, S3_PARAM_PART_NUMBER_MARKER, 0);
	_cleanup_(freep) struct upload_part *parts = calloc(limit + 1, sizeof(*parts));
	bool truncated = false;
	uint32_t count = 0;
	int e;

	if (!parts)
		return -ENOMEM;
	e = store_list_parts(c->service->store, call_owner(c), r->bucket, r->key, upload_id(c),
			     (uint16_t)MIN(after, (uint64_t)UINT16_MAX), limit, parts, &count,
			     &truncated);
	for (uint32_t i = 0; e == 0 && i < count; i++)
		e = emit_part(c, &parts[i]);
	if (e)
		return e;
	c->answer.limit = limit;
	c->answer.count = count;
	c->answer.truncated = truncated;
	c->answer.next_part = count ? parts[count - 1].number : after;
	return 0;
}

/* What the answer says of the upload must live as long as the call. */
static int keep_storage_class(struct call *c, struct span class)
{
	if (class.len > sizeof(c->text))
		return -EMSGSIZE;
	if (!class.len)
		return 0;
	memcpy(c->text, class.data, class.len);
	c->answer.storage_class = (struct span){ c->text, class.len };
	return 0;
}

int handler_list_parts(struct call *c)
{
	_cleanup_(upload_clear) struct upload u = { 0 };
	int e = find_upload(c, &u);

	if (e == 0)
		e = list_parts(c, (uint32_t)s3_request_number(call_request(c), S3_PARAM_MAX_PARTS,
							      S3_LIST_MAX));
	if (e == 0)
		e = keep_storage_class(c, u.storage_class);
	if (e)
		return e;
	answer_name(c);
	answer_owner(&c->answer, c);
	c->answer.upload_id = upload_id(c);
	if (u.checksum_algorithm != CHECKSUM_NONE) {
		c->answer.checksum_algorithm = u.checksum_algorithm;
		c->answer.checksum_type = u.checksum_type;
	}
	return 0;
}

/* --- CompleteMultipartUpload ----------------------------------------------------------------- */

static int settle_complete(struct call *c)
{
	if (c->change->result)
		return c->change->result;
	answer_name(c);
	answer_made(c, &c->change->complete_upload.made);
	return 0;
}

/* The algorithm that the part names, if it is not known of which the upload is. */
static enum checksum_algorithm claimed_algorithm(const struct complete_part *p)
{
	unsigned int a = CHECKSUM_NONE + 1;

	while (a < CHECKSUM_COUNT && span_is_none(p->checksums[a]))
		a++;
	return a < CHECKSUM_COUNT ? (enum checksum_algorithm)a : CHECKSUM_NONE;
}

static int take_claimed_checksum(struct call *c, const struct complete_part *p,
				 const struct upload *u, struct checksum_value *ret)
{
	enum checksum_algorithm a = u->checksum_algorithm != CHECKSUM_NONE ? u->checksum_algorithm
									   : claimed_algorithm(p);

	if (a != CHECKSUM_NONE && !span_is_none(p->checksums[a]))
		return checksum_parse(a, span_trim(p->checksums[a]), ret) ? 0
									  : S3_ERROR_INVALID_PART;
	if (u->checksum_type == CHECKSUM_TYPE_COMPOSITE)
		return call_say(
			c, S3_ERROR_INVALID_REQUEST,
			"The upload was created using a checksum. The complete request must "
			"include the checksum for each part.");
	return 0;
}

static int take_parts(struct call *c, const struct complete_document *d,
		      const struct upload *upload)
{
	struct change_complete_upload *u = &c->change->complete_upload;
	struct change_part_claim *claims;
	int e = 0;

	claims = change_keep_array(c->change, d->n_parts, sizeof(*claims));
	if (!claims)
		return -ENOMEM;
	for (size_t i = 0; e == 0 && i < d->n_parts; i++) {
		claims[i].number = (uint16_t)d->parts[i].number;
		e = change_keep(c->change, d->parts[i].etag, &claims[i].etag);
		if (e == 0)
			e = take_claimed_checksum(c, &d->parts[i], upload, &claims[i].checksum);
	}
	u->parts = claims;
	u->n_parts = d->n_parts;
	return e;
}

/* The number behind the dash of a composite checksum in a header; 0 where there is none. */
static uint32_t claimed_parts(const struct s3_request *r)
{
	struct span value, head, count;
	uint64_t n;

	if (r->checksum.algorithm == CHECKSUM_NONE)
		return 0;
	value = r->headers[s3_header_find(
		span_from_string(checksum_rows[r->checksum.algorithm].header))];
	count = span_cut(value, '-', &head);
	return !span_is_none(count) && span_to_u64(count, &n) && n <= UINT32_MAX ? (uint32_t)n : 0;
}

static int begin_complete(struct call *c)
{
	const struct s3_request *r = call_request(c);
	struct change_complete_upload *u;
	int e = call_change(c, CHANGE_COMPLETE_UPLOAD);

	if (e)
		return e;
	u = &c->change->complete_upload;
	u->upload_id = upload_id(c);
	u->checksum = r->checksum;
	u->checksum_parts = claimed_parts(r);
	u->checksum_type = asked_type(r);
	u->size = s3_request_header_number(r, S3_HEADER_AMZ_MP_OBJECT_SIZE, S3_LENGTH_UNKNOWN);
	u->condition = condition_of_request(r);
	return 0;
}

int handler_complete_multipart_upload(struct call *c)
{
	_cleanup_(complete_document_clear) struct complete_document d = { 0 };
	_cleanup_(upload_clear) struct upload u = { 0 };
	int e;

	if (!c->command_len)
		return S3_ERROR_MALFORMED_XML;
	e = complete_document_read((struct span){ c->document, c->command_len }, &d);
	if (e)
		return e;
	/* That of a repeat is gone; the store knows what was answered, and decides in any case. */
	e = find_upload(c, &u);
	if (e && e != S3_ERROR_NO_SUCH_UPLOAD)
		return e;
	e = begin_complete(c);
	if (e == 0)
		e = take_parts(c, &d, &u);
	return e ? e : call_submit(c, settle_complete);
}

/* --- AbortMultipartUpload -------------------------------------------------------------------- */

static int settle_abort(struct call *c)
{
	return c->change->result;
}

int handler_abort_multipart_upload(struct call *c)
{
	int e = call_change(c, CHANGE_ABORT_UPLOAD);

	if (e)
		return e;
	c->change->abort_upload.upload_id = upload_id(c);
	return call_submit(c, settle_abort);
}
