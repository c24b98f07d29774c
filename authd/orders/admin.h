/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The admin socket: one JSON object a line comes in, one goes out, in order. A connection's next
 * line is read when the one before is answered. Who may connect is decided by uid and gid. A file that an
 * order takes comes with its line, as a descriptor.
 */

#include "authd/listener.h"

#define ADMIN_CONNECTIONS_MAX 16
#define ADMIN_LINE_MAX (1 * MIB)		/* a list of tokens to import fits */
#define ADMIN_ANSWER_MAX (64 * MIB)		/* lists are the long ones */
#define ADMIN_IDLE_NS (300 * NS_PER_S)		/* between lines, or while nobody reads an answer */

struct authd;
struct admin_connection;

struct admin {
	struct authd *authd;
	struct listener listener;
	struct admin_connection *first;
	size_t n;
};

void admin_init(struct admin *admin, struct authd *a);
void admin_clear(struct admin *admin);

/* Takes fd. */
must_check int admin_listen(struct admin *admin, int fd);

/* Takes fd in every case. LISTENER_FULL, or -errno. */
must_check int admin_open(struct admin *admin, int fd, const struct peer *p);
