/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/sample.h"
#include "stored/engine/engine.h"

static void tell_swept(const struct store *s, struct buffer *to)
{
	static const char *const why[SWEPT_COUNT] = {
#define SWEPT_(SYMBOL, why_) [SWEPT_##SYMBOL] = why_,
		SWEPT(SWEPT_)
#undef SWEPT_
	};

	for (enum swept i = 0; i < SWEPT_COUNT; i++)
		sample_put(to, METRIC_SWEPT, meter_read(&s->meters.swept[i]), why[i], NULL);
}

static void tell_scrubbed(const struct store *s, struct buffer *to)
{
	sample_put(to, METRIC_SCRUBBED, meter_read(&s->meters.scrubbed), NULL);
	for (enum scrub_what w = 0; w < SCRUB_WHATS; w++)
		sample_put(to, METRIC_DAMAGES, meter_read(&s->meters.damages[w]), scrub_word(w),
			   NULL);
}

static void tell_room(struct store *s, struct buffer *to)
{
	struct room_figures f;

	/* Better missing than wrong. */
	if (room_look(&s->room, &f) < 0)
		return;
	sample_put(to, METRIC_DISK_SIZE, f.size, NULL);
	sample_put(to, METRIC_DISK_FREE, f.free, NULL);
	sample_put(to, METRIC_DISK_FLOOR, f.floor, NULL);
}

void store_tell(struct store *s, struct buffer *to)
{
	sample_put(to, METRIC_CATALOG_READS, meter_read(&s->meters.reads), NULL);
	sample_put_meter(to, METRIC_COMMIT_CHANGES, &s->meters.commit_changes, NULL);
	sample_put_meter(to, METRIC_COMMIT_TIME, &s->meters.commit_times, NULL);
	sample_put_meter(to, METRIC_FLUSH_TIME, &s->flushes.blobs, "blob", NULL);
	sample_put_meter(to, METRIC_FLUSH_TIME, &s->flushes.directories, "directory", NULL);
	sample_put(to, METRIC_QUEUE, committers_waiting(&s->committers), "committers", NULL);
	sample_put(to, METRIC_CATALOGS, catalogs_count(&s->catalogs), NULL);
	tell_room(s, to);
	tell_swept(s, to);
	sample_put(to, METRIC_EXPIRED, meter_read(&s->meters.expired), NULL);
	tell_scrubbed(s, to);
}
