/* SPDX-License-Identifier: Apache-2.0 */

/*
 * coffer-frontend as a program, started as a service manager starts it: it gets ready, serves,
 * replaces a worker that dies, stops in order, and leaves no worker behind when it is killed.
 */

#undef NDEBUG
#include <arpa/inet.h>
#include <assert.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/message.h"
#include "tests/unit/hearing.h"

#define WORKERS	   2
#define PATIENCE_S 10

/* So long workers must live, and so often serve meanwhile, to be left in peace. */
#define PEACE_STEPS   20
#define PEACE_STEP_US 10000

static const char *program;
static char directory[] = "/tmp/test-frontend-XXXXXX";
static int tcp, metrics = -1, authd, stored, notify;
static uint16_t port;
static pid_t pid;

/* Whoever waits longer than this in a system call has failed. */
static void set_patience(int fd)
{
	struct timeval t = { .tv_sec = PATIENCE_S };

	assert(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) == 0);
}

static int listen_unix(const char *name, int type)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", directory, name);
	unlink(a.sun_path);
	assert(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	if (type != SOCK_DGRAM)
		assert(listen(fd, 16) == 0);
	set_patience(fd);
	return fd;
}

static int listen_tcp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = -1, yes = 1;

	/* Bound twice: a port that the kernel has chosen goes when nobody listens any more. */
	for (int i = 0; i < 2; i++) {
		fd_close(fd);
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert(fd >= 0);
		assert(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0);
		assert(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
		assert(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	}
	assert(listen(fd, 64) == 0);
	port = ntohs(a.sin_port);
	return fd;
}

static const char *log_path(void)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/log", directory);
	return path;
}

/* Of the program that was started last. */
static bool log_has(const char *text)
{
	_cleanup_(fd_closep) int fd = open(log_path(), O_RDONLY | O_CLOEXEC);
	static char log[65536];
	ssize_t n = read(fd, log, sizeof(log) - 1);

	assert(n >= 0);
	log[n] = '\0';
	return strstr(log, text);
}

/* The listening sockets are descriptors 3 and 4, as sd_listen_fds(3) has it; the log is a file. */
static void pass_descriptors(int s3)
{
	int fds[] = { fcntl(s3, F_DUPFD_CLOEXEC, 10), fcntl(metrics, F_DUPFD_CLOEXEC, 10) };

	for (int i = 0; i < (int)ARRAY_SIZE(fds); i++)
		dup2(fds[i], 3 + i);
	dup2(open(log_path(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), STDERR_FILENO);
}

static void become_program(int s3)
{
	char paths[2][128], notify_path[160], listen_pid[32], uid[16];
	char listen_fds[] = "LISTEN_FDS=2", names[] = "LISTEN_FDNAMES=s3:metrics";
	char *const environment[] = { listen_fds, names, listen_pid, notify_path, NULL };

	snprintf(paths[0], sizeof(paths[0]), "%s/authd", directory);
	snprintf(paths[1], sizeof(paths[1]), "%s/stored", directory);
	snprintf(notify_path, sizeof(notify_path), "NOTIFY_SOCKET=%s/notify", directory);
	snprintf(listen_pid, sizeof(listen_pid), "LISTEN_PID=%d", getpid());
	snprintf(uid, sizeof(uid), "%u", geteuid());
	pass_descriptors(s3);
	execle(program, program, "--authd", paths[0], "--stored", paths[1], "--workers", "2",
	       "--metrics-uid", uid, "--confine", "degraded", NULL, environment);
	_exit(127);
}

static void start_with(int s3)
{
	pid = fork();
	assert(pid >= 0);
	if (pid == 0)
		become_program(s3);
}

static void renew_metrics(void)
{
	fd_close(metrics);
	metrics = listen_unix("metrics", SOCK_STREAM);
}

static void start(void)
{
	renew_metrics();
	start_with(tcp);
}

static void say(int fd, const struct ipc_message *m)
{
	struct buffer b = BUFFER_INIT(4096);

	assert(ipc_encode(m, &b) == 0);
	assert(send(fd, b.data, b.len, MSG_NOSIGNAL) == (ssize_t)b.len);
	buffer_clear(&b);
}

static void expect(int fd, enum ipc_direction direction, enum ipc_number number)
{
	static uint8_t packet[IPC_PACKET_MAX];
	struct ipc_message m;
	int none;

	assert(hearing_next(fd, 0, direction, IPC_PHASE_GREETING, packet, &m, &none) == 1);
	assert(m.number == number);
}

/*
 * Both handshakes of so many workers at once: which channel to stored is whose nobody can tell
 * until its ticket comes. The channels stay open until the process they belong to ends.
 */
static void welcome_workers(int n)
{
	struct ipc_message welcome = { .number = IPC_WELCOME, .welcome = { IPC_VERSION } };
	struct ipc_message ticket = { .number = IPC_TICKET, .ticket = { 1, SPAN("ticket") } };
	struct ipc_message entered = { .number = IPC_ENTERED, .entered = { 4096 } };

	for (int i = 0; i < n; i++) {
		int fd = accept4(authd, NULL, NULL, SOCK_CLOEXEC);

		assert(fd >= 0);
		set_patience(fd);
		expect(fd, IPC_FRONTEND_TO_AUTHD_DIRECTION, IPC_HELLO);
		say(fd, &welcome);
		say(fd, &ticket);
	}
	for (int i = 0; i < n; i++) {
		int fd = accept4(stored, NULL, NULL, SOCK_CLOEXEC);

		assert(fd >= 0);
		set_patience(fd);
		expect(fd, IPC_FRONTEND_TO_STORED_DIRECTION, IPC_ENTER);
		say(fd, &entered);
	}
}

static void expect_notification(const char *text)
{
	char got[128] = "";

	assert(recv(notify, got, sizeof(got) - 1, 0) > 0);
	assert(strcmp(got, text) == 0);
}

/* What is answered without authd and stored, who are not played that well here. */
static bool is_serving(void)
{
	static const char request[] =
		"POST /-/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	_cleanup_(fd_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char got[2048] = "";

	set_patience(fd);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return false;
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0 ||
	    recv(fd, got, sizeof(got) - 1, MSG_WAITALL) <= 0)
		return false;
	return strncmp(got, "HTTP/1.1 405 ", 13) == 0;
}

