/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/judge.h"

#include <sodium.h>
#include <stdio.h>

#include "authd/bearer.h"
#include "authd/hmac.h"
#include "base/clock.h"
#include "s3/encoding.h"
#include "s3/rest.h"
#include "s3/values.h"

struct judge {
	struct keyring *keyring;
	struct judge_config config;
	struct canonical canonical;
	struct buffer decoded;
	struct claim claim;
};

int judge_new(struct keyring *k, const struct judge_config *config, struct judge **ret)
{
	struct judge *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->keyring = k;
	j->config = *config;
	j->decoded = BUFFER_INIT(3 * S3_TARGET_MAX);
	canonical_init(&j->canonical);
	*ret = j;
	return 0;
}

struct judge *judge_free(struct judge *j)
{
	if (!j)
		return NULL;
	canonical_clear(&j->canonical);
	buffer_clear(&j->decoded);
	free(j);
	return NULL;
}

void ruling_clear(struct ruling *r)
{
	s3_parsed_clear(&r->parsed);
}

const struct tenant *ruling_tenant(const struct ruling *r)
{
	return r->key ? r->key->tenant : r->token ? r->token->tenant : NULL;
}

const char *ruling_credential(const struct ruling *r, char buf[static RULING_CREDENTIAL_SIZE])
{
	_Static_assert(KEYRING_ACCESS_KEY_MAX < RULING_CREDENTIAL_SIZE, "either fits");
	if (r->token)
		strcpy(stpcpy(buf, "token:"), r->token->name);
	else
		strcpy(buf, r->key ? r->key->id : r->is_anonymous ? "anonymous" : "unknown");
	return buf;
}

static int deny(struct ruling *r, enum s3_error error, const char *detail)
{
	snprintf(r->detail, sizeof(r->detail), "%s", detail ? detail : "");
	return (int)error;
}

/* Told only to who has shown that he is one of them. */
static int hear_tenant(struct ruling *r)
{
	return ruling_tenant(r)->suspended
		       ? deny(r, S3_ERROR_ACCESS_DENIED, "The tenant is suspended.")
		       : 0;
}

/* Whoever is known may still come too often. Before what he asks for is heard: that costs more. */
static int hear_own_rate(struct judge *j, struct ruling *r)
{
	struct allowance *requests = r->token ? &r->token->requests : &r->key->requests;

	r->retry_after_s = limits_request(j->config.limits, requests, r->token ? r->token->rate : 0,
					  clock_boottime_ns());
	return r->retry_after_s ? S3_ERROR_SLOW_DOWN : 0;
}

/*
 * So may all of a tenant together. Only who has shown that he is one of them uses it up; after his
 * own rate, so that one credential that is held back takes nothing from the others.
 */
static int hear_tenant_rate(struct judge *j, struct ruling *r)
{
	struct tenant *t = keyring_find_tenant_number(j->keyring, ruling_tenant(r)->number);

	r->retry_after_s =
		limits_tenant(j->config.limits, &t->requests, &t->ceilings, clock_boottime_ns());
	if (!r->retry_after_s)
		return 0;
	t->n_limited++;
	r->is_limited = true;
	return deny(r, S3_ERROR_SLOW_DOWN, "The tenant's limit of requests per second is reached.");
}

static int hear_rate(struct judge *j, struct ruling *r)
{
	int e = hear_own_rate(j, r);

	return e ? e : hear_tenant_rate(j, r);
}

/* --- the S3 dialect ----------------------------------------------------------------------- */

/* The form of what is claimed, the clock, the region: all that needs no secret. */
static int hear_claim(struct judge *j, enum sigv4_service service, int64_t now_s, struct ruling *r)
{
	int e = claim_read(&j->canonical, service, &j->decoded, &j->claim);

	if (!e)
		e = claim_check(&j->claim, now_s, j->config.region);
	return e > 0 ? deny(r, (enum s3_error)e, j->claim.detail) : e;
}

static int deny_unsigned(struct ruling *r, struct span name)
{
	snprintf(r->detail, sizeof(r->detail),
		 "There were headers present in the request which were not signed: %.*s",
		 (int)MIN(name.len, (size_t)64), (const char *)name.data);
	return S3_ERROR_ACCESS_DENIED;
}

