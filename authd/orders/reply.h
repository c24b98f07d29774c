/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What administrators are told, as JSON. All of these return NULL where memory runs out, and take
 * NULL where a part could not be made.
 */

#include <jansson.h>

#include "authd/token.h"

/* {"ok": false, "error": sentence}, with a hint unless it is NULL. */
json_t *reply_refused(const char *hint, const char *format, ...) printf_like(2, 3);

/* The refusal with a "code" by which programs tell what it is. Takes it. */
json_t *reply_as(enum s3_error code, json_t *refusal);

/* The refusal with "again": true: nothing is wrong with what was ordered. Takes it. */
json_t *reply_again(json_t *refusal);

json_t *reply_no_key(struct span id);
json_t *reply_no_tenant(struct span name);
json_t *reply_tenant_goes(const struct tenant *t);
json_t *reply_has_buckets(const struct tenant *t);
json_t *reply_no_stored(void);
json_t *reply_no_longer(enum s3_error code, const char *what);
json_t *reply_limit(const char *hint, const char *sentence);
json_t *reply_no_user(const struct tenant *t, struct span name);
json_t *reply_user_exists(const struct user *u);
json_t *reply_user_has_keys(const struct user *u);
json_t *reply_user_is_full(void);
json_t *reply_no_token(struct span name);
json_t *reply_token_exists(struct span name);

/* Why a token's bucket could not be made. */
json_t *reply_no_bucket(const char *bucket, enum s3_error error);

/* {"ok": true, name: value}; takes the value. */
json_t *reply_done(const char *name, json_t *value);

/* With what it may have at a time; of_all is for what it has none of its own of. */
json_t *reply_tenant(const struct tenant *t, const struct ceilings *of_all);

/* Whether he has a policy may be about to change. */
json_t *reply_user(const struct user *u, bool has_policy);

/* Never with the secret: who has just made the key adds it himself. `u` is its user, or NULL. */
json_t *reply_key(const struct access_key *a, const struct user *u, bool enabled);

/* Never with the text or its hash: who has just made the token adds the text himself. */
json_t *reply_token(const struct token *t);

/* A list with a gap would be a lie: it is whole, or *list is NULL and the result false. */
bool reply_add_item(json_t **list, json_t *item);
