/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A bearer token of the REST dialect: whoever presents its text may do what its scopes say to the
 * objects of one bucket, below its prefix where it has one, until it expires.
 *
 * The text is 256 random bits, shown once. What is kept, in memory and on disk, is its SHA-256: so
 * many random bits need neither salt nor key nor a slow hash, and tokens that an older service made,
 * of which only the SHA-256 is known, are looked up and kept in the same way as our own.
 */

#include "authd/keyring.h"
#include "authd/limits.h"
#include "s3/request.h"

#define TOKEN_NAME_MAX 128
#define TOKEN_HASH_LEN 32
#define TOKEN_RANDOM_LEN 32
#define TOKEN_TEXT_MARK "cft_"	/* so that one that leaked is known for what it is */
#define TOKEN_TEXT_SIZE (sizeof(TOKEN_TEXT_MARK) + (TOKEN_RANDOM_LEN * 8 + 5) / 6)
#define TOKEN_TTL_DAYS_MAX 36500
#define TOKEN_RATE_MAX LIMITS_RATE_MAX

/* In the order of their names, which is that in which they are shown. */
#define TOKEN_SCOPES(SCOPE)                                                                        \
	SCOPE(DELETE, "delete")                                                                    \
	SCOPE(READ, "read")                                                                        \
	SCOPE(WRITE, "write")

enum token_scope_index {
#define SCOPE(SYMBOL, name) TOKEN_SCOPE_INDEX_##SYMBOL,
	TOKEN_SCOPES(SCOPE)
#undef SCOPE
	TOKEN_SCOPE_COUNT,
};

/* A set of them is an unsigned int. */
enum token_scope {
#define SCOPE(SYMBOL, name) TOKEN_SCOPE_##SYMBOL = 1 << TOKEN_SCOPE_INDEX_##SYMBOL,
	TOKEN_SCOPES(SCOPE)
#undef SCOPE
};

#define TOKEN_SCOPES_ALL ((1u << TOKEN_SCOPE_COUNT) - 1)

extern const char *const token_scope_names[TOKEN_SCOPE_COUNT];

/* What a token is worth. The spans are read during the call that is given them. */
struct token_terms {
	struct span name;
	struct span bucket;
	struct span prefix;	/* empty: any key */
	unsigned int scopes;
	uint32_t rate;		/* requests a second; 0: the usual */
	int64_t created_s;
	int64_t expires_s;	/* 0: never */
};

struct token {
	uint64_t number;	/* the database's, from when it is durable */
	const struct tenant *tenant;
	unsigned int scopes;
	uint32_t rate;
	int64_t created_s;
	int64_t expires_s;
	struct last_use use;
	struct allowance requests;	/* limits.h's */
	struct token *next;	/* in order of creation: a refreshed one keeps its place */
	uint8_t hash[TOKEN_HASH_LEN];
	char name[TOKEN_NAME_MAX + 1];
	char bucket[S3_BUCKET_NAME_MAX + 1];
	char prefix[];
};

/* Text of 1 to TOKEN_NAME_MAX bytes without control characters. */
bool token_name_is_valid(struct span s);

/* What may have been given out as one, by whomever: 1 to TOKEN_TEXT_MAX printable ASCII characters. */
#define TOKEN_TEXT_MAX 1024
bool token_text_is_valid(struct span s);

/* Empty, or such as keys may begin with. */
bool token_prefix_is_valid(struct span s);

/* The scope of that name as a bit, or 0. */
unsigned int token_scope_find(struct span name);

/* A new one; who gets the text sees it this once, and wipes it. */
void token_make(char ret_text[static TOKEN_TEXT_SIZE], uint8_t ret_hash[static TOKEN_HASH_LEN]);

/* What is known of a token with this text, whoever made it. */
void token_hash(struct span text, uint8_t ret[static TOKEN_HASH_LEN]);

/* Terms must be valid. -ENOMEM. */
must_check int token_new(const struct tenant *t, const struct token_terms *terms,
			 const uint8_t hash[static TOKEN_HASH_LEN], struct token **ret);

/* The terms of one that exists, borrowed from it. */
struct token_terms token_terms(const struct token *t);

struct token *token_free(struct token *t);
DEFINE_CLEANUP(struct token *, token_free)

/* With those behind it. */
struct token *token_free_list(struct token *t);

bool token_has_expired(const struct token *t, int64_t now_s);
