/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One request with its answer, and the reply that is made of them. */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>

#include "frontend/render/render.h"
#include "reply-text.h"

#define XML    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define NS     " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
#define TYPE   "Content-Type: application/xml\n"
#define OWNER  "<ID>abc</ID><DisplayName>me &amp; you</DisplayName>"
#define QUOTED "&quot;d41d8cd98f00b204e9800998ecf8427e&quot;"
#define ETAG   "d41d8cd98f00b204e9800998ecf8427e"
#define DATE   "2023-11-14T22:13:20.123Z"

/* The state of a test, made anew for each. */
static struct s3_request request;
static struct answer answer;
static struct buffer items;
static struct reply reply;

static inline struct answer fresh_answer(void)
{
	struct answer a;

	answer_init(&a);
	return a;
}

static inline void begin(enum s3_operation operation)
{
	request = (struct s3_request){ .operation = operation,
				       .bucket = SPAN("bucket"),
				       .key = SPAN("a key") };
	answer = fresh_answer();
	buffer_clear(&items);
	items = BUFFER_INIT(65536);
	reply_clear(&reply);
	reply_init(&reply);
}

static inline struct answer item(enum answer_kind kind)
{
	struct answer a = fresh_answer();

	a.kind = kind;
	return a;
}

static inline void append(const struct answer *a)
{
	answer_append_item(a, &items);
}

static inline void check(unsigned int status, const char *fields, const char *body)
{
	check_reply(&reply, status, fields, body);
}

static inline void render_and_check(unsigned int status, const char *fields, const char *body)
{
	struct render in = { .request = &request, .answer = &answer, .items = buffer_span(&items) };

	render_operation(&in, &reply);
	check(status, fields, body);
}

static inline void own(struct answer *a)
{
	a->owner_id = SPAN("abc");
	a->owner_name = SPAN("me & you");
}

static inline void date_and_tag(struct answer *a)
{
	a->last_modified = 1700000000123456789;
	a->etag = SPAN(ETAG);
}

static inline void sum(struct answer *a)
{
	a->checksum_algorithm = CHECKSUM_CRC32;
	a->checksum_type = CHECKSUM_TYPE_FULL_OBJECT;
	a->checksum = SPAN("AAAAAA==");
}
