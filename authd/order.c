/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/order.h"

#include <sodium.h>

#include "authd/authd.h"
#include "authd/ratify.h"
#include "authd/reply.h"
#include "base/clock.h"
#include "s3/encoding.h"

/* --- what may be said --------------------------------------------------------------------- */

static bool is_text(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (span_bytes(s)[i] < ' ' || span_bytes(s)[i] == 0x7f)
			return false;
	return span_is_utf8(s);
}

static bool is_display_name(struct span s)
{
	return s.len > 0 && s.len <= KEYRING_DISPLAY_NAME_MAX && is_text(s);
}

static bool is_email(struct span s)
{
	return s.len > 0 && s.len <= KEYRING_EMAIL_MAX && is_text(s);
}

static bool is_canonical_id(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (hex_digit(span_bytes(s)[i]) < 0 ||
		    (span_bytes(s)[i] >= 'A' && span_bytes(s)[i] <= 'F'))
			return false;
	return s.len == KEYRING_CANONICAL_LEN;
}

/* MEMBER(SYMBOL, "name", is valid, "what is valid") */
#define MEMBERS(MEMBER)                                                                            \
	MEMBER(NAME, "name", keyring_name_is_valid,                                                \
	       "1 to 63 of a-z, 0-9 and -, not beginning with -")                                  \
	MEMBER(TENANT, "tenant", keyring_name_is_valid,                                            \
	       "1 to 63 of a-z, 0-9 and -, not beginning with -")                                  \
	MEMBER(DISPLAY_NAME, "display_name", is_display_name,                                      \
	       "1 to 256 bytes of text without control characters")                                \
	MEMBER(EMAIL, "email", is_email, "1 to 254 bytes of text without control characters")      \
	MEMBER(CANONICAL_ID, "canonical_id", is_canonical_id, "64 digits of 0-9 and a-f")          \
	MEMBER(ACCESS_KEY, "access_key", keyring_access_key_is_valid,                              \
	       "3 to 128 of A-Z, a-z, 0-9, ., _ and -")                                            \
	MEMBER(SECRET_KEY, "secret_key", keyring_secret_is_valid,                                  \
	       "8 to 128 printable ASCII characters")

enum member {
#define MEMBER(SYMBOL, ...) MEMBER_##SYMBOL,
	MEMBERS(MEMBER)
#undef MEMBER
	MEMBER_COUNT,
};

static const struct {
	const char *name;
	bool (*is_valid)(struct span s);
	const char *form;
} members[MEMBER_COUNT] = {
#define MEMBER(SYMBOL, name_, is_valid_, form_) [MEMBER_##SYMBOL] = { name_, is_valid_, form_ },
	MEMBERS(MEMBER)
#undef MEMBER
};

#define BIT(SYMBOL) (1u << MEMBER_##SYMBOL)

struct order {
	struct authd *authd;
	struct order_waiter waiter;	/* answered is NULL where nobody waits */
	struct span values[MEMBER_COUNT];	/* only while it is given; SPAN_NONE where absent */
	json_t *answer;			/* to a success */
};

/* --- life --------------------------------------------------------------------------------- */

static void order_free(struct order *o)
{
	json_decref(o->answer);
	free(o);
}

void order_abandon(struct order *o)
{
	o->waiter.answered = NULL;
}

static void change_done(struct change *c)
{
	struct order *o = c->owner;
	struct order_waiter w = o->waiter;
	json_t *answer = ratify(o->authd->keyring, c, w.uid, steal_ptr(o->answer));

	change_free(c);
	order_free(o);
	if (w.answered)
		w.answered(w.owner, answer);
	else
		json_decref(answer);
}

/* --- the orders --------------------------------------------------------------------------- */

static struct change *change_new(enum change_kind kind, const struct access_key *a)
{
	struct change *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->kind = kind;
	c->done = change_done;
	if (a)
		memcpy(c->id, a->id, sizeof(c->id));
	return c;
}

static struct span value_of(const struct order *o, enum member m)
{
	return o->values[m];
}

/*
 * Each makes the answer. With a change in *ret, it is the answer to that once it is durable; NULL,
 * and whatever change with it, is given up for lack of memory.
 */
static json_t *tenant_create(struct order *o, struct change **ret)
{
	struct span name = value_of(o, MEMBER_NAME), shown = value_of(o, MEMBER_DISPLAY_NAME);
	struct keyring *k = o->authd->keyring;

	if (keyring_find_tenant(k, name))
		return reply_refused("choose another name", "There is already a tenant %.*s.",
				     (int)name.len, (const char *)name.data);
	if (keyring_tenant_count(k) + WRITER_QUEUE_MAX > KEYRING_TENANTS_MAX)
		return reply_refused(NULL, "There are as many tenants as there can be.");
	*ret = change_new(CHANGE_ADD_TENANT, NULL);
	if (!*ret || tenant_new(name, shown.len ? shown : name, value_of(o, MEMBER_EMAIL),
				value_of(o, MEMBER_CANONICAL_ID), &(*ret)->tenant) < 0)
		return NULL;
	return reply_done("tenant", reply_tenant((*ret)->tenant));
}

