/* SPDX-License-Identifier: Apache-2.0 */
#include "client/metricstoken.h"

#include <sodium.h>
#include <string.h>

#include "client/setting.h"

#define MARK	   "cfm_" /* so that one that leaked is known for what it is */
#define RANDOM_LEN 32
#define VARIANT	   sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define TEXT_SIZE  (sizeof(MARK) + sodium_base64_ENCODED_LEN(RANDOM_LEN, VARIANT))
#define HEX_SIZE   (2 * crypto_hash_sha256_BYTES + 1)

static void make(char text[static TEXT_SIZE], char hex[static HEX_SIZE])
{
	uint8_t random[RANDOM_LEN], hash[crypto_hash_sha256_BYTES];

	strcpy(text, MARK);
	randombytes_buf(random, sizeof(random));
	sodium_bin2base64(text + strlen(MARK), TEXT_SIZE - strlen(MARK), random, sizeof(random),
			  VARIANT);
	crypto_hash_sha256(hash, (const uint8_t *)text, strlen(text));
	sodium_bin2hex(hex, HEX_SIZE, hash, sizeof(hash));
	sodium_memzero(random, sizeof(random));
}

json_t *metricstoken_make(void)
{
	char text[TEXT_SIZE], hex[HEX_SIZE];
	json_t *made;

	make(text, hex);
	made = json_pack("{s:b, s:{s:s, s:s}}", "ok", 1, "metrics_token", "token", text, "sha256",
			 hex);
	sodium_memzero(text, sizeof(text));
	return made;
}

static const char *part(const json_t *made, const char *name)
{
	return json_string_value(json_object_get(json_object_get(made, "metrics_token"), name));
}

void metricstoken_print(FILE *to, const json_t *made)
{
	fprintf(to,
		"%s\n"
		"\n"
		"This is shown once. Whoever collects the metrics sends it as\n"
		"`Authorization: Bearer`; the server knows it by this line of coffer.conf, in the\n"
		"section [%s]:\n"
		"\n"
		"%s = %s\n",
		part(made, "token"), settings[SETTING_METRICS_TOKEN].section,
		settings[SETTING_METRICS_TOKEN].key, part(made, "sha256"));
}
