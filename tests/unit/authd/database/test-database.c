/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/database/database.h"

#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "database/place.h"

#undef NDEBUG
#include <assert.h>

static const uint8_t master[KEYRING_MASTER_LEN] = { 1, 2, 3 };

struct store {
	struct keyring *keyring;
	struct database *database;
};

static void store_open(struct store *s)
{
	assert(keyring_new(master, &s->keyring) == 0);
	assert(database_open(path, &s->database) == 0);
	assert(database_load(s->database, s->keyring) == 0);
}

static void store_close(struct store *s)
{
	database_close(s->database);
	keyring_free(s->keyring);
}

/* A fresh one, which is removed again in the end. */
static void store_begin(struct store *s)
{
	make_directory();
	store_open(s);
}

static void store_end(struct store *s)
{
	store_close(s);
	remove_directory();
}

static void store_reopen(struct store *s)
{
	store_close(s);
	store_open(s);
}

static struct tokens *tokens(const struct store *s)
{
	return keyring_tokens(s->keyring);
}

static struct tenant *add_tenant(struct store *s, const char *name)
{
	struct tenant *t;

	assert(tenant_new(span_from_string(name), SPAN("x"), SPAN(""), SPAN(""), &t) == 0);
	assert(database_add_tenant(s->database, t) == DATABASE_OK);
	assert(keyring_add_tenant(s->keyring, t) == KEYRING_OK);
	return t;
}

/* One whose hash is made of its text, in no set. */
static struct token *token_of(const struct tenant *t, const char *name, const char *text)
{
	struct token_terms terms = { .name = span_from_string(name),
				     .bucket = SPAN("the-bucket"),
				     .prefix = SPAN("some/prefix"),
				     .scopes = TOKEN_SCOPE_READ | TOKEN_SCOPE_DELETE,
				     .rate = 7,
				     .created_s = 1000,
				     .expires_s = 2000 };
	uint8_t hash[TOKEN_HASH_LEN];
	struct token *made;

	token_hash(span_from_string(text), hash);
	assert(token_new(t, &terms, hash, &made) == 0);
	return made;
}

static int add_token(struct store *s, const struct tenant *t, const char *name, const char *text)
{
	struct token *made = token_of(t, name, text);
	int r = database_add_tokens(s->database, made);

	token_free(made);
	return r;
}

/* --- tokens ------------------------------------------------------------------------------- */

static void test_tokens_are_there_after_a_restart(void)
{
	const struct tenant *t;
	struct token *found;
	struct store s;

	store_begin(&s);
	t = add_tenant(&s, "acme");
	assert(add_token(&s, t, "first", "text of the first") == DATABASE_OK);
	assert(add_token(&s, t, "second", "text of the second") == DATABASE_OK);
	store_reopen(&s);
	assert(tokens_count(tokens(&s)) == 2);
	found = tokens_recognise(tokens(&s), SPAN("text of the first"));
	assert(found && found->number && strcmp(found->name, "first") == 0);
	assert(strcmp(found->tenant->name, "acme") == 0);
	assert(strcmp(found->bucket, "the-bucket") == 0);
	assert(strcmp(found->prefix, "some/prefix") == 0);
	assert(found->scopes == (TOKEN_SCOPE_READ | TOKEN_SCOPE_DELETE) && found->rate == 7);
	assert(found->created_s == 1000 && found->expires_s == 2000 && found->use.used_s == 0);
	store_end(&s);
}

static void test_names_are_a_tenants_own_and_texts_nobodys_twice(void)
{
	const struct tenant *t, *u;
	struct store s;

	store_begin(&s);
	t = add_tenant(&s, "acme");
	u = add_tenant(&s, "other");
	assert(add_token(&s, t, "full", "one") == DATABASE_OK);
	assert(add_token(&s, t, "full", "two") == DATABASE_EXISTS);
	assert(add_token(&s, u, "full", "one") == DATABASE_EXISTS);
	assert(add_token(&s, u, "full", "two") == DATABASE_OK);
	store_end(&s);
}

