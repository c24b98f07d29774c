/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/import.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "client/transfer/importer.h"
#include "client/transfer/incoming.h"

#define STEP_MS 100

_Static_assert(IMPORT_WINDOW <= OPERATOR_UNDER_WAY_MAX, "each asks one thing at a time");

static bool is_to_stop(const struct importer *i)
{
	return i->stopped || *i->config->stop;
}

void importer_stop(struct importer *i, const char *format, ...)
{
	char sentence[512];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	if (!i->stopped)
		complain(i->why, 0, "%s", sentence);
	i->stopped = true;
}

/* --- the window ------------------------------------------------------------------------------ */

/* Those whose time has come. They may be back among the waiting before this is through. */
static void look_again(struct importer *i)
{
	uint64_t now_ns = clock_boottime_ns();
	struct incoming *it = i->waiting, *next;

	i->waiting = NULL;
	for (; it; it = next) {
		next = it->next;
		if (now_ns >= it->due_ns) {
			incoming_look(it);
		} else {
			it->next = i->waiting;
			i->waiting = it;
		}
	}
}

static void begin_next(struct importer *i)
{
	struct source_entry *e;
	int r = source_next(i->source, &e);

	if (r == SOURCE_END)
		i->source_has_ended = true;
	else if (r == SOURCE_ENTRY)
		r = incoming_begin(i, e);
	if (r < 0)
		importer_stop(i, "cannot go through %s: %s", i->config->source.path,
			      strerrordesc_np(-r));
}

static void fill(struct importer *i)
{
	look_again(i);
	while (i->n_incoming < IMPORT_WINDOW && !i->source_has_ended && !is_to_stop(i) &&
	       operator_is_open(&i->stored))
		begin_next(i);
}

static int go_on(struct importer *i)
{
	bool busy;
	int r;

	if (!operator_is_open(&i->stored)) {
		progress_hide(&i->tally->progress);
		r = operator_open_again(&i->stored, i->config->stop, i->why);
		if (r != OPERATOR_OK)
			return r;
	}
	fill(i);
	busy = mover_work(&i->mover);
	progress_tick(&i->tally->progress);
	r = operator_step(&i->stored, busy ? 0 : STEP_MS);
	return r < 0 ? complain_errno(i->why, r, "cannot wait for stored") : 0;
}

/* --- all of it ------------------------------------------------------------------------------- */

static int open_all(struct importer *i)
{
	int r = source_new(&i->config->source, &i->source, i->why);

	if (r < 0)
		return r;
	r = operator_init(&i->stored, &i->config->target);
	if (r == 0)
		r = mover_init(&i->mover, i);
	if (r < 0)
		return complain_errno(i->why, r, "cannot begin");
	return operator_open(&i->stored, i->why);
}

static void close_all(struct importer *i)
{
	while (i->incoming)
		incoming_free(i->incoming);
	if (i->mover.importer)
		mover_clear(&i->mover);
	operator_clear(&i->stored);
	i->source = source_free(i->source);
}

static int work(struct importer *i)
{
	int r = open_all(i);

	while (r == 0 && !is_to_stop(i) && (!i->source_has_ended || i->n_incoming))
		r = go_on(i);
	i->tally->interrupted = *i->config->stop;
	i->tally->excluded = i->source ? i->source->n_excluded : 0;
	return r;
}

int import_run(const struct import_config *c, struct tally *t, struct complaint *why)
{
	struct importer *i = calloc(1, sizeof(*i));
	int r;

	if (!i)
		return complain_errno(why, -ENOMEM, "cannot begin");
	*i = (struct importer){ .config = c, .tally = t, .why = why, .stored.loop.epoll_fd = -1 };
	t->dry_run = c->dry_run;
	r = source_count(&c->source, c->stop, &t->progress.all_entries, &t->progress.all_bytes,
			 why);
	if (r == 0)
		r = work(i);
	if (r == 0 || t->interrupted)
		r = i->stopped ? IMPORT_STOPPED : IMPORT_OK;
	close_all(i);
	free(i);
	return r < 0 ? r : r ? IMPORT_STOPPED : IMPORT_OK;
}
