/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/render.h"

#define TERMINAL_NS (200 * NS_PER_MS)
#define LINE_NS	    (5 * NS_PER_S)
#define COLUMNS	    80
#define BAR_WIDTH   20
/* Below this a rate says nothing yet. */
#define RATE_FROM_NS (NS_PER_S / 2)

void progress_begin(struct progress *p, bool quiet)
{
	struct winsize size;

	*p = (struct progress){ .quiet = quiet, .columns = COLUMNS };
	p->is_terminal = isatty(STDERR_FILENO);
	if (p->is_terminal && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		p->columns = MIN((size_t)size.ws_col, (size_t)PROGRESS_LINE_MAX);
	p->started_ns = p->shown_ns = clock_boottime_ns();
}

static uint64_t bytes_so_far(const struct progress *p)
{
	return p->bytes + p->moving;
}

/* Bytes tell more than entries do, but of empty files there are none. */
static double share(const struct progress *p)
{
	if (p->all_bytes)
		return MIN(1.0, (double)bytes_so_far(p) / (double)p->all_bytes);
	return p->all_entries ? MIN(1.0, (double)p->entries / (double)p->all_entries) : 0;
}

static size_t add_bar(const struct progress *p, char *to)
{
	size_t filled = (size_t)(share(p) * BAR_WIDTH);

	to[0] = '[';
	memset(to + 1, '#', filled);
	memset(to + 1 + filled, '.', BAR_WIDTH - filled);
	return (size_t)sprintf(to + 1 + BAR_WIDTH, "] ") + 1 + BAR_WIDTH;
}

static size_t add_amounts(const struct progress *p, char *to, size_t size)
{
	char done[RENDER_BYTES_MAX], all[RENDER_BYTES_MAX];
	const char *what = p->what ? p->what : "objects";

	render_bytes(bytes_so_far(p), done);
	if (!p->all_entries)
		return (size_t)snprintf(to, size, "%llu %s, %s", (unsigned long long)p->entries,
					what, done);
	return (size_t)snprintf(to, size, "%3.0f%%  %llu of %llu %s, %s of %s", share(p) * 100,
				(unsigned long long)p->entries, (unsigned long long)p->all_entries,
				what, done, render_bytes(p->all_bytes, all));
}

static size_t add_rate(const struct progress *p, uint64_t now_ns, char *to, size_t size)
{
	double seconds = (double)(now_ns - p->started_ns) / (double)NS_PER_S, part = share(p);
	char rate[RENDER_BYTES_MAX];
	size_t len;

	if (now_ns - p->started_ns < RATE_FROM_NS)
		return 0;
	render_bytes((uint64_t)((double)bytes_so_far(p) / seconds), rate);
	len = (size_t)snprintf(to, size, ", %s/s", rate);
	if (part > 0 && part < 1) {
		uint64_t left_s = (uint64_t)(seconds / part * (1 - part));

		len += (size_t)snprintf(to + len, size - len, ", %llu:%02llu left",
					(unsigned long long)left_s / 60,
					(unsigned long long)left_s % 60);
	}
	return len;
}

const char *progress_line(const struct progress *p, uint64_t now_ns,
			  char buf[static PROGRESS_LINE_MAX])
{
	size_t len = p->is_terminal && p->all_entries ? add_bar(p, buf) : 0;

	len += add_amounts(p, buf + len, PROGRESS_LINE_MAX - len);
	len += add_rate(p, now_ns, buf + len, PROGRESS_LINE_MAX - len);
	/* The last column stays free: what reached it would wrap, and not be written over. */
	if (p->is_terminal && len >= p->columns)
		buf[p->columns - 1] = '\0';
	return buf;
}

void progress_hide(struct progress *p)
{
	if (p->has_line)
		fputs("\r\033[K", stderr);
	p->has_line = false;
}

void progress_tick(struct progress *p)
{
	uint64_t now_ns = clock_boottime_ns();
	char line[PROGRESS_LINE_MAX];

	if (p->quiet || now_ns - p->shown_ns < (p->is_terminal ? TERMINAL_NS : LINE_NS))
		return;
	p->shown_ns = now_ns;
	progress_line(p, now_ns, line);
	if (p->is_terminal)
		fprintf(stderr, "\r%s\033[K", line);
	else
		fprintf(stderr, "%s\n", line);
	p->has_line = p->is_terminal;
}
