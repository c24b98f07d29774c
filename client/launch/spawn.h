/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "client/launch/command.h"

/*
 * Starts the program as a service manager would: its sockets from descriptor 3 on, LISTEN_PID in
 * the environment, /dev/null as input, its output on our stderr, a process group of its own, no
 * signal blocked or ignored, and nothing else of ours. The kernel kills it when we die. Returns
 * once the program runs; what kept it from running is -errno.
 */
must_check int spawn(const struct command *c, pid_t *ret_pid, int *ret_pidfd);
