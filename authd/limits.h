/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How much is too much. A credential that is right may be used at a rate. Credentials that are
 * wrong may be shown at a rate from one address, an IPv6 one counting with all of its /64; from
 * then on the answer does not tell any more what was wrong, so that nobody finds out quickly which
 * keys there are. Only failures count, and only failures are slowed: on a shared host everybody may
 * have the same address, and nobody pays for his neighbours' mistakes.
 *
 * A tenant's credentials together may be used at a rate as well, where it or all of them have one.
 *
 * Without any credential requests are counted by address, too, and all of them: nobody has anything else by
 * which to tell strangers apart.
 *
 * Memory is taken once. An address is remembered while its failures count, and no address makes
 * another one forgotten: where so many fail at once that there is no room, the failures of a new
 * one are slowed as if it had used up its own.
 */

#include "authd/allowance.h"
#include "authd/ceiling.h"
#include "base/ip.h"

#define LIMITS_ADDRESSES_MAX 65536
#define LIMITS_WAYS 8			/* an address has its place in one of so many */
#define LIMITS_V6_BITS 64		/* of an IPv6 address: what one party is given */
#define LIMITS_BURST_S 2		/* a burst, where nobody said how large: a rate for so long */

#define LIMITS_RATE_MAX 1000000
#define LIMITS_BURST_MAX 10000000
#define LIMITS_FAILURES_MAX 1000000
#define LIMITS_PAUSE_MAX_S 3600

#define LIMITS_STRANGER_RATE 100	/* requests a second from one address without any credential */
#define LIMITS_STRANGER_BURST 400

#define LIMITS_FAILURES 20
#define LIMITS_PAUSE_S 2

struct limits_config {
	uint32_t request_rate;		/* a second; 0: as many as it can */
	uint32_t request_burst;		/* at once; 0: LIMITS_BURST_S of the rate */
	uint32_t login_failures;	/* of one address at once; 0: any number */
	uint32_t login_pause_s;		/* then one each */
	struct ceilings of_all;		/* what tenants have that have none of their own */
};

#define LIMITS_CONFIG_DEFAULT                                                                      \
	((struct limits_config){ .login_failures = LIMITS_FAILURES, .login_pause_s = LIMITS_PAUSE_S })

struct limits;

must_check int limits_new(const struct limits_config *config, struct limits **ret);

/* From now on; what was used up until then stays so. */
void limits_configure(struct limits *l, const struct limits_config *config);

struct limits *limits_free(struct limits *l);
DEFINE_CLEANUP(struct limits *, limits_free)

/*
 * Another request of a credential, whose allowance is kept with it. `own_rate` is its own, a
 * second, or 0 for everybody's. 0: it may; else in so many seconds.
 */
uint32_t limits_request(const struct limits *l, struct allowance *a, uint32_t own_rate,
			uint64_t now_ns);

/*
 * Another request of a tenant, whose allowance is kept with it, and what it may have of its own. 0: it
 * may; else in so many seconds.
 */
uint32_t limits_tenant(const struct limits *l, struct allowance *a, const struct ceilings *own,
		       uint64_t now_ns);

/* Another wrong credential. 0: say what is wrong with it; else say nothing but: in so many seconds. */
uint32_t limits_failure(struct limits *l, const struct ip *from, uint64_t now_ns);

/* Another request without any credential. 0: it may be; else in so many seconds. */
uint32_t limits_stranger(struct limits *l, const struct ip *from, uint64_t now_ns);
