/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/tally.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "client/render.h"
#include "client/shown.h"

#define REASON_MAX 512

void tally_begin(struct tally *t, const char *verb, bool wants_list, bool quiet)
{
	*t = (struct tally){ .verb = verb, .failures = wants_list ? json_array() : NULL };
	progress_begin(&t->progress, quiet);
}

void tally_clear(struct tally *t)
{
	progress_hide(&t->progress);
	json_decref(t->failures);
	t->failures = NULL;
}

static void count(struct tally *t, uint64_t bytes)
{
	t->progress.entries++;
	t->progress.bytes += bytes;
	progress_tick(&t->progress);
}

void tally_done(struct tally *t, uint64_t bytes)
{
	t->done++;
	t->done_bytes += bytes;
	count(t, bytes);
}

void tally_unchanged(struct tally *t, uint64_t bytes)
{
	t->unchanged++;
	t->unchanged_bytes += bytes;
	count(t, bytes);
}

/* What is no UTF-8 cannot stand in JSON as it is. */
static void list_failure(struct tally *t, struct span name, const char *reason)
{
	json_t *text;

	if (json_array_size(t->failures) >= TALLY_FAILURES_MAX)
		return;
	text = json_stringn(name.data, name.len);
	if (!text)
		text = json_string(SHOWN(name));
	json_array_append_new(t->failures, json_pack("{s:o, s:s}", "name", text, "reason", reason));
}

void tally_failed(struct tally *t, struct span name, const char *format, ...)
{
	char reason[REASON_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	progress_hide(&t->progress);
	fprintf(stderr, "failed: %s: %s\n", SHOWN(name), reason);
	t->failed++;
	list_failure(t, name, reason);
	count(t, 0);
}

bool tally_is_good(const struct tally *t)
{
	return t->failed == 0 && !t->interrupted;
}

static void print_amount(uint64_t objects, uint64_t bytes)
{
	char text[RENDER_BYTES_MAX];

	printf("%llu object%s (%s)", (unsigned long long)objects, objects == 1 ? "" : "s",
	       render_bytes(bytes, text));
}

void tally_print(struct tally *t)
{
	progress_hide(&t->progress);
	printf(t->dry_run ? "would have %s " : "%s ", t->verb);
	print_amount(t->done, t->done_bytes);
	if (t->unchanged) {
		fputs("; there already: ", stdout);
		print_amount(t->unchanged, t->unchanged_bytes);
	}
	if (t->excluded)
		printf("; excluded: %llu", (unsigned long long)t->excluded);
	if (t->failed)
		printf("; failed: %llu", (unsigned long long)t->failed);
	putchar('\n');
	if (t->interrupted)
		puts("interrupted: the same command goes on where this one ended");
}

json_t *tally_summary(const struct tally *t, bool went_through)
{
	uint64_t ms = (clock_boottime_ns() - t->progress.started_ns) / NS_PER_MS;

	return json_pack("{s:b, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:O}", "ok",
			 (int)(went_through && tally_is_good(t)), "dry_run", (int)t->dry_run,
			 "interrupted", (int)t->interrupted, t->verb, (json_int_t)t->done, "bytes",
			 (json_int_t)t->done_bytes, "unchanged", (json_int_t)t->unchanged,
			 "unchanged_bytes", (json_int_t)t->unchanged_bytes, "excluded",
			 (json_int_t)t->excluded, "failed", (json_int_t)t->failed, "duration_ms",
			 (json_int_t)ms, "failures", t->failures);
}
