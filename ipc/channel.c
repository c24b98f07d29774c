/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/channel.h"

#include <sys/socket.h>

#include "base/fd.h"

/* More than any message carries, so that a surplus is seen and closed rather than cut off. */
#define CHANNEL_FDS_MAX 8
#define CHANNEL_QUEUE_FIRST 16

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(CHANNEL_FDS_MAX * sizeof(int))];
};

const char *channel_end_name(enum channel_end end)
{
	switch (end) {
	case CHANNEL_END_HANGUP:
		return "hangup";
	case CHANNEL_END_VIOLATION:
		return "violation";
	case CHANNEL_END_STUCK:
		return "stuck";
	case CHANNEL_END_FAILURE:
		return "failure";
	}
	return "unknown";
}

int channel_group_init(struct channel_group *g)
{
	*g = (struct channel_group){ 0 };
	/* Pages are touched only by packets that large, so this costs address space, not memory. */
	g->packets = malloc((size_t)CHANNEL_RECEIVE_BATCH * IPC_PACKET_MAX);
	return g->packets ? 0 : -ENOMEM;
}

void channel_group_clear(struct channel_group *g)
{
	free(g->packets);
	*g = (struct channel_group){ 0 };
}

static void leave_dirty_list(struct channel *c)
{
	struct channel **at;

	if (!c->dirty)
		return;
	for (at = &c->group->dirty; *at != c; at = &(*at)->next_dirty)
		;
	*at = c->next_dirty;
	c->dirty = false;
}

static void enter_dirty_list(struct channel *c)
{
	if (c->dirty)
		return;
	c->next_dirty = c->group->dirty;
	c->group->dirty = c;
	c->dirty = true;
}

void channel_close(struct channel *c)
{
	if (!channel_is_open(c))
		return;
	leave_dirty_list(c);
	loop_remove(&c->source);
	c->source.fd = fd_close(c->source.fd);
	for (size_t i = c->n_sent; i < c->n_queue; i++)
		fd_close(c->queue[i].fd);
	free(c->queue);
	c->queue = NULL;
	c->n_queue = c->n_sent = c->queue_size = 0;
	buffer_clear(&c->out);
}

static void channel_finish(struct channel *c, enum channel_end end, int detail)
{
	channel_close(c);
	c->handler->ended(c, end, detail);
}

/* --- receiving --------------------------------------------------------------------------------- */

/* Takes the descriptors out of a control message; returns how many. */
static unsigned int take_fds(struct msghdr *header, int fds[static CHANNEL_FDS_MAX])
{
	unsigned int n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		size_t len;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		len = MIN(c->cmsg_len - CMSG_LEN(0), (CHANNEL_FDS_MAX - n) * sizeof(int));
		memcpy(fds + n, CMSG_DATA(c), len);
		n += (unsigned int)(len / sizeof(int));
	}
	return n;
}

static void close_fds(int *fds, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		fds[i] = fd_close(fds[i]);
}

/* One after the other, each in the phase that the one before it has left. 0, or what ends the channel. */
static int receive_messages(struct channel *c, struct span packet, int *fds, unsigned int n_fds,
			    int *ret_fault)
{
	struct ipc_message m;
	int r;

	do {
		*ret_fault = ipc_decode(c->incoming, c->phase, &packet, n_fds, &m);
		r = *ret_fault ? CHANNEL_VIOLATION : c->handler->message(c, &m, fds);
	} while (r == 0 && packet.len && channel_is_open(c));
	return r;
}

/* One packet. 0: go on; 1: the channel has ended. */
static int receive_packet(struct channel *c, struct mmsghdr *m)
{
	struct span packet = { m->msg_hdr.msg_iov->iov_base, m->msg_len };
	int fds[CHANNEL_FDS_MAX], fault = 0, r;
	unsigned int n_fds = take_fds(&m->msg_hdr, fds);

	/* A packet of no bytes is how SOCK_SEQPACKET says the peer is gone; no message is that short. */
	if (m->msg_len == 0 && n_fds == 0) {
		channel_finish(c, CHANNEL_END_HANGUP, 0);
		return 1;
	}
	if (m->msg_hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		fault = m->msg_hdr.msg_flags & MSG_TRUNC ? IPC_FAULT_TRUNCATED : IPC_FAULT_DESCRIPTORS;
		r = CHANNEL_VIOLATION;
	} else {
		r = receive_messages(c, packet, fds, n_fds, &fault);
	}
	close_fds(fds, n_fds);
	if (r == 0)
		return 0;
	channel_finish(c, r > 0 ? CHANNEL_END_VIOLATION : CHANNEL_END_FAILURE, r > 0 ? fault : -r);
	return 1;
}

