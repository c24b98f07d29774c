/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/judge.h"

#include <stdio.h>

#include "courtroom.h"
#include "ipc/grant.h"

#undef NDEBUG
#include <assert.h>

static struct courtroom room;
static char full[TOKEN_TEXT_SIZE]; /* the text of a token that may do everything */

static struct token *add(const struct tenant *t, const char *name, unsigned int scopes,
			 const char *prefix, char ret_text[static TOKEN_TEXT_SIZE])
{
	struct token_terms terms = { .name = span_from_string(name),
				     .bucket = SPAN("acme-objects"),
				     .prefix = span_from_string(prefix),
				     .scopes = scopes,
				     .expires_s = SIGNER_TIME_S + 1000 };
	uint8_t hash[TOKEN_HASH_LEN];
	struct token *made;

	token_make(ret_text, hash);
	assert(token_new(t, &terms, hash, &made) == 0);
	assert(tokens_add(keyring_tokens(room.keyring), made) == KEYRING_OK);
	return made;
}

static void begin(struct request *q, const char *method, const char *target, const char *token)
{
	char field[256];

	request_begin(q, method, target);
	request_field(q, "Host", "rest.example.org");
	if (strcmp(method, "PUT") == 0)
		request_field(q, "Content-Length", "5");
	snprintf(field, sizeof(field), "Bearer %s", token);
	if (*token)
		request_field(q, "Authorization", field);
}

/* The ruling is to be cleared; what it borrows lives as long as the request. */
static enum s3_error rule(const struct request *q, struct ruling *ret)
{
	struct s3_head head = request_head(q);

	assert(judge_hear(room.judge, S3_DIALECT_REST, &head, SPAN("192.0.2.7"), SIGNER_TIME_S,
			  ret) == 0);
	return ret->error;
}

static enum s3_error hear(const char *method, const char *target, const char *token)
{
	struct ruling ruling;
	enum s3_error error;
	struct request q;

	begin(&q, method, target, token);
	error = rule(&q, &ruling);
	snprintf(room.detail, sizeof(room.detail), "%s", ruling.detail);
	ruling_clear(&ruling);
	request_clear(&q);
	return error;
}

/* --- who it is ---------------------------------------------------------------------------- */

static void test_a_token_is_let_into_its_bucket(void)
{
	char credential[RULING_CREDENTIAL_SIZE];
	struct ruling ruling;
	struct request q;

	begin(&q, "GET", "/objects/a%20b", full);
	assert(rule(&q, &ruling) == S3_ERROR_NONE);
	assert(ruling.token && !ruling.key && ruling_tenant(&ruling) == room.acme);
	assert(strcmp(ruling_credential(&ruling, credential), "token:full") == 0);
	assert(ruling.parsed.request.dialect == S3_DIALECT_REST);
	assert(ruling.parsed.request.operation == S3_GET_OBJECT);
	assert(span_equal(ruling.parsed.request.bucket, SPAN("acme-objects")));
	assert(span_equal(ruling.parsed.request.key, SPAN("a b")));
	ruling_clear(&ruling);
	request_clear(&q);
}

static void test_without_a_token_nobody_is_known(void)
{
	struct ruling ruling;
	struct request q;

	assert(hear("GET", "/objects/a", "") == S3_ERROR_REST_NOT_AUTHENTICATED);
	assert(hear("GET", "/objects/a", "unknown") == S3_ERROR_REST_UNKNOWN_TOKEN);
	begin(&q, "GET", "/objects/a", "unknown");
	assert(rule(&q, &ruling) == S3_ERROR_REST_UNKNOWN_TOKEN);
	assert(!ruling.token && !ruling_tenant(&ruling));
	ruling_clear(&ruling);
	request_clear(&q);
}

static void test_an_expired_token_is_told_so(void)
{
	char text[TOKEN_TEXT_SIZE];
	struct token *t = add(room.acme, "old", TOKEN_SCOPES_ALL, "", text);

	t->expires_s = SIGNER_TIME_S + 1;
	assert(hear("GET", "/objects/a", text) == S3_ERROR_NONE);
	t->expires_s = SIGNER_TIME_S;
	assert(hear("GET", "/objects/a", text) == S3_ERROR_REST_TOKEN_EXPIRED);
	/* That is all he hears: not what his scopes would have been worth. */
	t->scopes = 0;
	assert(hear("PUT", "/objects/a", text) == S3_ERROR_REST_TOKEN_EXPIRED);
	tokens_remove(keyring_tokens(room.keyring), t);
	assert(hear("GET", "/objects/a", text) == S3_ERROR_REST_UNKNOWN_TOKEN);
}

