/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG
#include "frontend/line.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2];

static void open_line(void)
{
	assert(line_open(ends) == 0);
}

static void close_line(void)
{
	close(ends[0]);
	close(ends[1]);
}

static void test_words_arrive_with_their_descriptors(void)
{
	enum line_word word;
	int pipe_fds[2], fd;
	char byte;

	open_line();
	assert(line_hear(ends[0], &word, &fd) == -EAGAIN);
	assert(line_say(ends[1], LINE_STORED, -1) == 0);
	assert(line_say(ends[1], LINE_READY, -1) == 0);
	assert(line_hear(ends[0], &word, &fd) == 0 && word == LINE_STORED && fd == -1);
	assert(line_hear(ends[0], &word, &fd) == 0 && word == LINE_READY && fd == -1);
	assert(pipe(pipe_fds) == 0);
	assert(line_say(ends[0], LINE_AUTHD, pipe_fds[1]) == 0);
	close(pipe_fds[1]);
	assert(line_hear(ends[1], &word, &fd) == 0 && word == LINE_AUTHD && fd >= 0);
	assert(write(fd, "x", 1) == 1 && read(pipe_fds[0], &byte, 1) == 1);
	close(fd);
	close(pipe_fds[0]);
	close_line();
}

static void test_end_of_the_other_is_heard(void)
{
	enum line_word word;
	int fd;

	open_line();
	close(ends[1]);
	assert(line_hear(ends[0], &word, &fd) == -ENOTCONN);
	close(ends[0]);
}

/* A worker may have been taken over: what it says beyond the three words is not even looked at. */
static void test_nonsense_is_no_word(void)
{
	static const char *const packets[] = { "x", "aa", "a longer text" };
	enum line_word word;
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
		open_line();
		assert(send(ends[1], packets[i], strlen(packets[i]), 0) > 0);
		assert(line_hear(ends[0], &word, &fd) == -EPROTO);
		close_line();
	}
}

int main(void)
{
	test_words_arrive_with_their_descriptors();
	test_end_of_the_other_is_heard();
	test_nonsense_is_no_word();
	return 0;
}
