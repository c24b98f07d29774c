/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/channel.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/hearing.h"

#undef NDEBUG
#include <assert.h>

/* One end under test on a loop, playing stored; the raw other end plays a worker. */
struct scene {
	struct loop loop;
	struct channel_group group;
	struct channel channel;
	int raw;
	int messages;
	uint64_t last_call;
	int kept_fd;
	int ended;
	enum channel_end end;
	int detail;
	int answer_with;
};

static int on_message(struct channel *c, const struct ipc_message *m, int *fds)
{
	struct scene *s = c->owner;

	s->messages++;
	if (m->number == IPC_COMMAND) {
		s->last_call = m->command.call;
		s->kept_fd = steal_fd(fds[0]);
	}
	if (m->number == IPC_NEXT)
		s->last_call = m->next.call;
	return s->answer_with;
}

static void on_end(struct channel *c, enum channel_end end, int detail)
{
	struct scene *s = c->owner;

	assert(!channel_is_open(c));
	s->ended++;
	s->end = end;
	s->detail = detail;
}

static const struct channel_handler handler = { on_message, on_end };

static void scene_init(struct scene *s, enum ipc_phase phase)
{
	int pair[2];

	*s = (struct scene){ .kept_fd = -1 };
	assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	s->raw = pair[1];
	assert(loop_init(&s->loop) == 0 && channel_group_init(&s->group) == 0);
	assert(channel_open(&s->channel, &s->group, &s->loop, pair[0],
			    IPC_FRONTEND_TO_STORED_DIRECTION, &handler, s) == 0);
	s->channel.phase = phase;
}

static void scene_clear(struct scene *s)
{
	channel_close(&s->channel);
	channel_group_clear(&s->group);
	loop_clear(&s->loop);
	fd_close(s->raw);
	fd_close(s->kept_fd);
}

static void scene_step(struct scene *s)
{
	assert(loop_step(&s->loop, 0) == 0);
	channel_group_flush(&s->group);
}

static int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void send_raw(int raw, struct span packet, const int *fds, unsigned int n)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)packet.data, packet.len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n * sizeof(int)),
						   .cmsg_level = SOL_SOCKET,
						   .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.header), fds, n * sizeof(int));
	}
	assert(sendmsg(raw, &m, MSG_NOSIGNAL) == (ssize_t)packet.len);
}

static void send_message(int raw, const struct ipc_message *m, const int *fds, unsigned int n)
{
	struct buffer b = BUFFER_INIT(IPC_PACKET_MAX);

	assert(ipc_encode(m, &b) == 0);
	send_raw(raw, buffer_span(&b), fds, n);
	buffer_clear(&b);
}

static const struct ipc_message next = { .number = IPC_NEXT, .next = { 7 } };
static const struct ipc_message command = { .number = IPC_COMMAND,
					    .command = { .call = 9, .grant = { "g", 1 } } };

static void test_messages_come_in_with_their_descriptors(void)
{
	struct scene s;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	scene_init(&s, IPC_PHASE_READY);
	send_message(s.raw, &command, &fd, 1);
	scene_step(&s);
	assert(s.messages == 1 && s.last_call == 9 && s.kept_fd >= 0 && !s.ended);
	assert(fcntl(s.kept_fd, F_GETFD) & FD_CLOEXEC);
	fd_close(fd);
	scene_clear(&s);
}

/* As they stand, end to end. */
static void send_together(int raw, const struct ipc_message *a, const struct ipc_message *b,
			  const int *fds, unsigned int n)
{
	struct buffer packet = BUFFER_INIT(IPC_PACKET_MAX);

	assert(ipc_encode(a, &packet) == 0 && ipc_encode(b, &packet) == 0);
	send_raw(raw, buffer_span(&packet), fds, n);
	buffer_clear(&packet);
}

static void test_messages_of_one_packet_come_in_one_after_the_other(void)
{
	const struct ipc_message last = { .number = IPC_NEXT, .next = { 8 } };
	struct scene s;

	scene_init(&s, IPC_PHASE_READY);
	send_together(s.raw, &next, &last, NULL, 0);
	scene_step(&s);
	assert(s.messages == 2 && s.last_call == 8 && !s.ended);
	scene_clear(&s);
}

static void test_t70_nothing_shares_a_packet_with_a_message_that_brings_descriptors(void)
{
	const struct ipc_message *const pairs[][2] = { { &command, &next }, { &next, &command } };
	static const int faults[] = { IPC_FAULT_SURPLUS, IPC_FAULT_DESCRIPTORS };

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct scene s;
		int fd = STDERR_FILENO, before;

		scene_init(&s, IPC_PHASE_READY);
		before = count_fds();
		send_together(s.raw, pairs[i][0], pairs[i][1], &fd, 1);
		scene_step(&s);
		assert(s.messages == 0 && s.ended == 1 && s.end == CHANNEL_END_VIOLATION);
		assert(s.detail == faults[i] && count_fds() == before - 1);
		scene_clear(&s);
	}
}

