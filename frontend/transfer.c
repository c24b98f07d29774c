/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/transfer.h"

#include "frontend/field.h"
#include "s3/encoding.h"

struct transfer transfer_of_length(uint64_t length)
{
	return (struct transfer){ .state = length ? TRANSFER_IN_DATA : TRANSFER_AT_END,
				  .left = length };
}

struct transfer transfer_of_chunks(void)
{
	return (struct transfer){ .state = TRANSFER_AT_SIZE, .chunked = true };
}

static enum transfer_state take_size(struct transfer *t, uint8_t c)
{
	int digit = hex_digit(c);

	if (digit >= 0 && t->digits < TRANSFER_DIGITS_MAX) {
		t->digits++;
		t->left = t->left << 4 | (unsigned int)digit;
		return TRANSFER_AT_SIZE;
	}
	if (!t->digits)
		return TRANSFER_BROKEN;
	t->extra = 0;
	if (c == ';')
		return TRANSFER_IN_EXTENSION;
	return c == '\r' ? TRANSFER_AT_SIZE_LF : TRANSFER_BROKEN;
}

/* One more byte that is read for nothing: it stays in that state, or goes on behind a CR. */
static enum transfer_state take_extra(struct transfer *t, uint8_t c, enum transfer_state in,
				      enum transfer_state behind)
{
	if (c == '\r')
		return behind;
	if (t->extra++ == TRANSFER_EXTRA_MAX || !field_is_clean((struct span){ &c, 1 }))
		return TRANSFER_BROKEN;
	return in;
}

static enum transfer_state take_name(struct transfer *t, uint8_t c)
{
	if (c == ':' && t->state == TRANSFER_IN_NAME)
		return TRANSFER_IN_VALUE;
	if (t->extra++ == TRANSFER_EXTRA_MAX || !field_is_token((struct span){ &c, 1 }))
		return TRANSFER_BROKEN;
	return TRANSFER_IN_NAME;
}

static enum transfer_state take_expected(uint8_t c, uint8_t expected, enum transfer_state then)
{
	return c == expected ? then : TRANSFER_BROKEN;
}

static enum transfer_state begin_size(struct transfer *t, uint8_t c)
{
	t->digits = 0;
	return take_expected(c, '\n', TRANSFER_AT_SIZE);
}

static enum transfer_state take_framing(struct transfer *t, uint8_t c)
{
	switch (t->state) {
	case TRANSFER_AT_SIZE:
		return take_size(t, c);
	case TRANSFER_IN_EXTENSION:
		return take_extra(t, c, TRANSFER_IN_EXTENSION, TRANSFER_AT_SIZE_LF);
	case TRANSFER_AT_SIZE_LF:
		return take_expected(c, '\n', t->left ? TRANSFER_IN_DATA : TRANSFER_AT_TRAILER);
	case TRANSFER_AT_DATA_CR:
		return take_expected(c, '\r', TRANSFER_AT_DATA_LF);
	case TRANSFER_AT_DATA_LF:
		return begin_size(t, c);
	case TRANSFER_AT_TRAILER:
		return c == '\r' ? TRANSFER_AT_LAST_LF : take_name(t, c);
	case TRANSFER_IN_NAME:
		return take_name(t, c);
	case TRANSFER_IN_VALUE:
		return take_extra(t, c, TRANSFER_IN_VALUE, TRANSFER_AT_VALUE_LF);
	case TRANSFER_AT_VALUE_LF:
		return take_expected(c, '\n', TRANSFER_AT_TRAILER);
	case TRANSFER_AT_LAST_LF:
		return take_expected(c, '\n', TRANSFER_AT_END);
	case TRANSFER_IN_DATA:
	case TRANSFER_AT_END:
	case TRANSFER_BROKEN:
		break;
	}
	return TRANSFER_BROKEN;
}

static bool is_framing(const struct transfer *t)
{
	return t->state != TRANSFER_IN_DATA && t->state != TRANSFER_AT_END &&
	       t->state != TRANSFER_BROKEN;
}

int transfer_next(struct transfer *t, struct span *input, struct span *ret_data)
{
	while (input->len && is_framing(t)) {
		t->state = take_framing(t, span_bytes(*input)[0]);
		*input = span_skip(*input, 1);
	}
	if (t->state == TRANSFER_BROKEN)
		return TRANSFER_MALFORMED;
	if (t->state == TRANSFER_AT_END)
		return TRANSFER_OVER;
	if (!input->len)
		return TRANSFER_STARVED;
	*ret_data = span_first(*input, (size_t)MIN(t->left, (uint64_t)input->len));
	return TRANSFER_DATA;
}

void transfer_use(struct transfer *t, struct span *input, size_t n)
{
	*input = span_skip(*input, n);
	t->left -= n;
	if (!t->left)
		t->state = t->chunked ? TRANSFER_AT_DATA_CR : TRANSFER_AT_END;
}
