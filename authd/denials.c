/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/denials.h"

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

static void keep(struct denials *d, uint64_t request_id, const struct origin *from,
		 const struct ruling *ruling, const char *credential, uint64_t held_back)
{
	char id[sizeof("0123456789abcdef")];
	struct record r;

	audit_say_denial(&r, "denied");
	snprintf(id, sizeof(id), "%016" PRIX64, request_id);
	record_string(&r, "id", id);
	record_string(&r, "error", s3_errors[ruling->error].code);
	record_string(&r, "credential", credential);
	record_number(&r, "held_back", held_back);
	record_text(&r, "peer", from->text);
	audit_note_denial(d->audit, &r);
}

void denials_note(struct denials *d, uint64_t request_id, const struct origin *from,
		  const struct ruling *ruling, uint32_t retry_after_s)
{
	char credential[RULING_CREDENTIAL_SIZE];
	uint64_t held_back;

	if (!rate_take(&d->rate, clock_boottime_ns(), &held_back))
		return;
	log_info("denied request=%016" PRIx64 " error=%s peer=%s key=%s retry_after=%" PRIu32
		 " held_back=%" PRIu64,
		 request_id, s3_errors[ruling->error].code, LOG_VALUE(from->text),
		 LOG_VALUE(span_from_string(ruling_credential(ruling, credential))), retry_after_s,
		 held_back);
	keep(d, request_id, from, ruling, credential, held_back);
}
