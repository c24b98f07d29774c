/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * SHA-256 and HMAC-SHA256 by libcrypto, which computes them with the processor's own instructions
 * where it has any: in a fifth of the time of libsodium's. They are called by their old names,
 * SHA256_Init() and such, which OpenSSL 3 has deprecated. Only those keep what they know in memory
 * of the caller's, which is wiped here. The contexts of EVP_MAC and EVP_MD lie on a heap, need a
 * provider that has been loaded, can fail, and take twice as long where texts are as short as those
 * of signatures.
 */

#include <openssl/sha.h>

#include "base/span.h"

#define HMAC_LEN SHA256_DIGEST_LENGTH

/* As good as the key: on the stack of who begins it, and wiped by hmac_end(). */
struct hmac {
	SHA256_CTX inner, outer;
};

void hmac_begin(struct hmac *h, const uint8_t *key, size_t key_len);
void hmac_put(struct hmac *h, struct span s);
void hmac_end(struct hmac *h, uint8_t ret[static HMAC_LEN]);

void sha256(struct span s, uint8_t ret[static HMAC_LEN]);
