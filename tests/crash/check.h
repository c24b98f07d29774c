/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Opens what a power cut may have left in a directory, and holds it against what clients were told (verdict.h).
 * A store (check.c): figures are what a recount comes to; after the sweep there is a file for each blob in a
 * row and no other; the store works. An authd (identities.c): nobody is known beside those; each order that was
 * carried out stands in the log of orders; orders are taken. And a second start finds all of it again, and
 * nothing to put right.
 */

#include "tests/crash/story.h"

/* How much was found wrong, each told on stderr in a line. */
unsigned int check_directory(const char *directory, const struct story *s);

/*
 * The first start after a cut alone, under the recorder: what it finds, it notes, and puts right what is to be put
 * right without anybody's order.
 */
unsigned int check_recovery(const char *directory, const struct story *s);