/* T40: each dialect has credentials of its own, and believes no others. */
static void test_tokens_of_a_suspended_tenant_are_refused_and_of_one_that_goes_unknown(void)
{
	room.acme->suspended = true;
	assert(hear("GET", "/objects", full) == S3_ERROR_ACCESS_DENIED);
	assert(hear("GET", "/objects", "cft_unknown") == S3_ERROR_REST_UNKNOWN_TOKEN);
	room.acme->deletion = TENANT_GOES;
	assert(hear("GET", "/objects", full) == S3_ERROR_REST_UNKNOWN_TOKEN);
	room.acme->suspended = false;
	assert(hear("GET", "/objects", full) == S3_ERROR_REST_UNKNOWN_TOKEN);
	room.acme->deletion = TENANT_STAYS;
	assert(hear("GET", "/objects", full) == S3_ERROR_NONE);
}

static void test_t40_a_credential_of_the_other_dialect_is_worth_nothing(void)
{
	struct s3_head head;
	struct ruling ruling;
	struct request q;

	begin(&q, "GET", "/bucket/a", full);
	head = request_head(&q);
	assert(judge_hear(room.judge, S3_DIALECT_S3, &head, SPAN("192.0.2.7"), SIGNER_TIME_S,
			  &ruling) == 0);
	assert(ruling.error && !ruling.key && !ruling.token);
	ruling_clear(&ruling);
	request_clear(&q);
	request_begin(&q, "GET", "/objects/a");
	request_field(&q, "Host", "h");
	request_sign(&q, &SIGNER);
	assert(rule(&q, &ruling) == S3_ERROR_REST_NOT_AUTHENTICATED);
	ruling_clear(&ruling);
	request_clear(&q);
	request_begin(&q, "GET", "/objects/a");
	request_field(&q, "Host", "h");
	request_presign(&q, &SIGNER);
	assert(rule(&q, &ruling) == S3_ERROR_REST_NOT_AUTHENTICATED);
	ruling_clear(&ruling);
	request_clear(&q);
}

/* A path that is nobody's is told so to everybody; what is behind one, only to who may know. */
static void test_paths_are_told_before_and_values_behind_the_token(void)
{
	assert(hear("GET", "/nothing", "") == S3_ERROR_REST_NOT_FOUND);
	assert(hear("POST", "/objects/a", "") == S3_ERROR_METHOD_NOT_ALLOWED);
	assert(hear("GET", "/objects?limit=x", "") == S3_ERROR_REST_NOT_AUTHENTICATED);
	assert(hear("GET", "/objects?limit=x", full) == S3_ERROR_REST_INVALID_LIMIT);
	assert(hear("GET", "/objects/%ff", "unknown") == S3_ERROR_REST_UNKNOWN_TOKEN);
}

/* --- what it may -------------------------------------------------------------------------- */

static const struct {
	const char *method, *target;
	enum token_scope needed;
	const char *sentence;
} needs[] = {
	{ "GET", "/objects/a", TOKEN_SCOPE_READ, "Missing required scopes: ['read']" },
	{ "HEAD", "/objects/a", TOKEN_SCOPE_READ, "Missing required scopes: ['read']" },
	{ "GET", "/objects", TOKEN_SCOPE_READ, "Missing required scopes: ['read']" },
	{ "PUT", "/objects/a", TOKEN_SCOPE_WRITE, "Missing required scopes: ['write']" },
	{ "DELETE", "/objects/a", TOKEN_SCOPE_DELETE, "Missing required scopes: ['delete']" },
};

static void test_t26_every_operation_needs_its_own_scope(void)
{
	char text[TOKEN_TEXT_SIZE];
	struct token *t = add(room.acme, "some", 0, "", text);

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		for (t->scopes = 0; t->scopes <= TOKEN_SCOPES_ALL; t->scopes++) {
			enum s3_error error = hear(needs[i].method, needs[i].target, text);

			if (t->scopes & needs[i].needed) {
				assert(error == S3_ERROR_NONE);
				continue;
			}
			assert(error == S3_ERROR_REST_MISSING_SCOPES);
			assert(strcmp(room.detail, needs[i].sentence) == 0);
		}
	}
	tokens_remove(keyring_tokens(room.keyring), t);
}

