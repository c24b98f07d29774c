/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Takes away many: all objects of a bucket, or its uploads. So many are under way at a time, and what
 * is lost with the channel is asked for again; to take away what is gone does no harm.
 */

#include "client/manage/manager.h"
#include "client/transfer/tally.h"

#define ERASER_WINDOW 60	/* under way, beside a page of the list */

struct eraser_config {
	enum lister_of of;	/* OBJECTS or UPLOADS */
	struct span bucket;
	uint64_t before_ns;	/* only what began before; UINT64_MAX: all. Of uploads */
};

/*
 * The tally has what became of each. What cannot be listed is *ret. It ends early where it is to stop.
 * -errno with *why.
 */
must_check int eraser_run(struct manager *m, const struct eraser_config *c, struct tally *t,
			  enum s3_error *ret);
