/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Judges an installation: one row a check, and for each thing that is not as it should be a
 * sentence and what to do about it.
 */

#include <jansson.h>
#include <stdio.h>

#include "client/survey.h"

#define FINDINGS_MAX 32

struct findings {
	struct complaint v[FINDINGS_MAX]; /* each with a hint */
	size_t n;
};

struct doctor_check {
	const char *name;
	void (*judge)(const struct survey *s, struct findings *f);
};

extern const struct doctor_check doctor_checks[];
extern const size_t doctor_check_count;

/* For people, a line a check and two a finding. The number of findings. */
size_t doctor_print(const struct survey *s, FILE *to);

/* {"ok": …, "checks": [{"name", "ok", "findings": [{"finding", "advice"}]}]}; NULL: no memory. */
json_t *doctor_describe(const struct survey *s, size_t *ret_findings);
