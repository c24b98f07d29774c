/* SPDX-License-Identifier: Apache-2.0 */
#include "client/report.h"

#include <string.h>

#include "client/bulletin.h"
#include "client/render.h"

static const struct render_field tenant_fields[] = {
	{ "NAME", "name" },   { "STATE", "state" },
	{ "ID", "id" },	      { "DISPLAY NAME", "display_name" },
	{ "EMAIL", "email" }, { "CREATED", "created_at" },
};

static const struct render_field key_fields[] = {
	{ "ACCESS KEY", "access_key" }, { "TENANT", "tenant" },	     { "USER", "user" },
	{ "STATUS", "status" },		{ "CREATED", "created_at" }, { "EXPIRES", "expires" },
	{ "LAST USED", "last_used" },
};

static const struct render_field user_fields[] = {
	{ "USER", "user" },	{ "TENANT", "tenant" },
	{ "POLICY", "policy" }, { "ADMINISTRATOR", "administrator" },
	{ "ID", "id" },		{ "CREATED", "created_at" },
};

static const struct render_field user_record[] = {
	{ "user", "user" },
	{ "tenant", "tenant" },
	{ "id", "id" },
	{ "created", "created_at" },
	{ "access keys", "keys" },
	{ "policy", "policy" },
	{ "administrator", "administrator" },
};

static const struct render_field token_fields[] = {
	{ "NAME", "name" },	  { "SCOPES", "scopes" },	{ "TENANT", "tenant" },
	{ "BUCKET", "bucket" },	  { "PREFIX", "prefix" },	{ "RATE", "rate" },
	{ "EXPIRES", "expires" }, { "LAST USED", "last_used" },
};

static const struct render_field tenant_record[] = {
	{ "tenant", "name" },
	{ "state", "state" },
	{ "id", "id" },
	{ "display name", "display_name" },
	{ "email", "email" },
	{ "canonical id", "canonical_id" },
	{ "created", "created_at" },
	{ "users", "users" },
	{ "access keys", "keys" },
	{ "tokens", "tokens" },
	{ "requests per second", "requests_per_second" },
	{ "burst", "burst" },
	{ "bandwidth, each way", "bandwidth" },
	{ "requests under way", "parallel" },
};

/* Of these the texts are made here. */
static const struct render_field limit_fields[] = {
	{ "requests per second", "requests_per_second" },
	{ "burst", "burst" },
	{ "bandwidth, each way", "bandwidth" },
	{ "requests under way", "parallel" },
};

static const struct render_field key_record[] = {
	{ "access key", "access_key" }, { "secret key", "secret_key" },
	{ "tenant", "tenant" },		{ "user", "user" },
	{ "status", "status" },		{ "created", "created_at" },
	{ "expires", "expires" },
};

static void table(FILE *to, const json_t *answer, const char *list,
		  const struct render_field fields[], size_t n)
{
	render_table(to, json_object_get(answer, list), fields, n);
}

static void record(FILE *to, const json_t *answer, const char *object,
		   const struct render_field fields[], size_t n)
{
	render_record(to, json_object_get(answer, object), fields, n);
}

static bool has_string(const json_t *list, const char *text)
{
	const json_t *item;
	size_t n;

	json_array_foreach(list, n,
			   item) if (strcmp(json_string_value(item), text) == 0) return true;
	return false;
}

static json_t *show_limit(const char *name, const json_t *n, bool is_own)
{
	const char *whose = is_own ? "" : " (default)";
	char bytes[RENDER_BYTES_MAX];

	if (json_is_null(n))
		return json_sprintf(
			"%s%s", strcmp(name, "burst") == 0 ? "two seconds' worth" : "none", whose);
	if (strcmp(name, "bandwidth") == 0)
		return json_sprintf("%s a second%s",
				    render_bytes((uint64_t)json_integer_value(n), bytes), whose);
	return json_sprintf("%lld%s", (long long)json_integer_value(n), whose);
}

/* A tenant with its limits as texts beside the rest. */
static void report_tenant(FILE *to, const json_t *answer, const struct render_field fields[],
			  size_t n)
{
	json_t *tenant = json_object_get(answer, "tenant"), *shown = json_copy(tenant);
	const json_t *limits = json_object_get(tenant, "limits"),
		     *own = json_object_get(tenant, "own_limits");

	for (size_t i = 0; i < ARRAY_SIZE(limit_fields); i++) {
		const char *name = limit_fields[i].member;

		json_object_set_new(
			shown, name,
			show_limit(name, json_object_get(limits, name), has_string(own, name)));
	}
	render_record(to, shown, fields, n);
	json_decref(shown);
}