/* A list with a gap would be a lie: it is whole, or there is none. */
static bool add_item(json_t **list, json_t *item)
{
	if (json_array_append_new(*list, item) == 0)
		return true;
	json_decref(*list);
	*list = NULL;
	return false;
}

static json_t *tenant_list(struct order *o, struct change **ret)
{
	const struct tenant *t = keyring_tenants(o->authd->keyring);
	json_t *list = json_array();

	while (t && add_item(&list, reply_tenant(t)))
		t = t->next;
	return reply_done("tenants", list);
}

/* Access keys as others make them: 20 capitals and digits, the secret 40 of base64. */
#define MADE_PREFIX "CF"
#define MADE_RANDOM 18
#define MADE_SECRET 30

static void make_access_key(char to[static sizeof(MADE_PREFIX) + MADE_RANDOM])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	size_t len = sizeof(MADE_PREFIX) - 1;
	uint8_t random[MADE_RANDOM];

	memcpy(to, MADE_PREFIX, len);
	randombytes_buf(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		to[len++] = digits[random[i] & 31];
	to[len] = '\0';
}

static void make_secret(char to[static BASE64_TEXT_SIZE(MADE_SECRET)])
{
	uint8_t random[MADE_SECRET];

	randombytes_buf(random, sizeof(random));
	base64_encode((struct span){ random, sizeof(random) }, to);
	sodium_memzero(random, sizeof(random));
}

/* The key's record and the only answer that ever shows its secret. */
static json_t *add_key(struct order *o, const struct tenant *t, struct span id, struct span secret,
		       struct change **ret)
{
	json_t *key;

	*ret = change_new(CHANGE_ADD_KEY, NULL);
	if (!*ret || access_key_new(o->authd->keyring, t, id, secret, &(*ret)->key) < 0)
		return NULL;
	key = reply_key((*ret)->key, true);
	if (json_object_set_new(key, "secret_key", json_stringn(secret.data, secret.len)) < 0) {
		json_decref(key);
		return NULL;
	}
	return reply_done("key", key);
}

static json_t *key_create(struct order *o, struct change **ret)
{
	struct span name = value_of(o, MEMBER_TENANT), id = value_of(o, MEMBER_ACCESS_KEY),
		    secret = value_of(o, MEMBER_SECRET_KEY);
	const struct tenant *t = keyring_find_tenant(o->authd->keyring, name);
	char made_id[sizeof(MADE_PREFIX) + MADE_RANDOM], made_secret[BASE64_TEXT_SIZE(MADE_SECRET)];
	json_t *answer;

	if (!t)
		return reply_no_tenant(name);
	if (span_is_none(id) != span_is_none(secret))
		return reply_refused("give both, or neither and both are made",
				     "access_key and secret_key come together.");
	if (keyring_key_count(o->authd->keyring) + WRITER_QUEUE_MAX > KEYRING_KEYS_MAX)
		return reply_refused(NULL, "There are as many access keys as there can be.");
	if (!span_is_none(id))
		return add_key(o, t, id, secret, ret);
	make_access_key(made_id);
	make_secret(made_secret);
	answer = add_key(o, t, span_from_string(made_id), span_from_string(made_secret), ret);
	sodium_memzero(made_secret, sizeof(made_secret));
	return answer;
}

static json_t *key_list(struct order *o, struct change **ret)
{
	struct span name = value_of(o, MEMBER_TENANT);
	const struct keyring *k = o->authd->keyring;
	const struct tenant *t = keyring_find_tenant(k, name);
	json_t *list;

	if (!span_is_none(name) && !t)
		return reply_no_tenant(name);
	list = json_array();
	for (const struct access_key *a = keyring_keys(k); a; a = a->next)
		if ((!t || a->tenant == t) && !add_item(&list, reply_key(a, a->enabled)))
			break;
	return reply_done("keys", list);
}

static json_t *change_key(struct order *o, enum change_kind kind, struct change **ret)
{
	struct span id = value_of(o, MEMBER_ACCESS_KEY);
	const struct access_key *a = keyring_find_key(o->authd->keyring, id);
	bool enabled;

	if (!a)
		return reply_no_key(id);
	enabled = kind == CHANGE_ENABLE_KEY || (kind == CHANGE_REMOVE_KEY && a->enabled);
	*ret = change_new(kind, a);
	return *ret ? reply_done("key", reply_key(a, enabled)) : NULL;
}

static json_t *key_disable(struct order *o, struct change **ret)
{
	return change_key(o, CHANGE_DISABLE_KEY, ret);
}

static json_t *key_enable(struct order *o, struct change **ret)
{
	return change_key(o, CHANGE_ENABLE_KEY, ret);
}

