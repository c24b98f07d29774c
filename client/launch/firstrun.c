/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/firstrun.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

/* As admin_call(), but it takes the request, and there is an answer with ADMIN_OK only. */
static int call(struct admin *a, json_t *request, json_t **ret, struct complaint *why)
{
	json_t *answer = NULL;
	int r;

	if (!request)
		return complain_errno(why, -ENOMEM, "cannot ask authd");
	r = admin_call(a, request, &answer, why);
	json_decref(request);
	if (r == ADMIN_OK)
		*ret = answer;
	else
		json_decref(answer);
	return r;
}

/* Asks and expects to be obeyed: a refusal is a failure here. */
static int ask(struct admin *a, json_t *request, json_t **ret, struct complaint *why)
{
	int r = call(a, request, ret, why);

	return r > 0 ? -EPERM : r;
}

static bool has_member(const json_t *list, const char *member, const char *value)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *found = json_string_value(json_object_get(item, member));

		if (found && strcmp(found, value) == 0)
			return true;
	}
	return false;
}

enum firstrun_key firstrun_decide(const struct firstrun_wish *wish, const json_t *keys)
{
	const struct pair *wanted = wish->environment;
	bool file_works = wish->file && has_member(keys, "access_key", wish->file->access_key);

	if (wanted && !has_member(keys, "access_key", wanted->access_key))
		return FIRSTRUN_MADE;
	if (file_works && (!wanted || strcmp(wanted->access_key, wish->file->access_key) == 0))
		return FIRSTRUN_REMEMBERED;
	if (wanted)
		return FIRSTRUN_TOLD;
	if (wish->has_file || json_array_size(keys) == 0)
		return FIRSTRUN_MADE;
	return FIRSTRUN_UNKNOWN;
}

static int ensure_tenant(struct admin *a, struct complaint *why)
{
	json_t *answer = NULL;
	bool exists;
	int r;

	r = ask(a, json_pack("{s:s}", "do", "tenant.list"), &answer, why);
	if (r < 0)
		return r;
	exists = has_member(json_object_get(answer, "tenants"), "name", FIRSTRUN_TENANT);
	json_decref(answer);
	if (exists)
		return 0;
	r = ask(a, json_pack("{s:s, s:s}", "do", "tenant.create", "name", FIRSTRUN_TENANT), &answer,
		why);
	if (r >= 0)
		json_decref(answer);
	return r;
}

static int make_key(struct admin *a, const struct pair *wanted, struct pair *ret,
		    struct complaint *why)
{
	json_t *request, *answer = NULL;
	const json_t *key;
	bool understood;
	int r;

	r = ensure_tenant(a, why);
	if (r < 0)
		return r;
	request = json_pack("{s:s, s:s, s:s*, s:s*}", "do", "key.create", "tenant", FIRSTRUN_TENANT,
			    "access_key", wanted ? wanted->access_key : NULL, "secret_key",
			    wanted ? wanted->secret_key : NULL);
	r = ask(a, request, &answer, why);
	if (r < 0)
		return r;
	key = json_object_get(answer, "key");
	understood = pair_set(json_string_value(json_object_get(key, "access_key")),
			      json_string_value(json_object_get(key, "secret_key")), ret);
	json_decref(answer);
	return understood ? 0 : complain(why, -EPROTO, "authd made a key and did not tell it");
}

int firstrun_key(struct admin *a, const struct firstrun_wish *wish, enum firstrun_key *ret_key,
		 struct pair *ret, struct complaint *why)
{
	json_t *answer = NULL;
	int r;

	r = ask(a, json_pack("{s:s}", "do", "key.list"), &answer, why);
	if (r < 0)
		return r;
	*ret_key = firstrun_decide(wish, json_object_get(answer, "keys"));
	json_decref(answer);
	switch (*ret_key) {
	case FIRSTRUN_MADE:
		return make_key(a, wish->environment, ret, why);
	case FIRSTRUN_REMEMBERED:
		*ret = *wish->file;
		break;
	case FIRSTRUN_TOLD:
		*ret = *wish->environment;
		break;
	case FIRSTRUN_UNKNOWN:
		break;
	}
	return 0;
}

/* --- the token ---------------------------------------------------------------------------- */

