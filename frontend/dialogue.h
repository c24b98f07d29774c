/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What an exchange says to authd and stored, and what it makes of their answers. */

#include "base/defs.h"

struct exchange;
struct links_handler;

/* Their answers, for links_init(). */
extern const struct links_handler dialogue_handler;

/* Asks authd about the head. */
void dialogue_ask(struct exchange *e);

/* Tells authd what a tenant's administrator asks for, with the body that was gathered. */
void dialogue_administer(struct exchange *e);

/* Opens an upload at stored, which answers with a pipe. */
void dialogue_open(struct exchange *e);

/* Tells stored of a request that is complete, with its body wherever it was put. */
void dialogue_tell(struct exchange *e);

/*
 * Tells stored and authd of the chunks noted since the last time; with `last`, authd of the end of
 * the stream. 0 or -errno.
 */
must_check int dialogue_tell_chunks(struct exchange *e, bool last);

/* An extent is done with: stored may send another. */
void dialogue_want_extent(struct exchange *e);
