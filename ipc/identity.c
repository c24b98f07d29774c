/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/identity.h"

#include "s3/date.h"

static void put_answer(struct buffer *b, enum policy_answer a)
{
	wire_put_u8(b, (uint8_t)a);
}

static enum policy_answer get_answer(struct wire_reader *r)
{
	uint8_t a = wire_get_u8(r);

	if (a <= POLICY_SAYS_DENY)
		return a;
	r->failed = true;
	return POLICY_SAYS_NOTHING;
}

void identity_put(struct buffer *b, const struct identity *i)
{
	wire_put_u8(b, (uint8_t)i->n);
	for (size_t n = 0; n < i->n; n++)
		put_answer(b, i->answers[n]);
	put_answer(b, i->listing);
	wire_put_bytes(b, i->policy);
	wire_put_u64(b, (uint64_t)i->now_s);
	wire_put_bytes(b, i->source);
	wire_put_bytes(b, i->referer);
	wire_put_bytes(b, i->user_agent);
}

void identity_get(struct wire_reader *r, struct identity *ret)
{
	uint8_t n = wire_get_u8(r);

	*ret = (struct identity){ 0 };
	if (n > POLICY_NEEDS_MAX) {
		r->failed = true;
		return;
	}
	for (ret->n = 0; ret->n < n; ret->n++)
		ret->answers[ret->n] = get_answer(r);
	ret->listing = get_answer(r);
	ret->policy = wire_get_bytes(r, POLICY_TEXT_MAX);
	ret->now_s = (int64_t)wire_get_u64(r);
	ret->source = wire_get_bytes(r, IDENTITY_SOURCE_MAX);
	ret->referer = wire_get_bytes(r, IDENTITY_TEXT_MAX);
	ret->user_agent = wire_get_bytes(r, IDENTITY_TEXT_MAX);
}

/* --- asking -------------------------------------------------------------------------------- */

static struct span if_any(struct span s)
{
	return s.len ? s : SPAN_NONE;
}

static struct span id_text(const struct ipc_id *id, char to[static IPC_ID_TEXT_SIZE])
{
	return span_from_string(ipc_id_text(id, to));
}

/* What the signature is of; Coffer knows no other kind. */
static void set_signature(struct policy_context *c, const struct s3_request *r, int64_t now_s)
{
	bool presigned = !span_is_none(r->params[S3_PARAM_AMZ_ALGORITHM]);
	struct span date =
		presigned ? r->params[S3_PARAM_AMZ_DATE] : r->headers[S3_HEADER_AMZ_DATE];
	int64_t signed_s;

	c->values[POLICY_KEY_AUTH_TYPE] =
		presigned ? SPAN("REST-QUERY-STRING") : SPAN("REST-HEADER");
	c->values[POLICY_KEY_SIGNATURE_VERSION] = SPAN("AWS4-HMAC-SHA256");
	/* In milliseconds. A clock that is behind the client's makes it no younger than new. */
	if (presigned && date_parse_basic(date, &signed_s))
		policy_context_set_number(c, POLICY_KEY_SIGNATURE_AGE,
					  (uint64_t)MAX(now_s - signed_s, (int64_t)0) * 1000);
}

static void set_who(struct identity_question *q, const struct principal *p)
{
	bool is_user = p->user.len > 0;

	if (p->anonymous) {
		q->who = (struct policy_principal){ .who = POLICY_ANONYMOUS };
		return;
	}
	q->who = (struct policy_principal){
		.who = is_user ? POLICY_USER : POLICY_ROOT,
		.account = id_text(&p->tenant, q->account),
		.user = is_user ? p->user : SPAN_NONE,
		.user_id = is_user ? id_text(&p->user_id, q->user_id) : SPAN_NONE,
		.canonical_id = p->canonical_id,
	};
}

void identity_ask(struct identity_question *q, const struct identity *i, const struct principal *p,
		  const struct s3_request *r)
{
	q->context = POLICY_CONTEXT_INIT;
	set_who(q, p);
	policy_context_set_time(&q->context, i->now_s);
	policy_context_set_principal(&q->context, &q->who);
	policy_context_set_request(&q->context, r);
	if (!p->anonymous)
		set_signature(&q->context, r, i->now_s);
	q->context.values[POLICY_KEY_SECURE_TRANSPORT] = SPAN("false");
	q->context.values[POLICY_KEY_SOURCE_IP] = if_any(i->source);
	q->context.values[POLICY_KEY_REFERER] = if_any(i->referer);
	q->context.values[POLICY_KEY_USER_AGENT] = if_any(i->user_agent);
	policy_context_set_unknown(&q->context, POLICY_KEY_RESOURCE_ACCOUNT);
	policy_context_set_unknown(&q->context, POLICY_KEY_EXISTING_OBJECT_TAG);
	/* Where a bucket shall be is in the document. */
	if (r->operation == S3_CREATE_BUCKET)
		policy_context_set_unknown(&q->context, POLICY_KEY_LOCATION_CONSTRAINT);
}

enum policy_answer identity_hear(const struct policy_document *d, const struct identity_question *q,
				 const struct policy_need *need)
{
	if (!d)
		return POLICY_SAYS_NOTHING;
	return policy_evaluate(d, &(struct policy_request){ .action = need->action,
							    .bucket = need->bucket,
							    .key = need->key,
							    .owner = q->who.account,
							    .principal = &q->who,
							    .context = &q->context });
}

struct policy_need identity_listing(const struct s3_request *r)
{
	bool copies = !span_is_none(r->source_bucket);

	return (struct policy_need){ SPAN("s3:ListBucket"), copies ? r->source_bucket : r->bucket,
				     SPAN_NONE };
}
