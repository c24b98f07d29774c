/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Users and groups as operators write them: by number, or by the name that the host knows. To look
 * a name up opens files, so it is done before a process gives that up.
 */

#include <sys/types.h>

#include "base/defs.h"

/* False for what is neither a name that exists nor a number that can be somebody's; leaves *ret. */
must_check bool account_uid(const char *text, uid_t *ret);
must_check bool account_gid(const char *text, gid_t *ret);
