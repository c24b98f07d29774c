/* SPDX-License-Identifier: Apache-2.0 */

/* What administrators order of an authd: workload.h. */

#include <stdio.h>
#include <string.h>

#include "authd/database/rows.h"
#include "s3/encoding.h"
#include "tests/crash/desk.h"
#include "tests/crash/disk.h"
#include "tests/crash/history.h"
#include "tests/crash/workload.h"

#undef NDEBUG
#include <assert.h>

#define PAGES_OF_LOG 24 /* few, so that it is moved into the database often */
#define AT_ONCE	     3
#define KINDS_MAX    32 /* of orders */

static struct authd *authd;
static struct story now;
static uint64_t state, last_value;
static uint32_t last_change;
static unsigned int seats[AT_ONCE], last_tenant;
static struct {
	char order[DESK_NAME_MAX];
	unsigned int n;
} kinds[KINDS_MAX];

/* One that is under way, or about to be. */
struct step {
	struct note note;
	json_t *order;
	int fd;
};

static unsigned int pick(unsigned int n)
{
	return (unsigned int)(mix(&state) % n);
}

static uint64_t new_value(bool odd)
{
	last_value += last_value % 2 == odd ? 2 : 1;
	return last_value;
}

static struct slot slot(unsigned int tenant, enum story_kind kind, unsigned int index)
{
	return (struct slot){ .tenant = tenant, .kind = kind, .index = index };
}

static uint64_t value_of(unsigned int tenant, enum story_kind kind, unsigned int index)
{
	return now.told[slot_number(slot(tenant, kind, index))];
}

static void claim(struct step *s, struct slot where, uint64_t value)
{
	assert(s->note.n < STORY_CLAIMS_MAX);
	s->note.claims[s->note.n++] = (struct story_claim){ slot_number(where), value };
}

static void count(const char *order)
{
	unsigned int i = 0;

	while (kinds[i].n && strcmp(kinds[i].order, order) != 0)
		assert(++i < KINDS_MAX);
	snprintf(kinds[i].order, sizeof(kinds[i].order), "%s", order);
	kinds[i].n++;
}

/* Takes the order. */
static struct step step(json_t *order)
{
	assert(order);
	count(json_string_value(json_object_get(order, "do")));
	return (struct step){ .note.change = ++last_change, .order = order };
}

static void tell(struct step *s, enum note_kind kind)
{
	s->note.kind = kind;
	history_note(&s->note, sizeof(s->note));
	story_follow(&now, &s->note);
}

static void run_all(struct step *steps, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		tell(&steps[i], NOTE_BEGINS);
		steps[i].fd = desk_order(steps[i].order);
	}
	for (unsigned int i = 0; i < n; i++) {
		json_t *answer = desk_answer(steps[i].fd);

		if (!json_is_true(json_object_get(answer, "ok")))
			fprintf(stderr, "%s\n",
				json_string_value(json_object_get(answer, "error")));
		assert(json_is_true(json_object_get(answer, "ok")));
		tell(&steps[i], NOTE_ENDS);
		json_decref(answer);
	}
}

/* --- tenants ------------------------------------------------------------------------------- */

/* An order that gives a tenant that display name. */
static struct step name_tenant(const char *order, unsigned int t, uint64_t value)
{
	char name[DESK_NAME_MAX], title[DESK_NAME_MAX];
	struct step s = step(json_pack("{s:s, s:s, s:s}", "do", order, "name", desk_tenant(t, name),
				       "display_name", desk_title(value, title)));

	claim(&s, slot(t, STORY_TITLE, 0), value);
	return s;
}

static struct step make_tenant(unsigned int t)
{
	struct step s = name_tenant("tenant.create", t, new_value(false));

	claim(&s, slot(t, STORY_TENANT, 0), 1);
	return s;
}

static struct step rename_tenant(unsigned int t)
{
	return name_tenant("tenant.update", t, new_value(false));
}

static struct step suspend_tenant(unsigned int t)
{
	bool suspended = value_of(t, STORY_SUSPENSION, 0);
	char name[DESK_NAME_MAX];
	struct step s =
		step(json_pack("{s:s, s:s}", "do", suspended ? "tenant.resume" : "tenant.suspend",
			       "name", desk_tenant(t, name)));

