/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/verdict.h"

#include <stdarg.h>
#include <stdio.h>

#include "tests/crash/history.h"

void wrong(struct verdict *v, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	fputs("  ", stderr);
	vfprintf(stderr, format, values);
	fputc('\n', stderr);
	va_end(values);
	v->n_wrong++;
}

static bool slot_is(struct verdict *v, uint32_t slot, uint64_t value)
{
	return v->slot_is(v->context, slot_of(slot), value);
}

static const struct story_claim *find_claim(const struct note *n, uint32_t slot)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->claims[i].slot == slot)
			return &n->claims[i];
	return NULL;
}

static const struct note *find_pending(const struct story *s, uint32_t slot)
{
	for (size_t i = 0; i < s->n_pending; i++)
		if (find_claim(&s->pending[i], slot))
			return &s->pending[i];
	return NULL;
}

static uint32_t n_slots(const struct verdict *v)
{
	return v->story->n_tenants * STORY_SLOTS_EACH;
}

/* All of it happened, or nothing; whether it did. */
static bool check_pending(struct verdict *v, const struct note *n)
{
	unsigned int before = 0, after = 0;
	char text[64];

	for (size_t i = 0; i < n->n; i++) {
		const struct story_claim *claim = &n->claims[i];
		uint64_t told = v->story->told[claim->slot];
		bool is_new = slot_is(v, claim->slot, claim->value),
		     is_old = slot_is(v, claim->slot, told);

		v->found[claim->slot] = is_new ? claim->value : told;
		if (!is_new && !is_old)
			wrong(v, "%s is neither %llu nor %llu",
			      slot_text(slot_of(claim->slot), text), (unsigned long long)told,
			      (unsigned long long)claim->value);
		before += is_old && !is_new;
		after += is_new && !is_old;
	}
	if (before && after)
		wrong(v, "change %u, of %s, has happened by half", n->change,
		      slot_text(slot_of(n->claims[0].slot), text));
	return after > 0;
}

void verdict_told(struct verdict *v)
{
	const struct story *s = v->story;
	char text[64];

	for (uint32_t i = 0; i < n_slots(v); i++) {
		if (find_pending(s, i))
			continue;
		v->found[i] = s->told[i];
		if (!slot_is(v, i, s->told[i]))
			wrong(v, "%s is not %llu, as was told", slot_text(slot_of(i), text),
			      (unsigned long long)s->told[i]);
	}
	for (size_t i = 0; i < s->n_pending; i++)
		v->happened[i] = check_pending(v, &s->pending[i]);
}

void verdict_note(const struct verdict *v)
{
	for (size_t i = 0; i < v->story->n_pending; i++) {
		struct note n = { .kind = v->happened[i] ? NOTE_ENDS : NOTE_UNDONE,
				  .change = v->story->pending[i].change };

		history_note(&n, sizeof(n));
	}
}

unsigned int verdict_happened(const struct verdict *v)
{
	unsigned int n = 0;

	for (size_t i = 0; i < v->story->n_pending; i++)
		n += v->happened[i];
	return n;
}

void verdict_found(struct verdict *v, const char *when)
{
	char text[64];

	for (uint32_t i = 0; i < n_slots(v); i++)
		if (!slot_is(v, i, v->found[i]))
			wrong(v, "%s: %s is not %llu any more", when, slot_text(slot_of(i), text),
			      (unsigned long long)v->found[i]);
}

uint64_t found(const struct verdict *v, unsigned int tenant, enum story_kind kind,
	       unsigned int index)
{
	return v->found[slot_number(
		(struct slot){ .tenant = tenant, .kind = kind, .index = index })];
}
