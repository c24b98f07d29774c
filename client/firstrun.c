/* SPDX-License-Identifier: Apache-2.0 */
#include "client/firstrun.h"

#include <string.h>

/* Asks and expects to be obeyed: a refusal is a failure here. Takes the request. */
static int ask(struct admin *a, json_t *request, json_t **ret, struct complaint *why)
{
	json_t *answer = NULL;
	int r;

	if (!request)
		return complain_errno(why, -ENOMEM, "cannot ask authd");
	r = admin_call(a, request, &answer, why);
	json_decref(request);
	if (r == ADMIN_OK) {
		*ret = answer;
		return 0;
	}
	json_decref(answer);
	return r < 0 ? r : -EPERM;
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
