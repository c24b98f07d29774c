/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For whom a tenant's identities are sealed: an X25519 public key, of a host or made of a passphrase.
 * People copy its text from one terminal to another, so a checksum finds what they mistype.
 */

#include "base/span.h"

#define RECIPIENT_KEY_LEN 32
#define RECIPIENT_MARK "cfpub_"
#define RECIPIENT_CHECK_LEN 4	/* CRC-32C of the mark and the key */
#define RECIPIENT_TEXT_LEN (sizeof(RECIPIENT_MARK) - 1 + (RECIPIENT_KEY_LEN + RECIPIENT_CHECK_LEN) / 3 * 4)
#define RECIPIENT_TEXT_SIZE (RECIPIENT_TEXT_LEN + 1)

struct recipient {
	uint8_t key[RECIPIENT_KEY_LEN];
};

/* Returns buf. */
const char *recipient_format(const struct recipient *r, char buf[static RECIPIENT_TEXT_SIZE]);

/* One text for one key; false leaves nothing to rely on in *ret. */
must_check bool recipient_parse(struct span text, struct recipient *ret);
