/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Requests that a judge of the S3 dialect hears, at one moment. */

#undef NDEBUG
#include <assert.h>
#include "courtroom.h"

static struct courtroom room;

static inline void begin(struct request *q, const char *method, const char *target)
{
	request_begin(q, method, target);
	request_field(q, "Host", "s3.example.org");
}

static inline enum s3_error hear_and_clear(struct request *q)
{
	enum s3_error error = courtroom_hear(&room, q);

	request_clear(q);
	return error;
}

static inline enum s3_error hear_signed(const char *method, const char *target, struct signer s)
{
	struct request q;

	begin(&q, method, target);
	request_sign(&q, &s);
	return hear_and_clear(&q);
}

static inline enum s3_error hear_presigned(const char *method, const char *target, struct signer s)
{
	struct request q;

	begin(&q, method, target);
	request_presign(&q, &s);
	return hear_and_clear(&q);
}

static inline bool detail_says(const char *words)
{
	return strstr(room.detail, words) != NULL;
}
