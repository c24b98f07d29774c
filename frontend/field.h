/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What may stand in a header field, on the way in as on the way out (RFC 9110, 5.5 and 5.6.2). */

#include "base/span.h"

/* A token: letters, digits and !#$%&'*+-.^_`|~, at least one. */
bool field_is_token(struct span name);

/* No control byte but the tab: nothing that ends a line or cuts a string. May be empty. */
bool field_is_clean(struct span value);
