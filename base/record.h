/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A line in the making that says what happened: an event and its fields, as `event key=value ...`
 * or as a JSON object. No byte of a value ends the line or forges a field, whoever chose it. It
 * allocates nothing. A text that is too long for what is left is cut with "...": put the texts of
 * strangers last.
 */

#include "base/span.h"

/* With what stands before it in a log, one write(2) of it to a pipe is not mixed with others'. */
#define RECORD_MAX 4000

enum record_form {
	RECORD_KV,
	RECORD_JSON,
};

struct record {
	enum record_form form;
	size_t len;
	char text[RECORD_MAX];
};

/* Names of events and fields are ours: short, and plain in both forms. */
void record_begin(struct record *r, enum record_form form, const char *event);

/* Bytes that are no UTF-8 are shown as \xNN in the one form, as U+0080 to U+00FF in the other. */
void record_text(struct record *r, const char *name, struct span value);
void record_string(struct record *r, const char *name, const char *value);
void record_number(struct record *r, const char *name, uint64_t value);

/* A time in milliseconds with three decimals. */
void record_ms(struct record *r, const char *name, uint64_t ns);
void record_true(struct record *r, const char *name);

/* Ends it, with a line feed; the line, borrowed from r. */
struct span record_end(struct record *r);
