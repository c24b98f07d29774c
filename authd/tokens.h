/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The tokens that exist, in memory, for the loop: found by the text that a client shows, or by
 * tenant and name. What the database has made durable is put in here, and only then is worth
 * something; what is taken out is worth nothing from then on.
 */

#include "authd/token.h"

#define TOKENS_MAX 100000		/* from there on no more are promised to anybody */
#define TOKENS_PROMISED_MAX (1280 * 1024)	/* for those that are being made durable there is room */

struct tokens;

must_check int tokens_new(struct tokens **ret);
struct tokens *tokens_free(struct tokens *s);
DEFINE_CLEANUP(struct tokens *, tokens_free)

/* Takes the token when the result is 0. KEYRING_FULL; -EEXIST as of keyring_add_key(). */
must_check int tokens_add(struct tokens *s, struct token *t);

/* All of them, out of the set, as they came; they are the caller's. */
struct token *tokens_take(struct tokens *s);

/* Out of the set, and freed; or all of a tenant's. */
void tokens_remove(struct tokens *s, struct token *t);
void tokens_remove_all(struct tokens *s, const struct tenant *t);

/* Another in the place of the old one, which is gone in every case; else as tokens_add(). */
must_check int tokens_replace(struct tokens *s, struct token *old, struct token *t);

/*
 * The token with that text, or NULL. A text that is none costs the same hash and the same
 * comparison, which takes as long whatever it finds; where a token is kept is decided by a hash
 * with a key of this process.
 */
struct token *tokens_recognise(const struct tokens *s, struct span text);

/* NULL where there is none. */
struct token *tokens_find(const struct tokens *s, const struct tenant *t, struct span name);
struct token *tokens_find_hash(const struct tokens *s, const uint8_t hash[static TOKEN_HASH_LEN]);

/* The first of all; go on by ->next. */
struct token *tokens_first(const struct tokens *s);
size_t tokens_count(const struct tokens *s);
