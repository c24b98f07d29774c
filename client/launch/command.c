/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/launch/keyring.h"

/*
 * To be ready. stored has as long as in its unit: it reads what catalogs have in their logs, and brings
 * older ones up to date.
 */
#define START_MS	10000
#define STORED_START_MS 600000

static void strings_add(struct strings *s, const char *format, ...) printf_like(2, 3);
static void strings_add(struct strings *s, const char *format, ...)
{
	va_list args;
	int n;

	if (s->n == COMMAND_STRINGS_MAX)
		s->error = -E2BIG;
	if (s->error)
		return;
	va_start(args, format);
	n = vasprintf(&s->v[s->n], format, args);
	va_end(args);
	if (n < 0) {
		s->v[s->n] = NULL;
		s->error = -ENOMEM;
		return;
	}
	s->n++;
}

static void strings_clear(struct strings *s)
{
	while (s->n)
		free(s->v[--s->n]);
	*s = (struct strings){ 0 };
}

void command_clear(struct command *c)
{
	strings_clear(&c->args);
	strings_clear(&c->environment);
	free(c->program);
	*c = (struct command){ 0 };
}

static int find_in(char **ret, const char *format, ...) printf_like(2, 3);
static int find_in(char **ret, const char *format, ...)
{
	_cleanup_(freep) char *path = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&path, format, args);
	va_end(args);
	if (n < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (access(path, X_OK) < 0)
		return -errno;
	*ret = steal_ptr(path);
	return 0;
}

