/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The head of a request, which is judged strictly: what two readers could take for two different
 * requests is refused, and the connection with it. Nothing is decoded here: authd gets the head as
 * it came.
 *
 * The request line comes first, fields are added in the order in which they came, then
 * head_finish() judges the whole.
 */

#include "base/buffer.h"
#include "s3/errors.h"
#include "s3/request.h"

#define HEAD_METHOD_MAX 16
#define HEAD_FIELDS_COUNT_MAX 200
/* All of it, as it comes from a client. */
#define HEAD_BYTES_MAX (S3_TARGET_MAX + S3_HEAD_MAX)

enum head_framing {
	HEAD_NO_BODY,
	HEAD_LENGTH,	/* content_length bytes follow, maybe none */
	HEAD_CHUNKED,
};

struct head {
	struct buffer line;	/* holds the next two */
	struct span method;
	struct span target;	/* raw */
	struct buffer fields;	/* pairs, as they came */
	unsigned int n_fields;
	struct span host;	/* in fields, once finished */
	enum head_framing framing;
	uint64_t content_length;
	bool expects_continue;
	bool http_1_0;
	bool persists;		/* another request may follow on the connection */

	/* Why it is refused: the first reason found, a literal. */
	enum s3_error error;
	const char *why;
};

static inline bool head_has_body(const struct head *h)
{
	return h->framing == HEAD_CHUNKED || (h->framing == HEAD_LENGTH && h->content_length > 0);
}

void head_init(struct head *h);
void head_clear(struct head *h);

/* The request line. */
void head_begin(struct head *h, struct span method, struct span target, struct span version);

void head_add_field(struct head *h, struct span name, struct span value);

/* Says in the caller's place that something is wrong with the form of the head. */
void head_refuse(struct head *h, enum s3_error error, const char *why);

/* 0: *h is complete; > 0: the enum s3_error, and h->why; -ENOMEM. */
must_check int head_finish(struct head *h);
