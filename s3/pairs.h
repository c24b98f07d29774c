/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Pairs are a packed list of names and values in one run of bytes: the header fields of a request
 * as they arrived, or the attributes that an object keeps (`content-type`, `x-amz-meta-...`). Each
 * is a 16-bit name length, a 32-bit value length, both little-endian, the name, the value. Because
 * names travel as text, the same bytes can be sent, sealed and stored, and outlive every enum.
 */

#include "base/buffer.h"

void pairs_append(struct buffer *b, struct span name, struct span value);

/*
 * Takes the next pair off *rest. 1: there was one; 0: the end; -EBADMSG: the bytes are no pairs.
 * What is returned is borrowed from *rest.
 */
must_check int pairs_next(struct span *rest, struct span *ret_name, struct span *ret_value);

/* True if the whole run can be walked: check once on receipt, then walk without asking. */
bool pairs_are_whole(struct span pairs);

/* The first value of exactly that name, or SPAN_NONE. */
struct span pairs_find(struct span pairs, struct span name);
