/* SPDX-License-Identifier: Apache-2.0 */
#include "client/overview.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "client/sight.h"
#include "client/vitals.h"

/* What there is to tell, and where it goes. */
struct overview {
	json_t *status, *warnings;
	struct sight sight;
	bool has_vitals;
	struct vitals vitals;
	int error; /* -ENOMEM: sticky */
};

/* Takes the value. */
static void set(struct overview *o, json_t *object, const char *member, json_t *value)
{
	if (json_object_set_new(object, member, value) < 0)
		o->error = -ENOMEM;
}

static void set_number(struct overview *o, json_t *object, const char *member, uint64_t value)
{
	set(o, object, member, json_integer((json_int_t)MIN(value, (uint64_t)INT64_MAX)));
}

static void warn(struct overview *o, const char *format, ...) printf_like(2, 3);
static void warn(struct overview *o, const char *format, ...)
{
	char sentence[512];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	if (json_array_append_new(o->warnings, json_string(sentence)) < 0)
		o->error = -ENOMEM;
}

/* --- the daemons -------------------------------------------------------------------------- */

static void say_user(struct overview *o, json_t *daemon, uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);
	char number[16];

	snprintf(number, sizeof(number), "%u", uid);
	set(o, daemon, "user", json_string(pw ? pw->pw_name : number));
}

/* "in force", or what is missing of it. */
static void say_confinement(struct overview *o, json_t *daemon, const struct process *p)
{
	char words[96] = "in force";

	if (!process_is_confined(p))
		snprintf(words, sizeof(words), "without%s%s%s",
			 p->seccomp == PROCESS_FILTERED ? "" : " seccomp",
			 p->no_new_privs ? "" : " no-new-privileges",
			 p->capabilities ? " dropped-capabilities" : "");
	set(o, daemon, "confinement", json_string(words));
	set(o, daemon, "seccomp", json_boolean(p->seccomp == PROCESS_FILTERED));
	set(o, daemon, "no_new_privs", json_boolean(p->no_new_privs));
	set(o, daemon, "no_capabilities", json_boolean(!p->capabilities));
}

static void say_process(struct overview *o, json_t *daemon, enum daemon d)
{
	const struct process *p = &o->sight.process[d];

	say_user(o, daemon, p->uid);
	set_number(o, daemon, "uptime_s", p->uptime_s);
	say_confinement(o, daemon, p);
	if (p->is_replaced)
		warn(o, "%s runs a program that was replaced since: restart it",
		     daemons[d].program);
}

/* Its own word; Landlock cannot be known in another way. */
static void say_own_word(struct overview *o, json_t *daemon, enum daemon d)
{
	const struct vitals_daemon *v = &o->vitals.daemons[d];

	if (span_is_none(v->version) || span_is_none(v->confinement)) {
		if (o->has_vitals)
			warn(o, "%s does not say how it is: see whether it hangs, and its log",
			     daemons[d].program);
		return;
	}
	set(o, daemon, "version", json_stringn(v->version.data, v->version.len));
	set(o, daemon, "grade", json_stringn(v->confinement.data, v->confinement.len));
	set_number(o, daemon, "landlock_abi", v->landlock_abi);
}

static bool is_degraded(const struct vitals_daemon *v)
{
	return !span_is_none(v->confinement) && span_equal(v->confinement, SPAN("degraded"));
}

static void warn_of_confinement(struct overview *o, const json_t *daemon, enum daemon d)
{
	static const char advice[] = "its log says what this host lacks";
	const struct vitals_daemon *v = &o->vitals.daemons[d];

	if (o->sight.is_seen[d] && !process_is_held(&o->sight.process[d]))
		warn(o, "%s is %s: %s", daemons[d].program,
		     json_string_value(json_object_get(daemon, "confinement")), advice);
	else if (is_degraded(v))
		warn(o, "%s is degraded, %s Landlock: %s", daemons[d].program,
		     v->landlock_abi ? "with" : "without", advice);
}

static json_t *describe(struct overview *o, enum daemon d)
{
	pid_t pid = o->sight.pid[d];
	json_t *daemon =
		json_pack("{s:s, s:s}", "name", daemons[d].name, "state", pid ? "up" : "away");

	if (!pid) {
		warn(o, "%s is away: `cofferctl doctor` looks for why", daemons[d].program);
		return daemon;
	}
	set_number(o, daemon, "pid", (uint64_t)pid);
	say_own_word(o, daemon, d);
	if (o->sight.is_seen[d])
		say_process(o, daemon, d);
	else
		set(o, daemon, "confinement", json_string(OVERVIEW_NOT_VISIBLE));
	warn_of_confinement(o, daemon, d);
	return daemon;
}

