/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/operator.h"

#include "base/clock.h"
#include "base/log.h"
#include "ipc/operator.h"
#include "ipc/request.h"
#include "s3/names.h"
#include "s3/values.h"
#include "stored/call.h"
#include "stored/holding.h"
#include "stored/scrubbing.h"
#include "stored/service.h"

struct errand {
	struct operator_grant grant; /* borrowed from `sealed` */
	struct archive *archive; /* of one who asks what takes long; else NULL */
	uint8_t sealed[];
};

void errand_free(struct errand *e)
{
	if (!e)
		return;
	archive_stop(e->archive);
	archive_free(e->archive);
	free(e);
}

static void errand_freep(struct errand **e)
{
	errand_free(*e);
}

static bool copies_tenant(const struct operator_grant *g)
{
	return g->purpose == OPERATOR_BACKUP || g->purpose == OPERATOR_RESTORE;
}

uint64_t errand_idle_ns(const struct errand *e)
{
	return copies_tenant(&e->grant) ? OPERATOR_ARCHIVE_IDLE_NS : OPERATOR_IDLE_NS;
}

/* Whether things may be asked that go on until they are through, or nobody waits any more. */
static bool asks_long(const struct operator_grant *g)
{
	return copies_tenant(g) || g->purpose == OPERATOR_MANAGE;
}

/* As authd's admin socket does, which is where operator grants come from. */
static bool admits(const struct service_config *c, const struct peer *p)
{
	return peer_list_has(&c->admins, p);
}

/* --- entering -------------------------------------------------------------------------------- */

static void log_opened(const struct operator_grant *g)
{
	char channel[IPC_ID_TEXT_SIZE], tenant[IPC_ID_TEXT_SIZE];

	log_info("operator-opened channel=%.8s uid=%u purpose=%s tenant=%s bucket=%s",
		 ipc_id_text(&g->id, channel), g->uid, operator_purpose_name(g->purpose),
		 ipc_id_text(&g->principal.tenant, tenant),
		 g->bucket.len ? LOG_VALUE(g->bucket) : "-");
}

static int refuse_grant(struct session *s, int outcome)
{
	switch (outcome) {
	case UNSEAL_STALE:
	case UNSEAL_EXPIRED:
	case UNSEAL_CROWDED:
		return session_say_stale(s);
	case UNSEAL_SPENT:
		return session_violation(s, "operator-grant-spent");
	case UNSEAL_FORGED:
		return session_violation(s, "operator-grant-forged");
	default:
		return outcome;
	}
}

static int take_present(struct session *s, const struct ipc_present *m, int *fds)
{
	_cleanup_(errand_freep) struct errand *e = calloc(1, sizeof(*e) + m->grant.len);
	struct span sealed;
	int r;

	if (!e)
		return -ENOMEM;
	memcpy(e->sealed, m->grant.data, m->grant.len);
	sealed = (struct span){ e->sealed, m->grant.len };
	r = unseal_operator(s->service->unseal, sealed, s->uid, clock_boottime_ns(), &e->grant);
	if (r != UNSEAL_OK)
		return refuse_grant(s, r);
	if (asks_long(&e->grant) && archive_new(&e->archive) < 0)
		return -ENOMEM;
	s->errand = steal_ptr(e);
	log_opened(&s->errand->grant);
	return session_enter(s, &s->errand->grant.id);
}

/* --- asking ---------------------------------------------------------------------------------- */

static bool is_any_of(const int *allowed, size_t n, int which)
{
	while (n--)
		if (allowed[n] == which)
			return true;
	return false;
}

/*
 * A request of a worker has been parsed from a head by authd, and everything in it was looked at.
 * This one was made up by whoever is at the other end, so it may say only what the purposes need.
 */
static bool is_param_needed(enum operator_purpose purpose, int param)
{
	static const int listing[] = { S3_PARAM_PREFIX, S3_PARAM_MAX_KEYS, S3_PARAM_START_AFTER,
				       S3_PARAM_CONTINUATION_TOKEN };
	static const int managing[] = { S3_PARAM_MAX_BUCKETS, S3_PARAM_MAX_UPLOADS,
					S3_PARAM_KEY_MARKER, S3_PARAM_UPLOAD_ID_MARKER,
					S3_PARAM_UPLOAD_ID };

	return is_any_of(listing, ARRAY_SIZE(listing), param) ||
	       (purpose == OPERATOR_MANAGE && is_any_of(managing, ARRAY_SIZE(managing), param));
}

