/* SPDX-License-Identifier: Apache-2.0 */
#include "client/bulletin.h"

#include <string.h>

#include "client/render.h"

static const struct render_field daemon_fields[] = {
	{ "DAEMON", "name" },
	{ "STATE", "state" },
	{ "VERSION", "version" },
	{ "PID", "pid" },
	{ "USER", "user" },
	{ "UP", "up" },
	{ "CONFINEMENT", "confinement" },
};

static const struct render_field request_fields[] = {
	{ "DIALECT", "dialect" },
	{ "REQUESTS", "total" },
	{ "CLIENT ERRORS", "client_errors" },
	{ "SERVER ERRORS", "server_errors" },
	{ "UNANSWERED", "unanswered" },
};

static uint64_t number(const json_t *object, const char *member)
{
	return (uint64_t)json_integer_value(json_object_get(object, member));
}

static const char *text(const json_t *object, const char *member, char buf[static RENDER_TEXT_MAX])
{
	const char *s = json_string_value(json_object_get(object, member));

	return render_text(s ? s : "-", buf);
}

static void print_warnings(FILE *to, const json_t *warnings)
{
	char line[RENDER_TEXT_MAX];
	const json_t *warning;
	size_t i;

	json_array_foreach(warnings, i, warning)
		fprintf(to, "WARNING: %s\n", render_text(json_string_value(warning), line));
	if (json_array_size(warnings))
		fputc('\n', to);
}

static void print_head(FILE *to, const json_t *status)
{
	char version[RENDER_TEXT_MAX], up[RENDER_DURATION_MAX];

	fprintf(to, "Coffer %s, up for %s, with %llu workers\n\n", text(status, "version", version),
		render_duration(number(status, "uptime_s"), up),
		(unsigned long long)number(status, "workers"));
}

#define CONFINEMENT_MAX 160

/* In its parts; Landlock is known only if the daemon has said so. */
static const char *confinement(const json_t *daemon, char buf[static CONFINEMENT_MAX])
{
	const char *seen = json_string_value(json_object_get(daemon, "confinement"));
	const json_t *abi = json_object_get(daemon, "landlock_abi");
	int n;

	if (seen && strcmp(seen, "in force") == 0)
		seen = "seccomp, no-new-privs, no capabilities";
	n = snprintf(buf, CONFINEMENT_MAX, "%.100s", seen ? seen : "");
	if (json_integer_value(abi))
		snprintf(buf + n, CONFINEMENT_MAX - (size_t)n, ", Landlock %lld",
			 json_integer_value(abi));
	else if (abi)
		snprintf(buf + n, CONFINEMENT_MAX - (size_t)n, ", WITHOUT Landlock");
	return buf;
}

/* What a table shows of a daemon. */
static json_t *for_table(json_t *daemon)
{
	json_t *shown = json_copy(daemon);
	char up[RENDER_DURATION_MAX], confined[CONFINEMENT_MAX];

	if (json_object_get(daemon, "uptime_s"))
		json_object_set_new(shown, "up",
				    json_string(render_duration(number(daemon, "uptime_s"), up)));
	json_object_set_new(shown, "confinement", json_string(confinement(daemon, confined)));
	return shown;
}

static void print_daemons(FILE *to, const json_t *daemons)
{
	json_t *rows = json_array(), *daemon;
	size_t i;

	json_array_foreach(daemons, i, daemon) json_array_append_new(rows, for_table(daemon));
	render_table(to, rows, daemon_fields, ARRAY_SIZE(daemon_fields));
	json_decref(rows);
}

static void print_requests(FILE *to, const json_t *requests)
{
	json_t *rows = json_array(), *one;
	const char *dialect;

	if (requests)
		fputc('\n', to);
	json_object_foreach((json_t *)requests, dialect, one)
	{
		json_t *row = json_copy(one);

		json_object_set_new(row, "dialect", json_string(dialect));
		json_array_append_new(rows, row);
	}
	if (requests)
		render_table(to, rows, request_fields, ARRAY_SIZE(request_fields));
	json_decref(rows);
}

static void print_disk(FILE *to, const json_t *disk)
{
	char free_of[RENDER_BYTES_MAX], size[RENDER_BYTES_MAX], floor[RENDER_BYTES_MAX];
	char path[RENDER_TEXT_MAX];

	if (!json_object_get(disk, "size_bytes"))
		return;
	fprintf(to, "\ndisk: %s of %s free", render_bytes(number(disk, "free_bytes"), free_of),
		render_bytes(number(disk, "size_bytes"), size));
	if (json_object_get(disk, "path"))
		fprintf(to, " where the objects are, %s", text(disk, "path", path));
	if (json_object_get(disk, "floor_bytes"))
		fprintf(to, "; uploads are refused %s %s",
			json_is_true(json_object_get(disk, "uploads_refused")) ? "NOW, below"
									       : "below",
			render_bytes(number(disk, "floor_bytes"), floor));
	fputc('\n', to);
}

static void print_counts(FILE *to, const json_t *status)
{
	if (json_object_get(status, "tenants"))
		fprintf(to, "tenants: %llu, access keys: %llu, tokens: %llu\n",
			(unsigned long long)number(status, "tenants"),
			(unsigned long long)number(status, "access_keys"),
			(unsigned long long)number(status, "tokens"));
}

void bulletin_print(FILE *to, const json_t *status)
{
	print_warnings(to, json_object_get(status, "warnings"));
	print_head(to, status);
	print_daemons(to, json_object_get(status, "daemons"));
	print_requests(to, json_object_get(status, "requests"));
	print_disk(to, json_object_get(status, "disk"));
	print_counts(to, status);
}
