/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Hexadecimal digits, base64 and base32 (RFC 4648, with padding), strictly: one text for one value. */

#include "base/span.h"

/* Room for the base64 of n bytes and a NUL. */
#define BASE64_TEXT_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/* The value of one hexadecimal digit in either case, or -1. */
int hex_digit(uint8_t c);

/* Exactly len bytes, in either case; false leaves nothing to rely on in ret. */
must_check bool hex_decode(struct span text, uint8_t *ret, size_t len);

/* Lower case and a NUL: 2 * bytes.len + 1 characters go to buf. Returns buf. */
const char *hex_encode(struct span bytes, char *buf);

/* How many bytes a text stands for, if it is padded base64 of any; false where its length says no. */
must_check bool base64_len(struct span text, size_t *ret);

/* Exactly len bytes, from padded base64 whose unused bits are zero. */
must_check bool base64_decode(struct span text, uint8_t *ret, size_t len);

/* BASE64_TEXT_SIZE(bytes.len) characters go to buf. Returns buf. */
const char *base64_encode(struct span bytes, char *buf);

/* At most so many bytes come out of n characters of base32. */
#define BASE32_BYTES_MAX(n) ((n) / 8 * 5)

/* Padded base32 in capitals, whose unused bits are zero: *ret_len bytes go to ret. */
must_check bool base32_decode(struct span text, uint8_t *ret, size_t *ret_len);
