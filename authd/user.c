/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/user.h"

#include <sodium.h>

#include "base/clock.h"

static bool is_name_character(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c && strchr("+=,.@_-", c));
}

bool user_name_is_valid(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_name_character(span_bytes(s)[i]))
			return false;
	return s.len > 0 && s.len <= USER_NAME_MAX;
}

int user_new(struct tenant *t, struct span name, struct user **ret)
{
	struct user *u = calloc(1, sizeof(*u));

	if (!u)
		return -ENOMEM;
	u->tenant = t;
	u->created_ns = clock_realtime_ns();
	randombytes_buf(u->id.bytes, sizeof(u->id.bytes));
	memcpy(u->name, name.data, MIN(name.len, sizeof(u->name) - 1));
	*ret = u;
	return 0;
}

struct user *user_free(struct user *u)
{
	free(u);
	return NULL;
}
