/* SPDX-License-Identifier: Apache-2.0 */
#include "client/remote/answer.h"

#include <string.h>

#include "client/render.h"

#define OK	  200
#define CREATED	  201
#define REDIRECTS 300
#define REFUSALS  400
#define NOT_FOUND 404
#define NO_POLICY "NoSuchPolicy"

static int not_understood(struct complaint *why)
{
	return complain(why, -EPROTO, "the server's answer is not understood");
}

static json_t *parse(const struct http_answer *a)
{
	return a->is_json ? json_loadb(a->body.data, a->body.len, JSON_REJECT_DUPLICATES, NULL)
			  : NULL;
}

/* --- refusals ------------------------------------------------------------------------------ */

/* One of somebody who is not the administration of a Coffer. */
static int refuse_stranger(const struct http_answer *a, struct complaint *why)
{
	if (a->status >= REDIRECTS && a->status < REFUSALS) {
		complain(why, -EPROTO, "the server sends elsewhere, with status %u", a->status);
		complaint_hint(why, "nobody is followed there: name the address itself");
		return -EPROTO;
	}
	complain(why, -EPROTO, "the server's answer is not understood; it has status %u",
		 a->status);
	complaint_hint(why, "--endpoint is where a Coffer listens for S3");
	return -EPROTO;
}

static const char *error_member(const json_t *answer, const char *name)
{
	return json_string_value(json_object_get(json_object_get(answer, "error"), name));
}

static int refuse(const struct http_answer *a, json_t **ret, struct complaint *why)
{
	json_t *answer = parse(a);
	const char *code = error_member(answer, "code"), *error = error_member(answer, "message"),
		   *hint = error_member(answer, "hint");
	char text[RENDER_TEXT_MAX];
	int r = ADMIN_REFUSED;

	if (a->status < REFUSALS || !code || !error) {
		json_decref(answer);
		return refuse_stranger(a, why);
	}
	complain(why, 0, "%s", render_text(error, text));
	if (hint)
		complaint_hint(why, "%s", render_text(hint, text));
	*ret = json_pack("{s:b, s:s, s:s*, s:s}", "ok", 0, "error", error, "hint", hint, "code",
			 code);
	if (!*ret)
		r = complain_errno(why, -ENOMEM, "cannot understand the server");
	json_decref(answer);
	return r;
}

static bool is_done(const struct http_answer *a)
{
	return a->status == OK || a->status == CREATED;
}

/* --- what was asked for -------------------------------------------------------------------- */

int answer_object(const struct http_answer *a, const char *member, json_t **ret,
		  struct complaint *why)
{
	json_t *answer, *object, *warning;

	if (!is_done(a))
		return refuse(a, ret, why);
	answer = parse(a);
	object = json_object_get(answer, member);
	warning = json_object_get(answer, "warning");
	if (!json_is_object(object) || (warning && !json_is_string(warning))) {
		json_decref(answer);
		return not_understood(why);
	}
	*ret = json_pack("{s:b, s:O, s:O*}", "ok", 1, member, object, "warning", warning);
	json_decref(answer);
	return *ret ? ADMIN_OK : complain_errno(why, -ENOMEM, "cannot understand the server");
}

/* The policy as a text, as the socket has it; JSON null where there is none. */
static int take_policy(json_t *policy, json_t **ret, struct complaint *why)
{
	*ret = policy ? json_pack("{s:b, s:o}", "ok", 1, "policy", policy) : NULL;
	return *ret ? ADMIN_OK : complain_errno(why, -ENOMEM, "cannot understand the server");
}

int answer_policy(const struct http_answer *a, json_t **ret, struct complaint *why)
{
	json_t *answer;
	bool is_policy;
	int r;

	if (!is_done(a)) {
		r = refuse(a, ret, why);
		if (r != ADMIN_REFUSED || a->status != NOT_FOUND ||
		    strcmp(json_string_value(json_object_get(*ret, "code")), NO_POLICY) != 0)
			return r;
		json_decref(*ret);
		return take_policy(json_null(), ret, why);
	}
	answer = parse(a);
	is_policy = json_is_object(answer);
	json_decref(answer);
	return is_policy ? take_policy(json_stringn(a->body.data, a->body.len), ret, why)
			 : not_understood(why);
}

static bool are_objects(const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) if (!json_is_object(item)) return false;
	return json_is_array(list);
}

int answer_page(const struct http_answer *a, const char *member, json_t *list, json_t **ret_cursor,
		json_t **ret_refusal, struct complaint *why)
{
	json_t *answer, *items, *cursor;
	int r = ADMIN_OK;

	if (!is_done(a))
		return refuse(a, ret_refusal, why);
	answer = parse(a);
	items = json_object_get(answer, member);
	cursor = json_object_get(answer, "next_cursor");
	if (!are_objects(items) || !(json_string_length(cursor) || json_is_null(cursor)))
		r = not_understood(why);
	else if (json_array_extend(list, items) < 0)
		r = complain_errno(why, -ENOMEM, "cannot understand the server");
	else if (json_is_string(cursor))
		*ret_cursor = json_incref(cursor);
	json_decref(answer);
	return r;
}
