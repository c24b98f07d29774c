/* SPDX-License-Identifier: Apache-2.0 */

/* What there is of authd's after a power cut: check.h. */

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/crash/check.h"
#include "tests/crash/desk.h"
#include "tests/crash/verdict.h"

#undef NDEBUG
#include <assert.h>

struct check {
	struct verdict v;
	const char *directory;
	struct authd *authd;
};

/* --- what a slot has ------------------------------------------------------------------------- */

/* One that is being deleted is not there for anybody. */
static struct tenant *find_tenant(const struct check *c, struct slot s)
{
	char name[DESK_NAME_MAX];
	struct tenant *t = keyring_find_tenant(c->authd->keyring,
					       span_from_string(desk_tenant(s.tenant, name)));

	return t && t->deletion == TENANT_STAYS ? t : NULL;
}

static bool user_is(const struct check *c, const struct tenant *t, struct slot s, uint64_t value)
{
	char name[DESK_NAME_MAX], policy[DESK_NAME_MAX];
	const struct user *u =
		keyring_find_user(c->authd->keyring, t, span_from_string(desk_user(s.index, name)));

	if (s.kind == STORY_USER)
		return value == (u != NULL);
	if (!u || !u->policy_text)
		return !value;
	return value && u->policy && strcmp(u->policy_text, desk_policy(value, policy)) == 0;
}

static bool secret_is(const struct check *c, const struct tenant *t, struct slot s, uint64_t value)
{
	_cleanup_(access_key_freep) struct access_key *same = NULL;
	char id[DESK_NAME_MAX], secret[DESK_NAME_MAX];
	struct keyring *k = c->authd->keyring;
	const struct access_key *a = keyring_find_key(k, span_from_string(desk_key(s, id)));

	if (!a || !value)
		return !a && !value;
	assert(access_key_new(k, t, span_from_string(id),
			      span_from_string(desk_secret(value, secret)), &same) == 0);
	return a->tenant == t && a->enabled == !(value % 2) &&
	       !a->user == (s.index != STORY_SECRETS - 1) && keyring_have_same_secret(k, a, same);
}

static bool token_is(const struct check *c, const struct tenant *t, struct slot s, uint64_t value)
{
	const struct tokens *all = keyring_tokens(c->authd->keyring);
	char name[DESK_NAME_MAX];
	uint8_t hash[TOKEN_HASH_LEN];
	const struct token *found =
		tokens_find(all, t, span_from_string(desk_token(s.index, name)));

	if (!found || !value)
		return !found && !value;
	desk_token_hash(value, hash);
	return value % 2 ? tokens_find_hash(all, hash) == found : found->rate == value;
}

static bool slot_is(void *context, struct slot s, uint64_t value)
{
	const struct check *c = context;
	const struct tenant *t = find_tenant(c, s);
	char title[DESK_NAME_MAX];

	if (!t)
		return !value;
	switch (s.kind) {
	case STORY_TENANT:
		return value == 1;
	case STORY_TITLE:
		return strcmp(t->display_name, desk_title(value, title)) == 0;
	case STORY_SUSPENSION:
		return t->suspended == value;
	case STORY_USER:
	case STORY_RIGHTS:
		return user_is(c, t, s, value);
	case STORY_SECRET:
		return secret_is(c, t, s, value);
	case STORY_TOKEN:
		return token_is(c, t, s, value);
	case STORY_BUCKET:
	case STORY_POLICY:
	case STORY_QUOTA:
	case STORY_KEY:
	case STORY_UPLOAD:
	case STORY_PART:
		return !value;
	case STORY_KINDS:
		break;
	}
	return false;
}

/* --- beside that ----------------------------------------------------------------------------- */

static size_t count_found(const struct check *c, enum story_kind kind, unsigned int count)
{
	size_t n = 0;

	for (unsigned int t = 0; t < c->v.story->n_tenants; t++)
		for (unsigned int i = 0; i < count; i++)
			n += found(&c->v, t, kind, i) != 0;
	return n;
}