static void test_many_are_added_together_or_not_at_all(void)
{
	struct token *first, *second, *third;
	const struct tenant *t;
	struct store s;

	store_begin(&s);
	t = add_tenant(&s, "acme");
	assert(add_token(&s, t, "there", "zero") == DATABASE_OK);
	first = token_of(t, "first", "one");
	second = first->next = token_of(t, "second", "two");
	third = second->next = token_of(t, "there", "three");
	assert(database_add_tokens(s.database, first) == DATABASE_EXISTS);
	store_reopen(&s);
	assert(tokens_count(tokens(&s)) == 1);
	t = keyring_find_tenant(s.keyring, SPAN("acme"));
	first->tenant = second->tenant = third->tenant = t;
	strcpy(third->name, "third");
	assert(database_add_tokens(s.database, first) == DATABASE_OK);
	assert(first->number && second->number > first->number && third->number > second->number);
	token_free_list(first);
	store_reopen(&s);
	assert(tokens_count(tokens(&s)) == 4);
	store_end(&s);
}

static void test_a_token_is_replaced_and_removed(void)
{
	const struct tenant *t;
	struct token *made;
	struct store s;

	store_begin(&s);
	t = add_tenant(&s, "acme");
	made = token_of(t, "full", "before");
	assert(database_add_tokens(s.database, made) == DATABASE_OK);
	token_hash(SPAN("after"), made->hash);
	made->expires_s = 5000;
	assert(database_replace_token(s.database, made) == DATABASE_OK);
	store_reopen(&s);
	assert(!tokens_recognise(tokens(&s), SPAN("before")));
	assert(tokens_recognise(tokens(&s), SPAN("after"))->expires_s == 5000);
	assert(database_remove_token(s.database, made->number) == DATABASE_OK);
	assert(database_remove_token(s.database, made->number) == DATABASE_MISSING);
	assert(database_replace_token(s.database, made) == DATABASE_MISSING);
	token_free(made);
	store_reopen(&s);
	assert(tokens_count(tokens(&s)) == 0);
	store_end(&s);
}

static void test_last_uses_are_written_and_those_of_deleted_ones_passed_over(void)
{
	struct credential_uses *uses = calloc(1, sizeof(*uses) + 2 * sizeof(uses->uses[0]));
	const struct tenant *t;
	struct token *made;
	struct store s;

	assert(uses);
	store_begin(&s);
	t = add_tenant(&s, "acme");
	made = token_of(t, "full", "text");
	assert(database_add_tokens(s.database, made) == DATABASE_OK);
	uses->n = 2;
	uses->uses[0].number = 999;
	uses->uses[0].used_s = 1;
	uses->uses[1].number = made->number;
	uses->uses[1].used_s = 1234;
	assert(database_note_uses(s.database, uses) == DATABASE_OK);
	free(uses);
	/* A refreshed one is still the one that was used. */
	assert(database_replace_token(s.database, made) == DATABASE_OK);
	token_free(made);
	store_reopen(&s);
	assert(tokens_first(tokens(&s))->use.used_s == 1234);
	store_end(&s);
}

/* --- older and damaged files -------------------------------------------------------------- */

