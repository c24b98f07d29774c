/* SPDX-License-Identifier: Apache-2.0 */
#include "client/backup/fingerprint.h"

#include <sodium.h>
#include <unistd.h>

#include "base/fd.h"
#include "s3/checksum.h"
#include "s3/encoding.h"

#define PIECE (1 * MIB)

struct taking {
	crypto_generichash_blake2b_state blake2b;
	struct checksum *crc64;
	uint8_t *piece;
};

static int begin(struct taking *t)
{
	t->piece = malloc(PIECE);
	if (!t->piece)
		return -ENOMEM;
	crypto_generichash_blake2b_init(&t->blake2b, NULL, 0, MANIFEST_DIGEST_LEN);
	return checksum_new(CHECKSUM_CRC64NVME, &t->crc64);
}

static int take_piece(struct taking *t, int from_fd, uint64_t at, size_t len, int to_fd,
		      enum fingerprint_side *ret_side)
{
	struct span bytes = { t->piece, len };
	int r;

	*ret_side = FINGERPRINT_FROM;
	r = fd_pread_all(from_fd, t->piece, len, at);
	if (r < 0)
		return r;
	crypto_generichash_blake2b_update(&t->blake2b, t->piece, len);
	r = checksum_update(t->crc64, bytes);
	if (r < 0 || to_fd < 0)
		return r;
	*ret_side = FINGERPRINT_TO;
	return fd_write_all(to_fd, bytes);
}

static int finish(struct taking *t, uint64_t length, struct fingerprint *ret)
{
	uint8_t digest[MANIFEST_DIGEST_LEN];
	struct checksum_value crc64;
	int r = checksum_finish(t->crc64, &crc64);

	if (r < 0)
		return r;
	crypto_generichash_blake2b_final(&t->blake2b, digest, sizeof(digest));
	ret->length = length;
	hex_encode((struct span){ digest, sizeof(digest) }, ret->blake2b);
	hex_encode((struct span){ crc64.bytes, checksum_rows[CHECKSUM_CRC64NVME].len }, ret->crc64);
	return 0;
}

int fingerprint_take(int from_fd, uint64_t length, int to_fd, const struct pace *p,
		     struct fingerprint *ret, enum fingerprint_side *ret_side)
{
	struct taking t = { .crc64 = NULL };
	uint64_t at = 0;
	int r = begin(&t);

	while (r == 0 && at < length) {
		size_t len = (size_t)MIN(PIECE, length - at);

		r = *p->stop ? -EINTR : take_piece(&t, from_fd, at, len, to_fd, ret_side);
		at += len;
		p->progress->moving = at;
		progress_tick(p->progress);
	}
	p->progress->moving = 0;
	if (r == 0)
		r = finish(&t, length, ret);
	checksum_free(t.crc64);
	free(t.piece);
	return r;
}
