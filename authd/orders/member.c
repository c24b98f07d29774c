/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/orders/member.h"

#include "authd/orders/page.h"
#include "authd/token.h"
#include "ipc/operator.h"
#include "ipc/recipient.h"
#include "s3/names.h"

struct span json_span(const json_t *value)
{
	return (struct span){ json_string_value(value), json_string_length(value) };
}

static bool is_text(const json_t *value, size_t most)
{
	struct span s = json_span(value);

	return s.len <= most && span_is_text(s);
}

static bool is_name(const json_t *value)
{
	return keyring_name_is_valid(json_span(value));
}

static bool is_user(const json_t *value)
{
	return user_name_is_valid(json_span(value));
}

static bool is_display_name(const json_t *value)
{
	return is_text(value, KEYRING_DISPLAY_NAME_MAX);
}

static bool is_email(const json_t *value)
{
	return is_text(value, KEYRING_EMAIL_MAX);
}

static bool is_canonical_id(const json_t *value)
{
	struct span s = json_span(value);

	return s.len == KEYRING_CANONICAL_LEN && span_is_lower_hex(s);
}

static bool is_access_key(const json_t *value)
{
	return keyring_access_key_is_valid(json_span(value));
}

static bool is_secret_key(const json_t *value)
{
	return keyring_secret_is_valid(json_span(value));
}

static bool is_token_name(const json_t *value)
{
	return token_name_is_valid(json_span(value));
}

static bool is_token_text(const json_t *value)
{
	return token_text_is_valid(json_span(value));
}

static bool is_whole(const json_t *value, json_int_t most)
{
	return json_is_integer(value) && json_integer_value(value) >= 1 &&
	       json_integer_value(value) <= most;
}

static bool is_ttl(const json_t *value)
{
	return is_whole(value, TOKEN_TTL_DAYS_MAX);
}

static bool is_limit(const json_t *value)
{
	return is_whole(value, PAGE_ITEMS_MAX);
}

static bool is_rate(const json_t *value)
{
	return is_whole(value, TOKEN_RATE_MAX);
}

#define MEMBER_NONE    "none"
#define MEMBER_DEFAULT "default"

int64_t member_ceiling(const json_t *value)
{
	if (!value)
		return CEILING_STAYS;
	if (json_is_integer(value))
		return json_integer_value(value);
	return span_equal(json_span(value), SPAN(MEMBER_NONE)) ? CEILING_NONE : CEILING_OF_ALL;
}

/* A burst of none would let nobody in. */
static bool is_ceiling(const json_t *value, enum ceiling c)
{
	if (json_is_integer(value))
		return ceiling_admits(c, json_integer_value(value));
	return span_equal(json_span(value), SPAN(MEMBER_DEFAULT)) ||
	       (c != CEILING_BURST && span_equal(json_span(value), SPAN(MEMBER_NONE)));
}

#define CEILING(SYMBOL, symbol, ...)                                                               \
	static bool is_ceiling_##symbol(const json_t *value)                                       \
	{                                                                                          \
		return is_ceiling(value, CEILING_##SYMBOL);                                        \
	}
CEILINGS(CEILING)
#undef CEILING

bool member_scopes(const json_t *value, unsigned int *ret)
{
	unsigned int scopes = 0;
	const json_t *item;
	size_t i;

	if (!json_is_array(value))
		return false;
	json_array_foreach(value, i, item) {
		unsigned int scope = token_scope_find(json_span(item));

		if (!scope)
			return false;
		scopes |= scope;
	}
	*ret = scopes;
	return true;
}

static bool is_scopes(const json_t *value)
{
	unsigned int scopes;

	return member_scopes(value, &scopes) && scopes;
}

static bool is_bucket(const json_t *value)
{
	return bucket_name_is_valid(json_span(value));
}

static bool is_prefix(const json_t *value)
{
	return json_is_string(value) && token_prefix_is_valid(json_span(value));
}

/* What is in it, its order checks. */
static bool is_policy(const json_t *value)
{
	return json_is_string(value) && json_string_length(value) <= POLICY_TEXT_MAX;
}

static bool is_flag(const json_t *value)
{
	return json_is_boolean(value);
}

static bool is_tokens(const json_t *value)
{
	const json_t *item;
	size_t i;

	json_array_foreach(value, i, item)
		if (!json_is_object(item))
			return false;
	return json_array_size(value) > 0 && json_array_size(value) <= MEMBER_TOKENS_MAX;
}

static bool is_purpose(const json_t *value)
{
	enum operator_purpose purpose;

	return operator_purpose_parse(json_span(value), &purpose);
}

static bool is_recipient(const json_t *value)
{
	struct recipient r;

	return recipient_parse(json_span(value), &r);
}

static bool is_settings(const json_t *value)
{
	const char *name;
	json_t *list, *item;
	size_t i;

	json_object_foreach((json_t *)value, name, list) {
		if (!json_is_array(list))
			return false;
		json_array_foreach(list, i, item)
			if (!json_is_string(item))
				return false;
	}
	return json_is_object(value);
}

static const struct {
	const char *name;
	bool (*is_valid)(const json_t *value);
	enum member_record record;
	const char *form;
} members[MEMBER_COUNT] = {
#define MEMBER(SYMBOL, name_, is_valid_, RECORD, form_)                                            \
	[MEMBER_##SYMBOL] = { name_, is_valid_, MEMBER_RECORD_##RECORD, form_ },
	MEMBERS(MEMBER)
#undef MEMBER
};

enum member member_find(const char *name)
{
	enum member m = 0;

	while (m < MEMBER_COUNT && strcmp(members[m].name, name) != 0)
		m++;
	return m;
}

const char *member_name(enum member m)
{
	return members[m].name;
}

const char *member_form(enum member m)
{
	return members[m].form;
}

enum member_record member_record(enum member m)
{
	return members[m].record;
}

bool member_is_valid(enum member m, const json_t *value)
{
	return members[m].is_valid(value);
}
