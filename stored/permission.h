/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whether who asks may do what he asks for. authd has asked the policy of a user, and the grant has its
 * answers; what they left undecided is finished here, and what nobody has allowed is refused here, before
 * anything is looked up. Who asks as the tenant itself may do everything that is the tenant's.
 */

#include "ipc/grant.h"

/* 0, or the enum s3_error ACCESS_DENIED. -EPROTO: the grant is not one that authd makes. -ENOMEM. */
must_check int permission_check(const struct grant *g);

/* A key of a DeleteObjects. For many of them the policy is read once. */
struct permission {
	const struct grant *grant;
	struct policy_document *policy;		/* NULL: everything may be deleted */
	struct identity_question question;
};

/* In place: it must not be moved until permission_end(). -EPROTO, -ENOMEM. */
must_check int permission_begin(const struct grant *g, struct permission *ret);
bool permission_to_delete(const struct permission *p, struct span key, struct span version);
void permission_end(struct permission *p);

/*
 * What the client is told of a failure: that a key is missing is told only to who might have listed the
 * keys, as S3 does it.
 */
int permission_shown(const struct grant *g, int error);

/* Before the confinement: what reads a policy opens a file when it is used first. */
must_check int permission_warm_up(void);
