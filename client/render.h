/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * JSON for people: a list of objects as a table, one object as lines. Values come from whoever
 * administers the server; what could move a terminal's cursor is shown as '?'.
 */

#include <jansson.h>
#include <stdio.h>

#include "base/defs.h"

struct render_field {
	const char *title;
	const char *member;
};

#define RENDER_TEXT_MAX 1024

/* The text as it may stand on a terminal, cut where it is too long. Returns buf. */
const char *render_text(const char *text, char buf[static RENDER_TEXT_MAX]);

#define RENDER_BYTES_MAX 32

/* "1.2 GiB". Returns buf. */
const char *render_bytes(uint64_t n, char buf[static RENDER_BYTES_MAX]);

#define RENDER_DURATION_MAX 32

/* "3 d 4 h", "5 min 20 s". Returns buf. */
const char *render_duration(uint64_t seconds, char buf[static RENDER_DURATION_MAX]);

/* The title row, then a row for each object of the array. */
void render_table(FILE *to, const json_t *objects, const struct render_field fields[], size_t n);

/* A line for each field that the object has. */
void render_record(FILE *to, const json_t *object, const struct render_field fields[], size_t n);
