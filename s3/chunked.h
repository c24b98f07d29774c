/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Takes the aws-chunked framing off a body: bytes go in as they come, in any splits, and come out as
 * items. The parser keeps no data, only the line that it is in the middle of. It believes nothing:
 * signatures are reported as claims, and lengths are held against x-amz-decoded-content-length.
 *
 *   signed    <hex>;chunk-signature=<64 hex> CRLF data CRLF ... 0;chunk-signature=<64 hex> CRLF
 *   unsigned  <hex> CRLF data CRLF ... 0 CRLF
 *   then      CRLF, or where a trailer was announced: name:value CRLF
 *             [x-amz-trailer-signature:<64 hex> CRLF] CRLF
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */

#include "s3/checksum.h"
#include "s3/request.h"

#define CHUNKED_LINE_MAX 256		/* a chunk's header or a trailer field, with its line end */
#define CHUNKED_SIZE_DIGITS_MAX 16
#define CHUNKED_SIGNED_MIN (8 * KIB)	/* of every signed chunk but the last with data */

enum chunked_item {
	CHUNKED_STARVED,		/* everything was taken: push more, or finish */
	CHUNKED_CHUNK,			/* a chunk begins; the closing one has length 0 */
	CHUNKED_DATA,			/* bytes of the object */
	CHUNKED_TRAILER,		/* the announced checksum */
	CHUNKED_TRAILER_SIGNATURE,
};

struct chunked_event {
	enum chunked_item item;
	uint64_t length;		/* CHUNK */
	uint8_t signature[32];		/* CHUNK in signed modes, TRAILER_SIGNATURE; else zero */
	struct span data;		/* DATA, borrowed from the input; never empty */
	struct span name, value;	/* TRAILER as sent, trimmed; until the next call */
	struct checksum_value checksum;	/* TRAILER, decoded */
};

/* Private to chunked.c. */
enum chunked_state {
	CHUNKED_IN_HEADER,
	CHUNKED_IN_DATA,
	CHUNKED_BEHIND_DATA,
	CHUNKED_IN_TRAILER,
	CHUNKED_COMPLETE,
	CHUNKED_FAILED,
	CHUNKED_STATE_COUNT,
};

struct chunked {
	enum chunked_state state;
	enum s3_payload mode;
	enum checksum_algorithm trailer;
	uint64_t expected;		/* decoded length, or S3_LENGTH_UNKNOWN */
	uint64_t seen;			/* lengths of all chunks begun */
	uint64_t left;			/* of the chunk under way */
	bool small_chunk;		/* one was under the minimum: it must have been the last */
	bool trailer_seen;
	bool signature_seen;
	bool blank_seen;
	size_t line_len;
	uint8_t line[CHUNKED_LINE_MAX];
};

/*
 * mode must be framed; expected is the request's length; trailer what x-amz-trailer announced, or
 * CHECKSUM_NONE. In place, owns nothing, nothing to clear.
 */
void chunked_init(struct chunked *c, enum s3_payload mode, uint64_t expected,
		  enum checksum_algorithm trailer);

/*
 * Takes bytes off *input until there is something to tell. 0: *ret is set, and *input is what is
 * left; > 0: the enum s3_error the client is told (INCOMPLETE_BODY for broken framing or lengths that
 * do not add up, INVALID_CHUNK_SIZE, MALFORMED_TRAILER); every later call says INCOMPLETE_BODY.
 */
must_check int chunked_next(struct chunked *c, struct span *input, struct chunked_event *ret);

/*
 * To be asked when the body has ended. 0: the framing, the length and the trailer are complete; > 0: the
 * enum s3_error. Nothing may be committed before this said 0.
 */
must_check int chunked_finish(const struct chunked *c);
