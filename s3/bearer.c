/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/bearer.h"

struct span bearer_token(struct span authorization)
{
	struct span scheme, token = span_cut(span_trim(authorization), ' ', &scheme);

	if (span_is_none(token) || !span_equal_nocase(scheme, SPAN("bearer")))
		return SPAN_NONE;
	/* Not empty: the value does not end in blanks any more. */
	return span_trim(token);
}
