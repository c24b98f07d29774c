/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Opens what was sealed to this host (X25519, XSalsa20-Poly1305: libsodium's sealed boxes), and seals to
 * others. The key is made of the keyring key, and so the same as long as that is.
 *
 * A box says nothing of who has sealed it: anybody can who has the public key.
 */

#include "authd/keyring.h"
#include "ipc/recipient.h"

#define STRONGBOX_OVERHEAD 48

struct strongbox;

must_check int strongbox_new(const uint8_t master[static KEYRING_MASTER_LEN], struct strongbox **ret);
struct strongbox *strongbox_free(struct strongbox *s);
DEFINE_CLEANUP(struct strongbox *, strongbox_free)

/* This host, for others to seal to. */
const struct recipient *strongbox_recipient(const struct strongbox *s);

/* sealed.len - STRONGBOX_OVERHEAD bytes go to guarded memory. False: not to this host, or not whole. */
must_check bool strongbox_open(const struct strongbox *s, struct span sealed, uint8_t *ret);

/* plain.len + STRONGBOX_OVERHEAD bytes go to ret. False: there is no sealing to that key. */
must_check bool strongbox_seal(const struct recipient *to, struct span plain, uint8_t *ret);
