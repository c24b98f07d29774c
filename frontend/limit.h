/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where an exchange meets the limits of its tenant (pace.h). Of one whose grant says none, nothing is
 * asked and nothing is counted.
 */

#include "base/defs.h"

struct exchange;

/* Its grant is here. False: it is one too many, and was refused. */
must_check bool limit_admits(struct exchange *e);

/* True if so many bytes of the body have to wait: then they come again, and the exchange is THROTTLED. */
must_check bool limit_holds_body(struct exchange *e, size_t len);

/* Likewise of an answer, which is all in memory: HELD; or of a piece of one: PACED. */
must_check bool limit_holds_reply(struct exchange *e, uint64_t len);
must_check bool limit_holds_piece(struct exchange *e, uint64_t len);

/* Bytes that were not held have moved. */
void limit_count_body(struct exchange *e, size_t len);
void limit_count_piece(struct exchange *e, uint64_t len);

/* Whether it is asked about its bytes at all. */
bool limit_paces(const struct exchange *e);

/* The exchange ends. */
void limit_release(struct exchange *e);