static int hear_canonical(struct judge *j, struct ruling *r, struct span *ret)
{
	const struct claim *m = &j->claim;
	struct span name;
	int e;

	e = canonical_write(&j->canonical, m->signed_headers, m->payload, ret);
	if (e < 0)
		return e;
	switch ((enum canonical_outcome)e) {
	case CANONICAL_OK:
		break;
	case CANONICAL_MALFORMED:
		return deny(
			r,
			m->presigned ? S3_ERROR_AUTHORIZATION_QUERY_PARAMETERS_ERROR
				     : S3_ERROR_AUTHORIZATION_HEADER_MALFORMED,
			"SignedHeaders must be lower-case names, each once, in ascending order.");
	case CANONICAL_ABSENT:
		return S3_ERROR_SIGNATURE_DOES_NOT_MATCH;
	}
	name = canonical_unsigned(&j->canonical);
	return span_is_none(name) ? 0 : deny_unsigned(r, name);
}

/*
 * A key that is unknown or disabled, or whose tenant is about to go, is put through the same work
 * as a wrong signature, against a secret that is nobody's, and only then called what it is.
 */
static int hear_signature(struct judge *j, struct span canonical, struct ruling *r)
{
	const struct claim *m = &j->claim;
	const uint8_t *key;
	uint8_t own[SIGV4_LEN];
	bool works, matches;
	int e;

	r->key = keyring_find_key(j->keyring, m->access_key);
	works = r->key && r->key->enabled && r->key->tenant->deletion == TENANT_STAYS;
	e = keyring_signing_key(j->keyring, works ? r->key : NULL, m->day, m->region, m->service,
				&key);
	if (e < 0)
		return e;
	sigv4_sign(key, &m->scope, canonical, own);
	matches = sodium_memcmp(own, m->signature, sizeof(own)) == 0;
	/* What was computed here is what a forger would have to know. */
	sodium_memzero(own, sizeof(own));
	if (!works)
		return S3_ERROR_INVALID_ACCESS_KEY_ID;
	if (!matches)
		return S3_ERROR_SIGNATURE_DOES_NOT_MATCH;
	r->signing_key = key;
	return 0;
}

/* Told only to who has its secret. */
static int hear_expiry(int64_t now_s, struct ruling *r)
{
	return access_key_has_expired(r->key, now_s)
		       ? deny(r, S3_ERROR_ACCESS_DENIED, "The access key has expired.")
		       : 0;
}

/* Whether who claims it has the secret. */
static int hear_proof(struct judge *j, struct ruling *r)
{
	struct span canonical;
	int e = hear_canonical(j, r, &canonical);

	return e ? e : hear_signature(j, canonical, r);
}

/* Whether anything keeps him out, who has proved to be who he is. */
static int hear_standing(struct judge *j, int64_t now_s, struct ruling *r)
{
	int e = hear_tenant(r);

	if (!e)
		e = hear_expiry(now_s, r);
	return e ? e : hear_rate(j, r);
}

static int hear_meaning(struct judge *j, const struct s3_head *head, struct ruling *r)
{
	const char *detail = NULL;
	int e = s3_request_parse(head, j->config.domains, &r->parsed, &detail);

	return e > 0 ? deny(r, (enum s3_error)e, detail) : e;
}

/*
 * Which needs are allowed stored has to know, since a bucket may allow what this policy says
 * nothing of. Only what it denies is over here. The keys of a DeleteObjects are in its document.
 */
static int ask_policy(const struct user *u, const struct s3_request *q,
		      const struct identity_question *asked, struct identity *ret)
{
	struct policy_need needs[POLICY_NEEDS_MAX], listing = identity_listing(q);
	bool undecided = q->operation == S3_DELETE_OBJECTS && u->policy;

	ret->n = policy_needs_of_request(q, needs);
	for (size_t i = 0; i < ret->n; i++) {
		ret->answers[i] = identity_hear(u->policy, asked, &needs[i]);
		if (ret->answers[i] == POLICY_SAYS_DENY)
			return S3_ERROR_ACCESS_DENIED;
		undecided |= ret->answers[i] == POLICY_SAYS_UNDECIDED;
	}
	ret->listing = identity_hear(u->policy, asked, &listing);
	undecided |= ret->listing == POLICY_SAYS_UNDECIDED;
	ret->policy = undecided ? span_from_string(u->policy_text) : SPAN("");
	return 0;
}

/* A field that is too long to be carried is none that a condition can be met by. */
static struct span field(const struct s3_head *head, const char *name)
{
	struct span value = s3_head_find(head, name);

	return value.len <= IDENTITY_TEXT_MAX ? value : SPAN("");
}

