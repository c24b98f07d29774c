/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Orders about operators: who brings objects to stored, takes them, manages a tenant's buckets, or
 * copies a tenant, over a channel of his own.
 */

#include <sodium.h>
#include <stdio.h>

#include "authd/authd.h"
#include "authd/orders/orders.h"
#include "authd/orders/reply.h"
#include "base/clock.h"
#include "base/log.h"
#include "ipc/operator.h"
#include "ipc/schema.h"
#include "s3/encoding.h"

#define CREDENTIAL_SIZE sizeof("uid:4294967295")

/* The credential's text must live as long as the grant. */
static struct operator_grant grant_for(const struct order *o, const struct tenant *t,
				       struct span bucket, enum operator_purpose purpose,
				       const char *credential)
{
	struct operator_grant g = {
		.epoch = seal_epoch(o->authd->seal),
		.expires_ns = clock_boottime_ns() + OPERATOR_LIFE_NS,
		.uid = o->waiter.uid,
		.principal = tenant_principal(t, credential),
		.bucket = bucket,
		.purpose = purpose,
	};

	randombytes_buf(g.id.bytes, sizeof(g.id.bytes));
	return g;
}

/* stored logs the same digits, as those of the channel that the grant opens. */
static void note(const struct tenant *t, const struct operator_grant *g)
{
	struct span bucket = g->bucket.len ? g->bucket : SPAN("-");

	log_info("operator-granted grant=%02x%02x%02x%02x purpose=%s tenant=%s bucket=%.*s uid=%u",
		 g->id.bytes[0], g->id.bytes[1], g->id.bytes[2], g->id.bytes[3],
		 operator_purpose_name(g->purpose), t->name, (int)bucket.len,
		 (const char *)bucket.data, g->uid);
}

static json_t *reply_grant(struct span sealed)
{
	char text[BASE64_TEXT_SIZE(IPC_SEAL_MAX)];

	return reply_done("grant", json_string(base64_encode(sealed, text)));
}

static json_t *give(const struct order *o, const struct tenant *t, struct span bucket,
		    enum operator_purpose purpose)
{
	_cleanup_(buffer_clear) struct buffer contents = BUFFER_INIT(IPC_SEAL_MAX),
					      sealed = BUFFER_INIT(IPC_SEAL_MAX);
	char credential[CREDENTIAL_SIZE];
	struct operator_grant g;

	if (!storelinks_are_ready(o->authd))
		return reply_no_stored();
	snprintf(credential, sizeof(credential), "uid:%u", o->waiter.uid);
	g = grant_for(o, t, bucket, purpose, credential);
	operator_grant_encode(&g, &contents);
	seal_put(o->authd->seal, SEALED_OPERATOR, buffer_span(&contents), &sealed);
	if (buffer_error(&contents) || buffer_error(&sealed))
		return NULL;
	note(t, &g);
	return reply_grant(buffer_span(&sealed));
}

/* Sealed now and not before: a grant lives for seconds, which a bucket may take to be made. */
static json_t *bucket_is_there(struct order *o)
{
	return give(o, o->about, span_from_string(o->bucket), OPERATOR_IMPORT);
}

json_t *order_operator_grant(struct order *o, struct change **ret)
{
	struct span bucket = order_text(o, MEMBER_BUCKET);
	struct tenant *t = NULL;
	json_t *refusal = order_find_tenant(o, MEMBER_TENANT, &t);
	enum operator_purpose purpose = OPERATOR_EXPORT;

	if (!t)
		return refusal;
	(void)!operator_purpose_parse(order_text(o, MEMBER_PURPOSE), &purpose);
	if (!operator_fits_bucket(purpose, bucket.len))
		return bucket.len
			       ? reply_refused("to back up and to restore are about all of them",
					       "operator.grant takes no bucket for that purpose.")
			       : reply_refused(
					 "the purposes manage, backup and restore do without one",
					 "operator.grant needs bucket.");
	if (purpose != OPERATOR_IMPORT)
		return give(o, t, bucket, purpose);
	order_wants_bucket(o, t, bucket);
	o->then = bucket_is_there;
	return NULL;
}
