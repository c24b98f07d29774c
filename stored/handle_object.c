/* SPDX-License-Identifier: Apache-2.0 */

/* Reading and deleting objects. */

#include "s3/condition.h"
#include "s3/date.h"
#include "s3/range.h"
#include "stored/answers.h"
#include "stored/documents.h"
#include "stored/handler.h"
#include "stored/permission.h"
#include "stored/service.h"

/* --- GetObject, HeadObject ------------------------------------------------------------------- */

static void end_moment(struct task_room *room)
{
	room->kept = moment_end(room->kept);
}

/* Those that are asked for at once are looked up at once. */
static int find_briefly(struct call *c, unsigned int with)
{
	const struct s3_request *r = call_request(c);
	struct task_room *room = c->task.room;
	struct moment *moment = room->kept;
	int e = store_find_object_in(c->service->store, &moment, call_owner(c), r->bucket, r->key,
				     r->params[S3_PARAM_VERSION_ID], with, &c->object);

	*room = (struct task_room){ moment, end_moment };
	return e;
}

static int find(struct call *c, unsigned int with)
{
	const struct s3_request *r = call_request(c);

	/* The loop had it in memory. */
	if (c->object)
		return 0;
	if (call_is_brief(c))
		return find_briefly(c, with);
	return store_find_object(c->service->store, call_owner(c), r->bucket, r->key,
				 r->params[S3_PARAM_VERSION_ID], with, &c->object);
}

static int check_conditions(const struct call *c)
{
	struct condition condition = condition_of_request(call_request(c));
	int r = condition_read(&condition, c->object->etag,
			       (int64_t)(c->object->modified_ns / NS_PER_S));

	switch ((enum condition_outcome)r) {
	case CONDITION_OK:
		return 0;
	case CONDITION_NOT_MODIFIED:
		return S3_ERROR_NOT_MODIFIED;
	case CONDITION_FAILED:
		return S3_ERROR_PRECONDITION_FAILED;
	case CONDITION_MISSING:
		return S3_ERROR_NO_SUCH_KEY;
	}
	return fold(r);
}

/* RFC 9110, 13.1.5: a range of another state of the object than the client knows is of no use. */
static bool if_range_holds(const struct call *c)
{
	struct span value = call_request(c)->headers[S3_HEADER_IF_RANGE];
	int64_t date_s;

	if (span_is_none(value))
		return true;
	if (date_parse_http(value, &date_s))
		return date_s == (int64_t)(c->object->modified_ns / NS_PER_S);
	return !span_starts_with(value, SPAN("W/")) &&
	       span_equal(etag_unquote(value), c->object->etag);
}

/* Clients check what they get against a checksum: one of the whole must not go with a piece. */
static void hide_checksum(struct answer *a)
{
	a->checksum = SPAN_NONE;
	a->checksum_algorithm = a->checksum_type = ANSWER_ABSENT;
}

static void show_part(struct call *c, const struct object_part *p)
{
	hide_checksum(&c->answer);
	answer_checksum(&c->answer, &p->checksum, CHECKSUM_TYPE_NONE, 0, c->checksum_text);
	if (p->checksum.algorithm != CHECKSUM_NONE)
		c->answer.checksum_type = c->object->checksum_type;
}

/* These bytes and no others; also where there are none of them, as of a part that is empty. */
static void choose(struct call *c, struct range chosen, struct range *ret)
{
	c->answer.range_start = chosen.offset;
	c->answer.range_length = chosen.len;
	*ret = chosen;
}

/* A part of a multipart object, with its own checksum; any other object is its own part 1. */
static int select_part(struct call *c, uint64_t number, struct range *ret)
{
	const struct object *o = c->object;
	uint64_t offset = 0;

	if (!o->parts_count && number == 1) {
		choose(c, (struct range){ 0, o->size }, ret);
		return 0;
	}
	for (size_t i = 0; i < o->n_parts; i++) {
		const struct object_part *p = &o->parts[i];

		if (p->number == number) {
			choose(c, (struct range){ offset, p->size }, ret);
			show_part(c, p);
			return 0;
		}
		offset += p->size;
	}
	return S3_ERROR_INVALID_PART_NUMBER;
}