/* What policies are told of the request and of where it comes from. */
static void take_context(const struct s3_head *head, struct span source, int64_t now_s,
			 struct ruling *r)
{
	r->identity = (struct identity){
		.policy = SPAN(""),
		.now_s = now_s,
		.source = source,
		.referer = field(head, "referer"),
		.user_agent = field(head, "user-agent"),
	};
}

/* One without a policy may be let in by that of a bucket. */
static int hear_user(struct ruling *r)
{
	const struct user *u = r->key->user;
	struct identity_question asked;
	struct principal p;

	if (!u)
		return 0;
	p = user_principal(u, r->key->id);
	identity_ask(&asked, &r->identity, &p, &r->parsed.request);
	return ask_policy(u, &r->parsed.request, &asked, &r->identity);
}

/* --- of nobody in particular -------------------------------------------------------------- */

/* What S3 lets a bucket open to everybody; copies and uploads in parts it does not. */
static bool is_for_anyone(const struct s3_request *q)
{
	static const bool for_anyone[S3_OPERATION_COUNT] = {
		[S3_GET_BUCKET_LOCATION] = true,
		[S3_HEAD_BUCKET] = true,
		[S3_LIST_OBJECTS] = true,
		[S3_LIST_OBJECTS_V2] = true,
		[S3_GET_OBJECT] = true,
		[S3_HEAD_OBJECT] = true,
		[S3_GET_OBJECT_ATTRIBUTES] = true,
		[S3_GET_OBJECT_TAGGING] = true,
		[S3_PUT_OBJECT] = true,
		[S3_DELETE_OBJECT] = true,
	};

	return for_anyone[q->operation] && !s3_payload_is_chained(q->payload);
}

/* What cannot be told from an address shares one allowance. */
static int hear_stranger(struct judge *j, struct span source, struct ruling *r)
{
	struct ip from = { 0 };

	(void)!ip_parse(source, &from);
	r->retry_after_s = limits_stranger(j->config.limits, &from, clock_boottime_ns());
	return r->retry_after_s ? S3_ERROR_SLOW_DOWN : 0;
}

/*
 * Whether the bucket is open, stored decides. Up to there one answer fits all: nobody without a key
 * hears what is thought of what he has written.
 */
static int hear_anonymous(struct judge *j, const struct s3_head *head, struct span source,
			  int64_t now_s, struct ruling *r)
{
	const char *detail;
	int e = hear_stranger(j, source, r);

	if (e)
		return e;
	e = s3_request_parse(head, j->config.domains, &r->parsed, &detail);
	if (e < 0)
		return e;
	if (e || !is_for_anyone(&r->parsed.request))
		return S3_ERROR_ACCESS_DENIED;
	/* Anybody's link would have what another has put shown as a page of this site. */
	if (values_have_overrides(&r->parsed.request))
		return deny(r, S3_ERROR_INVALID_REQUEST,
			    "Request specific response headers cannot be used for anonymous GET "
			    "requests.");
	r->is_anonymous = true;
	take_context(head, source, now_s, r);
	return 0;
}

static int hear_s3(struct judge *j, const struct s3_head *head, struct span source, int64_t now_s,
		   struct ruling *r)
{
	int e = canonical_read(&j->canonical, head);

	if (!e)
		e = hear_claim(j, SIGV4_S3, now_s, r);
	if (e == S3_ERROR_ACCESS_DENIED && j->claim.absent)
		return hear_anonymous(j, head, source, now_s, r);
	if (!e)
		e = hear_proof(j, r);
	if (!e)
		e = hear_standing(j, now_s, r);
	if (!e)
		e = hear_meaning(j, head, r);
	if (e)
		return e;
	take_context(head, source, now_s, r);
	return hear_user(r);
}

/* --- the administration of a tenant -------------------------------------------------------- */

/* Nothing but the Authorization field: a link would be a right that is handed on. */
static int hear_form(struct judge *j, struct ruling *r)
{
	const struct claim *m = &j->claim;

	if (m->presigned)
		return deny(
			r, S3_ERROR_ACCESS_DENIED,
			"This takes no signature in the query, only in the Authorization field.");
	if (m->payload.len != 2 * SIGV4_LEN || !span_is_lower_hex(m->payload))
		return deny(r, S3_ERROR_INVALID_REQUEST,
			    "x-amz-content-sha256 must be the SHA-256 of the body, 64 digits of "
			    "0-9 and a-f.");
	return 0;
}

