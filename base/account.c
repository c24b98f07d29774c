/* SPDX-License-Identifier: Apache-2.0 */
#include "base/account.h"

#include <grp.h>
#include <pwd.h>

#include "base/span.h"

/* -1 is nobody's id: the kernel takes it for "do not change". */
static bool take_number(const char *text, id_t *ret)
{
	uint64_t n;

	if (!span_to_u64(span_from_string(text), &n) || n >= UINT32_MAX)
		return false;
	*ret = (id_t)n;
	return true;
}

bool account_uid(const char *text, uid_t *ret)
{
	const struct passwd *user;

	if (take_number(text, ret))
		return true;
	user = getpwnam(text);
	if (user)
		*ret = user->pw_uid;
	return user;
}

bool account_gid(const char *text, gid_t *ret)
{
	const struct group *group;

	if (take_number(text, ret))
		return true;
	group = getgrnam(text);
	if (group)
		*ret = group->gr_gid;
	return group;
}
