/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The role of an operator: an administrator's program that brings objects in, takes them out,
 * manages buckets, or copies a tenant. It enters with the operator grant that authd gave it, which opens once and for the uid that asked.
 * What it asks after that is in its own words, and held to the grant's bucket and purpose and to the
 * few parts of a request that these need. Of an allowed request a grant is made here, in the
 * tenant's name: from there on it is a call like any other.
 */

#include "stored/session.h"
#include "stored/snapshot.h"

#define OPERATORS_MAX 16
#define OPERATOR_CALLS_MAX 256
#define OPERATOR_BODIES_MAX 32
#define OPERATOR_GREETING_NS (10 * NS_PER_S)
#define OPERATOR_IDLE_NS (600 * NS_PER_S)
#define OPERATOR_ARCHIVE_IDLE_NS SNAPSHOT_LIFE_NS	/* who copies a tenant is busy elsewhere */

extern const struct session_role operator_role;

/* How long its channel may ask for nothing. */
uint64_t errand_idle_ns(const struct errand *e);

/* Of a session that ends; NULL is fine. */
void errand_free(struct errand *e);