/* 401 before 429 before 403 before 422: a token that is misused has its rate like any other. */
static void test_the_rate_is_asked_behind_the_token_and_before_its_scopes(void)
{
	char text[TOKEN_TEXT_SIZE];
	struct token *t = add(room.acme, "slow", TOKEN_SCOPE_READ, "", text);

	t->rate = 1;
	for (int i = 0; i < LIMITS_BURST_S; i++)
		assert(hear("PUT", "/objects/a", text) == S3_ERROR_REST_MISSING_SCOPES);
	assert(hear("PUT", "/objects/a", text) == S3_ERROR_SLOW_DOWN);
	assert(hear("GET", "/objects?limit=x", text) == S3_ERROR_SLOW_DOWN);
	assert(hear("GET", "/objects/a", text) == S3_ERROR_SLOW_DOWN);
	assert(hear("GET", "/nothing", text) == S3_ERROR_REST_NOT_FOUND);
	t->expires_s = SIGNER_TIME_S;
	assert(hear("PUT", "/objects/a", text) == S3_ERROR_REST_TOKEN_EXPIRED);
	t->expires_s = 0;
	t->rate = 0;
	assert(hear("GET", "/objects?limit=x", text) == S3_ERROR_REST_INVALID_LIMIT);
	t->scopes = TOKEN_SCOPE_WRITE;
	assert(hear("GET", "/objects?limit=x", text) == S3_ERROR_REST_MISSING_SCOPES);
	tokens_remove(keyring_tokens(room.keyring), t);
}

static void test_t21_a_prefix_confines_every_operation_on_a_key(void)
{
	static const char *const methods[] = { "GET", "HEAD", "PUT", "DELETE" };
	static const char *const outside[] = { "/objects/a",	     "/objects/p",
					       "/objects/P%2Fa",     "/objects//p/a",
					       "/objects/q/../p/a",  "/objects/x/p/a",
					       "/objects/%2570%2Fa", "/objects/p%252Fa" };
	static const char *const inside[] = { "/objects/p/", "/objects/p/a", "/objects/p%2Fa",
					      "/objects/%70/a", "/objects/p/../a" };
	char text[TOKEN_TEXT_SIZE];
	struct token *t = add(room.acme, "confined", TOKEN_SCOPES_ALL, "p/", text);

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		for (size_t n = 0; n < ARRAY_SIZE(outside); n++)
			assert(hear(methods[i], outside[n], text) == S3_ERROR_REST_OUTSIDE_PREFIX);
		/* `..` is part of a key like anything else: it leads nowhere. */
		for (size_t n = 0; n < ARRAY_SIZE(inside); n++)
			assert(hear(methods[i], inside[n], text) == S3_ERROR_NONE);
	}
	/* A list is asked for without a key; stored confines it. */
	assert(hear("GET", "/objects?prefix=q", text) == S3_ERROR_NONE);
	tokens_remove(keyring_tokens(room.keyring), t);
}

/* T28, T02: what the S3 dialect calls a header of its own is an unknown one here. */
static void test_t28_amz_headers_mean_nothing(void)
{
	static const char *const fields[][2] = {
		{ "x-amz-meta-a", "1" },
		{ "x-amz-copy-source", "/other-bucket/key" },
		{ "x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER" },
		{ "x-amz-decoded-content-length", "77" },
		{ "x-amz-trailer", "x-amz-checksum-crc32" },
		{ "x-amz-checksum-crc32", "AAAAAA==" },
		{ "x-amz-storage-class", "GLACIER" },
		{ "x-amz-tagging", "a=b" },
		{ "x-amz-acl", "public-read" },
		{ "x-amz-server-side-encryption", "AES256" },
	};
	struct buffer plain = BUFFER_INIT(64 * KIB), loaded = BUFFER_INIT(64 * KIB);
	struct ruling ruling;
	struct request q;

	for (size_t i = 0; i <= ARRAY_SIZE(fields); i++) {
		struct buffer *to = i ? &loaded : &plain;

		buffer_reset(to);
		begin(&q, "PUT", "/objects/a", full);
		if (i)
			request_field(&q, fields[i - 1][0], fields[i - 1][1]);
		assert(rule(&q, &ruling) == S3_ERROR_NONE);
		assert(ruling.parsed.request.payload == S3_PAYLOAD_UNSIGNED);
		grant_encode(&(struct grant){ .request = ruling.parsed.request }, to);
		assert(buffer_error(to) == 0);
		ruling_clear(&ruling);
		request_clear(&q);
		if (i)
			assert(span_equal(buffer_span(&plain), buffer_span(&loaded)));
	}
	buffer_clear(&plain);
	buffer_clear(&loaded);
}

int main(void)
{
	courtroom_open(&room, NULL);
	add(room.acme, "full", TOKEN_SCOPES_ALL, "", full);
	test_a_token_is_let_into_its_bucket();
	test_without_a_token_nobody_is_known();
	test_an_expired_token_is_told_so();
	test_tokens_of_a_suspended_tenant_are_refused_and_of_one_that_goes_unknown();
	test_t40_a_credential_of_the_other_dialect_is_worth_nothing();
	test_paths_are_told_before_and_values_behind_the_token();
	test_t26_every_operation_needs_its_own_scope();
	test_the_rate_is_asked_behind_the_token_and_before_its_scopes();
	test_t21_a_prefix_confines_every_operation_on_a_key();
	test_t28_amz_headers_mean_nothing();
	courtroom_close(&room);
	return 0;
}
