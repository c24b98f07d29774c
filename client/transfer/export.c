/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/export.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "client/transfer/exporter.h"
#include "client/transfer/outgoing.h"

#define STEP_MS 100

_Static_assert(EXPORT_WINDOW < OPERATOR_UNDER_WAY_MAX,
	       "each asks one thing at a time, and the list");

static bool is_to_stop(const struct exporter *x)
{
	return x->stopped || *x->config->stop;
}

void exporter_stop(struct exporter *x, const char *format, ...)
{
	char sentence[512];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	if (!x->stopped)
		complain(x->why, 0, "%s", sentence);
	x->stopped = true;
}

/* --- the channel ----------------------------------------------------------------------------- */

static int step(struct exporter *x)
{
	int r;

	if (!operator_is_open(&x->stored)) {
		progress_hide(&x->tally->progress);
		r = operator_open_again(&x->stored, x->config->stop, x->why);
		if (r != OPERATOR_OK)
			return r;
	}
	r = lister_ask(&x->lister);
	if (r == 0)
		r = operator_step(&x->stored, STEP_MS);
	return r < 0 ? complain_errno(x->why, r, "cannot speak to stored") : 0;
}

static void begin_list(struct exporter *x)
{
	lister_clear(&x->lister);
	lister_init(&x->lister, &x->stored, LISTER_OBJECTS,
		    span_from_string(x->config->target.bucket), x->config->prefix);
}

static void check_list(struct exporter *x)
{
	if (x->lister.error)
		exporter_stop(x, "the bucket %s cannot be listed: %s", x->config->target.bucket,
			      s3_errors[x->lister.error].message);
}

/* How much there is, so that it can be said how far we are. */
static int count(struct exporter *x)
{
	struct progress *p = &x->tally->progress;
	struct answer a;
	int r = 0;

	while (r == 0 && !is_to_stop(x) && !lister_is_through(&x->lister)) {
		r = step(x);
		while (lister_next(&x->lister, &a)) {
			p->all_entries++;
			p->all_bytes += a.size;
		}
		check_list(x);
	}
	return r;
}

/* --- the window ------------------------------------------------------------------------------ */

/* Those whose time has come. They may be back among the waiting before this is through. */
static void ask_again(struct exporter *x)
{
	uint64_t now_ns = clock_boottime_ns();
	struct outgoing *o = x->waiting, *next;

	x->waiting = NULL;
	for (; o; o = next) {
		next = o->next;
		if (now_ns >= o->due_ns) {
			outgoing_ask(o);
		} else {
			o->next = x->waiting;
			x->waiting = o;
		}
	}
}

static void fill(struct exporter *x)
{
	struct answer a;

	ask_again(x);
	while (x->n_outgoing < EXPORT_WINDOW && !is_to_stop(x) && operator_is_open(&x->stored) &&
	       lister_next(&x->lister, &a))
		if (outgoing_begin(x, &a) < 0)
			exporter_stop(x, "cannot go on: %s", strerrordesc_np(ENOMEM));
	check_list(x);
}

static int export_all(struct exporter *x)
{
	int r = 0;

	begin_list(x);
	while (r == 0 && !is_to_stop(x) && (!lister_is_through(&x->lister) || x->n_outgoing)) {
		r = step(x);
		fill(x);
		/* Nothing else is to come that could be flushed with them. */
		if (x->n_written && x->n_written == x->n_outgoing)
			outgoing_place(x);
		progress_tick(&x->tally->progress);
	}
	return r;
}

/* --- all of it ------------------------------------------------------------------------------- */

static int open_all(struct exporter *x)
{
	int r = operator_init(&x->stored, &x->config->target);

	if (r < 0)
		return complain_errno(x->why, r, "cannot begin");
	lister_init(&x->lister, &x->stored, LISTER_OBJECTS,
		    span_from_string(x->config->target.bucket), x->config->prefix);
	r = operator_open(&x->stored, x->why);
	return r == OPERATOR_OK ? landing_open(x->config->path, &x->landing, x->why) : r;
}

static void close_all(struct exporter *x)
{
	while (x->outgoing)
		outgoing_free(x->outgoing);
	if (x->lister.stored)
		lister_clear(&x->lister);
	operator_clear(&x->stored);
	landing_close(&x->landing);
}

static int finish(struct exporter *x)
{
	int r = landing_finish(&x->landing);

	return r < 0 ? complain_errno(x->why, r, "%s is not on disk", x->config->path) : 0;
}

static int work(struct exporter *x)
{
	int r = open_all(x);

	if (r == 0)
		r = count(x);
	if (r == 0)
		r = export_all(x);
	x->tally->interrupted = *x->config->stop;
	return r == 0 ? finish(x) : r;
}

int export_run(const struct export_config *c, struct tally *t, struct complaint *why)
{
	struct exporter *x = calloc(1, sizeof(*x));
	int r;

	if (!x)
		return complain_errno(why, -ENOMEM, "cannot begin");
	x->config = c;
	x->tally = t;
	x->why = why;
	x->stored.loop.epoll_fd = -1;
	x->landing = LANDING_NONE;
	r = work(x);
	if (r == 0 || t->interrupted)
		r = x->stopped ? EXPORT_STOPPED : EXPORT_OK;
	close_all(x);
	free(x);
	return r < 0 ? r : r ? EXPORT_STOPPED : EXPORT_OK;
}