static bool has_surplus(const struct operator_grant *g, const struct s3_request *r)
{
	static const int headers[] = { S3_HEADER_IF_MATCH, S3_HEADER_IF_NONE_MATCH };

	for (int p = 0; p < S3_PARAM_COUNT; p++)
		if (!span_is_none(r->params[p]) && !is_param_needed(g->purpose, p))
			return true;
	for (int h = 0; h < S3_HEADER_COUNT; h++)
		if (!span_is_none(r->headers[h]) && !is_any_of(headers, ARRAY_SIZE(headers), h))
			return true;
	return r->dialect != S3_DIALECT_S3 || !span_is_none(r->attributes) ||
	       !span_is_none(r->source_bucket) || !span_is_none(r->source_key) ||
	       !span_is_none(r->source_version);
}

/* A body of known length, nothing of it signed: its checksum is in the request or behind it. */
static bool is_sound_body(const struct s3_request *r)
{
	bool has_trailer = r->payload == S3_PAYLOAD_STREAMING_UNSIGNED_TRAILER;

	if (r->payload != S3_PAYLOAD_UNSIGNED && !has_trailer)
		return false;
	if (has_trailer != (r->trailer != CHECKSUM_NONE))
		return false;
	return r->operation == S3_PUT_OBJECT ? r->length <= S3_OBJECT_MAX : !has_trailer;
}

/* A grant that names no bucket is good for any: only the tenant's own will be found. */
static bool is_bucket_granted(const struct operator_grant *g, const struct s3_request *r)
{
	if (g->bucket.len)
		return span_equal(r->bucket, g->bucket);
	return span_is_none(r->bucket) == (s3_operations[r->operation].level == S3_LEVEL_SERVICE);
}

/* The word for what an operator of ours never asks, or NULL. */
static const char *find_fault(const struct operator_grant *g, const struct s3_request *r,
			      bool has_inside)
{
	const struct s3_operation_row *row = &s3_operations[r->operation];

	if (!operator_may(g->purpose, r->operation))
		return "operation-not-granted";
	if (!is_bucket_granted(g, r))
		return "bucket-not-granted";
	if (has_surplus(g, r))
		return "request-surplus";
	if (span_is_none(r->key) != (row->level != S3_LEVEL_OBJECT))
		return "request-key";
	if (!is_sound_body(r) || (has_inside && row->body == S3_BODY_NONE))
		return "request-body";
	return NULL;
}

/* What a client would be told whose head said the same. */
static int check_values(const struct s3_request *r)
{
	int e = span_is_none(r->key) ? 0 : key_check(r->key);
	const char *detail;

	if (!span_is_none(r->bucket) && !bucket_name_is_valid(r->bucket))
		return S3_ERROR_INVALID_BUCKET_NAME;
	return e ? e : values_check(r, &detail);
}

static bool read_request(struct span bytes, struct s3_request *ret)
{
	struct wire_reader r = wire_reader(bytes);

	request_get(&r, ret);
	return wire_ended(&r);
}

/* A call with the grant that authd would have given, had the tenant asked for this. */
static int make_call(struct session *s, uint64_t number, const struct s3_request *r,
		     struct span inside, struct call **ret)
{
	_cleanup_(buffer_clear) struct buffer contents = BUFFER_INIT(IPC_GRANT_MAX);
	const struct operator_grant *o = &s->errand->grant;
	struct grant g = { .id = o->id,
			   .channel = s->id,
			   .epoch = o->epoch,
			   .expires_ns = o->expires_ns,
			   .request_id = number,
			   .principal = o->principal,
			   .peer = SPAN(""),
			   .request = *r };
	_cleanup_(call_freep) struct call *c = NULL;
	int e;

	grant_encode(&g, &contents);
	e = buffer_error(&contents);
	if (e == 0)
		e = call_new(s->service, buffer_span(&contents), inside, -1, &c);
	if (e < 0)
		return e;
	c->number = number;
	c->by_operator = true;
	/* Out of memory of its own: the call outlives the message, and may outlive the channel. */
	if (!grant_decode((struct span){ c->memory, contents.len }, &c->grant))
		return -EPROTO;
	*ret = steal_ptr(c);
	return 0;
}

