/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A reply is an answer of HTTP in the making: status, header fields, and a document where it has
 * one. Renderers fill it, and know nothing of connections. What goes wrong on the way is kept in
 * the buffers and asked for once, with reply_error().
 */

#include "base/buffer.h"

#define REPLY_FIELDS_MAX (40 * 1024)
#define REPLY_BODY_MAX (16 * 1024 * 1024)

/* Of a document that is written in pieces: how far it has come. */
struct reply_progress {
	bool more;		/* it is not yet complete */
	unsigned int passes;	/* through the items, that are done */
	size_t at;		/* bytes of the items that the present pass has seen */
};

struct reply {
	unsigned int status;
	struct reply_progress progress;
	uint64_t length;	/* to be announced: of the body here, or of one from elsewhere */
	struct buffer fields;	/* name NUL value NUL, one after another */
	struct buffer body;
};

void reply_init(struct reply *r);
void reply_clear(struct reply *r);

/* Forgets what was written, to write something else. */
void reply_reset(struct reply *r, unsigned int status);

/*
 * Appends a header field. A value that no header field can hold (a CR, an LF, another control byte)
 * or an empty one is left out altogether: what a client once sent never ends a line here.
 */
void reply_field(struct reply *r, const char *name, struct span value);
void reply_field_string(struct reply *r, const char *name, const char *value);
void reply_field_u64(struct reply *r, const char *name, uint64_t value);

/* The same with quotes around, as an entity tag stands in a header field. */
void reply_field_quoted(struct reply *r, const char *name, struct span value);

/*
 * Appends a field whose name is no literal: lower-case, as an object keeps it. An empty value stays:
 * that an object has user metadata of that name says something too.
 */
void reply_field_named(struct reply *r, struct span name, struct span value);

/* To be called when the document in `body` is complete: its type and its length. */
void reply_document(struct reply *r, const char *content_type);

/* Walks the fields: start with *at = 0; false at the end. NUL-terminated, borrowed from r. */
bool reply_next_field(const struct reply *r, size_t *at, const char **ret_name,
		      const char **ret_value);

static inline must_check int reply_error(const struct reply *r)
{
	return r->fields.error ? r->fields.error : r->body.error;
}
