/* SPDX-License-Identifier: Apache-2.0 */

/*
 * cofferctl: asks authd's admin socket one thing and shows the answer; or brings objects to stored,
 * takes them, or manages buckets, through the operator socket; or as a tenant's administrator a
 * server far away. What it looks at by itself (doctor, the files of reload) and makes by itself
 * (metrics-token) asks nobody.
 */

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/admin.h"
#include "client/backup/backup.h"
#include "client/config.h"
#include "client/departure.h"
#include "client/dial.h"
#include "client/doctor.h"
#include "client/figures.h"
#include "client/help.h"
#include "client/input.h"
#include "client/invocation.h"
#include "client/manage/manage.h"
#include "client/metricstoken.h"
#include "client/overview.h"
#include "client/pair.h"
#include "client/process.h"
#include "client/reload.h"
#include "client/remote/remote.h"
#include "client/render.h"
#include "client/report.h"
#include "client/secret.h"
#include "client/tokenfile.h"
#include "client/top/top.h"
#include "client/transfer/transfer.h"
#include "s3/policy/document.h"

#define EXIT_USAGE 2

static void print_json(const json_t *answer)
{
	json_dumpf(answer, stdout, JSON_COMPACT);
	putchar('\n');
}

/*
 * Where nobody has a better hint, the command's own help is one. Of tokens, scripts read what they
 * have always read.
 */
static void complain_about(const struct invocation *i, struct complaint *why)
{
	bool is_about_tokens = invocation_is_about_tokens(i);
	char name[MANUAL_NAME_MAX];

	if (!why->hint[0] && !is_about_tokens)
		complaint_hint(why, "`cofferctl %s --help` explains what it takes",
			       manual_name(i->command, name));
	complaint_print(why, is_about_tokens ? "ERROR" : "cofferctl");
}

/* As text: authd reads it, and knows what is wrong with it. */
static int add_policy(json_t *request, const char *path, struct complaint *why)
{
	struct buffer text = INPUT_INIT(POLICY_TEXT_MAX);
	int r = input_read(path, &text, why);

	if (r == 0 && json_object_set_new(request, "policy",
					  json_stringn((const char *)text.data, text.len)) < 0)
		r = complain(why, -EINVAL, "%s is not UTF-8", input_name(path));
	buffer_clear(&text);
	return r;
}

/* What of the request does not stand on the command line. */
static int complete(const struct invocation *i, json_t *request, struct complaint *why)
{
	char secret_key[PAIR_PART_MAX + 1] = "";
	json_t *tokens = NULL;
	int r = 0;

	if (i->options[OPTION_SECRET_KEY_STDIN]) {
		r = secret_read("-", "secret key", secret_key, sizeof(secret_key), why);
		if (r >= 0 &&
		    json_object_set_new(request, "secret_key", json_string(secret_key)) < 0)
			r = complain(why, -EINVAL, "the secret key is not valid UTF-8");
		sodium_memzero(secret_key, sizeof(secret_key));
	}
	if (i->options[OPTION_FILE])
		return add_policy(request, i->options[OPTION_FILE], why);
	if (i->command == COMMAND_TOKEN_IMPORT) {
		r = tokenfile_read(i->operand, &tokens, why);
		if (r >= 0 && json_object_set_new(request, "tokens", tokens) < 0)
			r = complain_errno(why, -ENOMEM, "cannot ask authd");
	}
	return r;
}

/* What takes a restart, into authd's answer: `restart`, and `unseen` where somebody was. */
static int add_restarts(struct admin *a, const struct values *v, json_t *reload,
			struct complaint *why)
{
	json_t *request = json_pack("{s:s}", "do", "status"), *answer = NULL, *unseen = NULL;
	int r = admin_call(a, request, &answer, why);

