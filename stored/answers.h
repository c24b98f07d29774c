/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Pieces that answers of several operations have in common. */

#include "stored/call.h"

/* Who owns what the call is about: its tenant. */
void answer_owner(struct answer *a, const struct call *c);

/*
 * A checksum, as text in `text`, which the answer borrows; parts is the object's number of parts, shown
 * behind a composite one. Nothing where there is none.
 */
void answer_checksum(struct answer *a, const struct checksum_value *v, enum checksum_type type,
		     uint32_t parts, char text[static CHECKSUM_TEXT_MAX]);

/* An object's own lines in the call's answer. Borrows from it. */
void answer_object(struct call *c, const struct object *o);

/* What a change has made: ETag, size, time, checksum. Borrows from it. */
void answer_made(struct call *c, const struct change_made *made);
