/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A body is the bytes of one object or part on their way in: out of a pipe whose write end the
 * frontend has, or out of the message that asked. They are counted, hashed in one pass, and kept: few
 * in memory, many in a new blob. That the pipe has ended means nothing; a body is whole only when
 * exactly as many bytes are there as the frontend committed to.
 *
 * Two threads have to do with it. One of the intake's takes the bytes; the loop's thread tells it what
 * the frontend says, with the functions marked "loop", and hears of it through the two tasks. From
 * intake_add() until `ended` has run, only these functions may be used. Then all of it is the loop's.
 */

#include <stdatomic.h>

#include "stored/blob.h"
#include "stored/cutter.h"
#include "stored/hasher.h"
#include "stored/helper.h"
#include "stored/task.h"

#define BODY_PIPE_SIZE (256 * KIB)

/* The disk takes a large body in such pieces while the rest comes: less is left for the last flush. */
#define BODY_PIECE (8 * MIB)
#define BODY_AHEAD_MAX (16 * MIB)	/* that the disk has not got: then the rest has to wait for it */

enum body_end {
	BODY_UNDER_WAY = 0,
	BODY_WHOLE,	/* as many bytes as were committed to */
	BODY_SHORT,	/* the pipe ended before that */
	BODY_LONG,	/* more came than that */
	BODY_EXCESSIVE,	/* more came than the request may have: told at once */
	BODY_ABSURD,	/* chunk lengths that no honest frontend reports */
	BODY_DROPPED,	/* as the loop said */
	BODY_FAILED,	/* `result` tells why */
};

struct body_terms {
	struct store *store;
	const struct hash_methods *methods;
	struct ipc_id tenant;
	struct hasher_wants wants;
	bool chained;		/* SHA-256 of every chunk, too */
	uint64_t length;	/* as announced, or S3_LENGTH_UNKNOWN */
	uint64_t most;		/* more bytes are EXCESSIVE */
	size_t head_limit;	/* no more than this stays in memory and makes no blob */
	struct reservation *reservation;	/* for it, borrowed; NULL: none */
	struct span inside;	/* all of it, borrowed; SPAN_NONE: it comes through a pipe */
};

struct body_notes {
	struct task hashes;	/* run on the loop: body_take_hashes() has some */
	struct task ended;	/* run on the loop: the last that is heard of it */
	struct mailbox *mailbox;
	void *owner;
};

struct intake_thread;

struct body {
	struct body_terms terms;
	struct body_notes notes;
	struct loop_source pipe;	/* the read end, on its intake thread's loop */
	struct intake_thread *thread;
	struct turn turn;		/* while `waits`, on its intake thread */
	bool waits;			/* bytes are in the pipe, and others come first */
	struct task write;		/* away to a thread that writes a piece back, or here again */

	/* Said by one thread, heard by the other. */
	pthread_mutex_t lock;
	struct task attend;		/* tells the intake thread to look here */
	bool attend_queued;
	bool closed;			/* nothing more is heard: `ended` has been or is about to be posted */
	bool drop;
	uint64_t target;		/* committed to; S3_LENGTH_UNKNOWN before */
	struct buffer lengths;		/* of chunks */
	struct buffer chunk_hashes;	/* out of the cutter */
	bool hashes_posted;
	_Atomic uint64_t moved_ns;	/* when bytes last came, CLOCK_BOOTTIME */

	/* The intake thread's; after `ended` the loop's. */
	struct hasher *hasher;
	struct cutter cutter;
	uint64_t cut;			/* bytes that the cutter has had */
	uint64_t written;		/* bytes that the disk has */
	uint64_t writing;		/* as many it will have when `write` comes back; 0: it is here */
	uint64_t committed;		/* the target, as far as it was heard */
	bool pipe_ended;
	struct buffer head;		/* the bytes, as long as there is no blob */
	struct blob *blob;
	uint64_t received;
	enum body_end end;
	int result;			/* for FAILED: an enum s3_error or -errno */
	enum quota_limit exceeded;	/* with QUOTA_EXCEEDED */
	struct hashes hashes;		/* for WHOLE */
};

/* *ret_write_fd, the caller's, is -1 where all of it is inside. notes are for body_notes. */
must_check int body_new(const struct body_terms *terms, const struct body_notes *notes,
			struct body **ret, int *ret_write_fd);

/* Not while an intake thread has it. A blob that was not taken out is dropped. NULL is fine. */
struct body *body_free(struct body *b);
DEFINE_CLEANUP(struct body *, body_free)

/* Loop: chunk lengths, as the message has them. */
must_check int body_expect(struct body *b, struct span lengths);

/* Loop: so many bytes make it whole. */
void body_commit(struct body *b, uint64_t length);

/* Loop: it is wanted no more; `ended` still comes. */
void body_drop(struct body *b);

/* Loop: moves the hashes of chunks into an empty buffer. */
void body_take_hashes(struct body *b, struct buffer *ret);

/* Loop: when bytes came last. */
uint64_t body_moved_ns(const struct body *b);

/* --- for the intake thread only ------------------------------------------------------------ */

/* What all bodies of a thread share: room for one read, and who helps with what was read. */
struct body_room {
	uint8_t *data;
	size_t size;
	struct helper helper;
};

/* Takes what the pipe has, or what is inside. True when the body has come to its end. */
must_check bool body_receive(struct body *b, struct body_room *room);

/* Hears what the loop has said. True when the body has come to its end. */
must_check bool body_attend(struct body *b, const struct body_room *room);

/*
 * True where there is a piece that the disk is to have: it is to be given to a thread that may wait, for
 * body_write(), and to come back for body_end_writing(). Until then the body must not be given back.
 */
must_check bool body_begin_writing(struct body *b);
void body_write(struct body *b);
void body_end_writing(struct body *b);

/* So much of it is not with the disk that no more should be taken until a piece comes back. */
bool body_is_ahead(const struct body *b);
