/* SPDX-License-Identifier: Apache-2.0 */

/* bucket list, show and delete. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/manage/eraser.h"
#include "client/manage/usage.h"
#include "client/render.h"
#include "s3/date.h"

/* Clients who go on putting objects while they are deleted are outrun, or they are not. */
#define ROUNDS_MAX 3

static json_t *describe(const char *name, const char *tenant, const char *region,
			uint64_t created_ns)
{
	char created[DATE_TEXT_MAX];

	date_format_iso8601_s((int64_t)(created_ns / NS_PER_S), created);
	return json_pack("{s:s, s:s, s:s, s:s}", "name", name, "tenant", tenant, "region", region,
			 "created_at", created);
}

/* --- list ------------------------------------------------------------------------------------ */

struct listed {
	json_t *buckets;
	const char *tenant;
};

static int add_bucket(void *context, const struct answer *item)
{
	struct listed *l = context;
	char name[S3_BUCKET_NAME_MAX + 1], region[64 + 1];

	snprintf(name, sizeof(name), "%.*s", (int)item->bucket.len,
		 (const char *)item->bucket.data);
	snprintf(region, sizeof(region), "%.*s", (int)item->region.len,
		 item->region.len ? (const char *)item->region.data : "");
	return json_array_append_new(l->buckets, describe(name, l->tenant, region, item->created)) <
			       0
		       ? -ENOMEM
		       : 0;
}

static int list_of_tenant(struct management *m, struct listed *l)
{
	enum s3_error error = S3_ERROR_NONE;
	struct manager manager;
	int r = management_open(m, l->tenant, NULL, &manager);

	if (r < 0)
		return r;
	r = manager_list(&manager, LISTER_BUCKETS, SPAN_NONE, &error, add_bucket, l);
	manager_close(&manager);
	if (r == -ENOMEM)
		return management_out_of_memory(m);
	return r == 0 && error ? management_list_failed(m, "buckets of", l->tenant, error) : r;
}

int bucket_list(struct management *m)
{
	static const struct render_field fields[] = {
		{ "NAME", "name" },
		{ "TENANT", "tenant" },
		{ "REGION", "region" },
		{ "CREATED", "created_at" },
	};
	struct listed l = { .buckets = json_array() };
	json_t *tenants = NULL, *tenant;
	int r = management_tenants(m, m->invocation->options[OPTION_TENANT], &tenants);
	size_t i;

	json_array_foreach(tenants, i, tenant)
	{
		l.tenant = json_string_value(tenant);
		if (r == 0)
			r = list_of_tenant(m, &l);
	}
	if (r == 0 && m->wants_json)
		m->answer = json_pack("{s:O}", "buckets", l.buckets);
	else if (r == 0)
		render_table(stdout, l.buckets, fields, ARRAY_SIZE(fields));
	json_decref(tenants);
	json_decref(l.buckets);
	return r < 0 ? RUN_STOPPED : RUN_OK;
}

/* --- show ------------------------------------------------------------------------------------ */

int bucket_show(struct management *m)
{
	static const struct render_field fields[] = {
		{ "bucket", "name" },	      { "tenant", "tenant" },
		{ "region", "region" },	      { "created", "created_at" },
		{ "objects", "objects" },     { "unfinished uploads", "uploads" },
		{ "their parts", "parts" },   { "all objects", "all_objects" },
		{ "all bytes", "all_bytes" },
	};
	const char *name = m->invocation->operand;
	char tenant[MANAGEMENT_TENANT_MAX];
	struct manager_reply reply;
	struct manager manager;
	struct manager_figures figures;
	json_t *bucket, *usage, *shown;
	int r;

	if (management_find_owner(m, name, tenant, &manager, &reply) < 0)
		return RUN_STOPPED;
	r = usage_ask(m, &manager, name, false, &figures);
	manager_close(&manager);
	if (r < 0)
		return RUN_STOPPED;
	bucket = describe(name, tenant, reply.region, reply.created_ns);
	usage = usage_describe(name, &figures);
	if (m->wants_json) {
		json_object_update(bucket, usage);
		m->answer = json_pack("{s:O}", "bucket", bucket);
	} else {
		shown = usage_show("name", usage);
		json_object_update(bucket, shown);
		render_record(stdout, bucket, fields, ARRAY_SIZE(fields));
		json_decref(shown);
	}
	json_decref(usage);
	json_decref(bucket);
	return RUN_OK;
}

/* --- delete ---------------------------------------------------------------------------------- */

struct deletion {
	struct management *management;
	const char *bucket, *tenant;
	struct manager manager;
	struct tally tally;
};

static int count_one(void *context, const struct answer *item)
{
	struct progress *p = context;

	p->all_entries++;
	p->all_bytes += item->size;
	return 0;
}

/* How much there is, so that it can be said before, and how far we are. */
static int count(struct deletion *d)
{
	enum s3_error error = S3_ERROR_NONE;
	int r = manager_list(&d->manager, LISTER_OBJECTS, span_from_string(d->bucket), &error,
			     count_one, &d->tally.progress);

	if (r < 0 || !error)
		return r;
	return management_list_failed(d->management, "bucket", d->bucket, error);
}

static bool is_yes(void)
{
	char line[16];

	return fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y');
}

