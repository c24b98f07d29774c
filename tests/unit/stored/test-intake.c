/* SPDX-License-Identifier: Apache-2.0 */

/* Bodies on the intake's threads, and the disk behind them that is slower than they are. */

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/engine-fixture.h"
#include "stored/intake.h"

#define LENGTH	 (3 * BODY_AHEAD_MAX + 1)
#define PIPE_MAX MIB /* whatever the kernel gave */
#define QUIET_MS 200

static struct fixture f;
static struct hash_methods methods;
static struct loop loop;
static struct mailbox mailbox;
static struct pool *writers;
static struct intake *intake;
static bool ended;

/* The writers' only thread stands here for as long as the gate is locked. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t busy;

static void wait_at_the_gate(struct task *t)
{
	pthread_barrier_wait(&busy);
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

static struct task doorman = { .run = wait_at_the_gate };

static void close_the_gate(void)
{
	pthread_barrier_init(&busy, NULL, 2);
	pthread_mutex_lock(&gate);
	assert(pool_submit(writers, &doorman, &f.tenant, TASK_LONG) == POOL_TAKEN);
	pthread_barrier_wait(&busy);
}

static void on_ended(struct task *t)
{
	ended = true;
}

static void begin(void)
{
	ended = false;
	fixture_begin(&f);
	assert(hash_methods_fetch(&methods) == 0);
	assert(loop_init(&loop) == 0 && mailbox_open(&mailbox, &loop) == 0);
	assert(pool_new("writer", 1, 16, NULL, &writers) == 0);
	assert(intake_new(1, writers, &intake) == 0);
}

static void finish(void)
{
	intake_stop(intake);
	writers = pool_free(writers);
	intake = intake_free(intake);
	mailbox_close(&mailbox);
	loop_clear(&loop);
	hash_methods_clear(&methods);
	fixture_end(&f);
}

static struct body *begin_body(int *ret_fd)
{
	struct body_terms terms = { .store = f.store,
				    .methods = &methods,
				    .tenant = f.tenant,
				    .wants.sha256 = true,
				    .length = LENGTH,
				    .most = LENGTH };
	struct body_notes notes = { .ended.run = on_ended, .mailbox = &mailbox };
	struct body *b;

	assert(body_new(&terms, &notes, &b, ret_fd) == 0);
	intake_add(intake, b);
	return b;
}

/* As much as is taken, until that is all or nothing is for a while. Returns how much. */
static uint64_t send_until_stuck(int fd, uint64_t from)
{
	static uint8_t piece[64 * KIB];
	struct pollfd p = { fd, POLLOUT, 0 };

	while (from < LENGTH && poll(&p, 1, QUIET_MS) == 1) {
		size_t len = (size_t)MIN(LENGTH - from, (uint64_t)sizeof(piece));
		ssize_t n;

		memset(piece, (int)(from >> 20), len);
		n = write(fd, piece, len);
		assert(n > 0 || errno == EAGAIN);
		from += n > 0 ? (uint64_t)n : 0;
	}
	return from;
}

static void wait_for_the_end(void)
{
	while (!ended)
		assert(loop_step(&loop, -1) == 0);
}

static void assert_same_hashes(const struct hashes *a, const struct hashes *b)
{
	assert(memcmp(a->md5, b->md5, sizeof(a->md5)) == 0);
	assert(memcmp(a->sha256, b->sha256, sizeof(a->sha256)) == 0);
	assert(memcmp(a->crc64.bytes, b->crc64.bytes, sizeof(a->crc64.bytes)) == 0);
}

