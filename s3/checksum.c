/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/checksum.h"

#include <stdio.h>

#include <openssl/evp.h>

#include "s3/crc.h"
#include "s3/encoding.h"

const struct checksum_row checksum_rows[CHECKSUM_COUNT] = {
#define CHECKSUM(SYMBOL, name_, header_, len_, full_object_, composite_)                           \
	[CHECKSUM_##SYMBOL] = { .name = (name_),                                                   \
				.header = (header_),                                               \
				.len = (len_),                                                     \
				.full_object = (full_object_),                                     \
				.composite = (composite_) },
	S3_CHECKSUMS(CHECKSUM)
#undef CHECKSUM
};

/* Either a CRC in the making, or a digest. */
struct checksum {
	enum checksum_algorithm algorithm;
	uint64_t crc;
	EVP_MD_CTX *digest;
};

enum checksum_algorithm checksum_by_name(struct span name)
{
	for (unsigned int a = CHECKSUM_NONE + 1; a < CHECKSUM_COUNT; a++)
		if (span_equal_nocase(name, span_from_string(checksum_rows[a].name)))
			return (enum checksum_algorithm)a;
	return CHECKSUM_NONE;
}

enum checksum_algorithm checksum_by_header(struct span header)
{
	for (unsigned int a = CHECKSUM_NONE + 1; a < CHECKSUM_COUNT; a++)
		if (span_equal_nocase(header, span_from_string(checksum_rows[a].header)))
			return (enum checksum_algorithm)a;
	return CHECKSUM_NONE;
}

bool checksum_parse(enum checksum_algorithm a, struct span base64, struct checksum_value *ret)
{
	struct checksum_value value = { .algorithm = a };

	if (!base64_decode(base64, value.bytes, checksum_rows[a].len))
		return false;
	*ret = value;
	return true;
}

const char *checksum_format(const struct checksum_value *v, unsigned int parts,
			    char buf[static CHECKSUM_TEXT_MAX])
{
	size_t len;

	base64_encode((struct span){ v->bytes, checksum_rows[v->algorithm].len }, buf);
	len = strlen(buf);
	if (parts)
		snprintf(buf + len, CHECKSUM_TEXT_MAX - len, "-%u", parts);
	return buf;
}

bool checksum_equal(const struct checksum_value *a, const struct checksum_value *b)
{
	return a->algorithm == b->algorithm &&
	       memcmp(a->bytes, b->bytes, checksum_rows[a->algorithm].len) == 0;
}

/* The CRC that an algorithm is, or CRC_COUNT if it is a digest. */
static enum crc crc_of(enum checksum_algorithm a)
{
	switch (a) {
	case CHECKSUM_CRC32:
		return CRC_32;
	case CHECKSUM_CRC32C:
		return CRC_32C;
	case CHECKSUM_CRC64NVME:
		return CRC_64NVME;
	case CHECKSUM_SHA1:
	case CHECKSUM_SHA256:
	case CHECKSUM_NONE:
	case CHECKSUM_COUNT:
		break;
	}
	return CRC_COUNT;
}

static int digest_begin(struct checksum *c)
{
	const EVP_MD *md = c->algorithm == CHECKSUM_SHA1 ? EVP_sha1() : EVP_sha256();

	c->digest = EVP_MD_CTX_new();
	if (!c->digest)
		return -ENOMEM;
	return EVP_DigestInit_ex(c->digest, md, NULL) == 1 ? 0 : -ENOTSUP;
}

int checksum_new(enum checksum_algorithm a, struct checksum **ret)
{
	_cleanup_(checksum_freep) struct checksum *c = NULL;
	int r;

	if (a <= CHECKSUM_NONE || a >= CHECKSUM_COUNT)
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->algorithm = a;
	if (crc_of(a) == CRC_COUNT) {
		r = digest_begin(c);
		if (r < 0)
			return r;
	}
	*ret = steal_ptr(c);
	return 0;
}

struct checksum *checksum_free(struct checksum *c)
{
	if (c)
		EVP_MD_CTX_free(c->digest);
	free(c);
	return NULL;
}

int checksum_update(struct checksum *c, struct span bytes)
{
	if (!c->digest) {
		c->crc = crc_update(crc_of(c->algorithm), c->crc, bytes);
		return 0;
	}
	return EVP_DigestUpdate(c->digest, bytes.data, bytes.len) == 1 ? 0 : -EIO;
}

static void put_crc(struct checksum_value *v, uint64_t crc)
{
	size_t len = checksum_rows[v->algorithm].len;

	for (size_t i = 0; i < len; i++)
		v->bytes[i] = (uint8_t)(crc >> (8 * (len - 1 - i)));
}

static uint64_t get_crc(const struct checksum_value *v)
{
	uint64_t crc = 0;

	for (size_t i = 0; i < checksum_rows[v->algorithm].len; i++)
		crc = crc << 8 | v->bytes[i];
	return crc;
}

int checksum_finish(struct checksum *c, struct checksum_value *ret)
{
	struct checksum_value value = { .algorithm = c->algorithm };

	if (!c->digest)
		put_crc(&value, c->crc);
	else if (EVP_DigestFinal_ex(c->digest, value.bytes, NULL) != 1)
		return -EIO;
	*ret = value;
	return 0;
}

void checksum_combine(struct checksum_value *a, const struct checksum_value *b, uint64_t b_len)
{
	put_crc(a, crc_combine(crc_of(a->algorithm), get_crc(a), get_crc(b), b_len));
}
