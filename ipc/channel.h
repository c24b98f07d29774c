/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A channel is one end of a connected SOCK_SEQPACKET socket on a loop: whole messages come in
 * checked against the schema, direction and phase; messages go out through a bounded queue. Anything
 * off closes this one channel and every descriptor that came with it. Nobody ever blocks on a peer.
 * Small messages without descriptors that wait together share a packet: to send and to receive one costs
 * the kernel more than all that is done about the message here.
 *
 * Channels of a process share a group: it holds the buffers packets are received into, and the list
 * of channels with something to send. Call channel_group_flush() after each step of the loop, so
 * that all messages of a step go out with one system call a channel.
 */

#include "base/loop.h"
#include "ipc/message.h"

#define CHANNEL_QUEUE_MAX (8 * 1024 * 1024)	/* bytes waiting for one peer; then it is given up */
#define CHANNEL_QUEUE_HIGH (CHANNEL_QUEUE_MAX / 2)	/* over this nothing new is begun */
#define CHANNEL_RECEIVE_BATCH 8
#define CHANNEL_SEND_BATCH 32
#define CHANNEL_PACKET_FILL (16 * 1024)	/* bytes up to which small messages share a packet */

struct channel;

enum channel_end {
	CHANNEL_END_HANGUP,	/* the peer closed, or died */
	CHANNEL_END_VIOLATION,	/* the peer sent what it must not: say so loudly */
	CHANNEL_END_STUCK,	/* the peer does not read and its queue is full */
	CHANNEL_END_FAILURE,	/* our own: errno in `detail` */
};

#define CHANNEL_ENDS (CHANNEL_END_FAILURE + 1)

/* "hangup" and so on, for logs and metrics. */
const char *channel_end_name(enum channel_end end);

struct channel_handler {
	/*
	 * A sound message. Byte runs in it and fds are valid until this returns; a descriptor is kept
	 * by stealing it (steal_fd), what is left is closed. 0; CHANNEL_VIOLATION; or -errno: both end
	 * the channel.
	 */
	int (*message)(struct channel *c, const struct ipc_message *m, int *fds);

	/*
	 * The channel has ended by itself: it is closed already, its owner may free it here. `detail`
	 * is an enum ipc_fault for a violation found in a packet, 0 for one the handler found, or errno.
	 */
	void (*ended)(struct channel *c, enum channel_end end, int detail);
};

#define CHANNEL_VIOLATION 1

struct channel_group {
	struct channel *dirty;	/* those with something to send */
	uint8_t *packets;	/* CHANNEL_RECEIVE_BATCH of IPC_PACKET_MAX */
};

struct channel_packet {
	size_t at;
	size_t len;
	int fd;		/* -1 for none; owned */
};

struct channel {
	struct loop_source source;
	struct channel_group *group;
	const struct channel_handler *handler;
	enum ipc_direction incoming;
	enum ipc_phase phase;		/* its owner moves it from GREETING to READY */
	void *owner;
	struct buffer out;		/* packets end to end */
	struct channel_packet *queue;
	size_t n_queue, queue_size;
	size_t n_sent;			/* of the queue, already gone */
	struct channel *next_dirty;
	bool dirty;
};

must_check int channel_group_init(struct channel_group *g);
void channel_group_clear(struct channel_group *g);

/* Sends what waits, on every channel of the group. May end channels. */
void channel_group_flush(struct channel_group *g);

/* Takes fd, also on failure. */
must_check int channel_open(struct channel *c, struct channel_group *g, struct loop *l, int fd,
			    enum ipc_direction incoming, const struct channel_handler *handler,
			    void *owner);

/* Closes without calling `ended`; of a closed or zeroed channel it does nothing. */
void channel_close(struct channel *c);

static inline bool channel_is_open(const struct channel *c)
{
	return c->source.loop != NULL;
}

/*
 * True where so much waits that the rest of the queue is for what is under way: who lets strangers
 * begin something asks before, or enough of them at once would end the channel for everybody.
 */
static inline bool channel_is_crowded(const struct channel *c)
{
	return c->out.len > CHANNEL_QUEUE_HIGH;
}

/*
 * Queues a message; it goes out with the next flush. Takes fd (-1 for none) in every case. On a
 * closed channel this quietly does nothing: whoever waits for an answer hears of the end anyway.
 * -ENOBUFS: the queue is full, the channel will end as STUCK at the next flush.
 */
must_check int channel_send(struct channel *c, const struct ipc_message *m, int fd);
