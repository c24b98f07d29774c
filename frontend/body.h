/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The body of a request on its way to stored. It takes the bytes as they come from the connection,
 * takes the aws-chunked framing off where there is one, and puts them where the operation wants
 * them; of chained streams it also notes the chunks, for stored and for authd. It never looks at
 * what an object holds.
 */

#include "base/buffer.h"
#include "ipc/schema.h"
#include "s3/chunked.h"

enum body_place {
	BODY_NOWHERE,	/* read and dropped */
	BODY_INSIDE,	/* gathered, to travel inside a message */
	BODY_COMMAND,	/* gathered, to travel in a sealed memfd or in a message to authd */
	BODY_PIPE,	/* into stored's pipe as it comes */
};

/*
 * Of bytes with framing so many pieces are taken at a time: each goes to the pipe by a call of its own, and a piece
 * may be a single byte.
 */
#define BODY_PIECES_MAX 256

/* Of what no operation asked for, so much is read before the connection is given up. */
#define BODY_IGNORED_MAX (1024 * 1024)

struct body {
	enum body_place place;
	bool framed;
	bool chained;
	uint64_t length;	/* of the object's bytes taken so far: without framing */
	uint64_t limit;		/* more of them is too_long */
	enum s3_error too_long;
	uint64_t n_pieces;	/* in which those came */
	struct chunked chunked;
	struct buffer gathered;
	int pipe_fd;		/* owned; -1 until it is there, and again once all is written */
	struct buffer waiting;	/* taken, but not yet by the pipe */

	/* Chained streams: what was not told yet; whoever tells it resets the buffers. */
	struct buffer lengths;	/* for stored: u32 each, the closing chunk is not among them */
	struct buffer chunks;	/* for authd: u32 and 32 bytes of signature each */
	struct buffer trailer;	/* "name:value\n" of a signed one */
	uint8_t trailer_signature[32];
	char checksum[CHECKSUM_TEXT_MAX];	/* text of an unsigned one, or "" */
};

/* Takes no bytes yet: an empty body to NOWHERE. */
void body_init(struct body *b);
void body_clear(struct body *b);

/*
 * Says what the body is for. `request` tells framing and length; inside_max is how many bytes of an
 * object may travel inside a message. Where the result is BODY_PIPE, b->pipe_fd is still to be set.
 */
void body_begin(struct body *b, const struct s3_request *request, size_t inside_max);

/* It is gathered up to that limit; what is longer is that error. */
void body_gather(struct body *b, size_t limit, enum s3_error too_long);

/*
 * Takes bytes off *input. What is left of it, when the pipe is full or with BODY_PIECES_MAX, must come again. 0; > 0:
 * the enum s3_error that the client is told; < 0: a failure of ours.
 */
must_check int body_take(struct body *b, struct span *input);

/* The pipe is full: wait until it can be written, then body_drain(). */
static inline bool body_is_full(const struct body *b)
{
	return b->waiting.len > 0;
}
must_check int body_drain(struct body *b);

/*
 * The client has sent everything. Closes the pipe. 0: the body is complete; otherwise as
 * body_take(). Must not be called while body_is_full().
 */
must_check int body_finish(struct body *b);

/* After body_finish(): the gathered bytes as a memfd with all four seals. Returns it, or -errno. */
must_check int body_to_memfd(const struct body *b);
