/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/tokens.h"

#include <sodium.h>
#include <stdio.h>

#include "s3/encoding.h"

#undef NDEBUG
#include <assert.h>

static const struct tenant acme = { .number = 1, .name = "acme" };
static const struct tenant other = { .number = 2, .name = "other" };

static struct token *make(const struct tenant *t, const char *name,
			  char ret_text[static TOKEN_TEXT_SIZE])
{
	struct token_terms terms = { .name = span_from_string(name),
				     .bucket = SPAN("bucket"),
				     .prefix = SPAN("") };
	uint8_t hash[TOKEN_HASH_LEN];
	struct token *made;

	token_make(ret_text, hash);
	assert(token_new(t, &terms, hash, &made) == 0);
	return made;
}

static struct token *add(struct tokens *s, const struct tenant *t, const char *name,
			 char ret_text[static TOKEN_TEXT_SIZE])
{
	struct token *made = make(t, name, ret_text);

	assert(tokens_add(s, made) == KEYRING_OK);
	return made;
}

static void test_a_token_has_256_random_bits_that_can_be_quoted_anywhere(void)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char one[TOKEN_TEXT_SIZE], two[TOKEN_TEXT_SIZE];
	uint8_t hash_one[TOKEN_HASH_LEN], hash_two[TOKEN_HASH_LEN];

	token_make(one, hash_one);
	token_make(two, hash_two);
	assert(strncmp(one, "cft_", 4) == 0 && strlen(one) == 4 + 43);
	assert(strspn(one + 4, digits) == 43);
	assert(strcmp(one, two) != 0 && memcmp(hash_one, hash_two, sizeof(hash_one)) != 0);
}

/* What an older service has written down of its tokens is what we keep of ours. */
static void test_what_is_kept_is_the_sha256_of_the_text(void)
{
	char text[TOKEN_TEXT_SIZE], hex[2 * TOKEN_HASH_LEN + 1];
	uint8_t made[TOKEN_HASH_LEN], again[TOKEN_HASH_LEN];

	token_hash(SPAN("abc"), made);
	assert(strcmp(hex_encode((struct span){ made, sizeof(made) }, hex),
		      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") == 0);
	token_make(text, made);
	token_hash(span_from_string(text), again);
	assert(memcmp(made, again, sizeof(made)) == 0);
}

static void test_forms_are_checked(void)
{
	char longest[1025];

	memset(longest, 'a', sizeof(longest));
	assert(token_name_is_valid(SPAN("full")) &&
	       token_name_is_valid(SPAN("Jane's laptop \xc3\xa9")));
	assert(token_name_is_valid((struct span){ longest, 128 }));
	assert(!token_name_is_valid((struct span){ longest, 129 }));
	assert(!token_name_is_valid(SPAN("")) && !token_name_is_valid(SPAN("a\nb")));
	assert(!token_name_is_valid(SPAN("a\0b")) && !token_name_is_valid(SPAN("\xff")));
	assert(token_prefix_is_valid(SPAN("")) && token_prefix_is_valid(SPAN("a/../b")));
	assert(token_prefix_is_valid((struct span){ longest, 1024 }));
	assert(!token_prefix_is_valid((struct span){ longest, 1025 }));
	assert(!token_prefix_is_valid(SPAN("a\0b")) && !token_prefix_is_valid(SPAN("\xff")));
	assert(token_scope_find(SPAN("read")) == TOKEN_SCOPE_READ);
	assert(token_scope_find(SPAN("write")) == TOKEN_SCOPE_WRITE);
	assert(token_scope_find(SPAN("delete")) == TOKEN_SCOPE_DELETE);
	assert(!token_scope_find(SPAN("Read")) && !token_scope_find(SPAN("")));
	assert(!token_scope_find(SPAN("admin")));
}

static void test_tokens_are_found_by_text_and_by_name(void)
{
	char text_a[TOKEN_TEXT_SIZE], text_b[TOKEN_TEXT_SIZE], text_c[TOKEN_TEXT_SIZE];
	struct token *a, *b, *c;
	struct tokens *s;

	assert(tokens_new(&s) == 0);
	assert(!tokens_recognise(s, SPAN("anything")) && !tokens_recognise(s, SPAN("")));
	a = add(s, &acme, "a", text_a);
	b = add(s, &acme, "b", text_b);
	c = add(s, &other, "a", text_c);
	assert(tokens_recognise(s, span_from_string(text_a)) == a);
	assert(tokens_recognise(s, span_from_string(text_b)) == b);
	assert(tokens_recognise(s, span_from_string(text_c)) == c);
	assert(tokens_find(s, &acme, SPAN("a")) == a && tokens_find(s, &other, SPAN("a")) == c);
	assert(!tokens_find(s, &other, SPAN("b")) && !tokens_find(s, &acme, SPAN("A")));
	assert(tokens_count(s) == 3);
	tokens_remove(s, c);
	tokens_remove(s, a);
	assert(!tokens_recognise(s, span_from_string(text_a)) && !tokens_find(s, &acme, SPAN("a")));
	assert(tokens_first(s) == b && !b->next && tokens_count(s) == 1);
	a = add(s, &acme, "a", text_a);
	assert(b->next == a && tokens_find(s, &acme, SPAN("a")) == a);
	tokens_free(s);
}

/* T40: nothing that is nearly a token's text is a token. */
/* First, in the middle and last; what is added then is behind all. */
static void test_a_replaced_token_leaves_its_place_to_the_other(void)
{
	static const char *const names[] = { "a", "b", "c" };
	char old_text[TOKEN_TEXT_SIZE], text[TOKEN_TEXT_SIZE];
	struct tokens *s;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct token *old = NULL, *next = NULL;
		const struct token *at;
		size_t n = 0;

		assert(tokens_new(&s) == 0);
		for (size_t j = 0; j < ARRAY_SIZE(names); j++) {
			struct token *t = add(s, &acme, names[j], text);

			if (i == j) {
				old = t;
				strcpy(old_text, text);
			}
		}
		next = make(&acme, names[i], text);
		assert(tokens_replace(s, old, next) == KEYRING_OK);
		assert(!tokens_recognise(s, span_from_string(old_text)));
		assert(tokens_recognise(s, span_from_string(text)) == next);
		assert(tokens_find(s, &acme, span_from_string(names[i])) == next);
		add(s, &acme, "d", text);
		for (at = tokens_first(s); n < ARRAY_SIZE(names); at = at->next)
			assert(strcmp(at->name, names[n++]) == 0);
		assert(strcmp(at->name, "d") == 0 && !at->next && tokens_count(s) == 4);
		tokens_free(s);
	}
}

static void test_t40_a_text_that_is_not_exactly_it_is_no_token(void)
{
	char text[TOKEN_TEXT_SIZE], tried[TOKEN_TEXT_SIZE + 1];
	struct tokens *s;
	size_t len;

	assert(tokens_new(&s) == 0);
	add(s, &acme, "a", text);
	len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		assert(!tokens_recognise(s, (struct span){ text, i }));
		for (int bit = 0; bit < 8; bit++) {
			memcpy(tried, text, len);
			tried[i] = (char)(tried[i] ^ (1 << bit));
			assert(!tokens_recognise(s, (struct span){ tried, len }));
		}
	}
	snprintf(tried, sizeof(tried), "%sA", text);
	assert(!tokens_recognise(s, (struct span){ tried, len + 1 }));
	assert(!tokens_recognise(s, (struct span){ text, len + 1 }));
	assert(tokens_recognise(s, (struct span){ text, len }));
	tokens_free(s);
}

