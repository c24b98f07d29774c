/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Everything that coffer-authd is, wired together: what main() starts and the tests play with. Its
 * parts find their neighbours here; each header says what its part owns.
 */

#include "authd/audit/audit.h"
#include "authd/audit/denials.h"
#include "authd/chains.h"
#include "authd/database/writer.h"
#include "authd/errand.h"
#include "authd/figures.h"
#include "authd/identities/strongbox.h"
#include "authd/judge.h"
#include "authd/limits.h"
#include "authd/listener.h"
#include "authd/options.h"
#include "authd/orders/admin.h"
#include "authd/orders/administration.h"
#include "authd/orders/deletion.h"
#include "authd/seal.h"
#include "authd/session.h"
#include "authd/storelink.h"
#include "authd/uses.h"
#include "ipc/channel.h"

#define AUTHD_IDS 64	/* made with one system call */

struct authd {
	const struct options *options;
	struct options_live live;	/* as it is now */
	struct loop loop;
	struct channel_group group;
	struct seal *seal;
	struct keyring *keyring;
	struct strongbox *strongbox;
	struct database *database;
	struct writer *writer;
	struct limits *limits;
	struct judge *judge;
	struct chains chains;
	struct audit audit;
	struct denials denials;
	struct uses uses;
	struct sessions sessions;
	struct storelinks storelinks;
	struct errands errands;
	struct deletions deletions;
	struct admin admin;
	struct administrations administrations;
	struct listener frontend, stored;
	struct figures figures;
	uint64_t started_ns;
	pid_t pid;
	const char *confinement;	/* confine_grade_name() */
	int landlock_abi;		/* 0: without */
	struct buffer contents, sealed;	/* of the grant or seal being made */
	struct ipc_id ids[AUTHD_IDS];	/* random ones for the next grants */
	size_t n_ids;
};

/*
 * Opens and reads what there is, without a thread: before the confinement. Options must outlive
 * it. What it could not do is logged. After a failure, authd_close() too.
 */
must_check int authd_open(struct authd *a, const struct options *o,
			  const uint8_t master[static KEYRING_MASTER_LEN]);

/* Starts the writer, listens where a socket (or -1) is given; takes them. */
must_check int authd_start(struct authd *a, int frontend_fd, int stored_fd, int admin_fd);

/* One turn of the loop, with everything sent that it gave rise to. */
must_check int authd_step(struct authd *a, int at_most_ms);

void authd_close(struct authd *a);
