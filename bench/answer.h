/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An HTTP/1.1 answer, read as it comes in pieces: its status, and how long its body is, whether that
 * was announced or comes in chunks. The body itself goes nowhere.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_HEAD_MAX 8192

enum answer_progress {
	ANSWER_PARTIAL,
	ANSWER_WHOLE,
	ANSWER_BROKEN, /* not HTTP/1.1 as a client may believe it */
};

enum answer_state {
	ANSWER_HEAD,
	ANSWER_BODY, /* of a length that was announced */
	ANSWER_CHUNK_HEAD,
	ANSWER_CHUNK,
	ANSWER_CHUNK_END,
	ANSWER_TRAILER,
	ANSWER_END,
};

struct answer {
	enum answer_state state;
	bool is_head; /* of a request whose answer has no body */
	int status; /* 0 until the head is whole */
	uint64_t length; /* as announced; of chunks, what has come */
	uint64_t left; /* of the body, or of the chunk */
	uint64_t received; /* bytes of the body */
	size_t line_len;
	char line[ANSWER_HEAD_MAX]; /* the head, or a line between chunks, as far as it has come */
};

void answer_begin(struct answer *a, bool is_head);

/* Takes the next bytes and says in `taken` how many of them are this answer's: all but when whole. */
enum answer_progress answer_take(struct answer *a, const char *bytes, size_t len, size_t *taken);
