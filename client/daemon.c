/* SPDX-License-Identifier: Apache-2.0 */
#include "client/daemon.h"

const struct daemon_row daemons[DAEMONS] = {
	[DAEMON_AUTHD] = { "authd", "coffer-authd", "pid", SETTING_FOR_AUTHD },
	[DAEMON_STORED] = { "stored", "coffer-stored", "stored_pid", SETTING_FOR_STORED },
	[DAEMON_FRONTEND] = { "frontend", "coffer-frontend", "frontend_pid", SETTING_FOR_FRONTEND },
};