	claim(&s, slot(t, STORY_SUSPENSION, 0), !suspended);
	return s;
}

/* With all it has; a seat is another's afterwards, and the number nobody's. */
static struct step delete_tenant(unsigned int t)
{
	char name[DESK_NAME_MAX];
	struct step s = step(json_pack("{s:s, s:s, s:b}", "do", "tenant.delete", "name",
				       desk_tenant(t, name), "data", 1));

	s.note.erases = t + 1;
	for (unsigned int i = 0; i < STORY_SLOTS_EACH; i++)
		if (now.told[t * STORY_SLOTS_EACH + i])
			claim(&s, slot_of(t * STORY_SLOTS_EACH + i), 0);
	return s;
}

/* --- users --------------------------------------------------------------------------------- */

static json_t *order_of_user(const char *what, unsigned int t, unsigned int user)
{
	char tenant[DESK_NAME_MAX], name[DESK_NAME_MAX];

	return json_pack("{s:s, s:s, s:s}", "do", what, "tenant", desk_tenant(t, tenant), "user",
			 desk_user(user, name));
}

static struct step put_policy(unsigned int t, unsigned int user)
{
	uint64_t value = new_value(false);
	char text[DESK_NAME_MAX];
	struct step s = step(order_of_user("policy.put", t, user));

	assert(json_object_set_new(s.order, "policy", json_string(desk_policy(value, text))) == 0);
	claim(&s, slot(t, STORY_RIGHTS, user), value);
	return s;
}

/* The first one's key must have gone before him. */
static struct step change_user(unsigned int t, unsigned int user)
{
	bool there = value_of(t, STORY_USER, user);
	bool has_key = user == 0 && value_of(t, STORY_SECRET, STORY_SECRETS - 1);
	struct step s;

	if (there && (has_key || pick(3)))
		return put_policy(t, user);
	s = step(order_of_user(there ? "user.delete" : "user.create", t, user));
	claim(&s, slot(t, STORY_USER, user), !there);
	if (there)
		claim(&s, slot(t, STORY_RIGHTS, user), 0);
	return s;
}

/* --- credentials --------------------------------------------------------------------------- */

static struct step make_key(unsigned int t, unsigned int key)
{
	char tenant[DESK_NAME_MAX], id[DESK_NAME_MAX], secret[DESK_NAME_MAX], user[DESK_NAME_MAX];
	uint64_t value = new_value(false);
	struct step s = step(json_pack("{s:s, s:s, s:s, s:s}", "do", "key.create", "tenant",
				       desk_tenant(t, tenant), "access_key",
				       desk_key(slot(t, STORY_SECRET, key), id), "secret_key",
				       desk_secret(value, secret)));

	if (key == STORY_SECRETS - 1)
		assert(json_object_set_new(s.order, "user", json_string(desk_user(0, user))) == 0);
	claim(&s, slot(t, STORY_SECRET, key), value);
	return s;
}

static struct step change_key(unsigned int t, unsigned int key)
{
	uint64_t value = value_of(t, STORY_SECRET, key), after = value % 2 ? value - 1 : value + 1;
	const char *what = value % 2 ? "key.enable" : "key.disable";
	char id[DESK_NAME_MAX];
	struct step s;

	if (!value && key == STORY_SECRETS - 1 && !value_of(t, STORY_USER, 0))
		return change_user(t, 0);
	if (!value)
		return make_key(t, key);
	if (pick(2)) {
		what = "key.delete";
		after = 0;
	}
	s = step(json_pack("{s:s, s:s}", "do", what, "access_key",
			   desk_key(slot(t, STORY_SECRET, key), id)));
	claim(&s, slot(t, STORY_SECRET, key), after);
	return s;
}

static json_t *order_of_token(const char *what, unsigned int t, unsigned int token)
{
	char tenant[DESK_NAME_MAX], name[DESK_NAME_MAX];

	return json_pack("{s:s, s:s, s:s}", "do", what, "tenant", desk_tenant(t, tenant),
			 "token_name", desk_token(token, name));
}

