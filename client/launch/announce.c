/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/announce.h"

#include <inttypes.h>
#include <string.h>

static void print_processes(FILE *to, const struct announcement *a)
{
	const struct {
		const char *name;
		pid_t pid;
		uid_t uid;
	} rows[] = {
		{ "frontend", a->frontend_pid, a->ids->frontend.uid },
		{ "authd", a->authd_pid, a->ids->authd.uid },
		{ "stored", a->stored_pid, a->ids->stored.uid },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		fprintf(to, "  %-9s pid %d, user id %u\n", rows[i].name, rows[i].pid, rows[i].uid);
}

static const char *confinement_text(const char *confinement)
{
	if (strcmp(confinement, "full") == 0)
		return "three user ids, each with its own system call filter and Landlock rules";
	if (strcmp(confinement, "one-uid") == 0)
		return "ONE user id for all three (not started as root); system call filters and "
		       "Landlock rules in full";
	return "DEGRADED: not everything that confines could be applied, see above";
}

/* In single quotes wherever the shell could see something in it. */
static void print_quoted(FILE *to, const char *value)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789._-+/=:@%";

	if (value[strspn(value, plain)] == '\0') {
		fputs(value, to);
		return;
	}
	fputc('\'', to);
	for (; *value; value++) {
		if (*value == '\'')
			fputs("'\\''", to);
		else
			fputc(*value, to);
	}
	fputc('\'', to);
}

static void print_export(FILE *to, const char *name, const char *value)
{
	fprintf(to, "  export %s=", name);
	print_quoted(to, value);
	fputc('\n', to);
}

static void print_usage(FILE *to, const struct announcement *a)
{
	char url[ADDRESS_URL_MAX];

	print_export(to, "AWS_ACCESS_KEY_ID", a->pair->access_key);
	print_export(to, "AWS_SECRET_ACCESS_KEY", a->pair->secret_key);
	print_export(to, "AWS_DEFAULT_REGION", a->region);
	fprintf(to, "  aws --endpoint-url %s s3 mb s3://first\n", address_url(&a->s3[0], url));
}

static void print_key(FILE *to, const struct announcement *a)
{
	if (a->key == FIRSTRUN_UNKNOWN) {
		fprintf(to, "The keys made earlier still work; their secrets are sealed. Another "
			    "key:\n");
		fprintf(to, "  %s --socket ", a->cofferctl);
		print_quoted(to, a->admin_socket);
		fprintf(to, " key create --tenant " FIRSTRUN_TENANT "\n");
		return;
	}
	if (a->key == FIRSTRUN_MADE && a->show_secret) {
		fprintf(to, "A new access key. Its secret is shown this once%s%s:\n",
			a->credentials_path ? " and is kept in " : "",
			a->credentials_path ? a->credentials_path : "");
		print_usage(to, a);
		return;
	}
	fprintf(to, "The access key %s is %s%s%s.\n", a->pair->access_key,
		a->key == FIRSTRUN_MADE ? "new" : "the one of before",
		a->credentials_path ? "; it stands with its secret in " : "",
		a->credentials_path ? a->credentials_path : "");
	if (a->key == FIRSTRUN_TOLD)
		fprintf(to,
			"It was there already: its secret is still the one it was made with.\n");
}

static void print_token(FILE *to, const struct announcement *a)
{
	char url[ADDRESS_URL_MAX];

	switch (a->token) {
	case FIRSTRUN_TOKEN_NONE:
		return;
	case FIRSTRUN_TOKEN_UNKNOWN:
		fprintf(to, "The tokens made earlier still work; only their hashes are kept. Another "
			    "one:\n");
		fprintf(to, "  %s --socket ", a->cofferctl);
		print_quoted(to, a->admin_socket);
		fprintf(to, " token add NAME --ttl DAYS\n");
		return;
	case FIRSTRUN_TOKEN_MADE:
	case FIRSTRUN_TOKEN_REMEMBERED:
		break;
	}
	if (a->token == FIRSTRUN_TOKEN_MADE && a->show_secret) {
		fprintf(to, "A new token for REST. It is shown this once%s%s:\n",
			a->credentials_path ? " and is kept in " : "",
			a->credentials_path ? a->credentials_path : "");
		print_export(to, "COFFER_TOKEN", a->token_text);
		fprintf(to, "  curl -H \"Authorization: Bearer $COFFER_TOKEN\" %s/objects\n",
			address_url(&a->rest[0], url));
		return;
	}
	fprintf(to, "The token for REST is %s; it stands in %s.\n",
		a->token == FIRSTRUN_TOKEN_MADE ? "new" : "the one of before",
		a->credentials_path);
}

static void print_data(FILE *to, const struct announcement *a)
{
	fprintf(to, "  data      %s\n", a->data);
	if (!a->memory)
		return;
	fprintf(to,
		"            in memory, with %" PRIu64 " MiB free: NOTHING IS KEPT when this stops\n",
		a->memory->free_bytes / MIB);
	if (memory_may_be_swapped())
		fprintf(to, "  note      this host has swap space, where the kernel may put what is in "
			    "memory\n");
}

static void print_warnings(FILE *to, const struct address at[], size_t n, const char *what)
{
	char url[ADDRESS_URL_MAX];

	for (size_t i = 0; i < n; i++)
		if (!address_is_loopback(&at[i]))
			fprintf(to,
				"  note      %s is not for this host only, and is plain HTTP: who "
				"sees the\n            traffic sees the %s\n",
				address_url(&at[i], url), what);
}

static void print_urls(FILE *to, const struct address at[], size_t n)
{
	char url[ADDRESS_URL_MAX];

	for (size_t i = 0; i < n; i++)
		fprintf(to, " %s", address_url(&at[i], url));
	fprintf(to, "\n");
}

static void print_metrics(FILE *to, const struct announcement *a)
{
	char url[ADDRESS_URL_MAX];

	for (size_t i = 0; i < a->n_metrics; i++)
		fprintf(to, "  and metrics at %s/metrics\n", address_url(&a->metrics[i], url));
}

void announce(FILE *to, const struct announcement *a)
{
	fprintf(to, "coffer " COFFER_VERSION " serves S3 at");
	print_urls(to, a->s3, a->n_s3);
	if (a->n_rest) {
		fprintf(to, "  and REST at");
		print_urls(to, a->rest, a->n_rest);
	}
	print_metrics(to, a);
	print_processes(to, a);
	fprintf(to, "  confined  %s\n", confinement_text(a->confinement));
	print_data(to, a);
	print_warnings(to, a->s3, a->n_s3, "objects");
	print_warnings(to, a->rest, a->n_rest, "objects and the tokens");
	print_warnings(to, a->metrics, a->n_metrics, "token, and tenants' names");
	fprintf(to, "\n");
	print_key(to, a);
	print_token(to, a);
	fprintf(to, "\n");
	fflush(to);
}
