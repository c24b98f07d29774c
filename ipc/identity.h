/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the policy of a user who asks says of what he asks for. authd evaluates it; what it cannot
 * decide, because only stored knows enough, stored finishes with the same functions: from the same
 * context, which a grant therefore carries. Who asks as the tenant itself, or as nobody in particular,
 * has no policy: then the answers are none, and the context is for the policy of the bucket.
 */

#include "ipc/principal.h"
#include "s3/policy/evaluate.h"
#include "s3/policy/needs.h"

#define IDENTITY_TEXT_MAX 8192		/* of a header field that conditions look at */
#define IDENTITY_SOURCE_MAX 64		/* of an address */

struct identity {
	/* Of each need of the request, in their order. There are none of a DeleteObjects. */
	enum policy_answer answers[POLICY_NEEDS_MAX];
	size_t n;		/* 0 of who is no user */
	/* May he see which keys there are? Otherwise a key that is missing is told as one that is forbidden. */
	enum policy_answer listing;
	struct span policy;	/* its JSON, where it is to be asked again; else empty */
	/* What conditions see and the request has not. Texts are empty where there is none. */
	int64_t now_s;
	struct span source;	/* the address it comes from, as authd believes it */
	struct span referer, user_agent;
};

void identity_put(struct buffer *b, const struct identity *i);
void identity_get(struct wire_reader *r, struct identity *ret);

/* A request as policies are asked about it. Not to be copied or moved once it was begun. */
struct identity_question {
	struct policy_principal who;
	struct policy_context context;
	char account[IPC_ID_TEXT_SIZE], user_id[IPC_ID_TEXT_SIZE];	/* a tenant is called by its id */
};

/* Borrows from all of them. Unknown in it are the tags of objects, whose the bucket is, and where one shall be. */
void identity_ask(struct identity_question *q, const struct identity *i, const struct principal *p,
		  const struct s3_request *r);

/* NULL says nothing. */
enum policy_answer identity_hear(const struct policy_document *d, const struct identity_question *q,
				 const struct policy_need *need);

/* Whether a user may list the keys of the bucket that is read from: of a copy, its source's. */
struct policy_need identity_listing(const struct s3_request *r);
