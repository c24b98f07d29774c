/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * coffer.conf, as who knows systemd's files expects it: `key = value` under `[section]`, `#` before
 * what is not meant. Behind the file come those of the directory FILE.d that end in `.conf`, in the
 * order of their names. Of a setting that may be given several times each line adds to those
 * before, a line may have several values with blanks between them, and one without any forgets
 * all of them; of the others the last line holds. Lines are as long as libinih has room for, 198
 * bytes.
 */

#include <limits.h>

#include "client/values.h"

#define CONFIG_FILE "/etc/coffer/coffer.conf"

/*
 * Which service has that admin socket: "coffer@x" of "/run/coffer@x/authd-admin.sock". Its file is
 * /etc/NAME/coffer.conf. False where it is none's.
 */
must_check bool config_service_of(const char *socket, char ret_name[static NAME_MAX + 1]);

enum config_outcome {
	CONFIG_OK = 0,
	CONFIG_WRONG,	/* *why says what, and in which line of which file */
};

/* Adds to *v. `file` is CONFIG_FILE, if there is one, where it is NULL. */
must_check int config_read(const char *file, struct values *v, struct complaint *why);

/* The same, and no file is as good as an empty one; its directory may be there all the same. */
must_check int config_read_if_there(const char *file, struct values *v, struct complaint *why);
