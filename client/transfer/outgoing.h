/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One object of an export, from the moment it was listed until it is counted. A file that is there is
 * compared with it; else the object is asked for, its bytes are written as they come, and what was
 * written is compared with what stored says of the object before the file gets its name.
 */

#include "client/transfer/digest.h"
#include "client/transfer/landing.h"
#include "client/transfer/operator.h"
#include "ipc/answer.h"

struct exporter;

struct outgoing {
	struct operator_call call;	/* first */
	struct exporter *exporter;
	uint8_t key[S3_KEY_MAX];
	size_t key_len;
	uint64_t size, modified_ns;
	char etag[ETAG_TEXT_MAX];
	struct checksum_value checksum;	/* of the whole; NONE where stored has no such */
	unsigned int attempts;
	uint64_t due_ns;		/* while it waits */
	uint64_t shown;			/* bytes that the progress counts as moving */
	struct digest *digest;		/* of what came so far */
	struct landing_file file;	/* what is being written */
	bool compares;			/* nothing is written: what comes is compared with `there` */
	struct digest_value there;	/* the file that is there */
	struct outgoing *next;		/* among those that wait */
	struct outgoing *after, *before;	/* among all */
};

/* Begins with what the list says. -ENOMEM. */
must_check int outgoing_begin(struct exporter *x, const struct answer *listed);

/* Those that are written whole get their names, and are over. */
void outgoing_place(struct exporter *x);

/* Asks for it, or for what waited. */
void outgoing_ask(struct outgoing *o);

/* Gives it up, with what is under way for it; it is not counted. */
void outgoing_free(struct outgoing *o);
