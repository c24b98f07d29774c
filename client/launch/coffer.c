/* SPDX-License-Identifier: Apache-2.0 */

/*
 * `coffer up`: starts the three daemons in the foreground as a service manager would; `coffer exec`:
 * becomes one of them, in a unit. Here is the order in which everything happens; how, is in the modules.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/service.h"
#include "client/config.h"
#include "client/launch/announce.h"
#include "client/launch/command.h"
#include "client/launch/credentials.h"
#include "client/launch/keyring.h"
#include "client/launch/memory.h"
#include "client/launch/supervisor.h"

#define EXIT_USAGE     2
#define DEFAULT_REGION "us-east-1"

static const char general_help[] =
	"usage: coffer up [options]     start an S3 server in the foreground\n"
	"       coffer up --help        its options\n"
	"       coffer exec DAEMON [--config FILE] [--] ARGUMENT...\n"
	"       coffer --version\n"
	"\n"
	"`coffer exec` is for units of systemd: it becomes authd, stored or frontend, started\n"
	"with the arguments and with what coffer.conf, or FILE, says to it. A - in front of\n"
	"FILE: it may be missing.\n"
	"\n"
	"cofferctl administers a server that runs.\n";

struct up {
	const struct options *options;
	struct memory memory;
	struct layout layout;
	struct ids ids;
	struct listeners listeners;
	struct command commands[DAEMONS];
	struct supervisor supervisor;
	struct credentials_file credentials;
	struct pair from_environment;
	struct credentials from_file;
	bool has_environment, has_file;
	enum firstrun_key key;
	enum firstrun_token token;
	struct credentials told; /* the key and the token that whoever starts this may use */
	char confinement[16];
};

static const char *get(const struct up *u, enum setting s)
{
	return values_get(&u->options->values, s);
}

/* What is opened must not land on a standard stream that whoever started us had closed. */
static int open_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -errno;
	fd_close(fd);
	return 0;
}

static int default_data(char **ret, struct complaint *why)
{
	const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int n;

	if (geteuid() == 0)
		n = asprintf(ret, "/var/lib/coffer");
	else if (xdg && xdg[0] == '/')
		n = asprintf(ret, "%s/coffer", xdg);
	else if (home && home[0] == '/')
		n = asprintf(ret, "%s/.local/share/coffer", home);
	else
		return complain(why, -EINVAL,
				"HOME is not set: say with --data where to keep things");
	return n < 0 ? complain_errno(why, -ENOMEM, "cannot name the data directory") : 0;
}

static int open_layout(struct up *u, struct complaint *why)
{
	const char *wanted = get(u, SETTING_DATA);
	_cleanup_(freep) char *data = NULL;
	int r;

	if (wanted && memory_is_meant(wanted))
		return memory_open(wanted, &u->memory, &u->layout, why);
	if (!wanted) {
		r = default_data(&data, why);
		if (r < 0)
			return r;
	}
	return layout_open(data ? data : wanted, &u->layout, why);
}

/* Before anything is started: a file that may not be replaced should cost nobody a start. */
static int open_credentials(struct up *u, struct complaint *why)
{
	int r;

	if (!get(u, SETTING_CREDENTIALS))
		return 0;
	r = credentials_open(get(u, SETTING_CREDENTIALS), &u->credentials, why);
	if (r < 0)
		return r;
	r = credentials_read(&u->credentials, &u->from_file, why);
	u->has_file = r == CREDENTIALS_OK;
	return r < 0 ? r : 0;
}

static int prepare_commands(struct up *u, struct complaint *why)
{
	const struct command_context c = { u->options, &u->ids, &u->layout, &u->listeners };
	int r;

	r = command_authd(&c, &u->commands[DAEMON_AUTHD], why);
	if (r >= 0)
		r = command_stored(&c, &u->commands[DAEMON_STORED], why);
	if (r >= 0)
		r = command_frontend(&c, &u->commands[DAEMON_FRONTEND], why);
	return r;
}

