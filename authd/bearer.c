/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/bearer.h"

#include "s3/bearer.h"
#include "s3/pairs.h"

/* The only field of that name. Of two, nobody knows which one somebody else would believe. */
static struct span find_authorization(const struct s3_head *head)
{
	struct span rest = head->fields, name, value, found = SPAN_NONE;

	while (pairs_next(&rest, &name, &value) == 1) {
		if (!span_equal_nocase(name, SPAN("authorization")))
			continue;
		if (!span_is_none(found))
			return SPAN_NONE;
		found = value;
	}
	return found;
}

int bearer_read(const struct s3_head *head, struct span *ret)
{
	struct span token = bearer_token(find_authorization(head));

	if (span_is_none(token))
		return S3_ERROR_REST_NOT_AUTHENTICATED;
	*ret = token;
	return 0;
}
