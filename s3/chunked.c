/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/chunked.h"

#include <assert.h>

#include "s3/encoding.h"

#define TO(state) (1u << CHUNKED_##state)

static const uint8_t chunked_moves[CHUNKED_STATE_COUNT] = {
	[CHUNKED_IN_HEADER] = TO(IN_DATA) | TO(IN_TRAILER) | TO(FAILED),
	[CHUNKED_IN_DATA] = TO(BEHIND_DATA) | TO(FAILED),
	[CHUNKED_BEHIND_DATA] = TO(IN_HEADER) | TO(FAILED),
	[CHUNKED_IN_TRAILER] = TO(COMPLETE) | TO(FAILED),
	[CHUNKED_COMPLETE] = TO(FAILED),
	[CHUNKED_FAILED] = TO(FAILED),
};

static void chunked_move(struct chunked *c, enum chunked_state to)
{
	assert(chunked_moves[c->state] & 1u << to);
	c->state = to;
}

void chunked_init(struct chunked *c, enum s3_payload mode, uint64_t expected,
		  enum checksum_algorithm trailer)
{
	*c = (struct chunked){
		.state = CHUNKED_IN_HEADER,
		.mode = mode,
		.trailer = trailer,
		.expected = expected,
	};
}

/*
 * Moves bytes to the line under way, up to and with its line feed. True when it is complete; *ret
 * is the line without its end then, and *ret_crlf says whether a carriage return stood there.
 */
static bool take_line(struct chunked *c, struct span *input, struct span *ret, bool *ret_crlf)
{
	size_t room = sizeof(c->line) - c->line_len;
	struct span part = span_first(*input, MIN(input->len, room));
	const uint8_t *end = memchr(part.data, '\n', part.len);

	if (end)
		part.len = (size_t)(end - span_bytes(part)) + 1;
	memcpy(c->line + c->line_len, part.data, part.len);
	c->line_len += part.len;
	*input = span_skip(*input, part.len);
	if (!end)
		return false;
	*ret = (struct span){ c->line, c->line_len - 1 };
	*ret_crlf = ret->len && c->line[ret->len - 1] == '\r';
	if (*ret_crlf)
		ret->len--;
	c->line_len = 0;
	return true;
}

static bool line_is_full(const struct chunked *c)
{
	return c->line_len == sizeof(c->line);
}

static bool parse_size(struct span digits, uint64_t *ret)
{
	uint64_t size = 0;

	if (!digits.len || digits.len > CHUNKED_SIZE_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		int digit = hex_digit(span_bytes(digits)[i]);

		if (digit < 0)
			return false;
		size = size << 4 | (uint64_t)digit;
	}
	*ret = size;
	return true;
}

static bool parse_header(const struct chunked *c, struct span line, struct chunked_event *event)
{
	static const char name[] = "chunk-signature=";
	struct span size, extension = span_cut(line, ';', &size);

	if (!parse_size(size, &event->length))
		return false;
	if (!s3_payload_is_chained(c->mode))
		return span_is_none(extension);
	if (!span_starts_with(extension, SPAN(name)))
		return false;
	return hex_decode(span_skip(extension, sizeof(name) - 1), event->signature,
			  sizeof(event->signature));
}

/* Holds one chunk's length against all that was promised. */
static int count_chunk(struct chunked *c, uint64_t length)
{
	uint64_t seen;

	if (length == 0)
		return c->seen == c->expected || c->expected == S3_LENGTH_UNKNOWN
			       ? 0
			       : S3_ERROR_INCOMPLETE_BODY;
	if (__builtin_add_overflow(c->seen, length, &seen) || seen > c->expected)
		return S3_ERROR_INCOMPLETE_BODY;
	if (seen > S3_PUT_MAX)
		return S3_ERROR_ENTITY_TOO_LARGE;
	/* Only signed ones cost a signature each; S3's minimum is not asked of the others. */
	if (c->small_chunk)
		return S3_ERROR_INVALID_CHUNK_SIZE;
	c->small_chunk = s3_payload_is_chained(c->mode) && length < CHUNKED_SIGNED_MIN;
	c->seen = seen;
	c->left = length;
	return 0;
}

static int step_header(struct chunked *c, struct span *input, struct chunked_event *event)
{
	struct span line;
	bool crlf;
	int e;

	if (!take_line(c, input, &line, &crlf))
		return line_is_full(c) ? S3_ERROR_INCOMPLETE_BODY : 0;
	if (!crlf || !parse_header(c, line, event))
		return S3_ERROR_INCOMPLETE_BODY;
	e = count_chunk(c, event->length);
	if (e)
		return e;
	event->item = CHUNKED_CHUNK;
	chunked_move(c, event->length ? CHUNKED_IN_DATA : CHUNKED_IN_TRAILER);
	return 0;
}

static int step_data(struct chunked *c, struct span *input, struct chunked_event *event)
{
	event->item = CHUNKED_DATA;
	event->data = span_first(*input, (size_t)MIN((uint64_t)input->len, c->left));
	*input = span_skip(*input, event->data.len);
	c->left -= event->data.len;
	if (!c->left)
		chunked_move(c, CHUNKED_BEHIND_DATA);
	return 0;
}

