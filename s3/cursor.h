/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A cursor is where a page of the REST dialect's listing ended: base64 of `{"last_key": "<key>"}`, which
 * clients keep and send back unread. Its bytes are those that Python's json and base64 make of it,
 * since cursors of the service that Coffer takes over are still out there.
 */

#include "base/buffer.h"

/* Appends the cursor that stands behind that key, which must be UTF-8. */
void cursor_encode(struct buffer *b, struct span key);

/*
 * Appends the key to `key`. 0, or REST_INVALID_CURSOR (> 0): not base64, not JSON, or of another
 * shape; or -ENOMEM.
 */
must_check int cursor_decode(struct span text, struct buffer *key);
