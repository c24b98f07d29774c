/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the bytes of a file come to, in one pass, and copying them while they are looked at. */

#include <signal.h>

#include "client/backup/manifest.h"
#include "client/transfer/progress.h"

#define FINGERPRINT_CRC64_MAX 17	/* as text */

struct fingerprint {
	uint64_t length;
	char blake2b[MANIFEST_DIGEST_MAX];
	char crc64[FINGERPRINT_CRC64_MAX];	/* CRC-64/NVME, as catalogs have it */
};

/* Who waits for it: what it has come to is shown, and it ends where *stop is not 0. */
struct pace {
	struct progress *progress;
	const volatile sig_atomic_t *stop;
};

enum fingerprint_side {
	FINGERPRINT_FROM,
	FINGERPRINT_TO,
};

/*
 * The first `length` bytes of a file; to_fd is -1 where they go nowhere. -ENODATA where there are fewer; -EINTR
 * where it is to stop. *ret_side says whose any other error is.
 */
must_check int fingerprint_take(int from_fd, uint64_t length, int to_fd, const struct pace *p,
				struct fingerprint *ret, enum fingerprint_side *ret_side);
