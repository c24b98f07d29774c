/* SPDX-License-Identifier: Apache-2.0 */

/* tenant usage, and what is asked and told of usage elsewhere. */

#include <stdio.h>

#include "client/manage/usage.h"
#include "client/render.h"

/* --- what is told ---------------------------------------------------------------------------- */

static json_t *number_or_null(uint64_t n)
{
	return n == ANSWER_ABSENT ? json_null() : json_integer((json_int_t)n);
}

json_t *usage_describe(const char *name, const struct manager_figures *f)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:{s:o, s:o}}", "name", name, "objects",
			 (json_int_t)f->objects, "bytes", (json_int_t)f->bytes, "uploads",
			 (json_int_t)f->uploads, "upload_bytes", (json_int_t)f->upload_bytes,
			 "quota", "bytes", number_or_null(f->quota_bytes), "objects",
			 number_or_null(f->quota_objects));
}

/* "12 of 100": what counts against a quota, and the quota where there is one. */
static json_t *show_of(json_int_t used, const json_t *quota, bool bytes)
{
	char a[RENDER_BYTES_MAX], b[RENDER_BYTES_MAX];
	json_int_t most = json_integer_value(quota);

	if (bytes)
		return json_is_null(quota)
			       ? json_string(render_bytes((uint64_t)used, a))
			       : json_sprintf("%s of %s", render_bytes((uint64_t)used, a),
					      render_bytes((uint64_t)most, b));
	return json_is_null(quota) ? json_sprintf("%lld", (long long)used)
				   : json_sprintf("%lld of %lld", (long long)used, (long long)most);
}

json_t *usage_show(const char *kind, const json_t *described)
{
	const json_t *quota = json_object_get(described, "quota");
	json_int_t objects = json_integer_value(json_object_get(described, "objects")),
		   bytes = json_integer_value(json_object_get(described, "bytes")),
		   uploads = json_integer_value(json_object_get(described, "uploads")),
		   parts = json_integer_value(json_object_get(described, "upload_bytes"));

	return json_pack("{s:O, s:O, s:I, s:o, s:o, s:o}", kind, json_object_get(described, "name"),
			 "objects", json_object_get(described, "objects"), "uploads", uploads,
			 "parts", show_of(parts, json_null(), true), "all_objects",
			 show_of(objects + uploads, json_object_get(quota, "objects"), false),
			 "all_bytes",
			 show_of(bytes + parts, json_object_get(quota, "bytes"), true));
}

/* --- asking ---------------------------------------------------------------------------------- */

static int complain_of(struct management *m, const char *what, const char *name, enum s3_error e)
{
	bool is_gone = e == S3_ERROR_NO_SUCH_BUCKET || e == S3_ERROR_ACCESS_DENIED;

	return complain(m->why, is_gone ? -ENOENT : -EREMOTEIO,
			"the %s %s cannot be looked at: %s", what, name, s3_errors[e].message);
}

int usage_ask(struct management *m, struct manager *manager, const char *bucket, bool recount,
	      struct manager_figures *ret)
{
	struct manager_reply reply;
	struct ipc_message what = { .number = recount ? IPC_RECOUNT : IPC_USAGE };
	int r;

	if (recount)
		what.recount.bucket = usage_bucket(bucket);
	else
		what.usage.bucket = usage_bucket(bucket);
	r = manager_say(manager, &what, &reply);
	if (r == 0 && reply.error)
		return complain_of(m, bucket ? "bucket" : "tenant",
				   bucket ? bucket : manager->target.tenant, reply.error);
	if (r == 0)
		*ret = reply.figures;
	return r;
}

/* --- tenant usage ---------------------------------------------------------------------------- */

static bool was_wrong(const struct manager_figures *f)
{
	return f->wrong_objects != ANSWER_ABSENT;
}

static json_t *describe_correction(const char *bucket, const struct manager_figures *f)
{
	return json_pack("{s:s, s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:I}}", "bucket", bucket,
			 "was", "objects", (json_int_t)f->wrong_objects, "bytes",
			 (json_int_t)f->wrong_bytes, "uploads", (json_int_t)f->wrong_uploads,
			 "upload_bytes", (json_int_t)f->wrong_upload_bytes, "is", "objects",
			 (json_int_t)f->objects, "bytes", (json_int_t)f->bytes, "uploads",
			 (json_int_t)f->uploads, "upload_bytes", (json_int_t)f->upload_bytes);
}

struct survey_of_tenant {
	struct management *management;
	struct manager manager;
	bool each, recount;
	json_t *buckets, *corrected;
};

