/* SPDX-License-Identifier: Apache-2.0 */

/* scrub: whether what is kept is still what was put. stored reads, a step at a time; the rate is
 * kept here. */

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/size.h"
#include "client/manage/management.h"
#include "client/render.h"
#include "client/shown.h"
#include "client/transfer/progress.h"

#define RATE_LEAST (64 * KIB) /* slower, stored would take us for gone between two steps */

struct scrubbing {
	struct management *management;
	struct manager *manager;
	const char *bucket; /* NULL: the catalog of the tenant */
	uint64_t rate; /* bytes a second; 0: no limit */
	uint64_t begun_ns;
	struct progress progress; /* with what was looked at so far */
	json_t *damages;
};

/* --- what is told ---------------------------------------------------------------------------- */

static const char *sentence_of(const char *what)
{
	static const char *const sentences[][2] = {
		{ "missing", "its bytes are missing" },
		{ "length", "it has another length than it should have" },
		{ "checksum", "its bytes are not what they were" },
		{ "unreadable", "the disk does not give its bytes" },
		{ "row", "what the catalog says of it cannot be" },
		{ "catalog", "the catalog is damaged" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++)
		if (strcmp(sentences[i][0], what) == 0)
			return sentences[i][1];
	return what;
}

static json_t *text_of(struct span s)
{
	json_t *text = s.len ? json_stringn(s.data, s.len) : json_null();

	return text ? text : json_string(SHOWN(s));
}

static json_t *describe(const struct scrubbing *s, const struct answer *a)
{
	json_t *d =
		json_pack("{s:s, s:s?, s:o, s:o}", "tenant", s->manager->target.tenant, "bucket",
			  s->bucket, "key", text_of(a->key), "what", text_of(a->detail));

	if (a->upload_id.len) {
		json_object_set_new(d, "upload_id", text_of(a->upload_id));
		json_object_set_new(d, "part", json_integer((json_int_t)a->part_number));
	}
	return d;
}

static void print_damage(const struct scrubbing *s, const struct answer *a, const char *what)
{
	printf("damaged: tenant %s", SHOWN(span_from_string(s->manager->target.tenant)));
	if (s->bucket)
		printf(", bucket %s", SHOWN(span_from_string(s->bucket)));
	if (a->key.len)
		printf(", key %s", SHOWN(a->key));
	if (a->upload_id.len)
		printf(", part %" PRIu64 " of the upload %s", a->part_number, SHOWN(a->upload_id));
	printf(": %s\n", sentence_of(what));
	fflush(stdout);
}

static int add_damage(void *context, const struct answer *item)
{
	struct scrubbing *s = context;
	json_t *d = describe(s, item);
	const char *what = json_string_value(json_object_get(d, "what"));

	if (json_array_append_new(s->damages, d) < 0)
		return management_out_of_memory(s->management);
	if (s->management->wants_json)
		return 0;
	progress_hide(&s->progress);
	print_damage(s, item, what ? what : "");
	return 0;
}

static void tell(struct scrubbing *s)
{
	size_t n = json_array_size(s->damages);
	char bytes[RENDER_BYTES_MAX];

	progress_hide(&s->progress);
	if (s->management->wants_json) {
		s->management->answer =
			json_pack("{s:I, s:I, s:O}", "objects", (json_int_t)s->progress.entries,
				  "bytes", (json_int_t)s->progress.bytes, "damages", s->damages);
		return;
	}
	printf("read %" PRIu64 " objects and parts, %s: ", s->progress.entries,
	       render_bytes(s->progress.bytes, bytes));
	if (n)
		printf("%zu damage%s\n", n, n == 1 ? "" : "s");
	else
		puts("nothing is damaged");
}

/* --- the steps ------------------------------------------------------------------------------- */

/* Until there may be more, as the rate is. */
static int rest(struct scrubbing *s)
{
	uint64_t due_ns = s->begun_ns;
	int r = 0;

	if (!s->rate)
		return 0;
	due_ns += (uint64_t)((double)s->progress.bytes / (double)s->rate * (double)NS_PER_S);
	while (r == 0 && clock_boottime_ns() < due_ns && !manager_is_to_stop(s->manager)) {
		progress_tick(&s->progress);
		r = manager_step(s->manager);
	}
	return r;
}

static int complain_of(struct scrubbing *s, enum s3_error e)
{
	return complain(s->management->why, -EREMOTEIO, "the %s %s cannot be looked at: %s",
			s->bucket ? "bucket" : "catalog of",
			s->bucket ? s->bucket : s->manager->target.tenant, s3_errors[e].message);
}

static int count(struct scrubbing *s, const struct manager_figures *f)
{
	if (f->objects == ANSWER_ABSENT || f->bytes == ANSWER_ABSENT)
		return complain(s->management->why, -EPROTO, OPERATOR_NOT_UNDERSTOOD);
	s->progress.entries += f->objects;
	s->progress.bytes += f->bytes;
	progress_tick(&s->progress);
	return rest(s);
}

static int scrub_bucket(void *context, struct manager *of, const char *bucket)
{
	struct manager_reply before = { 0 }, reply;
	struct scrubbing *s = context;
	int r = 0;

	s->manager = of;
	s->bucket = bucket;
	do {
		r = manager_scrub(of, span_from_string(bucket),
				  (struct span){ before.position, before.position_len }, &reply,
				  add_damage, s);
		if (r < 0)
			return r;
		/* It was deleted since it was listed. */
		if (reply.error == S3_ERROR_NO_SUCH_BUCKET)
			return 0;
		if (reply.error)
			return complain_of(s, reply.error);
		r = count(s, &reply.figures);
		before = reply;
	} while (r == 0 && before.position_len);
	return r;
}

static int scrub_catalog(struct scrubbing *s, struct manager *of)
{
	struct manager_reply reply;
	int r;

	s->manager = of;
	s->bucket = NULL;
	r = manager_scrub(of, SPAN(""), SPAN(""), &reply, add_damage, s);
	return r == 0 && reply.error ? complain_of(s, reply.error) : r;
}

static int scrub_tenant(void *context, struct manager *of)
{
	struct scrubbing *s = context;
	json_t *buckets = NULL, *bucket;
	size_t n_damages = json_array_size(s->damages), i;
	int r = scrub_catalog(s, of);

	if (r < 0)
		return r;
	r = management_buckets(s->management, of, &buckets);
	/* That is told, and no reason to leave out the other tenants. */
	if (r == -EREMOTEIO && json_array_size(s->damages) > n_damages)
		return 0;
	json_array_foreach(buckets, i, bucket)
	{
		if (r == 0)
			r = scrub_bucket(s, of, json_string_value(bucket));
	}
	json_decref(buckets);
	return r;
}

/* --- all of it ------------------------------------------------------------------------------- */

/* "none" is no size, and no limit. */
static uint64_t rate_of(const struct invocation *i)
{
	const char *said = i->options[OPTION_READ_RATE];
	uint64_t rate = 0;

	return said && size_parse(span_from_string(said), &rate) ? MAX(rate, UINT64_C(1)) : 0;
}

int scrub(struct management *m)
{
	struct scrubbing s = {
		.management = m,
		.rate = rate_of(m->invocation),
		.begun_ns = clock_boottime_ns(),
	};
	const struct management_visitor visitor = { scrub_tenant, scrub_bucket, &s };
	size_t n;
	int r;

	if (s.rate && s.rate < RATE_LEAST) {
		complain(m->why, -EINVAL, "--read-rate is at least 64KiB");
		return RUN_WRONG;
	}
	s.damages = json_array();
	progress_begin(&s.progress, m->wants_json || m->invocation->options[OPTION_QUIET] != NULL);
	s.progress.what = "objects and parts";
	r = management_visit(m, &visitor);
	n = json_array_size(s.damages);
	tell(&s);
	json_decref(s.damages);
	return r < 0 ? RUN_STOPPED : n ? RUN_INCOMPLETE : RUN_OK;
}
