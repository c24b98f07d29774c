/* SPDX-License-Identifier: Apache-2.0 */
#include "base/watchdog.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#undef NDEBUG
#include <assert.h>

#define PATIENCE_MS 40

static struct loop loop;
static int manager_fd, notify_fd;

static void open_all(void)
{
	int pair[2];

	assert(loop_init(&loop) == 0);
	assert(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	manager_fd = pair[0];
	notify_fd = pair[1];
}

static void close_all(void)
{
	fd_close(manager_fd);
	fd_close(notify_fd);
	loop_clear(&loop);
}

static bool was_told(void)
{
	char got[64] = { 0 };
	ssize_t n = recv(manager_fd, got, sizeof(got) - 1, 0);

	assert(n < 0 || strcmp(got, "WATCHDOG=1") == 0);
	return n > 0;
}

static void ask(const char *usec, int pid)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", pid);
	setenv("WATCHDOG_USEC", usec, 1);
	setenv("WATCHDOG_PID", text, 1);
}

static void test_a_loop_that_turns_says_so_within_the_time_asked_for(void)
{
	uint64_t from_ns = clock_boottime_ns();
	struct watchdog w;

	open_all();
	ask("40000", getpid());
	watchdog_start(&w, &loop, notify_fd);
	assert(was_told());
	for (int i = 0; i < 3; i++) {
		assert(loop_step(&loop, -1) == 0);
		assert(was_told() && !was_told());
	}
	/* Three halves of it, neither sooner nor without end. */
	assert(clock_boottime_ns() - from_ns >= 3 * PATIENCE_MS / 2 * NS_PER_MS);
	close_all();
}

static void test_nothing_is_said_to_who_does_not_ask(void)
{
	static const char *const bad[] = { "", "0", "1", "x", "-1", "18446744073709551615" };
	struct watchdog w;

	open_all();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ask(bad[i], getpid());
		watchdog_start(&w, &loop, notify_fd);
		assert(!w.timer.loop == (strcmp(bad[i], "1") != 0));
		loop_disarm(&w.timer);
	}
	while (was_told())
		;
	ask("40000", 1);
	watchdog_start(&w, &loop, notify_fd);
	assert(!w.timer.loop && !was_told());
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	watchdog_start(&w, &loop, notify_fd);
	assert(!w.timer.loop && !was_told());
	close_all();
}

int main(void)
{
	test_a_loop_that_turns_says_so_within_the_time_asked_for();
	test_nothing_is_said_to_who_does_not_ask();
	return 0;
}
