/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/keyring.h"

#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authd/database/database.h"
#include "base/fd.h"

#undef NDEBUG
#include <assert.h>

#define SECRET "a secret that must not be seen"

static const uint8_t master[KEYRING_MASTER_LEN] = { 1, 2, 3 };
static char directory[64], path[128];

static void make_directory(void)
{
	snprintf(directory, sizeof(directory), "/tmp/authd-keyring-XXXXXX");
	assert(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/auth.db", directory);
}

static void remove_directory(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
	char name[160];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
	assert(rmdir(directory) == 0);
}

static struct tenant *tenant_of(const char *name)
{
	struct tenant *t;

	assert(tenant_new(span_from_string(name), SPAN("Shown"), SPAN("a@b"), SPAN(""), &t) == 0);
	return t;
}

static void derive(struct keyring *k, const struct access_key *a, uint8_t ret[static SIGV4_LEN])
{
	const uint8_t *key;

	assert(keyring_signing_key(k, a, SPAN("20130524"), SPAN("us-east-1"), SIGV4_S3, &key) == 0);
	memcpy(ret, key, SIGV4_LEN);
}

static bool derives_from(struct keyring *k, const struct access_key *a, const char *secret)
{
	uint8_t made[SIGV4_LEN], expected[SIGV4_LEN];
	char prefixed[256];

	snprintf(prefixed, sizeof(prefixed), SIGV4_PREFIX "%s", secret);
	sigv4_derive(span_from_string(prefixed), SPAN("20130524"), SPAN("us-east-1"), SIGV4_S3,
		     expected);
	derive(k, a, made);
	return memcmp(made, expected, sizeof(made)) == 0;
}

/* --- forms -------------------------------------------------------------------------------- */

static void test_forms_are_checked(void)
{
	char longest[130];

	memset(longest, 'a', sizeof(longest));
	assert(keyring_name_is_valid(SPAN("a")) && keyring_name_is_valid(SPAN("0-a")));
	assert(keyring_name_is_valid((struct span){ longest, 63 }));
	assert(!keyring_name_is_valid((struct span){ longest, 64 }));
	assert(!keyring_name_is_valid(SPAN("")) && !keyring_name_is_valid(SPAN("-a")));
	assert(!keyring_name_is_valid(SPAN("A")) && !keyring_name_is_valid(SPAN("a b")));
	assert(keyring_access_key_is_valid(SPAN("abc")) &&
	       keyring_access_key_is_valid(SPAN("A._-9")));
	assert(keyring_access_key_is_valid((struct span){ longest, 128 }));
	assert(!keyring_access_key_is_valid((struct span){ longest, 129 }));
	assert(!keyring_access_key_is_valid(SPAN("ab")) &&
	       !keyring_access_key_is_valid(SPAN("a/b")));
	assert(keyring_secret_is_valid(SPAN("12345678")) &&
	       keyring_secret_is_valid(SPAN("a b /+=~")));
	assert(!keyring_secret_is_valid(SPAN("1234567")));
	assert(!keyring_secret_is_valid((struct span){ longest, 129 }));
	assert(!keyring_secret_is_valid(SPAN("1234567\n")));
	assert(!keyring_secret_is_valid(SPAN("1234567\xc3\xa9")));
}

/* --- in memory ---------------------------------------------------------------------------- */

static struct access_key *add(struct keyring *k, struct tenant *t, const char *id,
			      const char *secret)
{
	struct access_key *a;

	assert(access_key_new(k, t, span_from_string(id), span_from_string(secret), &a) == 0);
	assert(keyring_add_key(k, a) == KEYRING_OK);
	return a;
}

/* As the tenant's own it might do everything. */
static void test_t26_a_key_is_never_without_its_user(void)
{
	struct tenant *acme = tenant_of("acme"), *other = tenant_of("other");
	struct access_key *a;
	struct keyring *k;
	struct user *u;

	acme->number = 1;
	other->number = 2;
	assert(keyring_new(master, &k) == 0 && keyring_add_tenant(k, acme) == KEYRING_OK);
	assert(keyring_add_tenant(k, other) == KEYRING_OK);
	assert(access_key_new(k, acme, SPAN("key-u"), SPAN("secret of u"), &a) == 0);
	a->user_number = 7;
	assert(keyring_add_key(k, a) == -EBADMSG && !keyring_find_key(k, SPAN("key-u")));
	assert(user_new(other, SPAN("u"), &u) == 0);
	u->number = 7;
	assert(keyring_add_user(k, u) == KEYRING_OK);
	assert(keyring_add_key(k, a) == -EBADMSG && !keyring_find_key(k, SPAN("key-u")));
	u->tenant = acme;
	assert(keyring_add_key(k, a) == KEYRING_OK && a->user == u);
	keyring_free(k);
}

static void test_keys_are_found_listed_and_removed(void)
{
	struct access_key *a, *b, *c;
	struct keyring *k;
	struct tenant *t = tenant_of("acme");

	t->number = 1;
	assert(keyring_new(master, &k) == 0);
	assert(keyring_add_tenant(k, t) == KEYRING_OK);
	a = add(k, t, "key-a", "secret of a");
	b = add(k, t, "key-b", "secret of b");
	c = add(k, t, "key-c", "secret of c");
	assert(keyring_key_count(k) == 3);
	assert(keyring_find_key(k, SPAN("key-b")) == b);
	assert(!keyring_find_key(k, SPAN("key")) && !keyring_find_key(k, SPAN("key-b ")));
	keyring_remove_key(k, c);
	keyring_remove_key(k, a);
	assert(keyring_keys(k) == b && !b->next);
	c = add(k, t, "key-c", "another secret");
	assert(b->next == c && !c->next);
	assert(derives_from(k, c, "another secret") && derives_from(k, b, "secret of b"));
	keyring_free(k);
}

static void test_signing_keys_are_of_the_key_the_day_and_the_region(void)
{
	uint8_t one[SIGV4_LEN];
	const uint8_t *other;
	struct keyring *k;
	struct tenant *t = tenant_of("acme");
	struct access_key *a, *b;

	t->number = 1;
	assert(keyring_new(master, &k) == 0);
	assert(keyring_add_tenant(k, t) == KEYRING_OK);
	a = add(k, t, "key-a", SECRET);
	b = add(k, t, "key-b", "secret of b");
	derive(k, a, one);
	/* Twice the same, from the cache. */
	assert(derives_from(k, a, SECRET) && derives_from(k, a, SECRET));
	assert(keyring_signing_key(k, a, SPAN("20130525"), SPAN("us-east-1"), SIGV4_S3, &other) ==
	       0);
	assert(memcmp(one, other, SIGV4_LEN) != 0);
	assert(keyring_signing_key(k, a, SPAN("20130524"), SPAN("us-east-2"), SIGV4_S3, &other) ==
	       0);
	assert(memcmp(one, other, SIGV4_LEN) != 0);
	assert(keyring_signing_key(k, a, SPAN("20130524"), SPAN("us-east-1"), SIGV4_COFFER,
				   &other) == 0);
	assert(memcmp(one, other, SIGV4_LEN) != 0);
	assert(derives_from(k, a, SECRET));
	assert(keyring_signing_key(k, b, SPAN("20130524"), SPAN("us-east-1"), SIGV4_S3, &other) ==
	       0);
	assert(memcmp(one, other, SIGV4_LEN) != 0);
	assert(keyring_signing_key(k, NULL, SPAN("20130524"), SPAN("us-east-1"), SIGV4_S3,
				   &other) == 0);
	assert(memcmp(one, other, SIGV4_LEN) != 0);
	keyring_free(k);
}

/* More days and regions than the cache holds: each still has the right key. */
static void test_the_cache_of_signing_keys_forgets_but_never_mixes(void)
{
	struct keyring *k;
	struct tenant *t = tenant_of("acme");
	struct access_key *a;

	t->number = 1;
	assert(keyring_new(master, &k) == 0);
	assert(keyring_add_tenant(k, t) == KEYRING_OK);
	a = add(k, t, "key-a", SECRET);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3000; i++) {
			uint8_t expected[SIGV4_LEN];
			const uint8_t *made;
			char region[16];

			snprintf(region, sizeof(region), "region-%d", i);
			sigv4_derive(SPAN(SIGV4_PREFIX SECRET), SPAN("20130524"),
				     span_from_string(region), SIGV4_S3, expected);
			assert(keyring_signing_key(k, a, SPAN("20130524"), span_from_string(region),
						   SIGV4_S3, &made) == 0);
			assert(memcmp(made, expected, SIGV4_LEN) == 0);
		}
	}
	keyring_free(k);
}

