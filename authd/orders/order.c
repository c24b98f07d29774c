/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/orders/order.h"

#include <stdio.h>

#include "authd/authd.h"
#include "authd/orders/orders.h"
#include "authd/orders/ratify.h"
#include "authd/orders/reply.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "s3/jsontext.h"

#define S_PER_DAY (24 * 60 * 60)

_Static_assert(MEMBER_COUNT <= 64, "a set of members is one word");

/* --- life --------------------------------------------------------------------------------- */

static void forget_request(struct order *o)
{
	memset(o->values, 0, sizeof(o->values));
	json_decref(o->request);
	o->request = NULL;
}

static void order_free(struct order *o)
{
	forget_request(o);
	change_free(o->change);
	fd_close(o->file);
	json_decref(o->answer);
	free(o);
}

void order_abandon(struct order *o)
{
	o->waiter.answered = NULL;
}

/* --- the audit log ------------------------------------------------------------------------ */

static struct audit_order audit_order_of(const struct order *o)
{
	return (struct audit_order){
		.id = o->id,
		.name = o->row ? o->row->name : "-",
		.administrator = o->waiter.administrator,
		.uid = o->waiter.uid,
		.pid = o->waiter.pid,
		.values = o->values,
	};
}

static enum figures_order outcome_of(const struct order *o, const json_t *answer)
{
	if (!answer || o->failed)
		return FIGURES_ORDER_FAILED;
	return json_is_true(json_object_get(answer, "ok")) ? FIGURES_ORDER_DONE
							   : FIGURES_ORDER_REFUSED;
}

/* What came of it. */
static void conclude(struct order *o, const json_t *answer)
{
	struct audit_order said = audit_order_of(o);
	enum figures_order outcome = outcome_of(o, answer);

	o->authd->figures.orders[outcome]++;
	if (o->intended)
		audit_say_order(&o->kept, RECORD_JSON, "outcome", &said);
	audit_say_outcome(&o->said, outcome, answer);
	audit_say_outcome(&o->kept, outcome, answer);
	audit_note(&o->authd->audit, o->row && o->row->changes, &o->said, &o->kept);
}

/* The end of one that was under way; takes the answer. */
static void order_finish(struct order *o, json_t *answer)
{
	struct order_waiter w = o->waiter;

	conclude(o, answer);
	order_free(o);
	if (w.answered)
		w.answered(w.owner, answer);
	else
		json_decref(answer);
}

/*
 * stored has taken it; or is gone, and hears of it when it comes. One that is there and does not say so is sent away:
 * nothing is granted before it has come again and knows of all that are closed.
 */
static void told_stored(void *owner, enum s3_error error)
{
	struct order *o = owner;

	if (error != S3_ERROR_NONE && o->authd->storelinks.current)
		storelink_drop(o->authd);
	order_finish(o, steal_ptr(o->answer));
}

/* What is in force here must be so there, too, before anybody is told. True where that is under
 * way. */
static bool tell_stored(struct order *o, const struct change *c)
{
	const struct tenant *t = NULL;

	if ((c->kind == CHANGE_SUSPEND_TENANT || c->kind == CHANGE_RESUME_TENANT ||
	     c->kind == CHANGE_MARK_TENANT) &&
	    c->result == DATABASE_OK)
		t = keyring_find_tenant_number(o->authd->keyring, c->number);
	return t && errand_suspend(o->authd, &t->id, tenant_is_closed(t),
				   (struct errand_waiter){ told_stored, o }) == ERRAND_OK;
}

#define WHO_SIZE (sizeof("by_key=") + KEYRING_ACCESS_KEY_MAX)

/* Who has ordered it, for the log. */
static const char *who(const struct order *o, char buf[static WHO_SIZE])
{
	if (o->waiter.administrator)
		snprintf(buf, WHO_SIZE, "by_key=%s", o->administrator.access_key);
	else
		snprintf(buf, WHO_SIZE, "uid=%u", o->waiter.uid);
	return buf;
}

