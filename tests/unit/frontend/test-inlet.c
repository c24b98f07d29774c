/* SPDX-License-Identifier: Apache-2.0 */

/* What comes from a client, and what is kept of it. */

#undef NDEBUG
#include "frontend/inlet.h"

#include <assert.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t room[INLET_PIECE];
static int client, ours;

static void open_pair(struct inlet *in)
{
	int pair[2];

	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	client = pair[0];
	ours = pair[1];
	inlet_init(in);
}

static void close_pair(struct inlet *in)
{
	inlet_clear(in);
	close(client);
	close(ours);
}

/* As the loop tells of it. */
static void say(struct inlet *in, const char *text)
{
	assert(send(client, text, strlen(text), 0) == (ssize_t)strlen(text));
	in->readable = true;
}

static int hear(struct inlet *in, size_t most, struct span *ret)
{
	return inlet_read(in, ours, room, most, ret);
}

static void test_nothing_is_received_that_was_not_told_of(void)
{
	struct inlet in;
	struct span s;

	open_pair(&in);
	assert(hear(&in, INLET_PIECE, &s) == INLET_DRY);
	assert(send(client, "x", 1, 0) == 1);
	assert(hear(&in, INLET_PIECE, &s) == INLET_DRY);
	in.readable = true;
	assert(hear(&in, INLET_PIECE, &s) == INLET_BYTES && span_equal(s, SPAN("x")));
	assert(inlet_keep(&in, span_skip(s, 1)) == 0);
	/* With less than there was room for, it is known to be empty. */
	assert(!in.readable && !inlet_is_promising(&in));
	in.readable = true;
	assert(hear(&in, INLET_PIECE, &s) == INLET_DRY && !in.readable);
	close_pair(&in);
}

static void test_what_was_used_costs_no_memory(void)
{
	struct inlet in;
	struct span s;

	open_pair(&in);
	say(&in, "hello");
	assert(hear(&in, INLET_PIECE, &s) == INLET_BYTES);
	assert(inlet_keep(&in, span_skip(s, s.len)) == 0 && !in.kept.data);
	say(&in, "hello");
	assert(hear(&in, INLET_PIECE, &s) == INLET_BYTES);
	assert(inlet_keep(&in, span_skip(s, 2)) == 0 && in.kept.data);
	assert(hear(&in, INLET_PIECE, &s) == INLET_BYTES && span_equal(s, SPAN("llo")));
	assert(inlet_keep(&in, span_skip(s, s.len)) == 0 && !in.kept.data);
	close_pair(&in);
}

static void test_what_is_not_enough_gets_more_behind_it(void)
{
	struct inlet in;
	struct span s;

	open_pair(&in);
	say(&in, "xxhel");
	assert(hear(&in, INLET_PIECE, &s) == INLET_BYTES);
	assert(inlet_keep(&in, s) == 0);
	assert(hear(&in, INLET_PIECE, &s) == INLET_BYTES);
	assert(inlet_keep(&in, span_skip(s, 2)) == 0);
	assert(inlet_read_more(&in, ours, &s) == INLET_DRY);
	say(&in, "lo");
	assert(inlet_read_more(&in, ours, &s) == INLET_BYTES && span_equal(s, SPAN("hello")));
	assert(inlet_keep(&in, span_skip(s, 4)) == 0);
	assert(hear(&in, INLET_PIECE, &s) == INLET_BYTES && span_equal(s, SPAN("o")));
	close_pair(&in);
}

static void test_an_end_is_found_behind_the_last_bytes(void)
{
	struct inlet in;
	struct span s;

	open_pair(&in);
	say(&in, "bye");
	assert(shutdown(client, SHUT_WR) == 0);
	in.ended = true;
	assert(hear(&in, INLET_PIECE, &s) == INLET_BYTES && span_equal(s, SPAN("bye")));
	assert(inlet_keep(&in, span_skip(s, s.len)) == 0);
	assert(hear(&in, INLET_PIECE, &s) == INLET_ENDED);
	assert(hear(&in, INLET_PIECE, &s) == INLET_ENDED);
	close_pair(&in);
}

static void test_what_is_kept_is_bounded(void)
{
	static uint8_t bytes[INLET_PIECE];
	struct inlet in;
	struct span s;
	int r = 0;

	open_pair(&in);
	assert(inlet_keep(&in, (struct span){ bytes, sizeof(bytes) }) == 0);
	for (int i = 0; i < 10 && r == 0; i++) {
		say(&in, "more");
		r = inlet_read_more(&in, ours, &s);
		if (r == 0)
			assert(inlet_keep(&in, s) == 0);
	}
	assert(r == -EMSGSIZE);
	close_pair(&in);
}

/* Of requests that are sent before the last one's answer, which may be long in coming. */
static void test_less_is_received_where_a_head_is_to_come(void)
{
	static uint8_t bytes[INLET_PIECE];
	struct inlet in;
	struct span s;

	open_pair(&in);
	assert(send(client, bytes, sizeof(bytes), 0) == sizeof(bytes));
	in.readable = true;
	assert(hear(&in, INLET_HEAD_PIECE, &s) == INLET_BYTES && s.len == INLET_HEAD_PIECE);
	assert(inlet_keep(&in, SPAN("")) == 0 && in.readable);
	assert(hear(&in, INLET_PIECE, &s) == INLET_BYTES);
	assert(s.len == sizeof(bytes) - INLET_HEAD_PIECE && !in.readable);
	close_pair(&in);
}

int main(void)
{
	test_nothing_is_received_that_was_not_told_of();
	test_what_was_used_costs_no_memory();
	test_what_is_not_enough_gets_more_behind_it();
	test_an_end_is_found_behind_the_last_bytes();
	test_what_is_kept_is_bounded();
	test_less_is_received_where_a_head_is_to_come();
	return 0;
}