/* A deleted key's cached signing key must not serve the one that is made with its id. */
static void test_a_key_made_again_has_its_own_secret(void)
{
	struct keyring *k;
	struct tenant *t = tenant_of("acme");
	struct access_key *a;

	t->number = 1;
	assert(keyring_new(master, &k) == 0);
	assert(keyring_add_tenant(k, t) == KEYRING_OK);
	a = add(k, t, "key-a", SECRET);
	assert(derives_from(k, a, SECRET));
	keyring_remove_key(k, a);
	a = add(k, t, "key-a", "its second secret");
	assert(derives_from(k, a, "its second secret"));
	keyring_free(k);
}

static void expect_sealed(struct keyring *k, const struct access_key *a)
{
	const uint8_t *key;

	assert(keyring_signing_key(k, a, SPAN("20130101"), SPAN("r"), SIGV4_S3, &key) == -EBADMSG);
}

/* Somebody who can write the file, but not read the keyring key, moves secrets about. */
static void test_a_sealed_secret_is_bound_to_key_and_tenant(void)
{
	struct keyring *k, *other;
	struct tenant *t = tenant_of("acme"), *u = tenant_of("b");
	struct access_key *a, *b, moved;
	static const uint8_t other_master[KEYRING_MASTER_LEN] = { 9 };

	t->number = 1;
	u->number = 2;
	assert(keyring_new(master, &k) == 0 && keyring_new(other_master, &other) == 0);
	assert(keyring_add_tenant(k, t) == KEYRING_OK && keyring_add_tenant(k, u) == KEYRING_OK);
	a = add(k, t, "key-a", SECRET);
	b = add(k, t, "key-b", SECRET);
	moved = *a;
	moved.holder = 1000;
	assert(derives_from(k, &moved, SECRET));
	moved.holder++;
	moved.tenant = u;
	expect_sealed(k, &moved);
	moved.tenant = t;
	memcpy(moved.sealed, b->sealed, sizeof(moved.sealed));
	expect_sealed(k, &moved);
	for (size_t bit = 0; bit < 8 * a->sealed_len; bit++) {
		moved = *a;
		moved.holder = 1002;
		moved.sealed[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		expect_sealed(k, &moved);
	}
	moved = *a;
	moved.holder = 1003;
	for (moved.sealed_len = 0; moved.sealed_len < a->sealed_len; moved.sealed_len++)
		expect_sealed(k, &moved);
	expect_sealed(other, a);
	keyring_free(other);
	keyring_free(k);
}

/* --- on disk ------------------------------------------------------------------------------ */

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

static const struct tenant *store_add_tenant(struct store *s, const char *name)
{
	struct tenant *t = tenant_of(name);

	assert(database_add_tenant(s->database, t) == DATABASE_OK && t->number);
	assert(keyring_add_tenant(s->keyring, t) == KEYRING_OK);
	return t;
}

static int store_add_key(struct store *s, const struct tenant *t, const char *id,
			 const char *secret)
{
	_cleanup_(access_key_freep) struct access_key *a = NULL;
	int r;

	assert(access_key_new(s->keyring, t, span_from_string(id), span_from_string(secret), &a) ==
	       0);
	r = database_add_key(s->database, a);
	if (r == DATABASE_OK)
		assert(keyring_add_key(s->keyring, steal_ptr(a)) == KEYRING_OK);
	return r;
}

static void test_everything_is_there_after_a_restart(void)
{
	const struct tenant *t, *found;
	struct access_key *a, *b;
	struct ipc_id id;
	char canonical_id[65];
	struct store s;

	make_directory();
	store_open(&s);
	t = store_add_tenant(&s, "acme");
	id = t->id;
	strcpy(canonical_id, t->canonical_id);
	assert(store_add_key(&s, t, "key-a", SECRET) == DATABASE_OK);
	assert(store_add_key(&s, store_add_tenant(&s, "b"), "key-b", "secret of b") == DATABASE_OK);
	assert(store_add_key(&s, t, "key-c", "secret of c") == DATABASE_OK);
	assert(database_enable_key(s.database, "key-b", false) == DATABASE_OK);
	assert(database_remove_key(s.database, "key-c") == DATABASE_OK);
	store_close(&s);

	store_open(&s);
	assert(keyring_fits(s.keyring));
	assert(keyring_tenant_count(s.keyring) == 2 && keyring_key_count(s.keyring) == 2);
	found = keyring_find_tenant(s.keyring, SPAN("acme"));
	assert(found && ipc_id_equal(&found->id, &id) &&
	       strcmp(found->canonical_id, canonical_id) == 0);
	assert(strcmp(found->display_name, "Shown") == 0 && strcmp(found->email, "a@b") == 0);
	a = keyring_find_key(s.keyring, SPAN("key-a"));
	b = keyring_find_key(s.keyring, SPAN("key-b"));
	assert(a && a->enabled && a->tenant == found && derives_from(s.keyring, a, SECRET));
	assert(b && !b->enabled && derives_from(s.keyring, b, "secret of b"));
	assert(!keyring_find_key(s.keyring, SPAN("key-c")));
	store_close(&s);
	remove_directory();
}

static void test_what_is_taken_cannot_be_made_again(void)
{
	struct tenant *again;
	const struct tenant *t;
	struct store s;

	make_directory();
	store_open(&s);
	t = store_add_tenant(&s, "acme");
	again = tenant_of("acme");
	assert(database_add_tenant(s.database, again) == DATABASE_EXISTS);
	strcpy(again->name, "other");
	strcpy(again->canonical_id, t->canonical_id);
	assert(database_add_tenant(s.database, again) == DATABASE_EXISTS);
	assert(store_add_key(&s, t, "key-a", SECRET) == DATABASE_OK);
	assert(store_add_key(&s, t, "key-a", SECRET) == DATABASE_EXISTS);
	assert(database_remove_key(s.database, "key-x") == DATABASE_MISSING);
	assert(database_enable_key(s.database, "key-x", true) == DATABASE_MISSING);
	tenant_free(again);
	store_close(&s);
	remove_directory();
}

static bool file_holds(const char *name, const char *bytes)
{
	_cleanup_(freep) char *data = NULL;
	_cleanup_(fd_closep) int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return false;
	assert(fstat(fd, &st) == 0);
	data = malloc((size_t)st.st_size + 1);
	assert(data && fd_pread_all(fd, data, (size_t)st.st_size, 0) == 0);
	return memmem(data, (size_t)st.st_size, bytes, strlen(bytes));
}

static void test_t42_no_secret_is_in_the_file_in_the_clear(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	bool id_seen = false;
	struct store s;
	struct stat st;
	char name[160];

	make_directory();
	store_open(&s);
	assert(store_add_key(&s, store_add_tenant(&s, "acme"), "key-a", SECRET) == DATABASE_OK);
	/* Once with the change in the log, once in the file itself. */
	for (int closed = 0; closed < 2; closed++) {
		for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
			snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
			assert(!file_holds(name, SECRET) && !file_holds(name, "must not be seen"));
			id_seen |= file_holds(name, "key-a");
			assert(stat(name, &st) < 0 || (st.st_mode & 077) == 0);
		}
		assert(id_seen);
		if (!closed)
			store_close(&s);
	}
	remove_directory();
}