static void test_t57_a_body_goes_no_further_ahead_of_the_disk_than_it_may(void)
{
	struct hasher_wants wants = { .sha256 = true };
	struct hashes expected;
	struct body *b;
	uint8_t *bytes;
	uint64_t sent;
	int fd;

	begin();
	close_the_gate();
	b = begin_body(&fd);
	sent = send_until_stuck(fd, 0);
	assert(sent >= BODY_AHEAD_MAX);
	assert(sent <= BODY_AHEAD_MAX + INTAKE_BUFFER_SIZE + PIPE_MAX);
	pthread_mutex_unlock(&gate);
	while (sent < LENGTH)
		sent = send_until_stuck(fd, sent);
	body_commit(b, LENGTH);
	wait_for_the_end();
	assert(b->end == BODY_WHOLE && b->received == LENGTH && !b->writing);
	/* So little is left to the flush at the end. */
	assert(b->received - b->written < BODY_PIECE);
	bytes = malloc(LENGTH);
	assert(bytes && fd_pread_all(blob_fd(b->blob), bytes, LENGTH, 0) == 0);
	assert(hash_bytes(&methods, &wants, (struct span){ bytes, LENGTH }, &expected) == 0);
	assert_same_hashes(&expected, &b->hashes);
	for (uint64_t at = 0; at < LENGTH; at += MIB / 2)
		assert(bytes[at] == (uint8_t)(at >> 20));
	assert(blob_finish(b->blob) == 0);
	free(bytes);
	close(fd);
	body_free(b);
	finish();
}

static void test_a_body_that_is_dropped_stays_until_its_piece_is_back(void)
{
	struct body *b;
	int fd;

	begin();
	close_the_gate();
	b = begin_body(&fd);
	assert(send_until_stuck(fd, 0) >= BODY_AHEAD_MAX);
	body_drop(b);
	/* The read end goes with the body; until then the pipe has somebody who reads. */
	for (int i = 0; i < 10; i++)
		assert(loop_step(&loop, 5) == 0 && !ended);
	pthread_mutex_unlock(&gate);
	wait_for_the_end();
	assert(b->end == BODY_DROPPED && !b->writing);
	close(fd);
	body_free(b);
	finish();
}

/* As where a disk that hangs has kept both for longer than a stop waits. */
static void test_a_piece_that_comes_back_when_the_intake_has_stopped_finds_it(void)
{
	struct body *b;
	int fd;

	begin();
	close_the_gate();
	b = begin_body(&fd);
	assert(send_until_stuck(fd, 0) >= BODY_AHEAD_MAX);
	intake_stop(intake);
	pthread_mutex_unlock(&gate);
	writers = pool_free(writers);
	assert(b->writing && !b->closed);
	close(fd);
	body_free(b);
	finish();
}

static void test_where_nobody_can_write_a_body_comes_in_all_the_same(void)
{
	struct task waiting[8];
	struct body *b;
	size_t n = 0;
	int fd;

	begin();
	close_the_gate();
	/* As many as one tenant may have waiting. */
	for (; n < ARRAY_SIZE(waiting); n++) {
		waiting[n] = (struct task){ .run = on_ended };
		assert(pool_submit(writers, &waiting[n], &f.tenant, TASK_LONG) == POOL_TAKEN);
	}
	b = begin_body(&fd);
	assert(send_until_stuck(fd, 0) == LENGTH);
	pthread_mutex_unlock(&gate);
	while (pool_waiting(writers))
		usleep(1000);
	ended = false;
	body_commit(b, LENGTH);
	wait_for_the_end();
	assert(b->end == BODY_WHOLE && blob_finish(b->blob) == 0);
	close(fd);
	body_free(b);
	finish();
}

#define FLOOD 8

static unsigned int n_over;

static void on_over(struct task *t)
{
	n_over++;
}

/* One that stays in memory. */
static struct body *begin_empty(const struct ipc_id *tenant, int *ret_fd)
{
	struct body_terms terms = { .store = f.store,
				    .methods = &methods,
				    .tenant = *tenant,
				    .length = MIB,
				    .most = MIB,
				    .head_limit = MIB };
	struct body_notes notes = { .ended.run = on_over, .mailbox = &mailbox };
	struct body *b;

