/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * stored's line to authd. It brings the hashes of chunks, and takes the seal key: each time stored
 * comes, a new one. Until it has acknowledged that, and from when it is gone, nothing is granted.
 */

#include "base/loop.h"
#include "ipc/message.h"

#define STORELINKS_MAX 4	/* a new one may come before the old one's end is seen */
#define STORELINK_GREETING_NS (5 * NS_PER_S)

struct authd;
struct storelink;

struct storelinks {
	struct storelink *first;
	struct storelink *current;	/* the one that was given the key in force */
	size_t n;
};

/* Takes fd in every case. LISTENER_FULL, or -errno. */
must_check int storelink_open(struct authd *a, int fd, pid_t pid);
void storelinks_close(struct authd *a);

/* Bytes that wait for stored. */
uint64_t storelinks_queued(const struct authd *a);

/* True while what is sealed opens at stored. */
bool storelinks_are_ready(const struct authd *a);

/* stored's; 0 while it is away. */
pid_t storelinks_pid(const struct authd *a);

/* Ends the line of the stored that is there: it comes again. There must be one. */
void storelink_drop(struct authd *a);

/* To the stored that was given the key in force; there must be one. As channel_send(). */
must_check int storelink_send(struct authd *a, const struct ipc_message *m);
