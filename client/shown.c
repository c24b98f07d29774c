/* SPDX-License-Identifier: Apache-2.0 */
#include "client/shown.h"

#include <stdio.h>

#define ELLIPSIS      "..."
#define ESCAPED_LEN   4
#define CHARACTER_MAX 4 /* bytes of UTF-8 */

/* A byte that may stand for itself, or the beginning of a run that is one character. */
static size_t character_len(struct span s)
{
	uint8_t c = span_bytes(s)[0];

	if (c < 0x80)
		return c >= ' ' && c != 0x7f && c != '\\';
	for (size_t n = 2; n <= CHARACTER_MAX && n <= s.len; n++)
		if (span_is_utf8(span_first(s, n)))
			/* C1 controls are characters, too. */
			return c == 0xc2 && span_bytes(s)[1] < 0xa0 ? 0 : n;
	return 0;
}

const char *shown_text(struct span s, char buf[static SHOWN_MAX])
{
	size_t len = 0;

	while (s.len) {
		size_t n = character_len(s), need = n ? n : ESCAPED_LEN;

		if (len + need + sizeof(ELLIPSIS) > SHOWN_MAX) {
			memcpy(buf + len, ELLIPSIS, sizeof(ELLIPSIS));
			return buf;
		}
		if (n)
			memcpy(buf + len, s.data, n);
		else
			snprintf(buf + len, ESCAPED_LEN + 1, "\\x%02x", span_bytes(s)[0]);
		len += need;
		s = span_skip(s, n ? n : 1);
	}
	buf[len] = '\0';
	return buf;
}
