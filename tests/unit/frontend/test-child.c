/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/child.h"

#undef NDEBUG
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "frontend/line.h"

#define PATIENCE_NS (10 * NS_PER_S)

static char directory[] = "/tmp/test-child-XXXXXX", path[64];
static struct loop loop;
static struct child child;
static int listener;

static int listen_at(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	assert(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 8) == 0);
	return fd;
}

static int wait_for_connection(void)
{
	uint64_t end = clock_boottime_ns() + PATIENCE_NS;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) < 0) {
		assert(errno == EAGAIN && clock_boottime_ns() < end);
		assert(loop_step(&loop, 10) == 0);
	}
	return fd;
}

static bool has_hung_up(int fd)
{
	uint64_t end = clock_boottime_ns() + PATIENCE_NS;
	char byte;

	while (recv(fd, &byte, 1, 0) != 0) {
		if (clock_boottime_ns() > end)
			return false;
		assert(loop_step(&loop, 10) == 0);
	}
	return true;
}

static bool is_alive(int fd)
{
	char byte;

	return recv(fd, &byte, 1, 0) < 0 && errno == EAGAIN;
}

/* A worker that is somebody else's: it collects channels, and closes none. */
static int collect(void *context, unsigned int slot, int line_fd)
{
	enum line_word word;
	int fd;

	for (;;) {
		if (line_say(line_fd, LINE_STORED, -1) < 0)
			return 1;
		while (line_hear(line_fd, &word, &fd) < 0)
			usleep(1000);
	}
}

static void be_told(void *context)
{
}

static void test_t73_a_worker_has_one_channel_to_a_peer_at_a_time(void)
{
	int channels[4];

	assert(child_start(&child) == 0);
	channels[0] = wait_for_connection();
	for (size_t i = 1; i < ARRAY_SIZE(channels); i++) {
		channels[i] = wait_for_connection();
		assert(has_hung_up(channels[i - 1]));
		close(channels[i - 1]);
	}
	close(channels[ARRAY_SIZE(channels) - 1]);
}

static void test_the_channel_of_a_worker_ends_with_it(void)
{
	int fd = wait_for_connection();

	assert(is_alive(fd));
	assert(kill(child.pid, SIGKILL) == 0);
	assert(waitpid(child.pid, NULL, 0) == child.pid);
	assert(child_ended(&child, false) == 0);
	assert(has_hung_up(fd));
	close(fd);
}

int main(void)
{
	struct child_config config = { .loop = &loop, .authd = path, .stored = path,
				       .serve = collect, .ready = be_told };

	assert(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/peer", directory);
	listener = listen_at();
	assert(loop_init(&loop) == 0);
	child_init(&child, &config);
	test_t73_a_worker_has_one_channel_to_a_peer_at_a_time();
	test_the_channel_of_a_worker_ends_with_it();
	loop_clear(&loop);
	close(listener);
	unlink(path);
	return rmdir(directory);
}