/* Where a token is kept is a hash of 64 bits; another text may have it, too. */
static void test_t40_to_be_found_where_a_token_is_kept_is_not_enough(void)
{
	char text[TOKEN_TEXT_SIZE];
	struct tokens *s;
	struct token *t;

	assert(tokens_new(&s) == 0);
	t = add(s, &acme, "a", text);
	for (size_t bit = 0; bit < 8 * TOKEN_HASH_LEN; bit++) {
		t->hash[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert(!tokens_recognise(s, span_from_string(text)));
		t->hash[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert(tokens_recognise(s, span_from_string(text)) == t);
	tokens_free(s);
}

/* What is kept is no use to whoever finds it. */
static void test_t40_the_hash_of_a_token_is_no_token(void)
{
	char text[TOKEN_TEXT_SIZE], hex[2 * TOKEN_HASH_LEN + 1];
	struct tokens *s;
	struct token *t;

	assert(tokens_new(&s) == 0);
	t = add(s, &acme, "a", text);
	assert(!tokens_recognise(s, (struct span){ t->hash, sizeof(t->hash) }));
	hex_encode((struct span){ t->hash, sizeof(t->hash) }, hex);
	assert(!tokens_recognise(s, span_from_string(hex)));
	tokens_free(s);
}

static void test_a_token_expires_with_its_last_second(void)
{
	struct token_terms terms = { .name = SPAN("a"), .bucket = SPAN("b"), .prefix = SPAN("p/") };
	uint8_t hash[TOKEN_HASH_LEN] = { 0 };
	struct token *t;

	terms.expires_s = 1000;
	assert(token_new(&acme, &terms, hash, &t) == 0);
	assert(!token_has_expired(t, 999) && token_has_expired(t, 1000));
	assert(strcmp(t->prefix, "p/") == 0);
	t->expires_s = 0;
	assert(!token_has_expired(t, INT64_MAX));
	token_free(t);
}

int main(void)
{
	assert(sodium_init() >= 0);
	test_a_token_has_256_random_bits_that_can_be_quoted_anywhere();
	test_what_is_kept_is_the_sha256_of_the_text();
	test_forms_are_checked();
	test_tokens_are_found_by_text_and_by_name();
	test_a_replaced_token_leaves_its_place_to_the_other();
	test_t40_a_text_that_is_not_exactly_it_is_no_token();
	test_t40_to_be_found_where_a_token_is_kept_is_not_enough();
	test_t40_the_hash_of_a_token_is_no_token();
	test_a_token_expires_with_its_last_second();
	return 0;
}
