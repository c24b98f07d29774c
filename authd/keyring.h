/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who there is: tenants, their users, access keys and tokens, in memory, for the loop. The database
 * behind it is database.h's; what it has made durable is put in here, and only then exists.
 *
 * Secrets are sealed (XChaCha20-Poly1305 under the keyring key, bound to access key and tenant)
 * here as they are in the file. One is opened for the moment in which a signing key is derived from
 * it, in guarded memory; what is kept is the signing key, for its day.
 */

#include "authd/allowance.h"
#include "authd/ceiling.h"
#include "authd/sigv4.h"
#include "authd/user.h"
#include "ipc/principal.h"

#define KEYRING_TENANTS_MAX 10000
#define KEYRING_USERS_MAX 100000
#define KEYRING_POLICIES_MAX (256 * MIB)	/* bytes of the policies of all users, as text and compiled */
#define KEYRING_TENANT_POLICIES_MAX (16 * MIB)	/* of those of one tenant */
#define KEYRING_KEYS_MAX 100000

#define KEYRING_MASTER_LEN 32		/* the keyring key */
#define KEYRING_NAME_MAX 63
#define KEYRING_DISPLAY_NAME_MAX 256
#define KEYRING_EMAIL_MAX 254
#define KEYRING_CANONICAL_LEN 64
#define KEYRING_ACCESS_KEY_MIN 3
#define KEYRING_ACCESS_KEY_MAX 128
#define KEYRING_SECRET_MIN 8
#define KEYRING_SECRET_MAX 128
#define KEYRING_SEALED_MAX (24 + KEYRING_SECRET_MAX + 16)	/* nonce, text, tag */

/* Of a tenant that is to go, and whose credentials are worth nothing already. The numbers are on disk. */
enum tenant_deletion {
	TENANT_STAYS = 0,
	TENANT_GOES_EMPTY = 1,	/* if it has no bucket */
	TENANT_GOES = 2,	/* with all that it has */
};

/* When a credential was last let in. */
struct last_use {
	int64_t used_s;		/* 0: never */
	int64_t written_s;	/* what is on disk of that, or soon will be */
};

struct tenant {
	uint64_t number;	/* the database's, from when it is durable */
	struct ipc_id id;	/* everybody else's */
	uint64_t created_ns;
	struct tenant *next;	/* in order of creation */
	bool suspended;		/* its credentials are refused, by a sentence that says so */
	bool settling;		/* what came of its deletion is being written */
	enum tenant_deletion deletion;
	size_t policies_len;	/* of its users, once they are in the keyring */
	struct ceilings ceilings;
	struct allowance requests;	/* limits.h's */
	uint64_t n_limited;	/* requests that its rate refused */
	char name[KEYRING_NAME_MAX + 1];
	char display_name[KEYRING_DISPLAY_NAME_MAX + 1];
	char email[KEYRING_EMAIL_MAX + 1];
	char canonical_id[KEYRING_CANONICAL_LEN + 1];
};

/* What it has opened to others is closed to them. */
static inline bool tenant_is_closed(const struct tenant *t)
{
	return t->suspended || t->deletion != TENANT_STAYS;
}

struct access_key {
	uint64_t number;	/* the database's, from when it is durable */
	uint64_t holder;	/* a number never another's in this process */
	const struct tenant *tenant;
	uint64_t user_number;	/* 0: it acts as the tenant itself */
	const struct user *user;	/* that one, once it is in the keyring */
	uint64_t created_ns;
	int64_t expires_s;	/* 0: never */
	struct last_use use;
	bool enabled;
	struct allowance requests;	/* limits.h's */
	struct access_key *next;	/* in order of creation */
	size_t sealed_len;
	uint8_t sealed[KEYRING_SEALED_MAX];
	char id[KEYRING_ACCESS_KEY_MAX + 1];
};

struct keyring;
struct tokens;

/* Copies the keyring key into guarded memory. */
must_check int keyring_new(const uint8_t master[static KEYRING_MASTER_LEN], struct keyring **ret);
struct keyring *keyring_free(struct keyring *k);
DEFINE_CLEANUP(struct keyring *, keyring_free)

/* What may stand in the name of a tenant, in an access key, in a secret. */
bool keyring_name_is_valid(struct span s);
bool keyring_access_key_is_valid(struct span s);
bool keyring_secret_is_valid(struct span s);