static int prepare(struct up *u, struct complaint *why)
{
	int r;

	r = open_credentials(u, why);
	if (r >= 0)
		r = open_layout(u, why);
	if (r >= 0)
		r = ids_choose(u->layout.root_fd, u->layout.root, &u->ids, why);
	if (r >= 0)
		r = layout_check_way(&u->layout, &u->ids, why);
	if (r >= 0)
		r = layout_prepare(&u->layout, &u->ids, why);
	if (r >= 0)
		r = listeners_open(&u->layout, u->options, &u->listeners, why);
	if (r >= 0)
		r = prepare_commands(u, why);
	if (r >= 0)
		r = keyring_hand_over(&u->layout, &u->ids, why);
	return r;
}

static int start_daemons(struct up *u, struct complaint *why)
{
	int r = SUPERVISOR_OK;

	for (size_t i = 0; i < DAEMONS && r == SUPERVISOR_OK; i++)
		r = supervisor_start(&u->supervisor, &u->commands[i], why);
	return r;
}

static int ask_confinement(struct up *u, struct admin *a, struct complaint *why)
{
	json_t *request = json_pack("{s:s}", "do", "status"), *answer = NULL;
	const char *confinement;
	int r;

	r = admin_call(a, request, &answer, why);
	json_decref(request);
	confinement = json_string_value(
		json_object_get(json_object_get(answer, "status"), "confinement"));
	snprintf(u->confinement, sizeof(u->confinement), "%s",
		 confinement ? confinement : "unknown");
	json_decref(answer);
	return r == ADMIN_REFUSED ? -EPERM : r;
}

/* Without REST the token that the file remembers is kept for when there is REST again. */
static int see_to_token(struct up *u, struct admin *a, struct complaint *why)
{
	int r;

	strcpy(u->told.token, u->from_file.token);
	if (!u->listeners.n_rest)
		return 0;
	r = firstrun_token(a, get(u, SETTING_CREDENTIALS) != NULL, u->told.token, &u->token, why);
	if (r >= 0 && u->token == FIRSTRUN_TOKEN_NONE)
		log_warning("no-first-token reason=%s", LOG_VALUE(span_from_string(why->error)));
	return r;
}

static int see_to_credentials(struct up *u, const char *admin_socket, struct complaint *why)
{
	const struct firstrun_wish wish = {
		.environment = u->has_environment ? &u->from_environment : NULL,
		.file = u->has_file ? &u->from_file.pair : NULL,
		.has_file = get(u, SETTING_CREDENTIALS) != NULL,
	};
	struct admin a;
	int r;

	r = admin_open(admin_socket, &a, why);
	if (r < 0)
		return r;
	r = ask_confinement(u, &a, why);
	if (r >= 0)
		r = firstrun_key(&a, &wish, &u->key, &u->told.pair, why);
	if (r >= 0)
		r = see_to_token(u, &a, why);
	admin_close(&a);
	return r;
}

static const char *region(const struct up *u)
{
	const char *only = get(u, SETTING_REGION);

	return only ? only : DEFAULT_REGION;
}

static int write_credentials(struct up *u, struct complaint *why)
{
	char s3[ADDRESS_URL_MAX], rest[ADDRESS_URL_MAX];
	const struct credentials_told told = {
		.s3_endpoint = address_url(&u->listeners.s3_bound[0], s3),
		.rest_endpoint =
			u->listeners.n_rest ? address_url(&u->listeners.rest_bound[0], rest) : NULL,
		.region = region(u),
		.credentials = &u->told,
	};

	if (!get(u, SETTING_CREDENTIALS))
		return 0;
	return credentials_write(&u->credentials, &told, why);
}

