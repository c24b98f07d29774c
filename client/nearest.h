/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a word that was mistyped was most likely meant to be, among the names that there are. */

#include "base/defs.h"

#define NEAREST_LEN_MAX 64 /* of names, and of what may be one mistyped */

struct nearest {
	const char *typed;
	size_t least; /* the distance of the nearest so far, or of what is not near any more */
};

struct nearest nearest_begin(const char *typed);

/* Whether the name is near, and nearer than all before it. */
bool nearest_is(struct nearest *n, const char *name);
