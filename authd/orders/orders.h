/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The orders themselves, order_<noun>_<verb>() for "noun.verb": what order.c runs once an order's
 * members are understood. Each makes the answer. With a change in *ret, that is the answer for when
 * the change is durable; NULL, and whatever change with it, is given up for lack of memory, unless
 * `then` was set, which makes the answer later.
 */

#include "authd/audit/audit.h"
#include "authd/database/writer.h"
#include "authd/orders/administrator.h"
#include "authd/orders/member.h"
#include "authd/orders/order.h"

#define ORDER_NAME_SIZE 24

struct order_row {
	char name[ORDER_NAME_SIZE];
	bool changes;	/* something, or lets somebody do so: the audit log has it first */
	uint64_t required; /* members */
	uint64_t optional;
	json_t *(*run)(struct order *o, struct change **ret);
	/* Whether its members are; NULL: their forms tell. */
	bool (*is_right)(const struct order *o, json_t **ret);
	bool takes_file;
};

struct order {
	struct authd *authd;
	struct order_waiter waiter;	/* answered is NULL where nobody waits */
	struct administrator administrator;	/* whose waiter.administrator is one */
	const json_t *values[MEMBER_COUNT];	/* only while there is a request; NULL where absent */
	json_t *answer;			/* to a success */
	struct change *change;		/* until that is true which it needs */
	const struct tenant *about;	/* NULL: it needs nothing */
	char bucket[S3_BUCKET_NAME_MAX + 1];	/* the one it needs; empty: there must be none */
	const struct order_row *row;	/* NULL: it was not understood */
	json_t *request;		/* until it is carried out */
	int file;			/* what came along, owned; -1: nothing */
	char id[AUDIT_ID_SIZE];
	bool intended;			/* it was given to the audit log before its outcome */
	bool failed;			/* by a fault of ours */
	struct record said, kept;	/* for the log, and for the audit log on disk */
	json_t *(*then)(struct order *o);	/* the answer, once the bucket is there; NULL: see `change` */
};

/* What was said: SPAN_NONE, or 0, where it was not. Valid, and borrowed until the order returns. */
struct span order_text(const struct order *o, enum member m);
uint64_t order_number(const struct order *o, enum member m);

struct change *order_change(enum change_kind kind);

/* The change is not made before that bucket is the tenant's, durably. The name must be valid. */
void order_wants_bucket(struct order *o, const struct tenant *t, struct span bucket);

/* The change is not made where the tenant has a bucket. */
void order_wants_no_bucket(struct order *o, const struct tenant *t);

/* NULL, and *ret is the tenant of that name; or the refusal: there is none, or it is about to go. */
json_t *order_find_tenant(const struct order *o, enum member m, struct tenant **ret);

/* Likewise its user, of that name. */
json_t *order_find_user(const struct order *o, const struct tenant *t, struct user **ret);

/* When what is ordered for ttl_days is over; 0, never, where that was not said. */
int64_t order_expiry_s(const struct order *o);

json_t *order_tenant_create(struct order *o, struct change **ret);
json_t *order_tenant_list(struct order *o, struct change **ret);
json_t *order_tenant_show(struct order *o, struct change **ret);
json_t *order_tenant_update(struct order *o, struct change **ret);
json_t *order_tenant_suspend(struct order *o, struct change **ret);
json_t *order_tenant_resume(struct order *o, struct change **ret);
json_t *order_tenant_limit(struct order *o, struct change **ret);
json_t *order_tenant_delete(struct order *o, struct change **ret);
json_t *order_user_create(struct order *o, struct change **ret);
json_t *order_user_list(struct order *o, struct change **ret);
json_t *order_user_show(struct order *o, struct change **ret);
json_t *order_user_update(struct order *o, struct change **ret);
json_t *order_user_delete(struct order *o, struct change **ret);
json_t *order_policy_put(struct order *o, struct change **ret);
json_t *order_policy_get(struct order *o, struct change **ret);
json_t *order_policy_delete(struct order *o, struct change **ret);
json_t *order_key_create(struct order *o, struct change **ret);
json_t *order_key_list(struct order *o, struct change **ret);
json_t *order_key_disable(struct order *o, struct change **ret);
json_t *order_key_enable(struct order *o, struct change **ret);
json_t *order_key_update(struct order *o, struct change **ret);
json_t *order_key_delete(struct order *o, struct change **ret);
json_t *order_token_create(struct order *o, struct change **ret);
json_t *order_token_list(struct order *o, struct change **ret);
json_t *order_token_get(struct order *o, struct change **ret);
json_t *order_token_show(struct order *o, struct change **ret);
json_t *order_token_refresh(struct order *o, struct change **ret);
json_t *order_token_delete(struct order *o, struct change **ret);
json_t *order_token_import(struct order *o, struct change **ret);
json_t *order_operator_grant(struct order *o, struct change **ret);
json_t *order_host_key(struct order *o, struct change **ret);
json_t *order_identity_export(struct order *o, struct change **ret);
json_t *order_identity_import(struct order *o, struct change **ret);
json_t *order_reload(struct order *o, struct change **ret);

/*
 * What a form alone does not tell of members, before anything of them is in a log: true if they are all
 * right, else *ret is the refusal, or NULL where there is no memory for one.
 */
bool order_reload_is_right(const struct order *o, json_t **ret);
