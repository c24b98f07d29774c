/* SPDX-License-Identifier: Apache-2.0 */

/* The rows of a tenant that comes with all its identities. */

#include "authd/database/rows.h"

struct arrival {
	uint64_t tenant;
	struct identities *identities;
};

static int add_users(struct database *d, struct user *first)
{
	int r = DATABASE_OK;

	for (struct user *u = first; u && r == DATABASE_OK; u = u->next) {
		r = database_add_user(d, u);
		if (r == DATABASE_OK && u->policy_text)
			r = database_set_policy(d, u->number, u->policy_text);
	}
	return r;
}

/* Those of a user who has come with them learn his number. */
static int add_keys(struct database *d, struct access_key *first)
{
	int r = DATABASE_OK;

	for (struct access_key *a = first; a && r == DATABASE_OK; a = a->next) {
		if (a->user)
			a->user_number = a->user->number;
		r = database_add_key(d, a);
	}
	return r;
}

static int add_tokens(struct database *d, struct token *first)
{
	int r = DATABASE_OK;

	for (struct token *t = first; t && r == DATABASE_OK; t = t->next)
		r = database_add_token(d, t);
	return r;
}

static int import(struct database *d, void *what)
{
	const struct arrival *a = what;
	struct identities *i = a->identities;
	int r;

	i->tenant->number = a->tenant;
	r = database_rename_tenant(d, i->tenant);
	if (r == DATABASE_OK)
		r = add_users(d, i->users);
	if (r == DATABASE_OK)
		r = add_keys(d, i->keys);
	return r == DATABASE_OK ? add_tokens(d, i->tokens) : r;
}

int database_import(struct database *d, uint64_t tenant, struct identities *i)
{
	struct arrival a = { tenant, i };

	return database_together(d, import, &a);
}