static void report_key(FILE *to, const struct invocation *i, const json_t *answer)
{
	record(to, answer, "key", key_record, ARRAY_SIZE(key_record));
	if (i->command == COMMAND_KEY_CREATE && !i->options[OPTION_SECRET_KEY_STDIN])
		fputs("\nThe secret key is shown this once: keep it now.\n", to);
}

/* --- tokens ------------------------------------------------------------------------------- */

/* 2026-12-22T01:50:40Z in the form that Python gives it. */
static const char *isoformat(const json_t *time, char buf[static 32])
{
	const char *text = json_string_value(time);
	char shown[RENDER_TEXT_MAX];

	snprintf(buf, 32, "%.19s%s", text ? render_text(text, shown) : "never",
		 text ? "+00:00" : "");
	return buf;
}

/* A member that is a text, fit for a terminal. Returns buf. */
static const char *text_of(const json_t *object, const char *member,
			   char buf[static RENDER_TEXT_MAX])
{
	const char *text = json_string_value(json_object_get(object, member));

	return render_text(text ? text : "", buf);
}

/* ['read', 'write'] */
static void print_scopes(FILE *to, const json_t *scopes)
{
	char text[RENDER_TEXT_MAX];
	const json_t *scope;
	size_t n;

	fputc('[', to);
	json_array_foreach(scopes, n, scope)
	{
		const char *word = json_string_value(scope);

		fprintf(to, "%s'%s'", n ? ", " : "", render_text(word ? word : "", text));
	}
	fputs("]\n", to);
}

static void report_token(FILE *to, const struct invocation *i, const json_t *answer)
{
	const json_t *token = json_object_get(answer, "token");
	char name[RENDER_TEXT_MAX], text[RENDER_TEXT_MAX], expires[32];

	fprintf(to,
		"Token created.\n  name:     %s\n  ttl_days: %lld\n  expires:  %s\n  scopes:   ",
		render_text(i->operand, name), strtoll(i->options[OPTION_TTL], NULL, 10),
		isoformat(json_object_get(token, "expires"), expires));
	print_scopes(to, json_object_get(token, "scopes"));
	fprintf(to, "\nPlaintext token (store this securely, you won't see it again):\n%s\n",
		text_of(token, "token", text));
}

static void report_refreshed_token(FILE *to, const struct invocation *i, const json_t *answer)
{
	const json_t *token = json_object_get(answer, "token");
	char name[RENDER_TEXT_MAX], text[RENDER_TEXT_MAX], expires[32];

	fprintf(to,
		"Token '%s' refreshed.\n  ttl_days:    %lld\n  new_expires: %s\n  scopes:      ",
		render_text(i->operand, name), strtoll(i->options[OPTION_TTL], NULL, 10),
		isoformat(json_object_get(token, "expires"), expires));
	print_scopes(to, json_object_get(token, "scopes"));
	fprintf(to, "\nNew plaintext token (store this securely, you won't see it again):\n%s\n",
		text_of(token, "token", text));
}

static void report_imported_tokens(FILE *to, const json_t *answer)
{
	const json_t *tokens = json_object_get(answer, "tokens"),
		     *first = json_array_get(tokens, 0);
	char tenant[RENDER_TEXT_MAX], bucket[RENDER_TEXT_MAX];
	size_t n = json_array_size(tokens);

	fprintf(to, "%zu token%s imported into tenant %s, bucket %s.\n", n, n == 1 ? "" : "s",
		text_of(first, "tenant", tenant), text_of(first, "bucket", bucket));
}

