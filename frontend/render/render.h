/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a request that went through looks like to an S3 client: the header fields and documents of
 * the S3 API, one renderer for each row of s3/operations.h. Pure: an answer of stored in, a reply
 * out.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */

#include "frontend/render/reply.h"
#include "ipc/answer.h"
#include "s3/errors.h"
#include "s3/request.h"

struct render {
	const struct s3_request *request;
	const struct answer *answer;
	struct span items;	/* of a list: answers one behind another, already checked */
	size_t items_at_once;	/* 0: all of them */
};

/*
 * Writes status, fields and document into a fresh reply; the bytes of an object come elsewhere. Some lists
 * stop behind as many items as are wanted at once: then progress.more is set, and the next call with the
 * same reply goes on.
 */
#define OPERATION(SYMBOL, symbol, ...)                                                             \
	void render_##symbol(const struct render *in, struct reply *out);
S3_OPERATIONS(OPERATION)
#undef OPERATION

/* What is said of an object's bytes in every dialect: status, length, range, date and tag. */
void render_bytes(const struct answer *a, struct reply *out);

/* Calls the renderer of the request's operation. */
void render_operation(const struct render *in, struct reply *out);

/* Whose answer this is: on every one of them, in the error document and in the log. */
struct render_ids {
	const char *request_id;
	const char *host_id;
};
void render_ids(const struct render_ids *ids, struct reply *out);

/* When who hears 503 or 429 may come again. */
#define RENDER_RETRY_AFTER_S 1

/* A refusal; what is not known is NULL or SPAN_NONE. */
struct render_error {
	enum s3_error error;
	struct span detail;		/* instead of the error's own sentence */
	struct span target;		/* raw */
	const struct s3_request *request;
	const struct answer *answer;	/* what stored says of the object all the same */
	uint32_t retry_after_s;		/* 0: the usual */
	const char *allowed;		/* the methods that the target takes; NULL: not known */
	struct render_ids ids;
};
void render_error(const struct render_error *in, struct reply *out);

/*
 * What a refusal says in header fields in every dialect: when to come again, what the object is all the
 * same, which methods there are. The status is set already.
 */
void render_error_fields(const struct render_error *in, struct reply *out);
