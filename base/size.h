/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Numbers of bytes as operators write them: a whole number by itself, or with KiB, MiB, GiB or TiB
 * behind it, with or without a blank. Units of a thousand are not taken: what "10 GB" means to whom
 * cannot be told.
 */

#include "base/span.h"

/* What to say where something else was written. */
#define SIZE_FORM "a number of bytes such as 500MiB, 10GiB or 2TiB"

/* False for what is none, and for more than fits. */
must_check bool size_parse(struct span text, uint64_t *ret);