static int select_range(struct call *c, struct span header, struct range *ret)
{
	struct range chosen;
	int r = if_range_holds(c) ? range_parse(header, c->object->size, &chosen) : RANGE_IGNORED;

	switch ((enum range_outcome)r) {
	case RANGE_OK:
		hide_checksum(&c->answer);
		choose(c, chosen, ret);
		return 0;
	case RANGE_IGNORED:
		return 0;
	case RANGE_UNSATISFIABLE:
		return S3_ERROR_INVALID_RANGE;
	case RANGE_MALFORMED:
		return S3_ERROR_INVALID_ARGUMENT;
	}
	return fold(r);
}

/* Which bytes are asked for: those of a part, of a range, or all. */
static int select_bytes(struct call *c, struct range *ret)
{
	const struct s3_request *r = call_request(c);
	uint64_t part = s3_request_number(r, S3_PARAM_PART_NUMBER, 0);
	struct span header = r->headers[S3_HEADER_RANGE];

	*ret = (struct range){ 0, c->object->size };
	if (part)
		return select_part(c, part, ret);
	return span_is_none(header) ? 0 : select_range(c, header, ret);
}

/* Finds the object, decides whether and which bytes of it are the answer, and says all but them. */
static int describe(struct call *c, unsigned int with, struct range *ret)
{
	int e;

	if (!span_is_none(call_request(c)->params[S3_PARAM_PART_NUMBER]))
		with |= STORE_WITH_PARTS;
	e = find(c, with);
	if (e)
		return e;
	answer_object(c, c->object);
	e = check_conditions(c);
	if (e)
		return e;
	e = select_bytes(c, ret);
	c->is_object = e == 0;
	return e;
}

int handler_head_object(struct call *c)
{
	struct range range;

	return describe(c, 0, &range);
}

int handler_get_object(struct call *c)
{
	struct range range;
	int e = describe(c, STORE_WITH_DATA, &range);

	if (e || !range.len)
		return e;
	if (!span_is_none(c->object->body)) {
		c->object_body = span_first(span_skip(c->object->body, range.offset), range.len);
		return 0;
	}
	e = delivery_start(&c->delivery, c->object, range.offset, range.len);
	if (e)
		return e;
	c->object_extents = range.len;
	return delivery_open(&c->delivery, c->service->store, c->object, c->wanted);
}

/* --- GetObjectAttributes --------------------------------------------------------------------- */

static int emit_part(struct call *c, const struct object_part *p)
{
	char text[CHECKSUM_TEXT_MAX];
	struct answer a;

	answer_init(&a);
	a.kind = ANSWER_KIND_PART;
	a.part_number = p->number;
	a.size = p->size;
	answer_checksum(&a, &p->checksum, CHECKSUM_TYPE_NONE, 0, text);
	return items_add(&c->items, &a);
}

static int emit_parts(struct call *c)
{
	const struct s3_request *r = call_request(c);
	uint64_t marker = s3_request_header_number(r, S3_HEADER_AMZ_PART_NUMBER_MARKER, 0);
	uint64_t limit = s3_request_header_number(r, S3_HEADER_AMZ_MAX_PARTS, S3_LIST_MAX);
	uint64_t count = 0, last = 0;
	int e = 0;

	c->answer.limit = limit;
	c->answer.truncated = 0;
	for (size_t i = 0; e == 0 && i < c->object->n_parts; i++) {
		const struct object_part *p = &c->object->parts[i];

		if (p->number <= marker)
			continue;
		if (count == limit) {
			c->answer.truncated = 1;
			break;
		}
		e = emit_part(c, p);
		last = p->number;
		count++;
	}
	c->answer.next_part = last;
	return e;
}

int handler_get_object_attributes(struct call *c)
{
	unsigned int wanted;
	int e;

	if (!s3_request_wanted_attributes(call_request(c), &wanted))
		return S3_ERROR_INVALID_ARGUMENT;
	e = find(c, STORE_WITH_PARTS);
	if (e)
		return e;
	answer_object(c, c->object);
	e = check_conditions(c);
	if (e || !(wanted & S3_ATTRIBUTE_OBJECT_PARTS) || !c->object->parts_count)
		return e;
	return emit_parts(c);
}

/* --- GetObjectAcl ---------------------------------------------------------------------------- */

int handler_get_object_acl(struct call *c)
{
	int e = find(c, 0);

	if (e == 0)
		answer_owner(&c->answer, c);
	return e;
}

/* --- GetObjectTagging ------------------------------------------------------------------------ */

/* No object has tags yet, so what there is to find out is whether there is an object. */
int handler_get_object_tagging(struct call *c)
{
	return find(c, 0);
}

/* --- DeleteObject ---------------------------------------------------------------------------- */

