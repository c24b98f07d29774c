/* SPDX-License-Identifier: Apache-2.0 */
#include "base/service.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/span.h"

#define LISTEN_FDS_START 3

static int count_of_environment(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint64_t n;

	if (!fds)
		return 0;
	if (pid && strtol(pid, NULL, 10) != getpid())
		return 0;
	if (!span_to_u64(span_from_string(fds), &n) || n > SERVICE_LISTEN_MAX)
		return -EINVAL;
	return (int)n;
}

static int take_names(struct service_sockets *s)
{
	struct span rest = span_from_string(getenv("LISTEN_FDNAMES")), name;

	for (int i = 0; i < s->n; i++) {
		if (span_is_none(rest))
			return -EINVAL;
		rest = span_cut(rest, ':', &name);
		if (name.len >= sizeof(s->names[i]))
			return -EINVAL;
		memcpy(s->names[i], name.data, name.len);
		s->names[i][name.len] = '\0';
	}
	return 0;
}

int service_take_sockets(struct service_sockets *ret)
{
	struct service_sockets s = { .n = count_of_environment() };
	int r;

	if (s.n < 0)
		return s.n;
	r = take_names(&s);
	if (r < 0)
		return r;
	for (int i = 0; i < s.n; i++) {
		s.fds[i] = LISTEN_FDS_START + i;
		if (fcntl(s.fds[i], F_SETFD, FD_CLOEXEC) < 0)
			return -errno;
		r = fd_set_nonblocking(s.fds[i]);
		if (r < 0)
			return r;
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	*ret = s;
	return 0;
}

int service_socket(const struct service_sockets *s, const char *name)
{
	for (int i = 0; i < s->n; i++)
		if (strcmp(s->names[i], name) == 0)
			return s->fds[i];
	return -1;
}

int service_notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_(fd_closep) int fd = -1;
	size_t len = path ? strlen(path) : 0;

	if (!len)
		return -ENOENT;
	if (len >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		return -errno;
	return steal_fd(fd);
}

void service_notify(int fd, const char *state)
{
	if (fd >= 0)
		(void)!send(fd, state, strlen(state), MSG_NOSIGNAL);
}
