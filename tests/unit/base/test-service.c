/* SPDX-License-Identifier: Apache-2.0 */
#include "base/service.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

#undef NDEBUG
#include <assert.h>

static void set_environment(const char *n, const char *names)
{
	char pid[32];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", n, 1);
	setenv("LISTEN_FDNAMES", names, 1);
}

static void test_sockets_are_found_by_name(void)
{
	struct service_sockets s;

	assert(dup2(0, 3) == 3 && dup2(0, 4) == 4);
	set_environment("2", "s3:admin");
	assert(service_take_sockets(&s) == 0);
	assert(s.n == 2 && service_socket(&s, "s3") == 3 && service_socket(&s, "admin") == 4);
	assert(service_socket(&s, "rest") == -1);
	assert(fcntl(3, F_GETFD) & FD_CLOEXEC);
	assert(!getenv("LISTEN_FDS") && !getenv("LISTEN_PID") && !getenv("LISTEN_FDNAMES"));
	close(3);
	close(4);
}

static void test_sockets_of_another_process_are_left_alone(void)
{
	struct service_sockets s;

	set_environment("2", "a:b");
	setenv("LISTEN_PID", "1", 1);
	assert(service_take_sockets(&s) == 0 && s.n == 0);
}

static void test_variables_that_do_not_fit_are_refused(void)
{
	static const char *const bad[][2] = {
		{ "2", "only-one" }, { "x", "a" }, { "17", "a" }, { "-1", "a" },
	};
	struct service_sockets s;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		set_environment(bad[i][0], bad[i][1]);
		assert(service_take_sockets(&s) == -EINVAL);
	}
}

static void test_notifications_arrive(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char got[64] = { 0 };
	int manager, fd;

	snprintf(a.sun_path, sizeof(a.sun_path), "/tmp/coffer-test-notify-%d", (int)getpid());
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert(bind(manager, (struct sockaddr *)&a, sizeof(a)) == 0);
	setenv("NOTIFY_SOCKET", a.sun_path, 1);
	fd = service_notify_open();
	assert(fd >= 0);
	service_notify(fd, "READY=1");
	assert(recv(manager, got, sizeof(got) - 1, 0) == 7 && strcmp(got, "READY=1") == 0);
	fd_close(fd);
	fd_close(manager);
	unlink(a.sun_path);
	unsetenv("NOTIFY_SOCKET");
	assert(service_notify_open() == -ENOENT);
	service_notify(-1, "READY=1");
}

int main(void)
{
	test_sockets_are_found_by_name();
	test_sockets_of_another_process_are_left_alone();
	test_variables_that_do_not_fit_are_refused();
	test_notifications_arrive();
	return 0;
}
