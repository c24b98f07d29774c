/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A head as the bytes that a client sends. There is one form that is read, and nothing is forgiven but one
 * empty line in front, as RFC 9112, 2.2, asks: lines end with CR LF, no line is folded, no colon has a blank
 * before it, and a request line is three words with one blank between. What two readers could take for two
 * different heads is none here. Pure functions of their bytes.
 */

#include "frontend/head.h"

/*
 * How many of the bytes are the head they begin with; 0: its end has not come. *from is how far earlier calls
 * have looked, 0 at first. A line that ends with a bare LF is the last of a head, which is refused then: nobody
 * waits for more of it.
 */
size_t headtext_len(struct span bytes, size_t *from);

/*
 * Takes apart a head of that length into *h, which is to be finished by the caller, and which says what is wrong
 * with it. Of more than HEAD_BYTES_MAX nothing is read but that they are too many.
 */
void headtext_read(struct span text, struct head *h);
