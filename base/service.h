/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The two words a service and its manager exchange: sockets passed in (sd_listen_fds(3)) and
 * notifications sent back (sd_notify(3)). Both protocols are stable and documented; this speaks
 * them without libsystemd.
 */

#include "base/defs.h"

#define SERVICE_LISTEN_MAX 32

/*
 * How a service ends whose settings are wrong: with the same ones it would fare no better, and its
 * unit does not start it again. What may pass by itself ends with EXIT_FAILURE.
 */
#define SERVICE_EXIT_WRONG 2

struct service_sockets {
	int n;
	int fds[SERVICE_LISTEN_MAX];
	char names[SERVICE_LISTEN_MAX][64];
};

/*
 * Takes the sockets in LISTEN_FDS with their LISTEN_FDNAMES, close-on-exec and non-blocking, and
 * clears the variables. -EINVAL: the variables do not fit together.
 */
must_check int service_take_sockets(struct service_sockets *ret);

/* The first socket of that name, or -1; it still belongs to *s. */
int service_socket(const struct service_sockets *s, const char *name);

/*
 * Connects to NOTIFY_SOCKET once, so that a confined process can go on using it. Returns the
 * descriptor, -ENOENT where nobody listens for notifications, or another -errno.
 */
must_check int service_notify_open(void);

/* Sends "READY=1" and the like; fd < 0 does nothing. What does not go through is lost. */
void service_notify(int fd, const char *state);
