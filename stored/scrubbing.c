/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/scrubbing.h"

#include <stdio.h>

#include "base/log.h"
#include "stored/service.h"

#define PART_TEXT_MAX sizeof("65535")

static void log_damage(const struct call *c, const struct scrub_damage *d)
{
	struct span bucket = call_request(c)->bucket;
	bool is_part = !span_is_none(d->upload_id);
	char part[PART_TEXT_MAX] = "-";

	if (is_part)
		snprintf(part, sizeof(part), "%u", d->part_number);
	log_error("damage-found tenant=%s bucket=%s key=%s upload=%s part=%s what=%s",
		  LOG_VALUE(c->grant.principal.tenant_name),
		  span_is_none(bucket) ? "-" : LOG_VALUE(bucket),
		  d->key.len ? LOG_VALUE(d->key) : "-", is_part ? LOG_VALUE(d->upload_id) : "-",
		  part, scrub_word(d->what));
}

static int tell_damage(void *context, const struct scrub_damage *d)
{
	struct call *c = context;
	struct answer a;

	log_damage(c, d);
	answer_init(&a);
	a.kind = ANSWER_KIND_DAMAGE;
	a.detail = span_from_string(scrub_word(d->what));
	if (d->key.len)
		a.key = d->key;
	if (!span_is_none(d->upload_id)) {
		a.upload_id = d->upload_id;
		a.part_number = d->part_number;
	}
	return items_add(&c->items, &a);
}

/* Kept in `text`, which the answer borrows. */
static int answer_position(struct call *c, const struct scrub_position *p)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(IPC_POSITION_MAX);

	_Static_assert(IPC_POSITION_MAX <= CALL_TEXT_MAX, "a position fits");
	scrub_position_put(p, &b);
	if (buffer_error(&b))
		return buffer_error(&b);
	memcpy(c->text, b.data, b.len);
	c->answer.position = (struct span){ c->text, b.len };
	return 0;
}

static int scrub_step(struct call *c)
{
	struct scrub s = {
		.tenant = *call_owner(c),
		.bucket = call_request(c)->bucket,
		.position = c->position,
		.damaged = tell_damage,
		.context = c,
	};
	int r = store_scrub(c->service->store, &s);

	if (r)
		return r;
	c->answer.objects = s.objects;
	c->answer.bytes = s.bytes;
	return s.position.stage == SCRUB_THROUGH ? 0 : answer_position(c, &s.position);
}

int scrubbing_bucket(struct call *c)
{
	return call_go_on(c, CALL_ARCHIVE, scrub_step);
}

static int check_catalog(struct call *c)
{
	int r = store_scrub_catalog(c->service->store, call_owner(c), archive_stopped(c->archive));

	if (r != -EUCLEAN)
		return r;
	return tell_damage(c, &(struct scrub_damage){ .what = SCRUB_CATALOG,
						      .key = SPAN(""),
						      .upload_id = SPAN_NONE });
}

int scrubbing_catalog(struct call *c)
{
	return call_go_on(c, CALL_ARCHIVE, check_catalog);
}