/* Closes the descriptors of packets that came behind the one that ended the channel. */
static void drop_packets(struct mmsghdr *m, int n)
{
	for (int i = 0; i < n; i++) {
		int fds[CHANNEL_FDS_MAX];

		close_fds(fds, take_fds(&m[i].msg_hdr, fds));
	}
}

static void channel_receive(struct channel *c)
{
	struct mmsghdr m[CHANNEL_RECEIVE_BATCH] = { 0 };
	union control control[CHANNEL_RECEIVE_BATCH];
	struct iovec iov[CHANNEL_RECEIVE_BATCH];
	int n;

	for (int i = 0; i < CHANNEL_RECEIVE_BATCH; i++) {
		iov[i] = (struct iovec){ c->group->packets + (size_t)i * IPC_PACKET_MAX, IPC_PACKET_MAX };
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i],
						.msg_iovlen = 1,
						.msg_control = &control[i],
						.msg_controllen = sizeof(control[i]) };
	}
	n = recvmmsg(c->source.fd, m, CHANNEL_RECEIVE_BATCH, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, NULL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		channel_finish(c, errno == ECONNRESET ? CHANNEL_END_HANGUP : CHANNEL_END_FAILURE, errno);
		return;
	}
	for (int i = 0; i < n; i++) {
		bool ended = receive_packet(c, &m[i]);

		/* A handler may close the channel, or free it with its owner, only by ending it: what it
		 * did to itself is told by the result, so c is not touched behind an end. */
		if (ended || !channel_is_open(c)) {
			drop_packets(m + i + 1, n - i - 1);
			return;
		}
	}
}

/* --- sending ----------------------------------------------------------------------------------- */

static void fill_header(struct channel *c, const struct channel_packet *p, struct mmsghdr *m,
			struct iovec *iov, union control *control)
{
	*iov = (struct iovec){ c->out.data + p->at, p->len };
	m->msg_hdr = (struct msghdr){ .msg_iov = iov, .msg_iovlen = 1 };
	if (p->fd < 0)
		return;
	m->msg_hdr.msg_control = control;
	m->msg_hdr.msg_controllen = CMSG_SPACE(sizeof(int));
	control->header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
					    .cmsg_level = SOL_SOCKET,
					    .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control->header), &p->fd, sizeof(int));
}

/* Sends up to a batch. 1: something went; 0: the socket is full; -errno. */
static int send_batch(struct channel *c)
{
	struct mmsghdr m[CHANNEL_SEND_BATCH] = { 0 };
	union control control[CHANNEL_SEND_BATCH];
	struct iovec iov[CHANNEL_SEND_BATCH];
	size_t waiting = MIN(c->n_queue - c->n_sent, (size_t)CHANNEL_SEND_BATCH);
	int n;

	for (size_t i = 0; i < waiting; i++)
		fill_header(c, &c->queue[c->n_sent + i], &m[i], &iov[i], &control[i]);
	n = sendmmsg(c->source.fd, m, (unsigned int)waiting, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno == EINTR)
		return 1;
	/* ETOOMANYREFS: this user has too many descriptors in flight; they drain as peers read. */
	if (n < 0 && (errno == EAGAIN || errno == ETOOMANYREFS))
		return 0;
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		struct channel_packet *p = &c->queue[c->n_sent++];

		p->fd = fd_close(p->fd);
	}
	return 1;
}

