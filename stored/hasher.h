/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Everything that is computed over a body while it passes, in one pass: MD5 for the ETag, CRC-64/NVME
 * always, SHA-256 and another checksum where the request has one to hold them against. One thread at
 * a time uses a hasher, or one each of its halves.
 */

#include <openssl/evp.h>

#include "s3/checksum.h"

#define HASH_MD5_LEN 16
#define HASH_SHA256_LEN 32

/* The digests, looked up once: looking one up takes locks and opens files. */
struct hash_methods {
	EVP_MD *md5, *sha256;
};

must_check int hash_methods_fetch(struct hash_methods *ret);
void hash_methods_clear(struct hash_methods *m);

/* Every call to OpenSSL that fails is memory that ran out. */
static inline int evp_result(int r)
{
	return r == 1 ? 0 : -ENOMEM;
}

struct hasher_wants {
	bool sha256;
	enum checksum_algorithm checksum;	/* NONE for no other than CRC-64/NVME */
};

struct hashes {
	uint8_t md5[HASH_MD5_LEN];
	uint8_t sha256[HASH_SHA256_LEN];	/* where wanted */
	struct checksum_value checksum;		/* where wanted; else the CRC-64/NVME, too */
	struct checksum_value crc64;
};

struct hasher;

/* The methods must outlive the hasher. */
must_check int hasher_new(const struct hash_methods *m, const struct hasher_wants *wants,
			  struct hasher **ret);
struct hasher *hasher_free(struct hasher *h);
DEFINE_CLEANUP(struct hasher *, hasher_free)

must_check int hasher_update(struct hasher *h, struct span bytes);

/* Its two halves, which two threads may do at once. Bytes have to go through both, in the same order. */
must_check int hasher_update_md5(struct hasher *h, struct span bytes);
must_check int hasher_update_others(struct hasher *h, struct span bytes);

/* To be called once; nothing may be added behind it. */
must_check int hasher_finish(struct hasher *h, struct hashes *ret);

/* All of it over bytes that are at hand. */
must_check int hash_bytes(const struct hash_methods *m, const struct hasher_wants *wants,
			  struct span bytes, struct hashes *ret);