/* -errno of who wants to be let in, or the status of what is no page of theirs. */
static int ask_for_metrics(void)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	_cleanup_(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char got[2048] = "";
	int status;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/metrics", directory);
	set_patience(fd);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return -errno;
	assert(send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request));
	assert(recv(fd, got, sizeof(got) - 1, MSG_WAITALL) > 0);
	assert(sscanf(got, "HTTP/1.1 %d ", &status) == 1);
	return status;
}

static size_t children(pid_t ret[WORKERS])
{
	char path[64], text[256] = "", *at = text;
	size_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert(fd >= 0 && read(fd, text, sizeof(text) - 1) >= 0);
	close(fd);
	for (long child; n < WORKERS && (child = strtol(at, &at, 10)) > 0;)
		ret[n++] = (pid_t)child;
	return n;
}

static int expect_end(void)
{
	uint64_t end = clock_boottime_ns() + PATIENCE_S * NS_PER_S;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		assert(clock_boottime_ns() < end);
		usleep(10000);
	}
	return status;
}

static void begin(void)
{
	start();
	welcome_workers(WORKERS);
	expect_notification("READY=1");
}

static void stop(void)
{
	int status;

	assert(kill(pid, SIGTERM) == 0);
	expect_notification("STOPPING=1");
	status = expect_end();
	assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_it_gets_ready_serves_and_stops(void)
{
	begin();
	assert(is_serving());
	stop();
}

static void test_a_worker_that_dies_is_replaced(void)
{
	pid_t before[WORKERS], after[WORKERS];

	begin();
	assert(children(before) == WORKERS);
	assert(kill(before[0], SIGKILL) == 0);
	welcome_workers(1);
	assert(children(after) == WORKERS);
	assert(after[0] != before[0] && after[1] != before[0]);
	for (int i = 0; i < 10; i++)
		assert(is_serving());
	stop();
}

static void expect_other_workers(const pid_t before[static WORKERS])
{
	pid_t after[WORKERS];

	welcome_workers(WORKERS);
	assert(children(after) == WORKERS);
	for (int i = 0; i < WORKERS; i++)
		assert(after[i] != before[0] && after[i] != before[1]);
}

/* None is killed that nothing is known of. */
static void expect_peace(void)
{
	pid_t before[WORKERS], after[WORKERS];

	assert(children(before) == WORKERS);
	for (int i = 0; i < PEACE_STEPS; i++) {
		assert(is_serving());
		usleep(PEACE_STEP_US);
	}
	assert(children(after) == WORKERS && memcmp(before, after, sizeof(before)) == 0);
}

/* As a worker could do that is somebody else's by now: they all share that socket. */
static void test_t73_a_listening_socket_that_is_shut_down_listens_again(void)
{
	pid_t before[WORKERS];

	begin();
	assert(children(before) == WORKERS && is_serving());
	assert(shutdown(tcp, SHUT_RD) == 0);
	expect_other_workers(before);
	expect_peace();
	assert(ask_for_metrics() == 404);
	stop();
}

/* There is no way to make it listen again: what it costs is this socket, and no more. */
static void test_t73_a_unix_socket_that_is_shut_down_is_given_up_and_all_else_goes_on(void)
{
	static const int ways[] = { SHUT_RD, SHUT_RDWR };
	pid_t before[WORKERS];

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		begin();
		assert(children(before) == WORKERS && ask_for_metrics() == 404);
		assert(shutdown(metrics, ways[i]) == 0);
		expect_other_workers(before);
		assert(ask_for_metrics() == -ECONNREFUSED);
		assert(log_has("listening-socket-lost name=metrics "));
		expect_peace();
		stop();
	}
}