/* JSON has no characters that a terminal obeys but in its strings, which are shown escaped. */
static void report_policy(FILE *to, const struct invocation *i, const json_t *answer)
{
	const char *text = json_string_value(json_object_get(answer, "policy"));
	json_t *policy = text ? json_loads(text, 0, NULL) : NULL;
	char name[RENDER_TEXT_MAX];

	if (policy)
		json_dumpf(policy, to, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	else
		fprintf(to, "%s has no policy", render_text(i->operand, name));
	fputc('\n', to);
	json_decref(policy);
}

/* --- reload ------------------------------------------------------------------------------- */

static void report_list(FILE *to, const char *what, const json_t *list)
{
	const json_t *item;
	size_t n;

	if (json_array_size(list))
		fputs(what, to);
	json_array_foreach(list, n, item)
		fprintf(to, "%s%s", n ? ", " : "", json_string_value(item));
	if (json_array_size(list))
		fputc('\n', to);
}

static void report_reload(FILE *to, const json_t *reload)
{
	const json_t *changed = json_object_get(reload, "changed"),
		     *restart = json_object_get(reload, "restart");

	report_list(to, "In force now: ", changed);
	report_list(to, "After a restart: ", restart);
	report_list(to, "Not seen, so it may need a restart: ", json_object_get(reload, "unseen"));
	if (!json_array_size(changed) && !json_array_size(restart))
		fputs("Nothing has changed.\n", to);
}

void report(FILE *to, const struct invocation *i, const json_t *answer)
{
	char text[RENDER_TEXT_MAX];

	switch (i->command) {
	case COMMAND_TENANT_LIST:
		table(to, answer, "tenants", tenant_fields, ARRAY_SIZE(tenant_fields));
		break;
	case COMMAND_KEY_LIST:
		table(to, answer, "keys", key_fields, ARRAY_SIZE(key_fields));
		break;
	case COMMAND_TENANT_CREATE:
	case COMMAND_TENANT_SHOW:
	case COMMAND_TENANT_UPDATE:
	case COMMAND_TENANT_SUSPEND:
	case COMMAND_TENANT_RESUME:
		report_tenant(to, answer, tenant_record, ARRAY_SIZE(tenant_record));
		break;
	case COMMAND_TENANT_LIMITS:
		report_tenant(to, answer, limit_fields, ARRAY_SIZE(limit_fields));
		break;
	case COMMAND_KEY_CREATE:
	case COMMAND_KEY_DISABLE:
	case COMMAND_KEY_ENABLE:
		report_key(to, i, answer);
		break;
	case COMMAND_USER_LIST:
		table(to, answer, "users", user_fields, ARRAY_SIZE(user_fields));
		break;
	case COMMAND_USER_CREATE:
	case COMMAND_USER_SHOW:
	case COMMAND_USER_UPDATE:
		record(to, answer, "user", user_record, ARRAY_SIZE(user_record));
		break;
	case COMMAND_POLICY_PUT:
		fprintf(to, "%s has this policy now\n", render_text(i->operand, text));
		break;
	case COMMAND_POLICY_GET:
		report_policy(to, i, answer);
		break;
	case COMMAND_POLICY_DELETE:
		fprintf(to, "%s has no policy any more\n", render_text(i->operand, text));
		break;
	case COMMAND_TENANT_DELETE:
	case COMMAND_USER_DELETE:
	case COMMAND_KEY_DELETE:
		fprintf(to, "deleted %s\n", render_text(i->operand, text));
		break;
	case COMMAND_TOKEN_ADD:
		report_token(to, i, answer);
		break;
	case COMMAND_TOKEN_LIST:
		table(to, answer, "tokens", token_fields, ARRAY_SIZE(token_fields));
		break;
	case COMMAND_TOKEN_REFRESH:
		report_refreshed_token(to, i, answer);
		break;
	case COMMAND_TOKEN_DELETE:
		fprintf(to, "Token '%s' deleted.\n", render_text(i->operand, text));
		break;
	case COMMAND_TOKEN_IMPORT:
		report_imported_tokens(to, answer);
		break;
	case COMMAND_HOST_KEY:
		fprintf(to, "%s\n",
			json_string_value(json_object_get(json_object_get(answer, "host"), "key")));
		break;
	case COMMAND_STATUS:
		bulletin_print(to, json_object_get(answer, "status"));
		break;
	case COMMAND_RELOAD:
		report_reload(to, json_object_get(answer, "reload"));
		break;
	case COMMAND_SCRUB:
	case COMMAND_TOP:
	case COMMAND_DOCTOR:
	case COMMAND_METRICS_TOKEN:
	case COMMAND_BUCKET_LIST:
	case COMMAND_BUCKET_SHOW:
	case COMMAND_BUCKET_DELETE:
	case COMMAND_TENANT_USAGE:
	case COMMAND_TENANT_QUOTA:
	case COMMAND_TENANT_BACKUP:
	case COMMAND_TENANT_VERIFY:
	case COMMAND_TENANT_RESTORE:
	case COMMAND_TENANT_MOVE:
	case COMMAND_BUCKET_QUOTA:
	case COMMAND_BUCKET_POLICY:
	case COMMAND_BUCKET_ACCESS:
	case COMMAND_UPLOADS_LIST:
	case COMMAND_UPLOADS_ABORT:
	case COMMAND_IMPORT:
	case COMMAND_EXPORT:
	case COMMANDS:
		break;
	}
}
