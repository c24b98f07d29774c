/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/audit/denials.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

static void tell_held_back(struct rate *rate, uint64_t held_back)
{
	struct denials *d = (struct denials *)((char *)rate - offsetof(struct denials, rate));
	struct record r;

	log_warning("denials-not-told count=%" PRIu64, held_back);
	audit_say_denial(&r, "denials-not-told");
	record_number(&r, "count", held_back);
	audit_note_denial(d->audit, &r);
}

void denials_init(struct denials *d, struct loop *l, struct audit *audit)
{
	static const struct allowance_size size = { DENIALS_INTERVAL_NS, DENIALS_BURST };

	d->audit = audit;
	rate_init(&d->rate, &size, l, tell_held_back);
}

void denials_clear(struct denials *d)
{
	rate_clear(&d->rate);
}

static void keep(const struct denials *d, const struct denial *denial, uint64_t held_back)
{
	char id[sizeof("0123456789abcdef")];
	struct record r;

	audit_say_denial(&r, "denied");
	snprintf(id, sizeof(id), "%016" PRIX64, denial->request_id);
	record_string(&r, "id", id);
	record_string(&r, "error", s3_errors[denial->error].code);
	record_text(&r, "credential", denial->credential);
	record_number(&r, "held_back", held_back);
	if (denial->operation) {
		record_string(&r, "by", "stored");
		record_string(&r, "operation", denial->operation);
		record_text(&r, "bucket", denial->bucket);
	}
	record_text(&r, "peer", denial->peer);
	audit_note_denial(d->audit, &r);
}

/* In the log of the process. */
static void tell(const struct denial *denial, uint64_t held_back)
{
	if (denial->operation) {
		log_info("denied request=%016" PRIx64 " error=%s peer=%s key=%s by=stored"
			 " operation=%s bucket=%s held_back=%" PRIu64,
			 denial->request_id, s3_errors[denial->error].code,
			 LOG_VALUE(denial->peer), LOG_VALUE(denial->credential), denial->operation,
			 LOG_VALUE(denial->bucket), held_back);
		return;
	}
	log_info("denied request=%016" PRIx64 " error=%s peer=%s key=%s retry_after=%" PRIu32
		 " held_back=%" PRIu64,
		 denial->request_id, s3_errors[denial->error].code, LOG_VALUE(denial->peer),
		 LOG_VALUE(denial->credential), denial->retry_after_s, held_back);
}

void denials_note(struct denials *d, const struct denial *denial)
{
	uint64_t now_ns = clock_boottime_ns(), held_back;

	if (denial->untold)
		rate_hold_back(&d->rate, now_ns, denial->untold);
	if (!rate_take(&d->rate, now_ns, &held_back))
		return;
	tell(denial, held_back);
	keep(d, denial, held_back);
}
