/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A conversation out of the fuzzer's bytes: records of a byte that says what to do, the length of a
 * packet in two bytes, and the packet; and what sends such a packet.
 */

#include <assert.h>
#include <dirent.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/span.h"

#define PACKETS_MAX 64

/* False at the end. */
static inline bool packets_next(struct span *rest, uint8_t *ret_what, struct span *ret)
{
	const uint8_t *p = span_bytes(*rest);
	size_t len;

	if (rest->len < 3)
		return false;
	len = MIN((size_t)p[1] | (size_t)p[2] << 8, rest->len - 3);
	*ret_what = p[0];
	*ret = span_first(span_skip(*rest, 3), len);
	*rest = span_skip(*rest, 3 + len);
	return true;
}

/* How many descriptors go with one that has some: mostly one, as every message with any wants. */
static inline size_t packets_fds(struct span packet)
{
	return packet.len % 8 == 7 ? 2 : 1;
}

/* Along with n descriptors, of empty files. That the other side has hung up, or does not read, is
 * as good. */
static inline void packets_send(int to, struct span packet, size_t n)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)packet.data, packet.len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd = memfd_create("packet", MFD_CLOEXEC), fds[2] = { fd, fd };

	assert(fd >= 0 && n <= 2);
	if (n) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n * sizeof(int)),
						   .cmsg_level = SOL_SOCKET,
						   .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.header), fds, n * sizeof(int));
	}
	if (sendmsg(to, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		assert(errno == EPIPE || errno == ECONNRESET || errno == EAGAIN);
	close(fd);
}

/* How many descriptors this process has. */
static inline size_t packets_open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}
