/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What authd orders of stored about a tenant that is to be deleted. */

enum erase_mode {
	ERASE_ASK,	/* nothing is done: it is told whether the tenant has a bucket */
	ERASE_EMPTY,	/* only where it has none */
	ERASE_ALL,
};
#define ERASE_MODE_COUNT 3
