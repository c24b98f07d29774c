/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A process that listens on a UNIX socket in the scratch directory, and to whoever comes says one thing. */

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "scratch.h"

static inline void answerer_serve(int listen_fd, const char *answer)
{
	char question[4096];
	int fd;

	while ((fd = accept(listen_fd, NULL, NULL)) >= 0) {
		(void)!read(fd, question, sizeof(question));
		(void)!write(fd, answer, strlen(answer));
		close(fd);
	}
}

static inline pid_t answerer_start(const char *path, const char *answer)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid;

	strcpy(address.sun_path, path);
	unlink(path);
	assert(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	assert(listen(fd, 4) == 0);
	pid = fork();
	assert(pid >= 0);
	if (pid == 0) {
		answerer_serve(fd, answer);
		_exit(0);
	}
	close(fd);
	return pid;
}

static inline void answerer_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	assert(waitpid(pid, NULL, 0) == pid);
}

/* An answer of 200 with that body. The caller frees it. */
static inline char *answerer_page(const char *body)
{
	char *page;

	assert(asprintf(&page,
			"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s",
			strlen(body), body) > 0);
	return page;
}