/* Takes c. */
static int begin(struct session *s, struct call *c)
{
	int r = check_values(call_request(c));

	if (r == 0)
		return session_admit(s, c);
	session_refuse(s, c, (enum s3_error)r);
	return 0;
}

/* What of a worker would have come in a memfd. A document is as long as the message lets it be. */
static int take_document(struct call *c)
{
	if (s3_operations[call_request(c)->operation].body != S3_BODY_COMMAND)
		return 0;
	c->document = malloc(MAX(c->inside.len, 1));
	if (!c->document)
		return -ENOMEM;
	memcpy(c->document, c->inside.data, c->inside.len);
	c->command_len = (uint32_t)c->inside.len;
	return 0;
}

/* A command has to be inside, an object may. */
static bool takes_inside(const struct session *s, const struct ipc_operate *m,
			 const struct s3_request *r)
{
	if (s3_operations[r->operation].body == S3_BODY_COMMAND)
		return m->has_body == 1;
	return session_takes_inside(s, m->has_body, m->body);
}

static int take_operate(struct session *s, const struct ipc_operate *m, int *fds)
{
	_cleanup_(call_freep) struct call *c = NULL;
	struct s3_request request;
	const char *fault;
	int r;

	if (!read_request(m->request, &request))
		return session_violation(s, "request-malformed");
	if (!takes_inside(s, m, &request))
		return session_violation(s, "body-inside");
	fault = find_fault(&s->errand->grant, &request, m->has_body);
	if (fault)
		return session_violation(s, fault);
	r = make_call(s, m->call, &request, m->body, &c);
	if (r < 0)
		return r;
	c->has_inside = m->has_body;
	r = take_document(c);
	if (r < 0)
		return r;
	return begin(s, steal_ptr(c));
}

/* --- what no client asks ------------------------------------------------------------------------
 */

/* The word for what may not be asked with this grant; `bucket` is empty for all of the tenant. */
static const char *find_fault_of_purpose(const struct operator_grant *g,
					 enum operator_purpose purpose, struct span bucket)
{
	if (g->purpose != purpose)
		return "operation-not-granted";
	if (g->bucket.len && !span_equal(bucket, g->bucket))
		return "bucket-not-granted";
	return NULL;
}

/*
 * No request of a client asks this, so the call's only names what it is about; `work` takes the
 * place of a handler. *ret is NULL where there was a fault, and the result is what the session is
 * told.
 */
static int make_own_call(struct session *s, uint64_t number, enum operator_purpose purpose,
			 struct span bucket, int (*work)(struct call *), struct call **ret)
{
	const char *fault = find_fault_of_purpose(&s->errand->grant, purpose, bucket);
	struct s3_request r = {
		.operation = bucket.len ? S3_HEAD_BUCKET : S3_LIST_BUCKETS,
		.bucket = bucket.len ? bucket : SPAN_NONE,
	};
	int e;

	if (fault)
		return session_violation(s, fault);
	e = make_call(s, number, &r, SPAN_NONE, ret);
	if (e == 0)
		(*ret)->work = work;
	return e;
}

static int take_usage(struct session *s, const struct ipc_usage *m, int *fds)
{
	_cleanup_(call_freep) struct call *c = NULL;
	int r = make_own_call(s, m->call, OPERATOR_MANAGE, m->bucket, holding_tell, &c);

	return c ? begin(s, steal_ptr(c)) : r;
}

static int take_recount(struct session *s, const struct ipc_recount *m, int *fds)
{
	_cleanup_(call_freep) struct call *c = NULL;
	int r;

	if (!m->bucket.len)
		return session_violation(s, "recount-of-no-bucket");
	r = make_own_call(s, m->call, OPERATOR_MANAGE, m->bucket, holding_recount, &c);
	return c ? begin(s, steal_ptr(c)) : r;
}

static int take_scrub(struct session *s, const struct ipc_scrub *m, int *fds)
{
	_cleanup_(call_freep) struct call *c = NULL;
	struct scrub_position position = { 0 };
	int r;

	if (m->position.len && !scrub_position_get(m->position, &position))
		return session_violation(s, "scrub-malformed");
	r = make_own_call(s, m->call, OPERATOR_MANAGE, m->bucket,
			  m->bucket.len ? scrubbing_bucket : scrubbing_catalog, &c);
	if (!c)
		return r;
	c->position = position;
	c->archive = archive_ref(s->errand->archive);
	return begin(s, steal_ptr(c));
}