/* To S3 what is not there is deleted already; the other dialect says that it was not there. */
static int settle_delete(struct call *c)
{
	const struct change *change = c->change;

	if (change->result == 0 && !change->delete_object.existed &&
	    call_request(c)->dialect == S3_DIALECT_REST)
		return S3_ERROR_NO_SUCH_KEY;
	return change->result;
}

int handler_delete_object(struct call *c)
{
	const struct s3_request *r = call_request(c);
	int e = call_change(c, CHANGE_DELETE_OBJECT);

	if (e)
		return e;
	c->change->delete_object.version = r->params[S3_PARAM_VERSION_ID];
	c->change->delete_object.condition.if_match = r->headers[S3_HEADER_IF_MATCH];
	return call_submit(c, settle_delete);
}

/* --- DeleteObjects --------------------------------------------------------------------------- */

/* Each key has been decided with the others; what became of it is one item. */
static int emit_verdict(struct call *c, const struct change_delete_item *item)
{
	struct answer a;

	answer_init(&a);
	a.kind = item->result ? ANSWER_KIND_ERROR : ANSWER_KIND_DELETED;
	a.key = item->key;
	a.version_id = item->version;
	if (item->result)
		a.error = (uint64_t)call_shown(c, item->result);
	return items_add(&c->items, &a);
}

static int settle_delete_objects(struct call *c)
{
	const struct change_delete_objects *d = &c->change->delete_objects;
	int e = c->change->result;

	for (size_t i = 0; e == 0 && i < d->n; i++)
		if (d->items[i].result || !c->answer.quiet)
			e = emit_verdict(c, &d->items[i]);
	return e;
}

static int take_entry(struct call *c, struct permission *p, const struct delete_entry *entry,
		      struct change_delete_item *item)
{
	int e;

	if (!span_is_none(entry->last_modified) || !span_is_none(entry->size))
		return S3_ERROR_NOT_IMPLEMENTED;
	if (entry->key.len > S3_KEY_MAX || entry->version_id.len > S3_KEY_MAX)
		return S3_ERROR_KEY_TOO_LONG;
	e = change_keep(c->change, entry->key, &item->key);
	/* An empty VersionId is what some clients write where they mean none. */
	if (e == 0 && entry->version_id.len)
		e = change_keep(c->change, entry->version_id, &item->version);
	if (e == 0)
		e = change_keep(c->change, entry->etag, &item->condition.if_match);
	item->forbidden = e == 0 && !permission_to_delete(p, item->key, item->version, entry->etag);
	if (item->forbidden)
		c->refusal = S3_ERROR_ACCESS_DENIED;
	return e;
}

static int take_entries(struct call *c, const struct delete_document *d)
{
	struct change_delete_objects *change = &c->change->delete_objects;
	struct permission_gates gates = { c->gate, NULL };
	struct permission p;
	int e;

	change->items = change_keep_array(c->change, d->n_entries, sizeof(*change->items));
	if (!change->items)
		return -ENOMEM;
	e = permission_begin(&c->grant, &gates, &p);
	if (e)
		return e;
	e = permission_check(&p);
	if (e > 0)
		c->refusal = (enum s3_error)e;
	c->hides_keys = e == 0 && !permission_to_miss(&p);
	for (size_t i = 0; e == 0 && i < d->n_entries; i++)
		e = take_entry(c, &p, &d->entries[i], &change->items[i]);
	permission_end(&p);
	change->n = d->n_entries;
	return e;
}

/* To who has nothing to do with the bucket it is as one that he may do nothing else with. */
static bool is_all_forbidden(const struct change_delete_objects *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (!d->items[i].forbidden)
			return false;
	return true;
}

int handler_delete_objects(struct call *c)
{
	_cleanup_(delete_document_clear) struct delete_document d = { 0 };
	int e;

	if (!c->command_len)
		return S3_ERROR_MISSING_REQUEST_BODY;
	e = delete_document_read((struct span){ c->document, c->command_len }, &d);
	if (e == 0)
		e = call_change(c, CHANGE_DELETE_OBJECTS);
	if (e == 0)
		e = take_entries(c, &d);
	if (e == 0 && !permission_is_own(&c->grant, c->gate) &&
	    is_all_forbidden(&c->change->delete_objects))
		return S3_ERROR_ACCESS_DENIED;
	if (e)
		return e;
	c->answer.quiet = d.quiet;
	return call_submit(c, settle_delete_objects);
}
