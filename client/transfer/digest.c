/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/digest.h"

#include <openssl/evp.h>

struct digest {
	uint64_t length;
	struct checksum *sha256, *crc64;
	EVP_MD_CTX *md5;
};

struct digest *digest_free(struct digest *d)
{
	if (!d)
		return NULL;
	checksum_free(d->sha256);
	checksum_free(d->crc64);
	EVP_MD_CTX_free(d->md5);
	free(d);
	return NULL;
}

int digest_new(struct digest **ret)
{
	_cleanup_(digest_freep) struct digest *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	r = checksum_new(CHECKSUM_SHA256, &d->sha256);
	if (r == 0)
		r = checksum_new(CHECKSUM_CRC64NVME, &d->crc64);
	if (r < 0)
		return r;
	d->md5 = EVP_MD_CTX_new();
	if (!d->md5)
		return -ENOMEM;
	if (EVP_DigestInit_ex(d->md5, EVP_md5(), NULL) != 1)
		return -ENOTSUP;
	*ret = steal_ptr(d);
	return 0;
}

int digest_update(struct digest *d, struct span bytes)
{
	int r = checksum_update(d->sha256, bytes);

	if (r == 0)
		r = checksum_update(d->crc64, bytes);
	if (r == 0 && EVP_DigestUpdate(d->md5, bytes.data, bytes.len) != 1)
		r = -EIO;
	d->length += bytes.len;
	return r;
}

int digest_finish(struct digest *d, struct digest_value *ret)
{
	struct digest_value v = { .length = d->length };
	uint8_t md5[DIGEST_MD5_LEN];
	int r = checksum_finish(d->sha256, &v.sha256);

	if (r == 0)
		r = checksum_finish(d->crc64, &v.crc64);
	if (r == 0 && EVP_DigestFinal_ex(d->md5, md5, NULL) != 1)
		r = -EIO;
	if (r < 0)
		return r;
	etag_format(md5, 0, v.etag);
	*ret = v;
	return 0;
}

bool digest_is_md5(const char *etag)
{
	uint8_t md5[DIGEST_MD5_LEN];
	unsigned int parts;

	return etag_parse(span_from_string(etag), md5, &parts) && parts == 0;
}

int digest_of(struct span bytes, struct digest_value *ret)
{
	_cleanup_(digest_freep) struct digest *d = NULL;
	int r = digest_new(&d);

	if (r == 0)
		r = digest_update(d, bytes);
	return r == 0 ? digest_finish(d, ret) : r;
}
