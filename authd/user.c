/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/user.h"

#include <sodium.h>

#include "base/buffer.h"
#include "base/clock.h"

static bool is_name_character(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c && strchr("+=,.@_-", c));
}

bool user_name_is_valid(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_name_character(span_bytes(s)[i]))
			return false;
	return s.len > 0 && s.len <= USER_NAME_MAX;
}

int user_new(struct tenant *t, struct span name, struct user **ret)
{
	struct user *u = calloc(1, sizeof(*u));

	if (!u)
		return -ENOMEM;
	u->tenant = t;
	u->created_ns = clock_realtime_ns();
	randombytes_buf(u->id.bytes, sizeof(u->id.bytes));
	memcpy(u->name, name.data, MIN(name.len, sizeof(u->name) - 1));
	*ret = u;
	return 0;
}

struct user *user_free(struct user *u)
{
	if (u)
		user_set_policy(u, NULL, NULL);
	free(u);
	return NULL;
}

static char *shorten(struct span text)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(POLICY_TEXT_MAX + 1);

	policy_compact(&b, text);
	return buffer_error(&b) ? NULL : strndup((const char *)b.data, b.len);
}

int user_policy_read(struct span text, bool is_put, char **ret_text, struct policy_document **ret,
		     struct policy_complaint *ret_complaint)
{
	const struct policy_rules rules = {
		.kind = POLICY_IDENTITY,
		.size_max = POLICY_IDENTITY_SIZE,
		.is_put = is_put,
	};
	_cleanup_(policy_freep) struct policy_document *made = NULL;
	int r = policy_parse(text, &rules, &made, ret_complaint);

	if (r)
		return r;
	*ret_text = shorten(text);
	if (!*ret_text)
		return -ENOMEM;
	*ret = steal_ptr(made);
	return 0;
}

size_t user_policy_len(const char *text, const struct policy_document *policy)
{
	return (text ? strlen(text) : 0) + (policy ? policy->arena.total : 0);
}

void user_set_policy(struct user *u, char *text, struct policy_document *policy)
{
	free(u->policy_text);
	policy_free(u->policy);
	u->policy_text = text;
	u->policy = policy;
}
