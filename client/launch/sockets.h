/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The listening sockets. The launcher makes them before any daemon runs and keeps them while
 * daemons come and go, so that a connection made meanwhile waits instead of being refused.
 */

#include "client/address.h"
#include "client/complaint.h"

/*
 * A UNIX socket of `type` that listens at `path`, open to everyone: who may speak is decided by
 * looking at the peer's credentials. A socket file without a listener behind it is replaced; one
 * that still answers after SOCKETS_PATIENCE_MS is -EADDRINUSE.
 */
#define SOCKETS_PATIENCE_MS 2000
must_check int sockets_listen_unix(const char *path, int type, int *ret_fd, struct complaint *why);

/* A bound datagram socket at `path` that tells with each message who sent it. */
must_check int sockets_bind_notify(const char *path, int *ret_fd, struct complaint *why);

/* Listens on TCP; *ret_bound has the real port. */
must_check int sockets_listen_tcp(const char *option, const struct address *at, int *ret_fd,
				  struct address *ret_bound,
				  struct complaint *why);
