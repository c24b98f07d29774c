/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Percent-encoding, in the forms that signatures and listings ask for, and back. */

#include "base/buffer.h"

/*
 * As SigV4 wants it: everything but A-Z a-z 0-9 - . _ ~ becomes %XX in upper case; slashes stay in
 * paths (`keep_slashes`) and are encoded in queries.
 */
void uri_encode(struct buffer *b, struct span s, bool keep_slashes);

/*
 * As encoding-type=url lists a key: slashes stay. A space becomes %20, not the `+` of forms: clients
 * that decode paths and clients that decode forms both read it back as a space.
 */
void uri_encode_key(struct buffer *b, struct span key);

/*
 * Decodes once, appending to b. `plus_is_space` in queries only. False where a `%` is not followed by
 * two digits; nothing is appended then. Want of memory is b's error, as ever.
 */
must_check bool uri_decode(struct buffer *b, struct span s, bool plus_is_space);
