/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/peer.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"

int peer_of(int fd, struct peer *ret)
{
	struct ucred c;
	socklen_t len = sizeof(c);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len) < 0)
		return -errno;
	*ret = (struct peer){ c.pid, c.uid, c.gid };
	return 0;
}

int peer_dial(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_(fd_closep) int fd = -1;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	/* Non-blocking from birth: a full backlog is -EAGAIN and tried again, never waited for. */
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return steal_fd(fd);
}

int peer_accept(int listen_fd)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	return fd < 0 ? -errno : fd;
}
