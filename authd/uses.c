/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/uses.h"

#include "authd/authd.h"
#include "base/clock.h"
#include "base/log.h"

static void arm(struct uses *u)
{
	loop_arm(&u->authd->loop, &u->timer, clock_boottime_ns() + USES_INTERVAL_NS);
}

static void written(struct change *c)
{
	if (c->result < 0)
		log_error("last-uses-lost count=%zu error=%s what=%s", c->uses->n,
			  strerrorname_np(-c->result), LOG_VALUE(span_from_string(c->complaint)));
	change_free(c);
}

static bool is_unwritten(const struct last_use *u)
{
	return u->used_s != u->written_s;
}

static size_t count(const struct keyring *k)
{
	size_t n = 0;

	for (const struct token *t = tokens_first(keyring_tokens(k)); t; t = t->next)
		n += is_unwritten(&t->use);
	for (const struct access_key *a = keyring_keys(k); a; a = a->next)
		n += is_unwritten(&a->use);
	return n;
}

/* There is room for as many as were counted. */
static void put(struct credential_uses *to, bool is_key, uint64_t number, struct last_use *u)
{
	if (!is_unwritten(u))
		return;
	to->uses[to->n].is_key = is_key;
	to->uses[to->n].number = number;
	to->uses[to->n++].used_s = u->used_s;
	u->written_s = u->used_s;
}

static struct credential_uses *collect(struct keyring *k)
{
	struct credential_uses *made = calloc(1, sizeof(*made) + count(k) * sizeof(made->uses[0]));

	if (!made)
		return NULL;
	for (struct token *t = tokens_first(keyring_tokens(k)); t; t = t->next)
		put(made, false, t->number, &t->use);
	for (struct access_key *a = keyring_keys(k); a; a = a->next)
		put(made, true, a->number, &a->use);
	return made;
}

static void write_all(struct uses *u)
{
	struct change *c = calloc(1, sizeof(*c));

	if (c)
		c->uses = collect(u->authd->keyring);
	if (c && c->uses) {
		c->kind = CHANGE_NOTE_USES;
		c->done = written;
		if (writer_submit(u->authd->writer, c) == WRITER_OK)
			return;
	}
	/* Which ones these were is forgotten until they are used again. */
	log_warning("last-uses-not-written");
	change_free(c);
}

static int minute_is_over(struct loop_timer *t)
{
	write_all((struct uses *)((char *)t - offsetof(struct uses, timer)));
	return 0;
}

void uses_init(struct uses *u, struct authd *a)
{
	*u = (struct uses){ .authd = a, .timer.expired = minute_is_over };
}

void uses_clear(struct uses *u)
{
	if (!u->timer.loop)
		return;
	loop_disarm(&u->timer);
	write_all(u);
}

void uses_note(struct uses *u, struct last_use *use, int64_t now_s)
{
	use->used_s = now_s;
	if (is_unwritten(use) && !u->timer.loop)
		arm(u);
}
