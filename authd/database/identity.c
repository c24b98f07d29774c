/* SPDX-License-Identifier: Apache-2.0 */

/* The rows of tenants and their access keys. */

#include "authd/database/rows.h"

#define FIRST_CEILING 9 /* column */

/* A number that is none is somebody else's: without it there would be no limit. */
static bool take_ceilings(struct ceilings *to, sqlite3_stmt *s)
{
	for (enum ceiling c = 0; c < CEILING_COUNT; c++) {
		int64_t n = sqlite3_column_int64(s, FIRST_CEILING + (int)c);

		if (n != CEILING_OF_ALL && n != CEILING_NONE && !ceiling_admits(c, n))
			return false;
		to->of[c] = n;
	}
	return true;
}

static int take_tenant(struct keyring *k, sqlite3_stmt *s)
{
	_cleanup_(tenant_freep) struct tenant *t = calloc(1, sizeof(*t));
	struct span id = column_bytes(s, 1);
	int r;

	if (!t)
		return -ENOMEM;
	t->number = (uint64_t)sqlite3_column_int64(s, 0);
	t->created_ns = (uint64_t)sqlite3_column_int64(s, 6);
	t->suspended = sqlite3_column_int(s, 7) == 1;
	t->deletion = (enum tenant_deletion)sqlite3_column_int(s, 8);
	if (id.len != sizeof(t->id.bytes) || !column_text(s, 2, t->name, sizeof(t->name)) ||
	    !column_text(s, 3, t->display_name, sizeof(t->display_name)) ||
	    !column_text(s, 4, t->email, sizeof(t->email)) ||
	    !column_text(s, 5, t->canonical_id, sizeof(t->canonical_id)) ||
	    !take_ceilings(&t->ceilings, s))
		return -EBADMSG;
	memcpy(t->id.bytes, id.data, id.len);
	r = keyring_add_tenant(k, t);
	if (r)
		return r < 0 ? r : -ENOSPC;
	t = NULL;
	return 0;
}

static int take_key(struct keyring *k, sqlite3_stmt *s)
{
	_cleanup_(access_key_freep) struct access_key *a = calloc(1, sizeof(*a));
	struct span sealed = column_bytes(s, 2);
	int r;

	if (!a)
		return -ENOMEM;
	a->tenant = keyring_find_tenant_number(k, (uint64_t)sqlite3_column_int64(s, 1));
	if (!a->tenant || sealed.len > sizeof(a->sealed) ||
	    !column_text(s, 0, a->id, sizeof(a->id)))
		return -EBADMSG;
	memcpy(a->sealed, sealed.data, sealed.len);
	a->sealed_len = sealed.len;
	a->enabled = sqlite3_column_int(s, 3) == 1;
	a->created_ns = (uint64_t)sqlite3_column_int64(s, 4);
	a->number = (uint64_t)sqlite3_column_int64(s, 5);
	a->user_number = (uint64_t)sqlite3_column_int64(s, 6);
	a->expires_s = sqlite3_column_int64(s, 7);
	a->use.used_s = a->use.written_s = sqlite3_column_int64(s, 8);
	r = keyring_add_key(k, a);
	if (r)
		return r < 0 ? r : -ENOSPC;
	a = NULL;
	return 0;
}

int database_load_identities(struct database *d, struct keyring *k)
{
	int r;

	r = database_read(d, k,
			  "SELECT number, id, name, display_name, email, canonical_id, created_ns,"
			  " suspended, deletion, requests_per_second, burst, bandwidth, parallel"
			  " FROM tenants ORDER BY number",
			  take_tenant);
	if (r >= 0)
		r = database_load_users(d, k);
	if (r < 0)
		return r;
	return database_read(d, k,
			     "SELECT id, tenant, sealed, enabled, created_ns, number,"
			     " coalesce(user, 0), expires_s, used_s FROM keys ORDER BY number",
			     take_key);
}

int database_add_tenant(struct database *d, struct tenant *t)
{
	sqlite3_stmt *s = database_statement(d, STATEMENT_ADD_TENANT);
	int r;

	sqlite3_bind_blob(s, 1, t->id.bytes, sizeof(t->id.bytes), SQLITE_STATIC);
	bind_text(s, 2, t->name);
	bind_text(s, 3, t->display_name);
	bind_text(s, 4, t->email);
	bind_text(s, 5, t->canonical_id);
	sqlite3_bind_int64(s, 6, (sqlite3_int64)t->created_ns);
	r = database_run(d, STATEMENT_ADD_TENANT);
	if (r == DATABASE_OK)
		t->number = (uint64_t)sqlite3_last_insert_rowid(d->sqlite);
	return r;
}

