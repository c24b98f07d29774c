/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/body.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "frontend/inlet.h"
#include "ipc/wire.h"

#define TRAILER_MAX 512

/* What one call of body_take() can leave behind: of what is received at a time, that is all. */
#define WAITING_MAX (1024 * 1024)
_Static_assert(WAITING_MAX >= INLET_PIECE, "what was received is not lost");

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

void body_init(struct body *b)
{
	*b = (struct body){
		.limit = BODY_IGNORED_MAX,
		.too_long = S3_ERROR_MAX_MESSAGE_LENGTH_EXCEEDED,
		.pipe_fd = -1,
		.waiting = BUFFER_INIT(WAITING_MAX),
		.lengths = BUFFER_INIT(IPC_BATCH_MAX),
		.chunks = BUFFER_INIT(IPC_BATCH_MAX),
		.trailer = BUFFER_INIT(TRAILER_MAX),
	};
}

void body_clear(struct body *b)
{
	b->pipe_fd = fd_close(b->pipe_fd);
	buffer_clear(&b->gathered);
	buffer_clear(&b->waiting);
	buffer_clear(&b->lengths);
	buffer_clear(&b->chunks);
	buffer_clear(&b->trailer);
}

static void begin_object(struct body *b, const struct s3_request *request, size_t inside_max)
{
	b->framed = s3_payload_is_framed(request->payload);
	b->chained = s3_payload_is_chained(request->payload);
	b->limit = S3_PUT_MAX;
	b->too_long = S3_ERROR_ENTITY_TOO_LARGE;
	b->place = request->length <= inside_max ? BODY_INSIDE : BODY_PIPE;
	b->gathered = BUFFER_INIT(inside_max);
	if (b->framed)
		chunked_init(&b->chunked, request->payload, request->length, request->trailer);
}

void body_gather(struct body *b, size_t limit, enum s3_error too_long)
{
	b->place = BODY_COMMAND;
	b->limit = limit;
	b->too_long = too_long;
	b->gathered = BUFFER_INIT(limit);
}

void body_begin(struct body *b, const struct s3_request *request, size_t inside_max)
{
	switch (s3_operations[request->operation].body) {
	case S3_BODY_NONE:
		break;
	case S3_BODY_COMMAND:
		body_gather(b, S3_COMMAND_MAX, b->too_long);
		break;
	case S3_BODY_OBJECT:
		begin_object(b, request, inside_max);
		break;
	}
}

/* --- where the bytes go ------------------------------------------------------------------ */

/*
 * stored has closed its end: it has refused the upload, and says so in a message that is on its
 * way. Until that is here the bytes are dropped.
 */
static void forget_pipe(struct body *b)
{
	b->pipe_fd = fd_close(b->pipe_fd);
	b->place = BODY_NOWHERE;
	buffer_reset(&b->waiting);
}

/* Takes off *bytes what the pipe takes. */
static int write_pipe(struct body *b, struct span *bytes)
{
	while (bytes->len) {
		ssize_t n = write(b->pipe_fd, bytes->data, bytes->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && errno == EPIPE) {
			forget_pipe(b);
			*bytes = span_skip(*bytes, bytes->len);
			return 0;
		}
		if (n < 0)
			return -errno;
		*bytes = span_skip(*bytes, (size_t)n);
	}
	return 0;
}

static int put_pipe(struct body *b, struct span bytes)
{
	int r = write_pipe(b, &bytes);

	if (r < 0)
		return r;
	buffer_append(&b->waiting, bytes);
	return buffer_error(&b->waiting);
}

static int put(struct body *b, struct span bytes)
{
	if (bytes.len > b->limit - b->length)
		return (int)b->too_long;
	b->length += bytes.len;
	b->n_pieces++;
	switch (b->place) {
	case BODY_NOWHERE:
		return 0;
	case BODY_INSIDE:
	case BODY_COMMAND:
		buffer_append(&b->gathered, bytes);
		return buffer_error(&b->gathered);
	case BODY_PIPE:
		return put_pipe(b, bytes);
	}
	return -EINVAL;
}

int body_drain(struct body *b)
{
	struct span rest = buffer_span(&b->waiting);
	size_t taken = rest.len;
	int r = write_pipe(b, &rest);

	if (r < 0 || b->place != BODY_PIPE)
		return r;
	taken -= rest.len;
	memmove(b->waiting.data, b->waiting.data + taken, rest.len);
	b->waiting.len = rest.len;
	return 0;
}

/* --- framing ----------------------------------------------------------------------------- */

static int note_chunk(struct body *b, const struct chunked_event *e)
{
	if (!b->chained)
		return 0;
	if (e->length > UINT32_MAX)
		return S3_ERROR_ENTITY_TOO_LARGE;
	if (e->length)
		wire_put_u32(&b->lengths, (uint32_t)e->length);
	wire_put_u32(&b->chunks, (uint32_t)e->length);
	wire_put_raw(&b->chunks, e->signature, sizeof(e->signature));
	return b->lengths.error ? b->lengths.error : b->chunks.error;
}

static int note_trailer(struct body *b, const struct chunked_event *e)
{
	if (!b->chained) {
		checksum_format(&e->checksum, 0, b->checksum);
		return 0;
	}
	buffer_append(&b->trailer, e->name);
	buffer_append_byte(&b->trailer, ':');
	buffer_append(&b->trailer, e->value);
	buffer_append_byte(&b->trailer, '\n');
	return buffer_error(&b->trailer);
}

static int take_event(struct body *b, const struct chunked_event *e)
{
	switch (e->item) {
	case CHUNKED_STARVED:
		return 0;
	case CHUNKED_CHUNK:
		return note_chunk(b, e);
	case CHUNKED_DATA:
		return put(b, e->data);
	case CHUNKED_TRAILER:
		return note_trailer(b, e);
	case CHUNKED_TRAILER_SIGNATURE:
		memcpy(b->trailer_signature, e->signature, sizeof(b->trailer_signature));
		return 0;
	}
	return -EINVAL;
}

static int take_framed(struct body *b, struct span *input)
{
	uint64_t most = b->n_pieces + BODY_PIECES_MAX;
	struct chunked_event e;
	int r;

	do {
		r = chunked_next(&b->chunked, input, &e);
		if (r == 0)
			r = take_event(b, &e);
	} while (r == 0 && e.item != CHUNKED_STARVED && !body_is_full(b) && b->n_pieces < most);
	return r;
}

int body_take(struct body *b, struct span *input)
{
	int r;

	if (body_is_full(b))
		return 0;
	if (b->framed)
		return take_framed(b, input);
	r = put(b, *input);
	if (r == 0)
		*input = span_skip(*input, input->len);
	return r;
}

int body_finish(struct body *b)
{
	b->pipe_fd = fd_close(b->pipe_fd);
	return b->framed ? chunked_finish(&b->chunked) : 0;
}

int body_to_memfd(const struct body *b)
{
	_cleanup_(fd_closep) int fd = memfd_create("command", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, buffer_span(&b->gathered));
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	return steal_fd(fd);
}