/* What was signed is a hash; that this is what it is of, is authd's to see. */
static int hear_body(const struct judge *j, struct span body)
{
	uint8_t hash[SIGV4_LEN];
	char text[2 * SIGV4_LEN + 1];

	sha256(body, hash);
	hex_encode((struct span){ hash, sizeof(hash) }, text);
	return span_equal(j->claim.payload, span_from_string(text))
		       ? 0
		       : S3_ERROR_CONTENT_SHA256_MISMATCH;
}

static int hear_administrator(struct judge *j, const struct s3_head *head, struct span body,
			      int64_t now_s, struct ruling *r)
{
	int e = canonical_read(&j->canonical, head);

	if (!e)
		e = hear_claim(j, SIGV4_COFFER, now_s, r);
	if (!e)
		e = hear_form(j, r);
	if (!e)
		e = hear_proof(j, r);
	if (!e)
		e = hear_body(j, body);
	if (!e)
		e = hear_standing(j, now_s, r);
	if (!e && (!r->key->user || !r->key->user->administrator))
		e = deny(r, S3_ERROR_ACCESS_DENIED,
			 "Only an administrator of the tenant may do this.");
	return e;
}

int judge_hear_administrator(struct judge *j, const struct s3_head *head, struct span body,
			     int64_t now_s, struct ruling *ret)
{
	int e;

	*ret = (struct ruling){ .claim = &j->claim };
	e = hear_administrator(j, head, body, now_s, ret);
	if (e < 0)
		return e;
	ret->error = (enum s3_error)e;
	return 0;
}

/* --- the REST dialect --------------------------------------------------------------------- */

static int hear_token(struct judge *j, const struct s3_head *head, int64_t now_s, struct ruling *r)
{
	struct span text;
	int e = bearer_read(head, &text);

	if (e)
		return e;
	r->token = tokens_recognise(keyring_tokens(j->keyring), text);
	if (r->token && r->token->tenant->deletion != TENANT_STAYS)
		r->token = NULL;
	if (!r->token)
		return S3_ERROR_REST_UNKNOWN_TOKEN;
	return token_has_expired(r->token, now_s) ? S3_ERROR_REST_TOKEN_EXPIRED : 0;
}

static enum token_scope_index scope_of(enum s3_operation operation)
{
	if (operation == S3_DELETE_OBJECT)
		return TOKEN_SCOPE_INDEX_DELETE;
	return s3_operations[operation].access == S3_ACCESS_WRITE ? TOKEN_SCOPE_INDEX_WRITE
								  : TOKEN_SCOPE_INDEX_READ;
}

static int hear_scope(enum s3_operation operation, struct ruling *r)
{
	enum token_scope_index needed = scope_of(operation);

	if (r->token->scopes & (1u << needed))
		return 0;
	snprintf(r->detail, sizeof(r->detail), "Missing required scopes: ['%s']",
		 token_scope_names[needed]);
	return S3_ERROR_REST_MISSING_SCOPES;
}

/* What the client asks for, in the bucket that is the token's. */
static int hear_rest_meaning(const struct s3_head *head, enum s3_operation operation,
			     struct ruling *r)
{
	struct s3_request *q = &r->parsed.request;
	const char *detail = NULL;
	int e = rest_parse(head, operation, &r->parsed, &detail);

	if (e)
		return e > 0 ? deny(r, (enum s3_error)e, detail) : e;
	q->bucket = span_from_string(r->token->bucket);
	if (!span_is_none(q->key) && !span_starts_with(q->key, span_from_string(r->token->prefix)))
		return S3_ERROR_REST_OUTSIDE_PREFIX;
	return 0;
}

static int hear_rest(struct judge *j, const struct s3_head *head, struct span source, int64_t now_s,
		     struct ruling *r)
{
	enum s3_operation operation;
	int e;

	e = rest_route(head, &operation);
	if (!e)
		e = hear_token(j, head, now_s, r);
	if (!e)
		e = hear_tenant(r);
	if (!e)
		e = hear_rate(j, r);
	if (!e)
		e = hear_scope(operation, r);
	if (!e)
		e = hear_rest_meaning(head, operation, r);
	if (!e)
		take_context(head, source, now_s, r);
	return e;
}

int judge_hear(struct judge *j, enum s3_dialect dialect, const struct s3_head *head,
	       struct span source, int64_t now_s, struct ruling *ret)
{
	int e;

	*ret = (struct ruling){ .claim = &j->claim };
	e = dialect == S3_DIALECT_REST ? hear_rest(j, head, source, now_s, ret)
				       : hear_s3(j, head, source, now_s, ret);
	if (e < 0)
		return e;
	ret->error = (enum s3_error)e;
	return 0;
}
