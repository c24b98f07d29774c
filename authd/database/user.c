/* SPDX-License-Identifier: Apache-2.0 */

/* The rows of users. */

#include "authd/database/rows.h"
#include "base/log.h"

/* One that another release took, and this one does not understand, allows nothing. */
static int take_policy(struct user *u, struct span text)
{
	struct policy_document *policy;
	struct policy_complaint complaint;
	char *kept;
	int r;

	if (!text.len)
		return 0;
	r = user_policy_read(text, false, &kept, &policy, &complaint);
	if (r == 0)
		user_set_policy(u, kept, policy);
	else if (r > 0)
		log_error("policy-unusable user=%s tenant=%s what=%s", u->name, u->tenant->name,
			  LOG_VALUE(span_from_string(complaint.text)));
	return r < 0 ? r : 0;
}

static int take_user(struct keyring *k, sqlite3_stmt *s)
{
	_cleanup_(user_freep) struct user *u = calloc(1, sizeof(*u));
	struct span id = column_bytes(s, 1);
	int r;

	if (!u)
		return -ENOMEM;
	u->number = (uint64_t)sqlite3_column_int64(s, 0);
	u->tenant = keyring_find_tenant_number(k, (uint64_t)sqlite3_column_int64(s, 2));
	u->created_ns = (uint64_t)sqlite3_column_int64(s, 4);
	u->administrator = sqlite3_column_int(s, 6);
	if (!u->tenant || id.len != sizeof(u->id.bytes) ||
	    !column_text(s, 3, u->name, sizeof(u->name)) ||
	    !user_name_is_valid(span_from_string(u->name)))
		return -EBADMSG;
	memcpy(u->id.bytes, id.data, id.len);
	r = take_policy(u, column_bytes(s, 5));
	if (r < 0)
		return r;
	r = keyring_add_user(k, u);
	if (r)
		return r < 0 ? r : -ENOSPC;
	u = NULL;
	return 0;
}

int database_load_users(struct database *d, struct keyring *k)
{
	return database_read(d, k,
			     "SELECT number, id, tenant, name, created_ns, policy, administrator"
			     " FROM users ORDER BY number",
			     take_user);
}

int database_add_user(struct database *d, struct user *u)
{
	sqlite3_stmt *s = database_statement(d, STATEMENT_ADD_USER);
	int r;

	sqlite3_bind_blob(s, 1, u->id.bytes, sizeof(u->id.bytes), SQLITE_STATIC);
	bind_number(s, 2, u->tenant->number);
	bind_text(s, 3, u->name);
	bind_number(s, 4, u->created_ns);
	bind_number(s, 5, u->administrator);
	r = database_run(d, STATEMENT_ADD_USER);
	if (r == DATABASE_OK)
		u->number = (uint64_t)sqlite3_last_insert_rowid(d->sqlite);
	return r;
}

int database_set_policy(struct database *d, uint64_t number, const char *policy)
{
	sqlite3_stmt *s = database_statement(d, STATEMENT_SET_POLICY);

	bind_number(s, 1, number);
	bind_text(s, 2, policy);
	return database_run(d, STATEMENT_SET_POLICY);
}

int database_set_administrator(struct database *d, uint64_t number, bool administrator)
{
	sqlite3_stmt *s = database_statement(d, STATEMENT_SET_ADMINISTRATOR);

	bind_number(s, 1, number);
	bind_number(s, 2, administrator);
	return database_run(d, STATEMENT_SET_ADMINISTRATOR);
}

int database_remove_user(struct database *d, uint64_t number)
{
	bind_number(database_statement(d, STATEMENT_REMOVE_USER), 1, number);
	return database_run(d, STATEMENT_REMOVE_USER);
}
