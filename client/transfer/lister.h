/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The objects or the uploads of a bucket in the order of their keys, or the buckets of a tenant, a page
 * at a time. A page that is lost with the channel is asked for again: nothing is listed twice, and
 * nothing left out that was there all along.
 */

#include "client/transfer/operator.h"
#include "ipc/answer.h"
#include "s3/etag.h"

#define LISTER_UPLOAD_ID_MAX 128
#define LISTER_TOKEN_MAX 2048

enum lister_of {
	LISTER_OBJECTS,
	LISTER_UPLOADS,
	LISTER_BUCKETS,	/* without bucket and prefix */
};

struct lister {
	struct operator_call call;	/* first */
	struct operator_channel *stored;
	enum lister_of of;
	struct span bucket, prefix;
	uint8_t after[S3_KEY_MAX];	/* the last key that was handed out, */
	size_t after_len;
	char after_upload[LISTER_UPLOAD_ID_MAX];	/* and of uploads the id; */
	size_t after_upload_len;
	char token[LISTER_TOKEN_MAX];	/* of buckets what the last page ended with */
	size_t token_len;
	struct buffer page;		/* items, */
	size_t at;			/* and how far they were handed out */
	unsigned int attempts;		/* at this page */
	uint64_t due_ns;		/* not to be asked for before */
	bool has_ended;			/* no page comes behind this one */
	enum s3_error error;		/* why it cannot be listed; S3_ERROR_NONE */
};

/* bucket and prefix are borrowed. */
void lister_init(struct lister *l, struct operator_channel *o, enum lister_of of, struct span bucket,
		 struct span prefix);
void lister_clear(struct lister *l);

/* Asks for the next page where the one before is through; to be called whenever something was heard. */
must_check int lister_ask(struct lister *l);

/* The next of them, borrowed until the next call; false where none is there, now or for good. */
must_check bool lister_next(struct lister *l, struct answer *ret);

/* Whether all were handed out. */
bool lister_is_through(const struct lister *l);
