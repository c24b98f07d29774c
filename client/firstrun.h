/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sees to it that whoever starts a server has a key for it. The first start makes the tenant
 * "default" and one key. Later the secrets are not known any more, so what can be told depends on
 * who remembers: the credentials file, the environment, or nobody.
 */

#include "client/admin.h"
#include "client/pair.h"

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
