/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/orders/administration.h"

#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>

#include "authd/authd.h"
#include "authd/orders/order.h"
#include "authd/orders/page.h"
#include "authd/orders/reply.h"
#include "authd/refusal.h"
#include "base/clock.h"
#include "base/log.h"
#include "s3/jsontext.h"
#include "s3/target.h"
#include "s3/uri.h"

struct administration {
	struct authd *authd;
	struct administration_waiter waiter;
	uint64_t call;
	uint64_t tenant; /* its number */
	enum administration_route route;
	struct administrator who;
	struct order *order;
	struct administration *next, *before;
};

#define NONE	    UINT64_C(0)
#define BIT(SYMBOL) (UINT64_C(1) << MEMBER_##SYMBOL)
#define TERMS	    (BIT(TTL_DAYS) | BIT(SCOPES) | BIT(BUCKET) | BIT(PREFIX) | BIT(RATE))

static const struct row {
	const char *order;
	uint16_t status; /* of success */
	uint64_t members; /* that the body may have */
} rows[ADMINISTRATION_ROUTE_COUNT] = {
#define ROUTE(SYMBOL, method, path, order_, status_, members_)                                     \
	[ADMINISTRATION_##SYMBOL] = { order_, status_, members_ },
	ADMINISTRATION_ROUTES(ROUTE)
#undef ROUTE
};

/* --- life --------------------------------------------------------------------------------- */

static struct administration *administration_free(struct administration *ad)
{
	struct administrations *all = &ad->authd->administrations;

	*(ad->before ? &ad->before->next : &all->first) = ad->next;
	if (ad->next)
		ad->next->before = ad->before;
	all->n--;
	free(ad);
	return NULL;
}

int administrations_init(struct administrations *all, struct authd *a)
{
	*all = (struct administrations){ .authd = a, .body = BUFFER_INIT(IPC_ADMINISTERED_MAX) };
	return spent_init(&all->spent, (int64_t)(clock_realtime_ns() / NS_PER_S));
}

void administrations_clear(struct administrations *all)
{
	while (all->first) {
		order_abandon(all->first->order);
		administration_free(all->first);
	}
	spent_clear(&all->spent);
	buffer_clear(&all->body);
}

void administration_forget(struct administration *ad)
{
	ad->waiter.answered = NULL;
}

static struct administration *administration_new(struct authd *a)
{
	struct administrations *all = &a->administrations;
	struct administration *ad = calloc(1, sizeof(*ad));

	if (!ad)
		return NULL;
	ad->authd = a;
	ad->next = all->first;
	if (ad->next)
		ad->next->before = ad;
	all->first = ad;
	all->n++;
	return ad;
}

/* One more while the tenant has fewer under way than there is room left. */
static bool has_room(const struct administrations *all, uint64_t tenant)
{
	size_t own = 0;

	for (const struct administration *ad = all->first; ad; ad = ad->next)
		own += ad->tenant == tenant;
	return own < ADMINISTRATIONS_MAX - all->n;
}

/* --- answers ------------------------------------------------------------------------------ */

void administration_wipe(struct authd *a)
{
	struct buffer *b = &a->administrations.body;

	if (b->data)
		sodium_memzero(b->data, b->size);
	buffer_clear(b);
	*b = BUFFER_INIT(IPC_ADMINISTERED_MAX);
}

static int append(const char *bytes, size_t len, void *to)
{
	struct buffer *b = to;

	buffer_append(b, (struct span){ bytes, len });
	return buffer_error(b);
}

/* Takes the document. */
static bool put_document(struct authd *a, json_t *document)
{
	struct buffer *b = &a->administrations.body;
	bool whole;

	administration_wipe(a);
	/* Whole from the start: what grows by moving leaves copies behind. */
	whole = document && buffer_reserve(b, IPC_ADMINISTERED_MAX) &&
		json_dump_callback(document, append, b, JSON_COMPACT) == 0;
	json_decref(document);
	return whole;
}

static void tell_error(struct authd *a, enum s3_error error, const char *sentence, const char *hint,
		       struct administration_answer *ret)
{
	static const char no_memory[] = "{\"error\":{\"code\":\"InternalError\",\"message\":"
					"\"There is not enough memory for the answer.\"}}";
	json_t *document = json_pack("{s:{s:s, s:s, s:s*}}", "error", "code", s3_errors[error].code,
				     "message", sentence, "hint", hint);

	ret->status = (uint16_t)s3_errors[error].status;
	if (put_document(a, document)) {
		ret->body = buffer_span(&a->administrations.body);
		return;
	}
	administration_wipe(a);
	ret->status = 500;
	ret->body = SPAN(no_memory);
}

static void tell_refusal(struct authd *a, const json_t *refusal, struct administration_answer *ret)
{
	const char *code = json_string_value(json_object_get(refusal, "code"));
	enum s3_error error = code ? s3_error_find(code) : S3_ERROR_INVALID_REQUEST;

	tell_error(a, error, json_string_value(json_object_get(refusal, "error")),
		   json_string_value(json_object_get(refusal, "hint")), ret);
}

/* The policy itself, as it was given. */
static void tell_policy(struct authd *a, const json_t *answer, struct administration_answer *ret)
{
	const json_t *text = json_object_get(answer, "policy");

	if (!json_is_string(text)) {
		tell_error(a, S3_ERROR_ADMIN_NO_SUCH_POLICY,
			   s3_errors[S3_ERROR_ADMIN_NO_SUCH_POLICY].message, NULL, ret);
		return;
	}
	administration_wipe(a);
	buffer_append(&a->administrations.body, json_span(text));
	if (buffer_error(&a->administrations.body))
		tell_error(a, S3_ERROR_INTERNAL_ERROR, s3_errors[S3_ERROR_INTERNAL_ERROR].message,
			   NULL, ret);
	else
		ret->body = buffer_span(&a->administrations.body);
}

/* Whoever takes away the key that he signs with is to know why nothing works any more. */
static int warn(enum administration_route route, const struct administrator *who, json_t *answer)
{
	const json_t *key = json_object_get(answer, "key");
	const char *id = json_string_value(json_object_get(key, "access_key"));
	const char *status = json_string_value(json_object_get(key, "status"));
	bool gone = route == ADMINISTRATION_KEY_DELETE ||
		    (route == ADMINISTRATION_KEY_UPDATE && status && !strcmp(status, "disabled"));

	if (!gone || !id || strcmp(id, who->access_key) != 0)
		return 0;
	return json_object_set_new(
		answer, "warning",
		json_string("This request was signed with that key, and nothing more "
			    "can be."));
}

/* Takes the answer of an order; NULL is one that there was no memory for. */
static void tell(struct authd *a, enum administration_route route, const struct administrator *who,
		 json_t *answer, struct administration_answer *ret)
{
	*ret = (struct administration_answer){ .status = rows[route].status };
	if (answer && !json_is_true(json_object_get(answer, "ok"))) {
		tell_refusal(a, answer, ret);
		json_decref(answer);
		return;
	}
	if (answer && route == ADMINISTRATION_POLICY_GET) {
		tell_policy(a, answer, ret);
		json_decref(answer);
		return;
	}
	if (answer && (json_object_del(answer, "ok") < 0 || warn(route, who, answer) < 0)) {
		json_decref(answer);
		answer = NULL;
	}
	if (put_document(a, answer))
		ret->body = buffer_span(&a->administrations.body);
	else
		tell_error(a, S3_ERROR_INTERNAL_ERROR, s3_errors[S3_ERROR_INTERNAL_ERROR].message,
			   NULL, ret);
}

void administration_crowd(struct authd *a, struct administration_answer *ret)
{
	*ret = (struct administration_answer){ 0 };
	tell_error(a, S3_ERROR_SLOW_DOWN, s3_errors[S3_ERROR_SLOW_DOWN].message, NULL, ret);
}

static void answered(void *owner, json_t *answer)
{
	struct administration *ad = owner;
	struct administration_waiter w = ad->waiter;
	struct administration_answer told;
	struct authd *a = ad->authd;
	uint64_t call = ad->call;

	if (!w.answered) {
		json_decref(answer);
		administration_free(ad);
		return;
	}
	tell(a, ad->route, &ad->who, answer, &told);
	administration_free(ad);
	w.answered(w.owner, call, &told);
	administration_wipe(a);
}

/* --- understanding what is asked ---------------------------------------------------------- */

/* What a request asks for, on its way to an order. */
struct question {
	const struct ipc_administer *m;
	struct administration_target target;
	struct buffer decoded; /* of the path */
	struct administrator who;
	json_t *request;
	json_t *refusal; /* why there can be none */
};

static bool refuse(struct question *q, enum s3_error error, const char *sentence)
{
	q->refusal = reply_as(error, reply_refused(NULL, "%s", sentence));
	return false;
}

static bool set(struct question *q, const char *name, json_t *value)
{
	return json_object_set_new(q->request, name, value) == 0 ||
	       refuse(q, S3_ERROR_INVALID_REQUEST, "This is not UTF-8.");
}

/* Whose it is about nobody says but who he is; the orders on keys ask it of him. */
static bool set_tenant(struct question *q)
{
	enum administration_route route = q->target.route;

	if (route == ADMINISTRATION_KEY_UPDATE || route == ADMINISTRATION_KEY_DELETE)
		return true;
	return set(q, route == ADMINISTRATION_TENANT_SHOW ? "name" : "tenant",
		   json_string(q->who.tenant));
}

static bool set_path(struct question *q)
{
	struct span member = q->target.member, value = q->target.value;
	char name[32] = "";

	if (span_is_none(member))
		return true;
	memcpy(name, member.data, MIN(member.len, sizeof(name) - 1));
	return set(q, name, json_stringn(value.data, value.len));
}

static bool is_list(enum administration_route route)
{
	return route == ADMINISTRATION_USER_LIST || route == ADMINISTRATION_USER_KEYS ||
	       route == ADMINISTRATION_KEY_LIST || route == ADMINISTRATION_TOKEN_LIST;
}

/* What is no number the order refuses. */
static bool set_param(struct question *q, struct span name, struct span value)
{
	uint64_t limit;

	if (!is_list(q->target.route))
		return refuse(q, S3_ERROR_INVALID_REQUEST, "This takes no parameters.");
	if (span_equal(name, SPAN("limit")))
		return set(q, "limit",
			   span_to_u64(value, &limit) && limit <= INT64_MAX
				   ? json_integer((json_int_t)limit)
				   : json_null());
	if (span_equal(name, SPAN("cursor")))
		return set(q, "cursor", json_stringn(value.data, value.len));
	return refuse(q, S3_ERROR_INVALID_REQUEST, "A list takes limit and cursor only.");
}

static bool set_query(struct question *q)
{
	_cleanup_(buffer_clear) struct buffer decoded = BUFFER_INIT(2 * S3_TARGET_MAX);
	struct span query = q->target.query, raw, name, value;

	if (is_list(q->target.route) && !set(q, "limit", json_integer(PAGE_ITEMS_MAX)))
		return false;
	while (query_next(&query, &name, &raw)) {
		buffer_reset(&decoded);
		if (!uri_decode(&decoded, raw, true))
			return refuse(q, S3_ERROR_INVALID_URI,
				      s3_errors[S3_ERROR_INVALID_URI].message);
		value = buffer_span(&decoded);
		if (!set_param(q, name, value.len ? value : SPAN("")))
			return false;
	}
	return true;
}

static bool set_members(struct question *q, const json_t *body)
{
	uint64_t may_be = rows[q->target.route].members;
	const char *name;
	json_t *value;

	if (!json_is_object(body))
		return refuse(q, S3_ERROR_ADMIN_MALFORMED_JSON,
			      s3_errors[S3_ERROR_ADMIN_MALFORMED_JSON].message);
	json_object_foreach((json_t *)body, name, value)
	{
		enum member m = member_find(name);

		if (m == MEMBER_COUNT || !(may_be & (UINT64_C(1) << m)))
			return refuse(q, S3_ERROR_INVALID_REQUEST,
				      "The body has a member that it should not have.");
		if (!set(q, name, json_incref(value)))
			return false;
	}
	return true;
}

static bool set_body(struct question *q)
{
	struct span text = q->m->body;
	json_t *body = NULL;
	bool good;

	if (q->target.route == ADMINISTRATION_POLICY_PUT)
		return set(q, "policy", json_stringn(text.data, text.len));
	if (!text.len)
		return true;
	if (!rows[q->target.route].members)
		return refuse(q, S3_ERROR_INVALID_REQUEST, "This takes no body.");
	if (jsontext_read(text, &body, NULL) < 0)
		return false;
	good = set_members(q, body);
	json_decref(body);
	return good;
}

static bool find_route(struct question *q)
{
	int r = administration_find(q->m->method, q->m->target, &q->decoded, &q->target);
	enum s3_error error = r == ADMINISTRATION_NO_METHOD   ? S3_ERROR_METHOD_NOT_ALLOWED
			      : r == ADMINISTRATION_MALFORMED ? S3_ERROR_INVALID_URI
							      : S3_ERROR_ADMIN_NO_SUCH_RESOURCE;

	return r == ADMINISTRATION_OK || refuse(q, error, s3_errors[error].message);
}

/* True: q->request is the order; else q->refusal, or NULL where there was no memory for it. */
static bool understand(struct question *q)
{
	if (!find_route(q))
		return false;
	q->request = json_pack("{s:s}", "do", rows[q->target.route].order);
	return q->request && set_tenant(q) && set_path(q) && set_query(q) && set_body(q);
}

static void question_clear(struct question *q)
{
	buffer_clear(&q->decoded);
	json_decref(q->request);
	json_decref(q->refusal);
}

/* --- may he ------------------------------------------------------------------------------- */

/* What is wrong goes into the log; whoever guesses too often is not told. */
static void tell_ruling(struct authd *a, const struct ipc_administer *m, const struct origin *from,
			const struct ruling *ruling, struct administration_answer *ret)
{
	enum s3_error error = ruling->error;
	uint32_t wait_s = refusal_note(a, m->request_id, from, ruling);

	*ret = (struct administration_answer){ .retry_after_s = ruling->retry_after_s };
	if (wait_s) {
		error = S3_ERROR_SLOW_DOWN;
		ret->retry_after_s = wait_s;
	}
	tell_error(a, error,
		   ruling->detail[0] && !wait_s ? ruling->detail : s3_errors[error].message, NULL,
		   ret);
}

/* A signature is good for one change. Sets the ruling's error where this is another one. */
static int spend(struct authd *a, const struct question *q, int64_t now_s, struct ruling *ruling)
{
	struct spent *s = &a->administrations.spent;
	int r;

	if (span_equal(q->m->method, SPAN("GET")))
		return 0;
	r = spent_take(s, ruling->claim, ruling->key->tenant->number, now_s);
	if (r < 0)
		return r;
	switch ((enum spent_outcome)r) {
	case SPENT_NEW:
		break;
	case SPENT_BEFORE:
		ruling->error = S3_ERROR_ADMIN_REPLAYED;
		break;
	case SPENT_UNKNOWN:
		ruling->error = S3_ERROR_SERVICE_UNAVAILABLE;
		snprintf(ruling->detail, sizeof(ruling->detail),
			 "This was signed before the server started: sign it again.");
		break;
	case SPENT_FULL:
		ruling->error = S3_ERROR_SLOW_DOWN;
		break;
	}
	return 0;
}

/* --- carrying it out ---------------------------------------------------------------------- */

static int give(struct authd *a, struct question *q, uint64_t tenant,
		const struct administration_waiter *w, struct administration **ret,
		struct administration_answer *ret_answer)
{
	struct administration *ad = administration_new(a);
	struct order_waiter waiter = { .administrator = &q->who,
				       .answered = answered,
				       .owner = ad };
	json_t *answer;

	if (!ad)
		return -ENOMEM;
	ad->waiter = *w;
	ad->call = q->m->call;
	ad->tenant = tenant;
	ad->route = q->target.route;
	ad->who = q->who;
	answer = order_give_request(a, steal_ptr(q->request), &waiter, &ad->order);
	if (ad->order) {
		*ret = ad;
		return 0;
	}
	tell(a, ad->route, &ad->who, answer, ret_answer);
	administration_free(ad);
	return 0;
}

/* Of one whom the judge has let in. */
static int proceed(struct authd *a, const struct origin *from, struct ruling *ruling,
		   struct question *q, int64_t now_s, const struct administration_waiter *w,
		   struct administration **ret, struct administration_answer *ret_answer)
{
	uint64_t tenant = ruling->key->tenant->number;
	int r;

	uses_note(&a->uses, &ruling->key->use, now_s);
	q->who = administrator_of(ruling->key, from->text);
	if (!understand(q)) {
		*ret_answer = (struct administration_answer){ 0 };
		tell_refusal(a, q->refusal, ret_answer);
		return 0;
	}
	if (!has_room(&a->administrations, tenant)) {
		administration_crowd(a, ret_answer);
		return 0;
	}
	r = spend(a, q, now_s, ruling);
	if (r < 0)
		return r;
	if (!ruling->error)
		return give(a, q, tenant, w, ret, ret_answer);
	tell_ruling(a, q->m, from, ruling, ret_answer);
	return 0;
}

int administration_begin(struct authd *a, const struct ipc_administer *m,
			 const struct administration_waiter *w, struct administration **ret,
			 struct administration_answer *ret_answer)
{
	_cleanup_(question_clear) struct question q = { .m = m,
							.decoded = BUFFER_INIT(S3_TARGET_MAX) };
	_cleanup_(ruling_clear) struct ruling ruling = { 0 };
	struct s3_head head = { m->method, m->target, m->fields };
	int64_t now_s = (int64_t)(clock_realtime_ns() / NS_PER_S);
	struct origin from = origin_of(m->peer, m->fields, a->live.proxies, a->live.n_proxies);
	int r;

	*ret = NULL;
	r = judge_hear_administrator(a->judge, &head, m->body, now_s, &ruling);
	if (r >= 0 && !ruling.error)
		r = proceed(a, &from, &ruling, &q, now_s, w, ret, ret_answer);
	else if (r >= 0)
		tell_ruling(a, m, &from, &ruling, ret_answer);
	if (r >= 0)
		return 0;
	/* Of one request; the worker and its other clients have nothing to do with it. */
	log_error("cannot-administer request=%016" PRIx64 " error=%s", m->request_id,
		  strerrorname_np(-r));
	ruling.error = S3_ERROR_INTERNAL_ERROR;
	tell_ruling(a, m, &from, &ruling, ret_answer);
	return 0;
}