	json_decref(request);
	if (r == ADMIN_OK &&
	    (json_object_set_new(reload, "restart",
				 reload_restarts(v, json_object_get(answer, "status"), &unseen)) <
		     0 ||
	     json_object_set_new(reload, "unseen", unseen) < 0))
		r = complain_errno(why, -ENOMEM, "cannot say what takes a restart");
	json_decref(answer);
	return r;
}

static int reload_with(struct admin *a, const struct values *v, json_t **ret, struct complaint *why)
{
	json_t *request = json_pack("{s:s, s:o}", "do", "reload", "settings", reload_settings(v));
	int r;

	if (!request)
		return complain_errno(why, -ENOMEM, "cannot ask authd");
	r = admin_call(a, request, ret, why);
	json_decref(request);
	return r == ADMIN_OK ? add_restarts(a, v, json_object_get(*ret, "reload"), why) : r;
}

/* The files first: where something is wrong with them nobody is asked. */
static int reload(const struct invocation *i, json_t **ret, struct complaint *why)
{
	_cleanup_(values_clear) struct values v = { 0 };
	const char *file = i->options[OPTION_CONFIG];
	char usual[PATH_MAX];
	struct admin a;
	int r;

	r = file ? config_read(file, &v, why)
		 : config_read_if_there(reload_config(i->socket, usual), &v, why);
	if (r != CONFIG_OK)
		return r < 0 ? r : -EINVAL;
	r = admin_open(i->socket, &a, why);
	if (r < 0)
		return r;
	r = reload_with(&a, &v, ret, why);
	admin_close(&a);
	return r;
}

static int ask_authd(const struct invocation *i, const json_t *request, json_t **ret,
		     struct complaint *why)
{
	struct admin a;
	int r = admin_open(i->socket, &a, why);

	if (r < 0)
		return r;
	r = admin_call(&a, request, ret, why);
	if (r == ADMIN_OK && i->command == COMMAND_TENANT_DELETE)
		r = departure_wait(&a, *ret, why);
	admin_close(&a);
	return r;
}

static int ask(const struct invocation *i, json_t **ret, struct complaint *why)
{
	json_t *request = invocation_request(i);
	int r;

	if (!request)
		return complain(why, -EINVAL, "what was asked is not valid UTF-8");
	r = complete(i, request, why);
	if (r >= 0)
		r = i->endpoint ? remote_call(i, request, ret, why)
				: ask_authd(i, request, ret, why);
	json_decref(request);
	return r;
}

/* Somebody wants a long run to end. The second time it ends at once. */
static volatile sig_atomic_t stop;

static void on_stop(int signal)
{
	stop = signal;
}

