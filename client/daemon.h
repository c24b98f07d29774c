/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What each of the three daemons is called: by operators, in the settings, in authd's answers. */

#include "client/setting.h"

/* In the order of starting. */
enum daemon {
	DAEMON_AUTHD,
	DAEMON_STORED,
	DAEMON_FRONTEND,
	DAEMONS,
};

struct daemon_row {
	const char *name;		/* "authd" */
	const char *program;		/* "coffer-authd" */
	const char *pid;		/* the member of authd's answer to `status` that has its pid */
	enum setting_daemon setting;	/* its bit in a setting's row */
};

extern const struct daemon_row daemons[DAEMONS];
