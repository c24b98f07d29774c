/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/refusal.h"

#include "authd/authd.h"
#include "base/clock.h"

/* A credential was looked for and not found to be right: one try of whoever guesses. */
static bool is_guess(enum s3_error error)
{
	return error == S3_ERROR_INVALID_ACCESS_KEY_ID ||
	       error == S3_ERROR_SIGNATURE_DOES_NOT_MATCH || error == S3_ERROR_REST_UNKNOWN_TOKEN;
}

void refusal_log(struct authd *a, const struct denial *denial)
{
	a->figures.denials[denial->error]++;
	denials_note(&a->denials, denial);
}

uint32_t refusal_note(struct authd *a, uint64_t request_id, const struct origin *from,
		      const struct ruling *ruling)
{
	char credential[RULING_CREDENTIAL_SIZE];
	uint32_t wait_s = 0;
	struct denial denial = {
		.request_id = request_id,
		.error = ruling->error,
		.peer = from->text,
		.credential = span_from_string(ruling_credential(ruling, credential)),
	};

	if (ruling->is_limited)
		a->figures.slowed[FIGURES_LIMIT_TENANT]++;
	else if (ruling->retry_after_s)
		a->figures.slowed[FIGURES_LIMIT_REQUESTS]++;
	if (is_guess(ruling->error))
		wait_s = limits_failure(a->limits, &from->ip, clock_boottime_ns());
	denial.retry_after_s = wait_s ? wait_s : ruling->retry_after_s;
	refusal_log(a, &denial);
	if (wait_s)
		a->figures.slowed[FIGURES_LIMIT_LOGINS]++;
	return wait_s;
}