static void test_t70_what_is_behind_a_violation_in_its_packet_is_never_heard(void)
{
	const struct ipc_message enter = { .number = IPC_ENTER, .enter = { { "t", 1 } } };
	struct scene s;

	scene_init(&s, IPC_PHASE_READY);
	s.answer_with = CHANNEL_VIOLATION;
	send_together(s.raw, &next, &next, NULL, 0);
	scene_step(&s);
	assert(s.messages == 1 && s.ended == 1 && s.end == CHANNEL_END_VIOLATION);
	scene_clear(&s);
	/* Each is held against the phase that the one before it has left. */
	scene_init(&s, IPC_PHASE_GREETING);
	send_together(s.raw, &enter, &next, NULL, 0);
	scene_step(&s);
	assert(s.messages == 1 && s.ended == 1 && s.detail == IPC_FAULT_PHASE);
	scene_clear(&s);
}

static void test_small_messages_that_wait_together_go_out_in_one_packet(void)
{
	static uint8_t packet[IPC_PACKET_MAX];
	const struct ipc_message pipe = { .number = IPC_PIPE, .pipe = { 1 } };
	const struct ipc_message done = { .number = IPC_DONE, .done = { .call = 2 } };
	size_t alone, together;
	struct scene s;

	scene_init(&s, IPC_PHASE_READY);
	assert(channel_send(&s.channel, &done, -1) == 0);
	scene_step(&s);
	alone = (size_t)recv(s.raw, packet, sizeof(packet), MSG_DONTWAIT);
	for (int i = 0; i < 3; i++)
		assert(channel_send(&s.channel, &done, -1) == 0);
	assert(channel_send(&s.channel, &pipe, dup(STDERR_FILENO)) == 0);
	assert(channel_send(&s.channel, &done, -1) == 0);
	scene_step(&s);
	together = (size_t)recv(s.raw, packet, sizeof(packet), MSG_DONTWAIT);
	assert(together == 3 * alone);
	assert(recv(s.raw, packet, sizeof(packet), MSG_DONTWAIT) > 0 && packet[0] == IPC_PIPE);
	assert(recv(s.raw, packet, sizeof(packet), MSG_DONTWAIT) == (ssize_t)alone);
	scene_clear(&s);
}

static void test_t70_wrong_descriptor_counts_end_the_channel_and_leak_nothing(void)
{
	for (unsigned int n = 0; n <= 12; n++) {
		struct scene s;
		int fds[12], before;

		scene_init(&s, IPC_PHASE_READY);
		before = count_fds();
		for (unsigned int i = 0; i < n; i++)
			fds[i] = STDERR_FILENO;
		send_message(s.raw, &next, fds, n);
		scene_step(&s);
		if (n == 0) {
			assert(!s.ended && s.messages == 1);
		} else {
			assert(s.ended == 1 && s.end == CHANNEL_END_VIOLATION && !s.messages);
			assert(s.detail == IPC_FAULT_DESCRIPTORS);
			assert(count_fds() == before - 1);
		}
		scene_clear(&s);
	}
}

static void test_t70_a_violation_closes_what_came_behind_it(void)
{
	struct scene s;
	int before, fd = STDERR_FILENO;

	scene_init(&s, IPC_PHASE_READY);
	before = count_fds();
	send_raw(s.raw, SPAN("\xff\xff"), NULL, 0);
	for (int i = 0; i < 5; i++)
		send_message(s.raw, &command, &fd, 1);
	scene_step(&s);
	assert(s.ended == 1 && s.detail == IPC_FAULT_UNKNOWN && !s.messages);
	assert(count_fds() == before - 1);
	scene_clear(&s);
}

static void test_t70_an_oversized_packet_is_a_violation(void)
{
	static uint8_t large[IPC_PACKET_MAX + 1];
	struct scene s;

	scene_init(&s, IPC_PHASE_READY);
	send_raw(s.raw, (struct span){ large, sizeof(large) }, NULL, 0);
	scene_step(&s);
	assert(s.ended == 1 && s.end == CHANNEL_END_VIOLATION && s.detail == IPC_FAULT_TRUNCATED);
	scene_clear(&s);
}

static void test_a_message_of_another_phase_is_a_violation(void)
{
	struct scene s;

	scene_init(&s, IPC_PHASE_GREETING);
	send_message(s.raw, &next, NULL, 0);
	scene_step(&s);
	assert(s.ended == 1 && s.detail == IPC_FAULT_PHASE);
	scene_clear(&s);
}

static void test_a_handler_can_call_it_a_violation_or_fail(void)
{
	struct scene s;

	scene_init(&s, IPC_PHASE_READY);
	s.answer_with = CHANNEL_VIOLATION;
	send_message(s.raw, &next, NULL, 0);
	send_message(s.raw, &next, NULL, 0);
	scene_step(&s);
	assert(s.messages == 1 && s.ended == 1 && s.end == CHANNEL_END_VIOLATION && s.detail == 0);
	scene_clear(&s);

	scene_init(&s, IPC_PHASE_READY);
	s.answer_with = -ENOMEM;
	send_message(s.raw, &next, NULL, 0);
	scene_step(&s);
	assert(s.ended == 1 && s.end == CHANNEL_END_FAILURE && s.detail == ENOMEM);
	scene_clear(&s);
}

