/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/context.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "s3/pairs.h"

#define FIXES true
#define WIDE  false

const struct policy_key_row policy_keys[POLICY_KEY_COUNT] = {
#define KEY(SYMBOL, name_, SHAPE, STANDING)                                                        \
	[POLICY_KEY_##                                                                             \
		SYMBOL] = { .name = (name_), .shape = POLICY_SHAPE_##SHAPE, .fixes = (STANDING) },
	POLICY_KEYS(KEY)
#undef KEY
};

static bool is_named(const struct policy_key_row *row, struct span name, struct span *ret_tag)
{
	struct span known = span_from_string(row->name);

	if (row->shape != POLICY_SHAPE_TAG) {
		*ret_tag = SPAN_NONE;
		return span_equal_nocase(name, known);
	}
	if (name.len <= known.len || !span_starts_with_nocase(name, known))
		return false;
	*ret_tag = span_skip(name, known.len);
	return true;
}

enum policy_key policy_key_find(struct span name, struct span *ret_tag)
{
	for (unsigned int i = 0; i < POLICY_KEY_COUNT; i++)
		if (is_named(&policy_keys[i], name, ret_tag))
			return (enum policy_key)i;
	return POLICY_KEY_COUNT;
}

enum policy_truth policy_and(enum policy_truth a, enum policy_truth b)
{
	if (a == POLICY_NO || b == POLICY_NO)
		return POLICY_NO;
	return a == POLICY_YES ? b : POLICY_UNKNOWN;
}

enum policy_truth policy_or(enum policy_truth a, enum policy_truth b)
{
	return policy_not(policy_and(policy_not(a), policy_not(b)));
}

enum policy_truth policy_not(enum policy_truth a)
{
	if (a == POLICY_UNKNOWN)
		return POLICY_UNKNOWN;
	return a == POLICY_YES ? POLICY_NO : POLICY_YES;
}

static void set(struct policy_context *c, enum policy_key key, struct span value)
{
	c->values[key] = value;
}

void policy_context_set_unknown(struct policy_context *c, enum policy_key key)
{
	c->unknown[key / 64] |= UINT64_C(1) << key % 64;
}

void policy_context_set_known(struct policy_context *c, enum policy_key key, struct span value)
{
	c->unknown[key / 64] &= ~(UINT64_C(1) << key % 64);
	set(c, key, value);
}

static bool is_unknown(const struct policy_context *c, enum policy_key key)
{
	return c->unknown[key / 64] >> key % 64 & 1;
}

void policy_context_set_number(struct policy_context *c, enum policy_key key, uint64_t value)
{
	char *text;

	if (c->number_count == POLICY_NUMBERS_MAX) {
		policy_context_set_unknown(c, key);
		return;
	}
	text = c->numbers[c->number_count++];
	snprintf(text, POLICY_NUMBER_TEXT_MAX, "%" PRIu64, value);
	set(c, key, span_from_string(text));
}

void policy_context_set_time(struct policy_context *c, int64_t now_s)
{
	set(c, POLICY_KEY_CURRENT_TIME, span_from_string(date_format_iso8601_s(now_s, c->time)));
	policy_context_set_number(c, POLICY_KEY_EPOCH_TIME, now_s < 0 ? 0 : (uint64_t)now_s);
}

/* "Principal key values" of
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html */
void policy_context_set_principal(struct policy_context *c, const struct policy_principal *p)
{
	bool is_user = p->who == POLICY_USER;
	int n;

	if (p->who == POLICY_ANONYMOUS) {
		set(c, POLICY_KEY_PRINCIPAL_TYPE, SPAN("Anonymous"));
		set(c, POLICY_KEY_PRINCIPAL_ACCOUNT, SPAN(POLICY_ANONYMOUS_NAME));
		set(c, POLICY_KEY_USER_ID, SPAN(POLICY_ANONYMOUS_NAME));
		return;
	}
	set(c, POLICY_KEY_PRINCIPAL_TYPE, is_user ? SPAN("User") : SPAN("Account"));
	set(c, POLICY_KEY_PRINCIPAL_ACCOUNT, p->account);
	set(c, POLICY_KEY_USER_ID, is_user ? p->user_id : p->account);
	set(c, POLICY_KEY_USER_NAME, is_user ? p->user : SPAN_NONE);
	n = snprintf(c->arn, sizeof(c->arn), "arn:aws:iam::%.*s:%s%.*s", (int)p->account.len,
		     (const char *)p->account.data, is_user ? "user/" : "root",
		     is_user ? (int)p->user.len : 0, is_user ? (const char *)p->user.data : "");
	/* Half a name is somebody else's. */
	if (n < 0 || (size_t)n >= sizeof(c->arn))
		policy_context_set_unknown(c, POLICY_KEY_PRINCIPAL_ARN);
	else
		set(c, POLICY_KEY_PRINCIPAL_ARN, (struct span){ c->arn, (size_t)n });
}

static void set_headers(struct policy_context *c, const struct s3_request *r)
{
	static const struct {
		enum policy_key key;
		enum s3_header header;
	} headers[] = {
		{ POLICY_KEY_IF_MATCH, S3_HEADER_IF_MATCH },
		{ POLICY_KEY_IF_NONE_MATCH, S3_HEADER_IF_NONE_MATCH },
		{ POLICY_KEY_OBJECT_LOCK_LEGAL_HOLD, S3_HEADER_AMZ_OBJECT_LOCK_LEGAL_HOLD },
		{ POLICY_KEY_OBJECT_LOCK_MODE, S3_HEADER_AMZ_OBJECT_LOCK_MODE },
		{ POLICY_KEY_OBJECT_LOCK_RETAIN_UNTIL_DATE,
		  S3_HEADER_AMZ_OBJECT_LOCK_RETAIN_UNTIL_DATE },
		{ POLICY_KEY_AMZ_ACL, S3_HEADER_AMZ_ACL },
		{ POLICY_KEY_AMZ_CONTENT_SHA256, S3_HEADER_AMZ_CONTENT_SHA256 },
		{ POLICY_KEY_AMZ_COPY_SOURCE, S3_HEADER_AMZ_COPY_SOURCE },
		{ POLICY_KEY_AMZ_GRANT_FULL_CONTROL, S3_HEADER_AMZ_GRANT_FULL_CONTROL },
		{ POLICY_KEY_AMZ_GRANT_READ, S3_HEADER_AMZ_GRANT_READ },
		{ POLICY_KEY_AMZ_GRANT_READ_ACP, S3_HEADER_AMZ_GRANT_READ_ACP },
		{ POLICY_KEY_AMZ_GRANT_WRITE, S3_HEADER_AMZ_GRANT_WRITE },
		{ POLICY_KEY_AMZ_GRANT_WRITE_ACP, S3_HEADER_AMZ_GRANT_WRITE_ACP },
		{ POLICY_KEY_AMZ_METADATA_DIRECTIVE, S3_HEADER_AMZ_METADATA_DIRECTIVE },
		{ POLICY_KEY_AMZ_OBJECT_OWNERSHIP, S3_HEADER_AMZ_OBJECT_OWNERSHIP },
		{ POLICY_KEY_AMZ_SERVER_SIDE_ENCRYPTION, S3_HEADER_AMZ_SERVER_SIDE_ENCRYPTION },
		{ POLICY_KEY_AMZ_SSE_CUSTOMER_ALGORITHM, S3_HEADER_AMZ_SSE_CUSTOMER_ALGORITHM },
		{ POLICY_KEY_AMZ_STORAGE_CLASS, S3_HEADER_AMZ_STORAGE_CLASS },
		{ POLICY_KEY_AMZ_WEBSITE_REDIRECT_LOCATION,
		  S3_HEADER_AMZ_WEBSITE_REDIRECT_LOCATION },
	};

	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		set(c, headers[i].key, r->headers[headers[i].header]);
}

void policy_context_set_request(struct policy_context *c, const struct s3_request *r)
{
	set_headers(c, r);
	set(c, POLICY_KEY_DELIMITER, r->params[S3_PARAM_DELIMITER]);
	set(c, POLICY_KEY_PREFIX, r->params[S3_PARAM_PREFIX]);
	set(c, POLICY_KEY_VERSION_ID, r->params[S3_PARAM_VERSION_ID]);
	/* Who names no number asks for the most, and s3:max-keys is there for every list. */
	if (r->operation == S3_LIST_OBJECTS || r->operation == S3_LIST_OBJECTS_V2)
		policy_context_set_number(c, POLICY_KEY_MAX_KEYS,
					  s3_request_number(r, S3_PARAM_MAX_KEYS, S3_LIST_MAX));
}

/* The pairs that the values of a key are among, or NULL. */
static const struct span *pairs_of(const struct policy_context *c, enum policy_key key)
{
	if (key == POLICY_KEY_EXISTING_OBJECT_TAG)
		return &c->existing_tags;
	if (key == POLICY_KEY_REQUEST_OBJECT_TAG || key == POLICY_KEY_REQUEST_OBJECT_TAG_KEYS)
		return &c->request_tags;
	return NULL;
}

enum policy_truth policy_context_get(const struct policy_context *c, enum policy_key key,
				     struct span tag, struct span *ret)
{
	const struct span *pairs = pairs_of(c, key);
	struct span value = c->values[key];

	assert(policy_keys[key].shape != POLICY_SHAPE_MANY);
	if (is_unknown(c, key))
		return POLICY_UNKNOWN;
	if (pairs)
		value = pairs_find(*pairs, tag);
	if (span_is_none(value))
		return POLICY_NO;
	*ret = value;
	return POLICY_YES;
}

enum policy_truth policy_context_get_many(const struct policy_context *c, enum policy_key key,
					  struct span *ret_pairs)
{
	const struct span *pairs = pairs_of(c, key);

	assert(policy_keys[key].shape == POLICY_SHAPE_MANY);
	if (is_unknown(c, key))
		return POLICY_UNKNOWN;
	*ret_pairs = pairs ? *pairs : SPAN_NONE;
	return POLICY_YES;
}
