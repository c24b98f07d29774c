/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sign.h"

#include <err.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define REGION	"us-east-1"
#define HEADERS "host;x-amz-content-sha256;x-amz-date"

static void hex(const uint8_t bytes[32], char out[SIGN_SHA256_TEXT])
{
	for (size_t i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static void hmac(const void *key, size_t key_len, const char *text, uint8_t out[32])
{
	if (!HMAC(EVP_sha256(), key, (int)key_len, (const uint8_t *)text, strlen(text), out, NULL))
		errx(1, "HMAC failed");
}

void sign_payload(const char *block, size_t block_len, size_t length, char out[SIGN_SHA256_TEXT])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t digest[32];

	if (!c || !EVP_DigestInit_ex(c, EVP_sha256(), NULL))
		errx(1, "SHA-256 failed");
	while (length) {
		size_t n = length < block_len ? length : block_len;

		EVP_DigestUpdate(c, block, n);
		length -= n;
	}
	EVP_DigestFinal_ex(c, digest, NULL);
	EVP_MD_CTX_free(c);
	hex(digest, out);
}

void signer_init(struct signer *s, const char *access_key, const char *secret_key)
{
	time_t now = time(NULL);
	char secret[256], day[9];
	struct tm tm;

	if (strlen(access_key) >= sizeof(s->access_key) || strlen(secret_key) >= sizeof(secret) - 4)
		errx(2, "the keys are too long");
	gmtime_r(&now, &tm);
	strftime(s->date, sizeof(s->date), "%Y%m%dT%H%M%SZ", &tm);
	strftime(day, sizeof(day), "%Y%m%d", &tm);
	snprintf(s->access_key, sizeof(s->access_key), "%s", access_key);
	snprintf(s->scope, sizeof(s->scope), "%s/" REGION "/s3/aws4_request", day);
	snprintf(secret, sizeof(secret), "AWS4%s", secret_key);
	hmac(secret, strlen(secret), day, s->key);
	hmac(s->key, sizeof(s->key), REGION, s->key);
	hmac(s->key, sizeof(s->key), "s3", s->key);
	hmac(s->key, sizeof(s->key), "aws4_request", s->key);
}

static void signature(const struct signer *s, const struct sign_request *r,
		      char out[SIGN_SHA256_TEXT])
{
	char canonical[SIGN_HEAD_MAX], digest[SIGN_SHA256_TEXT], text[512];
	uint8_t mac[32];
	int n;

	n = snprintf(canonical, sizeof(canonical),
		     "%s\n%s\n%s\n"
		     "host:%s\nx-amz-content-sha256:%s\nx-amz-date:%s\n\n" HEADERS "\n%s",
		     r->method, r->path, r->query, r->host, r->payload, s->date, r->payload);
	if (n < 0 || (size_t)n >= sizeof(canonical))
		errx(2, "the target is too long");
	sign_payload(canonical, (size_t)n, (size_t)n, digest);
	snprintf(text, sizeof(text), "AWS4-HMAC-SHA256\n%s\n%s\n%s", s->date, s->scope, digest);
	hmac(s->key, sizeof(s->key), text, mac);
	hex(mac, out);
}

size_t sign_head(const struct signer *s, const struct sign_request *r, char out[SIGN_HEAD_MAX])
{
	char made[SIGN_SHA256_TEXT], authorization[1024] = "", length[48] = "", range[80] = "";
	int n;

	if (s) {
		signature(s, r, made);
		snprintf(authorization, sizeof(authorization),
			 "x-amz-content-sha256: %s\r\nx-amz-date: %s\r\n"
			 "Authorization: AWS4-HMAC-SHA256 Credential=%s/%s, "
			 "SignedHeaders=" HEADERS ", Signature=%s\r\n",
			 r->payload, s->date, s->access_key, s->scope, made);
	}
	if (r->length || strcmp(r->method, "PUT") == 0)
		snprintf(length, sizeof(length), "Content-Length: %zu\r\n", r->length);
	if (r->range_len)
		snprintf(range, sizeof(range), "Range: bytes=%" PRIu64 "-%" PRIu64 "\r\n",
			 r->range_begin, r->range_begin + r->range_len - 1);
	n = snprintf(out, SIGN_HEAD_MAX, "%s %s%s%s HTTP/1.1\r\nHost: %s\r\n%s%s%s\r\n", r->method,
		     r->path, *r->query ? "?" : "", r->query, r->host, range, length,
		     authorization);
	if (n < 0 || n >= SIGN_HEAD_MAX)
		errx(2, "the target is too long");
	return (size_t)n;
}