static int await_stored(struct admin *a, struct complaint *why)
{
	const struct timespec pause = { .tv_nsec = 20 * NS_PER_MS };
	uint64_t until_ns = clock_boottime_ns() + FIRSTRUN_STORED_S * NS_PER_S;
	bool connected = false;

	while (!connected) {
		json_t *answer = NULL;
		int r = ask(a, json_pack("{s:s}", "do", "status"), &answer, why);

		if (r < 0)
			return r;
		connected = json_is_true(
			json_object_get(json_object_get(answer, "status"), "stored_connected"));
		json_decref(answer);
		if (!connected && clock_boottime_ns() > until_ns)
			return complain(why, ADMIN_REFUSED, "stored does not connect to authd");
		if (!connected)
			nanosleep(&pause, NULL);
	}
	return 0;
}

/* Whether a text is that of a token which has not expired. */
static int token_works(struct admin *a, const char *text, bool *ret, struct complaint *why)
{
	json_t *request, *answer = NULL;
	int r;

	*ret = false;
	if (!text[0])
		return 0;
	request = json_pack("{s:s, s:s}", "do", "token.show", "token", text);
	r = call(a, request, &answer, why);
	if (r < 0)
		return r;
	*ret = json_is_false(json_object_get(json_object_get(answer, "token"), "expired"));
	json_decref(answer);
	return 0;
}

#define TOKEN_NAME_SIZE 64

/* The first that is free: those that were made for somebody else's file stay as they are. */
static int choose_name(struct admin *a, char ret[static TOKEN_NAME_SIZE], struct complaint *why)
{
	json_t *answer = NULL;
	int r;

	r = ask(a, json_pack("{s:s, s:s}", "do", "token.list", "tenant", FIRSTRUN_TENANT), &answer,
		why);
	if (r < 0)
		return r;
	snprintf(ret, TOKEN_NAME_SIZE, FIRSTRUN_TOKEN);
	for (int n = 2; has_member(json_object_get(answer, "tokens"), "name", ret); n++)
		snprintf(ret, TOKEN_NAME_SIZE, FIRSTRUN_TOKEN "-%d", n);
	json_decref(answer);
	return 0;
}

/* ADMIN_REFUSED, where authd or stored will not. */
static int make_token(struct admin *a, char ret[static CREDENTIALS_TOKEN_MAX + 1],
		      struct complaint *why)
{
	char name[TOKEN_NAME_SIZE];
	json_t *answer = NULL;
	const char *text;
	int r;

	r = ensure_tenant(a, why);
	if (r >= 0)
		r = choose_name(a, name, why);
	if (r >= 0)
		r = await_stored(a, why);
	if (r)
		return r;
	r = call(a,
		 json_pack("{s:s, s:s, s:s, s:i}", "do", "token.create", "tenant", FIRSTRUN_TENANT,
			   "token_name", name, "ttl_days", FIRSTRUN_TOKEN_DAYS),
		 &answer, why);
	if (r)
		return r;
	text = json_string_value(json_object_get(json_object_get(answer, "token"), "token"));
	if (text && strlen(text) <= CREDENTIALS_TOKEN_MAX)
		strcpy(ret, text);
	else
		r = complain(why, -EPROTO, "authd made a token and did not tell it");
	json_decref(answer);
	return r;
}

static int has_tokens(struct admin *a, bool *ret, struct complaint *why)
{
	json_t *answer = NULL;
	int r = ask(a, json_pack("{s:s}", "do", "token.list"), &answer, why);

	if (r < 0)
		return r;
	*ret = json_array_size(json_object_get(answer, "tokens")) > 0;
	json_decref(answer);
	return 0;
}

int firstrun_token(struct admin *a, bool has_file, char in[static CREDENTIALS_TOKEN_MAX + 1],
		   enum firstrun_token *ret_token, struct complaint *why)
{
	bool works, any = false;
	int r;

	r = token_works(a, in, &works, why);
	if (r >= 0 && !works && !has_file)
		r = has_tokens(a, &any, why);
	if (r < 0)
		return r;
	if (works || any) {
		*ret_token = works ? FIRSTRUN_TOKEN_REMEMBERED : FIRSTRUN_TOKEN_UNKNOWN;
		return 0;
	}
	in[0] = '\0';
	r = make_token(a, in, why);
	if (r < 0)
		return r;
	*ret_token = r == ADMIN_REFUSED ? FIRSTRUN_TOKEN_NONE : FIRSTRUN_TOKEN_MADE;
	return 0;
}
