/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/hasher.h"

struct hasher {
	struct hasher_wants wants;
	EVP_MD_CTX *md5;
	EVP_MD_CTX *sha256; /* NULL where nobody asks */
	struct checksum *crc64;
	struct checksum *checksum; /* NULL where one of those above is what is wanted */
};

int hash_methods_fetch(struct hash_methods *ret)
{
	struct hash_methods m = { EVP_MD_fetch(NULL, "MD5", NULL),
				  EVP_MD_fetch(NULL, "SHA256", NULL) };

	if (!m.md5 || !m.sha256) {
		hash_methods_clear(&m);
		return -ENOTSUP;
	}
	*ret = m;
	return 0;
}

void hash_methods_clear(struct hash_methods *m)
{
	EVP_MD_free(m->md5);
	EVP_MD_free(m->sha256);
	*m = (struct hash_methods){ 0 };
}

static int start_digest(const EVP_MD *method, EVP_MD_CTX **ret)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (!context || EVP_DigestInit_ex2(context, method, NULL) != 1) {
		EVP_MD_CTX_free(context);
		return -ENOMEM;
	}
	*ret = context;
	return 0;
}

/* A SHA-256 that was asked for as a checksum is the same one that the signature asks for. */
static bool needs_sha256(const struct hasher_wants *w)
{
	return w->sha256 || w->checksum == CHECKSUM_SHA256;
}

static bool needs_checksum(const struct hasher_wants *w)
{
	return w->checksum != CHECKSUM_NONE && w->checksum != CHECKSUM_CRC64NVME &&
	       w->checksum != CHECKSUM_SHA256;
}

int hasher_new(const struct hash_methods *m, const struct hasher_wants *wants, struct hasher **ret)
{
	_cleanup_(hasher_freep) struct hasher *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	h->wants = *wants;
	r = start_digest(m->md5, &h->md5);
	if (r == 0 && needs_sha256(wants))
		r = start_digest(m->sha256, &h->sha256);
	if (r == 0)
		r = checksum_new(CHECKSUM_CRC64NVME, &h->crc64);
	if (r == 0 && needs_checksum(wants))
		r = checksum_new(wants->checksum, &h->checksum);
	if (r == 0)
		*ret = steal_ptr(h);
	return r;
}

struct hasher *hasher_free(struct hasher *h)
{
	if (!h)
		return NULL;
	EVP_MD_CTX_free(h->md5);
	EVP_MD_CTX_free(h->sha256);
	checksum_free(h->crc64);
	checksum_free(h->checksum);
	free(h);
	return NULL;
}

int hasher_update_md5(struct hasher *h, struct span bytes)
{
	return evp_result(EVP_DigestUpdate(h->md5, bytes.data, bytes.len));
}

int hasher_update_others(struct hasher *h, struct span bytes)
{
	int r = 0;

	if (h->sha256)
		r = evp_result(EVP_DigestUpdate(h->sha256, bytes.data, bytes.len));
	if (r == 0)
		r = checksum_update(h->crc64, bytes);
	if (r == 0 && h->checksum)
		r = checksum_update(h->checksum, bytes);
	return r;
}

int hasher_update(struct hasher *h, struct span bytes)
{
	int r = hasher_update_md5(h, bytes);

	return r == 0 ? hasher_update_others(h, bytes) : r;
}

static int finish_checksum(struct hasher *h, struct hashes *ret)
{
	if (h->checksum)
		return checksum_finish(h->checksum, &ret->checksum);
	ret->checksum = ret->crc64;
	if (h->wants.checksum != CHECKSUM_SHA256)
		return 0;
	ret->checksum = (struct checksum_value){ .algorithm = CHECKSUM_SHA256 };
	memcpy(ret->checksum.bytes, ret->sha256, sizeof(ret->sha256));
	return 0;
}

int hasher_finish(struct hasher *h, struct hashes *ret)
{
	struct hashes hashes = { 0 };
	int r = evp_result(EVP_DigestFinal_ex(h->md5, hashes.md5, NULL));

	if (r == 0 && h->sha256)
		r = evp_result(EVP_DigestFinal_ex(h->sha256, hashes.sha256, NULL));
	if (r == 0)
		r = checksum_finish(h->crc64, &hashes.crc64);
	if (r == 0)
		r = finish_checksum(h, &hashes);
	if (r == 0)
		*ret = hashes;
	return r;
}

int hash_bytes(const struct hash_methods *m, const struct hasher_wants *wants, struct span bytes,
	       struct hashes *ret)
{
	_cleanup_(hasher_freep) struct hasher *h = NULL;
	int r = hasher_new(m, wants, &h);

	if (r == 0)
		r = hasher_update(h, bytes);
	return r == 0 ? hasher_finish(h, ret) : r;
}
