/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is there, held against what clients were told: each slot has the number that was acknowledged, or one of a
 * change that was under way, and such a change is there wholly or not at all.
 */

#include "tests/crash/story.h"

struct verdict {
	const struct story *story;
	bool (*slot_is)(void *context, struct slot s, uint64_t value);	/* now */
	void *context;
	uint64_t found[STORY_SLOTS];
	bool happened[STORY_PENDING_MAX];	/* of the changes that were under way */
	unsigned int n_wrong;
};

/* Something is wrong: a line on stderr, and counted. */
__attribute__((format(printf, 2, 3))) void wrong(struct verdict *v, const char *format, ...);

/* Compares all slots with the story, and keeps what was found. */
void verdict_told(struct verdict *v);

/* Notes in a history what has become of each change that was under way. */
void verdict_note(const struct verdict *v);

unsigned int verdict_happened(const struct verdict *v);

/* Compares all slots with what was found before. */
void verdict_found(struct verdict *v, const char *when);

uint64_t found(const struct verdict *v, unsigned int tenant, enum story_kind kind, unsigned int index);
