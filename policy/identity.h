/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who the process is: ids that it cannot leave again, and no capability in any of its sets. Call
 * while single-threaded.
 */

#include <sys/types.h>

#include "base/defs.h"

#define IDENTITY_KEEP ((uid_t)-1)

/*
 * Becomes uid and gid, without supplementary groups, gives up every capability, and makes sure that
 * there is no way back. IDENTITY_KEEP for both: only the capabilities go. The signal that announces
 * the parent's death stays as it was; -ESRCH: the parent went meanwhile.
 */
must_check int identity_drop(uid_t uid, gid_t gid);
