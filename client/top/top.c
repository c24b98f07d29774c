/* SPDX-License-Identifier: Apache-2.0 */
#include "client/top/top.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/dial.h"
#include "client/figures.h"
#include "client/top/report.h"
#include "client/top/screen.h"

#define LINES_AROUND 6 /* of a table: head, titles, sum, and what is said below */

struct top {
	const struct invocation *invocation;
	const char *socket;
	const volatile sig_atomic_t *stop;
	struct complaint *why;
	bool wants_json, once;
	uint64_t interval_ns;
	struct screen screen;
	struct load load; /* as it was last */
	uint64_t taken_ns; /* CLOCK_BOOTTIME */
};

static bool take_interval(struct top *t)
{
	const char *said = t->invocation->options[OPTION_INTERVAL];
	uint64_t s = TOP_INTERVAL_S;

	if (said && (!span_to_u64(span_from_string(said), &s) || s > TOP_INTERVAL_MOST_S))
		return false;
	t->interval_ns = s * NS_PER_S;
	return true;
}

/* --- looking ------------------------------------------------------------------------------- */

static int complain_of(struct top *t, int r)
{
	complain_errno(t->why, r, "cannot read the metrics at %s", t->socket);
	if (r == -EACCES || r == -EPERM)
		complaint_hint(t->why, "root may read them, whoever started the server, and the "
				       "users and groups of --metrics-uid, --metrics-gid, "
				       "--admin-uid and --admin-gid");
	else
		complaint_hint(t->why,
			       "is the server running? the socket lies beside authd's admin "
			       "socket; --metrics-socket PATH names another place");
	return r;
}

static int look(struct top *t, struct load *ret, uint64_t *ret_ns)
{
	_cleanup_(buffer_clear) struct buffer text = BUFFER_INIT(FIGURES_MAX);
	uint64_t now_ns = clock_boottime_ns();
	int r = figures_read(t->socket, &text);

	if (r == 0)
		r = load_read(buffer_span(&text), ret);
	if (r < 0)
		return complain_of(t, r);
	*ret_ns = now_ns;
	return 0;
}

/* --- showing ------------------------------------------------------------------------------- */

static void show_json(const struct report *r)
{
	json_t *told = report_json(r);

	if (told)
		json_dumpf(told, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(told);
}

static void show(struct top *t, const struct report *r)
{
	size_t lines;

	if (t->wants_json) {
		show_json(r);
	} else if (t->screen.is_open) {
		lines = screen_begin();
		report_table(stdout, r, lines - LINES_AROUND);
		fputs("\nq ends it", stdout);
		screen_end();
	} else if (t->once) {
		report_table(stdout, r, SIZE_MAX);
	} else {
		report_lines(stdout, r);
	}
}

static void show_failure(const struct top *t)
{
	json_t *told;

	if (t->wants_json) {
		told = json_pack("{s:b, s:s}", "ok", 0, "error", t->why->error);
		json_dumpf(told, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(told);
	} else if (t->screen.is_open) {
		(void)screen_begin();
		printf("%s\n\nq ends it", t->why->error);
		screen_end();
	} else {
		fprintf(stderr, "cofferctl: %s\n", t->why->error);
	}
}

/* --- all of it ----------------------------------------------------------------------------- */

static int compare(struct top *t, struct load *now, uint64_t now_ns)
{
	double seconds = (double)(now_ns - t->taken_ns) / (double)NS_PER_S;
	struct report r;

	if (report_make(&t->load, now, seconds, &r) < 0)
		return complain_errno(t->why, -ENOMEM, "cannot say what has come");
	show(t, &r);
	report_clear(&r);
	load_clear(&t->load);
	t->load = *now;
	t->taken_ns = now_ns;
	return 0;
}

static int go_on(struct top *t)
{
	struct load now = { 0 };
	uint64_t now_ns;
	int r = look(t, &now, &now_ns);

	if (r == 0)
		return compare(t, &now, now_ns);
	if (r == -ENOMEM || t->once)
		return r;
	/* The server may be back the next time. */
	if (!*t->stop)
		show_failure(t);
	return 0;
}

static int watch(struct top *t)
{
	int r = look(t, &t->load, &t->taken_ns);

	if (r < 0)
		return r;
	if (isatty(STDOUT_FILENO) && !t->wants_json && !t->once)
		screen_open(&t->screen);
	if (t->screen.is_open) {
		struct report empty;

		/* Something to look at meanwhile. */
		r = report_make(&t->load, &t->load, 0, &empty);
		if (r == 0) {
			show(t, &empty);
			report_clear(&empty);
		}
	}
	/* Who reads what is shown may have seen enough, too. */
	while (r == 0 && !screen_wait(&t->screen, t->interval_ns, t->stop)) {
		r = go_on(t);
		if (fflush(stdout) != 0 || t->once)
			break;
	}
	screen_close(&t->screen);
	return r;
}

int top_run(const struct invocation *i, const volatile sig_atomic_t *stop, struct complaint *why)
{
	char place[PATH_MAX];
	struct top t = {
		.invocation = i,
		.socket = i->options[OPTION_METRICS_SOCKET],
		.stop = stop,
		.why = why,
		.wants_json = i->options[OPTION_JSON] != NULL,
		.once = i->options[OPTION_ONCE] != NULL,
	};
	int r;

	if (!t.socket)
		t.socket = dial_beside(i->socket, FIGURES_SOCKET, place);
	if (!take_interval(&t)) {
		complain(why, 0, "--interval takes a whole number from 1 to %d",
			 TOP_INTERVAL_MOST_S);
		return RUN_WRONG;
	}
	r = watch(&t);
	load_clear(&t.load);
	if (r == 0 || *stop)
		return RUN_OK;
	if (t.wants_json)
		show_failure(&t);
	return RUN_STOPPED;
}