static void add_daemons(struct overview *o)
{
	json_t *list = json_array();

	for (enum daemon d = 0; d < DAEMONS; d++)
		if (json_array_append_new(list, describe(o, d)) < 0)
			o->error = -ENOMEM;
	set(o, o->status, "daemons", list);
}

/* After an upgrade one may not have been restarted. */
static void compare_versions(struct overview *o)
{
	const char *of_authd = json_string_value(json_object_get(o->status, "version"));

	for (enum daemon d = 0; d < DAEMONS && of_authd; d++) {
		struct span v = o->vitals.daemons[d].version;

		if (!span_is_none(v) && !span_equal(v, span_from_string(of_authd)))
			warn(o, "%s is version %.*s, and coffer-authd %s: restart both",
			     daemons[d].program, (int)v.len, (const char *)v.data, of_authd);
	}
}

/* --- figures ------------------------------------------------------------------------------ */

static void add_requests(struct overview *o)
{
	static const char *const dialects[S3_DIALECT_COUNT] = {
		[S3_DIALECT_S3] = "s3",
		[S3_DIALECT_REST] = "rest",
	};
	json_t *requests = json_object();

	for (size_t d = 0; d < S3_DIALECT_COUNT; d++) {
		const uint64_t *n = o->vitals.requests[d];
		json_t *one = json_object();
		uint64_t total = 0;

		for (enum vitals_end e = 0; e < VITALS_ENDS; e++)
			total += n[e];
		set_number(o, one, "total", total);
		set_number(o, one, "client_errors", n[VITALS_CLIENT_ERROR]);
		set_number(o, one, "server_errors", n[VITALS_SERVER_ERROR]);
		set_number(o, one, "unanswered", n[VITALS_UNANSWERED]);
		set(o, requests, dialects[d], one);
	}
	set(o, o->status, "requests", requests);
}

static void add_counts(struct overview *o)
{
	if (span_is_none(o->vitals.daemons[DAEMON_AUTHD].version))
		return;
	set_number(o, o->status, "tenants", o->vitals.tenants);
	set_number(o, o->status, "access_keys", o->vitals.access_keys);
	set_number(o, o->status, "tokens", o->vitals.tokens);
}

static void add_figures(struct overview *o, const char *socket, struct buffer *text)
{
	int r = figures_read(socket, text);

	if (r < 0) {
		warn(o, "no figures from %s: %s", socket, strerror(-r));
		return;
	}
	vitals_take(buffer_span(text), &o->vitals);
	o->has_vitals = true;
	add_requests(o);
	add_counts(o);
}

/* --- the disk ----------------------------------------------------------------------------- */

static const char *data_path(const struct overview *o)
{
	return o->sight.is_seen[DAEMON_STORED]
		       ? process_argument(&o->sight.process[DAEMON_STORED], "--data", NULL)
		       : NULL;
}

/* As stored sees it; where that is not known, as we do. */
static void add_disk(struct overview *o)
{
	const struct vitals *v = &o->vitals;
	const char *path = data_path(o);
	json_t *disk = json_object();
	struct statvfs st;

	if (path)
		set(o, disk, "path", json_string(path));
	if (v->disk_size) {
		set_number(o, disk, "size_bytes", v->disk_size);
		set_number(o, disk, "free_bytes", v->disk_free);
		set_number(o, disk, "floor_bytes", v->disk_floor);
		set(o, disk, "uploads_refused", json_boolean(v->disk_free <= v->disk_floor));
	} else if (path && statvfs(path, &st) == 0) {
		set_number(o, disk, "size_bytes", st.f_blocks * st.f_frsize);
		set_number(o, disk, "free_bytes", st.f_bavail * st.f_frsize);
	}
	if (v->disk_size && v->disk_free <= v->disk_floor)
		warn(o, "the disk is full: uploads are refused until something is deleted");
	if (json_object_size(disk))
		set(o, o->status, "disk", disk);
	else
		json_decref(disk);
}

int overview_add(json_t *answer, const struct overview_from *from)
{
	struct overview o = { .status = json_object_get(answer, "status"),
			      .warnings = json_array() };
	struct buffer text = BUFFER_INIT(FIGURES_MAX);

	if (json_is_object(o.status)) {
		sight_take(o.status, from->proc, &o.sight);
		add_figures(&o, from->metrics, &text);
		add_daemons(&o);
		compare_versions(&o);
		add_disk(&o);
		set(&o, o.status, "warnings", json_incref(o.warnings));
	}
	json_decref(o.warnings);
	buffer_clear(&text);
	return o.error;
}
