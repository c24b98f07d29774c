/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A buffer is an owned run of bytes that grows up to a limit set at the start. Appending to one
 * that failed (no memory, or over its limit) does nothing: write a whole document, then ask once
 * with buffer_error().
 */

#include "base/span.h"

struct buffer {
	uint8_t *data;
	size_t len;
	size_t size;	/* allocated */
	size_t limit;	/* never more than this */
	int error;	/* 0, -ENOMEM or -EMSGSIZE: sticky */
};

#define BUFFER_INIT(limit_) ((struct buffer){ .limit = (limit_) })

/* Frees the bytes; the buffer is empty, without error, and can be used again. */
void buffer_clear(struct buffer *b);

/* Forgets contents and error but keeps the memory. */
void buffer_reset(struct buffer *b);

/* What buffer_reserve() does where there is too little room. */
uint8_t *buffer_extend(struct buffer *b, size_t n);

/*
 * Makes room for n more bytes and returns where they go, or NULL; then buffer_commit(n). Here, with what
 * appends a few bytes: messages and texts are put together from dozens of pieces.
 */
static inline uint8_t *buffer_reserve(struct buffer *b, size_t n)
{
	if (b->error || !b->data || n > b->size - b->len)
		return buffer_extend(b, n);
	return b->data + b->len;
}

static inline void buffer_commit(struct buffer *b, size_t n)
{
	b->len += n;
}

static inline void buffer_append(struct buffer *b, struct span s)
{
	uint8_t *to = s.len ? buffer_reserve(b, s.len) : NULL;

	if (!to)
		return;
	memcpy(to, s.data, s.len);
	b->len += s.len;
}

static inline void buffer_append_byte(struct buffer *b, uint8_t c)
{
	buffer_append(b, (struct span){ &c, 1 });
}

void buffer_append_string(struct buffer *b, const char *s);
void buffer_append_u64(struct buffer *b, uint64_t value);	/* in decimal */
void buffer_printf(struct buffer *b, const char *format, ...) printf_like(2, 3);

static inline must_check int buffer_error(const struct buffer *b)
{
	return b->error;
}

static inline struct span buffer_span(const struct buffer *b)
{
	return (struct span){ b->data ? b->data : (const uint8_t *)"", b->len };
}