static void run_sql(const char *sql)
{
	sqlite3 *sqlite;

	assert(sqlite3_open(path, &sqlite) == SQLITE_OK);
	assert(sqlite3_exec(sqlite, sql, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(sqlite);
}

/* The file as the release before tokens wrote it. */
static const char version_1[] =
	"PRAGMA application_id = 1128685941;"
	"CREATE TABLE tenants ("
	"	number INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
	"	name TEXT NOT NULL UNIQUE,"
	"	display_name TEXT NOT NULL,"
	"	email TEXT NOT NULL,"
	"	canonical_id TEXT NOT NULL UNIQUE CHECK (length(canonical_id) = 64),"
	"	created_ns INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE keys ("
	"	number INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	id TEXT NOT NULL UNIQUE,"
	"	tenant INTEGER NOT NULL REFERENCES tenants (number),"
	"	sealed BLOB NOT NULL,"
	"	enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),"
	"	created_ns INTEGER NOT NULL"
	") STRICT;"
	"CREATE INDEX keys_by_tenant ON keys (tenant);"
	"INSERT INTO tenants VALUES (3, x'000102030405060708090a0b0c0d0e0f', 'acme', 'Acme', 'a@b',"
	" '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', 77);"
	"INSERT INTO keys VALUES (5, 'key-a', 3, x'aabb', 0, 88);"
	"PRAGMA user_version = 1;";

/* And as the release before tenants could be suspended did. */
static const char version_2[] =
	"CREATE TABLE tokens ("
	"	number INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	tenant INTEGER NOT NULL REFERENCES tenants (number),"
	"	name TEXT NOT NULL,"
	"	hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),"
	"	scopes INTEGER NOT NULL,"
	"	bucket TEXT NOT NULL,"
	"	prefix TEXT NOT NULL,"
	"	rate INTEGER NOT NULL,"
	"	created_s INTEGER NOT NULL,"
	"	expires_s INTEGER NOT NULL,"
	"	used_s INTEGER NOT NULL,"
	"	UNIQUE (tenant, name)"
	") STRICT;"
	"INSERT INTO tokens VALUES (4, 3, 'full',"
	" x'0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f', 3, 'bucket', 'p/', "
	"0,"
	" 99, 0, 111);"
	"PRAGMA user_version = 2;";

/* And the one before users. */
static const char version_3[] =
	"ALTER TABLE tenants ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0"
	"	CHECK (suspended IN (0, 1));"
	"ALTER TABLE tenants ADD COLUMN deletion INTEGER NOT NULL DEFAULT 0"
	"	CHECK (deletion IN (0, 1, 2));"
	"UPDATE tenants SET suspended = 1;"
	"PRAGMA user_version = 3;";

/* And the one before administrators. */
static const char version_4[] =
	"CREATE TABLE users ("
	"	number INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
	"	tenant INTEGER NOT NULL REFERENCES tenants (number),"
	"	name TEXT NOT NULL,"
	"	policy TEXT NOT NULL DEFAULT '',"
	"	created_ns INTEGER NOT NULL,"
	"	UNIQUE (tenant, name)"
	") STRICT;"
	"ALTER TABLE keys ADD COLUMN user INTEGER REFERENCES users (number);"
	"ALTER TABLE keys ADD COLUMN expires_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE keys ADD COLUMN used_s INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX keys_by_user ON keys (user);"
	"INSERT INTO users VALUES (6, x'101112131415161718191a1b1c1d1e1f', 3, 'alice', '', 66);"
	"INSERT INTO keys VALUES (7, 'key-b', 3, x'cc', 1, 55, 6, 777, 444);"
	"PRAGMA user_version = 4;";

/* And the one before limits of tenants. */
static const char version_5[] =
	"ALTER TABLE users ADD COLUMN administrator INTEGER NOT NULL DEFAULT 0"
	"	CHECK (administrator IN (0, 1));"
	"UPDATE users SET administrator = 1;"
	"PRAGMA user_version = 5;";

static void expect_everything_of_version_1(const struct store *s)
{
	const struct tenant *t = keyring_find_tenant(s->keyring, SPAN("acme"));
	const struct access_key *a = keyring_find_key(s->keyring, SPAN("key-a"));

	assert(t && t->number == 3 && t->id.bytes[15] == 0x0f && t->created_ns == 77);
	assert(strcmp(t->display_name, "Acme") == 0 && strcmp(t->email, "a@b") == 0);
	assert(a && a->tenant == t && !a->enabled && a->created_ns == 88);
	assert(a->sealed_len == 2 && a->sealed[0] == 0xaa && a->sealed[1] == 0xbb);
}

/* Migrates the file that the release of a version would have left. */
static void store_begin_from(struct store *s, size_t version)
{
	static const char *const steps[] = { version_1, version_2, version_3, version_4,
					     version_5 };

	make_directory();
	for (size_t i = 0; i < version; i++)
		run_sql(steps[i]);
	store_open(s);
	expect_everything_of_version_1(s);
}

static void test_t85_a_file_from_before_tokens_is_migrated_and_keeps_everything(void)
{
	struct store s;

	store_begin_from(&s, 1);
	assert(tokens_count(tokens(&s)) == 0);
	assert(add_token(&s, keyring_find_tenant(s.keyring, SPAN("acme")), "full", "text") ==
	       DATABASE_OK);
	store_reopen(&s);
	expect_everything_of_version_1(&s);
	assert(tokens_recognise(tokens(&s), SPAN("text")));
	store_end(&s);
}

static void test_t85_a_file_from_before_suspension_is_migrated_and_keeps_everything(void)
{
	const struct token *t;
	struct tenant *acme;
	struct store s;

	store_begin_from(&s, 2);
	t = tokens_first(tokens(&s));
	assert(tokens_count(tokens(&s)) == 1 && t->number == 4 && t->hash[31] == 0x0f);
	assert(strcmp(t->bucket, "bucket") == 0 && strcmp(t->prefix, "p/") == 0);
	assert(t->created_s == 99 && t->expires_s == 0 && t->use.used_s == 111);
	acme = keyring_find_tenant(s.keyring, SPAN("acme"));
	assert(!acme->suspended && acme->deletion == TENANT_STAYS);
	assert(database_suspend_tenant(s.database, acme->number, true) == DATABASE_OK);
	assert(database_mark_tenant(s.database, acme->number, TENANT_GOES) == DATABASE_OK);
	store_reopen(&s);
	expect_everything_of_version_1(&s);
	acme = keyring_find_tenant(s.keyring, SPAN("acme"));
	assert(acme->suspended && acme->deletion == TENANT_GOES);
	store_end(&s);
}

/* The file opens, but what stands in it is not loaded. */
static void expect_refused_rows(void)
{
	struct database *d;
	struct keyring *k;

	assert(keyring_new(master, &k) == 0 && database_open(path, &d) == 0);
	assert(database_load(d, k) == -EBADMSG);
	database_close(d);
	keyring_free(k);
}

static const struct user *add_user(struct store *s, struct tenant *t, const char *name)
{
	struct user *u;

	assert(user_new(t, span_from_string(name), &u) == 0);
	assert(database_add_user(s->database, u) == DATABASE_OK);
	assert(keyring_add_user(s->keyring, u) == KEYRING_OK);
	return u;
}

/* What the database says; where that is 0, it has gone into the keyring, too. */
static int add_key(struct store *s, const struct tenant *t, uint64_t user, const char *id)
{
	struct access_key *a;
	int r;

	assert(access_key_new(s->keyring, t, span_from_string(id), SPAN("secretsecret"), &a) == 0);
	a->user_number = user;
	a->expires_s = 777;
	r = database_add_key(s->database, a);
	if (r == DATABASE_OK)
		assert(a->number && keyring_add_key(s->keyring, a) == KEYRING_OK);
	else
		access_key_free(a);
	return r;
}

static void test_t85_a_file_from_before_users_is_migrated_and_keeps_everything(void)
{
	const struct access_key *a;
	struct tenant *acme;
	struct store s;

	store_begin_from(&s, 3);
	assert(tokens_count(tokens(&s)) == 1 && !keyring_users(s.keyring));
	acme = keyring_find_tenant(s.keyring, SPAN("acme"));
	a = keyring_keys(s.keyring);
	assert(acme->suspended && a->number == 5 && !a->user && !a->expires_s && !a->use.used_s);
	assert(add_key(&s, acme, add_user(&s, acme, "alice")->number, "key-b") == DATABASE_OK);
	store_reopen(&s);
	expect_everything_of_version_1(&s);
	a = keyring_find_key(s.keyring, SPAN("key-b"));
	assert(strcmp(a->user->name, "alice") == 0 && a->expires_s == 777);
	store_end(&s);
}

static void test_t85_a_file_from_before_administrators_is_migrated_and_keeps_everything(void)
{
	const struct access_key *a;
	const struct user *u;
	struct store s;

	store_begin_from(&s, 4);
	u = keyring_users(s.keyring);
	assert(u->number == 6 && u->id.bytes[15] == 0x1f && u->created_ns == 66 && !u->policy);
	assert(strcmp(u->name, "alice") == 0 && !u->administrator);
	a = keyring_find_key(s.keyring, SPAN("key-b"));
	assert(a->user == u && a->expires_s == 777 && a->use.used_s == 444);
	assert(database_set_administrator(s.database, 6, true) == DATABASE_OK);
	assert(database_set_administrator(s.database, 5, true) == DATABASE_MISSING);
	store_reopen(&s);
	expect_everything_of_version_1(&s);
	assert(keyring_users(s.keyring)->administrator);
	assert(database_set_administrator(s.database, 6, false) == DATABASE_OK);
	store_reopen(&s);
	assert(!keyring_users(s.keyring)->administrator);
	store_end(&s);
}

static bool are_of_all(const struct ceilings *c)
{
	return memcmp(c, &CEILINGS_OF_ALL, sizeof(*c)) == 0;
}

static void test_t85_a_file_from_before_limits_is_migrated_and_keeps_everything(void)
{
	struct tenant *acme;
	struct store s;

	store_begin_from(&s, 5);
	acme = keyring_find_tenant(s.keyring, SPAN("acme"));
	assert(acme->suspended && are_of_all(&acme->ceilings));
	assert(tokens_count(tokens(&s)) == 1);
	assert(keyring_find_key(s.keyring, SPAN("key-b"))->user->administrator);
	store_end(&s);
}

static int limit(const struct store *s, struct ceilings by)
{
	const struct tenant *t = keyring_find_tenant(s->keyring, SPAN("acme"));

	return database_limit_tenant(s->database, t->number, &by);
}

static void test_limits_of_a_tenant_are_kept_and_each_by_itself(void)
{
	struct ceilings by = CEILINGS_STAY;
	const struct ceilings *kept;
	struct store s;

	store_begin(&s);
	assert(are_of_all(&add_tenant(&s, "acme")->ceilings));
	add_tenant(&s, "other");
	by.of[CEILING_BANDWIDTH] = INT64_C(1) << 40;
	assert(limit(&s, by) == DATABASE_OK);
	by = CEILINGS_STAY;
	by.of[CEILING_RATE] = 7;
	by.of[CEILING_PARALLEL] = CEILING_NONE;
	assert(limit(&s, by) == DATABASE_OK);
	store_reopen(&s);
	kept = &keyring_find_tenant(s.keyring, SPAN("acme"))->ceilings;
	assert(kept->of[CEILING_RATE] == 7 && kept->of[CEILING_PARALLEL] == CEILING_NONE);
	assert(kept->of[CEILING_BANDWIDTH] == INT64_C(1) << 40);
	assert(kept->of[CEILING_BURST] == CEILING_OF_ALL);
	assert(are_of_all(&keyring_find_tenant(s.keyring, SPAN("other"))->ceilings));
	assert(database_limit_tenant(s.database, 77, &by) == DATABASE_MISSING);
	store_end(&s);
}

/* Read as none they would be no limit. */
static void test_limits_that_are_none_of_ours_are_refused(void)
{
	static const char *const wrong[] = { "requests_per_second = -2",
					     "requests_per_second = 1000001", "burst = -3",
					     "bandwidth = 65535", "parallel = 100001" };
	struct store s;
	char sql[256];

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		store_begin(&s);
		add_tenant(&s, "acme");
		store_close(&s);
		snprintf(sql, sizeof(sql), "UPDATE tenants SET %s", wrong[i]);
		run_sql(sql);
		expect_refused_rows();
		remove_directory();
	}
}

static void test_users_names_are_a_tenants_own(void)
{
	struct tenant *t, *other;
	const struct user *u;
	struct user *twin;
	struct store s;

	store_begin(&s);
	t = add_tenant(&s, "acme");
	other = add_tenant(&s, "other");
	u = add_user(&s, t, "alice");
	assert(add_user(&s, other, "alice")->number != u->number);
	assert(user_new(t, SPAN("alice"), &twin) == 0);
	assert(database_add_user(s.database, twin) == DATABASE_EXISTS);
	user_free(twin);
	store_reopen(&s);
	t = keyring_find_tenant(s.keyring, SPAN("acme"));
	assert(keyring_find_user(s.keyring, t, SPAN("alice")) &&
	       keyring_user_count(s.keyring) == 2);
	store_end(&s);
}

static void test_a_user_with_a_key_stays_and_a_key_without_its_user_is_not_made(void)
{
	struct credential_uses *uses = calloc(1, sizeof(*uses) + sizeof(uses->uses[0]));
	const struct user *u;
	struct tenant *t;
	struct store s;

	store_begin(&s);
	t = add_tenant(&s, "acme");
	u = add_user(&s, t, "alice");
	assert(add_key(&s, t, u->number, "key-a") == DATABASE_OK);
	assert(database_remove_user(s.database, u->number) == DATABASE_MISSING);
	uses->n = 1;
	uses->uses[0].is_key = true;
	uses->uses[0].number = keyring_keys(s.keyring)->number;
	uses->uses[0].used_s = 4321;
	assert(database_note_uses(s.database, uses) == DATABASE_OK);
	free(uses);
	store_reopen(&s);
	assert(keyring_keys(s.keyring)->use.used_s == 4321);
	assert(database_remove_key(s.database, "key-a") == DATABASE_OK);
	u = keyring_users(s.keyring);
	assert(database_remove_user(s.database, u->number) == DATABASE_OK);
	t = keyring_find_tenant(s.keyring, SPAN("acme"));
	assert(add_key(&s, t, u->number, "key-b") == DATABASE_MISSING);
	/* And the database goes on. */
	assert(add_key(&s, t, 0, "key-c") == DATABASE_OK);
	store_end(&s);
}

static void test_a_user_has_no_more_keys_than_he_may_have(void)
{
	const struct user *u, *v;
	struct tenant *t;
	struct store s;
	char id[16];

	store_begin(&s);
	t = add_tenant(&s, "acme");
	u = add_user(&s, t, "alice");
	v = add_user(&s, t, "bob");
	for (int i = 0; i < USER_KEYS_MAX; i++) {
		snprintf(id, sizeof(id), "key-%d", i);
		assert(add_key(&s, t, u->number, id) == DATABASE_OK);
	}
	assert(add_key(&s, t, u->number, "key-more") == DATABASE_MISSING);
	assert(add_key(&s, t, v->number, "key-of-bob") == DATABASE_OK);
	assert(add_key(&s, t, 0, "key-of-none") == DATABASE_OK);
	assert(database_remove_key(s.database, "key-3") == DATABASE_OK);
	assert(add_key(&s, t, u->number, "key-more") == DATABASE_OK);
	store_end(&s);
}

static void test_a_key_of_another_tenants_user_is_refused(void)
{
	struct tenant *t;
	struct store s;

	store_begin(&s);
	t = add_tenant(&s, "acme");
	add_tenant(&s, "other");
	assert(add_key(&s, t, add_user(&s, t, "alice")->number, "key-a") == DATABASE_OK);
	store_close(&s);
	run_sql("UPDATE users SET tenant = 2");
	expect_refused_rows();
	remove_directory();
}

/* A step is made wholly or not at all: here something is in its way. */
static void test_t85_a_migration_that_fails_leaves_the_file_as_it_was(void)
{
	struct database *d;
	struct store s;

	make_directory();
	run_sql(version_1);
	run_sql("CREATE TABLE tokens (in_the_way)");
	assert(database_open(path, &d) < 0);
	run_sql("DROP TABLE tokens");
	store_open(&s);
	expect_everything_of_version_1(&s);
	store_end(&s);
}

static void test_a_tenant_is_removed_with_all_that_hangs_on_it(void)
{
	struct access_key *a;
	const struct tenant *t, *u;
	struct store s;

	store_begin(&s);
	t = add_tenant(&s, "acme");
	u = add_tenant(&s, "other");
	assert(access_key_new(s.keyring, t, SPAN("key-of-acme"), SPAN("secretsecret"), &a) == 0);
	assert(database_add_key(s.database, a) == DATABASE_OK);
	access_key_free(a);
	assert(add_token(&s, t, "full", "one") == DATABASE_OK);
	assert(add_token(&s, u, "full", "two") == DATABASE_OK);
	assert(database_remove_tenant(s.database, t->number) == DATABASE_OK);
	assert(database_remove_tenant(s.database, t->number) == DATABASE_MISSING);
	assert(database_suspend_tenant(s.database, t->number, true) == DATABASE_MISSING);
	assert(database_mark_tenant(s.database, t->number, TENANT_GOES) == DATABASE_MISSING);
	assert(database_rename_tenant(s.database, t) == DATABASE_MISSING);
	store_reopen(&s);
	assert(!keyring_find_tenant(s.keyring, SPAN("acme")) && !keyring_keys(s.keyring));
	assert(tokens_count(tokens(&s)) == 1 && tokens_recognise(tokens(&s), SPAN("two")));
	store_end(&s);
}

static void test_rows_that_are_no_tokens_of_ours_are_refused(void)
{
	static const char *const wrong[] = {
		"tenant = 77",	  "name = ''",	 "name = 'a' || char(10)",  "bucket = 'A'",
		"scopes = 8",	  "scopes = -1", "prefix = 'a' || char(0)", "rate = -1",
		"rate = 1 << 40",
	};
	struct store s;
	char sql[256];

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		store_begin(&s);
		assert(add_token(&s, add_tenant(&s, "acme"), "full", "text") == DATABASE_OK);
		store_close(&s);
		snprintf(sql, sizeof(sql), "UPDATE tokens SET %s", wrong[i]);
		run_sql(sql);
		expect_refused_rows();
		remove_directory();
	}
}

