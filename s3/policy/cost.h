/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The most that one question about a policy can cost, whatever is asked: in the steps that policy_match() counts.
 * A policy for which that is at most POLICY_STEPS_MAX is never given up, so one is refused when it is put where
 * it is more. It is an upper bound: what makes it large is text behind stars, and variables there.
 */

#include "s3/policy/document.h"

#define POLICY_VALUE_TEXT_MAX (8 * KIB)	/* of a header or parameter; who asks with a longer one may be given up */

size_t policy_cost(const struct policy_document *d);
