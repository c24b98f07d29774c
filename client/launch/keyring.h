/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The key that authd seals its secrets with. It is kept where authd's data is not, in credentials/,
 * and handed over at each start as systemd's LoadCredential= would: as a file in a directory that
 * only authd can read.
 */

#include "client/launch/layout.h"

#define KEYRING_KEY_LEN	  32
#define KEYRING_DIRECTORY "run/credentials-authd"

/* Makes the key on the first start and puts a copy in KEYRING_DIRECTORY. Follows layout_prepare(). */
must_check int keyring_hand_over(const struct layout *l, const struct ids *ids,
				 struct complaint *why);

/* Removes the copy. */
must_check int keyring_take_back(const struct layout *l);
