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

/* Looks at every byte, whatever it finds: so the compiler has many of them looked at at once. */
bool field_is_clean(struct span value)
{
	const uint8_t *bytes = span_bytes(value);
	uint8_t dirty = 0;

	for (size_t i = 0; i < value.len; i++)
		dirty |= (bytes[i] < ' ' && bytes[i] != '\t') || bytes[i] == 0x7f;
	return !dirty;
}
