/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/field.h"

static bool is_token_byte(uint8_t c)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
		return true;
	return (c >= '0' && c <= '9') || memchr(others, c, sizeof(others) - 1);
}

bool field_is_token(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_token_byte(span_bytes(name)[i]))
			return false;
	return name.len > 0;
}

bool field_is_clean(struct span value)
{
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = span_bytes(value)[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}
