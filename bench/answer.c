/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void answer_begin(struct answer *a, bool is_head)
{
	a->state = ANSWER_HEAD;
	a->is_head = is_head;
	a->status = 0;
	a->length = a->left = a->received = 0;
	a->line_len = 0;
}

/* Collects what ends with `end`. A NUL follows what has come. */
static enum answer_progress collect(struct answer *a, const char *bytes, size_t len,
				    const char *end, size_t *taken)
{
	size_t before = a->line_len, room = sizeof(a->line) - 1 - before, n = len;
	const char *found;

	if (n > room)
		n = room;
	memcpy(a->line + before, bytes, n);
	a->line[before + n] = '\0';
	found = strstr(a->line, end);
	if (!found) {
		a->line_len += n;
		*taken = n;
		return n == room ? ANSWER_BROKEN : ANSWER_PARTIAL;
	}
	*taken = (size_t)(found - a->line) + strlen(end) - before;
	a->line[before + *taken] = '\0';
	a->line_len = 0;
	return ANSWER_WHOLE;
}

static const char *find_field(const char *head, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(head, "\r\n"); at; at = strstr(at + 2, "\r\n"))
		if (strncasecmp(at + 2, name, len) == 0 && at[2 + len] == ':')
			return at + 2 + len + 1 + strspn(at + 2 + len + 1, " ");
	return NULL;
}

static bool read_number(const char *text, int base, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, base);
	return !errno && end != text && (*end == '\r' || *end == ';' || *end == ' ');
}

/* Status and framing of a head that is whole. */
static bool read_head(struct answer *a)
{
	const char *length = find_field(a->line, "Content-Length");
	const char *coding = find_field(a->line, "Transfer-Encoding");

	if (strncmp(a->line, "HTTP/1.1 ", 9) != 0)
		return false;
	a->status = atoi(a->line + 9);
	if (length && !read_number(length, 10, &a->length))
		return false;
	if (a->is_head || a->status == 204) {
		a->state = ANSWER_END;
	} else if (coding && !length && strncasecmp(coding, "chunked\r", 8) == 0) {
		a->state = ANSWER_CHUNK_HEAD;
	} else if (length && !coding) {
		a->left = a->length;
		a->state = a->left ? ANSWER_BODY : ANSWER_END;
	} else {
		return false;
	}
	return true;
}

/* A line of a body in chunks. */
static bool read_line(struct answer *a)
{
	switch (a->state) {
	case ANSWER_CHUNK_HEAD:
		if (!read_number(a->line, 16, &a->left))
			return false;
		a->length += a->left;
		a->state = a->left ? ANSWER_CHUNK : ANSWER_TRAILER;
		return true;
	case ANSWER_CHUNK_END:
		a->state = ANSWER_CHUNK_HEAD;
		return strcmp(a->line, "\r\n") == 0;
	case ANSWER_TRAILER:
		a->state = strcmp(a->line, "\r\n") == 0 ? ANSWER_END : ANSWER_TRAILER;
		return true;
	case ANSWER_HEAD:
	case ANSWER_BODY:
	case ANSWER_CHUNK:
	case ANSWER_END:
		break;
	}
	return false;
}

static size_t take_body(struct answer *a, size_t len)
{
	size_t n = len < a->left ? len : (size_t)a->left;

	a->left -= n;
	a->received += n;
	if (!a->left)
		a->state = a->state == ANSWER_BODY ? ANSWER_END : ANSWER_CHUNK_END;
	return n;
}

static enum answer_progress take_text(struct answer *a, const char *bytes, size_t len, size_t *n)
{
	bool is_head = a->state == ANSWER_HEAD;
	enum answer_progress p = collect(a, bytes, len, is_head ? "\r\n\r\n" : "\r\n", n);

	if (p == ANSWER_WHOLE && !(is_head ? read_head(a) : read_line(a)))
		return ANSWER_BROKEN;
	return p;
}

enum answer_progress answer_take(struct answer *a, const char *bytes, size_t len, size_t *taken)
{
	for (*taken = 0; *taken < len && a->state != ANSWER_END;) {
		size_t n = 0;

		if (a->state == ANSWER_BODY || a->state == ANSWER_CHUNK)
			n = take_body(a, len - *taken);
		else if (take_text(a, bytes + *taken, len - *taken, &n) == ANSWER_BROKEN)
			return ANSWER_BROKEN;
		*taken += n;
	}
	return a->state == ANSWER_END ? ANSWER_WHOLE : ANSWER_PARTIAL;
}
