/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What may be said in an order: the members of its object, each with the form of its value. */

#include <jansson.h>

#include "authd/ceiling.h"
#include "base/span.h"

#define MEMBER_NAME_FORM "a string of 1 to 63 of a-z, 0-9 and -, not beginning with -"

/*
 * MEMBER(SYMBOL, "name", is valid, RECORD, "what is valid")
 *
 * RECORD is what the audit log has of it: TEXT, NUMBER, JSON; of a list its COUNT, of a document its
 * DIGEST; of a secret NOTHING.
 */
#define MEMBERS(MEMBER)                                                                            \
	MEMBER(NAME, "name", is_name, TEXT, MEMBER_NAME_FORM)                                      \
	MEMBER(TENANT, "tenant", is_name, TEXT, MEMBER_NAME_FORM)                                  \
	MEMBER(USER, "user", is_user, TEXT, "a string of 1 to 64 of A-Z, a-z, 0-9 and +=,.@_-")    \
	MEMBER(DISPLAY_NAME, "display_name", is_display_name, TEXT,                                \
	       "a string of 1 to 256 bytes of text without control characters")                    \
	MEMBER(EMAIL, "email", is_email, TEXT,                                                     \
	       "a string of 1 to 254 bytes of text without control characters")                    \
	MEMBER(CANONICAL_ID, "canonical_id", is_canonical_id, TEXT,                                \
	       "a string of 64 digits of 0-9 and a-f")                                             \
	MEMBER(ACCESS_KEY, "access_key", is_access_key, TEXT,                                      \
	       "a string of 3 to 128 of A-Z, a-z, 0-9, ., _ and -")                                \
	MEMBER(SECRET_KEY, "secret_key", is_secret_key, NOTHING,                                   \
	       "a string of 8 to 128 printable ASCII characters")                                  \
	MEMBER(TOKEN_NAME, "token_name", is_token_name, TEXT,                                      \
	       "a string of 1 to 128 bytes of text without control characters")                    \
	MEMBER(TOKEN, "token", is_token_text, NOTHING,                                             \
	       "a string of 1 to 1024 printable ASCII characters")                                 \
	MEMBER(TTL_DAYS, "ttl_days", is_ttl, NUMBER, "a whole number from 1 to 36500")             \
	MEMBER(SCOPES, "scopes", is_scopes, JSON, "a list of read, write and delete")              \
	MEMBER(BUCKET, "bucket", is_bucket, TEXT, "the name of a bucket, as S3 allows it")         \
	MEMBER(PREFIX, "prefix", is_prefix, TEXT, "a string of at most 1024 bytes, without NUL")   \
	MEMBER(RATE, "rate", is_rate, NUMBER, "a whole number from 1 to 1000000")                  \
	MEMBER(POLICY, "policy", is_policy, DIGEST, "a string with the JSON of a policy")          \
	MEMBER(ENABLED, "enabled", is_flag, JSON, "true or false")                                 \
	MEMBER(LIMIT, "limit", is_limit, NUMBER, "a whole number from 1 to 100")                   \
	MEMBER(CURSOR, "cursor", is_token_name, TEXT, "what the page before ended with")           \
	MEMBER(ADMINISTRATOR, "administrator", is_flag, JSON, "true or false")                     \
	MEMBER(DATA, "data", is_flag, JSON, "true or false")                                       \
	MEMBER(TOKENS, "tokens", is_tokens, COUNT, "a list of 1 to 4096 objects")                  \
	MEMBER(PURPOSE, "purpose", is_purpose, TEXT, "import, export, manage, backup or restore")  \
	MEMBER(RECIPIENT, "recipient", is_recipient, TEXT, "a key as cofferctl host key shows it")   \
	MEMBER(SKIP_EXISTING, "skip_existing", is_flag, JSON, "true or false")                     \
	MEMBER(RATE_OF_TENANT, "requests_per_second", is_ceiling_rate, JSON,                       \
	       "a whole number from 1 to 1000000, none or default")                                \
	MEMBER(BURST, "burst", is_ceiling_burst, JSON,                                             \
	       "a whole number from 1 to 10000000, or default")                                    \
	MEMBER(BANDWIDTH, "bandwidth", is_ceiling_bandwidth, JSON,                                 \
	       "a number of bytes from 64KiB to 1TiB, none or default")                            \
	MEMBER(PARALLEL, "parallel", is_ceiling_parallel, JSON,                                    \
	       "a whole number from 1 to 100000, none or default")                                 \
	MEMBER(SETTINGS, "settings", is_settings, JSON, "an object of settings, each a list of strings")

enum member {
#define MEMBER(SYMBOL, ...) MEMBER_##SYMBOL,
	MEMBERS(MEMBER)
#undef MEMBER
	MEMBER_COUNT,
};

#define MEMBER_TOKENS_MAX 4096

enum member_record {
	MEMBER_RECORD_NOTHING,
	MEMBER_RECORD_TEXT,
	MEMBER_RECORD_NUMBER,
	MEMBER_RECORD_COUNT,
	MEMBER_RECORD_JSON,
	MEMBER_RECORD_DIGEST,
};

/* MEMBER_COUNT where none is called so. */
enum member member_find(const char *name);
const char *member_name(enum member m);
const char *member_form(enum member m);
enum member_record member_record(enum member m);
bool member_is_valid(enum member m, const json_t *value);

/* A string's bytes; SPAN_NONE of anything else. */
struct span json_span(const json_t *value);

/* What a tenant may have: a number, or one of the words. CEILING_STAYS where nothing was said. */
int64_t member_ceiling(const json_t *value);

/* A list of scopes as a set; false where it is something else. */
must_check bool member_scopes(const json_t *value, unsigned int *ret);