/* The service manager passes it on as the frontend before this one has left it. */
static void test_t73_a_unix_socket_that_was_shut_down_before_is_left_out(void)
{
	renew_metrics();
	assert(shutdown(metrics, SHUT_RD) == 0);
	start_with(tcp);
	welcome_workers(WORKERS);
	expect_notification("READY=1");
	assert(log_has("listening-socket-lost name=metrics "));
	expect_peace();
	stop();
}

/* It has nothing left to serve: its service manager is to know. */
static void test_t73_without_its_last_door_it_ends_and_does_not_start(void)
{
	_cleanup_(fd_closep) int s3 = listen_unix("s3", SOCK_STREAM);
	int status;

	renew_metrics();
	start_with(s3);
	welcome_workers(WORKERS);
	expect_notification("READY=1");
	assert(shutdown(s3, SHUT_RDWR) == 0);
	status = expect_end();
	assert(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE);
	start_with(s3);
	status = expect_end();
	assert(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE);
}

static void test_no_worker_survives_its_parent(void)
{
	pid_t workers[WORKERS];
	uint64_t end = clock_boottime_ns() + PATIENCE_S * NS_PER_S;

	begin();
	assert(children(workers) == WORKERS);
	assert(kill(pid, SIGKILL) == 0);
	expect_end();
	for (int i = 0; i < WORKERS; i++)
		while (kill(workers[i], 0) == 0) {
			assert(clock_boottime_ns() < end);
			usleep(10000);
		}
}

/* Somebody else's uid, or no socket at all: it says what is wrong and does not start. */
static void test_it_does_not_start_without_its_sockets(void)
{
	int status;

	pid = fork();
	assert(pid >= 0);
	if (pid == 0) {
		execle(program, program, "--authd", "a", "--stored", "b", "--confine", "degraded",
		       NULL, (char *[]){ NULL });
		_exit(127);
	}
	status = expect_end();
	assert(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	char command[64];

	assert(argc == 2 && mkdtemp(directory));
	program = argv[1];
	signal(SIGPIPE, SIG_IGN);
	tcp = listen_tcp();
	authd = listen_unix("authd", SOCK_SEQPACKET);
	stored = listen_unix("stored", SOCK_SEQPACKET);
	notify = listen_unix("notify", SOCK_DGRAM);
	test_it_gets_ready_serves_and_stops();
	test_a_worker_that_dies_is_replaced();
	test_t73_a_listening_socket_that_is_shut_down_listens_again();
	test_t73_a_unix_socket_that_is_shut_down_is_given_up_and_all_else_goes_on();
	test_t73_a_unix_socket_that_was_shut_down_before_is_left_out();
	test_t73_without_its_last_door_it_ends_and_does_not_start();
	test_no_worker_survives_its_parent();
	test_it_does_not_start_without_its_sockets();
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}