static void test_a_dead_peer_is_a_hangup_after_its_last_words(void)
{
	struct scene s;

	scene_init(&s, IPC_PHASE_READY);
	send_message(s.raw, &next, NULL, 0);
	s.raw = fd_close(s.raw);
	scene_step(&s);
	scene_step(&s);
	assert(s.messages == 1 && s.ended == 1 && s.end == CHANNEL_END_HANGUP);
	scene_clear(&s);
}

static void test_messages_go_out_whole_in_order_however_slow_the_peer(void)
{
	static uint8_t packet[IPC_PACKET_MAX];
	static const uint8_t body[20000];
	struct scene s;
	uint64_t expected = 0;

	scene_init(&s, IPC_PHASE_READY);
	for (uint64_t i = 0; i < 200; i++) {
		struct ipc_message m = { .number = IPC_OBJECT,
					 .object = { .call = i, .body = { body, sizeof(body) } } };

		assert(channel_send(&s.channel, &m, -1) == 0);
		if (i % 10 == 0)
			channel_group_flush(&s.group);
	}
	while (expected < 200) {
		struct ipc_message m;
		int r, none;

		r = hearing_next(s.raw, MSG_DONTWAIT, IPC_STORED_TO_FRONTEND_DIRECTION,
				 IPC_PHASE_READY, packet, &m, &none);
		if (r < 0) {
			assert(errno == EAGAIN);
			scene_step(&s);
			continue;
		}
		assert(r == 1);
		assert(m.object.call == expected++ && m.object.body.len == sizeof(body));
	}
	assert(!s.ended && s.channel.n_queue == 0);
	scene_clear(&s);
}

static void test_a_peer_that_never_reads_is_given_up_within_the_limit(void)
{
	static const uint8_t body[IPC_INLINE_MAX];
	struct ipc_message m = { .number = IPC_OBJECT, .object = { .body = { body, sizeof(body) } } };
	struct scene s;
	int r = 0, sent = 0;

	scene_init(&s, IPC_PHASE_READY);
	while (r == 0 && sent++ < 1000) {
		r = channel_send(&s.channel, &m, -1);
		channel_group_flush(&s.group);
	}
	assert(r == -ENOBUFS && sent < 1000);
	channel_group_flush(&s.group);
	assert(s.ended == 1 && s.end == CHANNEL_END_STUCK);
	assert(channel_send(&s.channel, &m, dup(STDERR_FILENO)) == 0);
	scene_clear(&s);
}

static void test_nothing_goes_out_behind_a_message_that_was_lost(void)
{
	static const uint8_t body[IPC_INLINE_MAX];
	struct ipc_message large = { .number = IPC_OBJECT, .object.body = { body, sizeof(body) } };
	struct ipc_message small = { .number = IPC_PIPE };
	struct scene s;
	int r = 0;

	scene_init(&s, IPC_PHASE_READY);
	assert(!channel_is_crowded(&s.channel));
	while (r == 0)
		r = channel_send(&s.channel, &large, -1);
	assert(r == -ENOBUFS && channel_is_crowded(&s.channel));
	for (int i = 0; i < 3; i++)
		assert(channel_send(&s.channel, &small, -1) == -ENOBUFS);
	channel_group_flush(&s.group);
	assert(s.ended == 1 && s.end == CHANNEL_END_STUCK);
	scene_clear(&s);
}

static void test_queued_descriptors_are_closed_with_the_channel(void)
{
	struct ipc_message m = { .number = IPC_PIPE, .pipe = { 1 } };
	int before = count_fds();
	struct scene s;

	scene_init(&s, IPC_PHASE_READY);
	for (int i = 0; i < 10; i++)
		assert(channel_send(&s.channel, &m, dup(STDERR_FILENO)) == 0);
	scene_clear(&s);
	assert(count_fds() == before);
}

int main(void)
{
	test_messages_come_in_with_their_descriptors();
	test_messages_of_one_packet_come_in_one_after_the_other();
	test_t70_nothing_shares_a_packet_with_a_message_that_brings_descriptors();
	test_t70_what_is_behind_a_violation_in_its_packet_is_never_heard();
	test_small_messages_that_wait_together_go_out_in_one_packet();
	test_t70_wrong_descriptor_counts_end_the_channel_and_leak_nothing();
	test_t70_a_violation_closes_what_came_behind_it();
	test_t70_an_oversized_packet_is_a_violation();
	test_a_message_of_another_phase_is_a_violation();
	test_a_handler_can_call_it_a_violation_or_fail();
	test_a_dead_peer_is_a_hangup_after_its_last_words();
	test_messages_go_out_whole_in_order_however_slow_the_peer();
	test_a_peer_that_never_reads_is_given_up_within_the_limit();
	test_nothing_goes_out_behind_a_message_that_was_lost();
	test_queued_descriptors_are_closed_with_the_channel();
	return 0;
}
