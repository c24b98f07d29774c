/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The three cyclic redundancy checks of S3, which differ in their polynomial only: all are reflected,
 * begin with ones and are inverted at the end. Values are the finished ones, in the low bits.
 */

#include "base/span.h"

enum crc {
	CRC_32,		/* ISO-HDLC, as in zlib */
	CRC_32C,	/* Castagnoli, as in iSCSI */
	CRC_64NVME,
	CRC_COUNT,
};

/* The value of what `crc` covers followed by these bytes; 0 covers nothing. */
uint64_t crc_update(enum crc which, uint64_t crc, struct span bytes);

/* The same without the CPU's carry-less multiplication. */
uint64_t crc_update_portable(enum crc which, uint64_t crc, struct span bytes);

/* The value of a concatenation: a and b are those of its halves, b_len the length of the second. */
uint64_t crc_combine(enum crc which, uint64_t a, uint64_t b, uint64_t b_len);
