/* SPDX-License-Identifier: Apache-2.0 */

/* Any text is a recipient's key or none, and there is one text for each key. */

#undef NDEBUG
#include <assert.h>

#include "ipc/recipient.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(const struct recipient *r, struct span text)
{
	char again[RECIPIENT_TEXT_SIZE];

	assert(span_equal(span_from_string(recipient_format(r, again)), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { data ? data : (const uint8_t *)"", size };
	char formatted[RECIPIENT_TEXT_SIZE];
	struct recipient r, back;

	if (recipient_parse(text, &r))
		check_key(&r, text);
	if (size < sizeof(r.key))
		return 0;
	memcpy(r.key, data, sizeof(r.key));
	assert(recipient_parse(span_from_string(recipient_format(&r, formatted)), &back));
	assert(memcmp(r.key, back.key, sizeof(r.key)) == 0);
	return 0;
}
