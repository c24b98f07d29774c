/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Entity tags. Coffer keeps and compares them as text without quotes: 32 hex digits of an MD5, and
 * for a multipart object "-N" behind it. Clients send them with quotes, without, weak, and in lists.
 */

#include "base/span.h"

#define ETAG_TEXT_MAX 48	/* 32 digits, "-" with any number, and a NUL fit */

/* The text of an MD5; parts > 0 appends "-parts". Returns buf. */
const char *etag_format(const uint8_t md5[static 16], unsigned int parts,
			char buf[static ETAG_TEXT_MAX]);

/*
 * The MD5 and the number of parts (0: a single put) of one of our tags, with quotes around it or not;
 * false if it is none.
 */
must_check bool etag_parse(struct span text, uint8_t ret_md5[static 16], unsigned int *ret_parts);

/* One tag without the blanks and quotes around it; W/ and all else stays. */
struct span etag_unquote(struct span text);

/*
 * Whether `etag` (without quotes) is in the list of an If-Match or If-None-Match, or the list is `*`.
 * A weak tag (W/"...") only counts where `weak` is allowed: for If-None-Match (RFC 9110, 13.1).
 */
bool etag_list_has(struct span list, struct span etag, bool weak);