static void change_done(struct change *c)
{
	struct order *o = c->owner;
	char by[WHO_SIZE];
	bool waits;

	o->failed = c->result < 0;
	if (o->row->run == order_token_import && c->result == DATABASE_OK)
		audit_note_imported(&o->authd->audit, o->id, c->tokens);
	o->answer = ratify(o->authd->keyring, c, who(o, by), steal_ptr(o->answer));
	/* First what is closed; then what goes. */
	waits = tell_stored(o, c);
	if (c->kind == CHANGE_MARK_TENANT)
		deletions_go_on(&o->authd->deletions);
	change_free(c);
	if (!waits)
		order_finish(o, steal_ptr(o->answer));
}

static json_t *refuse_crowd(void)
{
	return reply_as(S3_ERROR_SLOW_DOWN,
			reply_again(reply_refused("try again", "Too many changes are under way.")));
}

/* Hands the change to the writer; false with a refusal, or NULL for lack of memory. */
static bool submit(struct order *o, json_t **ret_refusal)
{
	o->change->owner = o;
	if (writer_submit(o->authd->writer, o->change) == WRITER_OK) {
		o->change = NULL;
		return true;
	}
	*ret_refusal = refuse_crowd();
	return false;
}

static void bucket_done(void *owner, enum s3_error error)
{
	struct order *o = owner;
	json_t *answer = NULL;

	if (error)
		answer = reply_no_bucket(o->bucket, error);
	else if (o->about->deletion != TENANT_STAYS)
		answer = reply_tenant_goes(o->about);
	else if (o->then)
		answer = o->then(o);
	else if (submit(o, &answer))
		return;
	order_finish(o, answer);
}

/* What an errand's beginning says: false with a refusal, or NULL for lack of memory. */
static bool is_under_way(int r, json_t **ret_refusal)
{
	if (r < 0)
		return false;
	switch ((enum errand_outcome)r) {
	case ERRAND_OK:
		return true;
	case ERRAND_FULL:
		*ret_refusal = refuse_crowd();
		return false;
	case ERRAND_AWAY:
		*ret_refusal = reply_no_stored();
		return false;
	}
	return false;
}

static bool provide(struct order *o, json_t **ret_refusal)
{
	struct span bucket = span_from_string(o->bucket);
	int r = errand_provide(o->authd, &o->about->id, bucket,
			       (struct errand_waiter){ bucket_done, o });

	if (r == ERRAND_AWAY) {
		*ret_refusal = reply_no_bucket(o->bucket, S3_ERROR_SERVICE_UNAVAILABLE);
		return false;
	}
	return is_under_way(r, ret_refusal);
}

static void asked(void *owner, enum s3_error error)
{
	struct order *o = owner;
	json_t *answer = NULL;

	if (error == S3_ERROR_BUCKET_NOT_EMPTY)
		answer = reply_has_buckets(o->about);
	else if (error)
		answer = reply_no_stored();
	else if (submit(o, &answer))
		return;
	order_finish(o, answer);
}

static bool ask_whether_empty(struct order *o, json_t **ret_refusal)
{
	return is_under_way(errand_erase(o->authd, &o->about->id, ERASE_ASK,
					 (struct errand_waiter){ asked, o }),
			    ret_refusal);
}

/* --- the orders --------------------------------------------------------------------------- */

struct span order_text(const struct order *o, enum member m)
{
	return json_span(o->values[m]);
}

uint64_t order_number(const struct order *o, enum member m)
{
	return (uint64_t)json_integer_value(o->values[m]);
}

struct change *order_change(enum change_kind kind)
{
	struct change *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->kind = kind;
	c->done = change_done;
	return c;
}

void order_wants_bucket(struct order *o, const struct tenant *t, struct span bucket)
{
	o->about = t;
	memcpy(o->bucket, bucket.data, MIN(bucket.len, sizeof(o->bucket) - 1));
}

void order_wants_no_bucket(struct order *o, const struct tenant *t)
{
	o->about = t;
}

json_t *order_find_tenant(const struct order *o, enum member m, struct tenant **ret)
{
	struct span name = order_text(o, m);
	struct tenant *t = keyring_find_tenant(o->authd->keyring, name);

	if (!t)
		return reply_no_tenant(name);
	if (t->deletion != TENANT_STAYS)
		return reply_tenant_goes(t);
	*ret = t;
	return NULL;
}

