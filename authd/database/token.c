/* SPDX-License-Identifier: Apache-2.0 */

/* The rows of tokens. */

#include "authd/database/rows.h"
#include "s3/names.h"

/* --- reading everything ------------------------------------------------------------------- */

static bool read_terms(sqlite3_stmt *s, struct token_terms *ret)
{
	sqlite3_int64 rate = sqlite3_column_int64(s, 7);

	if (rate < 0 || rate > TOKEN_RATE_MAX)
		return false;
	*ret = (struct token_terms){
		.name = column_bytes(s, 2),
		.scopes = (unsigned int)sqlite3_column_int(s, 4),
		.bucket = column_bytes(s, 5),
		.prefix = column_bytes(s, 6),
		.rate = (uint32_t)rate,
		.created_s = sqlite3_column_int64(s, 8),
		.expires_s = sqlite3_column_int64(s, 9),
	};
	return token_name_is_valid(ret->name) && bucket_name_is_valid(ret->bucket) &&
	       token_prefix_is_valid(ret->prefix) && !(ret->scopes & ~TOKEN_SCOPES_ALL);
}

static int take_token(struct keyring *k, sqlite3_stmt *s)
{
	uint64_t tenant = (uint64_t)sqlite3_column_int64(s, 1);
	const struct tenant *t = keyring_find_tenant_number(k, tenant);
	_cleanup_(token_freep) struct token *made = NULL;
	struct span hash = column_bytes(s, 3);
	struct token_terms terms;
	int r;

	if (!t || hash.len != TOKEN_HASH_LEN || !read_terms(s, &terms))
		return -EBADMSG;
	r = token_new(t, &terms, hash.data, &made);
	if (r < 0)
		return r;
	made->number = (uint64_t)sqlite3_column_int64(s, 0);
	made->use.used_s = made->use.written_s = sqlite3_column_int64(s, 10);
	r = tokens_add(keyring_tokens(k), made);
	if (r)
		return r < 0 ? r : -ENOSPC;
	made = NULL;
	return 0;
}

int database_load_tokens(struct database *d, struct keyring *k)
{
	return database_read(d, k,
			     "SELECT number, tenant, name, hash, scopes, bucket, prefix, rate,"
			     " created_s, expires_s, used_s FROM tokens ORDER BY number",
			     take_token);
}

/* --- changes ------------------------------------------------------------------------------ */

int database_add_token(struct database *d, struct token *t)
{
	sqlite3_stmt *s = database_statement(d, STATEMENT_ADD_TOKEN);
	int r;

	bind_number(s, 1, t->tenant->number);
	bind_text(s, 2, t->name);
	sqlite3_bind_blob(s, 3, t->hash, sizeof(t->hash), SQLITE_STATIC);
	sqlite3_bind_int(s, 4, (int)t->scopes);
	bind_text(s, 5, t->bucket);
	bind_text(s, 6, t->prefix);
	sqlite3_bind_int64(s, 7, t->rate);
	sqlite3_bind_int64(s, 8, t->created_s);
	sqlite3_bind_int64(s, 9, t->expires_s);
	r = database_run(d, STATEMENT_ADD_TOKEN);
	if (r == DATABASE_OK)
		t->number = (uint64_t)sqlite3_last_insert_rowid(d->sqlite);
	return r;
}

static int add_all(struct database *d, void *what)
{
	int r = DATABASE_OK;

	for (struct token *t = what; t && r == DATABASE_OK; t = t->next)
		r = database_add_token(d, t);
	return r;
}

int database_add_tokens(struct database *d, struct token *first)
{
	return database_together(d, add_all, first);
}

int database_replace_token(struct database *d, const struct token *t)
{
	sqlite3_stmt *s = database_statement(d, STATEMENT_REPLACE_TOKEN);

	bind_number(s, 1, t->number);
	sqlite3_bind_blob(s, 2, t->hash, sizeof(t->hash), SQLITE_STATIC);
	sqlite3_bind_int(s, 3, (int)t->scopes);
	bind_text(s, 4, t->bucket);
	bind_text(s, 5, t->prefix);
	sqlite3_bind_int64(s, 6, t->rate);
	sqlite3_bind_int64(s, 7, t->expires_s);
	return database_run(d, STATEMENT_REPLACE_TOKEN);
}

int database_remove_token(struct database *d, uint64_t number)
{
	bind_number(database_statement(d, STATEMENT_REMOVE_TOKEN), 1, number);
	return database_run(d, STATEMENT_REMOVE_TOKEN);
}
