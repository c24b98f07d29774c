/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/inlet.h"

#include <sys/socket.h>

/* Received behind what was kept, which is little as a rule: the beginning of a head. */
#define INLET_MORE (4 * KIB)

void inlet_init(struct inlet *in)
{
	*in = (struct inlet){ .kept = BUFFER_INIT(INLET_PIECE + INLET_MORE) };
}

void inlet_clear(struct inlet *in)
{
	buffer_clear(&in->kept);
	in->at = 0;
}

/* A client that was cut off has ended, as one that is done. */
static int receive(struct inlet *in, int fd, uint8_t *to, size_t len, size_t *ret)
{
	ssize_t n;

	if (!in->readable)
		return INLET_DRY;
	do
		n = recv(fd, to, len, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN) {
		in->readable = false;
		return INLET_DRY;
	}
	if (n <= 0)
		return INLET_ENDED;
	/* With less than there was room for, it is empty. What comes later the loop tells of, but
	 * of an end it has told. */
	if ((size_t)n < len && !in->ended)
		in->readable = false;
	*ret = (size_t)n;
	return INLET_BYTES;
}

/* What was used makes room. */
static void close_up(struct inlet *in)
{
	if (!in->at)
		return;
	in->kept.len -= in->at;
	memmove(in->kept.data, in->kept.data + in->at, in->kept.len);
	in->at = 0;
}

int inlet_read_more(struct inlet *in, int fd, struct span *ret)
{
	uint8_t *to;
	size_t n;
	int r;

	close_up(in);
	to = buffer_reserve(&in->kept, INLET_MORE);
	if (!to)
		return buffer_error(&in->kept);
	r = receive(in, fd, to, INLET_MORE, &n);
	if (r)
		return r;
	buffer_commit(&in->kept, n);
	*ret = buffer_span(&in->kept);
	return INLET_BYTES;
}

int inlet_read(struct inlet *in, int fd, uint8_t *room, size_t most, struct span *ret)
{
	size_t n;
	int r;

	if (in->kept.len) {
		*ret = span_skip(buffer_span(&in->kept), in->at);
		return INLET_BYTES;
	}
	r = receive(in, fd, room, MIN(most, (size_t)INLET_PIECE), &n);
	if (r == INLET_BYTES)
		*ret = (struct span){ room, n };
	return r;
}

int inlet_keep(struct inlet *in, struct span rest)
{
	if (!rest.len && in->kept.data) {
		inlet_clear(in);
	} else if (in->kept.len) {
		in->at = in->kept.len - rest.len;
	} else {
		buffer_append(&in->kept, rest);
	}
	return buffer_error(&in->kept);
}
