/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who is at the other end of a UNIX socket, and how to get one. An acceptor checks the uid; a
 * dialler relies on the socket's directory being root's, since SO_PEERCRED tells it who called
 * listen(), not who accepts.
 */

#include <sys/types.h>

#include "base/defs.h"

struct peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

must_check int peer_of(int fd, struct peer *ret);

/* Connects a SOCK_SEQPACKET socket, non-blocking once connected. Returns it or -errno. */
must_check int peer_dial(const char *path);

/* Accepts, close-on-exec and non-blocking. Returns it or -errno; -EAGAIN where nobody waits. */
must_check int peer_accept(int listen_fd);
