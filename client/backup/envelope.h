/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a tenant's sealed identities lie in, in a backup: for whom they are sealed, which is a host, or
 * whoever knows a passphrase; and of that, how a key is made of it (Argon2id). The sealed bytes are authd's;
 * opened they are here only to be sealed anew, in guarded memory, for the host that they are to come to.
 */

#include "base/buffer.h"
#include "client/complaint.h"
#include "ipc/recipient.h"

#define ENVELOPE_MAX	      (40 * MIB)
#define ENVELOPE_SALT_LEN     16
#define PASSPHRASE_MIN	      8
#define PASSPHRASE_MAX	      1024

enum envelope_kind {
	ENVELOPE_HOST = 1,
	ENVELOPE_PASSPHRASE = 2,
};

struct envelope {
	enum envelope_kind kind;
	struct recipient recipient;
	/* Of a passphrase: */
	uint8_t salt[ENVELOPE_SALT_LEN];
	uint64_t operations, memory;
};

void envelope_for_host(struct envelope *e, const struct recipient *r);

/* With a new salt. Takes a second and 256 MiB. -ENOMEM. */
must_check int envelope_for_passphrase(struct envelope *e, const char *passphrase);

/* Appends it with what is in it. */
void envelope_put(const struct envelope *e, struct span sealed, struct buffer *to);

/* -EBADMSG. What is in it is borrowed. */
must_check int envelope_get(struct span bytes, struct envelope *ret, struct span *ret_sealed);

enum envelope_outcome {
	ENVELOPE_OK = 0,
	ENVELOPE_WRONG,		/* it is another passphrase */
	ENVELOPE_DAMAGED,
};

/* Opens what is sealed to a passphrase, and seals it to another key. -ENOMEM. */
must_check int envelope_reseal(const struct envelope *e, const char *passphrase, struct span sealed,
			       const struct recipient *to, struct buffer *ret);