int main(void)
{
	assert(sodium_init() >= 0);
	test_tokens_are_there_after_a_restart();
	test_names_are_a_tenants_own_and_texts_nobodys_twice();
	test_many_are_added_together_or_not_at_all();
	test_a_token_is_replaced_and_removed();
	test_last_uses_are_written_and_those_of_deleted_ones_passed_over();
	test_t85_a_file_from_before_tokens_is_migrated_and_keeps_everything();
	test_t85_a_file_from_before_suspension_is_migrated_and_keeps_everything();
	test_a_tenant_is_removed_with_all_that_hangs_on_it();
	test_t85_a_file_from_before_users_is_migrated_and_keeps_everything();
	test_t85_a_file_from_before_administrators_is_migrated_and_keeps_everything();
	test_t85_a_file_from_before_limits_is_migrated_and_keeps_everything();
	test_limits_of_a_tenant_are_kept_and_each_by_itself();
	test_limits_that_are_none_of_ours_are_refused();
	test_users_names_are_a_tenants_own();
	test_a_user_with_a_key_stays_and_a_key_without_its_user_is_not_made();
	test_a_user_has_no_more_keys_than_he_may_have();
	test_a_key_of_another_tenants_user_is_refused();
	test_t85_a_migration_that_fails_leaves_the_file_as_it_was();
	test_rows_that_are_no_tokens_of_ours_are_refused();
	return 0;
}
