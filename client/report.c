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

#define LIST(to, answer, list, fields)                                                             \
	render_table(to, json_object_get(answer, list), fields, ARRAY_SIZE(fields))
#define RECORD(to, answer, object, fields)                                                         \
	render_record(to, json_object_get(answer, object), fields, ARRAY_SIZE(fields))

/* --- tenants, users and keys -------------------------------------------------------------- */

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
static void report_with_limits(FILE *to, const json_t *answer, const struct render_field fields[],
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

static void report_tenant(FILE *to, const struct invocation *i, const json_t *answer)
{
	report_with_limits(to, answer, tenant_record, ARRAY_SIZE(tenant_record));
}

static void report_limits(FILE *to, const struct invocation *i, const json_t *answer)
{
	report_with_limits(to, answer, limit_fields, ARRAY_SIZE(limit_fields));
}

static void report_tenants(FILE *to, const struct invocation *i, const json_t *answer)
{
	LIST(to, answer, "tenants", tenant_fields);
}

static void report_users(FILE *to, const struct invocation *i, const json_t *answer)
{
	LIST(to, answer, "users", user_fields);
}

static void report_user(FILE *to, const struct invocation *i, const json_t *answer)
{
	RECORD(to, answer, "user", user_record);
}

static void report_keys(FILE *to, const struct invocation *i, const json_t *answer)
{
	LIST(to, answer, "keys", key_fields);
}

static void report_key(FILE *to, const struct invocation *i, const json_t *answer)
{
	RECORD(to, answer, "key", key_record);
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

static void report_tokens(FILE *to, const struct invocation *i, const json_t *answer)
{
	LIST(to, answer, "tokens", token_fields);
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

static void report_imported_tokens(FILE *to, const struct invocation *i, const json_t *answer)
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

static void report_reload(FILE *to, const struct invocation *i, const json_t *answer)
{
	const json_t *reload = json_object_get(answer, "reload"),
		     *changed = json_object_get(reload, "changed"),
		     *restart = json_object_get(reload, "restart");

	report_list(to, "In force now: ", changed);
	report_list(to, "After a restart: ", restart);
	report_list(to, "Not seen, so it may need a restart: ", json_object_get(reload, "unseen"));
	if (!json_array_size(changed) && !json_array_size(restart))
		fputs("Nothing has changed.\n", to);
}

/* --- all of them -------------------------------------------------------------------------- */

static void report_done(FILE *to, const struct invocation *i, const char *before, const char *after)
{
	char name[RENDER_TEXT_MAX];

	fprintf(to, "%s%s%s\n", before, render_text(i->operand, name), after);
}

static void report_deleted(FILE *to, const struct invocation *i, const json_t *answer)
{
	report_done(to, i, "deleted ", "");
}

static void report_deleted_token(FILE *to, const struct invocation *i, const json_t *answer)
{
	report_done(to, i, "Token '", "' deleted.");
}

static void report_put_policy(FILE *to, const struct invocation *i, const json_t *answer)
{
	report_done(to, i, "", " has this policy now");
}

static void report_deleted_policy(FILE *to, const struct invocation *i, const json_t *answer)
{
	report_done(to, i, "", " has no policy any more");
}

static void report_host_key(FILE *to, const struct invocation *i, const json_t *answer)
{
	const json_t *host = json_object_get(answer, "host");

	fprintf(to, "%s\n", json_string_value(json_object_get(host, "key")));
}

static void report_status(FILE *to, const struct invocation *i, const json_t *answer)
{
	bulletin_print(to, json_object_get(answer, "status"));
}

/* Commands that are not here have told what came of them while they ran. */
static void (*const reports[COMMANDS])(FILE *to, const struct invocation *i,
				       const json_t *answer) = {
	[COMMAND_TENANT_LIST] = report_tenants,
	[COMMAND_TENANT_CREATE] = report_tenant,
	[COMMAND_TENANT_SHOW] = report_tenant,
	[COMMAND_TENANT_UPDATE] = report_tenant,
	[COMMAND_TENANT_SUSPEND] = report_tenant,
	[COMMAND_TENANT_RESUME] = report_tenant,
	[COMMAND_TENANT_LIMITS] = report_limits,
	[COMMAND_TENANT_DELETE] = report_deleted,
	[COMMAND_KEY_LIST] = report_keys,
	[COMMAND_KEY_CREATE] = report_key,
	[COMMAND_KEY_DISABLE] = report_key,
	[COMMAND_KEY_ENABLE] = report_key,
	[COMMAND_KEY_DELETE] = report_deleted,
	[COMMAND_USER_LIST] = report_users,
	[COMMAND_USER_CREATE] = report_user,
	[COMMAND_USER_SHOW] = report_user,
	[COMMAND_USER_UPDATE] = report_user,
	[COMMAND_USER_DELETE] = report_deleted,
	[COMMAND_POLICY_PUT] = report_put_policy,
	[COMMAND_POLICY_GET] = report_policy,
	[COMMAND_POLICY_DELETE] = report_deleted_policy,
	[COMMAND_TOKEN_ADD] = report_token,
	[COMMAND_TOKEN_LIST] = report_tokens,
	[COMMAND_TOKEN_REFRESH] = report_refreshed_token,
	[COMMAND_TOKEN_DELETE] = report_deleted_token,
	[COMMAND_TOKEN_IMPORT] = report_imported_tokens,
	[COMMAND_HOST_KEY] = report_host_key,
	[COMMAND_STATUS] = report_status,
	[COMMAND_RELOAD] = report_reload,
};

void report(FILE *to, const struct invocation *i, const json_t *answer)
{
	if (reports[i->command])
		reports[i->command](to, i, answer);
}
