/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Opens a store on a directory as a power cut may have left it, and holds it against what clients were told:
 * each slot has the number that was acknowledged, or one of a change that was under way, and such a change is there
 * wholly or not at all; figures are what a recount comes to; after the sweep there is a file for each blob in a
 * row and no other; the store works; and a second start finds all of it again, and nothing to put right.
 */

#include "tests/crash/story.h"

/* How much was found wrong, each told on stderr in a line. */
unsigned int check_directory(const char *directory, const struct story *s);
