/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/story.h"

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/defs.h"

#define FIRST_OF_AUTHD (STORY_BUCKETS + 2 + STORY_KEYS * (2 + STORY_PARTS))

/* Where the slots of a kind begin among those of a tenant, and how many there are. */
static const struct {
	const char *name;
	unsigned int first, count;
} kinds[STORY_KINDS] = {
	[STORY_BUCKET] = { "bucket", 0, STORY_BUCKETS },
	[STORY_POLICY] = { "policy", STORY_BUCKETS, 1 },
	[STORY_QUOTA] = { "quota", STORY_BUCKETS + 1, 1 },
	[STORY_KEY] = { "key", STORY_BUCKETS + 2, STORY_KEYS },
	[STORY_UPLOAD] = { "upload", STORY_BUCKETS + 2 + STORY_KEYS, STORY_KEYS },
	[STORY_PART] = { "part", STORY_BUCKETS + 2 + 2 * STORY_KEYS, STORY_KEYS *STORY_PARTS },
	[STORY_TENANT] = { "tenant", FIRST_OF_AUTHD, 1 },
	[STORY_TITLE] = { "title", FIRST_OF_AUTHD + 1, 1 },
	[STORY_SUSPENSION] = { "suspension", FIRST_OF_AUTHD + 2, 1 },
	[STORY_USER] = { "user", FIRST_OF_AUTHD + 3, STORY_USERS },
	[STORY_RIGHTS] = { "rights", FIRST_OF_AUTHD + 3 + STORY_USERS, STORY_USERS },
	[STORY_SECRET] = { "secret", FIRST_OF_AUTHD + 3 + 2 * STORY_USERS, STORY_SECRETS },
	[STORY_TOKEN] = { "token", FIRST_OF_AUTHD + 3 + 2 * STORY_USERS + STORY_SECRETS,
			  STORY_TOKENS },
};

unsigned int slot_number(struct slot s)
{
	unsigned int within = s.kind == STORY_PART ? s.index * STORY_PARTS + s.part : s.index;

	assert(s.tenant < STORY_TENANTS_MAX && within < kinds[s.kind].count);
	return s.tenant * STORY_SLOTS_EACH + kinds[s.kind].first + within;
}

struct slot slot_of(unsigned int number)
{
	struct slot s = { .tenant = number / STORY_SLOTS_EACH, .kind = STORY_KINDS - 1 };
	unsigned int at = number % STORY_SLOTS_EACH;

	while (at < kinds[s.kind].first)
		s.kind--;
	s.index = at - kinds[s.kind].first;
	if (s.kind == STORY_PART) {
		s.part = s.index % STORY_PARTS;
		s.index /= STORY_PARTS;
	}
	return s;
}

const char *slot_text(struct slot s, char buf[static 64])
{
	snprintf(buf, 64, "%s %u.%u of tenant %u", kinds[s.kind].name, s.index, s.part, s.tenant);
	return buf;
}

void story_follow(struct story *s, const struct note *n)
{
	size_t i = 0;

	if (n->kind == NOTE_BEGINS) {
		assert(s->n_pending < STORY_PENDING_MAX);
		s->pending[s->n_pending++] = *n;
		s->n_tenants = MAX(s->n_tenants, slot_of(n->claims[0].slot).tenant + 1);
		if (n->erases)
			s->erased[n->erases - 1] = true;
		return;
	}
	while (i < s->n_pending && s->pending[i].change != n->change)
		i++;
	assert(i < s->n_pending);
	for (size_t k = 0; n->kind == NOTE_ENDS && k < s->pending[i].n; k++)
		s->told[s->pending[i].claims[k].slot] = s->pending[i].claims[k].value;
	s->pending[i] = s->pending[--s->n_pending];
	s->n_acknowledged += n->kind == NOTE_ENDS;
}
