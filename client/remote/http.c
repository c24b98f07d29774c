/* SPDX-License-Identifier: Apache-2.0 */
#include "client/remote/http.h"

#include <curl/curl.h>
#include <sodium.h>
#include <stdio.h>

#define URL_SIZE (2 * KIB)

struct http {
	CURL *curl;
	struct endpoint to;
	const char *authorities;
	unsigned int patience_s;
	struct buffer body;
	size_t head_len;
};

/* An answer may have held a secret. */
static void forget_body(struct http *h)
{
	if (h->body.data)
		sodium_memzero(h->body.data, h->body.size);
	buffer_clear(&h->body);
	h->head_len = 0;
}

struct http *http_free(struct http *h)
{
	if (!h)
		return NULL;
	forget_body(h);
	curl_easy_cleanup(h->curl);
	curl_global_cleanup();
	free(h);
	return NULL;
}

int http_open(const struct endpoint *to, const char *authorities, unsigned int patience_s,
	      struct http **ret, struct complaint *why)
{
	struct http *h;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return complain(why, -ENOMEM, "libcurl cannot be used");
	h = calloc(1, sizeof(*h));
	if (!h) {
		curl_global_cleanup();
		return complain_errno(why, -ENOMEM, "cannot ask the server");
	}
	h->to = *to;
	h->authorities = authorities;
	h->patience_s = patience_s;
	h->body = BUFFER_INIT(HTTP_ANSWER_MAX);
	h->curl = curl_easy_init();
	if (!h->curl) {
		http_free(h);
		return complain_errno(why, -ENOMEM, "cannot ask the server");
	}
	*ret = h;
	return 0;
}

/* --- a request ---------------------------------------------------------------------------- */

static size_t take_body(char *bytes, size_t size, size_t n, void *owner)
{
	struct http *h = owner;

	buffer_append(&h->body, (struct span){ bytes, size * n });
	return h->body.error ? 0 : size * n;
}

/* libcurl reads heads without end. */
static size_t take_head(char *bytes, size_t size, size_t n, void *owner)
{
	struct http *h = owner;

	h->head_len += size * n;
	return h->head_len > HTTP_HEAD_MAX ? 0 : size * n;
}

static bool append(struct curl_slist **list, const char *field)
{
	struct curl_slist *longer = curl_slist_append(*list, field);

	if (longer)
		*list = longer;
	return longer;
}

/* The fields of a request; those that libcurl would add by itself are taken out. */
static struct curl_slist *fields_of(const struct http *h, const struct http_request *q)
{
	char host[ENDPOINT_AUTHORITY_SIZE + sizeof("Host: ")];
	struct curl_slist *list = NULL;
	bool there;

	snprintf(host, sizeof(host), "Host: %s", h->to.authority);
	there = append(&list, host) && append(&list, "User-Agent: cofferctl/" COFFER_VERSION) &&
		append(&list, "Expect:") && append(&list, "Accept: application/json");
	there = there && append(&list, span_is_none(q->body) ? "Content-Type:"
							     : "Content-Type: application/json");
	for (size_t i = 0; i < HTTP_FIELDS_MAX && q->fields[i]; i++)
		there = there && append(&list, q->fields[i]);
	if (there)
		return list;
	curl_slist_free_all(list);
	return NULL;
}

#define set(h, option, value)                                                                      \
	do {                                                                                       \
		if (curl_easy_setopt((h)->curl, option, value) != CURLE_OK)                        \
			return false;                                                              \
	} while (0)