static void watch_signals(void)
{
	const struct sigaction action = { .sa_handler = on_stop, .sa_flags = SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	/* stored may close a pipe that is being written to; that is told in other ways. */
	signal(SIGPIPE, SIG_IGN);
}

typedef int long_run(const struct invocation *i, const volatile sig_atomic_t *stop,
		     struct complaint *why);

static int run_for_long(const struct invocation *i, long_run *command)
{
	struct complaint why = { 0 };
	int r;

	watch_signals();
	r = command(i, &stop, &why);
	if (fflush(stdout) != 0)
		return EXIT_FAILURE;
	switch ((enum run_outcome)r) {
	case RUN_OK:
		return EXIT_SUCCESS;
	case RUN_INCOMPLETE:
		return EXIT_FAILURE;
	case RUN_STOPPED:
		complain_about(i, &why);
		return EXIT_FAILURE;
	case RUN_WRONG:
		complain_about(i, &why);
		return EXIT_USAGE;
	}
	return EXIT_FAILURE;
}

static int look_around(const struct invocation *i, json_t *answer)
{
	const char *named = i->options[OPTION_METRICS_SOCKET];
	char beside[PATH_MAX];
	const struct overview_from from = {
		.proc = PROCESS_PROC,
		.metrics = named ? named : dial_beside(i->socket, FIGURES_SOCKET, beside),
	};

	return overview_add(answer, &from);
}

/* Beside what was asked for, something that whoever asked should know. */
static void warn(const json_t *answer)
{
	const char *warning = json_string_value(json_object_get(answer, "warning"));
	char text[RENDER_TEXT_MAX];

	fflush(stdout);
	if (warning)
		fprintf(stderr, "warning: %s\n", render_text(warning, text));
}

static int run(const struct invocation *i, struct complaint *why)
{
	json_t *answer = NULL;
	int r = i->command == COMMAND_RELOAD ? reload(i, &answer, why) : ask(i, &answer, why);

	if (r == ADMIN_OK && i->command == COMMAND_STATUS && look_around(i, answer) < 0) {
		json_decref(answer);
		return complain_errno(why, -ENOMEM, "cannot look at the daemons");
	}
	if (r >= 0 && i->options[OPTION_JSON])
		print_json(answer);
	else if (r == ADMIN_OK)
		report(stdout, i, answer);
	if (r == ADMIN_OK)
		warn(answer);
	json_decref(answer);
	return r;
}

static int write_survey(const struct invocation *i, const struct survey *s, size_t *ret_findings,
			struct complaint *why)
{
	json_t *told;

	if (!i->options[OPTION_JSON]) {
		*ret_findings = doctor_print(s, stdout);
		return 0;
	}
	told = doctor_describe(s, ret_findings);
	if (!told)
		return complain_errno(why, -ENOMEM, "cannot say what is wrong");
	print_json(told);
	json_decref(told);
	return 0;
}

static int examine(const struct invocation *i)
{
	static struct survey s;
	struct complaint why = { 0 };
	size_t findings = 0;
	int r;

	r = survey_make(i->options[OPTION_DATA], i->socket, i->options[OPTION_CONFIG], &s, &why);
	if (r >= 0)
		r = write_survey(i, &s, &findings, &why);
	survey_clear(&s);
	if (r < 0)
		complain_about(i, &why);
	return r < 0 || findings || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Asks nobody: the server is told by whoever writes its configuration. */
static int make_metrics_token(const struct invocation *i)
{
	json_t *made = sodium_init() < 0 ? NULL : metricstoken_make();

	if (!made) {
		fputs("cofferctl: cannot make a token: no memory, or no random numbers\n", stderr);
		return EXIT_FAILURE;
	}
	if (i->options[OPTION_JSON])
		print_json(made);
	else
		metricstoken_print(stdout, made);
	json_decref(made);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
	struct complaint why = { 0 };
	struct invocation i;

	admin_wipe_json();
	switch ((enum invocation_outcome)invocation_parse(argc, argv, &i, &why)) {
	case INVOCATION_HELP:
		help_print(stdout);
		return EXIT_SUCCESS;
	case INVOCATION_HELP_GROUP:
		help_print_group(stdout, manual_commands[i.command].group);
		return EXIT_SUCCESS;
	case INVOCATION_HELP_COMMAND:
		help_print_command(stdout, i.command);
		return EXIT_SUCCESS;
	case INVOCATION_VERSION:
		puts("cofferctl " COFFER_VERSION);
		return EXIT_SUCCESS;
	case INVOCATION_WRONG:
		complaint_print(&why, "cofferctl");
		return EXIT_USAGE;
	case INVOCATION_OK:
		break;
	}
	if (i.command == COMMAND_METRICS_TOKEN)
		return make_metrics_token(&i);
	if (i.command == COMMAND_DOCTOR)
		return examine(&i);
	if (transfer_is_meant(&i))
		return run_for_long(&i, transfer_run);
	if (i.command == COMMAND_TOP)
		return run_for_long(&i, top_run);
	if (backup_is_meant(&i))
		return run_for_long(&i, backup_run);
	if (manage_is_meant(&i))
		return run_for_long(&i, manage_run);
	if (run(&i, &why) == ADMIN_OK)
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	fflush(stdout);
	complain_about(&i, &why);
	return EXIT_FAILURE;
}
