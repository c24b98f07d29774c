/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One object of an import, from the moment its source has named it until it is counted. It is looked
 * for first; then put, or compared with what is there; then read back. Bodies that fit a message are
 * dealt with at once. Those that do not, queue for the mover.
 */

#include "client/transfer/digest.h"
#include "client/transfer/operator.h"
#include "client/transfer/source.h"
#include "s3/request.h"

#define INCOMING_EXTENTS_MAX 8	/* stored sends half as many before it is asked for more */

enum incoming_state {
	INCOMING_WAITING = 0,	/* to be looked for, now or later */
	INCOMING_LOOKING,		/* HEAD is under way */
	INCOMING_SUMMING,		/* the mover reads the source, to compare */
	INCOMING_OPENING,		/* the mover asks for a pipe */
	INCOMING_STREAMING,		/* the mover fills it */
	INCOMING_COMMITTING,	/* everything was sent; DONE is to come */
	INCOMING_FETCHING,		/* GET is under way */
	INCOMING_CHECKING,		/* the mover reads what came back */
	INCOMING_STATES,
};

struct importer;

struct incoming {
	struct operator_call call;	/* first */
	struct importer *importer;
	enum incoming_state state;
	struct source_entry *entry;
	uint8_t key[S3_KEY_MAX];
	size_t key_len;
	unsigned int attempts;
	uint64_t due_ns;		/* while it waits */
	uint64_t shown;			/* bytes that the progress counts as moving */
	struct digest_value digest;	/* of what the source has */
	char etag[ETAG_TEXT_MAX];	/* of what stored has */
	bool was_there;			/* nothing had to be put */
	struct operator_extent extents[INCOMING_EXTENTS_MAX];
	size_t n_extents;
	struct incoming *next;		/* among those that wait, or of the mover's */
	struct incoming *after, *before;	/* among all */
};

/* Takes the entry and begins. -ENOMEM. */
must_check int incoming_begin(struct importer *i, struct source_entry *e);

/* Asks about it, or about what waited. */
void incoming_look(struct incoming *it);

/* Gives it up, with what is under way for it; it is not counted. */
struct incoming *incoming_free(struct incoming *it);

/* --- for the mover ----------------------------------------------------------------------------- */

/* The source has these bytes. */
void incoming_summed(struct incoming *it, const struct digest_value *d);

/* Asks for a pipe for so many bytes. */
void incoming_open_pipe(struct incoming *it, uint64_t length);

/* The pipe has all the bytes. */
void incoming_commit(struct incoming *it, const struct digest_value *d);

/* stored gave these bytes back. */
void incoming_checked(struct incoming *it, const struct digest_value *d);

/* So many bytes of it were read once more, of those that are read in all. */
void incoming_show(struct incoming *it, uint64_t bytes);

/* It failed, and is counted so. */
void incoming_fail(struct incoming *it, const char *format, ...) printf_like(2, 3);
