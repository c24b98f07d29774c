/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sees to it that whoever starts a server has a key for it, and a token where it speaks REST. The
 * first start makes the tenant "default", one key and one token. Later the secrets are not known any
 * more, so what can be told depends on who remembers: the credentials file, the environment, or
 * nobody.
 */

#include "client/admin.h"
#include "client/launch/credentials.h"

#define FIRSTRUN_TENANT "default"

enum firstrun_key {
	FIRSTRUN_MADE, /* new, as the environment asked or made up: tell it */
	FIRSTRUN_REMEMBERED, /* the one in the credentials file still works */
	FIRSTRUN_TOLD, /* the environment's key was there before; its secret is taken on trust */
	FIRSTRUN_UNKNOWN, /* there are keys, and nobody asked for one whose secret is known */
};

struct firstrun_wish {
	const struct pair *environment; /* NULL: none */
	const struct pair *file; /* what the credentials file has; NULL: nothing */
	bool has_file; /* a credentials file is to be written: a full pair is needed */
};

/* What to do, given the access keys that exist (an array of authd's key objects). Pure. */
enum firstrun_key firstrun_decide(const struct firstrun_wish *wish, const json_t *keys);

/* Does it. *ret is the pair to tell, except with FIRSTRUN_UNKNOWN. */
must_check int firstrun_key(struct admin *a, const struct firstrun_wish *wish,
			    enum firstrun_key *ret_key, struct pair *ret, struct complaint *why);

#define FIRSTRUN_TOKEN "default" /* its name; default-2 and so on where that is taken */
#define FIRSTRUN_TOKEN_DAYS 3650
#define FIRSTRUN_STORED_S 10 /* so long for stored to connect: without it no token can be made */

enum firstrun_token {
	FIRSTRUN_TOKEN_NONE, /* REST is not served, or one could not be made: *why says why */
	FIRSTRUN_TOKEN_MADE, /* new: tell it */
	FIRSTRUN_TOKEN_REMEMBERED, /* the one in the credentials file still works */
	FIRSTRUN_TOKEN_UNKNOWN, /* there are tokens, and nobody asked for one whose text is known */
};

/*
 * Does that. `in` is the token the credentials file remembers, "" where there is none; with MADE it
 * is replaced by the new one. A refusal of authd's leaves the start alone: the result is NONE.
 */
must_check int firstrun_token(struct admin *a, bool has_file,
			      char in[static CREDENTIALS_TOKEN_MAX + 1],
			      enum firstrun_token *ret_token, struct complaint *why);