json_t *order_find_user(const struct order *o, const struct tenant *t, struct user **ret)
{
	struct span name = order_text(o, MEMBER_USER);

	*ret = keyring_find_user(o->authd->keyring, t, name);
	return *ret ? NULL : reply_no_user(t, name);
}

int64_t order_expiry_s(const struct order *o)
{
	int64_t now_s = (int64_t)(clock_realtime_ns() / NS_PER_S);

	return o->values[MEMBER_TTL_DAYS]
		       ? now_s + (int64_t)order_number(o, MEMBER_TTL_DAYS) * S_PER_DAY
		       : 0;
}

static json_t *status(struct order *o, struct change **ret)
{
	const struct authd *a = o->authd;
	uint64_t uptime_s = (clock_boottime_ns() - a->started_ns) / NS_PER_S;

	return reply_done("status",
			  json_pack("{s:s, s:I, s:b, s:I, s:s, s:I, s:I, s:I}", "version",
				    COFFER_VERSION, "uptime_s", (json_int_t)uptime_s,
				    "stored_connected", (int)storelinks_are_ready(a), "workers",
				    (json_int_t)a->sessions.n_ready, "confinement", a->confinement,
				    "pid", (json_int_t)a->pid, "stored_pid",
				    (json_int_t)storelinks_pid(a), "frontend_pid",
				    (json_int_t)sessions_pid(a)));
}

#define BIT(SYMBOL) (UINT64_C(1) << MEMBER_##SYMBOL)

#define TOKEN_TERMS (BIT(SCOPES) | BIT(BUCKET) | BIT(PREFIX) | BIT(RATE))
#define PAGE	    (BIT(LIMIT) | BIT(CURSOR))

static const struct order_row rows[] = {
	{ "tenant.create", true, BIT(NAME), BIT(DISPLAY_NAME) | BIT(EMAIL) | BIT(CANONICAL_ID),
	  order_tenant_create },
	{ "tenant.list", false, 0, 0, order_tenant_list },
	{ "tenant.show", false, BIT(NAME), 0, order_tenant_show },
	{ "tenant.update", true, BIT(NAME), BIT(DISPLAY_NAME) | BIT(EMAIL), order_tenant_update },
	{ "tenant.suspend", true, BIT(NAME), 0, order_tenant_suspend },
	{ "tenant.resume", true, BIT(NAME), 0, order_tenant_resume },
	{ "tenant.limit", true, BIT(NAME),
	  BIT(RATE_OF_TENANT) | BIT(BURST) | BIT(BANDWIDTH) | BIT(PARALLEL), order_tenant_limit },
	{ "tenant.delete", true, BIT(NAME), BIT(DATA), order_tenant_delete },
	{ "user.create", true, BIT(TENANT) | BIT(USER), BIT(ADMINISTRATOR), order_user_create },
	{ "user.list", false, 0, BIT(TENANT) | PAGE, order_user_list },
	{ "user.show", false, BIT(TENANT) | BIT(USER), 0, order_user_show },
	{ "user.update", true, BIT(TENANT) | BIT(USER) | BIT(ADMINISTRATOR), 0, order_user_update },
	{ "user.delete", true, BIT(TENANT) | BIT(USER), 0, order_user_delete },
	{ "policy.put", true, BIT(TENANT) | BIT(USER) | BIT(POLICY), 0, order_policy_put },
	{ "policy.get", false, BIT(TENANT) | BIT(USER), 0, order_policy_get },
	{ "policy.delete", true, BIT(TENANT) | BIT(USER), 0, order_policy_delete },
	{ "key.create", true, BIT(TENANT),
	  BIT(USER) | BIT(ACCESS_KEY) | BIT(SECRET_KEY) | BIT(TTL_DAYS), order_key_create },
	{ "key.list", false, 0, BIT(TENANT) | BIT(USER) | PAGE, order_key_list },
	{ "key.disable", true, BIT(ACCESS_KEY), 0, order_key_disable },
	{ "key.enable", true, BIT(ACCESS_KEY), 0, order_key_enable },
	{ "key.update", true, BIT(ACCESS_KEY) | BIT(ENABLED), 0, order_key_update },
	{ "key.delete", true, BIT(ACCESS_KEY), 0, order_key_delete },
	{ "token.create", true, BIT(TENANT) | BIT(TOKEN_NAME) | BIT(TTL_DAYS), TOKEN_TERMS,
	  order_token_create },
	{ "token.list", false, 0, BIT(TENANT) | PAGE, order_token_list },
	{ "token.get", false, BIT(TENANT) | BIT(TOKEN_NAME), 0, order_token_get },
	{ "token.show", false, BIT(TOKEN), 0, order_token_show },
	{ "token.refresh", true, BIT(TENANT) | BIT(TOKEN_NAME) | BIT(TTL_DAYS), TOKEN_TERMS,
	  order_token_refresh },
	{ "token.delete", true, BIT(TENANT) | BIT(TOKEN_NAME), 0, order_token_delete },
	{ "token.import", true, BIT(TENANT) | BIT(TOKENS), BIT(BUCKET), order_token_import },
	{ "operator.grant", true, BIT(TENANT) | BIT(PURPOSE), BIT(BUCKET), order_operator_grant },
	{ "host.key", false, 0, 0, order_host_key },
	{ "identity.export", true, BIT(TENANT) | BIT(RECIPIENT), 0, order_identity_export },
	{ "identity.import", true, BIT(TENANT) | BIT(CANONICAL_ID), BIT(SKIP_EXISTING),
	  order_identity_import, .takes_file = true },
	{ "reload", true, BIT(SETTINGS), 0, order_reload, order_reload_is_right },
	{ "status", false, 0, 0, status },
};