int database_rename_tenant(struct database *d, const struct tenant *t)
{
	sqlite3_stmt *s = database_statement(d, STATEMENT_RENAME_TENANT);

	bind_number(s, 1, t->number);
	bind_text(s, 2, t->display_name);
	bind_text(s, 3, t->email);
	return database_run(d, STATEMENT_RENAME_TENANT);
}

int database_suspend_tenant(struct database *d, uint64_t number, bool suspended)
{
	sqlite3_stmt *s = database_statement(d, STATEMENT_SUSPEND_TENANT);

	bind_number(s, 1, number);
	sqlite3_bind_int(s, 2, suspended);
	return database_run(d, STATEMENT_SUSPEND_TENANT);
}

int database_mark_tenant(struct database *d, uint64_t number, enum tenant_deletion how)
{
	sqlite3_stmt *s = database_statement(d, STATEMENT_MARK_TENANT);

	bind_number(s, 1, number);
	sqlite3_bind_int(s, 2, (int)how);
	return database_run(d, STATEMENT_MARK_TENANT);
}

int database_limit_tenant(struct database *d, uint64_t number, const struct ceilings *by)
{
	sqlite3_stmt *s = database_statement(d, STATEMENT_LIMIT_TENANT);

	bind_number(s, 1, number);
	for (enum ceiling c = 0; c < CEILING_COUNT; c++)
		sqlite3_bind_int64(s, 2 + (int)c, by->of[c]);
	return database_run(d, STATEMENT_LIMIT_TENANT);
}

/* What hangs on the tenant first, which it may well have none of. */
static int remove_all(struct database *d, void *what)
{
	static const enum statement of_it[] = { STATEMENT_REMOVE_TOKENS, STATEMENT_REMOVE_KEYS,
						STATEMENT_REMOVE_USERS };
	const uint64_t *number = what;

	for (size_t i = 0; i < ARRAY_SIZE(of_it); i++) {
		int r;

		bind_number(database_statement(d, of_it[i]), 1, *number);
		r = database_run(d, of_it[i]);
		if (r < 0)
			return r;
	}
	bind_number(database_statement(d, STATEMENT_REMOVE_TENANT), 1, *number);
	return database_run(d, STATEMENT_REMOVE_TENANT);
}

int database_remove_tenant(struct database *d, uint64_t number)
{
	int r = database_together(d, remove_all, &number);

	/* Its rows are overwritten in the file; the log has had copies of them. */
	if (r == DATABASE_OK)
		(void)!database_execute(d, "PRAGMA wal_checkpoint = TRUNCATE");
	return r;
}

int database_add_key(struct database *d, struct access_key *a)
{
	sqlite3_stmt *s = database_statement(d, STATEMENT_ADD_KEY);
	int r;

	bind_text(s, 1, a->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)a->tenant->number);
	sqlite3_bind_blob(s, 3, a->sealed, (int)a->sealed_len, SQLITE_STATIC);
	sqlite3_bind_int(s, 4, a->enabled);
	sqlite3_bind_int64(s, 5, (sqlite3_int64)a->created_ns);
	bind_number(s, 6, a->user_number);
	sqlite3_bind_int64(s, 7, a->expires_s);
	bind_number(s, 8, USER_KEYS_MAX);
	r = database_run(d, STATEMENT_ADD_KEY);
	if (r == DATABASE_OK)
		a->number = (uint64_t)sqlite3_last_insert_rowid(d->sqlite);
	return r;
}

int database_enable_key(struct database *d, const char *id, bool enabled)
{
	sqlite3_stmt *s = database_statement(d, STATEMENT_ENABLE_KEY);

	sqlite3_bind_int(s, 1, enabled);
	bind_text(s, 2, id);
	return database_run(d, STATEMENT_ENABLE_KEY);
}

int database_remove_key(struct database *d, const char *id)
{
	bind_text(database_statement(d, STATEMENT_REMOVE_KEY), 1, id);
	return database_run(d, STATEMENT_REMOVE_KEY);
}