/* One of an even number, whose rate that is: made, or in the place of the one there is. */
static struct step make_token(unsigned int t, unsigned int token)
{
	bool there = value_of(t, STORY_TOKEN, token);
	uint64_t value = new_value(false);
	struct step s = step(order_of_token(there ? "token.refresh" : "token.create", t, token));

	assert(json_object_set_new(s.order, "ttl_days", json_integer(1)) == 0);
	assert(json_object_set_new(s.order, "rate", json_integer((json_int_t)value)) == 0);
	claim(&s, slot(t, STORY_TOKEN, token), value);
	return s;
}

/* All there can be, at once. */
static struct step import_tokens(unsigned int t)
{
	char tenant[DESK_NAME_MAX], name[DESK_NAME_MAX], text[2 * TOKEN_HASH_LEN + 1];
	json_t *list = json_array();
	struct step s = step(json_pack("{s:s, s:s, s:o}", "do", "token.import", "tenant",
				       desk_tenant(t, tenant), "tokens", list));

	for (unsigned int i = 0; i < STORY_TOKENS; i++) {
		uint64_t value = new_value(true);
		uint8_t hash[TOKEN_HASH_LEN];

		desk_token_hash(value, hash);
		hex_encode((struct span){ hash, sizeof(hash) }, text);
		assert(json_array_append_new(list, json_pack("{s:s, s:s, s:n}", "name",
							     desk_token(i, name), "hash", text,
							     "expires")) == 0);
		claim(&s, slot(t, STORY_TOKEN, i), value);
	}
	return s;
}

static struct step change_token(unsigned int t, unsigned int token)
{
	uint64_t all = 0;
	struct step s;

	for (unsigned int i = 0; i < STORY_TOKENS; i++)
		all |= value_of(t, STORY_TOKEN, i);
	if (!all && pick(2))
		return import_tokens(t);
	if (!value_of(t, STORY_TOKEN, token) || pick(2))
		return make_token(t, token);
	s = step(order_of_token("token.delete", t, token));
	claim(&s, slot(t, STORY_TOKEN, token), 0);
	return s;
}

/* --- rounds -------------------------------------------------------------------------------- */

static struct step any_step(unsigned int *seat)
{
	unsigned int t = *seat;

	if (!value_of(t, STORY_TENANT, 0))
		return make_tenant(t);
	switch (pick(12)) {
	case 0:
		return rename_tenant(t);
	case 1:
		return suspend_tenant(t);
	case 2:
	case 3:
	case 4:
		return change_user(t, pick(STORY_USERS));
	case 5:
	case 6:
	case 7:
		return change_key(t, pick(STORY_SECRETS));
	case 8:
		if (last_tenant + 1 < STORY_TENANTS_MAX) {
			*seat = ++last_tenant;
			return delete_tenant(t);
		}
		break;
	default:
		break;
	}
	return change_token(t, pick(STORY_TOKENS));
}

static void print_counts(void)
{
	for (unsigned int i = 0; i < KINDS_MAX && kinds[i].n; i++)
		printf("%s %u\n", kinds[i].order, kinds[i].n);
	printf("orders %u\ntenants %u\n", last_change, last_tenant + 1);
}

static void open_desk(const char *directory)
{
	assert(desk_open(directory, &authd) == 0);
	assert(sqlite3_wal_autocheckpoint(authd->database->sqlite, PAGES_OF_LOG) == SQLITE_OK);
}

void workload_run(const char *directory, bool relaxed, unsigned int rounds, uint64_t seed)
{
	struct step steps[AT_ONCE];

	assert(!relaxed);
	state = seed;
	for (unsigned int i = 0; i < AT_ONCE; i++)
		seats[i] = last_tenant++;
	last_tenant--;
	open_desk(directory);
	for (unsigned int i = 0; i < rounds; i++) {
		unsigned int n = 1 + pick(AT_ONCE);

		for (unsigned int k = 0; k < n; k++)
			steps[k] = any_step(&seats[k]);
		run_all(steps, n);
		if (pick(10) == 0) {
			desk_close();
			open_desk(directory);
		}
	}
	desk_close();
	print_counts();
}
