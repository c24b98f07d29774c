/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where the body of a request ends: with the byte that its Content-Length counts last, or with the trailer
 * behind its last chunk (RFC 9112, 7.1). Of chunks there is one form that is read, as of heads. Extensions and
 * trailer fields are dropped, and bounded. It holds no bytes: what it has seen is in its state, so that a body
 * may come in any pieces.
 */

#include "base/span.h"

#define TRANSFER_DIGITS_MAX 16
/* Bytes of the extensions of one chunk, and of all trailer fields. */
#define TRANSFER_EXTRA_MAX (4 * 1024)

enum transfer_state {
	TRANSFER_AT_SIZE,
	TRANSFER_IN_EXTENSION,
	TRANSFER_AT_SIZE_LF,
	TRANSFER_IN_DATA,
	TRANSFER_AT_DATA_CR,
	TRANSFER_AT_DATA_LF,
	TRANSFER_AT_TRAILER,
	TRANSFER_IN_NAME,
	TRANSFER_IN_VALUE,
	TRANSFER_AT_VALUE_LF,
	TRANSFER_AT_LAST_LF,
	TRANSFER_AT_END,
	TRANSFER_BROKEN,
};

struct transfer {
	enum transfer_state state;
	bool chunked;
	uint64_t left;		/* data up to the end, or up to that of the chunk */
	unsigned int digits;	/* of the size under way */
	size_t extra;
};

enum transfer_outcome {
	TRANSFER_DATA = 0,
	TRANSFER_STARVED,	/* more of the body is to come */
	TRANSFER_OVER,		/* what is left of the input is no part of it */
	TRANSFER_MALFORMED,	/* where it ends nobody can say any more */
};

/* A body of that length, maybe none. */
struct transfer transfer_of_length(uint64_t length);
struct transfer transfer_of_chunks(void);

/* Takes framing off *input up to data, which *ret_data then is, at the beginning of what is left. */
must_check int transfer_next(struct transfer *t, struct span *input, struct span *ret_data);

/* So many bytes of that data were used: takes them off *input. */
void transfer_use(struct transfer *t, struct span *input, size_t n);
