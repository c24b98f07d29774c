/* SPDX-License-Identifier: Apache-2.0 */

/* What goes to a client who takes it as he likes. */

#undef NDEBUG
#include "frontend/outlet.h"

#include <assert.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

#define LARGE (4 * MIB)

static uint8_t large[LARGE], back[LARGE + 100];
static int client, ours;

static void open_pair(struct outlet *o)
{
	int pair[2];

	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	client = pair[0];
	ours = pair[1];
	assert(fd_set_nonblocking(client) == 0);
	outlet_init(o);
}

static void close_pair(struct outlet *o)
{
	outlet_clear(o);
	fd_close(client);
	close(ours);
}

/* Takes what is there, and then there is room, as the loop tells. */
static size_t take(struct outlet *o, size_t at)
{
	ssize_t n;

	while ((n = recv(client, back + at, sizeof(back) - at, 0)) > 0)
		at += (size_t)n;
	assert(n < 0 && errno == EAGAIN);
	o->writable = true;
	return at;
}

static void test_text_and_body_go_together(void)
{
	struct outlet o;

	open_pair(&o);
	assert(outlet_send(&o, ours, SPAN("head "), SPAN("body"), false) == OUTLET_SENT);
	assert(outlet_is_empty(&o) && o.sent == 9 && !o.text.data);
	assert(take(&o, 0) == 9 && memcmp(back, "head body", 9) == 0);
	close_pair(&o);
}

static void test_what_does_not_fit_goes_later_and_in_order(void)
{
	struct span body = { large, LARGE };
	struct outlet o;
	size_t n = 0;
	int r;

	open_pair(&o);
	r = outlet_send(&o, ours, SPAN("head "), body, false);
	assert(r == OUTLET_FULL && !o.writable && !outlet_is_empty(&o));
	/* Nobody has told of room: nothing is tried. */
	assert(outlet_flush(&o, ours, false) == OUTLET_FULL);
	while (r == OUTLET_FULL) {
		n = take(&o, n);
		r = outlet_flush(&o, ours, false);
	}
	n = take(&o, n);
	assert(r == OUTLET_SENT && outlet_is_empty(&o) && o.sent == n);
	assert(n == LARGE + 5 && memcmp(back, "head ", 5) == 0);
	assert(memcmp(back + 5, large, LARGE) == 0);
	close_pair(&o);
}

static void test_text_waits_for_text_before_it(void)
{
	struct outlet o;

	open_pair(&o);
	o.writable = false;
	assert(outlet_send(&o, ours, SPAN("first "), SPAN_NONE, false) == OUTLET_FULL);
	assert(outlet_send(&o, ours, SPAN("second "), SPAN("body"), false) == OUTLET_FULL);
	o.writable = true;
	assert(outlet_flush(&o, ours, false) == OUTLET_SENT && !o.text.data);
	assert(take(&o, 0) == 17 && memcmp(back, "first second body", 17) == 0);
	close_pair(&o);
}

static void test_files_go_piece_by_piece(void)
{
	int file = memfd_create("blob", MFD_CLOEXEC);
	struct outlet o;
	size_t len, n;

	assert(file >= 0 && write(file, "xxhello", 7) == 7);
	open_pair(&o);
	assert(outlet_send_file(&o, ours, file, 2, 3, &len) == OUTLET_SENT && len == 3);
	assert(outlet_send_file(&o, ours, file, 5, 100, &len) == OUTLET_SENT && len == 2);
	assert(outlet_send_file(&o, ours, file, 7, 1, &len) == -ENODATA);
	n = take(&o, 0);
	assert(n == 5 && o.sent == 5 && memcmp(back, "hello", 5) == 0);
	close(file);
	close_pair(&o);
}

static void test_a_client_that_is_gone_is_an_error(void)
{
	struct outlet o;

	open_pair(&o);
	client = fd_close(client);
	assert(outlet_send(&o, ours, SPAN("head"), SPAN_NONE, false) == -EPIPE);
	close_pair(&o);
}

static void test_what_was_not_taken_is_known(void)
{
	struct outlet o;

	open_pair(&o);
	assert(outlet_unacknowledged(ours) == 0);
	assert(outlet_send(&o, ours, SPAN("head"), SPAN_NONE, false) == OUTLET_SENT);
	assert(outlet_unacknowledged(ours) > 0);
	take(&o, 0);
	assert(outlet_unacknowledged(ours) == 0);
	close_pair(&o);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < LARGE; i++)
		large[i] = (uint8_t)(i * 2654435761u >> 13);
	test_text_and_body_go_together();
	test_what_does_not_fit_goes_later_and_in_order();
	test_text_waits_for_text_before_it();
	test_files_go_piece_by_piece();
	test_a_client_that_is_gone_is_an_error();
	test_what_was_not_taken_is_known();
	return 0;
}