/* "/…/client" of "/…/client/coffer". */
static int own_directory(char buf[static PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", buf, PATH_MAX - 1);
	char *slash;

	if (n < 0)
		return -errno;
	buf[n] = '\0';
	slash = strrchr(buf, '/');
	if (slash)
		*slash = '\0';
	return 0;
}

int command_find_program(const char *program, char **ret, struct complaint *why)
{
	const char *libexec = getenv("COFFER_LIBEXEC"), *folder = strchr(program, '-');
	char own[PATH_MAX] = "";
	int r;

	if (libexec) {
		r = find_in(ret, "%s/%s", libexec, program);
		return r < 0 ? complain_errno(why, r,
					      "cannot run %s/%s, where COFFER_LIBEXEC points",
					      libexec, program)
			     : 0;
	}
	r = own_directory(own);
	if (r >= 0 && folder)
		r = find_in(ret, "%s/../%s/%s", own, folder + 1, program);
	if (r < 0)
		r = find_in(ret, COFFER_LIBEXECDIR "/%s", program);
	if (r >= 0)
		return 0;
	complain_errno(why, r, "cannot run " COFFER_LIBEXECDIR "/%s", program);
	complaint_hint(why, "`make install` puts it there; COFFER_LIBEXEC=DIR names another place");
	return r;
}

static void add_number(struct command *c, const char *option, unsigned int value)
{
	strings_add(&c->args, "%s", option);
	strings_add(&c->args, "%u", value);
}

static void add_path(struct command *c, const char *option, const struct layout *l,
		     const char *name)
{
	strings_add(&c->args, "%s", option);
	strings_add(&c->args, "%s/%s", l->root, name);
}

static void add_value(struct command *c, enum setting s, const char *value)
{
	strings_add(&c->args, "--%s", settings[s].key);
	strings_add(&c->args, "%s", value);
}

/* What was set for the daemon, or what holds where nothing was. */
static void add_setting(struct command *c, const struct values *v, enum setting s)
{
	if (!v->of[s].n && settings[s].fallback)
		add_value(c, s, settings[s].fallback);
	for (size_t i = 0; i < v->of[s].n; i++)
		add_value(c, s, v->of[s].v[i].text);
}

static void add_settings(struct command *c, const struct values *v, enum setting_daemon d)
{
	for (enum setting s = 0; s < SETTINGS; s++)
		if (settings[s].daemons & d)
			add_setting(c, v, s);
}

static void add_socket(struct command *c, int fd)
{
	c->sockets[c->n_sockets++] = fd;
}

/* As sd_listen_fds(3) has them: `names` tells with colons what each socket is for. */
static void add_listening(struct command *c, char *names, const char *name, const int fds[],
			  size_t n)
{
	for (size_t i = 0; i < n; i++) {
		add_socket(c, fds[i]);
		if (*names)
			strcat(names, ":");
		strcat(names, name);
	}
}

/* What a debugger of ours may want to hand through; a release build reads none of it. */
static void add_sanitizer_options(struct command *c)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	static const char *const names[] = { "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
					     "TSAN_OPTIONS" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (getenv(names[i]))
			strings_add(&c->environment, "%s=%s", names[i], getenv(names[i]));
#else
	(void)c;
#endif
}

/* LISTEN_PID is missing here: it is known only in the new process. */
static void add_environment(struct command *c, const struct layout *l, const char *socket_names)
{
	const char *journal = getenv("JOURNAL_STREAM");

	strings_add(&c->environment, "NOTIFY_SOCKET=%s/" LISTENERS_NOTIFY, l->root);
	strings_add(&c->environment, "LISTEN_FDS=%zu", c->n_sockets);
	strings_add(&c->environment, "LISTEN_FDNAMES=%s", socket_names);
	if (journal)
		strings_add(&c->environment, "JOURNAL_STREAM=%s", journal);
	add_sanitizer_options(c);
}

/* The program is executed as we are, so that it may lie where its later user cannot look. */
static int begin(struct command *c, enum daemon daemon, struct complaint *why)
{
	int r;

	c->name = daemons[daemon].name;
	c->start_ms = daemon == DAEMON_STORED ? STORED_START_MS : START_MS;
	r = command_find_program(daemons[daemon].program, &c->program, why);
	if (r >= 0)
		strings_add(&c->args, "%s", c->program);
	return r;
}

static int finish(struct command *c, const struct command_context *context, const struct id *id,
		  struct command *ret, struct complaint *why)
{
	int r;

	if (context->ids->separate) {
		add_number(c, "--uid", id->uid);
		add_number(c, "--gid", id->gid);
	}
	r = c->args.error ? c->args.error : c->environment.error;
	if (r < 0) {
		complain_errno(why, r, "cannot put together how coffer-%s is started", c->name);
		command_clear(c);
		return r;
	}
	*ret = *c;
	return 0;
}

/* root may always administer; somebody else who starts Coffer must be named. */
static void add_admin(struct command *c, const struct command_context *context)
{
	if (!context->ids->separate)
		add_number(c, "--admin-uid", geteuid());
}

int command_authd(const struct command_context *context, struct command *ret, struct complaint *why)
{
	const struct layout *l = context->layout;
	struct command c = { 0 };
	int r;

	r = begin(&c, DAEMON_AUTHD, why);
	if (r < 0)
		return r;
	add_path(&c, "--state", l, "auth");
	add_number(&c, "--frontend-uid", context->ids->frontend.uid);
	add_number(&c, "--stored-uid", context->ids->stored.uid);
	add_admin(&c, context);
	add_settings(&c, &context->options->values, SETTING_FOR_AUTHD);
	add_socket(&c, context->listeners->authd_frontend);
	add_socket(&c, context->listeners->authd_stored);
	add_socket(&c, context->listeners->authd_admin);
	add_environment(&c, l, "frontend:stored:admin");
	strings_add(&c.environment, "CREDENTIALS_DIRECTORY=%s/" KEYRING_DIRECTORY, l->root);
	return finish(&c, context, &context->ids->authd, ret, why);
}

int command_stored(const struct command_context *context, struct command *ret,
		   struct complaint *why)
{
	struct command c = { 0 };
	int r;

	r = begin(&c, DAEMON_STORED, why);
	if (r < 0)
		return r;
	add_path(&c, "--data", context->layout, "data");
	add_path(&c, "--authd", context->layout, LISTENERS_AUTHD_STORED);
	add_number(&c, "--frontend-uid", context->ids->frontend.uid);
	add_number(&c, "--authd-uid", context->ids->authd.uid);
	add_admin(&c, context);
	add_settings(&c, &context->options->values, SETTING_FOR_STORED);
	add_socket(&c, context->listeners->stored_frontend);
	add_socket(&c, context->listeners->stored_operator);
	add_environment(&c, context->layout, "frontend:operator");
	return finish(&c, context, &context->ids->stored, ret, why);
}

int command_frontend(const struct command_context *context, struct command *ret,
		     struct complaint *why)
{
	const struct listeners *s = context->listeners;
	char names[OPTIONS_LISTEN_MAX * (sizeof("s3:") + sizeof("rest:") + sizeof("metrics:")) +
		   sizeof("metrics:")] = "";
	struct command c = { 0 };
	int r;

	r = begin(&c, DAEMON_FRONTEND, why);
	if (r < 0)
		return r;
	add_path(&c, "--authd", context->layout, LISTENERS_AUTHD_FRONTEND);
	add_path(&c, "--stored", context->layout, LISTENERS_STORED_FRONTEND);
	add_admin(&c, context);
	add_settings(&c, &context->options->values, SETTING_FOR_FRONTEND);
	add_listening(&c, names, "s3", s->s3, s->n_s3);
	add_listening(&c, names, "rest", s->rest, s->n_rest);
	add_listening(&c, names, "metrics", &s->metrics, 1);
	add_listening(&c, names, "metrics", s->metrics_tcp, s->n_metrics);
	add_environment(&c, context->layout, names);
	return finish(&c, context, &context->ids->frontend, ret, why);
}

/* --- in our own place --------------------------------------------------------------------- */

int command_become(enum daemon daemon, char *const args[], const struct values *v,
		   struct complaint *why)
{
	struct command c = { 0 };
	int r;

	r = begin(&c, daemon, why);
	if (r < 0)
		return r;
	for (size_t i = 0; args[i]; i++)
		strings_add(&c.args, "%s", args[i]);
	add_settings(&c, v, daemons[daemon].setting);
	r = c.args.error;
	if (r >= 0) {
		execv(c.program, c.args.v);
		r = -errno;
	}
	complain_errno(why, r, "cannot become %s", c.program);
	command_clear(&c);
	return r;
}