/* --- understanding one -------------------------------------------------------------------- */

static const struct order_row *find_row(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static json_t *refuse_unknown(void)
{
	char names[ARRAY_SIZE(rows) * (ORDER_NAME_SIZE + sizeof(", "))] = "";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		strcat(names, i ? ", " : "");
		strcat(names, rows[i].name);
	}
	return reply_refused(names, "\"do\" names nothing that can be done.");
}

static json_t *refuse_foreign(void)
{
	return reply_refused("one object a line, such as {\"do\": \"status\"}",
			     "This is not a JSON object.");
}

/* What was wrongly given is not repeated in the refusal: it may be a secret. */
static bool take_member(struct order *o, const char *name, const json_t *value, json_t **ret)
{
	const struct order_row *row = o->row;
	enum member m = member_find(name);

	if (m == MEMBER_COUNT || !((row->required | row->optional) & (UINT64_C(1) << m))) {
		*ret = reply_refused(NULL, "%s has a member that it does not know.", row->name);
		return false;
	}
	if (!member_is_valid(m, value)) {
		*ret = reply_refused(NULL, "%s must be %s.", member_name(m), member_form(m));
		return false;
	}
	o->values[m] = value;
	return true;
}

static bool take_members(struct order *o, json_t **ret)
{
	const char *name;
	json_t *value;

	json_object_foreach(o->request, name, value)
	{
		if (strcmp(name, "do") != 0 && !take_member(o, name, value, ret))
			return false;
	}
	for (enum member m = 0; m < MEMBER_COUNT; m++) {
		if ((o->row->required & (UINT64_C(1) << m)) && !o->values[m]) {
			*ret = reply_refused(NULL, "%s needs %s.", o->row->name, member_name(m));
			return false;
		}
	}
	return true;
}

static bool take_file(const struct order *o, json_t **ret)
{
	if (o->row->takes_file == (o->file >= 0))
		return true;
	*ret = reply_refused(NULL,
			     o->file >= 0 ? "%s takes no file." : "%s needs a file along with it.",
			     o->row->name);
	return false;
}

/* What is not may be a secret in the wrong place, so that nothing of it is kept. */
static bool are_right(struct order *o, json_t **ret)
{
	if (!o->row->is_right || o->row->is_right(o, ret))
		return true;
	memset(o->values, 0, sizeof(o->values));
	return false;
}