static bool set_manners(struct http *h)
{
	set(h, CURLOPT_PROTOCOLS_STR, endpoint_scheme(&h->to));
	set(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	set(h, CURLOPT_FOLLOWLOCATION, 0L);
	set(h, CURLOPT_PROXY, "");
	set(h, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	set(h, CURLOPT_NOSIGNAL, 1L);
	set(h, CURLOPT_PATH_AS_IS, 1L);
	set(h, CURLOPT_CONNECTTIMEOUT, (long)HTTP_CONNECT_PATIENCE_S);
	set(h, CURLOPT_TIMEOUT, (long)h->patience_s);
	set(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	set(h, CURLOPT_SSL_VERIFYPEER, 1L);
	set(h, CURLOPT_SSL_VERIFYHOST, 2L);
	if (h->authorities) {
		set(h, CURLOPT_CAINFO, h->authorities);
		set(h, CURLOPT_CAPATH, NULL);
	}
	return true;
}

static bool set_request(struct http *h, const struct http_request *q, struct curl_slist *fields)
{
	char url[URL_SIZE];
	int len = snprintf(url, sizeof(url), "%s://%s%s", endpoint_scheme(&h->to), h->to.authority,
			   q->target);

	if (len < 0 || (size_t)len >= sizeof(url))
		return false;
	set(h, CURLOPT_URL, url);
	set(h, CURLOPT_HTTPHEADER, fields);
	if (!span_is_none(q->body)) {
		set(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.len);
		set(h, CURLOPT_POSTFIELDS, q->body.data);
	}
	set(h, CURLOPT_CUSTOMREQUEST, q->method);
	set(h, CURLOPT_WRITEFUNCTION, take_body);
	set(h, CURLOPT_WRITEDATA, h);
	set(h, CURLOPT_HEADERFUNCTION, take_head);
	set(h, CURLOPT_HEADERDATA, h);
	return true;
}

/* --- its answer --------------------------------------------------------------------------- */

static int explain(const struct http *h, CURLcode code, struct complaint *why)
{
	const char *scheme = endpoint_scheme(&h->to), *authority = h->to.authority;

	if (h->body.error == -EMSGSIZE)
		return complain(why, -EPROTO, "%s://%s answers with more than %llu bytes", scheme,
				authority, (unsigned long long)HTTP_ANSWER_MAX);
	if (h->head_len > HTTP_HEAD_MAX)
		return complain(why, -EPROTO, "%s://%s answers with a head of more than %llu bytes",
				scheme, authority, (unsigned long long)HTTP_HEAD_MAX);
	complain(why, -EHOSTUNREACH, "cannot ask %s://%s: %s", scheme, authority,
		 curl_easy_strerror(code));
	if (code == CURLE_OPERATION_TIMEDOUT)
		complaint_hint(why,
			       "it took longer than %u s; what was to be changed may have been",
			       h->patience_s);
	else if (code == CURLE_PEER_FAILED_VERIFICATION)
		complaint_hint(why,
			       "--ca-file FILE believes a certificate of your own, and no other");
	else if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST)
		complaint_hint(why, "does the server listen there for S3?");
	else if (h->to.is_tls && code == CURLE_SSL_CONNECT_ERROR)
		complaint_hint(why,
			       "Coffer speaks no TLS by itself: is there something in front that "
			       "does?");
	return -EHOSTUNREACH;
}

static bool is_json(const char *type)
{
	static const struct span json = SPAN("application/json");
	struct span s = span_from_string(type);

	return span_starts_with_nocase(s, json) &&
	       (s.len == json.len || type[json.len] == ';' || type[json.len] == ' ');
}

int http_ask(struct http *h, const struct http_request *q, struct http_answer *ret,
	     struct complaint *why)
{
	struct curl_slist *fields = fields_of(h, q);
	char *type = NULL;
	long status = 0;
	CURLcode code;

	forget_body(h);
	curl_easy_reset(h->curl);
	if (!fields || !set_manners(h) || !set_request(h, q, fields)) {
		curl_slist_free_all(fields);
		return complain(why, -EINVAL, "cannot ask %s://%s: libcurl does not take it",
				endpoint_scheme(&h->to), h->to.authority);
	}
	code = curl_easy_perform(h->curl);
	curl_slist_free_all(fields);
	if (code != CURLE_OK)
		return explain(h, code, why);
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(h->curl, CURLINFO_CONTENT_TYPE, &type);
	*ret = (struct http_answer){
		.status = (unsigned int)status,
		.is_json = type && is_json(type),
		.body = buffer_span(&h->body),
	};
	return 0;
}