/* Gives the room of sent packets back, so that a queue that is never quite empty does not grow. */
static void forget_sent(struct channel *c)
{
	size_t left = c->n_queue - c->n_sent, from = left ? c->queue[c->n_sent].at : c->out.len;

	if (from * 2 < c->out.len)
		return;
	if (left)
		memmove(c->out.data, c->out.data + from, c->out.len - from);
	for (size_t i = 0; i < left; i++) {
		c->queue[i] = c->queue[c->n_sent + i];
		c->queue[i].at -= from;
	}
	c->out.len -= from;
	c->n_queue = left;
	c->n_sent = 0;
}

static void channel_flush(struct channel *c)
{
	int r = 1;

	if (c->out.error) {
		channel_finish(c, CHANNEL_END_STUCK, 0);
		return;
	}
	while (r > 0 && c->n_sent < c->n_queue)
		r = send_batch(c);
	if (r < 0) {
		channel_finish(c, r == -EPIPE || r == -ECONNRESET ? CHANNEL_END_HANGUP : CHANNEL_END_FAILURE,
			       -r);
		return;
	}
	forget_sent(c);
	r = loop_change(&c->source, c->n_queue ? EPOLLIN | EPOLLOUT : EPOLLIN);
	if (r < 0)
		channel_finish(c, CHANNEL_END_FAILURE, -r);
}

void channel_group_flush(struct channel_group *g)
{
	while (g->dirty) {
		struct channel *c = g->dirty;

		leave_dirty_list(c);
		channel_flush(c);
	}
}

static int queue_grow(struct channel *c)
{
	size_t size = c->queue_size ? c->queue_size * 2 : CHANNEL_QUEUE_FIRST;
	struct channel_packet *queue;

	if (c->n_queue < c->queue_size)
		return 0;
	queue = realloc(c->queue, size * sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	c->queue = queue;
	c->queue_size = size;
	return 0;
}

/* The last packet, where what was just appended can go with it. */
static struct channel_packet *find_company(struct channel *c, size_t len, int fd)
{
	struct channel_packet *last = c->n_queue > c->n_sent ? &c->queue[c->n_queue - 1] : NULL;

	return last && last->fd < 0 && fd < 0 && last->len + len <= CHANNEL_PACKET_FILL ? last : NULL;
}

int channel_send(struct channel *c, const struct ipc_message *m, int fd)
{
	_cleanup_(fd_closep) int own = fd;
	struct channel_packet *company;
	size_t at = c->out.len, len;
	int r;

	if (!channel_is_open(c))
		return 0;
	/* Nothing may go out behind what was lost, however small. */
	if (c->out.error)
		return c->out.error;
	r = queue_grow(c);
	if (r < 0)
		return r;
	enter_dirty_list(c);
	r = ipc_encode(m, &c->out);
	if (r == -EMSGSIZE && c->out.len + IPC_PACKET_MAX > CHANNEL_QUEUE_MAX) {
		c->out.error = -ENOBUFS;
		return -ENOBUFS;
	}
	if (r < 0)
		return r;
	len = c->out.len - at;
	company = find_company(c, len, own);
	if (company)
		company->len += len;
	else
		c->queue[c->n_queue++] = (struct channel_packet){ at, len, steal_fd(own) };
	return 0;
}

/* --- life -------------------------------------------------------------------------------------- */

static int channel_ready(struct loop_source *s, uint32_t events)
{
	struct channel *c = (struct channel *)((char *)s - offsetof(struct channel, source));

	if (events & EPOLLOUT)
		enter_dirty_list(c);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		channel_receive(c);
	return 0;
}

int channel_open(struct channel *c, struct channel_group *g, struct loop *l, int fd,
		 enum ipc_direction incoming, const struct channel_handler *handler, void *owner)
{
	int r;

	*c = (struct channel){ .source = { .fd = fd, .ready = channel_ready },
			       .group = g,
			       .handler = handler,
			       .incoming = incoming,
			       .phase = IPC_PHASE_GREETING,
			       .owner = owner,
			       .out = BUFFER_INIT(CHANNEL_QUEUE_MAX) };
	r = loop_add(l, &c->source, EPOLLIN);
	if (r < 0)
		c->source.fd = fd_close(c->source.fd);
	return r;
}