static void test_another_keyring_key_is_noticed(void)
{
	static const uint8_t other_master[KEYRING_MASTER_LEN] = { 9 };
	struct database *d;
	struct keyring *k;
	struct store s;

	make_directory();
	store_open(&s);
	assert(store_add_key(&s, store_add_tenant(&s, "acme"), "key-a", SECRET) == DATABASE_OK);
	store_close(&s);
	assert(keyring_new(other_master, &k) == 0);
	assert(database_open(path, &d) == 0);
	assert(database_load(d, k) == 0);
	assert(!keyring_fits(k));
	database_close(d);
	keyring_free(k);
	remove_directory();
}

static void test_a_second_authd_does_not_open_the_file(void)
{
	struct database *second;
	struct store s;

	make_directory();
	store_open(&s);
	store_add_tenant(&s, "acme");
	assert(database_open(path, &second) == -EBUSY);
	store_close(&s);
	remove_directory();
}

static void run_sql(const char *sql)
{
	sqlite3 *sqlite;

	assert(sqlite3_open(path, &sqlite) == SQLITE_OK);
	assert(sqlite3_exec(sqlite, sql, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(sqlite);
}

static void test_a_newer_or_foreign_file_is_left_alone(void)
{
	struct database *d;
	struct store s;

	make_directory();
	store_open(&s);
	store_close(&s);
	run_sql("PRAGMA user_version = 99");
	assert(database_open(path, &d) == -EFBIG);
	run_sql("PRAGMA user_version = 1; PRAGMA application_id = 5");
	assert(database_open(path, &d) == -EBADMSG);
	remove_directory();
	make_directory();
	run_sql("CREATE TABLE other (a)");
	run_sql("PRAGMA user_version = 3");
	assert(database_open(path, &d) == -EBADMSG);
	remove_directory();
}

static void test_rows_that_do_not_fit_are_refused(void)
{
	struct keyring *k;
	struct database *d;
	struct store s;

	make_directory();
	store_open(&s);
	store_add_tenant(&s, "acme");
	store_close(&s);
	run_sql("INSERT INTO keys (id, tenant, sealed, enabled, created_ns)"
		" VALUES ('k', 77, x'00', 1, 1)");
	assert(keyring_new(master, &k) == 0);
	assert(database_open(path, &d) == 0);
	assert(database_load(d, k) == -EBADMSG);
	database_close(d);
	keyring_free(k);
	remove_directory();
}

int main(void)
{
	assert(sodium_init() >= 0);
	test_forms_are_checked();
	test_t26_a_key_is_never_without_its_user();
	test_keys_are_found_listed_and_removed();
	test_signing_keys_are_of_the_key_the_day_and_the_region();
	test_the_cache_of_signing_keys_forgets_but_never_mixes();
	test_a_key_made_again_has_its_own_secret();
	test_a_sealed_secret_is_bound_to_key_and_tenant();
	test_everything_is_there_after_a_restart();
	test_what_is_taken_cannot_be_made_again();
	test_t42_no_secret_is_in_the_file_in_the_clear();
	test_another_keyring_key_is_noticed();
	test_a_second_authd_does_not_open_the_file();
	test_a_newer_or_foreign_file_is_left_alone();
	test_rows_that_do_not_fit_are_refused();
	return 0;
}