/*
 * True: it is one that there is, and its members are all right. Otherwise *ret is the refusal, or
 * NULL where there is no memory for one.
 */
static bool understand(struct order *o, json_t **ret)
{
	o->row = find_row(json_string_value(json_object_get(o->request, "do")));
	if (o->row)
		return take_members(o, ret) && take_file(o, ret) && are_right(o, ret);
	*ret = json_is_object(o->request) ? refuse_unknown() : refuse_foreign();
	return false;
}

/* --- carrying it out ---------------------------------------------------------------------- */

/* What must be done or known first, or the change itself. True where it is under way. */
static bool begin(struct order *o, json_t *success, json_t **ret_refusal)
{
	o->answer = success;
	if (!o->about)
		return submit(o, ret_refusal);
	return o->bucket[0] ? provide(o, ret_refusal) : ask_whether_empty(o, ret_refusal);
}

/* True where it goes on later; otherwise *ret is the answer. */
static bool carry_out(struct order *o, json_t **ret)
{
	json_t *answer = NULL;

	if (!o->waiter.administrator || administrator_may(o, &answer))
		answer = o->row->run(o, &o->change);
	forget_request(o);
	if (o->then || (answer && o->change)) {
		json_t *refusal = NULL;

		if (begin(o, answer, &refusal))
			return true;
		answer = refusal;
	}
	*ret = answer;
	return false;
}

/* It is on the disk that this was ordered; or it cannot be, and then nothing is done. */
static void intended(struct change *c)
{
	struct order *o = c->owner;
	int r = c->result;
	json_t *answer = NULL;

	change_free(c);
	if (r < 0) {
		log_error("audit-failed order=%s error=%s", o->id, strerrorname_np(-r));
		o->failed = true;
		answer =
			reply_as(S3_ERROR_INTERNAL_ERROR,
				 reply_refused("make room in the directory of coffer-authd's state",
					       "Nothing was done, because the audit log cannot be "
					       "written: %s.",
					       strerrordesc_np(-r)));
	} else if (carry_out(o, &answer)) {
		return;
	}
	order_finish(o, answer);
}

/* The same for carrying it out once it is in the audit log. */
static bool intend(struct order *o, json_t **ret)
{
	struct change *c = audit_intent(&o->authd->audit, &o->kept);

	o->intended = true;
	if (!c)
		return false;
	c->done = intended;
	c->owner = o;
	if (writer_submit(o->authd->writer, c) == WRITER_OK)
		return true;
	change_free(c);
	*ret = refuse_crowd();
	return false;
}

static void say(struct order *o)
{
	struct audit_order said = audit_order_of(o);

	audit_say_order(&o->said, RECORD_KV, "order", &said);
	audit_say_order(&o->kept, RECORD_JSON, "order", &said);
}

/* Takes request and file. */
static json_t *give(struct authd *a, json_t *request, int file, const struct order_waiter *w,
		    struct order **ret)
{
	struct order *o = calloc(1, sizeof(*o));
	bool understood, later = false;
	json_t *answer = NULL;

	if (!o) {
		fd_close(file);
		json_decref(request);
		return NULL;
	}
	o->authd = a;
	o->file = file;
	o->waiter = *w;
	if (w->administrator) {
		o->administrator = *w->administrator;
		o->waiter.administrator = &o->administrator;
	}
	audit_make_id(o->id);
	o->request = request;
	understood = understand(o, &answer);
	say(o);
	if (understood && o->row->changes && audit_is_kept(&a->audit))
		later = intend(o, &answer);
	else if (understood)
		later = carry_out(o, &answer);
	if (later) {
		*ret = o;
		return NULL;
	}
	conclude(o, answer);
	order_free(o);
	return answer;
}

json_t *order_give(struct authd *a, struct span line, int file, const struct order_waiter *w,
		   struct order **ret)
{
	json_t *request = NULL;

	if (jsontext_read(line, &request, NULL) >= 0)
		return give(a, request, file, w, ret);
	fd_close(file);
	return NULL;
}

json_t *order_give_request(struct authd *a, json_t *request, const struct order_waiter *w,
			   struct order **ret)
{
	return give(a, request, -1, w, ret);
}
