/* SPDX-License-Identifier: Apache-2.0 */
#include "clerk.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#undef NDEBUG
#include <assert.h>

int clerk_connect(struct office *o)
{
	int ends[2];

	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
	assert(admin_open(&o->authd.admin, ends[0], &(struct peer){ .uid = CLERK_UID, .pid = CLERK_PID }) == 0);
	return ends[1];
}

void clerk_say(struct office *o, int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
		office_settle(o);
	}
}

const char *clerk_hear(struct office *o, int fd)
{
	static char line[4 * 1024 * 1024];
	uint64_t end_ns = clock_boottime_ns() + OFFICE_PATIENCE_NS;
	size_t len = 0;

	while (clock_boottime_ns() < end_ns) {
		ssize_t n = recv(fd, line + len, 1, 0);

		if (n == 0)
			return NULL;
		if (n < 0)
			assert(authd_step(&o->authd, 1) == 0);
		else if (line[len++] == '\n')
			break;
		assert(len < sizeof(line));
	}
	assert(len && line[len - 1] == '\n');
	line[len - 1] = '\0';
	return line;
}

json_t *clerk_ask_on(struct office *o, int fd, const char *line)
{
	json_t *answer;

	clerk_say(o, fd, line, strlen(line));
	clerk_say(o, fd, "\n", 1);
	answer = json_loads(clerk_hear(o, fd), 0, NULL);
	assert(answer);
	return answer;
}

json_t *clerk_ask(struct office *o, const char *line)
{
	int fd = clerk_connect(o);
	json_t *answer = clerk_ask_on(o, fd, line);

	close(fd);
	office_settle(o);
	return answer;
}

json_t *clerk_ask_with(struct office *o, const char *line, int file)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { (void *)line, strlen(line) };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	int fd = clerk_connect(o);
	json_t *answer;

	memcpy(CMSG_DATA(&control.header), &file, sizeof(file));
	assert(sendmsg(fd, &m, MSG_NOSIGNAL) == (ssize_t)iov.iov_len);
	answer = clerk_ask_on(o, fd, "");
	close(fd);
	office_settle(o);
	return answer;
}

int clerk_memfd(struct span bytes, int seals)
{
	int fd = memfd_create("clerk", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert(fd >= 0 && fd_write_all(fd, bytes) == 0);
	assert(fcntl(fd, F_ADD_SEALS, seals) == 0);
	return fd;
}

void clerk_done(json_t *answer)
{
	assert(json_is_true(json_object_get(answer, "ok")));
	json_decref(answer);
}

void clerk_refused(json_t *answer, const char *words)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	assert(json_is_false(json_object_get(answer, "ok")));
	assert(error && strstr(error, words));
	json_decref(answer);
}