static json_t *key_delete(struct order *o, struct change **ret)
{
	return change_key(o, CHANGE_REMOVE_KEY, ret);
}

static json_t *status(struct order *o, struct change **ret)
{
	const struct authd *a = o->authd;
	uint64_t uptime_s = (clock_boottime_ns() - a->started_ns) / NS_PER_S;

	return reply_done("status", json_pack("{s:s, s:I, s:b, s:I, s:s}", "version",
					      COFFER_VERSION, "uptime_s", (json_int_t)uptime_s,
					      "stored_connected", (int)storelinks_are_ready(a),
					      "workers", (json_int_t)a->sessions.n_ready,
					      "confinement", a->confinement));
}

static const struct row {
	const char *name;
	unsigned int required;
	unsigned int allowed;
	json_t *(*run)(struct order *o, struct change **ret);
} rows[] = {
	{ "tenant.create", BIT(NAME),
	  BIT(NAME) | BIT(DISPLAY_NAME) | BIT(EMAIL) | BIT(CANONICAL_ID), tenant_create },
	{ "tenant.list", 0, 0, tenant_list },
	{ "key.create", BIT(TENANT), BIT(TENANT) | BIT(ACCESS_KEY) | BIT(SECRET_KEY), key_create },
	{ "key.list", 0, BIT(TENANT), key_list },
	{ "key.disable", BIT(ACCESS_KEY), BIT(ACCESS_KEY), key_disable },
	{ "key.enable", BIT(ACCESS_KEY), BIT(ACCESS_KEY), key_enable },
	{ "key.delete", BIT(ACCESS_KEY), BIT(ACCESS_KEY), key_delete },
	{ "status", 0, 0, status },
};

/* --- understanding one -------------------------------------------------------------------- */

static const struct row *find_row(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static enum member find_member(const char *name)
{
	enum member m = 0;

	while (m < MEMBER_COUNT && strcmp(members[m].name, name) != 0)
		m++;
	return m;
}

/* NULL, or the refusal. What was wrongly given is not repeated: it may be a secret. */
static json_t *take_member(struct order *o, const struct row *row, const char *name,
			   const json_t *value)
{
	enum member m = find_member(name);
	struct span text = { json_string_value(value), json_string_length(value) };

	if (m == MEMBER_COUNT || !(row->allowed & (1u << m)))
		return reply_refused(NULL, "%s has a member that it does not know.", row->name);
	if (!json_is_string(value) || !members[m].is_valid(text))
		return reply_refused(NULL, "%s must be a string of %s.", members[m].name,
				     members[m].form);
	o->values[m] = text;
	return NULL;
}

static json_t *take_members(struct order *o, const struct row *row, json_t *request)
{
	const char *name;
	json_t *value;

	json_object_foreach(request, name, value) {
		json_t *wrong = NULL;

		if (strcmp(name, "do") != 0)
			wrong = take_member(o, row, name, value);
		if (wrong)
			return wrong;
	}
	for (enum member m = 0; m < MEMBER_COUNT; m++)
		if ((row->required & (1u << m)) && span_is_none(o->values[m]))
			return reply_refused(NULL, "%s needs %s.", row->name, members[m].name);
	return NULL;
}

static json_t *run(struct order *o, json_t *request, struct change **ret)
{
	const struct row *row = find_row(json_string_value(json_object_get(request, "do")));
	json_t *wrong;

	if (!json_is_object(request))
		return reply_refused("one object a line, such as {\"do\": \"status\"}",
				     "This is not a JSON object.");
	if (!row)
		return reply_refused(
			"tenant.create, tenant.list, key.create, key.list, key.disable, "
			"key.enable, key.delete, status",
			"\"do\" names nothing that can be done.");
	wrong = take_members(o, row, request);
	return wrong ? wrong : row->run(o, ret);
}

/* Hands the change to the writer; its order is under way then, and has the answer. */
static bool submit(struct order *o, struct change *c, json_t *answer)
{
	c->owner = o;
	o->answer = answer;
	memset(o->values, 0, sizeof(o->values));
	return writer_submit(o->authd->writer, c) == WRITER_OK;
}

json_t *order_give(struct authd *a, struct span line, const struct order_waiter *w,
		   struct order **ret)
{
	struct order *o = calloc(1, sizeof(*o));
	struct change *c = NULL;
	json_t *request, *answer;

	if (!o)
		return NULL;
	o->authd = a;
	o->waiter = *w;
	request = json_loadb(line.data, line.len, JSON_REJECT_DUPLICATES, NULL);
	answer = run(o, request, &c);
	json_decref(request);
	if (answer && c) {
		if (submit(o, c, answer)) {
			*ret = o;
			return NULL;
		}
		/* The answer belongs to the order, and goes with it. */
		answer = reply_refused("try again", "Too many changes are under way.");
	}
	change_free(c);
	order_free(o);
	return answer;
}
