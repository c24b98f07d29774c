/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The sockets of a server that runs: where they are, and streams to them. */

#include <limits.h>

#include "base/defs.h"

/*
 * Connects to a UNIX stream socket; each send and receive on it waits so long and no longer. Returns the
 * socket, or -errno.
 */
must_check int dial_stream(const char *path, unsigned int patience_s);

/* Where another socket of the same server is: beside its admin socket. Returns buf. */
const char *dial_beside(const char *admin_socket, const char *name, char buf[static PATH_MAX]);

/* Sends all of it. -EAGAIN: it took too long. */
must_check int dial_send(int fd, const char *bytes, size_t len);

/* The same with a descriptor along with the first byte; -1: none. */
must_check int dial_send_with(int fd, const char *bytes, size_t len, int file);