/* The secret goes to a terminal, or where there is no other way to learn it. */
static void tell(struct up *u, const char *admin_socket)
{
	const struct child *children = u->supervisor.children;
	char cofferctl[PATH_MAX] = "cofferctl";
	ssize_t n = readlink("/proc/self/exe", cofferctl, sizeof(cofferctl) - sizeof("ctl"));
	const struct announcement said = {
		.s3 = u->listeners.s3_bound,
		.n_s3 = u->listeners.n_s3,
		.rest = u->listeners.rest_bound,
		.n_rest = u->listeners.n_rest,
		.metrics = u->listeners.metrics_bound,
		.n_metrics = u->listeners.n_metrics,
		.data = u->layout.root,
		.memory = u->memory.parent_fd < 0 ? NULL : &u->memory,
		.ids = &u->ids,
		.frontend_pid = children[DAEMON_FRONTEND].pid,
		.authd_pid = children[DAEMON_AUTHD].pid,
		.stored_pid = children[DAEMON_STORED].pid,
		.confinement = u->confinement,
		.region = region(u),
		.credentials_path = get(u, SETTING_CREDENTIALS),
		.admin_socket = admin_socket,
		.cofferctl = cofferctl,
		.key = u->key,
		.pair = &u->told.pair,
		.token = u->token,
		.token_text = u->told.token,
		.show_secret = isatty(STDOUT_FILENO) || !get(u, SETTING_CREDENTIALS),
	};

	if (n > 0)
		strcpy(cofferctl + n, "ctl");
	announce(stdout, &said);
}

/* A server that serves: key and token made, told and forgotten here. */
static int greet(struct up *u, struct complaint *why)
{
	_cleanup_(freep) char *admin_socket = layout_path(&u->layout, LISTENERS_AUTHD_ADMIN);
	int r;

	if (!admin_socket)
		return complain_errno(why, -ENOMEM, "cannot name the admin socket");
	r = see_to_credentials(u, admin_socket, why);
	if (r >= 0)
		r = write_credentials(u, why);
	if (r >= 0)
		tell(u, admin_socket);
	credentials_clear(&u->told);
	credentials_clear(&u->from_file);
	pair_clear(&u->from_environment);
	return r;
}

static int serve(struct up *u, struct complaint *why)
{
	int r;

	r = supervisor_open(&u->supervisor, u->listeners.notify);
	if (r < 0)
		return complain_errno(why, r, "cannot begin to look after the daemons");
	r = start_daemons(u, why);
	if (r == SUPERVISOR_OK)
		r = greet(u, why);
	if (r == 0) {
		r = supervisor_run(&u->supervisor);
		if (r < 0)
			complain_errno(why, r, "cannot go on looking after the daemons");
	}
	supervisor_stop(&u->supervisor);
	supervisor_close(&u->supervisor);
	return r < 0 ? r : 0;
}

static void clean_up(struct up *u)
{
	int r;

	if (u->layout.root_fd >= 0) {
		listeners_close(&u->listeners, &u->layout);
		if (u->commands[DAEMON_AUTHD].name && keyring_take_back(&u->layout) < 0)
			log_warning("keyring-copy-left path=%s/" KEYRING_DIRECTORY, u->layout.root);
	}
	for (size_t i = 0; i < DAEMONS; i++)
		command_clear(&u->commands[i]);
	credentials_close(&u->credentials);
	r = memory_remove(&u->memory);
	if (r < 0)
		log_warning("memory-left path=%s error=%s", u->layout.root, strerrorname_np(-r));
	layout_close(&u->layout);
}

static int take_environment(struct up *u, struct complaint *why)
{
	const char *which = NULL;

	switch ((enum pair_outcome)pair_take_from_environment(&u->from_environment, &which)) {
	case PAIR_OK:
		u->has_environment = true;
		return 0;
	case PAIR_NONE:
		return 0;
	case PAIR_INCOMPLETE:
		break;
	}
	complain(why, -EINVAL, "%s is empty, missing or longer than %d characters", which,
		 PAIR_PART_MAX);
	complaint_hint(
		why, "the environment names half of an access key: set both variables or neither");
	return -EINVAL;
}

static int up(const struct options *options)
{
	struct up u = {
		.options = options,
		.memory = MEMORY_NONE,
		.layout = LAYOUT_NONE,
		.listeners = { .authd_frontend = -1,
			       .authd_stored = -1,
			       .authd_admin = -1,
			       .stored_frontend = -1,
			       .stored_operator = -1,
			       .metrics = -1,
			       .notify = -1 },
		.credentials.dir_fd = -1,
	};
	struct complaint why = { 0 };
	int r;

	r = take_environment(&u, &why);
	if (r >= 0)
		r = prepare(&u, &why);
	if (r >= 0)
		r = serve(&u, &why);
	clean_up(&u);
	if (r >= 0)
		return EXIT_SUCCESS;
	complaint_print(&why, "coffer");
	return EXIT_FAILURE;
}