static void check_count(struct check *c, const char *what, size_t n, size_t expected)
{
	if (n != expected)
		wrong(&c->v, "%zu %s in place of %zu", n, what, expected);
}

/* Once those that were being deleted are gone. */
static void check_counts(struct check *c)
{
	const struct keyring *k = c->authd->keyring;

	check_count(c, "tenants", keyring_tenant_count(k), count_found(c, STORY_TENANT, 1));
	check_count(c, "users", keyring_user_count(k), count_found(c, STORY_USER, STORY_USERS));
	check_count(c, "keys", keyring_key_count(k), count_found(c, STORY_SECRET, STORY_SECRETS));
	check_count(c, "tokens", tokens_count(keyring_tokens(k)),
		    count_found(c, STORY_TOKEN, STORY_TOKENS));
}

/* How often it stands in the first of a log's files, the only one there is of a history. */
static unsigned int count_in_log(const struct check *c, const char *words)
{
	static char text[1 << 20];
	unsigned int n = 0;
	char path[512];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "%s/audit.1.log", c->directory);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert(fd >= 0);
	len = pread(fd, text, sizeof(text) - 1, 0);
	assert(len >= 0 && (size_t)len < sizeof(text) - 1);
	close(fd);
	text[len] = '\0';
	for (const char *at = text; (at = strstr(at, words)); at++)
		n++;
	return n;
}

/* What has happened was written down before. */
static void check_log(struct check *c)
{
	unsigned int n = count_in_log(c, "\"event\":\"order\""),
		     least = c->v.story->n_acknowledged + verdict_happened(&c->v);

	if (n < least)
		wrong(&c->v, "%u orders in the log, of at least %u", n, least);
}

static void check_use(struct check *c)
{
	desk_done(json_pack("{s:s, s:s}", "do", "tenant.create", "name", "afterwards"));
	desk_done(json_pack("{s:s, s:s}", "do", "key.create", "tenant", "afterwards"));
	desk_done(json_pack("{s:s, s:s, s:b}", "do", "tenant.delete", "name", "afterwards", "data",
			    1));
	desk_settle();
	check_counts(c);
}

static void check_file(struct check *c)
{
	sqlite3_stmt *s = NULL;
	sqlite3 *db = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%s/auth.db", c->directory);
	assert(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
	assert(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL) == SQLITE_OK);
	if (sqlite3_step(s) != SQLITE_ROW ||
	    strcmp((const char *)sqlite3_column_text(s, 0), "ok") != 0)
		wrong(&c->v, "auth.db is damaged");
	sqlite3_finalize(s);
	sqlite3_close(db);
}

/* --- all of it ------------------------------------------------------------------------------- */

static bool open_desk(struct check *c)
{
	int r = desk_open(c->directory, &c->authd);

	if (r != 0)
		wrong(&c->v, "it does not start: %d", r);
	else if (!database_is_settled(c->authd->database))
		wrong(&c->v, "nothing can be changed");
	return c->v.n_wrong == 0;
}

unsigned int check_directory(const char *directory, const struct story *s)
{
	struct check c = { .v = { .story = s, .slot_is = slot_is, .context = &c },
			   .directory = directory };

	if (!open_desk(&c))
		return c.v.n_wrong;
	verdict_told(&c.v);
	/* What was to be deleted is, now that stored is there. */
	desk_settle();
	check_counts(&c);
	verdict_found(&c.v, "after deletions");
	check_log(&c);
	check_use(&c);
	desk_close();
	check_file(&c);
	if (!open_desk(&c))
		return c.v.n_wrong;
	verdict_found(&c.v, "after the second start");
	check_counts(&c);
	desk_close();
	return c.v.n_wrong;
}

unsigned int check_recovery(const char *directory, const struct story *s)
{
	struct check c = { .v = { .story = s, .slot_is = slot_is, .context = &c },
			   .directory = directory };

	if (!open_desk(&c))
		return c.v.n_wrong;
	verdict_told(&c.v);
	verdict_note(&c.v);
	desk_settle();
	desk_close();
	return c.v.n_wrong;
}
