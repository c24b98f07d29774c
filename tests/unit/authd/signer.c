/* SPDX-License-Identifier: Apache-2.0 */
#include "signer.h"

#include <ctype.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>

#include "s3/pairs.h"

#undef NDEBUG
#include <assert.h>

#define PARTS_MAX 64

static void hex(const uint8_t bytes[static 32], char ret[static 65])
{
	for (int i = 0; i < 32; i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

static void hash_hex(const void *data, size_t len, char ret[static 65])
{
	uint8_t hash[32];

	SHA256(data, len, hash);
	hex(hash, ret);
}

static void hmac(const void *key, size_t key_len, const char *text, uint8_t ret[static 32])
{
	uint8_t out[32];

	assert(HMAC(EVP_sha256(), key, (int)key_len, (const uint8_t *)text, strlen(text), out,
		    NULL));
	memcpy(ret, out, 32);
}

static void scope_of(const struct signer *s, char ret[static 256])
{
	snprintf(ret, 256, "%.8s/%s/%s/aws4_request", s->day ? s->day : s->time, s->region,
		 s->service);
}

static void sign_text(const struct signer *s, const char *text, char ret[static 65])
{
	uint8_t key[32];
	char secret[256], day[9];

	snprintf(secret, sizeof(secret), "AWS4%s", s->secret);
	snprintf(day, sizeof(day), "%.8s", s->day ? s->day : s->time);
	hmac(secret, strlen(secret), day, key);
	hmac(key, 32, s->region, key);
	hmac(key, 32, s->service, key);
	hmac(key, 32, "aws4_request", key);
	hmac(key, 32, text, key);
	hex(key, ret);
}

/* --- requests ----------------------------------------------------------------------------- */

void request_begin(struct request *q, const char *method, const char *target)
{
	*q = (struct request){ .method = method, .fields = BUFFER_INIT(64 * 1024) };
	snprintf(q->target, sizeof(q->target), "%s", target);
}

void request_field(struct request *q, const char *name, const char *value)
{
	pairs_append(&q->fields, span_from_string(name), span_from_string(value));
	assert(buffer_error(&q->fields) == 0);
}

struct s3_head request_head(const struct request *q)
{
	return (struct s3_head){ span_from_string(q->method), span_from_string(q->target),
				 buffer_span(&q->fields) };
}

void request_clear(struct request *q)
{
	buffer_clear(&q->fields);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void append(char *to, size_t size, const char *text)
{
	assert(strlen(to) + strlen(text) < size);
	strcat(to, text);
}

/* The names of all fields, in lower case, each once, in order. */
static void all_names(const struct request *q, char ret[static 2048])
{
	struct span rest = buffer_span(&q->fields), name, value;
	char names[PARTS_MAX][128], *sorted[PARTS_MAX];
	size_t n = 0;

	while (pairs_next(&rest, &name, &value) > 0) {
		assert(n < PARTS_MAX && name.len < sizeof(names[n]));
		for (size_t i = 0; i < name.len; i++)
			names[n][i] = (char)tolower(span_bytes(name)[i]);
		names[n][name.len] = '\0';
		sorted[n] = names[n];
		n++;
	}
	qsort(sorted, n, sizeof(sorted[0]), by_text);
	ret[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		if (i && strcmp(sorted[i], sorted[i - 1]) == 0)
			continue;
		append(ret, 2048, i ? ";" : "");
		append(ret, 2048, sorted[i]);
	}
}

static void canonical_fields(const struct request *q, const char *names, char ret[static 8192])
{
	char list[2048], *rest = list, *name;

	snprintf(list, sizeof(list), "%s", names);
	ret[0] = '\0';
	while ((name = strsep(&rest, ";"))) {
		struct span fields = buffer_span(&q->fields), n, value;
		bool first = true;

		append(ret, 8192, name);
		append(ret, 8192, ":");
		while (pairs_next(&fields, &n, &value) > 0) {
			if (!span_equal_nocase(n, span_from_string(name)))
				continue;
			append(ret, 8192, first ? "" : ",");
			strncat(ret, value.data, value.len);
			first = false;
		}
		append(ret, 8192, "\n");
	}
}

static void canonical_query(const char *query, char ret[static 8192])
{
	char copy[4096], *rest = copy, *parts[PARTS_MAX], *part;
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", query);
	while ((part = strsep(&rest, "&")))
		if (*part && n < PARTS_MAX)
			parts[n++] = part;
	qsort(parts, n, sizeof(parts[0]), by_text);
	ret[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		append(ret, 8192, i ? "&" : "");
		append(ret, 8192, parts[i]);
		append(ret, 8192, strchr(parts[i], '=') ? "" : "=");
	}
}

static void sign_request(struct request *q, const struct signer *s, const char *names,
			 const char *payload)
{
	char query[8192], fields[8192], text[20480], scope[256], hash[65], path[4096];
	char *question;

	snprintf(path, sizeof(path), "%s", q->target);
	question = strchr(path, '?');
	canonical_query(question ? question + 1 : "", query);
	if (question)
		*question = '\0';
	canonical_fields(q, names, fields);
	snprintf(text, sizeof(text), "%s\n%s\n%s\n%s\n%s\n%s", q->method, path, query, fields,
		 names, payload);
	hash_hex(text, strlen(text), hash);
	scope_of(s, scope);
	snprintf(text, sizeof(text), "AWS4-HMAC-SHA256\n%s\n%s\n%s", s->time, scope, hash);
	sign_text(s, text, q->seed);
}

void request_authorize(struct request *q, const struct signer *s)
{
	char names[2048], scope[256], value[4096];
	const char *wanted = s->signed_headers;

	if (!wanted) {
		all_names(q, names);
		wanted = names;
	}
	sign_request(q, s, wanted, s->payload ? s->payload : "UNSIGNED-PAYLOAD");
	scope_of(s, scope);
	snprintf(value, sizeof(value),
		 "AWS4-HMAC-SHA256 Credential=%s/%s,SignedHeaders=%s, Signature=%s", s->access_key,
		 scope, wanted, q->seed);
	request_field(q, "Authorization", value);
}

void request_sign(struct request *q, const struct signer *s)
{
	request_field(q, "x-amz-content-sha256", s->payload ? s->payload : "UNSIGNED-PAYLOAD");
	request_field(q, "x-amz-date", s->time);
	request_authorize(q, s);
}

void request_presign(struct request *q, const struct signer *s)
{
	char names[2048], scope[256], more[2048], encoded[2048] = "";
	const char *wanted = s->signed_headers;

	if (!wanted) {
		all_names(q, names);
		wanted = names;
	}
	for (const char *c = wanted; *c; c++)
		append(encoded, sizeof(encoded), *c == ';' ? "%3B" : (char[]){ *c, '\0' });
	scope_of(s, scope);
	for (char *slash; (slash = strchr(scope, '/'));) {
		memmove(slash + 3, slash + 1, strlen(slash));
		memcpy(slash, "%2F", 3);
	}
	snprintf(more, sizeof(more),
		 "%cX-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%s%%2F%s&X-Amz-Date=%s"
		 "&X-Amz-Expires=%s&X-Amz-SignedHeaders=%s",
		 strchr(q->target, '?') ? '&' : '?', s->access_key, scope, s->time, s->expires,
		 encoded);
	append(q->target, sizeof(q->target), more);
	sign_request(q, s, wanted, s->payload ? s->payload : "UNSIGNED-PAYLOAD");
	append(q->target, sizeof(q->target), "&X-Amz-Signature=");
	append(q->target, sizeof(q->target), q->seed);
}

/* --- streams ------------------------------------------------------------------------------ */

void signer_chunk(const struct signer *s, const char *previous, const void *data, size_t len,
		  char ret[static 65])
{
	char scope[256], hash[65], text[1024];

	scope_of(s, scope);
	hash_hex(data, len, hash);
	snprintf(text, sizeof(text), "AWS4-HMAC-SHA256-PAYLOAD\n%s\n%s\n%s\n" SIGNER_EMPTY "\n%s",
		 s->time, scope, previous, hash);
	sign_text(s, text, ret);
}

void signer_trailer(const struct signer *s, const char *previous, const char *trailer,
		    char ret[static 65])
{
	char scope[256], hash[65], text[1024];

	scope_of(s, scope);
	hash_hex(trailer, strlen(trailer), hash);
	snprintf(text, sizeof(text), "AWS4-HMAC-SHA256-TRAILER\n%s\n%s\n%s\n%s", s->time, scope,
		 previous, hash);
	sign_text(s, text, ret);
}
