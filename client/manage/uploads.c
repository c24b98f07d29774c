/* SPDX-License-Identifier: Apache-2.0 */

/* uploads list and abort: uploads in parts that nobody has finished yet. */

#include <stdio.h>

#include "base/clock.h"
#include "base/duration.h"
#include "client/manage/eraser.h"
#include "client/manage/management.h"
#include "client/render.h"
#include "client/shown.h"
#include "s3/date.h"

struct selection {
	struct management *management;
	/* What is done there; NO_SUCH_BUCKET is one that has gone meanwhile. */
	int (*of_bucket)(struct selection *s, enum s3_error *ret);
	uint64_t before_ns; /* only those that began before; UINT64_MAX: all */
	json_t *uploads; /* to be listed */
	struct tally tally; /* of those that are aborted */
	struct manager *manager;
	const char *bucket; /* the one that we are at */
};

/* The moment before which an upload must have begun. What was parsed before is a span of time. */
static uint64_t moment_of(const struct invocation *i)
{
	const char *span = i->options[OPTION_OLDER_THAN];
	uint64_t now_ns = clock_realtime_ns(), age_ns = 0;

	if (!span || !duration_parse(span_from_string(span), &age_ns) || !age_ns)
		return UINT64_MAX;
	return age_ns < now_ns ? now_ns - age_ns : 0;
}

/* --- going through them ---------------------------------------------------------------------- */

static int visit_bucket(void *context, struct manager *of, const char *bucket)
{
	enum s3_error error = S3_ERROR_NONE;
	struct selection *s = context;
	int r;

	s->manager = of;
	s->bucket = bucket;
	r = s->of_bucket(s, &error);
	if (r < 0 || error == S3_ERROR_NONE || error == S3_ERROR_NO_SUCH_BUCKET)
		return r;
	return management_list_failed(s->management, "uploads of", bucket, error);
}

static int visit_tenant(void *context, struct manager *of)
{
	struct selection *s = context;
	json_t *buckets = NULL, *bucket;
	size_t i;
	int r = management_buckets(s->management, of, &buckets);

	json_array_foreach(buckets, i, bucket)
	{
		if (r == 0)
			r = visit_bucket(s, of, json_string_value(bucket));
	}
	json_decref(buckets);
	return r;
}

static int visit_all(struct selection *s)
{
	const struct management_visitor v = { visit_tenant, visit_bucket, s };

	return management_visit(s->management, &v);
}

/* --- list ------------------------------------------------------------------------------------ */

static json_t *describe(const struct selection *s, const struct answer *a)
{
	json_t *key = s->management->wants_json ? json_stringn(a->key.data, a->key.len)
						: json_string(SHOWN(a->key));
	char began[DATE_TEXT_MAX];

	date_format_iso8601_s((int64_t)(a->created / NS_PER_S), began);
	return json_pack("{s:s, s:s, s:o, s:s, s:o}", "tenant", s->manager->target.tenant, "bucket",
			 s->bucket, "key", key, "began_at", began, "upload_id",
			 json_stringn(a->upload_id.data, a->upload_id.len));
}

static int add_upload(void *context, const struct answer *item)
{
	struct selection *s = context;

	if (item->created >= s->before_ns)
		return 0;
	return json_array_append_new(s->uploads, describe(s, item)) < 0 ? -ENOMEM : 0;
}

static int list_bucket(struct selection *s, enum s3_error *ret)
{
	int r = manager_list(s->manager, LISTER_UPLOADS, span_from_string(s->bucket), ret,
			     add_upload, s);

	return r == -ENOMEM ? management_out_of_memory(s->management) : r;
}

int uploads_list(struct management *m)
{
	static const struct render_field fields[] = {
		{ "TENANT", "tenant" },	 { "BUCKET", "bucket" },       { "KEY", "key" },
		{ "BEGAN", "began_at" }, { "UPLOAD ID", "upload_id" },
	};
	struct selection s = {
		.management = m,
		.of_bucket = list_bucket,
		.before_ns = moment_of(m->invocation),
		.uploads = json_array(),
	};
	int r = visit_all(&s);

	if (r == 0 && m->wants_json)
		m->answer = json_pack("{s:O}", "uploads", s.uploads);
	else if (r == 0)
		render_table(stdout, s.uploads, fields, ARRAY_SIZE(fields));
	json_decref(s.uploads);
	return r < 0 ? RUN_STOPPED : RUN_OK;
}

/* --- abort ----------------------------------------------------------------------------------- */

static int abort_bucket(struct selection *s, enum s3_error *ret)
{
	const struct eraser_config c = {
		.of = LISTER_UPLOADS,
		.bucket = span_from_string(s->bucket),
		.before_ns = s->before_ns,
	};
	int r = eraser_run(s->manager, &c, &s->tally, ret);

	return r == 0 && s->tally.interrupted ? complain(s->management->why, -EINTR, "interrupted")
					      : r;
}

static void tell(struct management *m, const struct tally *t)
{
	if (m->wants_json) {
		m->answer = json_pack("{s:I, s:I, s:O}", "aborted", (json_int_t)t->done, "failed",
				      (json_int_t)t->failed, "failures", t->failures);
		return;
	}
	printf("aborted %llu upload%s", (unsigned long long)t->done, t->done == 1 ? "" : "s");
	if (t->failed)
		printf("; failed: %llu", (unsigned long long)t->failed);
	putchar('\n');
}

int uploads_abort(struct management *m)
{
	struct selection s = {
		.management = m,
		.of_bucket = abort_bucket,
		.before_ns = moment_of(m->invocation),
	};
	int r;

	/* How many there are is not known before, so there is no progress to be shown. */
	tally_begin(&s.tally, "aborted", m->wants_json, true);
	r = visit_all(&s);
	if (r == 0 || s.tally.done || s.tally.failed)
		tell(m, &s.tally);
	r = r < 0 ? RUN_STOPPED : tally_is_good(&s.tally) ? RUN_OK : RUN_INCOMPLETE;
	tally_clear(&s.tally);
	return r;
}
