/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The file in which an older service keeps its tokens: a JSON array, an object for each. */

#include <jansson.h>

#include "client/complaint.h"

/*
 * *ret is the list, the caller's. What its objects say, authd checks, all of it before it takes any.
 * "-" is standard input.
 */
must_check int tokenfile_read(const char *path, json_t **ret, struct complaint *why);
