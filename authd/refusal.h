/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What is made of a ruling that is a refusal, whoever is told of it: counted, logged, and slowed. */

#include "authd/audit/denials.h"
#include "authd/judge.h"
#include "authd/origin.h"

struct authd;

/* Counts and logs one. */
void refusal_log(struct authd *a, const struct denial *denial);

/*
 * 0: he may be told what was wrong. Otherwise he has shown too many wrong credentials from there, and
 * hears nothing but when to come again, in so many seconds.
 */
uint32_t refusal_note(struct authd *a, uint64_t request_id, const struct origin *from,
		      const struct ruling *ruling);