static int step_behind_data(struct chunked *c, struct span *input)
{
	uint8_t byte = span_bytes(*input)[0];

	*input = span_skip(*input, 1);
	if (byte != (c->line_len ? '\n' : '\r'))
		return S3_ERROR_INCOMPLETE_BODY;
	c->line[c->line_len++] = byte;
	if (byte == '\n') {
		c->line_len = 0;
		chunked_move(c, CHUNKED_IN_HEADER);
	}
	return 0;
}

static int take_trailer_signature(struct chunked *c, struct span value, struct chunked_event *event)
{
	if (c->signature_seen || !c->trailer_seen || c->mode != S3_PAYLOAD_STREAMING_SIGNED_TRAILER)
		return S3_ERROR_MALFORMED_TRAILER;
	if (!hex_decode(value, event->signature, sizeof(event->signature)))
		return S3_ERROR_MALFORMED_TRAILER;
	event->item = CHUNKED_TRAILER_SIGNATURE;
	c->signature_seen = true;
	return 0;
}

static int take_trailer(struct chunked *c, struct span line, struct chunked_event *event)
{
	struct span name, value = span_cut(line, ':', &name);

	if (!s3_payload_has_trailer(c->mode) || span_is_none(value))
		return S3_ERROR_MALFORMED_TRAILER;
	value = span_trim(value);
	if (span_equal_nocase(name, SPAN("x-amz-trailer-signature")))
		return take_trailer_signature(c, value, event);
	if (c->trailer_seen || c->trailer == CHECKSUM_NONE ||
	    checksum_by_header(name) != c->trailer)
		return S3_ERROR_MALFORMED_TRAILER;
	if (!checksum_parse(c->trailer, value, &event->checksum))
		return S3_ERROR_MALFORMED_TRAILER;
	event->item = CHUNKED_TRAILER;
	event->name = name;
	event->value = value;
	c->trailer_seen = true;
	return 0;
}

static bool trailer_is_whole(const struct chunked *c)
{
	if (c->trailer == CHECKSUM_NONE)
		return true;
	return c->trailer_seen &&
	       (c->signature_seen || c->mode != S3_PAYLOAD_STREAMING_SIGNED_TRAILER);
}

/*
 * The blank line ends the body. MinIO's client ends the trailer itself with a line feed and then
 * a blank line, in front of the signature too; what it sends stands in S3's own examples.
 */
static int take_blank(struct chunked *c)
{
	if (trailer_is_whole(c)) {
		chunked_move(c, CHUNKED_COMPLETE);
		return 0;
	}
	if (!c->trailer_seen || c->blank_seen)
		return S3_ERROR_MALFORMED_TRAILER;
	c->blank_seen = true;
	return 0;
}

static int step_trailer(struct chunked *c, struct span *input, struct chunked_event *event)
{
	struct span line;
	bool crlf;

	if (!take_line(c, input, &line, &crlf))
		return line_is_full(c) ? S3_ERROR_MALFORMED_TRAILER : 0;
	if (!crlf && (!line.len || !s3_payload_has_trailer(c->mode)))
		return S3_ERROR_MALFORMED_TRAILER;
	return line.len ? take_trailer(c, line, event) : take_blank(c);
}

/* One more blank line may follow where a trailer was: again as MinIO's client ends it. */
static int step_complete(struct chunked *c, struct span *input)
{
	if (!c->trailer_seen || c->signature_seen || c->blank_seen)
		return S3_ERROR_INCOMPLETE_BODY;
	if (span_bytes(*input)[0] != (c->line_len ? '\n' : '\r'))
		return S3_ERROR_INCOMPLETE_BODY;
	*input = span_skip(*input, 1);
	c->line_len++;
	c->blank_seen = c->line_len == 2;
	return 0;
}

static int step(struct chunked *c, struct span *input, struct chunked_event *event)
{
	switch (c->state) {
	case CHUNKED_IN_HEADER:
		return step_header(c, input, event);
	case CHUNKED_IN_DATA:
		return step_data(c, input, event);
	case CHUNKED_BEHIND_DATA:
		return step_behind_data(c, input);
	case CHUNKED_IN_TRAILER:
		return step_trailer(c, input, event);
	case CHUNKED_COMPLETE:
		return step_complete(c, input);
	case CHUNKED_FAILED:
	case CHUNKED_STATE_COUNT:
		break;
	}
	return S3_ERROR_INCOMPLETE_BODY;
}

int chunked_next(struct chunked *c, struct span *input, struct chunked_event *ret)
{
	struct chunked_event event = { .item = CHUNKED_STARVED };
	int e;

	while (input->len && event.item == CHUNKED_STARVED) {
		e = step(c, input, &event);
		if (e) {
			chunked_move(c, CHUNKED_FAILED);
			return e;
		}
	}
	*ret = event;
	return 0;
}

int chunked_finish(const struct chunked *c)
{
	if (c->state == CHUNKED_COMPLETE && c->line_len != 1)
		return 0;
	if (c->state == CHUNKED_IN_TRAILER && c->trailer != CHECKSUM_NONE && !c->trailer_seen)
		return S3_ERROR_MALFORMED_TRAILER;
	return S3_ERROR_INCOMPLETE_BODY;
}
