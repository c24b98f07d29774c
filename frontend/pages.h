/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a listener says of itself, to everybody: paths that are answered here and that neither authd nor
 * stored hears of. They tell nothing about what is stored, and are read only.
 */

#include "frontend/head.h"

struct exchange;
struct page;

/* The page that a finished head asks for, or NULL. Below one of `domains` every path of S3 is a key. */
const struct page *pages_find(enum s3_dialect dialect, const struct head *h,
			      const char *const *domains);

/* Whether the head is for the admin API, be it refused: then it is answered as that does. */
bool pages_are_administration(const struct exchange *e);

/* True where it asks for one: then its answer is on the way. */
bool pages_serve(struct exchange *e);
