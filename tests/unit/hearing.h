/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How a test that plays a peer hears messages one by one, though several may be in one packet. */

#include <stdlib.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "ipc/message.h"

#undef NDEBUG
#include <assert.h>

/* How much of the first packet in the socket was heard: the socket itself keeps it. */
static inline size_t hearing_offset(int from)
{
	socklen_t len = sizeof(int);
	int at;

	assert(getsockopt(from, SOL_SOCKET, SO_PEEK_OFF, &at, &len) == 0);
	return at < 0 ? 0 : (size_t)at;
}

static inline void hearing_set_offset(int from, size_t to)
{
	int at = (int)to;

	assert(setsockopt(from, SOL_SOCKET, SO_PEEK_OFF, &at, sizeof(at)) == 0);
}

/* Takes the packet out, with its descriptor if there is one; -1 for none. */
static inline int hearing_take(int from)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr m = { .msg_control = &control, .msg_controllen = sizeof(control) };
	int fd = -1;

	assert(recvmsg(from, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) >= 0);
	assert(!(m.msg_flags & MSG_CTRUNC));
	if (m.msg_controllen)
		memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	hearing_set_offset(from, 0);
	return fd;
}

/*
 * The next message, which borrows from `packet` of IPC_PACKET_MAX bytes: 1. 0: the peer has closed. -1: errno,
 * with MSG_DONTWAIT among the flags EAGAIN where nothing is there yet. What is no sound message fails the test.
 */
static inline int hearing_next(int from, int flags, enum ipc_direction direction,
			       enum ipc_phase phase, uint8_t *packet, struct ipc_message *ret,
			       int *ret_fd)
{
	size_t at = hearing_offset(from);
	const struct ipc_row *row;
	struct span rest;
	ssize_t n;

	hearing_set_offset(from, at);
	n = recv(from, packet, IPC_PACKET_MAX, flags | MSG_PEEK);
	if (n <= 0)
		return n < 0 ? -1 : 0;
	rest = (struct span){ packet, (size_t)n };
	row = n < 2 ? NULL : ipc_row(packet[0] | (unsigned int)packet[1] << 8);
	assert(row && ipc_decode(direction, phase, &rest, row->n_fds, ret) == IPC_SOUND);
	*ret_fd = -1;
	if (rest.len)
		hearing_set_offset(from, at + (size_t)n - rest.len);
	else
		*ret_fd = hearing_take(from);
	assert((*ret_fd >= 0) == (row->n_fds > 0));
	return 1;
}
