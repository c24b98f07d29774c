/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * JSON that somebody else has written, as values. jansson (2.14, lex_save()) leaves characters of a string out where
 * it finds no memory for them, and goes on: a secret, a name or a resource of a policy would be another. So each
 * allocation of jansson's that fails is noted, and where there was one the text was not read.
 *
 * Nobody calls json_loadb() and its like on what clients or administrators send.
 */

#include <jansson.h>

#include "base/span.h"

enum jsontext_outcome {
	JSONTEXT_OK = 0,
	JSONTEXT_MALFORMED,	/* a name that stands there twice is a reason */
};

/* The values are the caller's; *ret_error, where it is not NULL, says what is malformed. -ENOMEM. */
must_check int jsontext_read(struct span text, json_t **ret, json_error_t *ret_error);

/* To be called by whoever allocates for jansson in the place of malloc(), and finds nothing. */
void jsontext_starve(void);
