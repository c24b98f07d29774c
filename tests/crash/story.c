/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/story.h"

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/stored/engine/engine-fixture.h"

#define SMALL_MAX 3000
#define LARGE_MIN 20000

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
	for (size_t k = 0; k < s->pending[i].n; k++)
		s->told[s->pending[i].claims[k].slot] = s->pending[i].claims[k].value;
	s->pending[i] = s->pending[--s->n_pending];
}

struct span story_bytes(uint64_t value, uint8_t buf[static STORY_BYTES_MAX])
{
	size_t len = value % 2 ? LARGE_MIN + value * 977 % (STORY_BYTES_MAX - LARGE_MIN)
			       : 1 + value * 131 % SMALL_MAX;

	fill(buf, len, (unsigned int)value);
	return (struct span){ buf, len };
}

struct span story_document(uint64_t value, char buf[static STORY_NAME_MAX])
{
	snprintf(buf, STORY_NAME_MAX, "{\"Id\":\"%llu\"}", (unsigned long long)value);
	return span_from_string(buf);
}

const char *story_bucket(unsigned int tenant, unsigned int index, char buf[static STORY_NAME_MAX])
{
	snprintf(buf, STORY_NAME_MAX, "bucket-%u-%u", tenant, index);
	return buf;
}

const char *story_key(unsigned int index, char buf[static STORY_NAME_MAX])
{
	snprintf(buf, STORY_NAME_MAX, "key-%u", index);
	return buf;
}

struct ipc_id story_tenant(unsigned int tenant)
{
	struct ipc_id id;

	memset(id.bytes, 0x30 + (int)tenant, sizeof(id.bytes));
	return id;
}