static bool is_sound_limit(uint8_t set, uint64_t limit)
{
	return set <= 1 && (limit == QUOTA_NONE || limit <= QUOTA_MAX);
}

static int take_quota(struct session *s, const struct ipc_quota *m, int *fds)
{
	const struct change_set_quota quota = {
		.quota = { m->bytes, m->objects },
		.bytes = m->set_bytes,
		.objects = m->set_objects,
	};
	_cleanup_(call_freep) struct call *c = NULL;
	int r;

	if (!is_sound_limit(m->set_bytes, m->bytes) || !is_sound_limit(m->set_objects, m->objects))
		return session_violation(s, "quota-malformed");
	r = make_own_call(s, m->call, OPERATOR_MANAGE, m->bucket, holding_set_quota, &c);
	if (!c)
		return r;
	r = call_change(c, CHANGE_SET_QUOTA);
	if (r < 0)
		return r;
	c->change->set_quota = quota;
	return begin(s, steal_ptr(c));
}

/* --- copies of a tenant ---------------------------------------------------------------------- */

static int make_archive_call(struct session *s, uint64_t number, enum operator_purpose purpose,
			     int (*work)(struct call *), struct call **ret)
{
	int r = make_own_call(s, number, purpose, SPAN(""), work, ret);

	if (*ret)
		(*ret)->archive = archive_ref(s->errand->archive);
	return r;
}

static int take_snapshot(struct session *s, const struct ipc_snapshot *m, int *fds)
{
	_cleanup_(call_freep) struct call *c = NULL;
	int r = make_archive_call(s, m->call, OPERATOR_BACKUP, archive_snapshot, &c);

	if (!c)
		return r;
	if (!archive_begin(c->archive))
		return session_violation(s, "second-snapshot");
	return begin(s, steal_ptr(c));
}

static int take_fetch(struct session *s, const struct ipc_fetch *m, int *fds)
{
	_cleanup_(call_freep) struct call *c = NULL;
	int r = make_archive_call(s, m->call, OPERATOR_BACKUP, archive_fetch, &c);

	if (!c)
		return r;
	c->blob = m->blob;
	return begin(s, steal_ptr(c));
}

static int take_receive_catalog(struct session *s, const struct ipc_receive_catalog *m, int *fds)
{
	_cleanup_(call_freep) struct call *c = NULL;
	int r = make_archive_call(s, m->call, OPERATOR_RESTORE, archive_receive_catalog, &c);

	if (!c)
		return r;
	if (m->resumes > 1)
		return session_violation(s, "restoration-malformed");
	if (!archive_begin(c->archive))
		return session_violation(s, "second-restoration");
	c->resumes = m->resumes;
	c->command_fd = steal_fd(fds[0]);
	return begin(s, steal_ptr(c));
}

static int take_receive_blob(struct session *s, const struct ipc_receive_blob *m, int *fds)
{
	_cleanup_(call_freep) struct call *c = NULL;
	int r = make_archive_call(s, m->call, OPERATOR_RESTORE, archive_receive_blob, &c);

	if (!c)
		return r;
	c->blob = m->blob;
	c->command_fd = steal_fd(fds[0]);
	return begin(s, steal_ptr(c));
}

static int take_adopt(struct session *s, const struct ipc_adopt *m, int *fds)
{
	_cleanup_(call_freep) struct call *c = NULL;
	int r = make_archive_call(s, m->call, OPERATOR_RESTORE, archive_adopt, &c);

	return c ? begin(s, steal_ptr(c)) : r;
}

static int on_message(struct session *s, const struct ipc_message *m, int *fds)
{
	switch ((int)m->number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		return take_##symbol(s, &m->symbol, fds);
		IPC_OPERATOR_CALLS(MESSAGE)
#undef MESSAGE
	default:
		return session_violation(s, "unknown-message");
	}
}

const struct session_role operator_role = {
	.name = "operator",
	.peer = FIGURES_OPERATOR,
	.admits = admits,
	.most = OPERATORS_MAX,
	.incoming = IPC_OPERATOR_TO_STORED_DIRECTION,
	.calls_max = OPERATOR_CALLS_MAX,
	.bodies_max = OPERATOR_BODIES_MAX,
	.body_most = S3_OBJECT_MAX,
	.greeting_ns = OPERATOR_GREETING_NS,
	.idle_ns = OPERATOR_IDLE_NS,
	.message = on_message,
};