static int add_bucket(struct survey_of_tenant *s, const char *bucket)
{
	struct manager_figures counted, figures;
	int r = 0;

	if (s->recount)
		r = usage_ask(s->management, &s->manager, bucket, true, &counted);
	if (r == 0 && s->each)
		r = usage_ask(s->management, &s->manager, bucket, false, &figures);
	/* It was deleted since it was listed. */
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (s->recount && was_wrong(&counted))
		json_array_append_new(s->corrected, describe_correction(bucket, &counted));
	if (!s->each)
		return 0;
	return json_array_append_new(s->buckets, usage_describe(bucket, &figures)) < 0
		       ? management_out_of_memory(s->management)
		       : 0;
}

static int add_buckets(struct survey_of_tenant *s)
{
	json_t *names = NULL, *name;
	int r = management_buckets(s->management, &s->manager, &names);
	size_t i;

	json_array_foreach(names, i, name) if (r == 0) r = add_bucket(s, json_string_value(name));
	json_decref(names);
	return r;
}

/* One tenant: its sum, and with `each` every bucket of it. */
static int survey_tenant(struct management *m, const char *tenant, bool each, json_t **ret)
{
	struct survey_of_tenant s = {
		.management = m,
		.each = each,
		.recount = m->invocation->options[OPTION_RECOUNT] != NULL,
	};
	struct manager_figures all;
	int r = management_open(m, tenant, NULL, &s.manager);

	if (r < 0)
		return r;
	s.buckets = json_array();
	s.corrected = json_array();
	if (each || s.recount)
		r = add_buckets(&s);
	/* Last: what was counted again is in it. */
	if (r == 0)
		r = usage_ask(m, &s.manager, NULL, false, &all);
	if (r == 0) {
		*ret = usage_describe(tenant, &all);
		if (each)
			json_object_set(*ret, "buckets", s.buckets);
		if (s.recount)
			json_object_set(*ret, "corrected", s.corrected);
	}
	json_decref(s.buckets);
	json_decref(s.corrected);
	manager_close(&s.manager);
	return r;
}

static long long figure_of(const json_t *correction, const char *when, const char *figure)
{
	return json_integer_value(json_object_get(json_object_get(correction, when), figure));
}

static void print_corrections(const json_t *tenant)
{
	static const struct {
		const char *name, *shown;
	} figures[] = {
		{ "objects", "objects" },
		{ "bytes", "bytes" },
		{ "uploads", "unfinished uploads" },
		{ "upload_bytes", "bytes of their parts" },
	};
	const json_t *corrected = json_object_get(tenant, "corrected");
	char text[RENDER_TEXT_MAX];
	json_t *one;
	size_t i;

	if (corrected && !json_array_size(corrected))
		printf("%s: all figures were right\n",
		       render_text(json_string_value(json_object_get(tenant, "name")), text));
	json_array_foreach(corrected, i, one)
	{
		printf("corrected %s",
		       render_text(json_string_value(json_object_get(one, "bucket")), text));
		for (size_t f = 0; f < ARRAY_SIZE(figures); f++)
			printf("%s %lld %s were %lld", f ? "," : ":", figure_of(one, "is", figures[f].name),
			       figures[f].shown, figure_of(one, "was", figures[f].name));
		putchar('\n');
	}
}

/* A row for each that was described, and with a tenant's buckets one for all of them. */
static void print_usage(const json_t *tenants, bool each)
{
	static const struct render_field fields[] = {
		{ "TENANT", "tenant" },	      { "BUCKET", "bucket" }, { "OBJECTS", "objects" },
		{ "UPLOADS", "uploads" },     { "PARTS", "parts" },   { "ALL", "all_objects" },
		{ "ALL BYTES", "all_bytes" },
	};
	json_t *rows = json_array(), *tenant, *bucket, *row;
	size_t i, j;

	json_array_foreach(tenants, i, tenant)
	{
		json_array_foreach(json_object_get(tenant, "buckets"), j, bucket)
		{
			row = usage_show("bucket", bucket);
			json_object_set(row, "tenant", json_object_get(tenant, "name"));
			json_array_append_new(rows, row);
		}
		row = usage_show("tenant", tenant);
		json_object_set_new(row, "bucket", json_string(each ? "(all)" : "-"));
		json_array_append_new(rows, row);
	}
	render_table(stdout, rows, fields, ARRAY_SIZE(fields));
	json_decref(rows);
	json_array_foreach(tenants, i, tenant) print_corrections(tenant);
}

int tenant_usage(struct management *m)
{
	json_t *names = NULL, *name, *tenants = json_array(), *one;
	const char *named = m->invocation->operand;
	bool each = named != NULL;
	int r = management_tenants(m, named, &names);
	size_t i;

	json_array_foreach(names, i, name)
	{
		one = NULL;
		if (r == 0)
			r = survey_tenant(m, json_string_value(name), each, &one);
		if (one)
			json_array_append_new(tenants, one);
	}
	if (r == 0 && m->wants_json)
		m->answer = json_pack("{s:O}", "tenants", tenants);
	else if (r == 0)
		print_usage(tenants, each);
	json_decref(names);
	json_decref(tenants);
	return r < 0 ? RUN_STOPPED : RUN_OK;
}
