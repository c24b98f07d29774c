/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/token.h"

#include <sodium.h>

#include "authd/hmac.h"
#include "s3/names.h"

_Static_assert(TOKEN_HASH_LEN == HMAC_LEN, "what is kept of a token");
_Static_assert(TOKEN_TEXT_SIZE ==
		       sizeof(TOKEN_TEXT_MARK) - 1 +
			       sodium_base64_ENCODED_LEN(TOKEN_RANDOM_LEN,
							 sodium_base64_VARIANT_URLSAFE_NO_PADDING),
	       "the text of a token and its NUL");

const char *const token_scope_names[TOKEN_SCOPE_COUNT] = {
#define SCOPE(SYMBOL, name) [TOKEN_SCOPE_INDEX_##SYMBOL] = name,
	TOKEN_SCOPES(SCOPE)
#undef SCOPE
};

bool token_name_is_valid(struct span s)
{
	return s.len <= TOKEN_NAME_MAX && span_is_text(s);
}

bool token_text_is_valid(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (span_bytes(s)[i] < ' ' || span_bytes(s)[i] >= 0x7f)
			return false;
	return s.len > 0 && s.len <= TOKEN_TEXT_MAX;
}

bool token_prefix_is_valid(struct span s)
{
	return s.len == 0 || key_check(s) == 0;
}

unsigned int token_scope_find(struct span name)
{
	for (size_t i = 0; i < TOKEN_SCOPE_COUNT; i++)
		if (span_equal(span_from_string(token_scope_names[i]), name))
			return 1u << i;
	return 0;
}

void token_hash(struct span text, uint8_t ret[static TOKEN_HASH_LEN])
{
	sha256(text, ret);
}

void token_make(char ret_text[static TOKEN_TEXT_SIZE], uint8_t ret_hash[static TOKEN_HASH_LEN])
{
	size_t mark_len = sizeof(TOKEN_TEXT_MARK) - 1;
	uint8_t random[TOKEN_RANDOM_LEN];

	randombytes_buf(random, sizeof(random));
	memcpy(ret_text, TOKEN_TEXT_MARK, mark_len);
	sodium_bin2base64(ret_text + mark_len, TOKEN_TEXT_SIZE - mark_len, random, sizeof(random),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(random, sizeof(random));
	token_hash(span_from_string(ret_text), ret_hash);
}

int token_new(const struct tenant *t, const struct token_terms *terms,
	      const uint8_t hash[static TOKEN_HASH_LEN], struct token **ret)
{
	struct token *made = calloc(1, sizeof(*made) + terms->prefix.len + 1);

	if (!made)
		return -ENOMEM;
	made->tenant = t;
	made->scopes = terms->scopes;
	made->rate = terms->rate;
	made->created_s = terms->created_s;
	made->expires_s = terms->expires_s;
	memcpy(made->hash, hash, sizeof(made->hash));
	memcpy(made->name, terms->name.data, MIN(terms->name.len, sizeof(made->name) - 1));
	memcpy(made->bucket, terms->bucket.data, MIN(terms->bucket.len, sizeof(made->bucket) - 1));
	if (terms->prefix.len)
		memcpy(made->prefix, terms->prefix.data, terms->prefix.len);
	*ret = made;
	return 0;
}

struct token_terms token_terms(const struct token *t)
{
	return (struct token_terms){
		.name = span_from_string(t->name),
		.bucket = span_from_string(t->bucket),
		.prefix = span_from_string(t->prefix),
		.scopes = t->scopes,
		.rate = t->rate,
		.created_s = t->created_s,
		.expires_s = t->expires_s,
	};
}

struct token *token_free(struct token *t)
{
	free(t);
	return NULL;
}

struct token *token_free_list(struct token *t)
{
	while (t) {
		struct token *next = t->next;

		token_free(t);
		t = next;
	}
	return NULL;
}

bool token_has_expired(const struct token *t, int64_t now_s)
{
	return t->expires_s && now_s >= t->expires_s;
}
