/* SPDX-License-Identifier: Apache-2.0 */

/* cofferctl: asks authd's admin socket one thing and shows the answer. */

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/admin.h"
#include "client/invocation.h"
#include "client/pair.h"
#include "client/render.h"

#define EXIT_USAGE 2

static const struct render_field tenant_fields[] = {
	{ "NAME", "name" },
	{ "ID", "id" },
	{ "DISPLAY NAME", "display_name" },
	{ "EMAIL", "email" },
	{ "CREATED", "created_at" },
};

static const struct render_field key_fields[] = {
	{ "ACCESS KEY", "access_key" },
	{ "TENANT", "tenant" },
	{ "STATUS", "status" },
	{ "CREATED", "created_at" },
};

static const struct render_field tenant_record[] = {
	{ "tenant", "name" },
	{ "id", "id" },
	{ "display name", "display_name" },
	{ "email", "email" },
	{ "canonical id", "canonical_id" },
	{ "created", "created_at" },
};

static const struct render_field key_record[] = {
	{ "access key", "access_key" }, { "secret key", "secret_key" }, { "tenant", "tenant" },
	{ "status", "status" },		{ "created", "created_at" },
};

static const struct render_field status_record[] = {
	{ "version", "version" },
	{ "up for seconds", "uptime_s" },
	{ "stored connected", "stored_connected" },
	{ "workers", "workers" },
	{ "confinement", "confinement" },
};

static void show(const struct invocation *i, const json_t *answer)
{
	switch (i->command) {
	case COMMAND_TENANT_LIST:
		render_table(stdout, json_object_get(answer, "tenants"), tenant_fields,
			     ARRAY_SIZE(tenant_fields));
		break;
	case COMMAND_KEY_LIST:
		render_table(stdout, json_object_get(answer, "keys"), key_fields,
			     ARRAY_SIZE(key_fields));
		break;
	case COMMAND_TENANT_CREATE:
		render_record(stdout, json_object_get(answer, "tenant"), tenant_record,
			      ARRAY_SIZE(tenant_record));
		break;
	case COMMAND_KEY_CREATE:
	case COMMAND_KEY_DISABLE:
	case COMMAND_KEY_ENABLE:
		render_record(stdout, json_object_get(answer, "key"), key_record,
			      ARRAY_SIZE(key_record));
		if (i->command == COMMAND_KEY_CREATE && !i->secret_key_stdin)
			puts("\nThe secret key is shown this once: keep it now.");
		break;
	case COMMAND_KEY_DELETE:
		printf("deleted %s\n", i->operand);
		break;
	case COMMAND_STATUS:
		render_record(stdout, json_object_get(answer, "status"), status_record,
			      ARRAY_SIZE(status_record));
		break;
	case COMMANDS:
		break;
	}
}

static void print_json(const json_t *answer)
{
	json_dumpf(answer, stdout, JSON_COMPACT);
	putchar('\n');
}

static int read_line(char *to, size_t size)
{
	size_t len = 0;
	char c;

	/* Byte by byte, and not through stdio, which would keep a copy. */
	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n') {
		if (len + 1 >= size)
			return -EMSGSIZE;
		to[len++] = c;
	}
	if (len && to[len - 1] == '\r')
		len--;
	to[len] = '\0';
	return len ? 0 : -ENODATA;
}

/* At a terminal the secret is asked for and not echoed. */
static int read_secret(char *to, size_t size, struct complaint *why)
{
	struct termios shown, hidden;
	bool is_terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
	int r;

	if (is_terminal) {
		hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		/* Before the prompt: TCSAFLUSH throws away what was typed until then. */
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
		fputs("secret key: ", stderr);
	}
	r = read_line(to, size);
	if (is_terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
		fputc('\n', stderr);
	}
	if (r == -EMSGSIZE)
		return complain(why, r, "the secret key has more than %zu characters", size - 1);
	return r < 0 ? complain(why, r, "no secret key came on standard input") : 0;
}

static int ask(const struct invocation *i, const char *secret_key, json_t **ret,
	       struct complaint *why)
{
	json_t *request = invocation_request(i, secret_key);
	struct admin a;
	int r;

	if (!request)
		return complain(why, -EINVAL, "what was asked is not valid UTF-8");
	r = admin_open(i->socket, &a, why);
	if (r >= 0) {
		r = admin_call(&a, request, ret, why);
		admin_close(&a);
	}
	json_decref(request);
	return r;
}

static int run(const struct invocation *i, struct complaint *why)
{
	char secret_key[PAIR_PART_MAX + 1] = "";
	json_t *answer = NULL;
	int r = 0;

	if (i->secret_key_stdin)
		r = read_secret(secret_key, sizeof(secret_key), why);
	if (r >= 0)
		r = ask(i, i->secret_key_stdin ? secret_key : NULL, &answer, why);
	sodium_memzero(secret_key, sizeof(secret_key));
	if (r >= 0 && i->json)
		print_json(answer);
	else if (r == ADMIN_OK)
		show(i, answer);
	json_decref(answer);
	return r;
}

int main(int argc, char *argv[])
{
	struct complaint why = { 0 };
	struct invocation i;

	admin_wipe_json();
	switch ((enum invocation_outcome)invocation_parse(argc, argv, &i, &why)) {
	case INVOCATION_HELP:
		fputs(invocation_help, stdout);
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
	if (run(&i, &why) == ADMIN_OK)
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	fflush(stdout);
	complaint_print(&why, "cofferctl");
	return EXIT_FAILURE;
}
