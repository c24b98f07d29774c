/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What every part of coffer-stored above the store works with: the loop and the threads behind it.
 * There is one, in main(). Unless said otherwise a member is touched by the loop's thread only.
 */

#include "ipc/channel.h"
#include "ipc/peer_list.h"
#include "stored/authority.h"
#include "stored/door.h"
#include "stored/figures.h"
#include "stored/gate.h"
#include "stored/hasher.h"
#include "stored/intake.h"
#include "stored/recall.h"
#include "stored/session.h"
#include "stored/store.h"
#include "stored/suspensions.h"
#include "stored/task.h"
#include "stored/tenants.h"
#include "stored/unseal.h"

#define SERVICE_READERS 4	/* threads that look things up, and keep small bodies, where the loop does not */
#define SERVICE_FLUSHERS 4	/* threads that wait for the disk to have a large body */
#define SERVICE_COPIERS 2	/* threads that copy ranges of objects */
#define SERVICE_ARCHIVISTS 1	/* threads that copy and check catalogs, for as long as it takes */
#define SERVICE_ERASERS 1	/* threads that remove what a deleted tenant had, for as long as it takes */
#define SERVICE_QUEUE_MAX 8192	/* calls that wait for one kind of thread */
#define SERVICE_HASH_MAX (32 * KIB)	/* bytes of small bodies that one step of the loop hashes: some 60 us */
#define SERVICE_HASH_LEAST (4 * KIB)	/* as which a smaller one counts */

struct service_config {
	const char *authd_path;		/* where authd listens for stored */
	uid_t frontend_uid;
	struct peer_list admins;	/* who may be an operator */
	uint32_t inline_limit;		/* bodies up to here live in the catalog */
	size_t recall_bytes;		/* for what was looked up lately */
	const char *region;		/* of buckets made without a LocationConstraint */
	bool region_pinned;		/* and no other can be asked for */
};

struct service {
	struct service_config config;	/* constant: any thread */
	struct store *store;		/* any thread, as store.h says; not the service's own */
	struct gates *gates;		/* any thread */
	struct suspensions suspensions;	/* any thread may ask */
	struct hash_methods methods;	/* constant: any thread */
	struct loop loop;
	struct channel_group group;
	struct mailbox mailbox;		/* any thread may post */
	struct unseal *unseal;
	struct authority authority;
	struct sessions sessions;
	struct door workers, operators;	/* where they come in */
	struct pool *readers, *flushers, *copiers, *archivists, *erasers;
	struct loop_timer patience;	/* with what waits for a reader */
	struct intake *intake;
	size_t hash_credit;		/* bytes that this step of the loop may still hash */
	size_t n_calls;			/* alive, whether or not somebody still waits for them */
	size_t n_provisions, n_erasures;	/* likewise */
	_Atomic bool stopping;		/* any thread: what takes long gives up */
	struct figures figures;
	struct tenants tenants;		/* whose calls there were */
	struct recall *recall;
};

/* Makes everything but threads and channels. The store is opened already, and not yet started. */
must_check int service_init(struct service *s, const struct service_config *config,
			    struct store *store);

/* Starts the threads. From here on nothing opens a file outside the data directory. */
must_check int service_start(struct service *s);

/* One step of the loop, with all that it sends. */
must_check int service_step(struct service *s, int at_most_ms);

/* Ends all channels, waits for what is under way, ends the threads; the store may be closed then. */
void service_stop(struct service *s);

/* Also of one that was made by half. */
void service_clear(struct service *s);
