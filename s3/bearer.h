/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The value of an Authorization field with a bearer token: `Bearer TOKEN` (RFC 6750, 2.1). */

#include "base/span.h"

/*
 * The token's text, borrowed from the value; the scheme is read in any case. SPAN_NONE where there
 * is no value, it is of another scheme, or the token is empty.
 */
struct span bearer_token(struct span authorization);
