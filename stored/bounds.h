/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a principal that is bound to a prefix of keys may reach. authd has asked about the key that a
 * request names before it made the grant; here it is asked again, and of what only stored comes to
 * see: the keys that a list would show.
 */

#include "ipc/grant.h"

/*
 * 0, or the enum s3_error: a key or a copy's source lies outside, or the operation is about neither a
 * key nor a list of keys. Nothing is refused to who is not bound.
 */
must_check int bounds_check(const struct grant *g);

/*
 * The prefix of a list in which `wanted` is asked for: the narrower of that and the principal's. False
 * where no key can have both.
 */
must_check bool bounds_prefix(const struct grant *g, struct span wanted, struct span *ret);
