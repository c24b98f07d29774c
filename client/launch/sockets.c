/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/sockets.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

#define BACKLOG		 4096 /* the kernel lowers it to net.core.somaxconn */
#define PATIENCE_STEP_MS 50

static void rest(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = PATIENCE_STEP_MS * (long)NS_PER_MS }, NULL);
}

static int unix_address(const char *path, struct sockaddr_un *ret, struct complaint *why)
{
	size_t len = strlen(path);

	if (len >= sizeof(ret->sun_path)) {
		complain(why, -ENAMETOOLONG, "the socket path %s has %zu bytes", path, len);
		complaint_hint(why, "a UNIX socket's path has at most %zu: choose a shorter --data",
			       sizeof(ret->sun_path) - 1);
		return -ENAMETOOLONG;
	}
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path, path, len);
	return 0;
}

/* A file whose listener is gone refuses connections; anything but that means that one lives. */
static bool has_listener(const struct sockaddr_un *address, int type)
{
	_cleanup_(fd_closep) int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return false;
	return connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
	       errno == EAGAIN;
}

/*
 * Two storeds on one directory would destroy it. After a launcher was killed its daemons die too,
 * but not before its lock is free, so the sockets are asked as well.
 */
static int clear_path(const struct sockaddr_un *address, int type, struct complaint *why)
{
	for (int waited = 0; has_listener(address, type); waited += PATIENCE_STEP_MS) {
		if (waited >= SOCKETS_PATIENCE_MS) {
			complain(why, -EADDRINUSE,
				 "a process of an earlier start still listens on %s",
				 address->sun_path);
			complaint_hint(why, "`ss -xlp` names it; end it and start again");
			return -EADDRINUSE;
		}
		rest();
	}
	if (unlink(address->sun_path) < 0 && errno != ENOENT)
		return complain_errno(why, -errno, "cannot remove %s", address->sun_path);
	return 0;
}

static int bind_unix(const char *path, int type, int *ret_fd, struct complaint *why)
{
	_cleanup_(fd_closep) int fd = -1;
	struct sockaddr_un address;
	int r;

	r = unix_address(path, &address, why);
	if (r < 0)
		return r;
	r = clear_path(&address, type, why);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(path, 0666) < 0)
		return complain_errno(why, -errno, "cannot make the socket %s", path);
	*ret_fd = steal_fd(fd);
	return 0;
}

int sockets_listen_unix(const char *path, int type, int *ret_fd, struct complaint *why)
{
	_cleanup_(fd_closep) int fd = -1;
	int r;

	r = bind_unix(path, type, &fd, why);
	if (r < 0)
		return r;
	if (listen(fd, BACKLOG) < 0)
		return complain_errno(why, -errno, "cannot listen on %s", path);
	*ret_fd = steal_fd(fd);
	return 0;
}

int sockets_bind_notify(const char *path, int *ret_fd, struct complaint *why)
{
	_cleanup_(fd_closep) int fd = -1;
	int r;

	r = bind_unix(path, SOCK_DGRAM, &fd, why);
	if (r < 0)
		return r;
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)) < 0)
		return complain_errno(why, -errno, "cannot ask for credentials on %s", path);
	*ret_fd = steal_fd(fd);
	return 0;
}

/* The port is taken for a moment after a killed launcher: its frontend dies right behind it. */
static int bind_patiently(int fd, const struct address *at)
{
	for (int waited = 0;; waited += PATIENCE_STEP_MS) {
		if (bind(fd, &at->any, at->len) == 0 && listen(fd, BACKLOG) == 0)
			return 0;
		if (errno != EADDRINUSE || waited >= SOCKETS_PATIENCE_MS)
			return -errno;
		rest();
	}
}

int sockets_listen_tcp(const char *option, const struct address *at, int *ret_fd,
		       struct address *ret_bound, struct complaint *why)
{
	_cleanup_(fd_closep) int fd = -1;
	char url[ADDRESS_URL_MAX];
	struct address bound = *at;
	int r;

	fd = socket(at->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)) < 0)
		return complain_errno(why, -errno, "cannot make a socket for %s",
				      address_url(at, url));
	r = bind_patiently(fd, at);
	if (r < 0) {
		complain_errno(why, r, "cannot listen on %s", address_url(at, url));
		if (r == -EADDRINUSE)
			complaint_hint(why,
				       "another program has this port; choose one with %s "
				       "ADDRESS:PORT, port 0 for any free one",
				       option);
		return r;
	}
	bound.len = sizeof(bound.v6);
	if (getsockname(fd, &bound.any, &bound.len) < 0)
		return complain_errno(why, -errno, "cannot ask for the port of %s",
				      address_url(at, url));
	*ret_fd = steal_fd(fd);
	*ret_bound = bound;
	return 0;
}