static int run_up(int argc, char *argv[])
{
	_cleanup_(options_clear) struct options options = { 0 };
	struct complaint why = { 0 };
	int r;

	r = options_parse(argc, argv, &options, &why);
	if (r < 0) {
		complaint_print(&why, "coffer");
		return EXIT_FAILURE;
	}
	switch ((enum options_outcome)r) {
	case OPTIONS_OK:
		return up(&options);
	case OPTIONS_CHECK:
		values_print(&options.values, stdout);
		return EXIT_SUCCESS;
	case OPTIONS_HELP:
		options_help(stdout);
		return EXIT_SUCCESS;
	case OPTIONS_VERSION:
		puts("coffer " COFFER_VERSION);
		return EXIT_SUCCESS;
	case OPTIONS_WRONG:
		break;
	}
	complaint_print(&why, "coffer");
	return EXIT_USAGE;
}

/* --- coffer exec -------------------------------------------------------------------------- */

static int misunderstood(const char *what, const char *word)
{
	fprintf(stderr, "coffer: %s%s\nhint: `coffer --help` says how to start it\n", what, word);
	return EXIT_USAGE;
}

static int read_config(const char *file, struct values *v, struct complaint *why)
{
	return file && *file == '-' ? config_read_if_there(file + 1, v, why)
				    : config_read(file, v, why);
}

/* What systemd's units settle in another way is not to look as if it were in force. */
static void warn_of_unused(const struct values *v)
{
	for (enum setting s = 0; s < SETTINGS; s++)
		if (!settings[s].daemons && v->of[s].n)
			log_warning("setting-not-used key=%s from=%s why=\"units have it\"",
				    settings[s].key,
				    LOG_VALUE(span_from_string(v->of[s].v[0].from)));
}

static int become(enum daemon daemon, const char *file, char *args[])
{
	_cleanup_(values_clear) struct values v = { 0 };
	struct complaint why = { 0 };
	int r;

	r = read_config(file, &v, &why);
	if (r == CONFIG_OK) {
		warn_of_unused(&v);
		r = command_become(daemon, args, &v, &why);
	}
	complaint_print(&why, "coffer");
	return r == CONFIG_WRONG ? SERVICE_EXIT_WRONG : EXIT_FAILURE;
}

static int help(void)
{
	fputs(general_help, stdout);
	return EXIT_SUCCESS;
}

static int run_exec(char *args[])
{
	const char *file = NULL;
	enum daemon daemon = 0;

	if (args[0] && strcmp(args[0], "--help") == 0)
		return help();
	while (args[0] && daemon < DAEMONS && strcmp(args[0], daemons[daemon].name) != 0)
		daemon++;
	if (!args[0] || daemon == DAEMONS)
		return misunderstood("exec needs the name of a daemon: authd, stored or frontend", "");
	args++;
	if (args[0] && strcmp(args[0], "--config") == 0) {
		if (!args[1])
			return misunderstood("a value is missing behind ", "--config");
		file = args[1];
		args += 2;
	}
	if (args[0] && strcmp(args[0], "--") == 0)
		args++;
	return become(daemon, file, args);
}

int main(int argc, char *argv[])
{
	log_init("coffer", LOG_LEVEL_INFO);
	admin_wipe_json();
	umask(0022);
	if (open_standard_streams() < 0 || sodium_init() < 0) {
		log_error("cannot-start reason=\"no /dev/null or no random numbers\"");
		return EXIT_FAILURE;
	}
	if (argc >= 2 && strcmp(argv[1], "up") == 0)
		return run_up(argc - 1, argv + 1);
	if (argc >= 2 && strcmp(argv[1], "exec") == 0)
		return run_exec(argv + 2);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("coffer " COFFER_VERSION);
		return EXIT_SUCCESS;
	}
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0))
		return help();
	if (argc >= 2)
		return misunderstood("there is no command ", argv[1]);
	fputs(general_help, stderr);
	return EXIT_USAGE;
}
