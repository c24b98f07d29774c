/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the settings were given, by whom: only values that they admit. All of it is owned here. */

#include "base/span.h"
#include "client/complaint.h"
#include "client/setting.h"

struct value {
	char *text;
	char *from;	/* "FILE:LINE"; NULL: the command line */
};

struct values {
	struct {
		struct value v[SETTING_TIMES_MAX];
		size_t n;
	} of[SETTINGS];
};

enum values_outcome {
	VALUES_OK = 0,
	VALUES_WRONG,	/* *why says what */
};

/* One more; of a setting that is given once, in place of what was there. -ENOMEM. */
must_check int values_add(struct values *v, enum setting s, struct span text, const char *from,
			  struct complaint *why);

/* Forgets what the setting was given. */
void values_forget(struct values *v, enum setting s);

/* Settings that *by has anything of get all of that and nothing else; *by is left empty. */
void values_override(struct values *v, struct values *by);

void values_clear(struct values *v);

/* What holds of a setting that is given once: its value, its fallback, or NULL. */
const char *values_get(const struct values *v, enum setting s);

/* All that holds, as coffer.conf would say it, with where each value came from. */
void values_print(const struct values *v, FILE *to);
