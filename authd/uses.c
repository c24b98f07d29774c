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

static bool is_unwritten(const struct token *t)
{
	return t->used_s != t->written_s;
}

static struct token_uses *collect(struct tokens *all)
{
	struct token_uses *made;
	size_t n = 0;

	for (const struct token *t = tokens_first(all); t; t = t->next)
		n += is_unwritten(t);
	made = calloc(1, sizeof(*made) + n * sizeof(made->uses[0]));
	if (!made)
		return NULL;
	for (struct token *t = tokens_first(all); t; t = t->next) {
		if (!is_unwritten(t))
			continue;
		made->uses[made->n].number = t->number;
		made->uses[made->n++].used_s = t->used_s;
		t->written_s = t->used_s;
	}
	return made;
}

static void write_all(struct uses *u)
{
	struct change *c = calloc(1, sizeof(*c));

	if (c)
		c->uses = collect(keyring_tokens(u->authd->keyring));
	if (c && c->uses) {
		c->kind = CHANGE_USE_TOKENS;
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

void uses_note(struct uses *u, struct token *t, int64_t now_s)
{
	t->used_s = now_s;
	if (is_unwritten(t) && !u->timer.loop)
		arm(u);
}
