/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A whole authd in this process, for tests, with the other ends of its channels in the test's
 * hands. It runs only while the test waits for something.
 */

#include "authd/authd.h"
#include "signer.h"

#define OFFICE_KEY SIGNER_KEY
#define OFFICE_SECRET SIGNER_SECRET
#define OFFICE_PATIENCE_NS (20 * NS_PER_S)	/* with a busy machine; who waits in vain fails */

struct office {
	struct authd authd;
	struct options options;
	char directory[64];
	uint8_t packet[IPC_PACKET_MAX];	/* what was received last; messages borrow from it */
	struct buffer suspended;	/* the ids that the last stored was told before its key */
};

/* With a tenant "acme" and the signer's key; nobody is connected. */
void office_open(struct office *o);
void office_close(struct office *o);

/* Ends it and starts it again on the same directory. */
void office_restart(struct office *o);

/* An authd on what there is in a directory of the caller's, which stays; 0, or what keeps it from starting. */
int office_move_in(struct office *o, const char *directory);
void office_move_out(struct office *o);

/* The peer's end of a new channel; the caller closes it. */
int office_worker(struct office *o);
int office_stored(struct office *o);

void office_send(int fd, const struct ipc_message *m);
void office_send_bytes(int fd, const void *bytes, size_t len);

/* The next message, awaited with patience. False where the channel has ended instead. */
bool office_receive(struct office *o, int fd, enum ipc_direction direction,
		    struct ipc_message *ret);

/* True if the channel has been closed, or is soon, with nothing said before. */
bool office_hung_up(struct office *o, int fd);

/* True if nothing comes for a moment. */
bool office_silent(struct office *o, int fd);

/* Lets authd work off what has been sent to it. */
void office_settle(struct office *o);

/* A stored that has taken the key of an epoch; the key is the test's to check seals with. */
int office_stored_ready(struct office *o, uint64_t *ret_epoch, struct ipc_hash *ret_key);

/* A worker with its ticket; the channel id it names. Needs a stored that is ready. */
int office_worker_ready(struct office *o, struct ipc_id *ret_channel);

/* ASK with that head, of the S3 dialect or another one. */
void office_ask(int fd, uint64_t call, const struct request *q);
void office_ask_in(enum s3_dialect dialect, int fd, uint64_t call, const struct request *q);

/* The contents, if the seal is of that kind and key. */
bool office_unseal(const struct ipc_hash *key, enum sealed_kind kind, struct span sealed,
		   struct span *ret_contents);

/* What this process logs from now on is kept from stderr, up to office_log_end(). */
void office_log_begin(void);

/* All of it. Valid until the next one. */
const char *office_log_end(void);

/* The time authd will see, as clients write it. */
const char *office_time(void);