/* --- records, before they are durable ----------------------------------------------------- */

/* With an id, and where canonical_id is empty also one of those. Texts must be valid and fit. */
must_check int tenant_new(struct span name, struct span display_name, struct span email,
			  struct span canonical_id, struct tenant **ret);
struct tenant *tenant_free(struct tenant *t);
DEFINE_CLEANUP(struct tenant *, tenant_free)

/* Who asks with one of its credentials, bound to no prefix; borrows from both. */
struct principal tenant_principal(const struct tenant *t, const char *credential);
struct principal user_principal(const struct user *u, const char *credential);

/* Enabled, with its secret sealed. -ENOMEM. */
must_check int access_key_new(struct keyring *k, const struct tenant *t, struct span id,
			      struct span secret, struct access_key **ret);
struct access_key *access_key_free(struct access_key *a);
DEFINE_CLEANUP(struct access_key *, access_key_free)

bool access_key_has_expired(const struct access_key *a, int64_t now_s);

/* --- what exists -------------------------------------------------------------------------- */

enum keyring_outcome {
	KEYRING_OK = 0,
	KEYRING_FULL,
};

/*
 * Take the record over when the result is 0. -EEXIST: its hash is another's, once in 2^64; hashes
 * are others at each start. -EBADMSG: the user that a key is of is not there, or another tenant's.
 */
must_check int keyring_add_tenant(struct keyring *k, struct tenant *t);
must_check int keyring_add_user(struct keyring *k, struct user *u);
must_check int keyring_add_key(struct keyring *k, struct access_key *a);

void keyring_enable_key(struct keyring *k, struct access_key *a, bool enabled);

/* Out of the keyring and freed, with every signing key that came of it. */
void keyring_remove_key(struct keyring *k, struct access_key *a);

/* Takes both, or NULL and NULL, in the place of what a user in the keyring had. */
void keyring_set_policy(struct keyring *k, struct user *u, char *text, struct policy_document *policy);

/* What all policies take; those of one tenant are in it. */
size_t keyring_policies_len(const struct keyring *k);

/* It must have no key any more. */
void keyring_remove_user(struct keyring *k, struct user *u);

/* Likewise, with every user, key and token of the tenant's. Nothing else may refer to it any more. */
void keyring_remove_tenant(struct keyring *k, struct tenant *t);

/* Texts that are empty stay as they were. */
void keyring_rename_tenant(struct tenant *t, const struct tenant *to);

/* NULL where there is none. */
struct tenant *keyring_find_tenant(const struct keyring *k, struct span name);
struct tenant *keyring_find_tenant_number(const struct keyring *k, uint64_t number);
struct user *keyring_find_user(const struct keyring *k, const struct tenant *t, struct span name);
struct user *keyring_find_user_number(const struct keyring *k, uint64_t number);
struct access_key *keyring_find_key(const struct keyring *k, struct span id);

/* The first of all; go on by ->next. */
struct tenant *keyring_tenants(const struct keyring *k);
struct user *keyring_users(const struct keyring *k);
struct access_key *keyring_keys(const struct keyring *k);
size_t keyring_user_count(const struct keyring *k);
size_t keyring_keys_of(const struct keyring *k, const struct user *u);
size_t keyring_tenant_count(const struct keyring *k);
size_t keyring_key_count(const struct keyring *k);

/* The tokens of all tenants (authd/tokens.h), which are the keyring's. */
struct tokens *keyring_tokens(const struct keyring *k);

/*
 * The signing key of an access key, or with NULL that of nobody, which takes as long and matches
 * nothing. Borrowed until the next call. -EBADMSG: the secret does not open under this keyring key.
 */
must_check int keyring_signing_key(struct keyring *k, const struct access_key *a, struct span day,
				   struct span region, enum sigv4_service service,
				   const uint8_t **ret);

/* Appends the secret, behind its length, to guarded memory. -EBADMSG as above. */
must_check int keyring_put_secret(struct keyring *k, const struct access_key *a, struct buffer *to);

/* Whether both have the same one, in a time that does not tell how much of it is the same. */
bool keyring_have_same_secret(struct keyring *k, const struct access_key *a, const struct access_key *b);

/* Whether the secrets were sealed with this keyring key, tried on one of them; true without any. */
bool keyring_fits(struct keyring *k);
