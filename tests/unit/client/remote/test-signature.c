/* SPDX-License-Identifier: Apache-2.0 */
#include "client/remote/signature.h"

#include <assert.h>
#include <string.h>

static const struct pair pair = { .access_key = "AKADMIN", .secret_key = "a secret/with+signs" };

static struct signature_of request(const char *method, const char *path, const char *query,
				   struct span body)
{
	return (struct signature_of){
		.method = method,
		.authority = "coffer.example:9000",
		.path = path,
		.query = query,
		.body = body,
		.region = "eu-test-1",
		.now_s = 1795725240,
		.nonce = "00112233445566778899aabbccddeeff",
	};
}

#define SCOPE                                                                                      \
	"AWS4-HMAC-SHA256 Credential=AKADMIN/20261126/eu-test-1/coffer/aws4_request,"              \
	"SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-coffer-nonce,Signature="

/* The signatures were made by tests/lib/sigv4.py, which shares no line with this one. */
static void test_signatures_are_those_of_another_signer(void)
{
	static const struct {
		const char *method, *path, *query;
		struct span body;
		const char *hash, *authorization;
	} cases[] = {
		{ "POST", "/-/admin/v1/users/a%2Bb%40c/keys", "", SPAN("{\"ttl_days\":9}"),
		  "3ac2690c0989737c493be0e3b5d03813c24603eac8f90bdc75e6b7f370da7ed4",
		  SCOPE "5587ab5ddef412763834a8bf4adb66bf2005834eb43758243d73c13507139e35" },
		{ "GET", "/-/admin/v1/keys", "cursor=a%2Fb%3D", SPAN(""),
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		  SCOPE "3e5cd5c09ecc168471743858fa710e6b21258df1b28c436ba96e6c0d0d5c63d2" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct signature_of of =
			request(cases[i].method, cases[i].path, cases[i].query, cases[i].body);
		struct signature s;

		assert(signature_make(&of, &pair, &s) == 0);
		assert(strcmp(s.date, "20261126T203400Z") == 0);
		assert(strcmp(s.hash, cases[i].hash) == 0);
		assert(strcmp(s.authorization, cases[i].authorization) == 0);
	}
}

static void test_a_slash_is_signed_as_one_however_it_is_sent(void)
{
	const struct signature_of plain = request("GET", "/t/a/b", "", SPAN("")),
				  encoded = request("GET", "/t/a%2Fb", "", SPAN("")),
				  wrong = request("GET", "/t/a%2", "", SPAN(""));
	struct signature one, other;

	assert(signature_make(&plain, &pair, &one) == 0);
	assert(signature_make(&encoded, &pair, &other) == 0);
	assert(strcmp(one.authorization, other.authorization) == 0);
	assert(signature_make(&wrong, &pair, &one) == -EINVAL);
}

static void test_all_of_a_request_is_signed(void)
{
	const struct signature_of first = request("GET", "/a", "", SPAN(""));
	struct signature_of others[8];
	struct signature s, other;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		others[i] = first;
	others[0].method = "PUT";
	others[1].authority = "coffer.example";
	others[2].path = "/b";
	others[3].query = "cursor=1";
	others[4].body = SPAN("{}");
	others[5].region = "us-east-1";
	others[6].now_s++;
	others[7].nonce = "1";
	assert(signature_make(&first, &pair, &s) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		assert(signature_make(&others[i], &pair, &other) == 0);
		assert(strcmp(strstr(s.authorization, "Signature="),
			      strstr(other.authorization, "Signature=")) != 0);
	}
}

static void test_the_longest_parts_fit(void)
{
	struct signature_of of = request("GET", "/", "", SPAN(""));
	char region[SIGNATURE_REGION_MAX + 1] = "";
	struct pair longest = { 0 };
	struct signature s;

	memset(region, 'r', sizeof(region) - 1);
	memset(longest.access_key, 'a', PAIR_PART_MAX);
	memset(longest.secret_key, 's', PAIR_PART_MAX);
	of.region = region;
	assert(signature_make(&of, &longest, &s) == 0);
	assert(strlen(strstr(s.authorization, "Signature=")) == strlen("Signature=") + 64);
}

static void test_a_path_that_is_too_long_is_an_error(void)
{
	static char path[16 * 1024];
	struct signature_of of = request("GET", path, "", SPAN(""));
	struct signature s;

	memset(path, 'a', sizeof(path) - 1);
	assert(signature_make(&of, &pair, &s) == -EMSGSIZE);
}

int main(void)
{
	test_signatures_are_those_of_another_signer();
	test_a_slash_is_signed_as_one_however_it_is_sent();
	test_all_of_a_request_is_signed();
	test_the_longest_parts_fit();
	test_a_path_that_is_too_long_is_an_error();
	return 0;
}
