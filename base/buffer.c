/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>

#define BUFFER_FIRST_SIZE 256

void buffer_clear(struct buffer *b)
{
	free(b->data);
	*b = BUFFER_INIT(b->limit);
}

void buffer_reset(struct buffer *b)
{
	b->len = 0;
	b->error = 0;
}

static int buffer_grow(struct buffer *b, size_t needed)
{
	size_t size = b->size ? b->size : BUFFER_FIRST_SIZE;
	uint8_t *data;

	if (needed > b->limit)
		return -EMSGSIZE;
	while (size < needed)
		size *= 2;
	size = MIN(size, b->limit);
	data = realloc(b->data, size);
	if (!data)
		return -ENOMEM;
	b->data = data;
	b->size = size;
	return 0;
}

uint8_t *buffer_extend(struct buffer *b, size_t n)
{
	size_t needed;

	if (b->error)
		return NULL;
	if (__builtin_add_overflow(b->len, n, &needed))
		b->error = -EMSGSIZE;
	else
		b->error = buffer_grow(b, needed);
	return b->error ? NULL : b->data + b->len;
}

void buffer_append_string(struct buffer *b, const char *s)
{
	buffer_append(b, span_from_string(s));
}

void buffer_append_u64(struct buffer *b, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	buffer_append(b, (struct span){ digits + at, sizeof(digits) - at });
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
	va_list args;
	uint8_t *to;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	to = n < 0 ? NULL : buffer_reserve(b, (size_t)n + 1);
	if (!to)
		return;
	va_start(args, format);
	vsnprintf((char *)to, (size_t)n + 1, format, args);
	va_end(args);
	b->len += (size_t)n;
}