/* -ECANCELED, with *why: it is not meant, or nobody can be asked. */
static int confirm(struct deletion *d)
{
	const struct progress *p = &d->tally.progress;
	struct complaint *why = d->management->why;
	char bytes[RENDER_BYTES_MAX];

	if (d->management->invocation->options[OPTION_YES] || !p->all_entries)
		return 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		complain(why, 0, "nothing was deleted: there is no terminal to ask at");
		complaint_hint(why, "--yes goes without asking");
		return -ECANCELED;
	}
	fprintf(stderr,
		"%llu object%s (%s) in the bucket %s of the tenant %s, gone for good.\n"
		"Delete all of it? [y/N] ",
		(unsigned long long)p->all_entries, p->all_entries == 1 ? "" : "s",
		render_bytes(p->all_bytes, bytes), d->bucket, d->tenant);
	return is_yes() ? 0 : complain(why, -ECANCELED, "nothing was deleted");
}

static int empty(struct deletion *d)
{
	const struct eraser_config c = {
		.of = LISTER_OBJECTS,
		.bucket = span_from_string(d->bucket),
	};
	enum s3_error error = S3_ERROR_NONE;
	int r = eraser_run(&d->manager, &c, &d->tally, &error);

	if (r == 0 && error && error != S3_ERROR_NO_SUCH_BUCKET)
		return management_list_failed(d->management, "bucket", d->bucket, error);
	return r;
}

/* 1: it is not empty. */
static int drop(struct deletion *d)
{
	const struct s3_request request = { .operation = S3_DELETE_BUCKET,
					    .bucket = span_from_string(d->bucket) };
	struct manager_reply reply;
	int r = manager_ask(&d->manager, &request, &reply);

	if (r < 0)
		return r;
	if (reply.error == S3_ERROR_NONE ||
	    (reply.error == S3_ERROR_NO_SUCH_BUCKET && reply.repeated))
		return 0;
	if (reply.error == S3_ERROR_BUCKET_NOT_EMPTY)
		return 1;
	return complain(d->management->why, -EREMOTEIO, "the bucket %s was not deleted: %s",
			d->bucket, s3_errors[reply.error].message);
}

static int complain_of_contents(struct deletion *d, bool clients_put)
{
	struct complaint *why = d->management->why;

	complain(why, -ENOTEMPTY, "the bucket %s of %s is not empty, and was not deleted",
		 d->bucket, d->tenant);
	complaint_hint(why, clients_put ? "clients put objects into it all the time; disable their "
					  "keys first"
					: "--with-objects deletes what is in it, too");
	return -ENOTEMPTY;
}

/* Nobody is asked, and no progress is shown. */
static bool is_unseen(const struct deletion *d)
{
	const struct invocation *i = d->management->invocation;

	return i->options[OPTION_YES] && i->options[OPTION_QUIET];
}

static int delete_with_objects(struct deletion *d)
{
	int r = is_unseen(d) ? 0 : count(d);

	if (r == 0)
		r = confirm(d);
	for (int round = 0; r == 0 && round < ROUNDS_MAX; round++) {
		r = empty(d);
		if (r < 0 || !tally_is_good(&d->tally))
			return r;
		r = drop(d);
		if (r <= 0)
			return r;
		r = 0;
	}
	return r < 0 ? r : complain_of_contents(d, true);
}

static int delete_empty(struct deletion *d)
{
	int r = drop(d);

	return r == 1 ? complain_of_contents(d, false) : r;
}

static json_t *summary(const struct deletion *d)
{
	const struct tally *t = &d->tally;

	return json_pack("{s:{s:s, s:s}, s:I, s:I, s:I, s:b, s:O}", "bucket", "name", d->bucket,
			 "tenant", d->tenant, "deleted", (json_int_t)t->done, "bytes",
			 (json_int_t)t->done_bytes, "failed", (json_int_t)t->failed, "interrupted",
			 (int)t->interrupted, "failures", t->failures);
}

static void tell(struct deletion *d, bool was_deleted)
{
	progress_hide(&d->tally.progress);
	if (d->management->wants_json) {
		d->management->answer = summary(d);
		return;
	}
	if (d->tally.done || d->tally.failed || d->tally.interrupted)
		tally_print(&d->tally);
	if (was_deleted)
		printf("deleted the bucket %s of the tenant %s\n", d->bucket, d->tenant);
}

int bucket_delete(struct management *m)
{
	const struct invocation *i = m->invocation;
	struct deletion d = { .management = m, .bucket = i->operand };
	char tenant[MANAGEMENT_TENANT_MAX];
	struct manager_reply reply;
	int r, outcome;

	r = management_find_owner(m, d.bucket, tenant, &d.manager, &reply);
	if (r < 0)
		return RUN_STOPPED;
	d.tenant = tenant;
	tally_begin(&d.tally, "deleted", m->wants_json, i->options[OPTION_QUIET] != NULL);
	r = i->options[OPTION_WITH_OBJECTS] ? delete_with_objects(&d) : delete_empty(&d);
	outcome = r < 0 ? RUN_STOPPED : tally_is_good(&d.tally) ? RUN_OK : RUN_INCOMPLETE;
	tell(&d, outcome == RUN_OK);
	tally_clear(&d.tally);
	manager_close(&d.manager);
	return outcome;
}