	assert(body_new(&terms, &notes, &b, ret_fd) == 0);
	return b;
}

/* The same, with so much in its pipe as that takes. */
static struct body *begin_small(const struct ipc_id *tenant, uint64_t *ret_len)
{
	static const uint8_t piece[4 * KIB];
	struct body *b;
	ssize_t n;
	int fd;

	b = begin_empty(tenant, &fd);
	*ret_len = 0;
	while ((n = write(fd, piece, sizeof(piece))) > 0)
		*ret_len += (uint64_t)n;
	close(fd);
	return b;
}

static void test_t57_a_flood_of_bodies_does_not_come_before_another_tenants(void)
{
	struct ipc_id quiet = other_tenant();
	struct body *bodies[FLOOD + 1], *first;
	uint64_t lengths[FLOOD + 1], len;
	unsigned int sooner = 0;

	begin();
	n_over = 0;
	/* The intake's only thread stands here until all of them have come. */
	first = begin_small(&f.tenant, &len);
	pthread_mutex_lock(&first->lock);
	intake_add(intake, first);
	for (int i = 0; i <= FLOOD; i++) {
		bodies[i] = begin_small(i == FLOOD ? &quiet : &f.tenant, &lengths[i]);
		intake_add(intake, bodies[i]);
	}
	first->drop = true;
	pthread_mutex_unlock(&first->lock);
	for (int i = 0; i <= FLOOD; i++)
		body_commit(bodies[i], lengths[i]);
	while (n_over < FLOOD + 2)
		assert(loop_step(&loop, -1) == 0);
	for (int i = 0; i < FLOOD; i++)
		sooner += body_moved_ns(bodies[i]) < body_moved_ns(bodies[FLOOD]);
	/* It is the last that was given; and epoll does not tell of all of them at once. */
	assert(sooner <= FLOOD / 2);
	for (int i = 0; i <= FLOOD; i++) {
		assert(bodies[i]->end == BODY_WHOLE && bodies[i]->received == lengths[i]);
		body_free(bodies[i]);
	}
	body_free(first);
	finish();
}

static void wait_until_taken(int fd)
{
	int waiting = 1;

	while (waiting) {
		assert(ioctl(fd, FIONREAD, &waiting) == 0);
		usleep(1000);
	}
}

static void test_t73_what_waits_behind_what_was_committed_to_makes_it_no_object(void)
{
	static const uint8_t bytes[64];
	struct body *first, *b;
	uint64_t len;
	int fd;

	begin();
	n_over = 0;
	first = begin_small(&f.tenant, &len);
	b = begin_empty(&f.tenant, &fd);
	intake_add(intake, b);
	assert(write(fd, bytes, sizeof(bytes)) == sizeof(bytes));
	wait_until_taken(fd);
	/* The intake's only thread stands here until there is more, and b is committed. */
	pthread_mutex_lock(&first->lock);
	intake_add(intake, first);
	first->drop = true;
	usleep(QUIET_MS * 1000);
	assert(write(fd, bytes, 1) == 1);
	body_commit(b, sizeof(bytes));
	pthread_mutex_unlock(&first->lock);
	while (n_over < 2)
		assert(loop_step(&loop, -1) == 0);
	assert(b->end == BODY_LONG);
	close(fd);
	body_free(b);
	body_free(first);
	finish();
}

int main(void)
{
	RUN(test_t57_a_body_goes_no_further_ahead_of_the_disk_than_it_may);
	RUN(test_a_body_that_is_dropped_stays_until_its_piece_is_back);
	RUN(test_a_piece_that_comes_back_when_the_intake_has_stopped_finds_it);
	RUN(test_where_nobody_can_write_a_body_comes_in_all_the_same);
	RUN(test_t57_a_flood_of_bodies_does_not_come_before_another_tenants);
	RUN(test_t73_what_waits_behind_what_was_committed_to_makes_it_no_object);
	return 0;
}
